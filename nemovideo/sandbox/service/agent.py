"""The agent at work: it plays what the director wrote, whether anybody listens or not."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace

from nemovideo.sandbox.agents import rule_agent
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

logger = logging.getLogger("nemovideo.sandbox")

HEARTBEAT_SECONDS = 15.0
_CHUNK_CHARS = 24

Spawn = Callable[[Coroutine[None, None, None]], object]


class _AgentError(Exception):
    """The agent fails in the middle of its work, as a fault asked for."""


@dataclass
class _Job:
    """One turn in the making."""

    session: Session
    script: rule_agent.ScriptedTurn
    record: TurnRecord
    turn: TurnLog
    price: int
    fault: Fault | None


class Agent:
    """Turns messages into turns, one at a time in each session."""

    def __init__(
        self, service: Service, spawn: Spawn, internal_errors: list[tuple[int, str]]
    ) -> None:
        self._service = service
        self._spawn = spawn
        self._busy: dict[str, asyncio.Lock] = {}
        self._internal_errors = internal_errors

    async def begin(
        self, account: Account, session_id: str, text: str, fault: Fault | None
    ) -> TurnLog:
        """Take a message, freeze its price and set to work; refuses before anything is frozen."""
        session = self._service.session(account, session_id)
        if not text.strip():
            raise bad_request("new_message has no text")
        lock = self._busy.setdefault(session_id, asyncio.Lock())
        await lock.acquire()
        try:
            job = self._prepare(account, session, text, fault)
        except BaseException:
            lock.release()
            raise
        self._spawn(self._work(job, lock))
        return job.turn

    def _prepare(self, account: Account, session: Session, text: str, fault: Fault | None) -> _Job:
        script = rule_agent.respond(text, self._context(session), self._behavior(fault))
        if fault is not None and fault.kind == "silent":
            script = replace(script, steps=tuple(_without_text(script)))
        price = self._service.price(session, script.charge_kind)
        self._service.reserve(account, price)
        record = TurnRecord(text, self._service.clock.now(), str(script.kind))
        session.turns.append(record)
        self._service.store.save(session)
        return _Job(session, script, record, TurnLog(secrets.token_hex(8)), price, fault)

    def _context(self, session: Session) -> rule_agent.Context:
        assets = tuple(
            rule_agent.Asset(a.filename, a.file_type, a.duration, a.width, a.height, a.fps)
            for a in session.assets
        )
        return rule_agent.Context(
            draft=session.draft,
            history=tuple(session.history),
            assets=assets,
            turn=len(session.turns),
            seed=self._service.settings.seed,
            language=session.language,
        )

    def _behavior(self, fault: Fault | None) -> rule_agent.AgentBehavior:
        behavior = self._service.settings.behavior
        return replace(behavior, silent=1.0) if fault and fault.kind == "silent" else behavior

    async def _work(self, job: _Job, lock: asyncio.Lock) -> None:
        before = job.session.draft
        try:
            await self._play(job)
            self._keep(job, before)
            self._settle(job)
        except asyncio.CancelledError:  # the sandbox is closing
            self._fail(job, before, "the sandbox was closed")
            raise
        except _AgentError as error:
            self._fail(job, before, str(error))
        except Exception as error:  # a bug here must not take the server with it
            logger.exception("the sandbox's agent broke down")
            self._internal_errors.append((0, f"{type(error).__name__}: {error}"))
            self._fail(job, before, "internal error of the sandbox's agent")
        finally:
            job.record.finished = True
            self._service.store.save(job.session)
            job.turn.add(len(job.script.steps), TurnEnded())
            lock.release()

    async def _play(self, job: _Job) -> None:
        fails_at = None
        if job.fault is not None and job.fault.kind == "agent_error":
            fails_at = job.fault.events or 0
        heartbeats = 0
        for number, step in enumerate(job.script.steps):
            if number == fails_at:
                break
            if isinstance(step, rule_agent.WaitStep):
                heartbeats = await self._wait(job.turn, number, step.seconds, heartbeats)
            else:
                self._perform(job, number, step)
                await asyncio.sleep(0)
        if fails_at is not None:
            message = (job.fault.message if job.fault else None) or "RuntimeError: model overloaded"
            raise _AgentError(message)

    def _perform(self, job: _Job, number: int, step: rule_agent.Step) -> None:
        turn = job.turn
        match step:
            case rule_agent.SayStep(text):
                said = f"\n\n{text}" if job.record.answer else text
                for piece in pieces(said):
                    turn.add(number, TextDelta(piece))
                turn.add(number, TextDone(said))
                job.record.answer += said
            case rule_agent.ThinkStep(text):
                turn.add(number, Thought(text))
            case rule_agent.ToolStep(name, args, result):
                call_id = f"call_{turn.turn_id}_{number}"
                turn.add(number, ToolCall(call_id, name, args))
                turn.add(number, ToolResult(call_id, name, result))
            case rule_agent.DraftStep(draft):
                self._set_draft(job.session, draft)
                turn.add(number, DraftUpdated(draft))
            case _:  # waiting is done by `_wait`
                return

    async def _wait(self, turn: TurnLog, number: int, seconds: float, heartbeats: int) -> int:
        """Work for a while: a sign of life at the start and every `HEARTBEAT_SECONDS` of it."""
        while True:
            turn.add(number, Heartbeat(heartbeats))
            heartbeats += 1
            part = min(seconds, HEARTBEAT_SECONDS)
            await self._service.clock.pause(part)
            seconds -= part
            if seconds <= 0 or self._service.clock.speed == 0:
                return heartbeats

    def _set_draft(self, session: Session, draft: Json) -> None:
        session.draft = draft
        self._service.record_draft(session, draft)

    def _keep(self, job: _Job, before: Json | None) -> None:
        """Make the scene's draft the session's, and the earlier one history."""
        session, script = job.session, job.script
        if script.undone:
            del session.history[-script.undone :]
            if script.draft is not None:
                self._set_draft(session, script.draft)
            return
        if script.draft is None:
            return
        self._set_draft(session, script.draft)
        if before is not None:
            session.history.append(before)
        session.generated_media = _generated_media(script.draft)

    def _settle(self, job: _Job) -> None:
        job.record.charged = job.price
        self._service.settle(job.session, job.price, job.script.charge_kind, job.record.text)

    def _fail(self, job: _Job, before: Json | None, message: str) -> None:
        if job.session.draft is not before and before is not None:
            job.session.history.append(before)
        code = job.fault.code if job.fault is not None else None
        job.turn.add(len(job.script.steps), TurnFailed(message, code))
        self._service.release(job.session, job.price)


def _without_text(script: rule_agent.ScriptedTurn) -> Iterator[rule_agent.Step]:
    return (step for step in script.steps if not isinstance(step, rule_agent.SayStep))


def pieces(text: str) -> Iterator[str]:
    """The text in chunks as a model streams them: whole words where there are spaces."""
    start = 0
    while start < len(text):
        end = min(len(text), start + _CHUNK_CHARS)
        space = text.rfind(" ", start + 1, end)
        if end < len(text) and space > start:
            end = space
        yield text[start:end]
        start = end


def _generated_media(draft: Json) -> list[Json]:
    """The generated clips of a draft, as the state lists them."""
    clips = (
        placed for placed in segments(draft, 0) if meta(placed.node).get("kind") == "generated"
    )
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
