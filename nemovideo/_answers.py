"""Telling a stream from an error that came in its place."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import NoReturn

import anyio

from nemovideo.protocol.envelope import build_error, parse_answer
from nemovideo.transports.base import StreamedResponse

_MOST_ERROR_BYTES = 2**20
"""How much of an error's body is read: an explanation is short, a film in its place is not."""

_DOCUMENTS = (b"{", b"[", b"<")
"""What JSON and HTML begin with, and no line of an event stream does."""


class _Peeked:
    """An answer whose first bytes were looked at; they come again."""

    def __init__(self, response: StreamedResponse, first: bytes) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._first = first
        self._silent = not first  # it ended, or was given up

    @property
    def is_stream(self) -> bool:
        """Whether it begins like an event stream and like nothing else."""
        start = self._first.lstrip()
        return bool(start) and not start.startswith(_DOCUMENTS)

    @property
    def is_document(self) -> bool:
        """Whether it is what explains why there is no file: a text, where a film has none."""
        kind = self.headers.get("content-type", "").strip().lower()
        named = kind.startswith(("text/", "application/json", "application/problem"))
        start = self._first.removeprefix(BOM_UTF8).lstrip()
        return start.startswith(_DOCUMENTS) or (named and 0 not in self._first)

    @property
    def cancel_safe(self) -> bool:
        return self._response.cancel_safe

    async def receive(self) -> bytes:
        return b"" if self._silent else self._take() or await self._response.receive()

    async def receive_by(self, deadline: float) -> bytes | None:
        return b"" if self._silent else self._take() or await self._response.receive_by(deadline)

    def _take(self) -> bytes:
        first, self._first = self._first, b""
        return first


def dated(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return `headers` with the time of arrival where a date to come back at needs one."""
    if "retry-after" not in headers or "date" in headers:
        return headers
    from email.utils import formatdate  # slow to import, and such answers are rare

    return {**headers, "date": formatdate(usegmt=True)}


async def expect_file(endpoint: str, response: StreamedResponse) -> StreamedResponse:
    """Return `response` if it is a file, or raise what the service answered instead.

    With any status: the service reports errors with 200 as well, and hosts of files explain on a
    page why there is none.
    """
    if response.status == 206:
        return response  # the middle of a file, which may begin with anything
    if response.status < 300:
        peeked = _Peeked(response, await response.receive())
        if not peeked.is_document:
            return peeked
        response = peeked
    await _raise_for(endpoint, response)


async def expect_events(
    endpoint: str, response: StreamedResponse, patience: float
) -> StreamedResponse:
    """Return `response` if it is an event stream, or raise what the service answered instead.

    One of another type, or of none, is told by its first bytes.

    Args:
        patience: seconds to wait for these.
    """
    content_type = response.headers.get("content-type", "").strip().lower()
    if response.status < 300 and content_type.startswith("text/event-stream"):
        return response
    if response.status < 300:
        peeked = await _peek(response, patience)
        if peeked.is_stream:
            return peeked
        response = peeked
    await _raise_for(endpoint, response)


async def _peek(response: StreamedResponse, patience: float) -> _Peeked:
    first = b""
    with anyio.move_on_after(patience):
        first = await response.receive()
    return _Peeked(response, first)


async def _raise_for(endpoint: str, response: StreamedResponse) -> NoReturn:
    headers, body = dated(response.headers), await _read_error(response)
    try:
        parse_answer(endpoint, response.status, headers, body)
        raise build_error(endpoint, response.status, headers)
    finally:
        # A traceback with local variables would print what the service quotes of the request.
        del headers, body


async def _read_error(response: StreamedResponse) -> bytes:
    body = b""
    while len(body) < _MOST_ERROR_BYTES:
        chunk = await response.receive()
        if not chunk:
            break
        body += chunk
    return body
