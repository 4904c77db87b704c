"""The transport over httpx2 or httpx: for trio, and for tests with respx."""

from __future__ import annotations

import math
import os
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    suppress,
)
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from typing import TYPE_CHECKING, Self, TypeVar, TypeVarTuple, Unpack, cast

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from nemovideo._version import USER_AGENT
from nemovideo.compat.library_internals import takes_methods
from nemovideo.concurrency.async_generators import unhooked
from nemovideo.concurrency.event_loop import current_loop
from nemovideo.errors import Phase
from nemovideo.security.redaction import drop_tracebacks
from nemovideo.transports import _error_messages
from nemovideo.transports._early_response import EarlyResponse, Stream
from nemovideo.transports._hook_errors import frames_of, passed_through, strip_library_frames
from nemovideo.transports._httpx_library import HttpxLibrary, default_library, library_of
from nemovideo.transports._log_redaction import redacting
from nemovideo.transports._per_loop_pools import PerLoopPools
from nemovideo.transports._proxies import Proxies
from nemovideo.transports._read_ahead import ReadAheadStream, read_ahead_of
from nemovideo.transports._request_bodies import (
    BodyStream,
    ResponseBuffer,
    body_headers,
    read_timeout,
)
from nemovideo.transports.base import Body, Request, Response, StreamedResponse

if TYPE_CHECKING:
    import httpcore
    import httpx
    import httpx2

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_MAX_BUFFERED_READS = 2**16
"""Pieces that may still lie in a buffer when a connection is closed: a read of 64 KiB at most."""
_DRAIN_SECONDS = 0.5
"""Seconds for that. A stream of somebody else's making need not end when its answer is closed."""
_TLS_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
_CONNECTED = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")
DEFAULT_LIBRARY = default_library()
"""The transport of a client that is given none."""


