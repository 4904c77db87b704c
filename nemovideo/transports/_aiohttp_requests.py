"""One request over aiohttp. Loads aiohttp: import it late."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from typing import NoReturn
from weakref import WeakKeyDictionary

import aiohttp
import anyio
from aiohttp.abc import AbstractStreamWriter

from nemovideo.compat.library_internals import buffered_reader, reports_closed
from nemovideo.errors import APITimeoutError, Phase
from nemovideo.security.redaction import drop_tracebacks
from nemovideo.transports import _error_messages
from nemovideo.transports._aiohttp_errors import (
    HOOKS_ARE_TRACEABLE,
    LIBRARY_ERRORS,
    find_hook_error,
    map_exception,
)
from nemovideo.transports._aiohttp_sessions import (
    AiohttpPool,
    SendOnce,
    exact_url,
    timeouts,
)
from nemovideo.transports._asyncio_deadline import ReusableDeadline
from nemovideo.transports._hook_errors import strip_library_frames
from nemovideo.transports._per_loop_pools import PerLoopPools
from nemovideo.transports._proxies import Proxies
from nemovideo.transports._request_bodies import (
    BodyStream,
    ResponseBuffer,
    body_headers,
    read_timeout,
    sliced,
)
from nemovideo.transports.base import Body, Request, Response, StreamedResponse

READ_BYTES = 2**18
"""How much aiohttp keeps of an answer before it pauses the connection. It is what asyncio receives
at once: with less, a fast download pauses and goes on at nearly every piece."""

read_buffered = buffered_reader(aiohttp.StreamReader)
REPORTS_CLOSED = reports_closed(aiohttp)


class Engine:
    """What `AiohttpTransport` does, once aiohttp is loaded."""

    def __init__(
        self, session: aiohttp.ClientSession | None, proxy: str | None, trust_env: bool
    ) -> None:
        self._session = session
        # A session of the caller's has settings of its own for what the environment says.
        self._proxies = Proxies(proxy, trust_env and session is None)
        self._pools = PerLoopPools(AiohttpPool)
        self.loss_watcher = ConnectionLossWatcher()

    def send(self, request: Request) -> Coroutine[object, object, Response]:
        """Send `request` and read the whole answer."""
        # No coroutine of its own: each one more that waits costs 2 µs when many are under way.
        body = sliced(request.body)
        if body is None or isinstance(body, bytes):
            return self._round_trip(request, None if body is None else WholeBody(body))
        return self._send_fed(request, body)

    async def _send_fed(self, request: Request, body: Body) -> Response:
        feed = UploadStream(body, request)
        try:
            with feed.scope:
                return await self._round_trip(request, feed)
            raise feed.too_slow()
        finally:
            await feed.aclose()

    def stream(self, request: Request) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send `request` and hand the answer over as it comes."""
        return _Stream(self, request)

    async def aclose(self) -> None:
        """Close the connections that were opened here."""
        await self._pools.aclose()

    async def _round_trip(
        self, request: Request, body: WholeBody | UploadStream | None
    ) -> Response:
        response = await self.begin(request, body)
        watched = self.loss_watcher.watch(response)
        try:
            buffer = await _read_whole(request, response)
            return Response(response.status, lower(response.headers), buffer)
        except LIBRARY_ERRORS as error:
            failure = map_exception(error, request, "read", asked=True)
        finally:
            if watched is not None:
                watched.release()
            del response, watched  # A traceback with locals would print its address and headers.
        raise failure

    async def begin(
        self, request: Request, body: WholeBody | UploadStream | None
    ) -> aiohttp.ClientResponse:
        """Send `request` and wait for the headers of the answer."""
        session = self._session or self._ready_session(request) or await self._open(request)
        try:
            return await self._ask(session, request, body)
        except LIBRARY_ERRORS as error:
            failure = _failure(error, request, body, hooked=session is self._session)
        except Exception as error:
            strip_library_frames(error)
            raise
        try:
            # Out of reach of the error above, which would become its context: chains have an end.
            raise failure
        finally:
            del failure

    def _ask(
        self,
        session: aiohttp.ClientSession,
        request: Request,
        body: WholeBody | UploadStream | None,
    ) -> Awaitable[aiohttp.ClientResponse]:
        if session.closed and session is self._session:
            raise _error_messages.connection_error(
                request, "connect", "the aiohttp session handed in is closed"
            )
        headers = {"accept-encoding": "identity", **request.headers}
        if isinstance(body, UploadStream):
            body_headers(headers, body.body)
        return session.request(
            request.method,
            exact_url(request.url),
            data=body,
            headers=headers,
            allow_redirects=False,
            auto_decompress=False,
            raise_for_status=False,
            read_bufsize=READ_BYTES,
            # A session of the caller's has middlewares of its own, which these would replace.
            middlewares=None if session is self._session else (SendOnce(),),
            proxy=self._proxies(request.url),
            timeout=timeouts(request.total_timeout, request.connect_timeout, request.idle_timeout),
        )

    def has_closed(self, request: Request) -> bool:
        """Return True if the session that `request` went over has been closed since."""
        session = self._session or self._ready_session(request)
        return session is None or session.closed

    def _ready_session(self, request: Request) -> aiohttp.ClientSession | None:
        pool = self._pools.current(asyncio.get_running_loop())
        return None if pool is None else pool.session_for(request)

    async def _open(self, request: Request) -> aiohttp.ClientSession:
        return (await self._pools.open(asyncio.get_running_loop())).session_for(request)


