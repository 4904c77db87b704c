"""Follows a batch by its events and items: what runs, how much is done, how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from nemovideo.events import JobEvent
from nemovideo.progress.tracker import ProgressOptions, ProgressTracker

_WAITING: Final = frozenset({"resuming", "reconnecting"})


@dataclass
class BatchTracker:
    """Follows a batch.

    Args:
        total: How many jobs there are; None where that is not known.
        now: The clock, in seconds.
        language: Of the stages of its jobs; None is English.
    """

    total: int | None
    now: Callable[[], float]
    language: str | None = None
    ended: int = 0
    running: dict[int, tuple[str, ProgressTracker]] = field(
        default_factory=dict[int, tuple[str, ProgressTracker]]
    )
    """The jobs that run, by their index: the key of each, and how far it has come."""

    def __post_init__(self) -> None:
        self.started: float = self.now()
        self._made = 0
        self._first_event: float | None = None

    def update(self, event: JobEvent) -> None:
        if self._first_event is None:
            self._first_event = self.now()
        if event.index not in self.running:
            tracker = ProgressTracker(ProgressOptions(self.language, saves=True), self.now)
            self.running[event.index] = event.key, tracker
        self.running[event.index][1].update(event.event)

    def end_job(self, index: int) -> float | None:
        """Handle the end of a job, and return how long it took; None if it was not made now."""
        self.ended += 1
        found = self.running.pop(index, None)
        if found is None:
            return None
        if found[1].stage.phase != "connecting":  # else it was there from an earlier run
            self._made += 1
        return self.now() - found[1].started

    @property
    def fraction(self) -> float:
        return self.ended / self.total if self.total else 0.0

    @property
    def counted(self) -> str:
        """How many have ended, and of how many: `3 of 20`."""
        return f"{self.ended:,}" if self.total is None else f"{self.ended:,} of {self.total:,}"

    @property
    def seconds_left(self) -> float | None:
        """About how long the rest takes, by those that were made in this run; None at first.

        None while a job only waits: nobody knows for how long.
        """
        if self.total is None or self._first_event is None or not self._made:
            return None
        if any(job.stage.phase in _WAITING for _, job in self.running.values()):
            return None
        return (self.now() - self._first_event) / self._made * (self.total - self.ended)
