"""The agent that a test scripts: a list of replies, or a function."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import threading
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Sequence,
)
from functools import partial
from typing import Any, TypeAlias, TypeVar, cast, get_args

from nemovideo.sandbox.agents.interface import (
    Agent,
    AgentError,
    AgentSession,
    LiveTurn,
    Message,
    ScriptedTurn,
    Turn,
    kind_of_change,
)
from nemovideo.sandbox.agents.steps import EditDraft, Say, Step
from nemovideo.sandbox.draft import as_ms, clone
from nemovideo.sandbox.quoting import shortened

logger: logging.Logger = logging.getLogger("nemovideo.sandbox")

Reply: TypeAlias = str | Step | Iterable[str | Step] | None
"""A text, a step, or several of both in order; None is a turn without a word."""

AgentFunction: TypeAlias = Callable[
    [Message, AgentSession], Reply | Awaitable[Reply] | AsyncIterable[str | Step]
]
"""A function, a coroutine function, a generator or an async generator."""

AgentScript: TypeAlias = Agent | Sequence[Reply] | AgentFunction
"""What `Sandbox(agent=…)` takes."""

_Result = TypeVar("_Result")
_STEPS = ", ".join(step.__name__ for step in get_args(Step))


def build_agent(script: AgentScript) -> Agent:
    """Return the agent that a value of `Sandbox(agent=…)` stands for.

    Raises:
        ValueError: It is none of what is accepted, or a reply has something that is no step.
    """
    if hasattr(script, "respond") and not isinstance(script, type):
        return cast("Agent", script)
    if isinstance(script, list | tuple):
        return _ListAgent(cast("Sequence[Reply]", script))
    if callable(script) and not isinstance(script, type):
        return _FunctionAgent(script)
    raise ValueError(
        "agent is RuleAgent(), another agent object, a list of replies, or a function"
        f" (message, session) that returns steps, not {script!r}"
    )


class _ListAgent:
    """Gives each message, of whichever session, the next reply of a list."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        try:
            self._replies = [list(_steps(each, f"reply {n}")) for n, each in enumerate(replies, 1)]
        except AgentError as error:
            raise ValueError(f"agent: {error}") from None
        self._asked = 0

    def respond(self, message: Message, session: AgentSession) -> Turn:
        self._asked += 1
        if self._asked > len(self._replies):
            count = len(self._replies)
            raise AgentError(
                f"No reply is left for {_quoted(message)}, message {self._asked}: the agent has"
                f" {count} {'reply' if count == 1 else 'replies'}. Add one to agent=[…],"
                " or use a function."
            )
        return _collected(self._replies[self._asked - 1], message, session)


class _FunctionAgent:
    """Asks a function; one that is not async runs in a thread, where it may block."""

    def __init__(self, function: AgentFunction) -> None:
        self._function = function

    async def respond(self, message: Message, session: AgentSession) -> Turn:
        def call() -> object:
            reply = self._function(message, session)
            if inspect.isawaitable(reply) or isinstance(reply, AsyncIterable):
                return reply
            return _collected(reply, message, session)

        reply = await _in_thread(lambda: _explained(call, message))
        if inspect.isawaitable(reply):
            reply = await _awaited(reply, message)
        if isinstance(reply, AsyncIterable):
            return LiveTurn(_live(cast("AsyncIterable[object]", reply), message, session))
        if isinstance(reply, ScriptedTurn):
            return reply
        given = cast("Reply", reply)
        return await _in_thread(lambda: _collected(given, message, session))


class _Edits:
    """Turns the edits of a turn into whole drafts, each a copy of its own."""

    def __init__(self, message: Message, session: AgentSession) -> None:
        self._message, self._editor = message, session.draft
        self.last = clone(session.draft.raw)

    def direct(self) -> list[EditDraft]:
        """Return as a step what was changed on `session.draft` itself since the last one."""
        return [self._snapshot()] if self._editor.raw != self.last else []

    def resolve(self, step: Step) -> Step:
        """Return a step with the whole new draft where it is an edit."""
        if not isinstance(step, EditDraft):
            return step
        if not callable(step.edit):
            self._editor.raw = clone(step.draft)
            self.last = clone(step.draft)
            return EditDraft(clone(step.draft))
        returned = step.edit(self._editor)
        if inspect.isawaitable(returned):
            if inspect.iscoroutine(returned):
                returned.close()
            raise TypeError("the function of an EditDraft is not async: edit the draft at once")
        return self._snapshot()

    def _snapshot(self) -> EditDraft:
        self._editor.raw["v"] = as_ms(self.last.get("v")) + 1
        self.last = clone(self._editor.raw)
        return EditDraft(clone(self.last))


