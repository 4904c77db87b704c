"""The transport over httpx: for trio, and for tests with respx. The one file that names httpx."""

from __future__ import annotations

import math
import os
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    suppress,
)
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from types import TracebackType
from typing import Self, TypeVar, TypeVarTuple, Unpack, cast

import anyio
import httpcore
import httpx
from anyio import to_thread
from anyio.abc import TaskGroup

from nemovideo._version import __version__
from nemovideo.compat.library_internals import frame_name, takes_methods
from nemovideo.concurrency.async_generators import unhooked
from nemovideo.concurrency.event_loop import current_loop
from nemovideo.errors import APIConnectionError, Phase
from nemovideo.security.redaction import chain_of, forget_frames, redact
from nemovideo.transports import _error_messages
from nemovideo.transports._early import EarlyResponse, Stream
from nemovideo.transports._log_redaction import redact_logger, redacting
from nemovideo.transports._outside import frames_of, passed_through, strip_library_frames
from nemovideo.transports._per_loop_pools import PerLoopPools
from nemovideo.transports._proxies import Proxies
from nemovideo.transports._read_ahead import ReadAhead, read_ahead_of, receive_with_deadline
from nemovideo.transports._request_bodies import (
    BodyStream,
    ResponseBuffer,
    body_headers,
    read_timeout,
)
from nemovideo.transports.base import Body, Request, Response, StreamedResponse

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

LIBRARY_ERRORS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpx.CookieConflict,
    *(httpcore.ConnectionNotAvailable, httpcore.ProxyError, httpcore.UnsupportedProtocol),
    *(httpcore.ProtocolError, httpcore.TimeoutException, httpcore.NetworkError),
    *(anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream),
    ssl.SSLError,
    OSError,
)
"""What httpx raises, and what lies below it and might come through."""

_NOT_CONNECTED: tuple[tuple[type[Exception], str | None], ...] = (
    (httpx.ConnectError, None),
    (httpx.ProxyError, "the proxy refused"),
    (httpx.UnsupportedProtocol, "the address is not http"),
    (httpx.InvalidURL, "the address is not valid"),
    (httpcore.ConnectError, None),
    (httpcore.ProxyError, "the proxy refused"),
    (httpcore.UnsupportedProtocol, "the address is not http"),
    (httpcore.ConnectionNotAvailable, None),
)
"""Raised before a connection to the server stands, so far as nobody raises them later as well."""

_CONNECT_TIMEOUTS = (
    *(httpx.ConnectTimeout, httpx.PoolTimeout),
    *(httpcore.ConnectTimeout, httpcore.PoolTimeout),
)
_MAX_BUFFERED_READS = 2**16
"""Pieces that may still lie in a buffer when a connection is closed: a read of 64 KiB at most."""
_DRAIN_SECONDS = 0.5
"""Seconds for that. A stream of somebody else's making need not end when its answer is closed."""
_TIMEOUTS = (httpx.TimeoutException, httpcore.TimeoutException, TimeoutError)
_QUOTING = (httpx.ProtocolError, httpcore.ProtocolError, httpx.InvalidURL)
"""Their texts quote what the server sent, or the address."""
_SENDING = (httpx.WriteError, httpx.WriteTimeout, httpcore.WriteError, httpcore.WriteTimeout)

_CONNECTED = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")
_SENDER = frame_name(httpx.AsyncClient, "_send_single_request")
"""The method of a client that hands a request to what carries it; hooks run outside of it."""

redact_logger("httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")


