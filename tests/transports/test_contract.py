"""What every transport promises, over real sockets, on every backend that it serves."""

from __future__ import annotations

import gzip
import json
import socket
import traceback
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import product
from typing import Any

import anyio
import anyio.to_thread
import pytest

from nemovideo._version import USER_AGENT
from nemovideo.errors import APIConnectionError, APITimeoutError, InvalidInputError
from nemovideo.security.redaction import SecretHeader
from nemovideo.transports import (
    AiohttpTransport,
    HttpxTransport,
    Request,
    StreamedResponse,
    Transport,
    _error_messages,
)
from nemovideo.transports import httpx as httpx_transport
from nemovideo.transports._httpx_library import load_library
from tests.clocks import LIMIT, run_out, with_clock
from tests.transports.conftest import HUGE_LINE, LIBRARIES, RawServer

pytestmark = pytest.mark.anyio

KINDS = [("aiohttp", "asyncio"), *product(LIBRARIES, ("asyncio", "trio"))]
TOKEN = "nmv_usr_secret_of_the_test"


@pytest.fixture(params=KINDS, ids="-".join)
def kind(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture
def anyio_backend(kind: tuple[str, str]) -> tuple[str, dict[str, Any]]:
    return with_clock(kind[1])


@pytest.fixture
async def transport(
    kind: tuple[str, str], anyio_backend: object, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Transport]:
    if kind[0] in LIBRARIES:
        monkeypatch.setattr(httpx_transport, "DEFAULT_LIBRARY", load_library(kind[0]))
    made = AiohttpTransport() if kind[0] == "aiohttp" else HttpxTransport()
    async with made as opened:
        yield opened


class Pieces:
    """A body in three pieces, or as many as it is told."""

    content_type = "video/mp4"

    def __init__(self, *sliced: bytes, announced: int | None = None) -> None:
        self.sliced = sliced or (b"one", b"two", b"three")
        self.content_length = sum(map(len, self.sliced)) if announced is None else announced
        self.closed = 0

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            for piece in self.sliced:
                yield piece
        finally:
            self.closed += 1


class Failing(Pieces):
    async def chunks(self) -> AsyncGenerator[bytes, None]:
        yield b"one"
        raise InvalidInputError("The file is gone.", parameter="file")


class Endless(Pieces):
    """More than any socket buffers."""

    def __init__(self) -> None:
        super().__init__(*[b"x" * 2**20] * 64)


async def failure(transport: Transport, request: Request) -> APIConnectionError:
    with pytest.raises(APIConnectionError) as caught:
        await transport.send(request)
    return caught.value


@asynccontextmanager
async def time_running_out(server: RawServer) -> AsyncIterator[None]:
    """Let the limits of a request run out, once the server sends nothing more."""

    async def wait() -> None:
        await anyio.to_thread.run_sync(server.stands.acquire)
        await run_out()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        try:
            yield
        finally:
            server.stands.release()
            tasks.cancel_scope.cancel()


async def timeout_error(
    transport: Transport, server: RawServer, request: Request
) -> APIConnectionError:
    """Return how a request ends whose time runs out."""
    async with time_running_out(server):
        return await failure(transport, request)


async def test_send_reads_the_whole_answer(transport: Transport, server: RawServer) -> None:
    response = await transport.send(Request("GET", server.url("/json")))
    assert (response.status, response.body) == (200, b'{"code": 0}')


async def test_header_names_come_in_lower_case(transport: Transport, server: RawServer) -> None:
    response = await transport.send(Request("GET", server.url("/json")))
    assert response.headers["x-request-id"] == "r-1"
    assert all(name == name.lower() for name in response.headers)


async def test_a_secret_header_arrives(transport: Transport, server: RawServer) -> None:
    headers = {"authorization": SecretHeader(f"Bearer {TOKEN}")}
    await transport.send(Request("GET", server.url("/json"), headers))
    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_the_user_agent_is_ours(transport: Transport, server: RawServer) -> None:
    await transport.send(Request("GET", server.url("/json")))
    assert server.seen[0].headers["user-agent"] == USER_AGENT


@pytest.mark.parametrize("size", [0, 1, 2**16, 2**16 + 1, 3 * 2**20])
async def test_bytes_arrive_with_their_length(
    transport: Transport, server: RawServer, size: int
) -> None:
    request = Request("POST", server.url("/echo"), body=b"x" * size)
    seen = json.loads((await transport.send(request)).body)
    assert seen["length"] == size
    assert seen["headers"]["content-length"] == str(size)
    assert "transfer-encoding" not in seen["headers"]


async def test_a_body_goes_out_in_pieces_and_is_closed(
    transport: Transport, server: RawServer
) -> None:
    body = Pieces()
    await transport.send(Request("POST", server.url("/echo"), body=body))
    assert server.seen[0].body == b"onetwothree"
    assert server.seen[0].headers["content-length"] == "11"
    assert server.seen[0].headers["content-type"] == "video/mp4"
    assert body.closed == 1


async def test_a_body_can_be_sent_again(transport: Transport, server: RawServer) -> None:
    request = Request("POST", server.url("/echo"), body=Pieces())
    await transport.send(request)
    await transport.send(request)
    assert [seen.body for seen in server.seen] == [b"onetwothree"] * 2


async def test_a_body_can_be_streamed_both_ways(transport: Transport, server: RawServer) -> None:
    async with transport.stream(Request("POST", server.url("/echo"), body=Pieces())) as answer:
        assert answer.status == 200
    assert server.seen[0].body == b"onetwothree"


@pytest.mark.parametrize("announced", [3, 12])
async def test_a_body_of_another_length_than_announced_is_refused(
    transport: Transport, server: RawServer, announced: int
) -> None:
    body = Pieces(announced=announced)
    with pytest.raises(InvalidInputError, match="no longer"):
        await transport.send(Request("POST", server.url("/echo"), body=body))
    assert body.closed == 1


async def test_what_a_body_raises_comes_through_as_it_is(
    transport: Transport, server: RawServer
) -> None:
    with pytest.raises(InvalidInputError, match="The file is gone"):
        await transport.send(Request("POST", server.url("/echo"), body=Failing()))


async def test_redirects_are_not_followed(transport: Transport, server: RawServer) -> None:
    response = await transport.send(Request("GET", server.url("/redirect")))
    assert (response.status, response.headers["location"]) == (302, "/json")
    assert len(server.seen) == 1


async def test_nothing_is_unpacked(transport: Transport, server: RawServer) -> None:
    response = await transport.send(Request("GET", server.url("/gzip")))
    assert response.body == gzip.compress(b"plain")
    assert server.seen[0].headers["accept-encoding"] == "identity"


async def test_no_cookie_is_stored(transport: Transport, server: RawServer) -> None:
    await transport.send(Request("GET", server.url("/cookie")))
    await transport.send(Request("GET", server.url("/json")))
    assert "cookie" not in server.seen[1].headers


async def test_an_address_is_sent_as_it_is_written(transport: Transport, server: RawServer) -> None:
    await transport.send(Request("GET", server.url("/json?sig=a%2Fb%3D&x=%7E+1")))
    assert server.seen[0].target == "/json?sig=a%2Fb%3D&x=%7E+1"


async def test_connections_are_reused(transport: Transport, server: RawServer) -> None:
    for _ in range(3):
        await transport.send(Request("GET", server.url("/json")))
    assert [seen.connection for seen in server.seen] == [1, 1, 1]


async def test_a_fresh_connection_was_never_used_and_is_not_reused(
    transport: Transport, server: RawServer
) -> None:
    once = Request("GET", server.url("/json"))
    for request in (
        once,
        replace(once, fresh_connection=True),
        replace(once, fresh_connection=True),
    ):
        await transport.send(request)
    await transport.send(once)
    assert [seen.connection for seen in server.seen] == [1, 2, 3, 1]


async def test_many_at_once_need_not_wait_for_a_connection(
    transport: Transport, server: RawServer
) -> None:
    # aiohttp's own limit is 100; httpx has none here, and takes a second for so many.
    many = 150 if isinstance(transport, AiohttpTransport) else 15
    request = Request("GET", server.url("/stalled"), idle_timeout=LIMIT)
    async with anyio.create_task_group() as tasks:
        for _ in range(many):
            tasks.start_soon(failure, transport, request)
        for _ in range(many):
            await anyio.to_thread.run_sync(server.arrived.acquire)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/reset-before", "/close-before"])
async def test_a_connection_that_breaks_before_the_answer_is_an_error_without_a_retry(
    transport: Transport, server: RawServer, path: str, method: str
) -> None:
    error = await failure(transport, Request(method, server.url(path), body=b"{}"))
    assert error.phase == "wait"
    assert len(server.seen) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_reused_connection_that_dies_is_an_error_without_a_retry(
    transport: Transport, server: RawServer, method: str
) -> None:
    await transport.send(Request(method, server.url("/once-per-connection")))
    error = await failure(transport, Request(method, server.url("/once-per-connection")))
    assert error.phase == "wait"
    assert server.connections == 1


@pytest.mark.parametrize("path", ["/truncated", "/truncated-chunk", "/broken-chunk"])
async def test_a_truncated_answer_is_an_error(
    transport: Transport, server: RawServer, path: str
) -> None:
    error = await failure(transport, Request("GET", server.url(path)))
    assert error.phase in {"read", "wait"}
    assert "nmv_usr_quoted" not in "".join(traceback.format_exception(error))


async def test_a_chunk_that_breaks_late_ends_the_reading(
    transport: Transport, server: RawServer
) -> None:
    async with transport.stream(Request("GET", server.url("/late-broken-chunk"))) as answer:
        assert await answer.receive() == b"half"
        server.proceed()
        with pytest.raises(APIConnectionError) as caught:
            await answer.receive()
    assert caught.value.phase == "read"


async def test_what_is_not_http_is_an_error_that_does_not_quote_it(
    transport: Transport, server: RawServer
) -> None:
    error = await failure(transport, Request("GET", server.url("/garbage")))
    assert error.phase == "wait"
    assert "nmv_usr_quoted" not in "".join(traceback.format_exception(error))


async def test_a_refused_connection_sent_nothing(transport: Transport) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        error = await failure(transport, Request("POST", f"http://127.0.0.1:{port}/", body=b"x"))
    assert error.phase == "connect"
    assert f"127.0.0.1:{port} could be opened: connection refused" in error.message


async def test_an_unknown_name_sent_nothing(transport: Transport) -> None:
    error = await failure(transport, Request("GET", "http://nowhere.invalid/"))
    assert error.phase == "connect"
    assert "name could not be resolved" in error.message


async def test_a_server_without_tls_got_nothing(transport: Transport, server: RawServer) -> None:
    url = server.url("/json").replace("http:", "https:")
    error = await failure(transport, Request("GET", url, connect_timeout=0.05))
    assert error.phase == "connect"
    assert server.seen == []


@pytest.mark.parametrize("url", ["http://", "ftp://example.com/", "http://[/"])
async def test_an_address_that_is_none_sent_nothing(transport: Transport, url: str) -> None:
    assert (await failure(transport, Request("GET", url))).phase == "connect"


async def test_a_connection_that_never_opens_ends_after_the_connect_timeout(
    transport: Transport,
) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(full.getsockname())
            host, port = full.getsockname()
            request = Request("GET", f"http://{host}:{port}/", connect_timeout=0.05)
            error = await failure(transport, request)
    assert isinstance(error, APITimeoutError)
    assert error.phase == "connect"


@pytest.mark.parametrize(("path", "phase"), [("/stalled", "wait"), ("/stalled-body", "read")])
async def test_silence_ends_after_the_idle_timeout(
    transport: Transport, server: RawServer, path: str, phase: str
) -> None:
    request = Request("GET", server.url(path), idle_timeout=LIMIT)
    error = await timeout_error(transport, server, request)
    assert isinstance(error, APITimeoutError)
    assert error.phase == phase


@pytest.mark.parametrize("size", [2, 2**17], ids=["short", "long"])
async def test_an_answer_that_does_not_begin_ends_after_the_answer_timeout(
    transport: Transport, server: RawServer, size: int
) -> None:
    body = bytes(size)
    request = Request("POST", server.url("/stalled"), body=body, answer_timeout=LIMIT)
    async with time_running_out(server):
        with pytest.raises(APITimeoutError) as caught:
            await transport.stream(request).__aenter__()
    assert caught.value.phase == "wait"
    assert caught.value.message.endswith("did not answer within 600 s.")


async def test_an_answer_that_began_in_time_may_take_its_time(
    transport: Transport, server: RawServer
) -> None:
    request = Request("POST", server.url("/stalled-body"), body=b"{}", answer_timeout=LIMIT)
    async with transport.stream(request) as answer:
        assert await answer.receive() == b"half"


@pytest.mark.parametrize(("path", "phase"), [("/stalled", "wait"), ("/stalled-body", "read")])
async def test_an_answer_ends_after_the_total_timeout(
    transport: Transport, server: RawServer, path: str, phase: str
) -> None:
    request = Request("GET", server.url(path), total_timeout=LIMIT)
    error = await timeout_error(transport, server, request)
    assert isinstance(error, APITimeoutError)
    assert error.phase == phase


async def test_a_server_that_does_not_read_ends_after_the_idle_timeout(
    transport: Transport, server: RawServer
) -> None:
    body = Endless()
    request = Request("POST", server.url("/no-read"), body=body, idle_timeout=LIMIT)
    error = await timeout_error(transport, server, request)
    assert (type(error), error.phase) == (APITimeoutError, "send")
    assert body.closed == 1


async def test_a_stream_to_a_server_that_does_not_read_ends_after_the_idle_timeout(
    transport: Transport, server: RawServer
) -> None:
    body = Endless()
    request = Request("POST", server.url("/no-read"), body=body, idle_timeout=LIMIT)
    async with time_running_out(server):
        with pytest.raises(APITimeoutError) as caught:
            await transport.stream(request).__aenter__()
    assert caught.value.phase == "send"
    assert body.closed == 1


async def test_long_bytes_that_are_not_read_end_after_the_idle_timeout(
    transport: Transport, server: RawServer
) -> None:
    body = b"x" * (32 * 2**20)
    request = Request("POST", server.url("/no-read"), body=body, idle_timeout=LIMIT)
    error = await timeout_error(transport, server, request)
    assert (type(error), error.phase) == (APITimeoutError, "send")


async def test_an_answer_before_the_body_was_read_is_an_answer(
    transport: Transport, server: RawServer
) -> None:
    request = Request("POST", server.url("/refused-early"), body=Endless(), idle_timeout=LIMIT)
    assert (await transport.send(request)).status == 413


async def test_a_body_goes_on_while_the_server_says_that_it_is_welcome(
    transport: Transport, server: RawServer
) -> None:
    body = Pieces(*[b"x" * 2**20] * 8)
    response = await transport.send(Request("POST", server.url("/continue"), body=body))
    assert json.loads(response.body)["length"] == 8 * 2**20


async def test_a_connection_that_breaks_in_the_body_is_an_error(
    transport: Transport, server: RawServer
) -> None:
    body = Endless()
    error = await failure(transport, Request("POST", server.url("/reset-in-body"), body=body))
    assert error.phase in {"send", "wait"}
    assert body.closed == 1


async def test_a_stream_gives_chunks_until_the_end(transport: Transport, server: RawServer) -> None:
    async with transport.stream(Request("GET", server.url("/chunked"))) as answer:
        parts = [part async for part in _parts(answer)]
        assert await answer.receive() == b""
    assert b"".join(parts) == b"one two three"
    assert answer.status == 200


async def test_a_line_of_any_length_can_be_streamed(
    transport: Transport, server: RawServer
) -> None:
    async with transport.stream(Request("GET", server.url("/huge-line"))) as answer:
        parts = [part async for part in _parts(answer)]
    assert b"".join(parts) == HUGE_LINE


@pytest.mark.parametrize("concurrent", [True, False])
async def test_a_stream_that_breaks_gives_what_came_and_then_the_error(
    transport: Transport, server: RawServer, concurrent: bool
) -> None:
    request = Request("GET", server.url("/truncated"), concurrent_reader=concurrent)
    async with transport.stream(request) as answer:
        assert await answer.receive() == b"half"
        with pytest.raises(APIConnectionError) as caught:
            await answer.receive()
    assert caught.value.phase == "read"


@pytest.mark.parametrize("concurrent", [True, False])
async def test_a_silent_stream_ends_after_the_idle_timeout(
    transport: Transport, server: RawServer, concurrent: bool
) -> None:
    url = server.url("/stalled-body")
    request = Request("GET", url, idle_timeout=LIMIT, concurrent_reader=concurrent)
    async with transport.stream(request) as answer:
        assert await answer.receive() == b"half"
        async with time_running_out(server):
            with pytest.raises(APITimeoutError):
                await answer.receive()


async def test_a_cancelled_receive_loses_nothing(transport: Transport, server: RawServer) -> None:
    async with transport.stream(Request("GET", server.url("/stalled-body"))) as answer:
        assert answer.cancel_safe
        assert await answer.receive() == b"half"
        for _ in range(3):
            with anyio.move_on_after(0.01) as scope:
                await answer.receive()
            assert scope.cancelled_caught


async def test_leaving_a_stream_early_closes_its_connection(
    transport: Transport, server: RawServer
) -> None:
    async with transport.stream(Request("GET", server.url("/huge-line"))) as answer:
        await answer.receive()
    await anyio.to_thread.run_sync(server.hung_up.acquire)


async def test_what_the_user_of_a_stream_raises_comes_out_as_it_is(
    transport: Transport, server: RawServer
) -> None:
    mine = LookupError("mine")
    with pytest.raises(LookupError) as caught:
        async with transport.stream(Request("GET", server.url("/stalled-body"))):
            raise mine
    assert caught.value is mine


@pytest.mark.parametrize("path", ["/stalled", "/stalled-body", "/no-read"])
async def test_a_cancelled_request_closes_its_body(
    transport: Transport, server: RawServer, path: str
) -> None:
    body = Endless() if path == "/no-read" else Pieces()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(transport.send, Request("POST", server.url(path), body=body))
        await anyio.to_thread.run_sync(server.arrived.acquire)
        tasks.cancel_scope.cancel()
    assert body.closed == 1


async def test_an_answer_whose_transport_is_closed_has_not_ended(
    transport: Transport, server: RawServer
) -> None:
    async with transport.stream(Request("GET", server.url("/endless"))) as answer:
        assert await answer.receive() == b"hello"
        await transport.aclose()
        with pytest.raises(APIConnectionError):
            await answer.receive()


async def test_a_closed_transport_opens_again(transport: Transport, server: RawServer) -> None:
    for _ in range(2):
        await transport.send(Request("GET", server.url("/json")))
        await transport.aclose()
        await transport.aclose()
    assert server.connections == 2


@pytest.mark.parametrize(
    "path",
    ["/reset-before", "/close-before", "/garbage", "/truncated", "/stalled", "/broken-chunk"],
)
async def test_no_failure_shows_a_secret_even_with_all_locals(
    transport: Transport, server: RawServer, path: str
) -> None:
    headers = {"authorization": SecretHeader(f"Bearer {TOKEN}")}
    url = server.url(f"{path}?signature={TOKEN}")
    request = Request("POST", url, headers, body=Pieces(), idle_timeout=LIMIT)
    error = await timeout_error(transport, server, request)
    shown = "".join(
        traceback.TracebackException.from_exception(error, capture_locals=True).format()
    )
    assert TOKEN not in shown.replace(f"{TOKEN=}", "").replace(f"TOKEN = {TOKEN!r}", "")
    assert error.__cause__ is not None
    assert error.__cause__.__traceback__ is None


async def _parts(answer: StreamedResponse) -> AsyncIterator[bytes]:
    while part := await answer.receive():
        yield part


async def test_a_whole_answer_without_an_end_is_refused_at_a_limit(
    transport: Transport, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_error_messages, "MAX_RESPONSE_BYTES", 2**20)
    error = await failure(transport, Request("GET", server.url("/flood")))
    assert error.phase == "read"
    assert "longer than 1 MiB" in error.message
    assert error.hint is not None


async def test_a_whole_answer_that_drips_ends_after_the_idle_timeout(
    transport: Transport, server: RawServer
) -> None:
    request = Request("POST", server.url("/drip"), body=Pieces(), idle_timeout=LIMIT)
    error = await timeout_error(transport, server, request)
    assert (type(error), error.phase) == (APITimeoutError, "read")
