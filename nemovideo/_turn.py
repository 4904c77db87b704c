"""One message from before it is sent until it is known what came of it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from nemovideo._keeping import MessageRecord
from nemovideo._nesting import nested
from nemovideo.errors import (
    AgentError,
    APIConnectionError,
    APIError,
    NemoVideoError,
)
from nemovideo.events import Event, Reconnecting, StateChanged
from nemovideo.models.changes import Change
from nemovideo.models.draft import Draft
from nemovideo.models.turn import Turn
from nemovideo.protocol.agent import AgentFold
from nemovideo.protocol.schedule import is_ambiguous, is_missed_look
from nemovideo.resources import Resources
from nemovideo.resources.messages import StreamLostError, build_interruption, build_paid_hint

if TYPE_CHECKING:
    from nemovideo._journal import MessagePhase

_logger = logging.getLogger("nemovideo")

_MOST_SETTLING = 10
"""Looks at a draft that goes on changing after a lost stream: music follows the clip."""


@dataclass
class TurnRun:
    """Sends one message and finds out what it did; `turn` is set when `events` has ended.

    Args:
        before: the session's draft before the message, where that is known already.
        detached: the generator's steps may run in different tasks, so no task group may span them.
        available: the balance, where it has been read already.
        export: a render of the result is to follow, so the journal's entry stays open for it.
        target: where that render is to be saved.
    """

    resources: Resources
    session_id: str
    text: str
    task_id: str | None = None
    before: Draft | None = None
    detached: bool = True
    available: float | None = None
    export: bool = False
    target: Path | None = None
    turn: Turn | None = None
    record: MessageRecord | None = None
    refused: bool = False
    """Whether the service turned the message away before its agent saw it."""
    _fold: AgentFold = field(init=False, repr=False)
    _started: float = field(init=False, repr=False)

    @nested
    async def events(self) -> AsyncGenerator[Event]:
        """Send the message and yield what happens.

        Raises:
            APIError: the service refused the message, or the agent failed.
            APIConnectionError: the service was not reached; nothing was sent.
            StreamInterruptedError: the answer was lost, and the state shows no result.
        """
        if self.before is None:
            self.before = (await self.resources.states.retrieve(self.session_id)).draft
        available = self.available
        if available is None:
            available = await self.resources.read_available_credits()
        self._fold = AgentFold(self.before)
        self._started = anyio.current_time()
        self.record = record = await self.resources.keeping.begin_message(
            self.session_id,
            self.task_id,
            self.text,
            self.before,
            available,
            export=self.export,
            target=self.target,
        )
        try:
            async with aclosing(self._run(record)) as run:
                async for event in run:
                    yield event
            left = await self.resources.read_available_credits()
            if self.turn is not None and available is not None and left is not None:
                self.turn = self.turn.with_credits_used(available - left)
            if not self.export:
                await record.mark("finished")
        except BaseException:
            # Also when it is cancelled at the very end: nobody has been given the turn.
            await record.mark(self._phase_after_error())
            raise

    def _phase_after_error(self) -> MessagePhase:
        if self.refused:
            return "failed"
        # An agent that failed has said so, and there is no more to come.
        return "finished" if self._fold.has_failed else "interrupted"

    @nested
    async def _run(self, record: MessageRecord) -> AsyncGenerator[Event]:
        try:
            async with aclosing(self._stream(record)) as stream:
                async for event in stream:
                    yield event
        except StreamLostError as lost:
            async with aclosing(self._recover(lost)) as recovery:
                async for event in recovery:
                    yield event
        except AgentError as error:
            error.changes = await self._changes_after_failure()
            raise
        else:
            changes = await self._conclude()
            if changes:
                yield StateChanged(changes)

    @nested
    async def _stream(self, record: MessageRecord) -> AsyncGenerator[Event]:
        messages = self.resources.messages
        opened = messages.open(self.session_id, self.text, concurrent_reader=not self.detached)
        begun = False
        try:
            async with opened as response:
                begun = True
                await record.mark("streaming")
                async with aclosing(messages.follow(response, self._fold, self._started)) as told:
                    async for events in told:
                        for event in events:
                            yield event
        except NemoVideoError as error:
            if begun:
                raise
            if is_ambiguous(error):  # the agent may be at work although its stream never began
                raise StreamLostError(error.message) from error
            self.refused = True
            raise

    async def _conclude(self) -> tuple[Change, ...]:
        """Read what the finished turn left behind; return the changes not told yet."""
        told = self._fold.draft
        try:
            draft = await self._read_draft()
            if not self._fold.text and draft == self.before:
                # Some edits are on the timeline only a moment after their stream has ended.
                await anyio.sleep(self.resources.settings.timing.silent_recheck)
                draft = await self._read_draft()
        except (APIConnectionError, APIError) as error:
            if not self._fold.text:
                error.hint = build_paid_hint(self.session_id)
                raise
            # The answer was paid for and is here: it is not lost over a look at the timeline.
            _logger.warning("The timeline could not be read after the turn: %s", error.message)
            draft = told or Draft()
        self.turn = self._build_turn(draft, "stream")
        return () if draft == told else tuple(draft.timeline.diff((told or Draft()).timeline))

    @nested
    async def _recover(self, lost: StreamLostError) -> AsyncGenerator[Event]:
        """Watch the state for the result of a message whose answer was lost (section 5)."""
        timing = self.resources.settings.timing
        for wait in timing.recovery_waits:
            yield Reconnecting(lost.reason, anyio.current_time() - self._started)
            await anyio.sleep(wait)
            draft = await self._look()
            if draft is not None and draft != self.before:
                draft = await self._settle(draft)
                self.turn = self._build_turn(draft, "state")
                yield StateChanged(self.turn.changes)
                return
        cause = lost.__cause__
        if isinstance(cause, APIError):
            raise cause  # the service said what was wrong, and the state confirms it
        raise build_interruption(lost, self.session_id, self._fold) from cause

    async def _settle(self, draft: Draft) -> Draft:
        """Look again until nothing changes any more; what was found, no error takes away."""
        for _ in range(_MOST_SETTLING):
            await anyio.sleep(self.resources.settings.timing.silent_recheck)
            newer = await self._look_quietly()
            if newer is None or newer == draft:
                break
            draft = newer
        return draft

    async def _look(self) -> Draft | None:
        try:
            return await self._read_draft()
        except NemoVideoError as error:
            if not is_missed_look(error):
                raise
            return None

    async def _look_quietly(self) -> Draft | None:
        try:
            return await self._look()
        except NemoVideoError:
            return None

    async def _read_draft(self) -> Draft:
        return (await self.resources.states.retrieve(self.session_id)).draft

    async def _changes_after_failure(self) -> tuple[Change, ...]:
        draft = await self._look_quietly()
        return () if draft is None else self._changes(draft)

    def _changes(self, draft: Draft) -> tuple[Change, ...]:
        before = self.before or Draft()
        return () if draft == before else tuple(draft.timeline.diff(before.timeline))

    def _build_turn(self, draft: Draft, source: str) -> Turn:
        return Turn(
            self._fold.text,
            self._changes(draft),
            draft,
            "state" if source == "state" else "stream",
            self.session_id,
        )
