"""`Recorder`: a transport that writes down what it carries."""

from __future__ import annotations

import itertools
import json
import logging
import os
import threading
import time
import zlib
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import anyio
from anyio import to_thread

from nemovideo._version import __version__
from nemovideo.concurrency.async_generators import unhooked
from nemovideo.concurrency.event_loop import current_async_library
from nemovideo.errors import InvalidInputError
from nemovideo.recording.observed_stream import ObservedStream
from nemovideo.recording.redactor import Redactor
from nemovideo.recording.stream_lines import Line, StreamLines
from nemovideo.security.printable_text import printable_json
from nemovideo.security.private_files import StoreUnavailable, map_os_errors, open_private
from nemovideo.transports.base import Request, Response, StreamedResponse, Transport
from nemovideo.transports.default import default_transport

_logger = logging.getLogger(__name__)

_HEADERS: Final = frozenset(
    {
        *("accept-ranges", "content-encoding", "content-length", "content-range", "content-type"),
        *("date", "etag", "location", "retry-after", "x-request-id"),
    }
)
"""The headers of a response that are written down."""

_MAX_TEXT_BYTES: Final = 2**20
"""Larger bodies that are no JSON are written down as their size."""


class Recorder:
    """A transport that writes each exchange to a file, as JSON Lines that a person can read.

    A recording has requests, responses, the events of streams and when each came. It has no token,
    client id, query of a URL or e-mail address, and of files only their size. What users wrote and
    how they named their files is in it. The file is appended to, and only its owner may read it.

    Args:
        path: The file.
        transport: What carries the requests; the default transport if it is None. You close it.

    Raises:
        InvalidInputError: The file cannot be written.

    Example:
        ```python
        async with Recorder("session.jsonl") as recorder:
            async with AsyncNemoVideo(transport=recorder) as client:
                await client.generate("a panda")
        with Sandbox(agent=ReplayAgent("session.jsonl")) as sandbox:
            ...  # "a panda" gets the same answer
        ```
    """

    def __init__(self, path: str | os.PathLike[str], transport: Transport | None = None) -> None:
        self._file = _RecordingFile(path)
        self._given = transport
        self._made: dict[str, Transport] = {}
        self._redactor = Redactor()
        self._numbers = itertools.count(1)

    async def send(self, request: Request) -> Response:
        """Send `request`, and write down the exchange."""
        exchange = _Exchange(self._file, self._redactor, request, next(self._numbers))
        try:
            response = await self._transport().send(request)
        except BaseException as error:
            await exchange.fail(error)
            raise
        await exchange.answer(response.status, response.headers, response.body)
        return response

    def stream(self, request: Request) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send `request`, and write down its response as it is read."""
        return self._stream(request)

    @asynccontextmanager
    @unhooked
    async def _stream(self, request: Request) -> AsyncGenerator[StreamedResponse, None]:
        exchange = _Exchange(self._file, self._redactor, request, next(self._numbers))
        recorded: _RecordedStream | None = None
        try:
            async with self._transport().stream(request) as response:
                recorded = _RecordedStream(response, exchange)
                await recorded.begin()
                yield recorded
        except BaseException as error:
            await (exchange.fail(error) if recorded is None else recorded.finish(error))
            raise
        await recorded.finish()

    async def aclose(self) -> None:
        """Close the connections of the default transport; one that was given is yours."""
        while self._made:
            _, transport = self._made.popitem()
            await transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _transport(self) -> Transport:
        if self._given is not None:
            return self._given
        running = current_async_library()
        return self._made.get(running) or self._made.setdefault(running, default_transport())


class _RecordingFile:
    """The file; what fails in writing it never disturbs what is recorded."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._failed = False
        about: Line = {"recording": 1, "by": f"nemovideo {__version__}"}
        try:
            self._append(_encoded(about) if self._is_new() else b"")
        except StoreUnavailable as error:
            raise InvalidInputError(
                f"path: {error}",
                parameter="path",
                accepted=("a file of yours, new or a recording, in a folder that exists",),
            ) from error

    def _is_new(self) -> bool:
        with map_os_errors(self.path):
            return not self.path.exists() or self.path.stat().st_size == 0

    async def write(self, build: Callable[[], Iterable[Line]]) -> None:
        """Append lines, built in a thread; not even a cancelled task leaves some of them out."""
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(self._write, build)

    def _write(self, build: Callable[[], Iterable[Line]]) -> None:
        try:
            with self._lock:
                self._append(b"".join(map(_encoded, build())))
        except Exception as error:  # noqa: BLE001  # what is recorded goes on, whatever fails here
            if not self._failed:
                reason = error if isinstance(error, StoreUnavailable) else type(error).__name__
                _logger.warning("The recording is not complete: %s", reason)
            self._failed = True

    def _append(self, data: bytes) -> None:
        with map_os_errors(self.path):
            # Opened for each write: a recorder that nobody closes leaves no file open.
            handle = open_private(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            with os.fdopen(handle, "ab", buffering=0) as file:
                while data:
                    data = data[file.write(data) or 0 :]


class _Exchange:
    """One request and its response, as lines."""

    def __init__(
        self, file: _RecordingFile, redactor: Redactor, request: Request, number: int
    ) -> None:
        redactor.learn_headers(request.headers)
        self._file = file
        self.redactor = redactor
        self._request = request
        self._number = number
        self._started = time.monotonic()
        self._at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._started, 3)

    async def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        def build() -> Iterator[Line]:
            content = _content(_unpacked(headers, body), headers, self.redactor)
            yield self._head(status, headers) | {"response": content, "seconds": seconds}

        seconds = self.seconds
        await self._file.write(build)

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        seconds = self.seconds
        await self._file.write(lambda: [self._head(status, headers) | {"seconds": seconds}])

    async def go_on(self, build: Callable[[], Iterable[Line]]) -> None:
        """Write more lines of an exchange that has begun."""
        number = self._number
        await self._file.write(lambda: ({"exchange": number} | line for line in build()))

    async def fail(self, error: BaseException) -> None:
        seconds = self.seconds
        line: Line = {"error": self.describe(error), "seconds": seconds}
        await self._file.write(lambda: [self._head() | line])

    def describe(self, error: BaseException) -> str:
        if not isinstance(error, Exception):
            return "cancelled"
        return self.redactor.text(f"{type(error).__name__}: {error}".rstrip(": "))

    def _head(self, status: int | None = None, headers: Mapping[str, str] | None = None) -> Line:
        request = self._request
        shown = self.redactor.text(f"{request.method} {_without_query(request.url)}")
        line: Line = {"at": self._at, "exchange": self._number, "request": shown}
        if isinstance(request.body, bytes):
            line["body"] = _content(request.body, request.headers, self.redactor)
        elif request.body is not None:
            kind = request.body.content_type.partition(";")[0]
            line["body"] = {"content_type": kind, "bytes": request.body.content_length}
        if status is None or headers is None:
            return line
        text = self.redactor.text
        logged = {name: text(value) for name, value in headers.items() if name in _HEADERS}
        if "location" in logged:
            logged["location"] = _without_query(logged["location"])
        return line | {"status": status, "headers": logged}


