"""The pair of modules that the httpx transport uses, httpx2 or httpx, and how its errors map."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, cast

import anyio

from nemovideo.compat.library_internals import frame_name
from nemovideo.errors import APIConnectionError, Phase
from nemovideo.security.redaction import chain_of, drop_tracebacks, redact
from nemovideo.transports import _error_messages
from nemovideo.transports._log_redaction import redact_logger
from nemovideo.transports._request_bodies import BodyStream
from nemovideo.transports.base import Request

if TYPE_CHECKING:
    import httpx

CORES = {"httpx2": "httpcore2", "httpx": "httpcore"}
"""Each library and the one below it, the preferred pair first."""


class HttpxLibrary:
    """One of the pairs of modules. httpx2 goes on where httpx ended, with the same names.

    Both are typed as httpx.

    Args:
        name: "httpx2" or "httpx".

    Raises:
        ModuleNotFoundError: it is not installed.
    """

    def __init__(self, name: str) -> None:
        top, core = import_module(name), import_module(CORES[name])
        self.httpx: ModuleType = top
        self.httpcore: ModuleType = core
        self.request_error: type[httpx.RequestError] = top.RequestError
        self.byte_stream: Callable[[BodyStream], httpx.AsyncByteStream] = cast(
            "Callable[[BodyStream], httpx.AsyncByteStream]",
            type("ByteStream", (_ByteStream, top.AsyncByteStream), {}),
        )
        self.quiet_url: Callable[[httpx.URL], httpx.URL] = cast(
            "Callable[[httpx.URL], httpx.URL]", type("QuietURL", (_QuietURL, top.URL), {})
        )
        self.sender: str | None = frame_name(top.AsyncClient, "_send_single_request")
        """The method of a client that hands a request to what carries it; hooks run outside."""
        self.errors: tuple[type[Exception], ...] = (
            *(top.HTTPError, top.InvalidURL, top.StreamError, top.CookieConflict),
            *(core.ConnectionNotAvailable, core.ProxyError, core.UnsupportedProtocol),
            *(core.ProtocolError, core.TimeoutException, core.NetworkError),
            *(anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream),
            *(ssl.SSLError, OSError),
        )
        """What the library raises, and what lies below it and might come through."""
        self._not_connected: tuple[tuple[type[Exception], str | None], ...] = (
            (top.ConnectError, None),
            (top.ProxyError, "the proxy refused"),
            (top.UnsupportedProtocol, "the URL is not http"),
            (top.InvalidURL, "the URL is not valid"),
            (core.ConnectError, None),
            (core.ProxyError, "the proxy refused"),
            (core.UnsupportedProtocol, "the URL is not http"),
            (core.ConnectionNotAvailable, None),
        )
        # Raised before a connection to the server stands, unless they were raised later as well.
        self._connect_timeouts = (
            *(top.ConnectTimeout, top.PoolTimeout),
            *(core.ConnectTimeout, core.PoolTimeout),
        )
        self._timeouts = (top.TimeoutException, core.TimeoutException, TimeoutError)
        self._quoting = (top.ProtocolError, core.ProtocolError, top.InvalidURL)
        # Their texts quote what the server sent, or the URL.
        self._sending = (top.WriteError, top.WriteTimeout, core.WriteError, core.WriteTimeout)
        redact_logger(*(f"{core.__name__}.{part}" for part in _LOGGERS))

    def map_exception(
        self, error: Exception, request: Request, phase: Phase, *, asked: bool = False
    ) -> APIConnectionError:
        """Return our error for one of `errors`, which is left fit to be shown as its cause.

        `phase` is how far the request had come as far as the caller can tell; a kind of error that
        only occurs before anything was sent, or in sending, overrules it.

        Args:
            asked: the body was asked for, so that no kind of error means that nothing was sent.
        """
        reason = _reason(error)
        self._clean(error)
        drop_tracebacks(error)
        if not asked and isinstance(error, self._connect_timeouts):
            return _error_messages.timeout_error(request, "connect", idle=True)
        for kind, known in () if asked else self._not_connected:
            if isinstance(error, kind):
                return _error_messages.connection_error(request, "connect", known or reason)
        if isinstance(error, self._sending) and phase == "wait":
            phase = "send"
        if isinstance(error, self._timeouts):
            return _error_messages.timeout_error(request, phase, idle=True)
        return _error_messages.connection_error(request, phase, reason)

    def request_of(self, error: BaseException) -> httpx.Request | None:
        """Return the library's request that an error is about, if it says so."""
        if not isinstance(error, self.request_error):
            return None
        try:
            return error.request
        except RuntimeError:  # it has none
            return None

    def _clean(self, error: BaseException) -> None:
        """Take URLs, headers and quoted bytes out of a chain of errors that will be printed."""
        for each in chain_of(error):
            request = self.request_of(each)
            if request is not None and isinstance(each, self.request_error):
                # Its headers hold the token, and its URL may be signed.
                origin = request.url.copy_with(raw_path=b"/", userinfo=b"", fragment=None)
                each.request = self.httpx.Request(request.method, origin)
            if isinstance(each, self._quoting):
                each.args = ()
            elif not isinstance(each, OSError):
                each.args = tuple(redact(str(arg)) for arg in each.args)


_LOGGERS = ("connection", "http11", "http2", "proxy")

load_library = lru_cache(HttpxLibrary)
"""`HttpxLibrary`, loaded once for each name."""


def default_library() -> HttpxLibrary:
    """Return the preferred library of those that are installed.

    Raises:
        ModuleNotFoundError: neither is.
    """
    *preferred, last = CORES
    for name in preferred:
        try:
            return load_library(name)
        except ModuleNotFoundError:
            continue
    return load_library(last)


def library_of(client: type) -> HttpxLibrary:
    """Return the library that a class of clients, or the one that it is derived from, is of."""
    roots = [cls.__module__.partition(".")[0] for cls in client.__mro__]
    return load_library(next((root for root in roots if root in CORES), "httpx"))


class _ByteStream:
    """A body for httpx, given anew to whatever asks for it: a middleware may send it again."""

    def __init__(self, body: BodyStream) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._body)


class _QuietURL:
    """A URL whose text hides the query: httpx logs the text of every URL."""

    def __str__(self) -> str:
        return redact(super().__str__())

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


def _reason(error: BaseException) -> str | None:
    """Return the well-known cause at the bottom of an error, if there is one."""
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
