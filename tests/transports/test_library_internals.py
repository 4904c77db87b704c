"""Private parts of other libraries: they are there, and where one is not, the promises are kept."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable
from importlib import import_module
from types import ModuleType

import aiohttp
import anyio
import httpcore
import httpx
import pytest

from nemovideo.compat.library_internals import (
    ANYIO_BACKENDS,
    anyio_is_unused,
    buffered_reader,
    close_without_loop,
    frame_name,
    hide_dataclass,
    reports_closed,
    takes_methods,
)
from nemovideo.errors import APIConnectionError
from nemovideo.transports import (
    AiohttpTransport,
    HttpxTransport,
    Request,
    Response,
    _aiohttp_errors,
    _aiohttp_requests,
    _aiohttp_sessions,
)
from nemovideo.transports import httpx as httpx_transport
from nemovideo.transports._httpx_library import load_library
from tests.transports.conftest import LIBRARIES, RawServer


class Without:
    """A class without any of the private parts."""


def test_the_installed_versions_have_every_private_part() -> None:
    for backend in ANYIO_BACKENDS.values():
        import_module(backend)
    assert frame_name(aiohttp.ClientSession, "_request")
    for name in LIBRARIES:
        assert load_library(name).sender
        assert takes_methods(load_library(name).httpcore.AsyncMockStream([]))
    assert reports_closed(aiohttp)
    assert buffered_reader(aiohttp.StreamReader) is not buffered_reader(Without)


def test_the_private_attributes_of_a_connector_are_where_they_are_read(server: RawServer) -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.get(server.url("/json")) as answer:
                await answer.read()
            assert isinstance(session.connector, aiohttp.BaseConnector)
            (protocol,) = [
                each for protocols in session.connector._conns.values() for each, _ in protocols
            ]
            assert protocol.transport is not None
            assert isinstance(session.connector._acquired, set)

    asyncio.run(main())


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize("path", ["/reset-before", "/close-before"])
def test_aiohttp_sends_nothing_a_second_time_by_itself(
    server: RawServer, method: str, path: str
) -> None:
    async def main() -> None:
        async with AiohttpTransport() as transport:
            with pytest.raises(APIConnectionError) as caught:
                await transport.send(Request(method, server.url(path), body=b"{}"))
            assert caught.value.phase == "wait"

    asyncio.run(main())
    assert len(server.seen) == 1


async def _read(server: RawServer, path: str, *, whole: bool) -> None:
    limits = {"total_timeout": 0.2} if whole else {"idle_timeout": 0.2}
    request = Request("POST", server.url(path), body=b"{}", **limits)
    async with AiohttpTransport() as transport:
        if whole:
            await transport.send(request)
            return
        async with transport.stream(request) as answer:
            server.proceed()
            while await answer.receive():
                pass


@pytest.mark.parametrize("path", ["/broken-chunk", "/late-broken-chunk"])
@pytest.mark.parametrize("whole", [True, False])
def test_without_a_future_for_its_end_a_broken_answer_ends_by_a_time_limit(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, path: str, whole: bool
) -> None:
    monkeypatch.setattr(_aiohttp_requests, "REPORTS_CLOSED", reports_closed(ModuleType("aiohttp")))
    with pytest.raises(APIConnectionError) as caught:
        asyncio.run(_read(server, path, whole=whole))
    assert caught.value.phase in {"wait", "read"}
    assert len(server.seen) == 1


def test_without_what_is_buffered_a_break_is_an_error_all_the_same(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_aiohttp_requests, "read_buffered", buffered_reader(Without))
    with pytest.raises(APIConnectionError) as caught:
        asyncio.run(_read(server, "/truncated", whole=False))
    assert caught.value.phase == "read"
    assert len(server.seen) == 1


@pytest.mark.parametrize("read", [lambda stream: b"", lambda stream, size: None])
def test_a_method_of_another_shape_takes_nothing(read: Callable[..., object]) -> None:
    class Stream:
        _read_nowait = staticmethod(read)

    assert buffered_reader(Stream)(Stream()) == b""


def test_without_its_parts_a_connector_is_closed_by_the_garbage_collector(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        _aiohttp_sessions, "close_without_loop", lambda connector: close_without_loop(Without())
    )
    transport, loop = AiohttpTransport(), asyncio.new_event_loop()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        loop.run_until_complete(transport.send(Request("GET", server.url("/json"))))
        loop.close()
        asyncio.run(transport.aclose())
        del loop
        gc.collect()
    assert server.hung_up.acquire(timeout=60)


async def _ask_elsewhere(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    async with aiohttp.ClientSession() as other, other.get("http://127.0.0.1:1/"):
        raise AssertionError("nobody is there")


def test_without_frames_to_go_by_an_error_below_a_middleware_may_have_been_sent(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_aiohttp_errors, "_REQUEST", frame_name(Without, "_request"))
    monkeypatch.setattr(_aiohttp_requests, "HOOKS_ARE_TRACEABLE", False)

    async def main() -> str | None:
        async with aiohttp.ClientSession(middlewares=[_ask_elsewhere]) as session:
            return await _phase(AiohttpTransport(session).send, server)

    assert asyncio.run(main()) == "wait"


@pytest.mark.anyio
async def test_without_frames_to_go_by_an_error_of_a_hook_of_httpx_may_have_been_sent(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = frame_name(Without, "_send_single_request")
    monkeypatch.setattr(load_library("httpx"), "sender", sender)

    async def hook(_: httpx.Request) -> None:
        async with httpcore.AsyncConnectionPool() as pool:
            await pool.request("POST", "http://127.0.0.1:1/")

    async with httpx.AsyncClient(event_hooks={"request": [hook]}, trust_env=False) as client:
        assert await _phase(HttpxTransport(client).send, server) == "wait"


@pytest.mark.parametrize("transport", [AiohttpTransport, HttpxTransport])
def test_without_frames_to_go_by_a_refused_connection_is_still_one(
    monkeypatch: pytest.MonkeyPatch, transport: type[AiohttpTransport | HttpxTransport]
) -> None:
    monkeypatch.setattr(_aiohttp_errors, "_REQUEST", None)
    monkeypatch.setattr(_aiohttp_requests, "HOOKS_ARE_TRACEABLE", False)
    monkeypatch.setattr(httpx_transport.DEFAULT_LIBRARY, "sender", None)

    async def main() -> str | None:
        async with transport() as made:
            return await _phase(made.send, RawServer(port=1))

    assert asyncio.run(main()) == "connect"


async def _phase(send: Callable[[Request], Awaitable[Response]], server: RawServer) -> str | None:
    with pytest.raises(APIConnectionError) as caught:
        await send(Request("POST", server.url("/json"), body=b"{}"))
    return caught.value.phase


def test_without_the_name_of_its_backend_anyio_may_be_in_use(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANYIO_BACKENDS, "asyncio", "anyio._no_backends._asyncio")
    assert not anyio_is_unused()

    async def main() -> None:
        transport = AiohttpTransport()
        await transport.send(Request("GET", server.url("/json")))
        with anyio.CancelScope() as scope:
            scope.cancel()
            await transport.aclose()
        assert await asyncio.to_thread(server.hung_up.acquire, timeout=60)

    asyncio.run(main())


@pytest.mark.usefixtures("library")
def test_without_methods_that_can_be_replaced_a_long_body_is_sent_once(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpx_transport, "takes_methods", lambda stream: takes_methods(object()))

    async def main() -> Response:
        async with HttpxTransport() as transport:
            return await transport.send(
                Request("POST", server.url("/echo"), body=b"x" * 2**20, idle_timeout=60)
            )

    assert asyncio.run(main()).status == 200
    assert [len(each.body) for each in server.seen] == [2**20]


def test_a_class_that_is_no_dataclass_is_hidden_as_it_is() -> None:
    assert hide_dataclass(Without) is Without


def test_a_cancellation_that_meets_the_end_of_a_scope_of_anyios_is_not_lost() -> None:
    async def wait(scopes: list[anyio.CancelScope]) -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            await anyio.sleep_forever()
        await anyio.sleep_forever()  # before 4.16 it got here

    async def main() -> None:
        scopes: list[anyio.CancelScope] = []
        task = asyncio.create_task(wait(scopes))
        while not scopes:
            await asyncio.sleep(0)
        scopes[0].cancel()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 20)

    asyncio.run(main())
