"""Progress of a batch in a notebook cell: a bar for all, and a line for each job that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from nemovideo.batch.job_keys import job_label
from nemovideo.notebook import cards, markup
from nemovideo.notebook.live_display import CellDisplay, is_wanted, note_shown, show
from nemovideo.progress.batch_tracker import BatchTracker
from nemovideo.progress.units import clock, span
from nemovideo.security.redaction import redact

if TYPE_CHECKING:
    from nemovideo.batch.item import BatchItem, BatchReport
    from nemovideo.events import JobEvent

_MOST_LINES: Final = 12


def new_batch_display(total: int | None) -> BatchDisplay | None:
    return BatchDisplay(total) if is_wanted() else None


class BatchDisplay(CellDisplay):
    """Shows one batch.

    Args:
        total: How many jobs there are; None where that is not known.
    """

    interval: ClassVar[float] = 0.5

    def __init__(self, total: int | None) -> None:
        super().__init__(show)
        self._tracker = BatchTracker(total, self._now)

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

    def finish(self, result: BatchReport) -> None:
        total = self._tracker.total
        left = 0 if total is None else total - len(result.items)
        self._draw(cards.report_bundle(result, left))
        note_shown(result)

    def _redraw(self) -> None:
        if self._is_due():
            self._draw(self._bundle())

    def _bundle(self) -> dict[str, str]:
        now, tracker = self._now(), self._tracker
        left = tracker.seconds_left
        rest = None if left is None else f"about {span(max(left, 1))} left"
        facts = (f"{tracker.counted} jobs", clock(now - tracker.started), rest)
        lines = [
            " ".join(
                filter(None, (f"{job_label(key, index)}:", job.stage.word, job.stage.detail(now)))
            )
            for index, (key, job) in sorted(tracker.running.items())
        ]
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES:] = [f"and {len(lines) - _MOST_LINES} more"]
        html = markup.card(
            markup.head(*facts),
            "" if tracker.total is None else markup.bar(tracker.fraction),
            markup.items([redact(line) for line in lines]),
        )
        return {"text/plain": " ".join(filter(None, facts)), "text/html": html}