class HttpxTransport:
    """Carries requests over httpx, on asyncio and on trio, with a pool for each event loop.

    Args:
        client: An `httpx.AsyncClient` of yours, used as it is: its proxy, its TLS settings, its
            hooks. You close it. `Request.fresh_connection` is obeyed by clients that the transport
            makes itself.
        proxy: The address of a proxy for every request.
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
        client: httpx.AsyncClient | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
    ) -> None:
        self._client = client
        self._proxies = Proxies(proxy, trust_env, socks=find_spec("socksio") is not None)
        self._trust_env = trust_env
        self._tls: ssl.SSLContext | None = None
        self._pools = PerLoopPools(self._new_pool)

    async def send(self, request: Request) -> Response:
        """Send `request` and read the whole answer.

        Raises:
            APIConnectionError: the connection could not be opened, or broke.
            APITimeoutError: one of the request's times ran out.
        """
        async with self._answered(request) as streamed:
            streamed.exchange.limit_answer()
            buffer = ResponseBuffer(request)
            while piece := await streamed.receive():
                buffer.add(piece)
                piece = b""  # A traceback with local variables would print what had come.
            return Response(streamed.status, streamed.headers, buffer.join())

    def stream(self, request: Request) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send `request` and hand the answer over as it comes; leaving the context closes it."""
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

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    @asynccontextmanager
    @unhooked
    async def _answered(self, request: Request) -> AsyncGenerator[_Streamed, None]:
        client = self._client or await self._own_client(request)
        if client.is_closed:
            raise _error_messages.connection_error(
                request, "connect", "the httpx client handed in is closed"
            )
        exchange = _Exchange(request, hooked=client is self._client)
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
            self._tls = self._tls or await to_thread.run_sync(_tls_context, self._trust_env)
            pool = await self._pools.open(loop)
        return pool.client_for(proxy, kept=not request.fresh_connection)

    def _new_pool(self) -> _HttpxPool:
        return _HttpxPool(self._tls or _tls_context(self._trust_env))


