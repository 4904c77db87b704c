"""One message from before it is sent until it is known what it came to."""

from __future__ import annotations

import logging
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio

from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.concurrency.emitted_values import Emit
from nemovideo.concurrency.event_loop import current_async_library
from nemovideo.errors import (
    AgentError,
    APIError,
    InsufficientCreditsError,
    NemoVideoError,
    SessionNotFoundError,
)
from nemovideo.events import Event, Reconnecting, StateChanged, StillWorking
from nemovideo.journal.entries import NewMessage
from nemovideo.models.turn import Turn
from nemovideo.operations.answer_opening import TaskOpening
from nemovideo.operations.export_runner import attach_session_id
from nemovideo.operations.readable_text import ReadableText
from nemovideo.operations.request import CLIP_CREDITS, EDIT_CREDITS, build_limit_refusal
from nemovideo.operations.state_watcher import StateWatcher, wait_with_notices
from nemovideo.protocol.agent import AgentEventDecoder
from nemovideo.protocol.message_outcome import (
    Decision,
    Ending,
    Evidence,
    ending_of,
    spent_between,
)
from nemovideo.resources.event_stream import EventReader, StreamLostError
from nemovideo.resources.failure_messages import (
    attempts_of,
    build_interruption,
    build_paid_hint,
    build_untraced,
    export_call,
)
from nemovideo.resources.messages import open_message
from nemovideo.resources.resource_set import Resources
from nemovideo.timeline.draft import Draft
from nemovideo.timeline.draft_comparison import diff_drafts, drafts_differ

if TYPE_CHECKING:
    from nemovideo.journal.entries import KeyEntry, MessagePhase
    from nemovideo.journal.recorder import MessageRecord
    from nemovideo.transports.base import StreamedResponse

_logger = logging.getLogger("nemovideo")


