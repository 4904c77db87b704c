"""The transport without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import anyio.lowlevel
import pytest

from nemovideo.errors import APIConnectionError, APITimeoutError
from nemovideo.transports import MemoryTransport, Reply, Request, _error_messages
from tests.clocks import LIMIT, anyio_backend, run_out
from tests.transports.test_contract import Pieces

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

GET = Request("GET", "https://api.example/x")


async def never() -> AsyncIterator[bytes]:
    yield b"half"
    await anyio.sleep_forever()


async def test_a_function_answers() -> None:
    transport = MemoryTransport(lambda request: Reply(201, {"X-Request-Id": "r"}, b"body"))
    answer = await transport.send(GET)
    assert (answer.status, answer.headers, answer.body) == (201, {"x-request-id": "r"}, b"body")


async def test_an_async_function_answers() -> None:
    async def handler(request: Request) -> Reply:
        await anyio.lowlevel.checkpoint()
        return Reply(body=request.method.encode())

    assert (await MemoryTransport(handler).send(GET)).body == b"GET"


async def test_requests_are_recorded_with_their_bodies_as_bytes() -> None:
    transport = MemoryTransport(lambda request: Reply(body=b"x"))
    await transport.send(GET)
    await transport.send(Request("POST", GET.url, body=Pieces()))
    assert [request.body for request in transport.requests] == [None, b"onetwothree"]


async def test_an_exception_is_raised() -> None:
    transport = MemoryTransport(lambda request: APIConnectionError("gone", phase="connect"))
    with pytest.raises(APIConnectionError, match="gone"):
        await transport.send(GET)


@pytest.mark.parametrize("concurrent", [True, False])
async def test_a_stream_gives_its_chunks_and_then_its_exception(concurrent: bool) -> None:
    chunks = [b"one", b"", b"two", APIConnectionError("broke", phase="read")]
    transport = MemoryTransport(lambda request: Reply(body=chunks))
    async with transport.stream(Request("GET", GET.url, concurrent_reader=concurrent)) as answer:
        assert [await answer.receive(), await answer.receive()] == [b"one", b"two"]
        with pytest.raises(APIConnectionError, match="broke"):
            await answer.receive()


@pytest.mark.parametrize("concurrent", [True, False])
async def test_only_a_stream_that_reads_ahead_can_be_cancelled_and_read_on(
    concurrent: bool,
) -> None:
    transport = MemoryTransport(lambda request: Reply(body=never()))
    async with transport.stream(Request("GET", GET.url, concurrent_reader=concurrent)) as answer:
        assert answer.cancel_safe is concurrent


async def test_a_cancelled_receive_loses_nothing() -> None:
    go = anyio.Event()

    async def timeout_error() -> AsyncIterator[bytes]:
        await go.wait()
        yield b"late"

    transport = MemoryTransport(lambda request: Reply(body=timeout_error()))
    async with transport.stream(GET) as answer:
        with anyio.move_on_after(0):
            await answer.receive()
        go.set()
        assert await answer.receive() == b"late"
        assert await answer.receive() == b""


async def test_reading_ahead_pauses_for_a_slow_consumer() -> None:
    given: list[int] = []

    def endless() -> AsyncIterator[bytes]:
        async def chunks() -> AsyncIterator[bytes]:
            while True:
                given.append(1)
                yield b"x" * 2**18

        return chunks()

    transport = MemoryTransport(lambda request: Reply(body=endless()))
    async with transport.stream(GET) as answer:
        await answer.receive()
        await anyio.wait_all_tasks_blocked()
        assert len(given) < 10
        for _ in range(8):
            await answer.receive()
        await anyio.wait_all_tasks_blocked()
        assert 8 < len(given) < 20


@pytest.mark.parametrize(("limit", "phase"), [("idle_timeout", "read"), ("total_timeout", "read")])
async def test_times_run_out_as_on_a_network(limit: str, phase: str) -> None:
    transport = MemoryTransport(lambda request: Reply(body=never()))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run_out)
        with pytest.raises(APITimeoutError) as caught:
            await transport.send(Request("GET", GET.url, **{limit: LIMIT}))
        tasks.cancel_scope.cancel()
    assert caught.value.phase == phase


async def test_a_handler_that_never_answers_runs_into_the_idle_timeout() -> None:
    async def handler(request: Request) -> Reply:
        await anyio.sleep_forever()
        return Reply()

    with pytest.raises(APITimeoutError) as caught:
        await MemoryTransport(handler).send(Request("GET", GET.url, idle_timeout=0.01))
    assert caught.value.phase == "wait"


async def test_closing_is_noted() -> None:
    async with MemoryTransport(lambda request: Reply()) as transport:
        assert not transport.closed
    assert transport.closed


async def test_a_whole_answer_is_limited_in_size_and_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        while True:
            await anyio.lowlevel.checkpoint()
            yield b"x"

    monkeypatch.setattr(_error_messages, "MAX_RESPONSE_BYTES", 100)
    async with MemoryTransport(lambda _: Reply(body=dripping())) as transport:
        with pytest.raises(APIConnectionError, match="longer than"):
            await transport.send(Request("GET", "https://api.example/"))
        monkeypatch.undo()
        with pytest.raises(APITimeoutError):
            await transport.send(Request("GET", "https://api.example/", idle_timeout=0.05))
