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
        self._timing = timing
        self._limit = now + timing.stream_limit
        self.note_activity(now)

    def note_activity(self, now: float) -> None:
        """Note that something other than a heartbeat arrived."""
        self._last_activity = now
        self._deadline = min(now + self._timing.heartbeat_limit, self._limit)
        self._notice_at(now + self._timing.still_working)

    def _notice_at(self, moment: float) -> None:
        self._next_notice = moment
        self.due: float = min(moment, self._deadline)
        """When there is something to do."""

    def next_check(self, *, interruptible: bool) -> float:
        """Return until when to wait for the next bytes before the deadlines are checked."""
        return self.due if interruptible else self._deadline

    def due_notice(self, now: float) -> StillWorking | None:
        """Return the notice that is due, once."""
        if now < self._next_notice:
            return None
        interval = max(self._timing.still_working, 1e-9)
        notices = int((now - self._last_activity) / interval)
        self._notice_at(self._last_activity + (notices + 1) * self._timing.still_working)
        return StillWorking(now - self.started)

    def stop_reason(self, now: float) -> str | None:
        """Say why the stream is to be given up, or None while it is not."""
        if now < self._deadline:
            return None
        if now >= self._limit:
            return f"the stream was still open after {self._timing.stream_limit:g} s"
        return f"only heartbeats came for {self._timing.heartbeat_limit:g} s"