@dataclass
class TurnRun:
    """Sends one message and finds out what it did.

    Args:
        before: the session's draft before the message, where that is known already.
        across_tasks: the events may be asked for in different tasks, so no task group spans two.
        available: the balance, where it has been read already.
        export: a render of the result is to follow, so the journal's entry stays open for it.
        target: where that render is to be saved.
        available_at: when the balance was read, where it has been.
        max_credits: what the message may cost, as far as that is known before it is sent.
    """

    resources: Resources
    session_id: str
    text: str = field(repr=False)
    task_id: str | None = None
    before: Draft | None = field(default=None, repr=False)
    across_tasks: bool = True
    available: float | None = None
    export: bool = False
    target: Path | None = None
    available_at: float | None = None
    max_credits: float | None = None
    key_entry: KeyEntry | None = None
    """The entry of its key, which the caller holds."""
    record: MessageRecord | None = field(default=None, repr=False)
    decision: Decision | None = None
    """What the message came to, once that is known."""
    refused: bool = False
    """Whether the service refused the message before its agent saw it."""
    _fold: AgentEventDecoder = field(init=False, repr=False)
    _readable: ReadableText = field(init=False, repr=False)
    _started: float = field(init=False, repr=False)

    async def run(self, emit: Emit[Event]) -> Turn:
        """Send the message, emit what happens, and return what came of it.

        Raises:
            APIError: the service refused the message, or the agent failed.
            APIConnectionError: the service was not reached; nothing was sent.
            StreamInterruptedError: the answer was lost, and the state shows no result.
        """
        if self.before is None:
            self.before = (await self.resources.states.retrieve(self.session_id)).draft
        self._check_limit(self.before)
        if self.available is None:
            self.available_at = time.time()
            self.available = await self.resources.read_available_credits()
        self._fold, self._readable = AgentEventDecoder(self.before), ReadableText()
        self._started = anyio.current_time()
        self.record = record = await self.resources.journal.begin_message(
            NewMessage(
                session_id=self.session_id,
                prompt=self.text,
                task_id=self.task_id,
                credits_before=self.available,
                balance_read_at=self.available_at,
                export=self.export,
                target_path=self.target,
            ),
            self.before,
            self.key_entry,
        )
        failure: StreamLostError | APIError | None = None
        try:
            try:
                await self._stream(emit, record)
            except StreamLostError as error:
                failure = error
            except APIError as error:
                if self.refused or came_from_callback(error):
                    raise
                failure = error
            # Outside of the clauses above: what is raised there has what was caught as its
            # context, and the cause of what was caught is raised again below.
            turn = await self._finish(emit, failure)
            if not self.export:
                await record.mark(self.phase)
        except BaseException as error:
            # Also when it is cancelled at the very end: the turn was not returned.
            is_decided = self.refused or isinstance(error, NemoVideoError)
            await record.mark(self.phase if is_decided else "interrupted")
            raise
        finally:
            del self._fold, self._readable  # A render of minutes may follow.
        return turn

    @property
    def phase(self) -> MessagePhase:
        """The phase to record in the journal, as far as it is known."""
        if self.is_free:  # under its key it is sent again
            return "failed"
        ended = self.decision is not None and self.decision.step == "end"
        return "finished" if ended else "interrupted"

    @property
    def is_free(self) -> bool:
        return self.refused or (
            self.decision is not None and self.decision.outcome == "failed_free"
        )

    async def _finish(self, emit: Emit[Event], failure: StreamLostError | APIError | None) -> Turn:
        """Find out what the message came to, once its answer has ended."""
        lost = failure if isinstance(failure, StreamLostError) else None
        ending: Ending = "complete" if failure is None else "agent_error"
        watcher = await self._build_watcher(ending if lost is None else lost.ending)
        if lost is None:  # the agent is done: the state and the balance show what it did
            await watcher.poll()
            watcher.add_spent(await self._read_spent())
        await watcher.watch(partial(self._wait, emit, lost))
        if lost is not None:
            watcher.add_spent(await self._read_spent())
        self.decision = watcher.decision
        if lost is not None and self.decision.outcome != "done_by_state":
            raise self._build_lost_error(watcher, lost)
        if isinstance(failure, APIError):
            raise await self._complete_agent_error(failure, watcher)
        if watcher.draft is None and (self.export or not self._fold.text):
            raise self._build_unreadable_error(watcher)
        turn = await self._build_turn(watcher, "stream" if lost is None else "state")
        self._warn_of_cost(turn.credits_used)
        reported = self._fold.streamed_draft if lost is None else None
        if changes := await diff_drafts(turn.draft, reported or self.before or Draft()):
            await emit(StateChanged(changes))
        return turn

    def _check_limit(self, before: Draft) -> None:
        cost = EDIT_CREDITS if before.is_ready else CLIP_CREDITS
        if self.max_credits is None or self.max_credits >= cost:
            return
        self.refused = True
        raise build_limit_refusal(cost)

    def _warn_of_cost(self, spent: float | None) -> None:
        if spent is not None and self.max_credits is not None and spent > self.max_credits:
            _logger.warning(
                "The message in session %s cost %g credits, more than max_credits, %g: the agent"
                " did more than an edit.",
                self.session_id,
                spent,
                self.max_credits,
            )

    # The answer

    async def _stream(self, emit: Emit[Event], record: MessageRecord) -> None:
        answered = False
        try:
            async with self._open(emit) as response:
                answered = True
                await record.mark("streaming")
                await self._read(response, emit)
        except NemoVideoError as error:
            if answered or came_from_callback(error):
                raise
            ending = ending_of(error)
            if ending == "unanswered":  # the agent may be at work all the same
                raise StreamLostError(error.message, "unanswered") from error
            self.refused = ending == "refused"
            raise

    async def _read(self, response: StreamedResponse, emit: Emit[Event]) -> None:
        """Emit what arrives, with text as a person should read it."""

        async def emit_all(events: list[Event]) -> None:
            for event in events:
                await emit(event)

        reader = EventReader(self.resources.pipeline, response, self._fold, self._started)
        try:
            while events := await reader.read():
                await emit_all(await self._readable.rewrite(events))
        except (StreamLostError, APIError):
            # What was said before is shown to its end.
            await emit_all(self._readable.finish())
            raise
        await emit_all(self._readable.finish())

    def _open(self, emit: Emit[Event]) -> AbstractAsyncContextManager[StreamedResponse]:
        opened = open_message(
            self.resources.pipeline,
            self.session_id,
            self.text,
            concurrent_reader=not self.across_tasks,
        )
        if self.across_tasks and current_async_library() == "asyncio":
            interval = self.resources.settings.timing.still_working
            return TaskOpening(opened, interval, partial(self._emit_notice, emit))
        return opened

    async def _emit_notice(self, emit: Emit[Event]) -> None:
        await emit(StillWorking(anyio.current_time() - self._started))

    # What it came to

    async def _build_watcher(self, ending: Ending) -> StateWatcher:
        streamed = self._fold.streamed_draft
        changed = streamed is not None and streamed.is_ready and await self._is_changed(streamed)
        evidence = Evidence(
            ending,
            has_text=bool(self._fold.text),
            stream_changed=changed,
            tool_at_work=self._fold.is_tool_at_work,
            needs_video=self.export,
        )
        return StateWatcher(
            self.resources, self.session_id, evidence, self._started, self._is_changed
        )

    async def _is_changed(self, draft: Draft) -> bool:
        before = self.before or Draft()
        # What the service notes on an empty timeline is nothing that the agent made.
        return (draft.is_ready or before.is_ready) and await drafts_differ(draft, before)

    async def _wait(self, emit: Emit[Event], lost: StreamLostError | None, seconds: float) -> None:
        """Wait for the next poll, with a notice at its beginning and at each interval."""
        timing = self.resources.settings.timing

        async def notify(left: float) -> None:
            if lost is not None:
                await emit(Reconnecting(lost.reason, anyio.current_time() - self._started))
            elif left > timing.silent_recheck:
                await self._emit_notice(emit)

        await wait_with_notices(seconds, timing.still_working, notify)

    async def _read_spent(self) -> float | None:
        """Return what the message cost, None where others may have spent at the same time."""
        left = await self.resources.read_available_credits()
        if left is None or self.available is None or self.record is None:
            return None
        overlapped = await self.resources.journal.had_overlap(self.record.id)
        return None if overlapped else spent_between(self.available, left)

    async def _build_turn(self, watcher: StateWatcher, source: Literal["stream", "state"]) -> Turn:
        before, streamed = self.before or Draft(), self._fold.streamed_draft
        draft = watcher.draft
        if draft is None:
            # The answer was paid for and is here: it is not lost over a poll of the timeline.
            _logger.warning("The timeline could not be read after the turn: %s", watcher.error)
        outdated = draft is None or not (draft.is_ready and watcher.has_changed)
        if draft is None or (watcher.evidence.stream_changed and outdated):
            # A state as before, or in the middle of a rebuild, does not overrule the stream.
            draft = streamed or before
        return Turn(
            self._readable.text,
            await diff_drafts(draft, before),
            draft,
            source,
            self.session_id,
            watcher.evidence.spent,
            self._fold.question,
            self._fold.text,
        )

    def _build_lost_error(self, watcher: StateWatcher, lost: StreamLostError) -> NemoVideoError:
        refused = watcher.error if watcher.failure in ("denied", "gone") else None
        if isinstance(refused, SessionNotFoundError):
            refused.hint = f"{refused.hint} The message may have been paid for."
            return refused
        cause = refused or lost.__cause__
        if watcher.decision.outcome == "failed_free":
            error = build_untraced(
                self.session_id,
                has_key=self.key_entry is not None,
                text=self._readable.text,
                attempts=attempts_of(lost),
            )
            error.__cause__ = cause
            return error
        if refused is None and isinstance(cause, APIError):
            cause.session_id = self.session_id
            return cause  # the service said what was wrong, and the state does not disprove it
        error = build_interruption(lost, self.session_id, self._fold)
        error.text = self._readable.text
        error.__cause__ = cause
        return error

    async def _complete_agent_error(self, error: APIError, watcher: StateWatcher) -> APIError:
        """Add what the agent left behind, and how to get it."""
        draft = watcher.draft or self._fold.streamed_draft
        if isinstance(error, AgentError):
            error.text = self._readable.text
            if draft is not None:
                error.changes = await diff_drafts(draft, self.before or Draft())
        error.session_id = self.session_id
        if watcher.decision.step == "keep" and draft is not None and draft.is_ready:
            recovery_hint = f"What was made is kept: {export_call(self.session_id)}"
            error.hint = f"{error.hint} {recovery_hint}" if error.hint else recovery_hint
        elif watcher.decision.step == "keep":  # its result may still come
            paid = build_paid_hint(self.session_id)
            # Where to register for more credits stays said; "try again" does not.
            register = error.hint if isinstance(error, InsufficientCreditsError) else None
            error.hint = f"{register} {paid}" if register else paid
        return error

    def _build_unreadable_error(self, watcher: StateWatcher) -> NemoVideoError:
        """Return the error for an answer without text whose effect cannot be read."""
        error = watcher.error or NemoVideoError("The timeline could not be read after the turn.")
        error.hint = build_paid_hint(self.session_id)
        attach_session_id(error, self.session_id)
        return error
