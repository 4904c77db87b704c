"""Runs the agent's turns in the background, whether or not a client is connected."""

import asyncio
import inspect
import json
import logging
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from nemovideo.sandbox.agents import interface as agents
from nemovideo.sandbox.agents.draft_editor import DraftEditor
from nemovideo.sandbox.agents.steps import CallTool, EditDraft, Fail, Say, Step, Think, Wait
from nemovideo.sandbox.agents.uploads import Upload
from nemovideo.sandbox.draft import (
    as_ms,
    as_object,
    clone,
    meta,
    new_draft,
    placed,
    seconds,
    segments,
    tracks,
)
from nemovideo.sandbox.faults import Fault
from nemovideo.sandbox.service.accounts import Service
from nemovideo.sandbox.service.errors import APIError, bad_request
from nemovideo.sandbox.service.turn_events import (
    DraftUpdated,
    Heartbeat,
    TextDelta,
    TextDone,
    Thought,
    ToolCall,
    ToolResult,
    TurnEnded,
    TurnFailed,
    TurnLog,
)
from nemovideo.sandbox.storage.records import Account, Json, Session, TurnRecord

logger: logging.Logger = logging.getLogger("nemovideo.sandbox")

HEARTBEAT_SECONDS = 15.0
_CHUNK_CHARS = 24
_SHOWN_CHARS = 300

Spawn = Callable[[Coroutine[None, None, None]], object]


