"""The transport over aiohttp, the default on asyncio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Self

from nemovideo.concurrency.async_generators import unhooked
from nemovideo.concurrency.imports import import_in_thread
from nemovideo.transports.base import Request, Response, StreamedResponse

if TYPE_CHECKING:
    import aiohttp

    from nemovideo.transports._aiohttp_requests import Engine


class AiohttpTransport:
    """Carries requests over aiohttp, with a connection pool for each event loop.

    aiohttp is loaded with the first request. Connections that are still open when their event loop
    ends are closed by it, so that `aclose` may be forgotten.

    Args:
        session: A session of yours, used as it is: its proxy, its TLS settings, its connection
            limit. You close it. That nothing is sent twice below the SDK, and that
            `Request.fresh_connection` is obeyed, holds for sessions that the transport makes.
        proxy: The URL of a proxy for every request, `http://[user:password@]host:port`.
        trust_env: Take the proxy from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`;
            this machine is reached without one.

    Example:
        ```python
        async with AiohttpTransport(proxy="http://127.0.0.1:3128") as transport:
            client = AsyncNemoVideo(transport=transport)
        ```
    """

    def __init__(
        self,
        session: aiohttp.ClientSession | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
    ) -> None:
        self._session = session
        self._proxy = proxy
        self._trust_env = trust_env
        self._engine: Engine | None = None

    def send(self, request: Request) -> Coroutine[object, object, Response]:
        """Send `request` and read the whole response.

        Raises:
            APIConnectionError: the connection could not be opened, or broke.
            APITimeoutError: one of the request's timeouts expired.
        """
        return self._send(request) if self._engine is None else self._engine.send(request)

    async def _send(self, request: Request) -> Response:
        return await (await self._load()).send(request)

    def stream(self, request: Request) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send `request` and return its response as a context, which closes it."""
        return self._stream(request) if self._engine is None else self._engine.stream(request)

    @asynccontextmanager
    @unhooked
    async def _stream(self, request: Request) -> AsyncGenerator[StreamedResponse, None]:
        async with (await self._load()).stream(request) as response:
            yield response

    async def aclose(self) -> None:
        """Close the connections that this transport opened. It may be used again afterwards."""
        if self._engine is not None:
            await self._engine.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _load(self) -> Engine:
        # Loading aiohttp and its certificates takes a tenth of a second and more.
        await import_in_thread("nemovideo.transports._aiohttp_requests", anyio=False)
        from nemovideo.transports._aiohttp_requests import Engine  # loaded in a thread

        if self._engine is None:
            self._engine = Engine(self._session, self._proxy, self._trust_env)
        return self._engine
