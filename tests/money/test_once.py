"""A message reaches the agent at most once, whatever happens on the way.

Each row goes over a real socket; the sandbox counts what its agent received. Run with `-s` to see
the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

import nemovideo
from nemovideo import AsyncNemoVideo, NemoVideoError, Timing
from nemovideo.sandbox import AgentBehavior, Fault, Sandbox
from tests.clocks import LIMIT, anyio_backend, jump
from tests.waiting import until

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

WAITS = Timing(
    rate_limit_wait=0.01,
    recovery_waits=(0.01, 0.02, 0.02, 0.02, 0.02),
    silent_recheck=0.01,
    retry_initial=0.01,
    retry_max=0.02,
)


@dataclass(frozen=True)
class Row:
    """A fault, and what must come of it."""

    what: str
    faults: tuple[Fault, ...]
    received: int
    """How many messages the agent got."""
    sent: int
    """How many requests went out."""
    outcome: str
    """"stream", "state", or the name of the error."""
    hangs: bool = False
    """Whether the answer ends only when its time has run out."""


def fault(kind: str, **options: object) -> Fault:
    return Fault("messages.stream", kind, **options)  # type: ignore[arg-type]  # a table's rows


ROWS = [
    Row("nothing wrong", (), 1, 1, "stream"),
    Row("reset before the request was read", (fault("reset_before"),), 0, 1, "Stream…"),
    Row("reset after the body, before the headers", (fault("reset_after"),), 1, 1, "state"),
    *(
        Row(f"{status}", (fault("status", status=status),), 0, 1, "ServerError")
        for status in (500, 502, 503, 504)
    ),
    *(
        Row(f"{status}, billed", (fault("status", status=status, acted=True),), 1, 1, "state")
        for status in (500, 502, 504)
    ),
    Row("502 as HTML", (fault("html"),), 0, 1, "ServerError"),
    *(
        Row(
            f"{status} with Retry-After",
            (fault("status", status=status, retry_after=0),),
            0 if status != 503 else 1,
            1 if status != 503 else 2,
            "ServerError" if status != 503 else "stream",
        )
        for status in (500, 502, 503, 504)
    ),
    Row(
        "503 with Retry-After, twice",
        (fault("status", status=503, retry_after=0, times=2),),
        *(0, 2, "ServerError"),
    ),
    Row("503, Retry-After 200 s", (fault("status", status=503, retry_after=200),), 0, 1, "Server…"),
    Row("429", (fault("status", status=429),), 1, 2, "stream"),
    Row("429 with Retry-After", (fault("status", status=429, retry_after=0),), 1, 2, "stream"),
    Row("429 in the envelope", (fault("code", code=429),), 1, 2, "stream"),
    Row("429 for ever", (fault("status", status=429, times=None),), 0, 2, "RateLimitError"),
    Row("1001", (fault("code", code=1001),), 1, 2, "stream"),
    Row("1001 for ever", (fault("code", code=1001, times=None),), 0, 2, "Authentication…"),
    Row("1002 in a named session", (fault("code", code=1002),), 0, 1, "SessionNotFound…"),
    Row("2001", (fault("code", code=2001),), 0, 1, "InsufficientCredits…"),
    Row("redirect", (fault("redirect"),), 0, 1, "ServerError"),
    Row("stall before the first byte", (fault("stall", events=0),), 1, 1, "state", True),
    Row("stall mid-stream", (fault("stall", events=2),), 1, 1, "state", True),
    *(Row(f"cut after {n} events", (fault("cut", events=n),), 1, 1, "state") for n in range(5)),
    *(Row(f"cut after {n} bytes", (fault("cut", bytes=n),), 1, 1, "state") for n in (1, 50)),
    Row("clean early end", (fault("cut", events=1, clean=True),), 1, 1, "stream"),
    Row("clean end before the first event", (fault("cut", events=0, clean=True),), 1, 1, "state"),
    Row("garbage in the stream", (fault("garbage", events=1),), 1, 1, "stream"),
    Row("heartbeats only", (fault("heartbeats"),), 1, 1, "state", True),
    Row("agent error", (fault("agent_error", message="boom"),), 1, 1, "AgentError"),
    Row("silent edit", (fault("silent"),), 1, 1, "stream"),
    Row("slow bytes", (fault("slow", bytes=64, seconds=0.001),), 1, 1, "stream"),
]


async def let_time_pass(stalls: Callable[[], object]) -> None:
    """Let the limits of a message run out when its answer goes no further."""
    await until(stalls)
    for _ in range(10):
        await anyio.sleep(0.005)  # for what was sent to be read
    jump(2 * LIMIT)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
async def test_the_agent_receives_it_once(row: Row) -> None:
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with Sandbox(stub_renders=True, behavior=behavior, credits=1000) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, timing=WAITS) as client:
            project = await client.create_project()
            with sandbox.inject(*row.faults):
                async with anyio.create_task_group() as tasks:
                    if row.hangs:
                        tasks.start_soon(let_time_pass, lambda: sandbox.sessions[0].turns)
                    try:
                        outcome = (await project.send("a 4-second video of a panda")).source
                    except NemoVideoError as error:
                        outcome = type(error).__name__
        (session,) = sandbox.sessions
        sent = sum(request.endpoint == "messages.stream" for request in sandbox.requests)
    print(f"{row.what:45} received {len(session.turns)}  sent {sent}  → {outcome}")
    assert len(session.turns) == row.received
    assert sent == row.sent
    assert outcome.startswith(row.outcome.rstrip("…"))


@pytest.mark.parametrize(
    ("url", "tries"),
    [("http://127.0.0.1:9", 3), ("https://nowhere.invalid", 3), ("https://127.0.0.1:{port}", 3)],
    ids=["refused", "no such name", "no TLS there"],
)
async def test_a_message_that_never_left_is_tried_again_and_named(url: str, tries: int) -> None:
    with Sandbox(stub_renders=True) as sandbox:
        address = url.format(port=sandbox.url.rsplit(":", 1)[1])
        async with AsyncNemoVideo(base_url=address, token="t", timing=WAITS) as client:
            with pytest.raises(nemovideo.APIConnectionError) as caught:
                async with client.messages.stream("s", "a panda") as events:
                    await events.final_turn()
        assert not sandbox.sessions
    assert caught.value.phase == "connect"
    assert len(caught.value.attempts) == tries


async def test_a_cancelled_message_is_not_sent_again(tmp_path: Path) -> None:
    with Sandbox(stub_renders=True) as sandbox, sandbox.inject(fault("heartbeats")):
        async with AsyncNemoVideo(base_url=sandbox.url, timing=WAITS) as client:
            project = await client.create_project()
            sending = project.send("a panda")
            async with anyio.create_task_group() as tasks:

                async def send() -> None:
                    await sending

                tasks.start_soon(send)
                await until(lambda: sandbox.sessions[0].turns)
                tasks.cancel_scope.cancel()
            with pytest.raises(nemovideo.StreamInterruptedError):
                await sending
        assert [len(session.turns) for session in sandbox.sessions] == [1]


async def test_a_lost_implicit_session_is_replaced_before_the_message_runs() -> None:
    with Sandbox(stub_renders=True, credits=1000) as sandbox:
        with sandbox.inject(fault("code", code=1002)):
            async with AsyncNemoVideo(base_url=sandbox.url, timing=WAITS) as client:
                video = await client.generate("a 2-second video of a panda", export=False)
        assert [len(session.turns) for session in sandbox.sessions] == [0, 1]
        assert video.session_id == sandbox.sessions[1].session_id


async def test_an_implicit_session_is_not_replaced_after_its_message_ran() -> None:
    with Sandbox(stub_renders=True, credits=1000) as sandbox:
        with sandbox.inject(
            fault("reset_after"), Fault("states.retrieve", "code", code=1002, times=None)
        ):
            async with AsyncNemoVideo(base_url=sandbox.url, timing=WAITS) as client:
                with pytest.raises(nemovideo.SessionNotFoundError):
                    await client.generate("a panda", export=False)
        assert [len(session.turns) for session in sandbox.sessions] == [1]


async def test_a_generation_awaited_twice_sends_once() -> None:
    with Sandbox(stub_renders=True, credits=1000) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, timing=WAITS) as client:
            generation = client.generate("a 2-second video of a panda")
            assert await generation is await generation
        assert [len(session.turns) for session in sandbox.sessions] == [1]


async def test_a_server_that_never_answers_times_out_and_its_result_is_polled() -> None:
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with Sandbox(stub_renders=True, behavior=behavior) as sandbox, mute_proxy(sandbox.url) as url:
        async with (
            AsyncNemoVideo(base_url=url, timing=WAITS) as client,
            anyio.create_task_group() as tasks,
        ):
            project = await client.create_project()
            tasks.start_soon(let_time_pass, lambda: sandbox.sessions[0].turns)
            turn = await project.send("a 4-second video of a panda")
        assert turn.source == "state"
        assert [len(session.turns) for session in sandbox.sessions] == [1]


@contextmanager
def mute_proxy(target: str) -> Iterator[str]:
    """A relay to the sandbox that keeps the answers to messages to itself."""
    host, port = target.removeprefix("http://").split(":")

    relays: set[asyncio.Task[None] | None] = set()
    lines: list[asyncio.StreamWriter] = []

    async def relay(inner: asyncio.StreamReader, outer: asyncio.StreamWriter) -> None:
        relays.add(asyncio.current_task())
        up, down = await asyncio.open_connection(host, int(port))
        lines.extend((down, outer))
        mute = False

        async def answer() -> None:
            while data := await up.read(65536):
                if not mute:
                    outer.write(data)

        relays.add(asyncio.create_task(answer()))
        try:
            while data := await inner.read(65536):
                mute = mute or b"/run_sse" in data
                down.write(data)
        finally:
            down.close()
            outer.close()

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(relay, "127.0.0.1", 0)

    async def stop(server: asyncio.Server) -> None:
        server.close()
        for line in lines:
            line.close()
        await asyncio.wait([task for task in relays if task is not None])

    with start_blocking_portal("asyncio") as portal:
        server = portal.call(serve)
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        portal.call(stop, server)