class _TurnFailedError(Exception):
    """The turn ends with an error."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class _Job:
    account: Account
    session: Session
    steps: AsyncGenerator[Step]
    record: TurnRecord
    turn: TurnLog
    kind: agents.TurnKind
    price: int
    before: Json | None
    undone: int
    is_live: bool
    fault: Fault | None
    done: int = 0
    heartbeats: int = 0


class AgentRunner:
    """Passes messages to the agent and runs its turns, one at a time in each session."""

    def __init__(
        self,
        agent: agents.Agent,
        service: Service,
        spawn: Spawn,
        internal_errors: list[tuple[int, str]],
        agent_errors: list[str],
    ) -> None:
        self._agent = agent
        self._service = service
        self._spawn = spawn
        self._locks: dict[str, asyncio.Lock] = {}
        self._internal_errors = internal_errors
        self._agent_errors = agent_errors

    async def start_turn(
        self, account: Account, session_id: str, text: str, fault: Fault | None
    ) -> TurnLog:
        """Freeze a message's price and start its turn; an `APIError` leaves no trace."""
        session = self._service.session(account, session_id)
        if not text.strip():
            raise bad_request("new_message has no text")
        lock = self._locks.setdefault(session_id, asyncio.Lock())
        await lock.acquire()
        # An agent may take its time; its turn goes on if the client disconnects meanwhile.
        started: asyncio.Future[TurnLog] = asyncio.get_running_loop().create_future()
        self._spawn(self._take_turn(account, session, text, fault, lock, started))
        return await asyncio.shield(started)

    async def _take_turn(
        self,
        account: Account,
        session: Session,
        text: str,
        fault: Fault | None,
        lock: asyncio.Lock,
        started: asyncio.Future[TurnLog],
    ) -> None:
        try:
            job = await self._prepare(account, session, text, fault)
        except asyncio.CancelledError:  # the sandbox is closing
            started.cancel()
            lock.release()
            raise
        except Exception as error:  # noqa: BLE001 - raised where the turn is waited for
            started.set_exception(error)
            started.exception()  # its client may be gone
            lock.release()
            return
        started.set_result(job.turn)
        await self._run(job, lock)

    async def _prepare(
        self, account: Account, session: Session, text: str, fault: Fault | None
    ) -> _Job:
        record = TurnRecord(text, self._service.clock.now(), "", files=len(session.assets))
        turn = await self._ask(text, session)
        is_live = isinstance(turn, agents.LiveTurn)
        steps = turn.steps if isinstance(turn, agents.LiveTurn) else _iterate(turn.steps)
        kind = agents.TurnKind.ANSWER if isinstance(turn, agents.LiveTurn) else turn.kind
        undone = 0 if isinstance(turn, agents.LiveTurn) else turn.undone
        price = self._service.price(session, kind.charge_kind)
        self._service.reserve(account, price)
        record.kind = str(kind)
        session.turns.append(record)
        self._service.store.save(session)
        return _Job(
            account=account,
            session=session,
            steps=steps,
            record=record,
            turn=TurnLog(secrets.token_hex(8)),
            kind=kind,
            price=price,
            before=session.draft,
            undone=undone,
            is_live=is_live,
            fault=fault,
        )

    async def _ask(self, text: str, session: Session) -> agents.Turn:
        """Return the agent's turn; one that fails if the agent cannot answer."""
        uploads = tuple(
            Upload(a.filename, a.file_type, a.duration, a.width, a.height, a.fps)
            for a in session.assets
        )
        known = session.turns[-1].files if session.turns else 0
        draft = session.draft or new_draft("draft_1", "", 1920, 1080, 30)
        view = agents.AgentSession(
            draft=DraftEditor(clone(draft), uploads),
            history=tuple(session.history),
            uploads=uploads,
            turn=len(session.turns),
            seed=self._service.settings.seed,
            language=session.language,
            conversation=tuple((turn.text, turn.answer) for turn in session.turns),
            changed=bool(session.turns) and session.turns[-1].changed,
        )
        try:
            turn = self._agent.respond(agents.Message(text, uploads[known:]), view)
            return await turn if inspect.isawaitable(turn) else turn
        except agents.AgentError as error:
            self._agent_errors.append(str(error))
            return agents.ScriptedTurn(agents.TurnKind.ANSWER, (Fail(str(error)),))

    async def _run(self, job: _Job, lock: asyncio.Lock) -> None:
        try:
            await self._run_steps(job)
            _update_history(job)
            job.record.charged, job.record.kind = job.price, str(job.kind)
            self._service.settle(job.session, job.price, job.kind.charge_kind, job.record.text)
        except asyncio.CancelledError:  # the sandbox is closing
            self._fail(job, "the sandbox was closed")
            raise
        except _TurnFailedError as error:
            self._fail(job, str(error), error.code)
        except agents.AgentError as error:
            self._agent_errors.append(str(error))
            self._fail(job, str(error))
        except Exception as error:  # a bug here must not take the server with it
            logger.exception("the sandbox's agent raised an error")
            self._internal_errors.append((0, f"{type(error).__name__}: {error}"))
            self._fail(job, "internal error of the sandbox's agent")
        finally:
            job.record.finished = True
            job.record.changed = job.session.draft is not job.before and not job.undone
            self._service.store.save(job.session)
            job.turn.add(job.done, TurnEnded())
            lock.release()

    async def _run_steps(self, job: _Job) -> None:
        fault = job.fault if job.fault and job.fault.kind == "agent_error" else None
        fails_at = None if fault is None else fault.events or 0
        is_silent = job.fault is not None and job.fault.kind == "silent"
        async with aclosing(job.steps) as steps:
            async for step in steps:
                if job.done == fails_at:
                    break
                if not (is_silent and isinstance(step, Say)):
                    await self._run_step(job, job.done, step)
                    job.done += 1
        if not job.turn.has_output:
            # A stream without a single event looks like a connection that was lost.
            job.turn.add(job.done, Heartbeat(0))
        if fault is not None:
            raise _TurnFailedError(fault.message or "RuntimeError: model overloaded", fault.code)

    async def _run_step(self, job: _Job, number: int, step: Step) -> None:
        turn = job.turn
        job.record.steps.append(described(step))
        match step:
            case Say(text):
                text = f"\n\n{text}" if job.record.answer else text
                for chunk in text_chunks(text):
                    turn.add(number, TextDelta(chunk))
                turn.add(number, TextDone(text))
                job.record.answer += text
            case Think(text):
                turn.add(number, Thought(text))
            case CallTool(name, args, result):
                call_id = f"call_{turn.turn_id}_{number}"
                turn.add(number, ToolCall(call_id, name, dict(args)))
                turn.add(number, ToolResult(call_id, name, dict(result)))
            case EditDraft():
                self._set_draft(job, number, step.draft)
            case Wait(seconds):
                await self._wait(job, number, seconds)
            case Fail(message):
                raise _TurnFailedError(message)
        await asyncio.sleep(0)

    def _set_draft(self, job: _Job, number: int, draft: Json) -> None:
        if job.is_live:
            self._reserve_more(job, draft)
        job.session.draft = draft
        self._service.record_draft(job.session, draft)
        job.turn.add(number, DraftUpdated(draft))

    def _reserve_more(self, job: _Job, draft: Json) -> None:
        """Freeze what a turn costs from this edit on, which was not known before."""
        kind = agents.kind_of_change(job.before, draft)
        price = self._service.price(job.session, kind.charge_kind)
        if price > job.price:
            try:
                self._service.reserve(job.account, price - job.price)
            except APIError as error:
                raise _TurnFailedError(error.message, error.code) from error
            job.price, job.kind = price, kind
        elif job.kind is agents.TurnKind.ANSWER:
            job.kind = kind

    async def _wait(self, job: _Job, number: int, seconds: float) -> None:
        """Wait, with a heartbeat at the start and after every `HEARTBEAT_SECONDS`."""
        while True:
            job.turn.add(number, Heartbeat(job.heartbeats))
            job.heartbeats += 1
            part = min(seconds, HEARTBEAT_SECONDS)
            await self._service.clock.pause(part)
            seconds -= part
            if seconds <= 0 or self._service.clock.speed == 0:
                return

    def _fail(self, job: _Job, message: str, code: int | None = None) -> None:
        if job.session.draft is not job.before and job.before is not None:
            job.session.history.append(job.before)
        job.turn.add(job.done, TurnFailed(message, code))
        self._service.release(job.session, job.price)


