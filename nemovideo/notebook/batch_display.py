"""Progress of a batch in a notebook cell: a bar for all, and a line for each job that runs."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

from nemovideo.notebook import cards, markup
from nemovideo.notebook.live_display import is_wanted, note_shown, show
from nemovideo.progress.batch_tracker import BatchTracker
from nemovideo.progress.units import clock, span
from nemovideo.security.redaction import redact

if TYPE_CHECKING:
    from nemovideo.batch.item import BatchItem
    from nemovideo.events import JobEvent

_REDRAW_INTERVAL: Final = 0.5
"""Seconds between two drawings: each is stored in the notebook's undo history."""

_MOST_LINES: Final = 12

_logger = logging.getLogger("nemovideo")


def new_batch_display(total: int | None) -> BatchDisplay | None:
    return BatchDisplay(total, show) if is_wanted() else None


class BatchDisplay:
    """Shows one batch.

    Args:
        total: How many jobs there are; None where that is not known.
        show: Displays a bundle, replacing the previous one with the same id.
        now: The clock, in seconds.
    """

    def __init__(
        self,
        total: int | None,
        show: Callable[[dict[str, str], str, bool], None],
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._show = show
        self._now = now
        self._id = f"nemovideo-{uuid.uuid4().hex}"
        self._tracker = BatchTracker(total, now)
        self._drawn_at: float | None = None

    def event(self, event: JobEvent) -> None:
        """Draw an event of a job, unless the last drawing is recent."""
        self._tracker.update(event)
        self._redraw()

    def item(self, item: BatchItem) -> None:
        """Draw that a job has ended, unless the last drawing is recent."""
        self._tracker.end_job(item.index)
        self._redraw()

    def tick(self) -> None:
        """Draw the time that has passed, unless the last drawing is recent."""
        self._redraw()

    def finish(self, result: object) -> None:
        self._draw(cards.mimebundle(result))
        note_shown(result)

    def _redraw(self) -> None:
        if self._drawn_at is None or self._now() - self._drawn_at >= _REDRAW_INTERVAL:
            self._draw(self._bundle())

    def _draw(self, bundle: dict[str, str]) -> None:
        try:
            self._show(bundle, self._id, self._drawn_at is not None)
        except Exception as error:  # noqa: BLE001  # paid work must not end because of its display
            _logger.debug("The notebook did not show the progress: %r", error)
        self._drawn_at = self._now()

    def _bundle(self) -> dict[str, str]:
        now, tracker = self._now(), self._tracker
        left = tracker.seconds_left
        rest = None if left is None else f"about {span(max(left, 1))} left"
        facts = (f"{tracker.counted} jobs", clock(now - tracker.started), rest)
        lines = [
            " ".join(filter(None, (f"{key}:", job.stage.word, job.stage.detail(now))))
            for _, (key, job) in sorted(tracker.running.items())
        ]
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES:] = [f"and {len(lines) - _MOST_LINES} more"]
        html = markup.card(
            markup.head(*facts),
            "" if tracker.total is None else markup.bar(tracker.fraction),
            markup.items([redact(line) for line in lines]),
        )
        return {"text/plain": " ".join(filter(None, facts)), "text/html": html}
