"""Where aiohttp's exceptions end and ours begin. Loads aiohttp: import it late."""

from __future__ import annotations

import os
import ssl

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict, CIMultiDictProxy

from nemovideo.compat.library_internals import frame_name
from nemovideo.errors import APIConnectionError, Phase
from nemovideo.security.redaction import chain_of, drop_tracebacks, redact
from nemovideo.transports import _error_messages
from nemovideo.transports._hook_errors import frames_of, is_library, module_of
from nemovideo.transports.base import Request

LIBRARY_ERRORS = (aiohttp.ClientError, HttpProcessingError, ssl.SSLError, OSError)
"""What aiohttp raises. A `TimeoutError` is an `OSError`."""

_NOT_CONNECTED: tuple[tuple[type[Exception], str | None], ...] = (
    (aiohttp.ClientConnectorDNSError, "its name could not be resolved"),
    (aiohttp.ClientConnectorCertificateError, "its TLS certificate was not accepted"),
    (aiohttp.ClientConnectorSSLError, "TLS could not be agreed on"),
    (aiohttp.ServerFingerprintMismatch, "its TLS certificate is not the expected one"),
    (aiohttp.ClientProxyConnectionError, "the proxy was not reached"),
    (aiohttp.ClientHttpProxyError, "the proxy refused"),
    (aiohttp.ClientConnectorError, None),
    (aiohttp.InvalidURL, "the URL is not valid"),
    (aiohttp.NonHttpUrlClientError, "the URL is not http"),
)
"""Raised before a connection to the server stands, so far as nobody raises them later as well."""

_REQUEST = frame_name(aiohttp.ClientSession, "_request")
"""The method of a session that every request goes through."""
HOOKS_ARE_TRACEABLE = _REQUEST is not None
"""Whether an error of a hook can be told from one of the network."""

_NO_HEADERS: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict[str]())
_QUOTING = (aiohttp.ClientResponseError, aiohttp.ServerDisconnectedError, HttpProcessingError)
_QUOTED = (*_QUOTING, aiohttp.ClientPayloadError)
"""Their texts quote what the server sent."""


def map_exception(
    error: Exception, request: Request, phase: Phase, *, asked: bool = False
) -> APIConnectionError:
    """Return our error for one of `LIBRARY_ERRORS`, which is left fit to be shown as its cause.

    `phase` is how far the request had come as far as the caller can tell; a kind of error that only
    occurs before anything was sent overrules it.

    Args:
        asked: the body was asked for, so that no kind of error means that nothing was sent.
    """
    _clean(error)
    drop_tracebacks(error)
    translated = _translate(error, request, phase, asked)
    translated.__cause__ = error
    return translated


def _translate(
    error: BaseException, request: Request, phase: Phase, asked: bool
) -> APIConnectionError:
    if isinstance(error, aiohttp.ConnectionTimeoutError) and not asked:
        return _error_messages.timeout_error(request, "connect", idle=True)
    if isinstance(error, TimeoutError):
        idle = isinstance(error, aiohttp.SocketTimeoutError)
        return _error_messages.timeout_error(request, phase, idle=idle)
    for kind, reason in () if asked else _NOT_CONNECTED:
        if isinstance(error, kind):
            return _error_messages.connection_error(
                request, "connect", reason or _system_reason(error)
            )
    if isinstance(error, (aiohttp.ClientResponseError, HttpProcessingError)):
        return _error_messages.connection_error(request, phase, "what it answered is not HTTP")
    return _error_messages.connection_error(request, phase, _system_reason(error))


def find_hook_error(error: Exception) -> BaseException | None:
    """Return what code of the session's owner raised, where that is what `error` comes down to.

    aiohttp puts errors of its own around what its hooks raise.
    """
    current: BaseException | None = error
    while current is not None and not _is_of_hook(current):
        current = current.__cause__
    return current


def _is_of_hook(error: BaseException) -> bool:
    frames = [(module_of(frame), frame.f_code.co_name) for frame in frames_of(error)]
    if any(module in {"aiohttp.tracing", "logging"} for module, _ in frames):
        return True
    ours = [at for at, (module, _) in enumerate(frames) if module == "aiohttp.client"]
    names: list[str | None] = [frames[at][1] for at in ours]
    if names.count(_REQUEST) != 1:
        return _REQUEST in names  # a middleware has asked somebody else
    # A middleware stands between this and what goes to the network.
    below = (module for module, _ in frames[ours[-1] + 1 :])
    return names[-1] == _REQUEST and not all(map(is_library, below))


def _system_reason(error: BaseException) -> str | None:
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number).lower() if number and number > 0 else None


def _clean(error: BaseException) -> None:
    """Take URLs, headers and quoted bytes out of a chain of errors that will be printed."""
    for each in chain_of(error):
        if isinstance(each, aiohttp.ClientResponseError):
            each.request_info = _without_request(each.request_info)
            each.headers = None
        if isinstance(each, _QUOTING):
            each.message = ""
        if isinstance(each, aiohttp.InvalidURL):
            aiohttp.InvalidURL.__init__(each, "")  # its text is the URL
        each.args = () if isinstance(each, _QUOTED) else _shown(each.args)


def _shown(args: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(_shown_one(each) for each in args if isinstance(each, str | int))


def _shown_one(arg: str | int) -> str | int:
    return redact(arg) if isinstance(arg, str) else arg


def _without_request(info: aiohttp.RequestInfo) -> aiohttp.RequestInfo:
    origin = info.url.origin()
    return aiohttp.RequestInfo(origin, info.method, _NO_HEADERS, origin)
