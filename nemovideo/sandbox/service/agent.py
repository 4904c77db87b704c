"""Runs the agent's turns in the background, whether or not a client is connected."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace

from nemovideo.sandbox.agents import interface as agents
from nemovideo.sandbox.draft import as_object, meta, segments
from nemovideo.sandbox.faults import Fault
from nemovideo.sandbox.service.accounts import Service
from nemovideo.sandbox.service.errors import bad_request
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

Spawn = Callable[[Coroutine[None, None, None]], object]


class _InjectedError(Exception):
    """The agent fails in the middle of its work, as a fault demands."""


@dataclass
class _Job:
    session: Session
    script: agents.ScriptedTurn
    record: TurnRecord
    turn: TurnLog
    price: int
    fault: Fault | None
    heartbeats: int = 0


class AgentRunner:
    """Passes messages to the agent and runs its turns, one at a time in each session."""

    def __init__(
        self,
        agent: agents.Agent,
        service: Service,
        spawn: Spawn,
        internal_errors: list[tuple[int, str]],
    ) -> None:
        self._agent = agent
        self._service = service
        self._spawn = spawn
        self._locks: dict[str, asyncio.Lock] = {}
        self._internal_errors = internal_errors

    async def start_turn(
        self, account: Account, session_id: str, text: str, fault: Fault | None
    ) -> TurnLog:
        """Freeze a message's price and start its turn; an `APIError` leaves no trace."""
        session = self._service.session(account, session_id)
        if not text.strip():
            raise bad_request("new_message has no text")
        lock = self._locks.setdefault(session_id, asyncio.Lock())
        await lock.acquire()
        try:
            job = self._prepare(account, session, text, fault)
        except BaseException:
            lock.release()
            raise
        self._spawn(self._run(job, lock))
        return job.turn

    def _prepare(self, account: Account, session: Session, text: str, fault: Fault | None) -> _Job:
        script = self._agent.respond(text, self._context(session))
        if fault is not None and fault.kind == "silent":
            steps = (step for step in script.steps if not isinstance(step, agents.SayStep))
            script = replace(script, steps=tuple(steps))
        price = self._service.price(session, script.charge_kind)
        self._service.reserve(account, price)
        record = TurnRecord(text, self._service.clock.now(), str(script.kind))
        session.turns.append(record)
        self._service.store.save(session)
        return _Job(session, script, record, TurnLog(secrets.token_hex(8)), price, fault)

    def _context(self, session: Session) -> agents.Context:
        return agents.Context(
            draft=session.draft,
            history=tuple(session.history),
            assets=tuple(
                agents.Asset(a.filename, a.file_type, a.duration, a.width, a.height, a.fps)
                for a in session.assets
            ),
            turn=len(session.turns),
            seed=self._service.settings.seed,
            language=session.language,
        )

    async def _run(self, job: _Job, lock: asyncio.Lock) -> None:
        before = job.session.draft
        try:
            await self._run_steps(job)
            _update_history(job, before)
            job.record.charged = job.price
            self._service.settle(job.session, job.price, job.script.charge_kind, job.record.text)
        except asyncio.CancelledError:  # the sandbox is closing
            self._fail(job, before, "the sandbox was closed")
            raise
        except _InjectedError as error:
            self._fail(job, before, str(error))
        except Exception as error:  # a bug here must not take the server with it
            logger.exception("the sandbox's agent raised an error")
            self._internal_errors.append((0, f"{type(error).__name__}: {error}"))
            self._fail(job, before, "internal error of the sandbox's agent")
        finally:
            job.record.finished = True
            self._service.store.save(job.session)
            job.turn.add(len(job.script.steps), TurnEnded())
            lock.release()

    async def _run_steps(self, job: _Job) -> None:
        fault = job.fault if job.fault and job.fault.kind == "agent_error" else None
        fails_at = None if fault is None else fault.events or 0
        for number, step in enumerate(job.script.steps[:fails_at]):
            await self._run_step(job, number, step)
        if fault is not None:
            raise _InjectedError(fault.message or "RuntimeError: model overloaded")

    async def _run_step(self, job: _Job, number: int, step: agents.Step) -> None:
        turn = job.turn
        match step:
            case agents.SayStep(text):
                text = f"\n\n{text}" if job.record.answer else text
                for chunk in text_chunks(text):
                    turn.add(number, TextDelta(chunk))
                turn.add(number, TextDone(text))
                job.record.answer += text
            case agents.ThinkStep(text):
                turn.add(number, Thought(text))
            case agents.ToolStep(name, args, result):
                call_id = f"call_{turn.turn_id}_{number}"
                turn.add(number, ToolCall(call_id, name, args))
                turn.add(number, ToolResult(call_id, name, result))
            case agents.DraftStep(draft):
                job.session.draft = draft
                self._service.record_draft(job.session, draft)
                turn.add(number, DraftUpdated(draft))
            case agents.WaitStep(seconds):
                await self._wait(job, number, seconds)
        await asyncio.sleep(0)

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

    def _fail(self, job: _Job, before: Json | None, message: str) -> None:
        if job.session.draft is not before and before is not None:
            job.session.history.append(before)
        code = job.fault.code if job.fault is not None else None
        job.turn.add(len(job.script.steps), TurnFailed(message, code))
        self._service.release(job.session, job.price)


def _update_history(job: _Job, before: Json | None) -> None:
    """Add the draft before the turn to the history, or remove what an undo has restored."""
    session = job.session
    if job.script.undone:
        del session.history[-job.script.undone :]
    elif session.draft is not None and session.draft is not before:
        if before is not None:
            session.history.append(before)
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
