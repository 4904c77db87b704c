"""Messages to the agent: paid, sent once, answered over a stream."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING

import anyio

from nemovideo.concurrency.callbacks import came_from_callback
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
from nemovideo.resources.event_stream import StreamLostError, read_events
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


class MessageStream:
    """The events of one message, as they come."""

    def __init__(
        self,
        told: AsyncGenerator[list[Event]],
        fold: AgentEventDecoder,
        session_id: str,
        states: States,
    ) -> None:
        self._told = told
        self._pending: Iterator[Event] = iter(())
        self._fold = fold
        self._session_id = session_id
        self._states = states
        self._turn: Turn | None = None
        self._failure: NemoVideoError | None = None
        self._ending: Ending | None = None
        self._polls: tuple[Poll, ...] = ()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while True:
            for event in self._pending:
                return event
            if self._failure is not None:
                raise copy(self._failure)
            try:
                self._pending = iter(await anext(self._told))
            except StopAsyncIteration:
                self._ending = "complete"
                raise
            except APIError as error:
                self._ending, self._failure = "agent_error", error
                raise
            except StreamLostError as lost:
                self._ending = lost.ending
                self._failure = build_interruption(lost, self._session_id, self._fold)
                raise self._failure from lost.__cause__
            except BaseException:
                self.leave()
                raise

    def leave(self) -> None:
        """Give nothing more: what comes after this is no answer that has come to its end."""
        if self._ending is None and self._failure is None:
            left = StreamLostError("it was left before its end")
            self._failure = build_interruption(left, self._session_id, self._fold)

    @property
    def ended(self) -> bool:
        """Whether all that the agent has to say has been given."""
        return self._ending in ("complete", "agent_error")

    def decide(self, timing: Timing) -> Decision:
        """Return what the message came to, as far as its answer shows."""
        evidence = Evidence(
            self._ending or "lost",
            has_text=bool(self._fold.text),
            stream_changed=self._fold.streamed_draft is not None,
            polls=self._polls,
            can_poll=False,
        )
        return decide(evidence, timing)

    @property
    def text(self) -> str:
        """What the agent has said so far."""
        return self._fold.text

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
        as the session is not read before the message. `project.send` reads it, and tells them all.

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
        from nemovideo.models.turn import Turn
        from nemovideo.timeline.draft import Draft

        known = self._fold.draft
        draft = await self._read_draft() or known or Draft()
        changes = () if known is None else await diff_drafts(draft, known)
        return Turn(
            self._fold.text,
            changes,
            draft,
            "stream",
            self._session_id,
            question=self._fold.question,
        )

    async def _read_draft(self) -> Draft | None:
        try:
            return (await self._states.retrieve(self._session_id)).draft
        except (APIConnectionError, APIError) as error:
            if came_from_callback(error):
                raise
            self._polls = (Poll(None, failure="missed"),)
            if not self._fold.text:
                error.hint = build_paid_hint(self._session_id)
                raise
            # The answer was paid for and is here: it is not lost over a look at the timeline.
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
        `client.recover` lists the message; and what changed on the timeline is not known, as nobody
        has looked at it before: the `changes` of an `AgentError` and of the first `StateChanged`
        are empty. `project.send` looks before and after, and is what most programs want.

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
        return _MessageContext(self, self._journal, self._states, session_id, check_text(text))

    def open(
        self, session_id: str, text: str, *, concurrent_reader: bool
    ) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send a message and return its bytes; the turn machinery builds on this."""
        call = build_send_message(session_id, text)
        return self._pipeline.stream(call, concurrent_reader=concurrent_reader)

    def follow(
        self, response: StreamedResponse, fold: AgentEventDecoder, started: float
    ) -> AsyncGenerator[list[Event]]:
        """Turn the bytes of an opened message into events, as `read_events`."""
        return read_events(
            response, fold, self.timing, started, self._pipeline.add_registration_url
        )

    @property
    def timing(self) -> Timing:
        """The waits that a message obeys."""
        return self._pipeline.settings.timing

    async def prepare(self) -> None:
        """Load what a message needs, before its clock starts."""
        await import_in_thread("nemovideo.protocol.agent", "nemovideo.models.turn")
        await self._pipeline.prepare()


class _MessageContext(AbstractAsyncContextManager[MessageStream]):
    """The context of one message: its entry in the journal, its connection, its events.

    Thousands may wait at a time, so it is neither a generator nor a stack of contexts.
    """

    __slots__ = (
        *("_entered", "_journal", "_messages", "_opened", "_record"),
        *("_session_id", "_states", "_stream", "_text", "_told"),
    )

    def __init__(
        self,
        messages: Messages,
        journal: JournalRecorder,
        states: States,
        session_id: str,
        text: str,
    ) -> None:
        self._messages = messages
        self._journal = journal
        self._states = states
        self._session_id = session_id
        self._text = text
        self._entered = False

    async def __aenter__(self) -> MessageStream:
        messages, session_id = self._messages, self._session_id
        if self._entered:
            raise NemoVideoError("This message was sent already.", hint=build_paid_hint(session_id))
        self._entered = True
        await messages.prepare()
        from nemovideo.protocol.agent import AgentEventDecoder

        fold = AgentEventDecoder()
        self._opened = messages.open(session_id, self._text, concurrent_reader=True)
        self._record = await self._journal.begin_message(
            NewMessage(session_id=session_id, prompt=self._text)
        )
        started = anyio.current_time()
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
            raise build_interruption(lost, session_id, fold) from error
        self._told = messages.follow(response, fold, started)
        self._stream = MessageStream(self._told, fold, session_id, self._states)
        return self._stream

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream.leave()
        try:
            await self._told.aclose()
        finally:
            try:
                await self._opened.__aexit__(kind, error, traceback)
            finally:
                decision = self._stream.decide(self._messages.timing)
                await self._record.mark("finished" if decision.step == "end" else "interrupted")
