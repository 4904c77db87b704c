"""The base class of the views of a batch, and what they say of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from nemovideo.cli.error_output import for_command_line
from nemovideo.progress.units import span

if TYPE_CHECKING:
    from nemovideo.batch.item import BatchItem
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
    took = "" if elapsed is None or elapsed < 1 else f" ({span(elapsed)})"
    what = for_command_line(item.error.message) if item.error is not None else str(item.path or "")
    return f"{item.key}: {item.status.replace('_', ' ')}{took}{what and f': {what}'}"