def _collected(reply: Reply, message: Message, session: AgentSession) -> ScriptedTurn:
    """Return the turn of a reply; the edits are made at once, so that the price is known."""
    before = clone(session.draft.raw)
    edits = _Edits(message, session)
    steps: list[Step] = []

    def collect() -> None:
        for step in _steps(reply, f"the reply to {_quoted(message)}"):
            steps.extend([*edits.direct(), edits.resolve(step)])
        steps.extend(edits.direct())

    _explained(collect, message)
    changed = edits.last if edits.last != before else None
    return ScriptedTurn(kind_of_change(before, changed), tuple(steps), changed)


async def _live(
    reply: AsyncIterable[object], message: Message, session: AgentSession
) -> AsyncGenerator[Step]:
    edits = _Edits(message, session)
    where = f"the reply to {_quoted(message)}"
    iterator = aiter(reply)
    try:
        while (found := await _awaited(anext(iterator, edits), message)) is not edits:
            for step in [*edits.direct(), _one(found, where)]:
                yield _explained(partial(edits.resolve, step), message)
        for step in edits.direct():
            yield step
    finally:
        if isinstance(iterator, AsyncGenerator):
            await cast("AsyncGenerator[object]", iterator).aclose()


def _steps(reply: object, where: str) -> Generator[Step]:
    """Yield the steps of a reply."""
    if reply is None:
        return
    if isinstance(reply, str | Step):
        yield _one(reply, where)
        return
    # As `object`: what a test wrote may be anything.
    steps: Any = reply
    try:
        written = None if hasattr(steps, "keys") else iter(steps)
    except TypeError:
        written = None
    if written is None:
        raise AgentError(_no_step(steps, where))
    for step in written:
        yield _one(step, where)


def _one(step: object, where: str) -> Step:
    if isinstance(step, str):
        return Say(step)
    if not isinstance(step, Step):
        raise AgentError(_no_step(step, where))
    return step


def _no_step(value: object, where: str) -> str:
    hint = f": call {value.__name__}(…)" if isinstance(value, type) else ""
    return f"{where} has {_shown(value)}, which is no step{hint}. Use a text or {_STEPS}."


def _explained(work: Callable[[], _Result], message: Message) -> _Result:
    """Call a function of the test, whose errors name the message."""
    try:
        return work()
    except BaseException as error:
        raise _explanation(error, message) from error


async def _awaited(work: Awaitable[_Result], message: Message) -> _Result:
    """Await a coroutine of the test, whose errors name the message."""
    task = asyncio.current_task()
    try:
        return await work
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        raise _explanation(error, message) from error


def _explanation(error: BaseException, message: Message) -> AgentError:
    if isinstance(error, AgentError):
        return error
    logger.error("the agent of the sandbox raised an error", exc_info=error)
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    return AgentError(
        f"The agent raised an error at {_quoted(message)}: {shortened(text, 90)}."
        " Correct it: see the log."
    )


def _quoted(message: Message) -> str:
    return f'"{shortened(message.text)}"'


def _shown(value: object) -> str:
    kind = type(value).__name__
    return shortened(value.__name__ if isinstance(value, type) else f"{value!r} ({kind})")


async def _in_thread(work: Callable[[], _Result]) -> _Result:
    """Run a function in a thread of its own; one that never ends does not keep the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_Result] = loop.create_future()

    def settle(result: _Result | None, error: AgentError | None) -> None:
        if done.done():
            return  # the sandbox is closing
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast("_Result", result))

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except AgentError as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the sandbox has been closed meanwhile
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="nemovideo-sandbox-agent", daemon=True).start()
    return await done
