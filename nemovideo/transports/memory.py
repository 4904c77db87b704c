"""A transport without a network, for tests: a callable returns each response."""

from __future__ import annotations

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
)
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Self, TypeAlias, cast

import anyio
from anyio.lowlevel import checkpoint

from nemovideo.concurrency.async_generators import unhooked
from nemovideo.transports import _error_messages
from nemovideo.transports._read_ahead import ReadAheadStream, read_ahead_of
from nemovideo.transports._request_bodies import ResponseBuffer, check_length, read_timeout
from nemovideo.transports.base import Request, Response, StreamedResponse

Chunks: TypeAlias = Iterable[bytes | Exception] | AsyncIterable[bytes | Exception]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers.

    Args:
        status: The HTTP status.
        headers: Its headers; names may be in any case.
        body: All of the body, or its chunks as they are to arrive, as an iterable or an async
            iterable. An exception among the chunks is raised at its place.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | Chunks = b""


Handler: TypeAlias = Callable[[Request], Reply | Exception | Awaitable[Reply | Exception]]


class MemoryTransport:
    """Hands every request to `handler`, and its answer back.

    `idle_timeout` and `total_timeout` count as on a network.

    Args:
        handler: A function, async or not, from a `Request` to a `Reply`, or to an exception that is
            raised. The body of the request that it gets is `bytes` or None.

    Example:
        ```python
        transport = MemoryTransport(lambda request: Reply(body=b'{"code": 0, "data": {}}'))
        client = AsyncNemoVideo(token="nmv_usr_test", transport=transport)
        ```
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.requests: list[Request] = []
        """Every request in order, its body read to `bytes`."""
        self.closed: bool = False
        """Whether `aclose` was called."""

    async def send(self, request: Request) -> Response:
        """Ask the handler for its answer to a request, and read all of it."""
        streamed: _Streamed | None = None
        with anyio.move_on_after(request.total_timeout):
            reply = await self._ask(request)
            buffer = ResponseBuffer(request)
            async with aclosing(_chunks(reply.body)) as chunks:
                streamed = _Streamed(reply, request, chunks)
                with anyio.move_on_after(read_timeout(request)):
                    while part := await streamed.receive():
                        buffer.add(part)
                    return Response(streamed.status, streamed.headers, buffer.join())
        raise _error_messages.timeout_error(
            request, "wait" if streamed is None else "read", idle=False
        )

    def stream(self, request: Request) -> AbstractAsyncContextManager[StreamedResponse]:
        """Ask the handler for its answer to a request, and hand it over chunk by chunk."""
        return self._stream(request)

    @asynccontextmanager
    @unhooked
    async def _stream(self, request: Request) -> AsyncGenerator[StreamedResponse, None]:
        reply = await self._ask(request)
        async with aclosing(_chunks(reply.body)) as chunks:
            streamed = _Streamed(reply, request, chunks)
            if request.concurrent_reader:
                async with read_ahead_of(streamed.read_on) as ahead:
                    streamed.ahead = ahead
                    yield streamed
            else:
                yield streamed

    async def aclose(self) -> None:
        """Note that it was closed; there is nothing to close."""
        self.closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _ask(self, request: Request) -> Reply:
        seen = await _with_bytes(request)
        self.requests.append(seen)
        limits = [request.idle_timeout, request.answer_timeout]
        with anyio.move_on_after(min((each for each in limits if each is not None), default=None)):
            return await self._answer(seen)
        raise _error_messages.timeout_error(request, "wait", idle=True)

    async def _answer(self, request: Request) -> Reply:
        await checkpoint()
        answer = self._handler(request)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        return answer


class _Streamed(ReadAheadStream):
    def __init__(self, reply: Reply, request: Request, chunks: AsyncGenerator[bytes, None]) -> None:
        super().__init__(reply.status, reply.headers, chunks)
        self._request = request

    async def read_on(self) -> bytes:
        with anyio.move_on_after(self._request.idle_timeout):
            return await anext(self._chunks, b"")
        raise _error_messages.timeout_error(self._request, "read", idle=True)


async def _with_bytes(request: Request) -> Request:
    if request.body is None or isinstance(request.body, bytes):
        return request
    async with aclosing(check_length(request.body)) as sliced:
        return replace(request, body=b"".join([piece async for piece in sliced]))


@unhooked
async def _chunks(body: bytes | Chunks) -> AsyncGenerator[bytes, None]:
    async with aclosing(_each(body)) as chunks:
        async for chunk in chunks:
            await checkpoint()
            if isinstance(chunk, Exception):
                raise chunk
            if chunk:
                yield chunk


@unhooked
async def _each(body: bytes | Chunks) -> AsyncGenerator[bytes | Exception, None]:
    if isinstance(body, bytes):
        yield body
    elif isinstance(body, AsyncGenerator):
        async with aclosing(cast("AsyncGenerator[bytes | Exception, None]", body)) as chunks:
            async for chunk in chunks:
                yield chunk
    elif isinstance(body, AsyncIterable):
        async for chunk in body:
            yield chunk
    else:
        for chunk in body:
            yield chunk