def described(step: Step) -> Json:
    """Return a step as the page shows it: its kind, and a text of bounded length."""
    text = ""
    match step:
        case Say(words) | Think(words) | Fail(words):
            text = words
        case CallTool(name, args, result):
            text = f"{name} {_short(args)} → {_short(result)}"
        case EditDraft():
            lengths = (len(placed(track)) for track in tracks(step.draft))
            text = f"{sum(lengths)} segments, {seconds(as_ms(step.draft.get('d')))} s"
        case Wait(length):
            text = f"{length:g} s"
    kind = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(step).__name__).lower()
    return {"kind": kind, "text": _short(text)}


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


async def _iterate(steps: tuple[Step, ...]) -> AsyncGenerator[Step]:
    for step in steps:
        yield step


def _update_history(job: _Job) -> None:
    """Add the draft before the turn to the history, or remove what an undo has restored."""
    session = job.session
    if job.undone:
        del session.history[-job.undone :]
    elif session.draft is not None and session.draft is not job.before:
        if job.before is not None:
            session.history.append(job.before)
        session.generated_media = _generated_media(session.draft)


def text_chunks(text: str) -> Iterator[str]:
    """Split a text as a model streams it: whole words where there are spaces."""
    start = 0
    while start < len(text):
        end = min(len(text), start + _CHUNK_CHARS)
        space = text.rfind(" ", start + 1, end)
        if end < len(text) and space > start:
            end = space
        yield text[start:end]
        start = end


def _generated_media(draft: Json) -> list[Json]:
    """Return the generated clips of a draft, as the state lists them."""
    clips = [clip for clip in segments(draft, 0) if meta(clip.node).get("kind") == "generated"]
    return [
        {
            "id": clip.node.get("id"),
            "type": "video",
            "prompt": meta(clip.node).get("prompt"),
            "duration": clip.length / 1000,
            "scene": as_object(meta(clip.node).get("scene")),
        }
        for clip in clips
    ]
