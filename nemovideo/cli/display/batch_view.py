"""The base class of the views of a batch, and what they say of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from nemovideo.cli.chinese_help import locale_language
from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.error_output import error_line, error_message, for_command_line
from nemovideo.language.sentences import localize
from nemovideo.progress.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nemovideo.batch.item import BatchItem, BatchReport
    from nemovideo.events import JobEvent


class BatchView:
    """Shows the progress of a batch, as a context manager around it. This one is silent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop showing."""

    def event(self, event: JobEvent) -> None:
        """Show an event of a job."""

    def item(self, item: BatchItem) -> None:
        """Show that a job has ended."""


def describe(item: BatchItem, elapsed: float | None) -> str:
    took = ""
    if elapsed is not None and elapsed >= 1:
        took = f" ({localize('time_taken', locale_language(), elapsed=elapsed)})"
    what = error_message(item.error) if item.error is not None else str(item.path or "")
    return f"{item.key}: {in_locale(item.status.replace('_', ' '))}{took}{what and f': {what}'}"


def report_text(report: BatchReport) -> str:
    """Return a report as a table and a line, in the language of the terminal."""
    if locale_language() is None:
        return for_command_line(str(report))
    failures = {item.key: error_message(item.error) for item in report.items if item.error}
    rows = [
        (key, in_locale(status), failures.get(key, result)) for key, status, result in report.rows()
    ]
    lines = [table([*map(in_locale, ("key", "status", "result"))], rows)] if rows else []
    lines += [in_locale(hidden)] if (hidden := report.hidden_rows()) else []
    lines.append(join_parts(map(in_locale, report.summary().split(", "))))
    if report.stopped_by is not None:
        lines.append(f"{in_locale('No more were started')}: {error_line(report.stopped_by)}")
    return "\n".join(lines)


def join_parts(parts: Iterable[str]) -> str:
    """Return what is counted as an enumeration."""
    return (", " if locale_language() is None else "，").join(parts)
