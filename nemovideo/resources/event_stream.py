"""The events of a message's answer, as its bytes arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo.concurrency.event_loop import loop_clock
from nemovideo.concurrency.stepwise_json import LARGE_BYTES
from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import (
    APIConnectionError,
    APIError,
)
from nemovideo.events import Event, Heartbeat, Unknown
from nemovideo.protocol.message_outcome import Ending
from nemovideo.protocol.stream_deadlines import StreamWatchdog
from nemovideo.sse import SSEDecoder, SSEOverflowError

if TYPE_CHECKING:
    from nemovideo.pipeline.pipeline import Pipeline
    from nemovideo.protocol.agent import AgentEventDecoder
    from nemovideo.transports.base import StreamedResponse


_BLANK_LINES = b"\n\n"
"""What ends an event."""


class StreamLostError(Exception):
    """A message's answer broke off. Internal: what follows is recovery, or a named error."""

    def __init__(self, reason: str, ending: Ending = "lost") -> None:
        super().__init__(reason)
        self.reason: str = reason.removesuffix(".")  # it becomes a part of a sentence
        self.ending: Ending = ending
        self.elapsed: float = 0.0
        """Seconds from the sending to the break."""


class EventReader:
    """Reads the events of an answer, with a notice when it is quiet for long.

    Args:
        started: when the message was sent.
    """

    __slots__ = (
        *("_clock", "_decoder", "_ended", "_failure", "_has_events", "_is_interruptible"),
        *("_lines", "_pipeline", "_receive_by", "_response", "_watchdog"),
    )

    def __init__(
        self,
        pipeline: Pipeline,
        response: StreamedResponse,
        decoder: AgentEventDecoder,
        started: float,
    ) -> None:
        self._pipeline = pipeline
        self._response = response
        self._receive_by, self._is_interruptible = response.receive_by, response.cancel_safe
        self._decoder = decoder
        self._lines = SSEDecoder()
        self._watchdog = StreamWatchdog(pipeline.settings.timing, started)
        self._clock = loop_clock()
        self._has_events = False
        self._ended = False
        self._failure: StreamLostError | APIError | None = None

    async def read(self) -> list[Event]:
        """Return the next events that arrived together, often thousands; none at the end.

        Raises:
            StreamLostError: it broke, was no event stream any more, or went on for too long.
            APIError: the agent reports an error.
        """
        decoder, watchdog = self._decoder, self._watchdog
        while not self._ended:
            try:
                chunk = await self._receive_by(
                    watchdog.due if self._is_interruptible else watchdog.deadline
                )
                # At the end: an event without the blank line that ends it, which may be whole.
                data = [] if chunk is None else self._lines.feed_data(chunk or _BLANK_LINES)
            except (APIConnectionError, SSEOverflowError) as error:
                lost = StreamLostError(error.message)
                lost.__cause__ = error
                if events := self._stop(lost):
                    return events
                break
            self._has_events = self._has_events or bool(data)
            try:
                is_large = sum(map(len, data)) >= LARGE_BYTES
                events = await _decode(decoder, data) if is_large else decoder.feed(*data)
            except APIError as error:
                self._ended, self._failure = True, error
                error.request_id = self._response.headers.get("x-request-id")
                self._pipeline.add_credits_hint(error)
                events = decoder.pending_events
            finally:
                # A traceback with local variables would print the events as they came.
                ended = chunk == b""
                chunk, data = b"", []
            if not self._ended:
                now = self._clock()
                if events and _has_content(events):
                    watchdog.last_activity = now
                if ended:
                    events += self._stop(self._check_end(events))
                elif now >= watchdog.due:
                    events += self._check_time(now)
            if events:
                return events
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        return []

    def _stop(self, lost: StreamLostError | None = None) -> list[Event]:
        """Take it that nothing more comes, and return what was held back."""
        self._ended = True
        events = self._decoder.finish()
        # Else the agent had marked its answer as complete before it was lost.
        if lost is not None and not self._decoder.is_complete:
            lost.elapsed = self._clock() - self._watchdog.started
            self._failure = lost
        return events

    def _check_time(self, now: float) -> list[Event]:
        reason = self._watchdog.stop_reason(now)
        if reason is not None:
            return self._stop(StreamLostError(reason))
        notice = self._watchdog.due_notice(now)
        return [] if notice is None else [notice]

    def _check_end(self, last: list[Event]) -> StreamLostError | None:
        """Return why an answer had not come to its end, whose connection was closed properly.

        Args:
            last: the event that was not ended by a blank line.
        """
        if not self._has_events:
            return StreamLostError("it ended before its first event", "cut")
        if self._decoder.is_cut or any(_is_half(event) for event in last):
            return StreamLostError("it ended in the middle of what the agent said", "cut")
        return None


async def _decode(decoder: AgentEventDecoder, data: list[str]) -> list[Event]:
    def feed() -> list[Event]:
        try:
            return decoder.feed(*data)
        finally:
            data.clear()  # a traceback with local variables would print it

    return await run_in_thread(feed)


def _is_half(event: Event) -> bool:
    """Return True if it is JSON that cannot be read, as its end is missing."""
    raw = event.raw if isinstance(event, Unknown) else None
    return isinstance(raw, str) and raw.lstrip().startswith("{")


def _has_content(events: list[Event]) -> bool:
    # The first nearly always does, and `any` with its generator takes ten times as long.
    return not isinstance(events[0], Heartbeat) or any(
        not isinstance(event, Heartbeat) for event in events
    )
