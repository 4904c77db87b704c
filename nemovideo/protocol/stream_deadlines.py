"""Idle and total deadlines of a stream, and its "still working" notices."""

from __future__ import annotations

from nemovideo.config.timing import Timing
from nemovideo.events import StillWorking


class StreamWatchdog:
    """Watches one stream. Every `now` is a reading of the same clock, in seconds.

    Args:
        timing: `still_working`, `heartbeat_limit` and `stream_limit` are obeyed.
        now: when the message was sent.
    """

    def __init__(self, timing: Timing, now: float) -> None:
        self.started = now
        self.last_activity = now
        """When something other than a heartbeat arrived."""
        self._timing = timing
        self._limit = now + timing.stream_limit
        self._silent_since = now
        self._next_notice = now + timing.still_working
        # Hardly any deadline is ever reached, so this is not moved by each event.
        self.due: float = min(self._next_notice, self.deadline)
        """When to look whether there is something to do; at the latest when there is."""

    @property
    def deadline(self) -> float:
        """When the stream is given up, if nothing comes until then."""
        return min(self.last_activity + self._timing.heartbeat_limit, self._limit)

    def due_notice(self, now: float) -> StillWorking | None:
        """Return the notice that is due, once."""
        if self._silent_since != self.last_activity:
            self._silent_since = self.last_activity
            self._next_notice = self.last_activity + self._timing.still_working
        notice = None
        if now >= self._next_notice:
            interval = max(self._timing.still_working, 1e-9)
            notices = int((now - self.last_activity) / interval)
            self._next_notice = self.last_activity + (notices + 1) * self._timing.still_working
            notice = StillWorking(now - self.started)
        self.due = min(self._next_notice, self.deadline)
        return notice

    def stop_reason(self, now: float) -> str | None:
        """Return why the stream is to be given up, or None while it is not."""
        if now < self.deadline:
            return None
        if now >= self._limit:
            return f"the stream was still open after {self._timing.stream_limit:g} s"
        return f"only heartbeats came for {self._timing.heartbeat_limit:g} s"
