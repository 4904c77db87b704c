"""Watching a stream: when to say that it is still alive, and when to give it up."""

from __future__ import annotations

from nemovideo.config.settings import Timing
from nemovideo.events import StillWorking


class Vigil:
    """Keeps the times of one stream. Every `now` is a reading of the same clock, in seconds.

    Args:
        timing: `still_working`, `heartbeat_limit` and `stream_limit` are obeyed.
        now: when the message was sent.
    """

    def __init__(self, timing: Timing, now: float) -> None:
        self.started = now
        self._timing = timing
        self._limit = now + timing.stream_limit
        self.hear(now)

    def hear(self, now: float) -> None:
        """Note that something came that is more than a sign of life."""
        self._last_word = now
        self._end = min(now + self._timing.heartbeat_limit, self._limit)
        self._notice_at(now + self._timing.still_working)

    def _notice_at(self, moment: float) -> None:
        self._next_notice = moment
        self.due = min(moment, self._end)
        """When there is something to do."""

    def look_again_at(self, *, interruptible: bool) -> float:
        """Return until when to wait for the next bytes before looking at the clock again."""
        return self.due if interruptible else self._end

    def take_notice(self, now: float) -> StillWorking | None:
        """Return the notice that is due, once."""
        if now < self._next_notice:
            return None
        interval = max(self._timing.still_working, 1e-9)
        told = int((now - self._last_word) / interval)
        self._notice_at(self._last_word + (told + 1) * self._timing.still_working)
        return StillWorking(now - self.started)

    def reason_to_stop(self, now: float) -> str | None:
        """Say why the stream is to be given up, or None while it is not."""
        if now < self._end:
            return None
        if now >= self._limit:
            return f"the stream was still open after {self._timing.stream_limit:g} s"
        return f"nothing but signs of life came for {self._timing.heartbeat_limit:g} s"
