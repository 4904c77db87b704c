"""What hooks, middlewares and log handlers raise is theirs, whatever kind of error it is."""

from __future__ import annotations

import asyncio
import logging
import ssl
import traceback
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
import pytest
from aiohttp.client_reqrep import ConnectionKey

from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.errors import APIConnectionError, NemoVideoError
from nemovideo.security.redaction import SecretHeader
from nemovideo.transports import AiohttpTransport, HttpxTransport, Request
from nemovideo.transports._httpx_library import HttpxLibrary
from tests.transports.conftest import RawServer

pytestmark = pytest.mark.anyio

TOKEN = "nmv_usr_secret_of_the_test"
KEY = ConnectionKey("elsewhere", 1, True, True, None, None, None)
ERRORS: dict[str, Callable[[], Exception]] = {
    "plain": lambda: LookupError("mine"),
    "refused": lambda: ConnectionRefusedError(111, "mine"),
    "late": lambda: TimeoutError("mine"),
    "tls": lambda: ssl.SSLError(1, "mine"),
    "httpx": lambda: httpx.ConnectError("mine"),
    "httpx late": lambda: httpx.ConnectTimeout("mine"),
    "aiohttp": lambda: aiohttp.ClientConnectorError(KEY, OSError(111, "mine")),
    "aiohttp late": lambda: aiohttp.ConnectionTimeoutError("mine"),
    "ours": lambda: APIConnectionError("mine", phase="connect"),
}


@pytest.fixture(params=ERRORS)
def mine(request: pytest.FixtureRequest) -> Exception:
    return ERRORS[request.param]()


def post(server: RawServer, path: str = "/json") -> Request:
    headers = {"authorization": SecretHeader(f"Bearer {TOKEN}")}
    return Request("POST", server.url(path), headers, b"{}")


async def _expect(
    mine: Exception, transport: AiohttpTransport | HttpxTransport, request: Request
) -> None:
    with pytest.raises(type(mine)) as caught:
        async with transport.stream(request):
            pass
    assert caught.value is mine
    assert came_from_callback(mine) == isinstance(mine, NemoVideoError)
    shown = traceback.TracebackException.from_exception(mine, capture_locals=True).format()
    assert TOKEN not in "".join(shown)


class Carrier(httpx.AsyncBaseTransport):
    """A transport of the user's around httpx's own."""

    def __init__(self, before: Exception | None = None, after: Exception | None = None) -> None:
        self._inner = httpx.AsyncHTTPTransport()
        self._before, self._after = before, after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._before is not None:
            raise self._before
        response = await self._inner.handle_async_request(request)
        if self._after is not None:
            await response.aclose()
            raise self._after
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class Auth(httpx.Auth):
    def __init__(self, mine: Exception) -> None:
        self._mine = mine

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        yield request
        raise self._mine


@pytest.mark.parametrize("place", ["request", "response", "auth"])
async def test_what_a_hook_of_an_httpx_client_raises_comes_out_as_it_is(
    server: RawServer, mine: Exception, place: str
) -> None:
    async def hook(_: httpx.Request | httpx.Response) -> None:
        raise mine

    hooks = {} if place == "auth" else {place: [hook]}
    auth = Auth(mine) if place == "auth" else None
    async with httpx.AsyncClient(event_hooks=hooks, auth=auth, trust_env=False) as client:
        await _expect(mine, HttpxTransport(client), post(server))
    assert len(server.seen) == (place != "request")


@pytest.mark.parametrize("place", ["before", "after"])
async def test_what_a_transport_of_an_httpx_client_raises_comes_out_as_it_is(
    server: RawServer, mine: Exception, place: str
) -> None:
    carrier = Carrier(**{place: mine})
    async with httpx.AsyncClient(transport=carrier) as client:
        if isinstance(mine, httpx.TransportError):
            # That is how such a transport says that it is the network.
            with pytest.raises(APIConnectionError) as caught:
                await HttpxTransport(client).send(post(server))
            assert caught.value.phase == ("connect" if place == "before" else "wait")
        else:
            await _expect(mine, HttpxTransport(client), post(server))


