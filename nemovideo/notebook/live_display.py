"""Progress in a notebook cell: one output that is redrawn in place."""

from __future__ import annotations

import logging
import sys
import uuid
import weakref
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from time import monotonic
from typing import Any, ClassVar, Final, cast

import anyio
from anyio import to_thread

from nemovideo.config.settings import notebook_progress
from nemovideo.errors import NemoVideoError
from nemovideo.events import Event
from nemovideo.notebook import cards, markup
from nemovideo.notebook.player import fetch_contact_sheet
from nemovideo.operations.video import Video
from nemovideo.progress.tracker import ProgressOptions, ProgressTracker
from nemovideo.progress.units import clock
from nemovideo.security.redaction import redact

_MAX_LINES: Final = 6

_logger = logging.getLogger("nemovideo")

_wanted: bool | None = None


def show_progress(wanted: bool = True) -> None:
    """Choose whether cells show progress, overriding `NEMOVIDEO_PROGRESS`.

    Args:
        wanted: False shows only results.

    Example:
        ```python
        nemovideo.notebook.show_progress(False)
        ```
    """
    global _wanted
    _wanted = wanted


def new_display() -> NotebookDisplay | None:
    return NotebookDisplay(show) if is_wanted() else None


def is_wanted() -> bool:
    return notebook_progress() if _wanted is None else _wanted


def mimebundle(value: object) -> dict[str, str]:
    """Return a result as HTML and as plain text.

    A result that this cell has already shown, at the end of its progress, is not shown twice.
    """
    if _key(value) == _shown_last and _shown_last is not None:
        line = redact(repr(value))
        return {"text/plain": line, "text/html": markup.plain(line)}
    return cards.mimebundle(value)


def render_traceback(error: NemoVideoError) -> list[str]:
    """Show the card of an error, unless its operation has, and return its traceback as text."""
    ipython: Any = import_module("IPython")
    shell = ipython.get_ipython()
    if (
        hasattr(shell, "kernel")
        and is_wanted()
        and (_shown_error is None or _shown_error() is not error)
    ):
        try:
            show(cards.mimebundle(error), f"nemovideo-{uuid.uuid4().hex}", False)
        except Exception as problem:  # noqa: BLE001  # the error itself must be seen
            _logger.debug("The notebook did not show the error: %r", problem)
        note_shown(error)
    lines = shell.InteractiveTB.structured_traceback(
        type(error), error, error.__traceback__, tb_offset=1
    )
    return cast("list[str]", lines)


def note_shown(value: object) -> None:
    """Note that this cell shows a result."""
    global _shown_error, _shown_last
    if isinstance(value, NemoVideoError):
        _shown_error = weakref.ref(value)  # alive, it holds the frames that it went through
    _shown_last = _key(value)


_shown_error: weakref.ref[NemoVideoError] | None = None
_shown_last: tuple[object, ...] | None = None


def _key(value: object) -> tuple[object, ...] | None:
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    summary = getattr(value, "summary", None)  # of a batch
    identity = summary() if callable(summary) else getattr(value, "session_id", None)
    if shell is None or identity is None:
        return None
    return (shell.execution_count, type(value).__name__, identity)


class CellDisplay:
    """Something drawn in a cell, again and again.

    Args:
        show: Displays a bundle, replacing the previous one with the same id.
        now: The clock, in seconds.
    """

    interval: ClassVar[float] = 0.1
    """Seconds between two drawings of the same stage."""

    def __init__(
        self,
        show: Callable[[dict[str, str], str, bool], None],
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._show = show
        self._now = now
        self._id = f"nemovideo-{uuid.uuid4().hex}"
        self._drawn_at: float | None = None

    def _is_due(self) -> bool:
        return self._drawn_at is None or self._now() - self._drawn_at >= self.interval

    def _draw(self, bundle: dict[str, str]) -> None:
        try:
            self._show(bundle, self._id, self._drawn_at is not None)
        except Exception as error:  # noqa: BLE001  # paid work must not end because of its display
            _logger.debug("The notebook did not show the progress: %r", error)
        self._drawn_at = self._now()


class NotebookDisplay(CellDisplay):
    """Shows one operation."""

    def __init__(
        self,
        show: Callable[[dict[str, str], str, bool], None],
        now: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(show, now)
        self._progress = ProgressTracker(ProgressOptions(terse=True), now)
        self._lines: list[str] = []

    def update(self, event: Event) -> None:
        """Draw an event, unless the last drawing is recent."""
        phase = self._progress.stage.phase
        lines = self._progress.update(event)
        self._lines += [line.text for line in lines if line.text.strip()]
        has_changed = bool(lines) or phase != self._progress.stage.phase
        if has_changed or self._is_due():
            self._draw(self._bundle())

    async def finish(self, result: object) -> None:
        bundle = {"text/plain": redact(repr(result))}
        # In a thread, as the file is read; shielded, as a cancellation is shown as well.
        with anyio.CancelScope(shield=True), suppress(OSError):
            bundle = await to_thread.run_sync(cards.mimebundle, result)
        self._draw(bundle)
        note_shown(result)
        if isinstance(result, Video) and await fetch_contact_sheet(result):
            self._draw(await to_thread.run_sync(cards.mimebundle, result))

    def _bundle(self) -> dict[str, str]:
        now, stage = self._now(), self._progress.stage
        word, detail = stage.word, stage.detail(now)
        elapsed = clock(now - self._progress.started)
        text_lines = [*self._lines[-_MAX_LINES:], self._progress.text.tail]
        html = markup.card(
            markup.head(f"{word}…", detail, elapsed),
            markup.bar(stage.fraction) if stage.fraction is not None else "",
            markup.paragraph(redact("\n".join(filter(None, text_lines))), "soft"),
        )
        text = " ".join(filter(None, (f"{word}…", detail, elapsed)))
        return {"text/plain": text, "text/html": html}


def show(bundle: dict[str, str], display_id: str, again: bool) -> None:
    """Display a bundle in the cell, or in the place of an earlier one of the same id."""
    display: Any = import_module("IPython.display")
    publish = display.update_display if again else display.display
    publish(bundle, raw=True, display_id=display_id)
