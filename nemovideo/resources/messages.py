"""Messages to the agent: paid, sent once, answered over a stream."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING

from nemovideo import models, timeline
from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.concurrency.event_loop import loop_clock
from nemovideo.concurrency.imports import import_in_thread
from nemovideo.errors import (
    APIConnectionError,
    APIError,
    NemoVideoError,
)
from nemovideo.events import Event, Text
from nemovideo.journal.entries import NewMessage
from nemovideo.protocol.calls import build_send_message, check_text
from nemovideo.protocol.message_outcome import Decision, Ending, Evidence, Poll, decide, ending_of
from nemovideo.resources.event_stream import EventReader, StreamLostError
from nemovideo.resources.failure_messages import build_interruption, build_paid_hint
from nemovideo.timeline.draft_comparison import diff_drafts
from nemovideo.validation.arguments import check_id

if TYPE_CHECKING:
    from nemovideo.config.timing import Timing
    from nemovideo.journal.recorder import JournalRecorder
    from nemovideo.models.turn import Turn
    from nemovideo.pipeline.pipeline import Pipeline
    from nemovideo.protocol.agent import AgentEventDecoder
    from nemovideo.resources.states import States
    from nemovideo.timeline.draft import Draft
    from nemovideo.transports.base import StreamedResponse

_logger = logging.getLogger("nemovideo")


class _Answer:
    """One answer while it is read: how far it has come, and what that says of its message."""

    __slots__ = ("_pending", "_reader", "decoder", "ending", "failure", "polls", "session_id")

    def __init__(self, reader: EventReader, decoder: AgentEventDecoder, session_id: str) -> None:
        self._reader = reader
        self._pending: Iterator[Event] = iter(())
        self.decoder: AgentEventDecoder = decoder
        self.session_id: str = session_id
        self.ending: Ending | None = None
        self.failure: NemoVideoError | None = None
        self.polls: tuple[Poll, ...] = ()

    async def next_event(self) -> Event:
        for event in self._pending:
            return event
        if self.failure is not None:
            raise copy(self.failure)
        try:
            events = await self._reader.read()
        except APIError as error:
            self.ending, self.failure = "agent_error", error
            raise
        except StreamLostError as lost:
            self.ending = lost.ending
            self.failure = build_interruption(lost, self.session_id, self.decoder)
            raise self.failure from lost.__cause__
        except BaseException:
            self.abort()
            raise
        if not events:
            self.ending = "complete"
            raise StopAsyncIteration
        self._pending = iter(events)
        return next(self._pending)

    def abort(self) -> None:
        """Stop; a later `final_turn()` raises, because the answer is incomplete."""
        if self.ending is None and self.failure is None:
            aborted = StreamLostError("it was left before its end")
            self.failure = build_interruption(aborted, self.session_id, self.decoder)

    def decide(self, timing: Timing) -> Decision:
        """Return what the message came to, as far as its answer shows."""
        evidence = Evidence(
            self.ending or "lost",
            has_text=bool(self.decoder.text),
            stream_changed=self.decoder.streamed_draft is not None,
            polls=self.polls,
            can_poll=False,
        )
        return decide(evidence, timing)


class MessageStream:
    """The events of one message, as they come."""

    def __init__(self, answer: _Answer, states: States) -> None:
        self._answer = answer
        self._states = states
        self._turn: Turn | None = None

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    def __anext__(self) -> Coroutine[object, object, Event]:  # one frame less than `async def`
        return self._answer.next_event()

    @property
    def ended(self) -> bool:
        """Whether all that the agent has to say has been given."""
        return self._answer.ending in ("complete", "agent_error")

    @property
    def text(self) -> str:
        """What the agent has said so far."""
        return self._answer.decoder.text

    @property
    def text_stream(self) -> AsyncIterator[str]:
        """The agent's words alone, as they come."""
        return self._words()

    async def _words(self) -> AsyncGenerator[str]:
        async for event in self:
            if isinstance(event, Text):
                yield event.text

    async def final_turn(self) -> Turn:
        """Read the stream to its end and return what came of it, the new timeline included.

        Its `changes` are those of a draft that the agent sent along; without one there are none,
        as the session is not read before the message. `project.send` reads it and has them all.

        Raises:
            StreamInterruptedError: the stream broke, or it was left before its end.
            AgentError: the agent reports an error.
        """
        async for _ in self:
            pass
        if self._turn is None:
            self._turn = await self._build_turn()
        return self._turn

    async def _build_turn(self) -> Turn:
        decoder = self._answer.decoder
        known = decoder.draft
        draft = await self._read_draft() or known or timeline.Draft()
        changes = () if known is None else await diff_drafts(draft, known)
        return models.Turn(
            decoder.text,
            changes,
            draft,
            "stream",
            self._answer.session_id,
            question=decoder.question,
            raw_text=decoder.text,
        )

    async def _read_draft(self) -> Draft | None:
        try:
            return (await self._states.retrieve(self._answer.session_id)).draft
        except (APIConnectionError, APIError) as error:
            if came_from_callback(error):
                raise
            self._answer.polls = (Poll(None, failure="missed"),)
            if not self.text:
                error.hint = build_paid_hint(self._answer.session_id)
                raise
            # The answer was paid for and is here: it is not lost over an unread timeline.
            _logger.warning("The timeline could not be read after the turn: %s", error.message)
            return None


