"""The messages of failed requests, the same whichever library carried them."""

from __future__ import annotations

from urllib.parse import urlsplit

from nemovideo.errors import APIConnectionError, APITimeoutError, Phase
from nemovideo.transports.base import Request

MAX_RESPONSE_BYTES = 64 * 2**20
"""The most that a whole answer may hold: the state of a session with 100,000 segments takes 15 MiB,
and without a bound an answer without an end fills the memory."""

_PORTS = {"http": 80, "https": 443}

_CONNECTION_ERRORS: dict[Phase, str] = {
    "connect": "No connection to {host} could be opened",
    "send": "The connection to {host} broke while the request was being sent",
    "wait": "The connection to {host} broke before an answer came",
    "read": "The connection to {host} broke before the answer was complete",
}
_TIMEOUTS: dict[Phase, str] = {
    "connect": "No connection to {host} was opened",
    "send": "The request to {host} could not be sent",
    "wait": "{host} did not answer",
    "read": "The answer of {host} did not come to its end",
}
_HINTS: dict[Phase, str] = {
    "connect": "Nothing was sent. Check the network, the URL and the proxy settings.",
    "send": "Check the network, then try again.",
    "wait": "The request may have been received all the same.",
    "read": "Check the network, then ask again for what is missing.",
}


def host_of(url: str) -> str:
    """Return `host:port` of `url`: all of a URL that may be shown."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "?", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return "the host"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def connection_error(
    request: Request, phase: Phase, reason: str | None = None
) -> APIConnectionError:
    """Return the error for a connection that broke, or never came to be."""
    text = _CONNECTION_ERRORS[phase].format(host=host_of(request.url))
    return APIConnectionError(
        f"{text}: {reason}." if reason else f"{text}.", phase=phase, hint=_HINTS[phase]
    )


def timeout_error(request: Request, phase: Phase, *, idle: bool) -> APITimeoutError:
    """Return the error for a time that ran out, which where none is named is the answer's."""
    idle_time = request.connect_timeout if phase == "connect" else request.idle_timeout
    seconds = idle_time if idle else request.total_timeout
    if seconds is None:
        idle, seconds = False, request.answer_timeout
    text = _TIMEOUTS[phase].format(host=host_of(request.url))
    within = "" if seconds is None else f" within {seconds:g} s"
    moved = ": not a byte moved" if idle and phase != "connect" else ""
    return APITimeoutError(f"{text}{within}{moved}.", phase=phase, hint=_HINTS[phase])


def decoding_error(request: Request, how: str) -> APIConnectionError:
    """Return the error for an answer in a compression that cannot be undone."""
    return APIConnectionError(
        f"The answer of {host_of(request.url)} {how}, and cannot be read.",
        phase="read",
        hint="A proxy compresses what was requested uncompressed: check it.",
    )


def too_long_error(request: Request) -> APIConnectionError:
    """Return the error for an answer that takes more memory than any of the service's."""
    most = MAX_RESPONSE_BYTES // 2**20
    return APIConnectionError(
        f"The answer of {host_of(request.url)} is longer than {most} MiB.",
        phase="read",
        hint="No answer of the service is. Is NEMO_API_URL, or base_url, right?",
    )
