"""Checks that a streamed response is what was asked for, by its content, not its declared type."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Awaitable, Mapping
from email.utils import formatdate
from math import inf
from typing import Literal, NoReturn, TypeAlias

import anyio

from nemovideo.concurrency.event_loop import loop_clock
from nemovideo.config.timing import Timing
from nemovideo.errors import APIConnectionError
from nemovideo.protocol.envelope import build_error, parse_response
from nemovideo.transports import _error_messages
from nemovideo.transports._decoding import GZIP_MAGIC, DecodedStream, codings_of
from nemovideo.transports.base import Request, StreamedResponse

MAX_ERROR_BYTES = 2**20
"""How much of an error's body is read: an explanation is short, a film in its place is not."""

_DOCUMENTS = (b"{", b"[", b"<")
"""What JSON and HTML begin with, and no line of an event stream does."""

_LINE = re.compile(rb"([^:\r\n]*)([:\r\n]?)")
_FIELDS = (b"", b"data", b"event", b"id", b"retry")
"""What the lines of an event stream begin with, up to the colon. Without a name it is a comment."""

_Form: TypeAlias = Literal["document", "stream", "text"]


class PrefetchedResponse:
    """A response whose first bytes are read ahead and then replayed."""

    __slots__ = ("_response", "ended", "first", "headers", "status")

    def __init__(self, response: StreamedResponse) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers
        self.first: bytes = b""
        self.ended: bool = False
        self._response = response

    async def read(self, deadline: float = inf) -> bool:
        """Read more of the beginning; return False where nothing has come by the deadline."""
        chunk = await self._response.receive_by(deadline)
        if chunk is None:
            return False
        self.first += chunk
        self.ended = not chunk
        return True

    @property
    def cancel_safe(self) -> bool:
        return self._response.cancel_safe

    # No coroutines of their own: each more costs every piece of a stream.

    def receive(self) -> Awaitable[bytes]:
        return self._replay() if self.first or self.ended else self._response.receive()

    def receive_by(self, deadline: float) -> Awaitable[bytes | None]:
        return self._replay() if self.first or self.ended else self._response.receive_by(deadline)

    async def _replay(self) -> bytes:
        first, self.first = self.first, b""
        return first


def with_date_header(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return `headers` with a `Date`, which a `Retry-After` that is a date needs."""
    if "retry-after" not in headers or "date" in headers:
        return headers
    return {**headers, "date": formatdate(usegmt=True)}


async def expect_file(
    endpoint: str, request: Request, response: StreamedResponse, time_limit: float
) -> StreamedResponse:
    """Return `response` if it is a file, or raise what the service answered instead.

    With any status: the service reports errors with 200 as well, and hosts of files explain on a
    page why there is none. A compressed file is decoded; its headers have no length and no tag
    then, and no range of it can be asked for.

    Args:
        time_limit: seconds to read an error in.
    """
    if response.status == 206:
        # The middle of a file may begin with anything.
        if codings_of(response.headers, b""):
            raise _error_messages.decoding_error(request, "is a part of something compressed")
        return response
    deadline = anyio.current_time() + time_limit
    prefetched = PrefetchedResponse(response)
    if response.status < 300:
        prefetched = await _read_decoded(request, prefetched)
        while not prefetched.first and not prefetched.ended:
            await prefetched.read()
        if not _is_explanation(prefetched):
            return prefetched
    await _raise_for(endpoint, request, prefetched, deadline)


def _is_explanation(prefetched: PrefetchedResponse) -> bool:
    """Return True if it is a text that explains why there is no file."""
    kind = prefetched.headers.get("content-type", "").strip().lower()
    named = kind.startswith(("text/", "application/json", "application/problem"))
    return _detect_form(prefetched.first) == "document" or (named and 0 not in prefetched.first)


async def expect_events(
    endpoint: str, request: Request, response: StreamedResponse, timing: Timing
) -> StreamedResponse:
    """Return `response` if it is an event stream, or raise what the service answered instead.

    What is called an event stream may be a refusal, and what is called something else a stream.
    """
    now, prefetched = loop_clock()(), PrefetchedResponse(response)
    time_limit = timing.request
    if response.status < 300:
        content_type = response.headers.get("content-type", "").strip().lower()
        is_called_stream = content_type.startswith("text/event-stream")
        if is_called_stream:
            time_limit = _first_bytes_timeout(timing, response)
        prefetched, form = await _prefetch(request, prefetched, now + time_limit)
        if form == "stream" or (is_called_stream and form != "document"):
            if form is None and not prefetched.ended and not response.cancel_safe:
                raise _error_messages.timeout_error(request, "read", idle=False)
            return prefetched
    await _raise_for(endpoint, request, prefetched, now + max(time_limit, timing.request))


def _first_bytes_timeout(timing: Timing, response: StreamedResponse) -> float:
    """Return the seconds to wait for the first bytes of an event stream.

    It may be silent for long, and whoever waits is to be told of that. Where the wait cannot be
    interrupted for it, it is the limit of silence.
    """
    if response.cancel_safe:
        return min(timing.request, timing.still_working)
    return min(timing.heartbeat_limit, timing.stream_limit)


async def _prefetch(
    request: Request, raw: PrefetchedResponse, deadline: float
) -> tuple[PrefetchedResponse, _Form | None]:
    """Read until the form of a response is known, and return it decoded."""
    prefetched = await _read_decoded(request, raw, deadline)
    while (form := _detect_form(prefetched.first)) is None and not prefetched.ended:
        if not await prefetched.read(deadline):
            break
    return prefetched, form


async def _read_decoded(
    request: Request, raw: PrefetchedResponse, deadline: float = inf
) -> PrefetchedResponse:
    while await raw.read(deadline) and GZIP_MAGIC.startswith(raw.first) and not raw.ended:
        pass
    return _decoded(request, raw)  # silent until the deadline, and perhaps called compressed


def _decoded(request: Request, prefetched: PrefetchedResponse) -> PrefetchedResponse:
    codings = codings_of(prefetched.headers, prefetched.first)
    return (
        PrefetchedResponse(DecodedStream(request, prefetched, codings)) if codings else prefetched
    )


def _detect_form(first: bytes) -> _Form | None:
    """Return the form of a response from its first bytes; None if more are needed."""
    start = first.removeprefix(BOM_UTF8).lstrip()
    if not start or BOM_UTF8.startswith(first):
        return None
    if start.startswith(_DOCUMENTS):
        return "document"
    line = _LINE.match(start)
    name, end = line.groups() if line is not None else (start, b"")
    if end:
        return "stream" if name in _FIELDS else "text"
    return None if any(field.startswith(name) for field in _FIELDS) else "text"


async def _raise_for(
    endpoint: str, request: Request, response: PrefetchedResponse, deadline: float
) -> NoReturn:
    headers, body = (
        with_date_header(response.headers),
        await _read_error(request, response, deadline),
    )
    try:
        parse_response(endpoint, response.status, headers, body)
        raise build_error(endpoint, response.status, headers)
    finally:
        # A traceback with local variables would print what the service quotes of the request.
        del headers, body


async def _read_error(request: Request, response: PrefetchedResponse, deadline: float) -> bytes:
    """Read the body of an error, as far as it arrives: the status alone is enough."""
    body = b""
    try:
        with anyio.CancelScope(deadline=deadline):
            decoded = response if response.first else await _read_decoded(request, response)
            while len(body) < MAX_ERROR_BYTES and (chunk := await decoded.receive()):
                body += chunk
    except APIConnectionError:
        if response.status < 400:
            raise
    return body