class Messages:
    """`client.messages`: one message, one stream of events."""

    def __init__(self, pipeline: Pipeline, states: States, journal: JournalRecorder) -> None:
        self._pipeline = pipeline
        self._states = states
        self._journal = journal

    def stream(self, session_id: str, text: str) -> AbstractAsyncContextManager[MessageStream]:
        """Send a message and follow its answer (wire-contract sections 4 and 5).

        It costs credits and is sent once, and nothing else is. So a broken stream raises, and
        `client.recover` lists the message; and what changed on the timeline is not known, as it
        is not read before: the `changes` of an `AgentError` and of the first `StateChanged`
        are empty. `project.send` reads it before and after, and is what most programs need.

        Args:
            session_id: as `sessions.create` gave it.
            text: what is to be made or changed.

        Raises:
            InvalidInputError: `text` is empty.
            InsufficientCreditsError, SessionNotFoundError, RateLimitError: the service refused.
            StreamInterruptedError: the answer was lost.
            AgentError: the agent failed.

        Example:
            ```python
            async with client.messages.stream(session_id, "add calm music") as events:
                async for event in events:
                    print(event)
                turn = await events.final_turn()
            ```
        """
        check_id(session_id, "session_id")
        text = check_text(text)
        return _MessageContext(self._pipeline, self._journal, self._states, session_id, text)


def open_message(
    pipeline: Pipeline, session_id: str, text: str, *, concurrent_reader: bool
) -> AbstractAsyncContextManager[StreamedResponse]:
    """Return the context that sends a message and in which its answer arrives as bytes."""
    call = build_send_message(session_id, text)
    return pipeline.stream(call, concurrent_reader=concurrent_reader)


class _MessageContext(AbstractAsyncContextManager[MessageStream]):
    """The context of one message: its entry in the journal, its connection, its events.

    Thousands may wait at a time, so it is neither a generator nor a stack of contexts.
    """

    __slots__ = (
        *("_answer", "_entered", "_journal", "_opened", "_pipeline"),
        *("_record", "_session_id", "_states", "_text"),
    )

    def __init__(
        self,
        pipeline: Pipeline,
        journal: JournalRecorder,
        states: States,
        session_id: str,
        text: str,
    ) -> None:
        self._pipeline = pipeline
        self._journal = journal
        self._states = states
        self._session_id = session_id
        self._text = text
        self._entered = False

    async def __aenter__(self) -> MessageStream:
        pipeline, session_id = self._pipeline, self._session_id
        if self._entered:
            raise NemoVideoError("This message was sent already.", hint=build_paid_hint(session_id))
        self._entered = True
        # Before the clock of the message starts.
        await import_in_thread("nemovideo.protocol.agent", "nemovideo.models.turn")
        await pipeline.prepare()
        from nemovideo.protocol.agent import AgentEventDecoder  # loaded in a thread

        decoder = AgentEventDecoder()
        self._opened = open_message(pipeline, session_id, self._text, concurrent_reader=True)
        self._record = await self._journal.begin_message(
            NewMessage(session_id=session_id, prompt=self._text)
        )
        started = loop_clock()()
        try:
            response = await self._opened.__aenter__()
        except BaseException as error:
            foreign = not isinstance(error, NemoVideoError) or came_from_callback(error)
            refused = isinstance(error, NemoVideoError) and ending_of(error) == "refused"
            await self._record.mark("failed" if refused and not foreign else "interrupted")
            if foreign or not isinstance(error, APIConnectionError) or refused:
                raise
            lost = StreamLostError(error.message, "unanswered")
            lost.__cause__ = error
            raise build_interruption(lost, session_id, decoder) from error
        reader = EventReader(pipeline, response, decoder, started)
        self._answer = _Answer(reader, decoder, session_id)
        return MessageStream(self._answer, self._states)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._answer.abort()
        try:
            await self._opened.__aexit__(kind, error, traceback)
        finally:
            decision = self._answer.decide(self._pipeline.settings.timing)
            await self._record.mark("finished" if decision.step == "end" else "interrupted")
