"""Cancelled at any point, work leaves no task, socket, file or temporary file, and a right journal.

Both kinds of cancelling are tried: by a cancel scope (asyncio and trio), and asyncio's own
(`asyncio.timeout`, Ctrl-C), from which no scope is a shield.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest

from nemovideo import AsyncNemoVideo, NemoVideoError, Timing
from nemovideo.sandbox import AgentBehavior, Fault, Sandbox
from nemovideo.security.file_lock import is_locked
from tests.waiting import until

pytestmark = pytest.mark.anyio

PROMPT = "a 2-second video of a panda"
SLOW = Timing(
    poll_first=5,
    poll_max=5,
    recovery_waits=(5,),
    silent_recheck=5,
    retry_initial=5,
    retry_max=5,
    rate_limit_wait=5,
)
BRISK = Timing(poll_first=0.001, poll_max=0.01, silent_recheck=0.001, recovery_waits=(0.01,))
TALKATIVE = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)


@dataclass(frozen=True)
class Point:
    """A place to be cancelled at: how work comes to stand there, and how to tell that it does."""

    name: str
    faults: tuple[Fault, ...]
    journal: tuple[str, ...]
    """What is unfinished afterwards."""
    endpoint: str = ""
    """Whose request is under way there; none where the work only waits."""
    waits_after: str = ""
    """Whose answer the work waits after."""


def stall(endpoint: str, **options: object) -> Fault:
    return Fault(endpoint, "stall", times=None, **options)  # type: ignore[arg-type]  # a table's rows


STUCK = Fault("renders.create", "stuck_render", times=None)
POINTS = [
    Point(
        "waiting for a token", (stall("tokens.create_anonymous"),), (), "tokens.create_anonymous"
    ),
    Point("opening the session", (stall("sessions.create"),), (), "sessions.create"),
    Point("in the upload", (stall("uploads.create"),), (), "uploads.create"),
    Point("waiting for headers", (stall("messages.stream"),), ("message",), "messages.stream"),
    Point("mid-stream", (stall("messages.stream", events=2),), ("message",), "messages.stream"),
    Point(
        "waiting in recovery",
        (Fault("messages.stream", "reset_after"),),
        ("message",),
        waits_after="messages.stream",
    ),
    Point("submitting the render", (stall("renders.create"),), ("render",), "renders.create"),
    Point("polling", (stall("renders.retrieve"),), ("render",), "renders.retrieve"),
    Point("between two polls", (STUCK,), ("render",), waits_after="renders.retrieve"),
    Point("in the download", (stall("files.download"),), ("render",), "files.download"),
    Point(
        "in the middle of the download",
        (stall("files.download", bytes=600),),
        ("render",),
        "files.download",
    ),
]


def open_tasks() -> dict[str, object]:
    """Return what this process has open: sockets and files by what they are."""
    found: dict[str, object] = {}
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208  # of names that come and go
        with suppress(OSError):
            found[number] = os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115  # no path at all
    return found


async def tasks_now() -> int:
    """Return how many tasks there are."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        import trio

        return trio.lowlevel.current_statistics().tasks_living


async def settle(count: Callable[[], Awaitable[bool]]) -> bool:
    """Give what is closing a moment to close, on a busy machine a long one."""
    for attempt in range(3000):
        if await count():
            return True
        if attempt % 50 == 49:  # what refers to itself is closed by the collector
            gc.collect()
        await anyio.sleep(0.01)
    return False


async def reach(sandbox: Sandbox, point: Point) -> None:
    """Wait until the work stands at the point."""
    wanted = point.endpoint or point.waits_after
    await until(
        lambda: any(
            request.endpoint == wanted and (point.endpoint or request.outcome != "open")
            for request in sandbox.requests
        )
    )
    await anyio.sleep(0.05)  # for the client to stand there as well; what is kept is the same


async def by_scope(work: Callable[[], Awaitable[object]], ready: Awaitable[None]) -> None:
    async with anyio.create_task_group() as tasks:

        async def run() -> None:
            await work()

        tasks.start_soon(run)
        await ready
        tasks.cancel_scope.cancel()


async def by_asyncio(work: Callable[[], Awaitable[object]], ready: Awaitable[None]) -> None:
    async def run() -> None:
        await work()

    task = asyncio.create_task(run())
    await ready
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


Cancel = Callable[[Callable[[], Awaitable[object]], Awaitable[None]], Awaitable[None]]


WAYS: list[tuple[str, Cancel]] = [
    ("asyncio", by_scope),
    ("trio", by_scope),
    ("asyncio", by_asyncio),
]


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]}-{way[1].__name__}")
def way(request: pytest.FixtureRequest) -> tuple[str, Cancel]:
    return request.param


@pytest.fixture
def anyio_backend(way: tuple[str, Cancel]) -> str:
    return way[0]


@pytest.fixture
def cancel(way: tuple[str, Cancel]) -> Cancel:
    return way[1]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
@pytest.mark.slow
async def test_cancelled_there_nothing_stays_open(
    point: Point, cancel: Cancel, tmp_path: Path
) -> None:
    target, clip = tmp_path / "panda.mp4", tmp_path / "clip.mp3"
    clip.write_bytes(b"ID3" + bytes(2000))
    files = [clip] if "upload" in point.name else []
    async with Sandbox(stub_renders=True, behavior=TALKATIVE, credits=1000) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, timing=SLOW) as client:
            if point.endpoint != "tokens.create_anonymous":
                await client.credits.retrieve()
            await client.recover()
            await client.aclose()
            before, tasks = open_tasks(), await tasks_now()
            with sandbox.inject(*point.faults):
                await cancel(
                    lambda: client.generate(PROMPT, files=files, path=target),
                    reach(sandbox, point),
                )
                unfinished = [item.kind for item in await client.recover()]
            await client.aclose()

            async def is_clean() -> bool:
                return len(open_tasks()) <= len(before) and await tasks_now() <= tasks

            assert await settle(is_clean), set(open_tasks().values()) - set(before.values())
        turns = [len(session.turns) for session in sandbox.sessions]
    assert unfinished == list(point.journal)
    assert sum(turns) <= 1
    assert not target.exists()
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".part", ".tmp"}]