class _RecordedStream(ObservedStream):
    """A response that is written down while it is read."""

    def __init__(self, response: StreamedResponse, exchange: _Exchange) -> None:
        super().__init__(response)
        self._exchange = exchange
        self._lines = StreamLines(exchange.redactor)
        self._is_stream = "event-stream" in response.headers.get("content-type", "")
        self._unpack = zlib.decompressobj(47) if "content-encoding" in response.headers else None
        self._body = bytearray()
        self._bytes = 0
        self._ended = False
        self._failure: Exception | None = None

    async def begin(self) -> None:
        await self._exchange.begin(self.status, self.headers)

    def failed(self, error: Exception) -> None:
        self._failure = error

    async def observe(self, chunk: bytes) -> None:
        self._ended = self._ended or not chunk
        self._bytes += len(chunk)
        if self._is_stream and chunk:
            seconds, unpacked = self._exchange.seconds, self._unpacked(chunk)
            await self._exchange.go_on(lambda: self._lines.feed(unpacked, seconds))
        elif len(self._body) < _MAX_TEXT_BYTES:
            self._body += chunk

    def _unpacked(self, chunk: bytes) -> bytes:
        if self._unpack is None:
            return chunk
        try:
            return self._unpack.decompress(chunk, _MAX_TEXT_BYTES)
        except zlib.error:
            return b""

    async def finish(self, error: BaseException | None = None) -> None:
        """Write down how it ended; a reader that leaves is no error."""

        def build() -> Iterator[Line]:
            yield from self._lines.end()
            if not self._is_stream:
                whole = self._bytes == len(self._body)
                body = _unpacked(self.headers, bytes(self._body)) if whole else b"\0"
                line["response"] = _content(body, self.headers, exchange.redactor, self._bytes)
            yield line | {"bytes": self._bytes, "seconds": seconds}

        exchange, seconds = self._exchange, self._exchange.seconds
        line: Line = {"end": "complete" if self._ended else "closed by the client"}
        if self._failure is not None:
            line = {"error": exchange.describe(self._failure)}
        elif error is not None and not isinstance(error, Exception | GeneratorExit):
            line = {"error": "cancelled"}
        await exchange.go_on(build)


def _without_query(url: str) -> str:
    start = min((place for mark in "?#" if (place := url.find(mark)) >= 0), default=None)
    return url if start is None else f"{url[:start]}?…"


def _unpacked(headers: Mapping[str, str], body: bytes) -> bytes:
    if "content-encoding" not in headers:
        return body
    try:
        return zlib.decompressobj(47).decompress(body, 16 * _MAX_TEXT_BYTES)
    except zlib.error:
        return body


def _content(
    body: bytes, headers: Mapping[str, str], redactor: Redactor, size: int | None = None
) -> object:
    """Return a body as JSON, as text, or as its size where it is neither."""
    if not body:
        return None
    kind = headers.get("content-type", "").partition(";")[0]
    try:
        return redactor.json(json.loads(body))
    except (ValueError, RecursionError):
        pass
    if len(body) <= _MAX_TEXT_BYTES and b"\0" not in body and not kind.startswith(_BINARY):
        try:
            return redactor.text(body.decode())
        except UnicodeDecodeError:
            pass
    return {"content_type": kind, "bytes": len(body) if size is None else size}


_BINARY: Final = ("video/", "audio/", "image/", "application/octet-stream")


def _encoded(line: Line) -> bytes:
    return f"{printable_json(line)}\n".encode()
