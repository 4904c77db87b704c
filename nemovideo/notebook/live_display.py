"""Progress in a notebook cell: one output that is drawn again in place."""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from time import monotonic
from typing import Any, Final

import anyio
from anyio import to_thread

from nemovideo.config.settings import notebook_progress
from nemovideo.events import Event
from nemovideo.notebook import cards, markup
from nemovideo.progress.tracker import ProgressOptions, ProgressTracker
from nemovideo.progress.units import clock
from nemovideo.security.redaction import redact

_QUIET_SECONDS: Final = 0.1
"""Between two drawings, unless something else begins: a notebook keeps up with that."""

_MOST_LINES: Final = 6

_logger = logging.getLogger("nemovideo")

_wanted: bool | None = None


def show_progress(wanted: bool = True) -> None:
    """Choose whether cells show progress by themselves, whatever `NEMOVIDEO_PROGRESS` says.

    Args:
        wanted: False shows nothing but results.

    Example:
        ```python
        nemovideo.notebook.show_progress(False)
        ```
    """
    global _wanted
    _wanted = wanted


def new_display() -> NotebookDisplay | None:
    """Return a display for one piece of work, or None where none is wanted."""
    wanted = notebook_progress() if _wanted is None else _wanted
    return NotebookDisplay(_show) if wanted else None


def mimebundle(value: object) -> dict[str, str]:
    """Return what a notebook shows of a result: HTML, and text where there is no HTML.

    A result that this very cell has shown already, as the end of its progress, is not shown twice.
    """
    if _key(value) == _shown_last and _shown_last is not None:
        line = redact(repr(value))
        return {"text/plain": line, "text/html": markup.card(markup.paragraph(line, "soft"))}
    return cards.mimebundle(value)


_shown_last: tuple[object, ...] | None = None


def _key(value: object) -> tuple[object, ...] | None:
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    session_id = getattr(value, "session_id", None)
    if shell is None or session_id is None:
        return None
    return (shell.execution_count, type(value).__name__, session_id)


class NotebookDisplay:
    """Follows one piece of work.

    Args:
        show: puts a bundle on the page, in the place of the one before with the same id.
        now: the clock, in seconds.
    """

    def __init__(
        self,
        show: Callable[[dict[str, str], str, bool], None],
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._show = show
        self._now = now
        self._id = f"nemovideo-{uuid.uuid4().hex}"
        self._progress = ProgressTracker(ProgressOptions(terse=True), now)
        self._lines: list[str] = []
        self._drawn_at: float | None = None

    def update(self, event: Event) -> None:
        """Draw what happens, unless the last drawing is only a moment old."""
        phase = self._progress.stage.phase
        lines = self._progress.update(event)
        self._lines += [line.text for line in lines if line.text.strip()]
        has_news = bool(lines) or phase != self._progress.stage.phase
        if self._drawn_at is None or has_news or self._is_old(self._drawn_at):
            self._draw(self._bundle())

    async def finish(self, outcome: object) -> None:
        """Draw what came of it in the place of the progress."""
        global _shown_last
        bundle = {"text/plain": redact(repr(outcome))}
        # A thread, as a film is read; shielded, as what was cancelled is shown as well.
        with anyio.CancelScope(shield=True), suppress(OSError):
            bundle = await to_thread.run_sync(cards.mimebundle, outcome)
        self._draw(bundle)
        _shown_last = _key(outcome)

    def _is_old(self, drawn_at: float) -> bool:
        return self._now() - drawn_at >= _QUIET_SECONDS

    def _draw(self, bundle: dict[str, str]) -> None:
        try:
            self._show(bundle, self._id, self._drawn_at is not None)
        except Exception as error:  # noqa: BLE001  # paid work goes on, whether it is seen or not
            _logger.debug("The notebook did not show the progress: %r", error)
        self._drawn_at = self._now()

    def _bundle(self) -> dict[str, str]:
        now, stage = self._now(), self._progress.stage
        word, detail = stage.word, stage.detail(now)
        elapsed = clock(now - self._progress.started)
        said = [*self._lines[-_MOST_LINES:], self._progress.talk.tail]
        html = markup.card(
            markup.head(f"{word}…", detail, elapsed),
            markup.bar(stage.fraction) if stage.fraction is not None else "",
            markup.paragraph(redact("\n".join(filter(None, said))), "soft"),
        )
        text = " ".join(filter(None, (f"{word}…", detail, elapsed)))
        return {"text/plain": text, "text/html": html}


def _show(bundle: dict[str, str], display_id: str, again: bool) -> None:
    display: Any = import_module("IPython.display")
    publish = display.update_display if again else display.display
    publish(bundle, raw=True, display_id=display_id)
