"""The events of a message's answer, as its bytes arrive."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from nemovideo.concurrency.emitted_values import Emit
from nemovideo.concurrency.event_loop import current_async_library
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


async def read_events(
    pipeline: Pipeline,
    response: StreamedResponse,
    decoder: AgentEventDecoder,
    started: float,
    emit: Emit[list[Event]],
) -> None:
    """Emit the events of a stream, with a notice when it is quiet for long.

    The events that arrive together are emitted together: an answer is often thousands.

    Raises:
        StreamLostError: it broke, was no event stream any more, or went on for too long.
        APIError: the agent reports an error.
    """
    lines, clock = SSEDecoder(), _clock()
    watchdog = StreamWatchdog(pipeline.settings.timing, started)
    receive_by, interruptible = response.receive_by, response.cancel_safe
    has_events = False
    try:
        while True:
            try:
                chunk = await receive_by(watchdog.next_check(interruptible=interruptible))
                # At the end: an event without the blank line that ends it, which may be whole.
                data = [] if chunk is None else lines.feed_data(chunk or _BLANK_LINES)
            except (APIConnectionError, SSEOverflowError) as error:
                raise StreamLostError(error.message) from error
            has_events = has_events or bool(data)
            try:
                is_large = sum(map(len, data)) >= LARGE_BYTES
                events = await _decode(decoder, data) if is_large else decoder.feed(*data)
            except APIError as error:
                error.request_id = response.headers.get("x-request-id")
                pipeline.add_credits_hint(error)
                # A traceback with local variables would print the events as they came.
                chunk, data, events = b"", [], []
                await emit(decoder.pending_events)
                raise
            except BaseException:
                chunk, data = b"", []
                raise
            now = clock()
            if events:
                if _has_content(events):
                    watchdog.note_activity(now)
                await emit(events)
            if chunk == b"":
                _check_end(events, decoder, has_events=has_events)
                break
            if now >= watchdog.due:
                await emit(_check_time(watchdog, now))
            # Cancelled while it waits, a traceback with local variables would print these.
            chunk, data, events = b"", [], []
    except StreamLostError as lost:
        lost.elapsed = clock() - started
        await emit(decoder.finish())
        if not decoder.is_complete:  # else the agent had marked its answer as complete before
            raise
        return
    await emit(decoder.finish())


async def _decode(decoder: AgentEventDecoder, data: list[str]) -> list[Event]:
    def feed() -> list[Event]:
        try:
            return decoder.feed(*data)
        finally:
            data.clear()  # a traceback with local variables would print it

    return await run_in_thread(feed)


def _check_end(last: list[Event], decoder: AgentEventDecoder, *, has_events: bool) -> None:
    """Check an answer whose connection was closed properly.

    Args:
        last: the event that was not ended by a blank line.
        has_events: whether there was any event, if only a sign of life.

    Raises:
        StreamLostError: the answer had certainly not come to its end.
    """
    if not has_events:
        raise StreamLostError("it ended before its first event", "cut")
    if decoder.is_cut or any(_is_half(event) for event in last):
        raise StreamLostError("it ended in the middle of what the agent said", "cut")


def _is_half(event: Event) -> bool:
    """Return True if it is JSON that cannot be read, as its end is missing."""
    raw = event.raw if isinstance(event, Unknown) else None
    return isinstance(raw, str) and raw.lstrip().startswith("{")


def _check_time(watchdog: StreamWatchdog, now: float) -> list[Event]:
    reason = watchdog.stop_reason(now)
    if reason is not None:
        raise StreamLostError(reason)
    notice = watchdog.due_notice(now)
    return [] if notice is None else [notice]


def _has_content(events: list[Event]) -> bool:
    # The first nearly always does, and `any` with its generator takes ten times as long.
    return not isinstance(events[0], Heartbeat) or any(
        not isinstance(event, Heartbeat) for event in events
    )


def _clock() -> Callable[[], float]:
    """Return what reads the clock of `anyio.current_time`, at a fifth of its cost on asyncio."""
    return get_running_loop().time if current_async_library() == "asyncio" else anyio.current_time