async def test_cancelled_while_another_makes_the_token(cancel: Cancel, tmp_path: Path) -> None:
    async with Sandbox(stub_renders=True, behavior=TALKATIVE) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, timing=SLOW) as client:

            async def ready() -> None:
                await reach(sandbox, POINTS[0])

            with sandbox.inject(*POINTS[0].faults) as injected:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(client.credits.retrieve)
                    await reach(sandbox, POINTS[0])
                    await cancel(client.credits.retrieve, ready())
                    injected.release()
            assert (await client.credits.retrieve()).total == 100
        tokens = [r for r in sandbox.requests if r.endpoint == "tokens.create_anonymous"]
        assert len(tokens) == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(("first", "last"), [(1, 20), (21, 200), (201, None)])
async def test_cancelled_at_every_step_nothing_stays_and_nothing_is_paid_twice(
    tmp_path: Path, first: int, last: int | None
) -> None:
    """Cancel after one turn of the loop, after two, and so on, until the work is done before."""
    target = tmp_path / "panda.mp4"
    ended, step = False, first
    async with Sandbox(stub_renders=True, behavior=TALKATIVE, credits=10**6) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, timing=BRISK) as client:
            await client.generate(PROMPT, path=target)
            await client.aclose()
            before, tasks = open_tasks(), await tasks_now()
            while not ended and (last is None or step <= last):
                ended = await _cancelled_after(step, lambda: client.generate(PROMPT, path=target))
                assert not list(tmp_path.glob(".*.part"))
                await _resume_all(client, sandbox)
                step += 1 + step // 8
            await client.aclose()

            async def is_clean() -> bool:
                return len(open_tasks()) <= len(before) and await tasks_now() <= tasks

            assert await settle(is_clean), set(open_tasks().values()) - set(before.values())
        messages = max(len(session.turns) for session in sandbox.sessions)
        charges = [charge.session_id for charge in sandbox.charges if charge.amount]
    assert ended or last is not None
    assert messages == 1
    assert len(charges) == len(set(charges))


async def _resume_all(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    """Resume what is unfinished until nothing is."""
    # A message stays listed as long as it may be at work, which here is minutes: one that was
    # cancelled before the service had it is resumed by a client for which that time is over.
    later = client.with_options(timing=replace(BRISK, stream_limit=0))

    async def is_done() -> bool:
        arrived = {session.session_id for session in sandbox.sessions if session.turns}
        for item, old in zip(await client.recover(), await later.recover(), strict=True):
            with suppress(NemoVideoError):
                await (item if item.session_id in arrived else old).resume()
        return await client.recover() == []

    assert await settle(is_done), await client.recover()


async def _cancelled_after(steps: int, work: Callable[[], Awaitable[object]]) -> bool:
    async def run() -> None:
        await work()

    task = asyncio.create_task(run())
    for _ in range(steps):
        await asyncio.sleep(0)
        if task.done():
            break
    ended = not task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return ended


@pytest.mark.parametrize("saved", [True, False], ids=["saved", "left with the service"])
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_cancelled_at_every_step_what_was_paid_for_is_given_or_listed(
    tmp_path: Path, saved: bool
) -> None:
    """Every session with a charge is in the user's hands, or `recover` names it at once."""
    target = tmp_path / "panda.mp4"
    ended, step = False, 0
    async with (
        Sandbox(stub_renders=True, behavior=TALKATIVE, credits=10**6) as sandbox,
        AsyncNemoVideo(base_url=sandbox.url, timing=BRISK) as client,
    ):
        await client.credits.retrieve()
        later = client.with_options(timing=replace(BRISK, stream_limit=0))
        while not ended:
            step += 1 + step // 8
            target.unlink(missing_ok=True)
            work = client.generate(PROMPT, path=target if saved else None)
            ended = await _cancelled_after(step, lambda work=work: work)
            charged = {charge.session_id for charge in sandbox.charges if charge.amount}
            unfinished = await client.recover()
            if work.session_id in charged and not (ended or target.exists()):
                # Beside it, one whose resume failed below: the machine was too busy.
                assert work.session_id in {item.session_id for item in unfinished}, step
            # Young ones without a result would stay listed.
            for item in await later.recover():
                with suppress(NemoVideoError):
                    await item.resume()
    assert step > 30


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_cancelled_at_every_step_of_getting_a_token_the_lock_is_free(
    tmp_path: Path,
) -> None:
    step, ended = 0, False
    async with Sandbox(stub_renders=True, behavior=TALKATIVE) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, config_dir=tmp_path / "0") as client:
            await client.credits.retrieve()
        before = open_tasks()
        while not ended:
            step += 1 + step // 40  # by then it waits for the service, and one turn is as another
            folder = tmp_path / str(step)
            async with AsyncNemoVideo(base_url=sandbox.url, config_dir=folder) as client:
                ended = await _cancelled_after(step, client.credits.retrieve)

            async def is_free(folder: Path = folder) -> bool:
                return not is_locked(folder / "tokens.lock")

            assert await settle(is_free), f"locked after {step} steps"

        async def is_clean() -> bool:
            return len(open_tasks()) <= len(before)

        assert await settle(is_clean), set(open_tasks().values()) - set(before.values())
    assert step > 5