def _failure(
    error: Exception, request: Request, body: WholeBody | UploadStream | None, *, hooked: bool
) -> BaseException:
    """Return what to raise for an error that came before the headers of the answer.

    Args:
        hooked: the session is the caller's, and may have hooks.
    """
    if isinstance(body, UploadStream) and body.failure is not None:
        # aiohttp packs what the body raised into an error of its own.
        drop_tracebacks(error)
        return body.failure
    if (outside := find_hook_error(error)) is not None:
        return strip_library_frames(outside)
    if hooked and not HOOKS_ARE_TRACEABLE:
        return map_exception(error, request, "wait", asked=True)
    phase: Phase = "wait" if body is None else body.phase
    return map_exception(error, request, phase, asked=body is not None and body.asked)


class WholeBody(aiohttp.BytesPayload):
    """A short body that is sent in one piece."""

    asked = False
    """Whether it was asked for: some of it may have left."""

    @property
    def phase(self) -> Phase:
        """How far a request came that has no answer yet."""
        return "wait" if self.asked else "connect"

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Hand it over."""
        self.asked = True
        await super().write_with_length(writer, content_length)


def _read_whole(
    request: Request, response: aiohttp.ClientResponse
) -> Coroutine[object, object, bytes]:
    limit, reading = read_timeout(request), _read_pieces(request, response)
    return reading if limit is None else _read_within(limit, reading)


async def _read_within(limit: float, reading: Coroutine[object, object, bytes]) -> bytes:
    async with asyncio.timeout(limit):
        return await reading


async def _read_pieces(request: Request, response: aiohttp.ClientResponse) -> bytes:
    buffer = ResponseBuffer(request)
    try:
        while piece := await _read_piece(request, response.content):
            buffer.add(piece)
        return buffer.join()
    except BaseException:
        response.close()
        piece = b""  # A traceback with local variables would print it.
        raise


def _read_piece(request: Request, content: aiohttp.StreamReader) -> Awaitable[bytes]:
    return content.readany() if REPORTS_CLOSED else _read_unwatched(request, content)


async def _read_unwatched(request: Request, content: aiohttp.StreamReader) -> bytes:
    """Read with a time limit, where aiohttp does not report that a connection is closed."""
    try:
        limit = request.idle_timeout or request.total_timeout
        return await asyncio.wait_for(content.readany(), limit)
    except RuntimeError as error:  # the connection is closed, which is no error of the answer's yet
        raise aiohttp.ClientPayloadError("the answer broke off") from error


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


class _Stream(AbstractAsyncContextManager[StreamedResponse]):
    """The context of one answer that is still coming."""

    __slots__ = ("_deadline", "_engine", "_request", "_response", "_upload", "_watched")

    def __init__(self, engine: Engine, request: Request) -> None:
        self._engine = engine
        self._request = request
        self._deadline = ReusableDeadline()
        self._upload: UploadStream | None = None
        self._response: aiohttp.ClientResponse | None = None
        self._watched: WatchedConnection | None = None

    async def __aenter__(self) -> StreamedResponse:
        request, content = self._request, sliced(self._request.body)
        body: WholeBody | UploadStream | None = None
        scope: AbstractContextManager[object] = nullcontext()
        if isinstance(content, bytes):
            body = WholeBody(content)
        elif content is not None:
            body = self._upload = UploadStream(content, request)
            scope = self._upload.scope
        limit = request.answer_timeout
        until = math.inf if limit is None else self._deadline.now() + limit
        try:
            with self._deadline.until(until), scope:
                self._response = response = await self._engine.begin(request, body)
                self._watched = self._engine.loss_watcher.watch(response)
                return _Streamed(response, request, self._deadline, self._engine)
            if self._upload is not None and self._upload.scope.cancelled_caught:
                raise self._upload.too_slow()
            phase: Phase = "wait" if body is None else body.phase
            raise _error_messages.timeout_error(request, phase, idle=False)
        except BaseException:
            await self._close()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def _close(self) -> None:
        if self._watched is not None:
            self._watched.release()
        self._deadline.close()
        if self._response is not None:
            self._response.close()
        if self._upload is not None:
            await self._upload.aclose()


class ConnectionLossWatcher:
    """Ends the reading of a body whose connection is gone.

    aiohttp does so itself, except where a chunk breaks the rules after the headers have been read:
    it closes the connection and lets the reader wait for ever, without even its own timeouts.
    """

    def __init__(self) -> None:
        # One callback for each connection, however many answers come over it. It also looks at what
        # the connection ended with, which would be reported as never retrieved.
        self._connections: WeakKeyDictionary[asyncio.Future[None], WatchedConnection] = (
            WeakKeyDictionary()
        )

    def watch(self, response: aiohttp.ClientResponse) -> WatchedConnection | None:
        """Watch the connection that `response` is read from, until the result is released."""
        if not REPORTS_CLOSED:
            return None
        connection = response.connection
        if connection is None or connection.protocol is None:
            return None  # The body is complete, and the connection is somebody else's by now.
        closed = connection.protocol.closed
        if closed is None or closed.done():
            # It was lost before anybody watched, or between one answer and the next.
            _fail_reader(response.content, _reason(closed))
            return None
        watched = self._connections.get(closed)
        if watched is None:
            watched = self._connections[closed] = WatchedConnection()
            closed.add_done_callback(watched.connection_lost)
        watched.reading = response.content
        return watched


class WatchedConnection:
    """What is read from one connection at the moment."""

    __slots__ = ("reading",)

    def __init__(self) -> None:
        self.reading: aiohttp.StreamReader | None = None

    def release(self) -> None:
        """Watch no more."""
        self.reading = None

    def connection_lost(self, closed: asyncio.Future[None]) -> None:
        """End the reading: the connection is gone."""
        reason = _reason(closed)
        if self.reading is not None:
            _fail_reader(self.reading, reason)


def _reason(closed: asyncio.Future[None] | None) -> BaseException | None:
    return None if closed is None or closed.cancelled() else closed.exception()


def _fail_reader(content: aiohttp.StreamReader, reason: BaseException | None) -> None:
    if not content.is_eof() and content.exception() is None:
        connection_error = aiohttp.ClientPayloadError("the answer broke off")
        connection_error.__cause__ = reason
        content.set_exception(connection_error)


class _Streamed:
    """An answer that is still coming. aiohttp buffers what arrives, so `receive` loses nothing."""

    __slots__ = ("_content", "_deadline", "_engine", "_request", "headers", "status")

    cancel_safe = True

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        request: Request,
        deadline: ReusableDeadline,
        engine: Engine,
    ) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = lower(response.headers)
        self._content = response.content
        self._engine = engine
        self._deadline = deadline
        self._request = request

    async def receive(self) -> bytes:
        """Wait for the next bytes; `b""` is the end."""
        try:
            return await _read_piece(self._request, self._content) or self._end()
        except LIBRARY_ERRORS as error:
            failure = error
        return self._read_rest() or self._fail(failure)

    async def receive_by(self, deadline: float) -> bytes | None:
        """Wait for the next bytes, but not beyond `deadline`."""
        # `receive` without its coroutine, which costs as much as the rest of this.
        try:
            with self._deadline.until(deadline):
                return await _read_piece(self._request, self._content) or self._end()
            return None
        except LIBRARY_ERRORS as error:
            failure = error
        return self._read_rest() or self._fail(failure)

    def _fail(self, error: Exception) -> NoReturn:
        raise map_exception(error, self._request, "read", asked=True)

    def _read_rest(self) -> bytes:
        """Return what came before the break: aiohttp gives the error first, and then no more."""
        return read_buffered(self._content)

    def _end(self) -> bytes:
        # Where the end of the connection is the end of the answer, closing the client would look
        # like it as well.
        has_length = "content-length" in self.headers or "transfer-encoding" in self.headers
        if not has_length and self._engine.has_closed(self._request):
            raise _error_messages.connection_error(self._request, "read", "the client was closed")
        return b""


class UploadStream(BodyStream):
    """A body on its way into aiohttp, which asks for the next piece when the last one has left."""

    def __init__(self, body: Body, request: Request) -> None:
        super().__init__(body)
        self.scope = anyio.CancelScope()
        """Around the waiting for the answer: runs out when no piece leaves for the idle time."""
        self._request = request
        self._free = anyio.Event()
        self._free.set()

    async def __anext__(self) -> bytes:
        self._free = anyio.Event()
        self.scope.deadline = math.inf
        try:
            piece = await super().__anext__()
        finally:
            self._free.set()
        # After the last piece aiohttp's own idle time counts.
        if self._request.idle_timeout is not None:
            self.scope.deadline = anyio.current_time() + self._request.idle_timeout
        return piece

    def too_slow(self) -> APITimeoutError:
        """Return the error for a server that takes no more of the body."""
        return _error_messages.timeout_error(self._request, "send", idle=True)

    async def aclose(self) -> None:
        """Close the body, once aiohttp's writing task has let go of it."""
        with anyio.CancelScope(shield=True):
            await self._free.wait()
        await super().aclose()
