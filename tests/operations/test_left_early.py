"""Loops over work that are left before its end: quiet, and nothing stays open."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Callable

import anyio
import pytest
import trio

from nemovideo import AsyncNemoVideo, Project, Timing, errors, events
from nemovideo.transports import MemoryTransport, Reply
from tests.scripted import Script, ok
from tests.transports.conftest import BEHAVIOURS, RawServer, Seen, Wire, server
from tests.waiting import until

__all__ = ["server"]

Build = Callable[..., AsyncNemoVideo]
CLOSED: list[str] = []


async def endless() -> AsyncIterator[bytes]:
    """Give a few words, and then nothing more."""
    try:
        yield b'data: {"type": "text", "content": "Hello. A panda"}\n\n'
        await anyio.sleep_forever()
    finally:
        CLOSED.append("stream")


@pytest.fixture
def client(script: Script, build: Build) -> AsyncNemoVideo:
    """A client whose answers never end."""
    CLOSED.clear()
    script.on("/nemo_agent", ok({"session_id": "s-1", "task_id": "t-1"}))
    script.on("/run_sse", lambda _: Reply(200, {"content-type": "text/event-stream"}, endless()))
    return build()


async def leave(client: AsyncNemoVideo) -> object:
    generation = client.generate("a panda")
    await hear(generation)
    return generation


async def hear(work: AsyncIterator[events.Event]) -> None:
    """Iterate to the first text, when the message has been sent."""
    async for event in work:
        if event.type == "text":
            break


@pytest.mark.parametrize("run", [asyncio.run, trio.run])
def test_a_loop_that_ends_closes_what_was_left(
    client: AsyncNemoVideo, run: Callable[..., object], caplog: pytest.LogCaptureFixture
) -> None:
    run(leave, client) if run is trio.run else run(leave(client))  # type: ignore[arg-type]  # two signatures
    gc.collect()
    assert CLOSED == ["stream"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.anyio
async def test_a_client_that_is_closed_closes_what_was_left(client: AsyncNemoVideo) -> None:
    async with client:
        generation = client.generate("a panda")
        await hear(generation)
        assert CLOSED == []
    assert CLOSED == ["stream"]
    with pytest.raises(errors.StreamInterruptedError):
        await generation


async def listed(client: AsyncNemoVideo) -> list[str | None]:
    """Return the sessions of what is unfinished, as soon as something is."""
    while not (items := await client.recover()):
        await anyio.sleep(0.01)
    return [item.session_id for item in items]


@pytest.mark.anyio
@pytest.mark.parametrize("collect", [lambda: None, gc.collect], ids=["counted", "collected"])
async def test_a_loop_that_was_left_and_that_nothing_refers_to_is_closed_and_listed(
    client: AsyncNemoVideo, collect: Callable[[], object]
) -> None:
    async with client:
        left = [await leave(client)]
        if collect is gc.collect:
            left.append(left)  # a circle, as callbacks make them
        del left
        await anyio.to_thread.run_sync(collect)  # in whatever thread that happens
        await until(lambda: CLOSED)
        assert CLOSED == ["stream"]
        assert await listed(client) == ["s-1"]
        # Not public: what is kept for ever is seen by nobody.
        await until(lambda: not list(client._resources.open_operations))


@pytest.mark.anyio
async def test_a_client_that_is_closed_at_once_closes_what_is_garbage(
    client: AsyncNemoVideo,
) -> None:
    async with client:
        await leave(client)
    assert CLOSED == ["stream"]
    assert [item.session_id for item in await client.recover()] == ["s-1"]


@pytest.mark.anyio
async def test_a_loop_that_was_left_for_longer_than_a_stream_may_take_is_closed_and_listed(
    client: AsyncNemoVideo, build: Build
) -> None:
    async with build(timing=Timing(stream_limit=0.5)) as other:
        generation = other.generate("a panda")
        await hear(generation)
        await until(lambda: CLOSED)
        with pytest.raises(errors.StreamInterruptedError):
            await generation
        assert await listed(other) == ["s-1"]


@pytest.mark.anyio
async def test_work_is_not_idle_while_somebody_drives_it(
    client: AsyncNemoVideo, transport: MemoryTransport
) -> None:
    generation = client.generate("a panda")
    await hear(generation)
    # Not public: what it is for would be seen after minutes only.
    assert generation._idle_seconds() > 0
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anext, generation)
        await anyio.wait_all_tasks_blocked()
        assert generation._idle_seconds() == 0
        tasks.cancel_scope.cancel()
    await client.aclose()


@pytest.mark.parametrize("run", [asyncio.run, trio.run])
def test_what_is_garbage_when_its_loop_has_ended_is_quiet(
    client: AsyncNemoVideo, run: Callable[..., object], caplog: pytest.LogCaptureFixture
) -> None:
    left = run(leave, client) if run is trio.run else run(leave(client))  # type: ignore[arg-type]  # two signatures
    del left
    gc.collect()
    assert CLOSED == ["stream"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.anyio
@pytest.mark.parametrize(("journal", "way"), [(True, "client.recover()"), (False, "open_project")])
async def test_what_was_left_says_where_its_result_is(
    client: AsyncNemoVideo, build: Build, script: Script, journal: bool, way: str
) -> None:
    script.on("/latest", ok({"state": {}}))
    async with build(journal=journal) as other:
        works = other.generate("a panda"), other.open_project("s-1").send("add music")
        for work in works:
            await hear(work)
    for work in works:
        with pytest.raises(errors.StreamInterruptedError) as caught:
            await work
        assert way in (caught.value.hint or "")


@pytest.mark.anyio
async def test_a_client_that_is_closed_does_not_wait_for_work_that_goes_on(
    client: AsyncNemoVideo, transport: MemoryTransport
) -> None:
    async def follow() -> None:
        await client.generate("a panda")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(follow)
        while not any(request.url.endswith("/run_sse") for request in transport.requests):
            await anyio.lowlevel.checkpoint()
        await client.aclose()
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_closing_a_client_of_other_options_ends_only_what_it_began(
    client: AsyncNemoVideo, transport: MemoryTransport
) -> None:
    own, other = client.generate("a panda"), client.with_options(max_retries=0)
    async with client:
        await hear(own)
        async with other:
            await hear(other.generate("a bear"))
            assert CLOSED == []
        assert CLOSED == ["stream"]
    assert CLOSED == ["stream", "stream"]


@pytest.mark.anyio
async def test_closing_a_client_of_other_options_spares_what_goes_on_in_one_that_was_closed(
    client: AsyncNemoVideo, script: Script
) -> None:
    script.on("/latest", ok({"state": {}}))
    project = client.open_project("s-1")
    await client.aclose()
    own, other = project.send("add music"), client.with_options(max_retries=0)
    async for _ in own:
        break
    await other.credits.retrieve()
    await other.aclose()
    assert CLOSED == []
    await client.aclose()
    assert CLOSED == ["stream"]


@pytest.mark.anyio
async def test_a_client_that_is_closed_while_it_is_cancelled_closes_all_the_same(
    client: AsyncNemoVideo,
) -> None:
    with anyio.CancelScope() as scope:
        async with client:
            await leave(client)
            scope.cancel()
    assert CLOSED == ["stream"]
    assert [item.session_id for item in await client.recover()] == ["s-1"]


@pytest.mark.anyio
async def test_a_client_closes_what_those_of_other_options_left(client: AsyncNemoVideo) -> None:
    async with client:
        await hear(client.with_options(max_retries=0).generate("a panda"))
        assert CLOSED == []
    assert CLOSED == ["stream"]


async def _balance(wire: Wire, seen: Seen) -> None:
    wire.answer(b'{"code": 0, "data": {"available": 7}}')


@pytest.fixture
def service(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> RawServer:
    """A service that knows a balance, and counts its connections."""
    monkeypatch.setitem(BEHAVIOURS, "/simple", _balance)
    return server


async def use_another(client: AsyncNemoVideo) -> None:
    """Use a client of other options, and close it."""
    async with client.with_options(max_retries=0) as other:
        await other.credits.retrieve()


@pytest.mark.anyio
async def test_connections_stay_open_while_the_client_or_one_made_of_it_uses_them(
    service: RawServer,
) -> None:
    async def closed() -> None:
        await anyio.to_thread.run_sync(service.hung_up.acquire)

    async def keeps_its_connection(user: AsyncNemoVideo) -> bool:
        await user.credits.retrieve()
        await use_another(client)
        await user.credits.retrieve()
        return len({seen.connection for seen in service.seen[-3:]}) == 1

    async with AsyncNemoVideo(base_url=service.url(""), token="nmv_usr_x") as client:
        assert await keeps_its_connection(client)
        await client.aclose()
        await closed()
        sibling = client.with_options(timeout=5)
        assert await keeps_its_connection(sibling)
        await sibling.aclose()
        await closed()
        assert await keeps_its_connection(client)  # used again after it was closed


@pytest.mark.anyio
async def test_connections_are_closed_with_the_only_client_that_uses_them(
    service: RawServer,
) -> None:
    base = AsyncNemoVideo(base_url=service.url(""), token="nmv_usr_x")
    await base.with_options(timeout=5).credits.retrieve()
    gc.collect()
    await use_another(base)
    await anyio.to_thread.run_sync(service.hung_up.acquire)


@pytest.mark.anyio
@pytest.mark.parametrize("start", [AsyncNemoVideo.generate, Project.send], ids=["generate", "send"])
async def test_a_forgotten_await_warns(
    client: AsyncNemoVideo, start: Callable[..., object]
) -> None:
    caller = client if start is AsyncNemoVideo.generate else client.open_project("s-1")
    with pytest.warns(RuntimeWarning, match="was never awaited"):
        start(caller, "a panda")


@pytest.mark.parametrize("run", [asyncio.run, trio.run])
@pytest.mark.parametrize("how", ["await", "iterate", "task"])
def test_what_was_awaited_iterated_or_run_in_a_task_does_not_warn(
    client: AsyncNemoVideo, script: Script, run: Callable[..., object], how: str
) -> None:
    async def use() -> None:
        operation = client.generate("a panda", max_credits=1)
        in_task = how == "task" and run is asyncio.run
        awaited = anext(operation) if how == "iterate" else operation
        with pytest.raises(errors.InsufficientCreditsError):  # refused at once
            await (asyncio.create_task(operation) if in_task else awaited)

    with warnings.catch_warnings(record=True) as caught:
        run(use) if run is trio.run else run(use())  # type: ignore[arg-type]  # two signatures
        gc.collect()
    assert caught == []


def test_a_task_that_is_cancelled_before_its_first_step_does_not_warn(
    client: AsyncNemoVideo,
) -> None:
    async def use() -> None:
        asyncio.create_task(client.generate("a panda")).cancel()
        await asyncio.sleep(0)

    with warnings.catch_warnings(record=True) as caught:
        asyncio.run(use())
        gc.collect()
    assert caught == []
