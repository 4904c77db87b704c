"""aiohttp's sessions, set up so that they have no opinion. Loads aiohttp: import it late."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import lru_cache
from types import TracebackType

import aiohttp
from yarl import URL

from nemovideo._version import USER_AGENT
from nemovideo.compat.library_internals import close_without_loop
from nemovideo.transports.base import Request


class _Connector(aiohttp.TCPConnector):
    """A connector that leaves its connections alone when it is garbage.

    They may be the parent process's. This process's are closed by their pool.
    """

    def __del__(self, _warnings: object = None) -> None:
        pass


class SendOnce:
    """A middleware that lets one request reach the network once.

    aiohttp sends GET and PUT a second time by itself when a connection breaks. Repeating is the
    pipeline's business, which counts and reports it.
    """

    __slots__ = ("_failed",)

    def __init__(self) -> None:
        self._failed: tuple[Exception, TracebackType | None] | None = None

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send `request`; asked again after a failure, raise the same error."""
        try:
            if self._failed is None:
                return await handler(request)
        except Exception as error:
            self._failed = error, error.__traceback__
            raise
        finally:
            del request, handler  # a traceback with local variables would print the headers
        first, traceback = self._failed
        raise first.with_traceback(traceback)


class AiohttpPool:
    """The connections of one event loop: those that are kept, and those that are used once."""

    def __init__(self) -> None:
        self.session = _session(_Connector(limit=0))
        self._single_use: aiohttp.ClientSession | None = None

    @property
    def single_use(self) -> aiohttp.ClientSession:
        """A session whose every request opens a connection of its own."""
        if self._single_use is None:
            self._single_use = _session(_Connector(limit=0, force_close=True))
        return self._single_use

    def session_for(self, request: Request) -> aiohttp.ClientSession:
        """Return the session that `request` is to go over."""
        return self.single_use if request.fresh_connection else self.session

    async def aclose(self) -> None:
        """Close every connection."""
        # A loop that stops may cancel the waiting for the one, and still the other is closed.
        async with AsyncExitStack() as stack:
            for session in self._sessions():
                stack.push_async_callback(session.close)

    def close_without_loop(self) -> None:
        """Close the connections without the loop, which is closed."""
        for session in self._sessions():
            connector = session.connector
            session.detach()
            if connector is not None:
                close_without_loop(connector)

    def detach_after_fork(self) -> None:
        """Drop the connections, which are the parent process's, without touching them."""
        for session in self._sessions():
            session.detach()

    def _sessions(self) -> list[aiohttp.ClientSession]:
        return [each for each in (self.session, self._single_use) if each is not None]


def _session(connector: _Connector) -> aiohttp.ClientSession:
    # limit=0: with a limit, waiting for a free connection would count as connecting, and a
    # hundred open streams would be a hundred refused polls. trust_env stays off: it costs two
    # thread hops a request, and takes an Authorization from ~/.netrc.
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
    )


@lru_cache(maxsize=64)
def timeouts(
    total: float | None, connect: float | None, idle: float | None
) -> aiohttp.ClientTimeout:
    """Return the limits in aiohttp's form. It takes 0 for "no limit"; here it means at once."""
    total, connect, idle = (
        None if seconds is None else max(seconds, 0.001) for seconds in (total, connect, idle)
    )
    return aiohttp.ClientTimeout(total=total, connect=connect, sock_read=idle)


def exact_url(url: str) -> URL:
    """Return `url` as it is: a signed URL must not be quoted again."""
    try:
        return URL(url, encoded=url.isascii())
    except ValueError as error:
        raise aiohttp.InvalidURL(url) from error
