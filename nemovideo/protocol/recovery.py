"""Watching a stream: when to say that it is still alive, and when to give it up."""

from __future__ import annotations

from nemovideo._config import Timing
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
        self._last_word = now
        self._notices_from = now
        self._notices = 0

    def hear(self, now: float) -> None:
        """Note that something came that is more than a sign of life."""
        self._last_word = self._notices_from = now
        self._notices = 0

    @property
    def _next_notice(self) -> float:
        return self._notices_from + (self._notices + 1) * self._timing.still_working

    @property
    def _end(self) -> float:
        silence = self._last_word + self._timing.heartbeat_limit
        return min(silence, self.started + self._timing.stream_limit)

    def look_again_at(self, *, interruptible: bool) -> float:
        """Return until when to wait for the next bytes before looking at the clock again."""
        return min(self._next_notice, self._end) if interruptible else self._end

    def take_notice(self, now: float) -> StillWorking | None:
        """Return the notice that is due, once."""
        if now < self._next_notice:
            return None
        self._notices = int((now - self._notices_from) / max(self._timing.still_working, 1e-9))
        return StillWorking(now - self.started)

    def reason_to_stop(self, now: float) -> str | None:
        """Say why the stream is to be given up, or None while it is not."""
        if now < self._end:
            return None
        if now >= self.started + self._timing.stream_limit:
            return f"the stream was still open after {self._timing.stream_limit:g} s"
        return f"nothing but signs of life came for {self._timing.heartbeat_limit:g} s"
