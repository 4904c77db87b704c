"""Request bodies on their way out, the same for every transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Self

import anyio

from nemovideo.errors import InvalidInputError, Phase
from nemovideo.transports import _error_messages
from nemovideo.transports.base import Body, Request

SLICE_BYTES = 64 * 2**10
"""Up to here a body goes out in one piece. A longer one is cut, so that the idle time is counted
from one piece to the next and not for the whole of it."""


class _Sliced:
    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def content_length(self) -> int:
        return len(self._data)

    @property
    def content_type(self) -> str:
        return "application/octet-stream"

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for start in range(0, len(self._data), SLICE_BYTES):
            yield self._data[start : start + SLICE_BYTES]


def sliced(body: bytes | Body | None) -> bytes | Body | None:
    """Return a short body as it is and a long one in slices."""
    return _Sliced(body) if isinstance(body, bytes) and len(body) > SLICE_BYTES else body


def body_headers(headers: dict[str, str], body: Body) -> None:
    """Write into `headers` what `body` is, its type only where the request does not say."""
    headers["content-length"] = str(body.content_length)
    headers.setdefault("content-type", body.content_type)


class ResponseBuffer:
    """Gathers an answer that is read to its end, up to `_error_messages.MAX_RESPONSE_BYTES`."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            APIConnectionError: that is more than any answer of the service holds.
        """
        self._size += len(piece)
        if self._size > _error_messages.MAX_RESPONSE_BYTES:
            raise _error_messages.too_long_error(self._request)
        self._pieces.append(piece)

    def join(self) -> bytes:
        """Return all of it."""
        return b"".join(self._pieces)


def read_timeout(request: Request) -> float | None:
    """Return the seconds for reading a whole answer once it has begun; None for its total time.

    Bytes that drip would keep an idle time from running out, for as long as they come.
    """
    return request.idle_timeout if request.total_timeout is None else None


class BodyStream:
    """A body while it is sent: iterated by the HTTP library, closed by the transport."""

    def __init__(self, body: bytes | Body | None) -> None:
        self.body: Body = _Sliced(body or b"") if body is None or isinstance(body, bytes) else body
        self.asked = False
        """Whether the first piece was asked for, and there is one: some of it may have left."""
        self.sent = False
        """Whether the last piece was handed over."""
        self.failure: Exception | None = None
        """What the body raised. HTTP libraries pack that into errors of their own."""
        self._is_empty = body is None
        self._readings: list[AsyncGenerator[bytes, None]] = []

    @property
    def is_long(self) -> bool:
        """Whether sending it takes a while."""
        return self.body.content_length > SLICE_BYTES

    @property
    def phase(self) -> Phase:
        """How far a request came that has no answer yet."""
        if self._is_empty:
            return "wait"  # when its headers leave nobody says
        if not self.asked:
            return "connect"
        return "wait" if self.sent else "send"

    def __aiter__(self) -> Self:
        self.sent = False
        self._readings.append(check_length(self.body))
        return self

    async def __anext__(self) -> bytes:
        self.asked = not self._is_empty
        try:
            return await anext(self._readings[-1])
        except StopAsyncIteration:
            self.sent = True
            raise
        except Exception as error:
            self.failure = error
            raise

    async def aclose(self) -> None:
        """Close what the body reads from."""
        with anyio.CancelScope(shield=True):
            for reading in self._readings:
                await reading.aclose()


async def check_length(body: Body) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of `body`, and refuse those that are not as many bytes as announced.

    A wrong `Content-Length` makes the server wait for ever, or read the rest as another request.
    """
    left = body.content_length
    async with aclosing(body.chunks()) as chunks:
        async for chunk in chunks:
            left -= len(chunk)
            if left < 0:
                raise _changed(body.content_length)
            if chunk:
                yield chunk
    if left:
        raise _changed(body.content_length)


def _changed(expected: int) -> InvalidInputError:
    return InvalidInputError(
        f"What was to be sent is no longer {expected} bytes long.",
        parameter="file",
        hint="It was changed while it was being sent. Try again when it is complete.",
    )
