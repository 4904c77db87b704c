"""Undoing a compression that nobody asked for, with an output that is bounded at every step.

`identity` is asked for, and some gateways compress all the same. Nothing here says how long the
decoded answer is or which of its parts could be asked for: lengths, tags and ranges of the headers
are about the compressed bytes, so a decoded answer comes without them.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from nemovideo.errors import APIConnectionError
from nemovideo.transports import _error_messages
from nemovideo.transports.base import Request, Response, StreamedResponse

PIECE_BYTES = 2**18
"""The most that one step gives: a kilobyte may stand for a megabyte of zeros."""

_SLICE_BYTES = 2**13
"""How much is decoded at once: zlib copies what it did not need."""

_MAX_EMPTY_MEMBERS = 1000
"""Members of a gzip in a row that hold nothing: one or two end a file, a million stop a program."""

GZIP_MAGIC = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_MAX_CODINGS = 4
_OF_THE_ENCODED = frozenset(
    {"content-encoding", "content-length", "content-md5", "etag", "accept-ranges"}
)


def codings_of(headers: Mapping[str, str], start: bytes) -> list[str]:
    """Return what an answer that begins with `start` was encoded with, in that order.

    Some gateways compress and do not say so, and some say so and do not compress.
    """
    named = headers.get("content-encoding", "").lower().split(",")
    codings = [each.strip().removeprefix("x-") for each in named]
    codings = [each for each in codings if each not in {"", "identity"}]
    if not codings:
        return ["gzip"] if start.startswith(GZIP_MAGIC) else []
    if codings == ["gzip"] and start and _is_text(start):
        return []
    return codings


def _is_text(start: bytes) -> bool:
    return start.startswith(_BOM) or start[0] in b"\t\n\r" or 0x20 <= start[0] < 0x7F


class Decoder:
    """Undoes the codings of one answer.

    Args:
        request: what was asked, for errors.
        codings: as `codings_of` returns them.
    """

    def __init__(self, request: Request, codings: list[str]) -> None:
        self._request = request
        unknown = [each for each in codings if each not in {"gzip", "deflate"}]
        if unknown or len(codings) > _MAX_CODINGS:
            raise _error_messages.decoding_error(request, f"is compressed ({', '.join(codings)})")
        self._steps = [_Inflater(coding) for coding in reversed(codings)]

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the answer; `b""` is its end.

        Raises:
            APIConnectionError: they end before what was compressed does.
        """
        if data:
            self._steps[0].feed(data)
        elif any(step.is_unfinished for step in self._steps):
            raise _error_messages.connection_error(
                self._request, "read", "what was compressed is not whole"
            )

    def take(self) -> bytes:
        """Return some of what can be decoded so far, `PIECE_BYTES` at most; `b""` if nothing can.

        Raises:
            APIConnectionError: it is damaged.
        """
        try:
            return self._take(len(self._steps) - 1)
        except zlib.error as error:
            raise _error_messages.decoding_error(self._request, "is damaged") from error

    def _take(self, place: int) -> bytes:
        step = self._steps[place]
        while not (piece := step.take()) and place:
            more = self._take(place - 1)
            if not more:
                break
            step.feed(more)
        return piece


class _Inflater:
    """Undoes one coding."""

    def __init__(self, coding: str) -> None:
        self._is_gzip = coding == "gzip"
        self._pending = b""
        self._at = 0
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._has_started = False
        self._may_hold = False
        """Whether the last step gave as much as it may: zlib may have more, without more input."""
        self._empty = 0

    @property
    def is_unfinished(self) -> bool:
        return self._at < len(self._pending) or (self._has_started and not self._zlib.eof)

    def feed(self, data: bytes) -> None:
        self._pending, self._at = self._pending[self._at :] + data, 0

    def take(self) -> bytes:
        if not self._has_started and not self._begin():
            return b""
        piece = b""
        while not piece and (self._at < len(self._pending) or self._may_hold):
            if self._zlib.eof:
                self._begin_another()
            part = self._pending[self._at : self._at + _SLICE_BYTES]
            piece = self._zlib.decompress(part, PIECE_BYTES)
            left = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
            self._at += len(part) - len(left)
            self._may_hold = len(piece) == PIECE_BYTES and not self._zlib.eof
            self._empty = 0 if piece else self._empty
        return piece

    def _begin_another(self) -> None:
        """Begin what follows in a gzip, which may have many members."""
        self._empty += 1
        if not self._is_gzip or self._empty > _MAX_EMPTY_MEMBERS:
            raise zlib.error("more follows")
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def _begin(self) -> bool:
        if len(self._pending) < 2:
            return False
        self._has_started = True
        if not self._is_gzip:
            # "deflate" is meant with a header of two bytes, and often sent without.
            first, second = self._pending[:2]
            headed = first & 0x0F == 8 and (first << 8 | second) % 31 == 0
            self._zlib = zlib.decompressobj(zlib.MAX_WBITS if headed else -zlib.MAX_WBITS)
        return True


def without_coding(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a decoded answer: those that are about its encoded bytes left out."""
    return {name: value for name, value in headers.items() if name not in _OF_THE_ENCODED}


def is_plain(response: Response) -> bool:
    """Return True if a whole answer has nothing to decode, as nearly all have."""
    return "content-encoding" not in response.headers and not response.body.startswith(GZIP_MAGIC)


async def decoded(request: Request, response: Response) -> Response:
    """Return a whole answer decoded; as it is, where there is nothing to decode.

    Raises:
        APIConnectionError: it cannot be decoded. An error's status is enough without its words.
    """
    codings = codings_of(response.headers, response.body)
    if not codings or not response.body:
        return response
    try:
        body = await _inflated(request, codings, response.body)
    except APIConnectionError:
        if response.status < 400:
            raise
        body = b""
    return Response(response.status, without_coding(response.headers), body)


async def _inflated(request: Request, codings: list[str], body: bytes) -> bytes:
    decoder = Decoder(request, codings)
    decoder.feed(body)
    buffer = bytearray()
    while piece := decoder.take():
        buffer += piece
        if len(buffer) > _error_messages.MAX_RESPONSE_BYTES:
            raise _error_messages.too_long_error(request)
        await _checkpoint()
    decoder.feed(b"")
    return bytes(buffer)


class DecodedStream:
    """An answer that is decoded while it comes.

    Its `headers` are those of the decoded answer: no length, no tag, no ranges.
    """

    def __init__(self, request: Request, response: StreamedResponse, codings: list[str]) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = without_coding(response.headers)
        self._response = response
        self._decoder = Decoder(request, codings)
        self._ended = False

    @property
    def cancel_safe(self) -> bool:
        """Whether a cancelled `receive` may be called again without losing anything."""
        return self._response.cancel_safe

    async def receive(self) -> bytes:
        """Wait for the next bytes; `b""` is the end."""
        await _checkpoint()
        while not (piece := self._decoder.take()) and not self._ended:
            self._feed(await self._response.receive())
        return piece

    async def receive_by(self, deadline: float) -> bytes | None:
        """Wait for the next bytes, but not beyond `deadline`."""
        await _checkpoint()
        while not (piece := self._decoder.take()) and not self._ended:
            chunk = await self._response.receive_by(deadline)
            if chunk is None:
                return None
            self._feed(chunk)
        return piece

    def _feed(self, chunk: bytes) -> None:
        self._ended = not chunk
        self._decoder.feed(chunk)


async def _checkpoint() -> None:
    """Let other tasks run: what is decoded from few bytes would keep them out."""
    from anyio.lowlevel import checkpoint  # an ordinary answer has no use for anyio

    await checkpoint()