class HttpxTransport:
    """Carries requests over httpx, on asyncio and on trio, with a pool for each event loop.

    Args:
        client: An `httpx2.AsyncClient` or `httpx.AsyncClient` of yours, used as it is: its proxy,
            its TLS settings, its hooks. You close it. `Request.fresh_connection` is obeyed by
            clients that the transport makes itself: of httpx2, or of httpx where only that is
            installed.
        proxy: The URL of a proxy for every request.
        trust_env: Take the proxy from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`;
            this machine is reached without one.

    Example:
        ```python
        async with httpx.AsyncClient(mounts=...) as mine:
            client = AsyncNemoVideo(transport=HttpxTransport(mine))
        ```
    """

    def __init__(
        self,
        client: httpx.AsyncClient | httpx2.AsyncClient | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
    ) -> None:
        # Both libraries are typed as httpx from here on.
        self._client = cast("httpx.AsyncClient | None", client)
        self._library = DEFAULT_LIBRARY if client is None else library_of(type(client))
        self._proxies = Proxies(proxy, trust_env, socks=find_spec("socksio") is not None)
        self._trust_env = trust_env
        self._tls: ssl.SSLContext | None = None
        self._pools = PerLoopPools(self._new_pool)

    async def send(self, request: Request) -> Response:
        """Send `request` and read the whole response.

        Raises:
            APIConnectionError: the connection could not be opened, or broke.
            APITimeoutError: one of the request's timeouts expired.
        """
        async with self._answered(request) as streamed:
            streamed.exchange.limit_answer()
            buffer = ResponseBuffer(request)
            while piece := await streamed.receive():
                buffer.add(piece)
                piece = b""  # A traceback with local variables would print what had come.
            return Response(streamed.status, streamed.headers, buffer.join())

    def stream(self, request: Request) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send `request` and return its response as a context, which closes it."""
        return self._stream(request)

    @asynccontextmanager
    @unhooked
    async def _stream(self, request: Request) -> AsyncGenerator[StreamedResponse, None]:
        async with self._answered(request) as streamed:
            if request.concurrent_reader:
                async with read_ahead_of(streamed.read_on) as ahead:
                    streamed.ahead = ahead
                    yield streamed
            else:
                yield streamed

    async def aclose(self) -> None:
        """Close the connections that this transport opened. It may be used again afterwards."""
        await self._pools.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @asynccontextmanager
    @unhooked
    async def _answered(self, request: Request) -> AsyncGenerator[_Streamed, None]:
        client = self._client or await self._own_client(request)
        if client.is_closed:
            raise _error_messages.connection_error(
                request, "connect", "the httpx client handed in is closed"
            )
        exchange = _Exchange(request, self._library, hooked=client is self._client)
        try:
            response = await exchange.begin(client)
            try:
                async with aclosing(_raw(response)) as chunks:
                    try:
                        yield _Streamed(response.status_code, response.headers, exchange, chunks)
                    finally:
                        with anyio.CancelScope(shield=True):
                            await response.aclose()
                            await _drain(chunks)
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
        finally:
            await exchange.aclose()

    async def _own_client(self, request: Request) -> httpx.AsyncClient:
        proxy, loop = self._proxies(request.url), current_loop()
        pool = self._pools.current(loop)
        if pool is None:
            # Reading the certificates blocks for some 30 ms.
            self._tls = self._tls or await to_thread.run_sync(self._tls_context)
            pool = await self._pools.open(loop)
        return pool.client_for(proxy, reused=not request.fresh_connection)

    def _tls_context(self) -> ssl.SSLContext:
        environment = tuple(map(os.environ.get, _TLS_VARIABLES))
        return _tls_context_of(self._library, self._trust_env, environment)

    def _new_pool(self) -> _HttpxPool:
        return _HttpxPool(self._library, self._tls or self._tls_context())


@lru_cache(maxsize=8)
def _tls_context_of(
    library: HttpxLibrary, trust_env: bool, environment: tuple[str | None, ...]
) -> ssl.SSLContext:
    """Return the TLS settings that all transports of a process share, as those of aiohttp do."""
    del environment  # The library reads it itself.
    context: ssl.SSLContext = library.httpx.create_ssl_context(trust_env=trust_env)
    return context


class _HttpxPool:
    """The clients of one event loop: for each proxy one with a pool and one without."""

    def __init__(self, library: HttpxLibrary, tls: ssl.SSLContext) -> None:
        self._library = library
        self._tls = tls
        self._clients: dict[tuple[str | None, bool], httpx.AsyncClient] = {}

    def client_for(self, proxy: str | None, *, reused: bool) -> httpx.AsyncClient:
        """Return the client for `proxy`; without `reused`, it opens a connection each time."""
        client = self._clients.get((proxy, reused))
        if client is None:
            client = self._clients[proxy, reused] = self._new_client(proxy, reused=reused)
        return client

    def _new_client(self, proxy: str | None, *, reused: bool) -> httpx.AsyncClient:
        library = self._library.httpx
        client: httpx.AsyncClient = library.AsyncClient(
            verify=self._tls,
            proxy=proxy,
            trust_env=False,
            follow_redirects=False,
            # No limit of connections: waiting for a free one would count as connecting.
            limits=library.Limits(
                max_keepalive_connections=None if reused else 0, keepalive_expiry=15
            ),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={"user-agent": USER_AGENT},
        )
        return client

    async def aclose(self) -> None:
        """Close every connection."""
        # A loop that stops may cancel the waiting for the one, and still the other is closed.
        async with AsyncExitStack() as stack:
            for client in self._clients.values():
                stack.push_async_callback(client.aclose)

    def close_without_loop(self) -> None:
        """Do nothing: httpx has no way to close a connection without its loop."""

    def detach_after_fork(self) -> None:
        """Do nothing: httpx has nothing that would close a connection by itself."""


class _Exchange:
    """One request and how far it has come."""

    def __init__(self, request: Request, library: HttpxLibrary, *, hooked: bool) -> None:
        self.request = request
        self._library = library
        self._hooked = hooked
        self._answered = False
        self._built: httpx.Request | None = None
        self._body = BodyStream(request.body)
        self._connection: Stream | None = None
        self._tasks: TaskGroup | None = None
        self._deadline: float = math.inf
        if request.total_timeout is not None:
            self._deadline = float(anyio.current_time()) + request.total_timeout

    @property
    def _phase(self) -> Phase:
        return "read" if self._answered else self._body.phase

    async def begin(self, client: httpx.AsyncClient) -> httpx.Response:
        """Send the request and wait for the headers of the answer."""
        total = self._deadline
        if self.request.answer_timeout is not None:
            self._deadline = min(total, anyio.current_time() + self.request.answer_timeout)
        response = await self.bounded(self._sent, client)
        self._deadline = total
        self._answered = True
        return response

    def limit_answer(self) -> None:
        """Let the rest of an answer that is read whole take no longer than it may."""
        limit = read_timeout(self.request)
        if limit is not None:
            self._deadline = anyio.current_time() + limit

    async def _sent(self, client: httpx.AsyncClient) -> httpx.Response:
        self._built = self._build(client)
        if not self._body.is_long:
            return await client.send(self._built, stream=True, follow_redirects=False)
        self._built.extensions["trace"] = self._note
        failure: BaseException | None = None
        response: httpx.Response | None = None
        async with anyio.create_task_group() as self._tasks:
            try:
                response = await client.send(self._built, stream=True, follow_redirects=False)
            except BaseException as error:  # noqa: BLE001  # a task group would wrap it
                failure = error
            self._tasks.cancel_scope.cancel()
        if response is None:
            raise failure or RuntimeError("neither an answer nor an error")
        return response

    async def _note(self, event: str, info: Mapping[str, object]) -> None:
        """Listen on the connection, as httpcore tells of it, while a long body is sent over it."""
        if event.endswith(_CONNECTED):
            self._connection = cast("Stream | None", info.get("return_value"))
        if event != "http11.send_request_body.started" or not self._connection or not self._tasks:
            return
        if not takes_methods(self._connection):
            return
        if cast("httpcore.Request", info["request"]).method != b"CONNECT":
            core = self._library.httpcore
            errors = core.WriteError("answered already"), core.ReadTimeout()
            self._tasks.start_soon(EarlyResponse(self._connection, *errors).watch)

    def _build(self, client: httpx.AsyncClient) -> httpx.Request:
        request = self.request
        headers = {"accept-encoding": "identity", **request.headers}
        if isinstance(request.body, Body):
            body_headers(headers, request.body)
        content = request.body if isinstance(request.body, bytes) else None
        idle = request.idle_timeout
        times = self._library.httpx.Timeout(
            connect=request.connect_timeout, read=idle, write=idle, pool=None
        )
        built = client.build_request(
            request.method, request.url, headers=headers, content=content, timeout=times
        )
        # httpx would put a generator around bytes too, and leave that unfinished.
        built.stream = self._library.byte_stream(self._body)
        if built.url.query:
            built.url = self._library.quiet_url(built.url)
        return built

    async def bounded(self, step: Callable[[Unpack[Ts]], Awaitable[T]], *args: *Ts) -> T:
        """Take one step within what is left of the total time, its errors translated."""
        try:
            with anyio.CancelScope(deadline=self._deadline), redacting():
                return await step(*args)
        except BaseException as error:  # noqa: BLE001  # it is raised below
            failure = self._translated(error)
        else:
            failure = _error_messages.timeout_error(self.request, self._phase, idle=False)
        try:
            # Out of reach of the error above, which would become its context: chains have an end.
            raise failure
        finally:
            del failure

    def _translated(self, error: BaseException) -> BaseException:
        if self._body.failure is not None and isinstance(error, Exception):
            drop_tracebacks(error)
            return self._body.failure
        if not isinstance(error, self._library.errors) or not self._is_of_the_network(error):
            # Cancelled, or a hook's: a traceback with local variables would print the headers.
            return strip_library_frames(error)
        asked = self._answered or self._body.asked
        phase = self._phase
        if self._library.sender is None and self._hooked and not self._answered:
            asked, phase = True, "wait"
        translated = self._library.map_exception(error, self.request, phase, asked=asked)
        translated.__cause__ = error
        return translated

    def _is_of_the_network(self, error: Exception) -> bool:
        """Return True if `error` is of the connection, not of a hook within `send`."""
        built = self._built
        if self._answered or built is None:
            return True
        sending = [
            frame for frame in frames_of(error) if frame.f_code.co_name == self._library.sender
        ]
        if any(frame.f_locals.get("request") is not built for frame in sending):
            return False  # a hook has asked somebody else
        if passed_through(error, "logging"):
            return False
        if isinstance(error, self._library.request_error):
            return self._library.request_of(error) is built
        return passed_through(error, self._library.httpcore.__name__)

    async def aclose(self) -> None:
        """Close the body."""
        await self._body.aclose()


class _Streamed(ReadAheadStream):
    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        exchange: _Exchange,
        chunks: AsyncGenerator[bytes, None],
    ) -> None:
        super().__init__(status, headers, chunks)
        self.exchange = exchange

    async def read_on(self) -> bytes:
        return await self.exchange.bounded(self._next)

    async def _next(self) -> bytes:
        return await anext(self._chunks, b"")


@unhooked
async def _raw(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    if response.is_stream_consumed:
        # An answer that httpx.MockTransport made comes already read.
        yield response.content
        return
    async for chunk in response.aiter_raw():
        if chunk:
            yield chunk


async def _drain(chunks: AsyncGenerator[bytes, None]) -> None:
    """Bring a closed answer's generators to their end.

    httpx nests four of them and closes the outermost; trio complains of the others when the garbage
    collector finds them. With the connection closed they end by themselves, with an error; those
    of a transport that knows no closing are cancelled.
    """
    with anyio.move_on_after(_DRAIN_SECONDS), suppress(Exception):
        for _ in range(_MAX_BUFFERED_READS):
            await anext(chunks)
