"""One request over aiohttp. Loads aiohttp: import it late."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from types import TracebackType
from typing import NoReturn
from weakref import WeakKeyDictionary

import aiohttp
import anyio
from aiohttp.abc import AbstractStreamWriter

from nemovideo.compat.library_internals import buffered_reader, tells_of_closing
from nemovideo.errors import APITimeoutError, Phase
from nemovideo.security.redaction import forget_frames
from nemovideo.transports import _error_messages
from nemovideo.transports._aiohttp_errors import FOREIGN, TELLS_HOOKS, bridge, find_outside
from nemovideo.transports._aiohttp_sessions import (
    AiohttpPool,
    SentOnce,
    exact_url,
    timeouts,
)
from nemovideo.transports._asyncio_deadline import Alarm
from nemovideo.transports._outside import let_out
from nemovideo.transports._per_loop_pools import PerLoop
from nemovideo.transports._proxies import Proxies
from nemovideo.transports._request_bodies import (
    Outgoing,
    Whole,
    answer_patience,
    body_headers,
    pieces,
)
from nemovideo.transports.base import Body, Request, Response, StreamedResponse

READ_BYTES = 2**18
"""How much aiohttp keeps of an answer before it pauses the connection. It is what asyncio receives
at once: with less, a fast download pauses and goes on at nearly every piece."""

take_buffered = buffered_reader(aiohttp.StreamReader)
TELLS_OF_CLOSING = tells_of_closing(aiohttp)


class Engine:
    """What `AiohttpTransport` does, once aiohttp is loaded."""

    def __init__(
        self, session: aiohttp.ClientSession | None, proxy: str | None, trust_env: bool
    ) -> None:
        self._session = session
        # A session of the caller's has settings of its own for what the environment says.
        self._proxies = Proxies(proxy, trust_env and session is None)
        self._pools = PerLoop(AiohttpPool)
        self.lifelines = Lifelines()

    def send(self, request: Request) -> Coroutine[object, object, Response]:
        """Send `request` and read the whole answer."""
        # No coroutine of its own: each one more that waits costs 2 µs when many are under way.
        body = pieces(request.body)
        if body is None or isinstance(body, bytes):
            return self._round_trip(request, None if body is None else WholeBody(body))
        return self._send_fed(request, body)

    async def _send_fed(self, request: Request, body: Body) -> Response:
        feed = Feed(body, request)
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

    async def _round_trip(self, request: Request, body: WholeBody | Feed | None) -> Response:
        response = await self.begin(request, body)
        lifeline = self.lifelines.hold(response)
        try:
            whole = await _read_whole(request, response)
            return Response(response.status, lower(response.headers), whole)
        except FOREIGN as error:
            failure = bridge(error, request, "read", asked=True)
        finally:
            if lifeline is not None:
                lifeline.let_go()
            del response, lifeline  # A traceback with locals would print its address and headers.
        raise failure

    async def begin(
        self, request: Request, body: WholeBody | Feed | None
    ) -> aiohttp.ClientResponse:
        """Send `request` and wait for the headers of the answer."""
        session = self._session or self._ready_session(request) or await self._open(request)
        try:
            return await self._ask(session, request, body)
        except FOREIGN as error:
            failure = _failure(error, request, body, hooked=session is self._session)
        except Exception as error:
            let_out(error)
            raise
        try:
            # Out of reach of the error above, which would become its context: chains have an end.
            raise failure
        finally:
            del failure

    def _ask(
        self, session: aiohttp.ClientSession, request: Request, body: WholeBody | Feed | None
    ) -> Awaitable[aiohttp.ClientResponse]:
        if session.closed and session is self._session:
            raise _error_messages.broken(
                request, "connect", "the aiohttp session handed in is closed"
            )
        headers = {"accept-encoding": "identity", **request.headers}
        if isinstance(body, Feed):
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
            middlewares=None if session is self._session else (SentOnce(),),
            proxy=self._proxies(request.url),
            timeout=timeouts(request.total_timeout, request.connect_timeout, request.idle_timeout),
        )

    def has_closed(self, request: Request) -> bool:
        """Say whether the session that `request` went over has been closed since."""
        session = self._session or self._ready_session(request)
        return session is None or session.closed

    def _ready_session(self, request: Request) -> aiohttp.ClientSession | None:
        pool = self._pools.current(asyncio.get_running_loop())
        return None if pool is None else pool.session_for(request)

    async def _open(self, request: Request) -> aiohttp.ClientSession:
        return (await self._pools.open(asyncio.get_running_loop())).session_for(request)


def _failure(
    error: Exception, request: Request, body: WholeBody | Feed | None, *, hooked: bool
) -> BaseException:
    """Return what to raise for an error that came before the headers of the answer.

    Args:
        hooked: the session is the caller's, and may have hooks.
    """
    if isinstance(body, Feed) and body.failure is not None:
        # aiohttp packs what the body raised into an error of its own.
        forget_frames(error)
        return body.failure
    if (outside := find_outside(error)) is not None:
        return let_out(outside)
    if hooked and not TELLS_HOOKS:
        return bridge(error, request, "wait", asked=True)
    phase: Phase = "wait" if body is None else body.phase
    return bridge(error, request, phase, asked=body is not None and body.asked)


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


async def _read_whole(request: Request, response: aiohttp.ClientResponse) -> bytes:
    whole, patience = Whole(request), answer_patience(request)
    try:
        async with nullcontext() if patience is None else asyncio.timeout(patience):
            while piece := await _read_piece(request, response.content):
                whole.add(piece)
        return whole.join()
    except BaseException:
        response.close()
        piece = b""  # A traceback with local variables would print it.
        raise


def _read_piece(request: Request, content: aiohttp.StreamReader) -> Awaitable[bytes]:
    return content.readany() if TELLS_OF_CLOSING else _read_unwatched(request, content)


async def _read_unwatched(request: Request, content: aiohttp.StreamReader) -> bytes:
    """Read as `Lifelines` makes it safe to do, where nothing tells of a connection that is gone."""
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

    def __init__(self, engine: Engine, request: Request) -> None:
        self._engine = engine
        self._request = request
        self._alarm = Alarm()
        self._feed: Feed | None = None
        self._response: aiohttp.ClientResponse | None = None
        self._lifeline: Lifeline | None = None

    async def __aenter__(self) -> StreamedResponse:
        body = pieces(self._request.body)
        try:
            if body is None or isinstance(body, bytes):
                response = await self._begin(None if body is None else WholeBody(body))
            else:
                response = await self._begin_upload(Feed(body, self._request))
        except BaseException:
            await self._close()
            raise
        self._response, self._lifeline = response, self._engine.lifelines.hold(response)
        return _Streamed(response, self._request, self._alarm, self._engine)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._close()

    async def _begin(self, body: WholeBody | None) -> aiohttp.ClientResponse:
        beginning = self._engine.begin(self._request, body)
        patience = self._request.answer_timeout
        if patience is None:
            return await beginning
        response = await self._alarm.wait(beginning, self._alarm.now() + patience)
        if response is None:
            phase: Phase = "wait" if body is None else body.phase
            raise _error_messages.late(self._request, phase, idle=False)
        return response

    async def _begin_upload(self, feed: Feed) -> aiohttp.ClientResponse:
        self._feed = feed
        with feed.scope:
            return await self._engine.begin(self._request, feed)
        raise feed.too_slow()

    async def _close(self) -> None:
        if self._lifeline is not None:
            self._lifeline.let_go()
        self._alarm.close()
        if self._response is not None:
            self._response.close()
        if self._feed is not None:
            await self._feed.aclose()


class Lifelines:
    """Ends the reading of a body whose connection is gone.

    aiohttp does so itself, except where a chunk breaks the rules after the headers have been read:
    it closes the connection and lets the reader wait for ever, without even its own timeouts.
    """

    def __init__(self) -> None:
        # One callback for each connection, however many answers come over it. It also looks at what
        # the connection ended with, which would be reported as never retrieved.
        self._lifelines: WeakKeyDictionary[asyncio.Future[None], Lifeline] = WeakKeyDictionary()

    def hold(self, response: aiohttp.ClientResponse) -> Lifeline | None:
        """Watch over the reading of `response`, until its lifeline is let go."""
        if not TELLS_OF_CLOSING:
            return None
        connection = response.connection
        if connection is None or connection.protocol is None:
            return None  # The body is complete, and the connection is somebody else's by now.
        closed = connection.protocol.closed
        if closed is None or closed.done():
            # It was lost before anybody watched, or between one answer and the next.
            _cut(response.content, _reason(closed))
            return None
        lifeline = self._lifelines.get(closed)
        if lifeline is None:
            lifeline = self._lifelines[closed] = Lifeline()
            closed.add_done_callback(lifeline.lost)
        lifeline.reading = response.content
        return lifeline


class Lifeline:
    """What is read from one connection at the moment."""

    __slots__ = ("reading",)

    def __init__(self) -> None:
        self.reading: aiohttp.StreamReader | None = None

    def let_go(self) -> None:
        """Watch no more."""
        self.reading = None

    def lost(self, closed: asyncio.Future[None]) -> None:
        """End the reading: the connection is gone."""
        reason = _reason(closed)
        if self.reading is not None:
            _cut(self.reading, reason)


def _reason(closed: asyncio.Future[None] | None) -> BaseException | None:
    return None if closed is None or closed.cancelled() else closed.exception()


def _cut(content: aiohttp.StreamReader, reason: BaseException | None) -> None:
    if not content.is_eof() and content.exception() is None:
        broken = aiohttp.ClientPayloadError("the answer broke off")
        broken.__cause__ = reason
        content.set_exception(broken)


class _Streamed:
    """An answer that is still coming. aiohttp buffers what arrives, so `receive` loses nothing."""

    cancel_safe = True

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        request: Request,
        alarm: Alarm,
        engine: Engine,
    ) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = lower(response.headers)
        self._content = response.content
        self._engine = engine
        self._alarm = alarm
        self._request = request

    async def receive(self) -> bytes:
        """Wait for the next bytes; `b""` is the end."""
        try:
            return await _read_piece(self._request, self._content) or self._end()
        except FOREIGN as error:
            failure = error
        return self._left() or self._fail(failure)

    async def receive_by(self, deadline: float) -> bytes | None:
        """Wait for the next bytes, but not beyond `deadline`."""
        # `receive` within `Alarm.wait`, but for the two coroutines: half of what this costs.
        self._alarm.begin(deadline)
        try:
            return await _read_piece(self._request, self._content) or self._end()
        except asyncio.CancelledError:
            if not self._alarm.has_cut_short():
                raise
            return None
        except FOREIGN as error:
            failure = error
        finally:
            self._alarm.end()
        return self._left() or self._fail(failure)

    def _fail(self, error: Exception) -> NoReturn:
        raise bridge(error, self._request, "read", asked=True)

    def _left(self) -> bytes:
        """Return what came before the break: aiohttp gives the error first, and then no more."""
        return take_buffered(self._content)

    def _end(self) -> bytes:
        # Where the end of the connection is the end of the answer, closing the client would look
        # like it as well.
        told = "content-length" in self.headers or "transfer-encoding" in self.headers
        if not told and self._engine.has_closed(self._request):
            raise _error_messages.broken(self._request, "read", "the client was closed")
        return b""


class Feed(Outgoing):
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
        return _error_messages.late(self._request, "send", idle=True)

    async def aclose(self) -> None:
        """Close the body, once aiohttp's writing task has let go of it."""
        with anyio.CancelScope(shield=True):
            await self._free.wait()
        await super().aclose()