async def test_a_broken_connection_below_a_transport_of_the_users_is_the_networks(
    server: RawServer,
) -> None:
    async with httpx.AsyncClient(transport=Carrier()) as client:
        with pytest.raises(APIConnectionError) as caught:
            await HttpxTransport(client).send(post(server, "/reset-before"))
    assert caught.value.phase == "wait"


async def test_a_hook_that_asks_another_server_in_vain_is_no_news_of_ours(
    server: RawServer,
) -> None:
    async def ship(_: httpx.Response) -> None:
        async with httpx.AsyncClient(trust_env=False) as other:
            await other.post("http://127.0.0.1:1/")

    async with httpx.AsyncClient(event_hooks={"response": [ship]}, trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await HttpxTransport(client).send(post(server))


SIGNALS = [
    # Not on_connection_create_end: aiohttp leaves the connection open where it raises.
    *("on_request_start", "on_connection_create_start"),
    *("on_request_headers_sent", "on_request_chunk_sent", "on_request_end"),
]


@pytest.mark.parametrize("signal", SIGNALS)
def test_what_a_hook_of_an_aiohttp_session_raises_comes_out_as_it_is(
    server: RawServer, mine: Exception, signal: str
) -> None:
    async def main() -> None:
        async def hook(*_: object) -> None:
            raise mine

        trace = aiohttp.TraceConfig()
        getattr(trace, signal).append(hook)
        async with aiohttp.ClientSession(trace_configs=[trace]) as session:
            await _expect(mine, AiohttpTransport(session), post(server))

    asyncio.run(main())


@pytest.mark.parametrize("place", ["before", "after"])
def test_what_a_middleware_raises_comes_out_as_it_is(
    server: RawServer, mine: Exception, place: str
) -> None:
    async def main() -> None:
        async def middleware(
            request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
        ) -> aiohttp.ClientResponse:
            if place == "after":
                (await handler(request)).close()
            raise mine

        async with aiohttp.ClientSession(middlewares=[middleware]) as session:
            await _expect(mine, AiohttpTransport(session), post(server))

    asyncio.run(main())


async def _pass_on(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    return await handler(request)


async def _ask_elsewhere(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    async with aiohttp.ClientSession() as other, other.get("http://127.0.0.1:1/"):
        raise AssertionError("nobody is there")


async def _send_twice(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    (await handler(request)).close()
    request.url = request.url.with_port(1)
    return await handler(request)


def test_a_broken_connection_below_a_middleware_is_the_networks(server: RawServer) -> None:
    error = asyncio.run(_through(_pass_on, post(server, "/reset-before")))
    assert isinstance(error, APIConnectionError)
    assert error.phase == "wait"


def test_a_middleware_that_asks_another_server_in_vain_is_no_news_of_ours(
    server: RawServer,
) -> None:
    error = asyncio.run(_through(_ask_elsewhere, post(server)))
    assert isinstance(error, aiohttp.ClientConnectorError)


def test_a_body_that_was_sent_before_a_connection_was_refused_may_have_arrived(
    server: RawServer,
) -> None:
    error = asyncio.run(_through(_send_twice, post(server)))
    assert isinstance(error, APIConnectionError)
    assert error.phase == "wait"


async def _through(middleware: aiohttp.ClientMiddlewareType, request: Request) -> Exception:
    async with aiohttp.ClientSession(middlewares=[middleware]) as session:
        try:
            await AiohttpTransport(session).send(request)
        except Exception as error:  # noqa: BLE001  # which kind it is, is what the tests ask
            return error
    raise AssertionError("nothing was raised")


class Failing(logging.Handler):
    def __init__(self, mine: Exception) -> None:
        super().__init__(logging.DEBUG)
        self.mine = mine

    def emit(self, record: logging.LogRecord) -> None:
        raise self.mine


@contextmanager
def logged_by(name: str, mine: Exception) -> Iterator[None]:
    logger, handler = logging.getLogger(name), Failing(mine)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


@pytest.mark.parametrize("part", ["", ".http11", ".connection"])
async def test_what_a_log_handler_raises_comes_out_as_it_is(
    server: RawServer, library: HttpxLibrary, mine: Exception, part: str
) -> None:
    module = library.httpcore if part else library.httpx
    async with HttpxTransport() as transport:
        with logged_by(f"{module.__name__}{part}", mine):
            await _expect(mine, transport, post(server))