class _HttpxPool:
    """The connections of one event loop: a client for each proxy, kept and used once."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._clients: dict[tuple[str | None, bool], httpx.AsyncClient] = {}

    def client_for(self, proxy: str | None, *, kept: bool) -> httpx.AsyncClient:
        """Return the client that goes over `proxy`; without `kept`, it opens a connection each."""
        client = self._clients.get((proxy, kept))
        if client is None:
            client = self._clients[proxy, kept] = _new_client(self._tls, proxy, kept=kept)
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


def _tls_context(trust_env: bool) -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=trust_env)


def _new_client(tls: ssl.SSLContext, proxy: str | None, *, kept: bool) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=tls,
        proxy=proxy,
        trust_env=False,
        follow_redirects=False,
        # No limit of connections: waiting for a free one would count as connecting.
        limits=httpx.Limits(max_keepalive_connections=None if kept else 0, keepalive_expiry=15),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"user-agent": f"nemovideo/{__version__}"},
    )


class _Exchange:
    """One request and how far it has come."""

    def __init__(self, request: Request, *, hooked: bool) -> None:
        self.request = request
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
            errors = httpcore.WriteError("answered already"), httpcore.ReadTimeout()
            self._tasks.start_soon(EarlyResponse(self._connection, *errors).watch)

    def _build(self, client: httpx.AsyncClient) -> httpx.Request:
        request = self.request
        headers = {"accept-encoding": "identity", **request.headers}
        if isinstance(request.body, Body):
            body_headers(headers, request.body)
        content = request.body if isinstance(request.body, bytes) else None
        idle = request.idle_timeout
        times = httpx.Timeout(connect=request.connect_timeout, read=idle, write=idle, pool=None)
        built = client.build_request(
            request.method, request.url, headers=headers, content=content, timeout=times
        )
        # httpx would put a generator around bytes too, and leave that unfinished.
        built.stream = _ByteStream(self._body)
        if built.url.query:
            built.url = _QuietURL(built.url)
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
            forget_frames(error)
            return self._body.failure
        if not isinstance(error, LIBRARY_ERRORS) or not self._is_of_the_network(error):
            # Cancelled, or a hook's: a traceback with local variables would print the headers.
            return strip_library_frames(error)
        asked = self._answered or self._body.asked
        phase = self._phase
        if _SENDER is None and self._hooked and not self._answered:
            asked, phase = True, "wait"
        translated = map_exception(error, self.request, phase, asked=asked)
        translated.__cause__ = error
        return translated

    def _is_of_the_network(self, error: Exception) -> bool:
        """Say whether `error` is of the connection, and not of a hook that runs within `send`."""
        built = self._built
        if self._answered or built is None:
            return True
        sending = [frame for frame in frames_of(error) if frame.f_code.co_name == _SENDER]
        if any(frame.f_locals.get("request") is not built for frame in sending):
            return False  # a hook has asked somebody else
        if passed_through(error, "logging"):
            return False
        if isinstance(error, httpx.RequestError):
            return _request_of(error) is built
        return passed_through(error, "httpcore")

    async def aclose(self) -> None:
        """Close the body."""
        await self._body.aclose()


class _ByteStream(httpx.AsyncByteStream):
    """A body for httpx, given anew to whatever asks for it: a middleware may send it again."""

    def __init__(self, body: BodyStream) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._body)


class _Streamed:
    """An answer that is still coming."""

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        exchange: _Exchange,
        chunks: AsyncGenerator[bytes, None],
    ) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in headers.items()}
        self.ahead: ReadAhead | None = None
        self.exchange = exchange
        self._chunks = chunks

    @property
    def cancel_safe(self) -> bool:
        """Only with a task that reads ahead: httpx closes what a cancelled task was reading."""
        return self.ahead is not None

    async def receive(self) -> bytes:
        """Wait for the next bytes; `b""` is the end."""
        if self.ahead is not None:
            return await self.ahead.receive()
        return await self.read_on()

    async def receive_by(self, deadline: float) -> bytes | None:
        """Wait for the next bytes, but not beyond `deadline`."""
        return await receive_with_deadline(self.receive, deadline)

    async def read_on(self) -> bytes:
        """Read from the connection itself, as the task that reads ahead does."""
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


class _QuietURL(httpx.URL):
    """An address whose text hides the query: httpx logs the text of every address."""

    def __str__(self) -> str:
        return redact(super().__str__())

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


def map_exception(
    error: Exception, request: Request, phase: Phase, *, asked: bool = False
) -> APIConnectionError:
    """Return our error for one of `LIBRARY_ERRORS`, which is left fit to be shown as its cause.

    `phase` is how far the request had come as far as the caller can tell; a kind of error that only
    occurs before anything was sent, or in sending, overrules it.

    Args:
        asked: the body was asked for, so that no kind of error means that nothing was sent.
    """
    reason = _reason(error)
    _clean(error)
    forget_frames(error)
    if not asked and isinstance(error, _CONNECT_TIMEOUTS):
        return _error_messages.timeout_error(request, "connect", idle=True)
    for kind, said in () if asked else _NOT_CONNECTED:
        if isinstance(error, kind):
            return _error_messages.connection_error(request, "connect", said or reason)
    if isinstance(error, _SENDING) and phase == "wait":
        phase = "send"
    if isinstance(error, _TIMEOUTS):
        return _error_messages.timeout_error(request, phase, idle=True)
    return _error_messages.connection_error(request, phase, reason)


def _reason(error: BaseException) -> str | None:
    """Say what lies at the bottom of it, where that is one of the well-known causes."""
    for each in chain_of(error):
        if isinstance(each, ssl.SSLCertVerificationError):
            return "its TLS certificate was not accepted"
        if isinstance(each, ssl.SSLError):
            return "TLS could not be agreed on"
        if isinstance(each, socket.gaierror):
            return "its name could not be resolved"
        if isinstance(each, OSError) and each.errno and each.errno > 0:
            return os.strerror(each.errno).lower()
    return None


def _request_of(error: httpx.RequestError) -> httpx.Request | None:
    try:
        return error.request
    except RuntimeError:  # it has none
        return None


def _strip_request(error: httpx.RequestError) -> None:
    request = _request_of(error)
    if request is not None:
        # Its headers hold the token, and its address may be signed.
        origin = request.url.copy_with(raw_path=b"/", userinfo=b"", fragment=None)
        error.request = httpx.Request(request.method, origin)


def _clean(error: BaseException) -> None:
    """Take addresses, headers and quoted bytes out of a chain of errors that will be printed."""
    for each in chain_of(error):
        if isinstance(each, httpx.RequestError):
            _strip_request(each)
        if isinstance(each, _QUOTING):
            each.args = ()
        elif not isinstance(each, OSError):
            each.args = tuple(redact(str(arg)) for arg in each.args)
