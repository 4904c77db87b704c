"""aiohttp's sessions, set up so that they have no opinion. Loads aiohttp: import it late."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from functools import lru_cache

import aiohttp
from yarl import URL

from nemovideo._version import __version__
from nemovideo.transports.base import Request

AGENT = f"nemovideo/{__version__}"


class _Connector(aiohttp.TCPConnector):
    """A connector that can be let go when its loop or its process is gone."""

    def abandon(self) -> None:
        """Close the sockets without the loop, which is closed and can close nothing."""
        waiting = [protocol for kept in self._conns.values() for protocol, _ in kept]
        for protocol in (*waiting, *self._acquired):
            if protocol.transport is not None:
                _close_without_loop(protocol.transport)
        self.disown()

    def disown(self) -> None:
        """Leave everything as it is, and say nothing about it at the end."""
        self._closed = True


def _close_without_loop(transport: asyncio.BaseTransport) -> None:
    # `abort` marks it closed and asks the loop for the rest, which a closed loop refuses. The rest
    # is to close the socket and to forget it. Under TLS that is one level further down.
    below = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    for each in (transport, below):
        for step in ("abort", "_call_connection_lost"):
            with suppress(Exception):  # the private half differs between kinds of loop
                getattr(each, step)(*(() if step == "abort" else (None,)))


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

    def abandon(self) -> None:
        """Let go without the loop, which is closed."""
        for session in self._sessions():
            connector = session.connector
            session.detach()
            if isinstance(connector, _Connector):
                connector.abandon()

    def disown(self) -> None:
        """Let go without touching the connections, which are the parent process's."""
        for session in self._sessions():
            if isinstance(session.connector, _Connector):
                session.connector.disown()

    def _sessions(self) -> list[aiohttp.ClientSession]:
        return [each for each in (self.session, self._single_use) if each is not None]


def _session(connector: _Connector) -> aiohttp.ClientSession:
    # limit=0: with a limit, waiting for a free connection would count as connecting, and a
    # hundred open streams would be a hundred refused polls. trust_env stays off: it costs two
    # thread hops a request, and takes an Authorization from ~/.netrc.
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": AGENT},
    )
    # aiohttp sends GET and PUT a second time by itself when a connection breaks. Repeating is the
    # pipeline's business, which counts it and tells of it. A middleware could stop that as well, at
    # the price of two coroutines for each request.
    session._retry_connection = False  # pyright: ignore[reportPrivateUsage]  # no public name
    return session


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
    """Return `url` as it is: a signed address is not to be quoted a second time."""
    try:
        return URL(url, encoded=url.isascii())
    except ValueError as error:
        raise aiohttp.InvalidURL(url) from error
