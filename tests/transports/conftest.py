"""A server that misbehaves on request, over real sockets, in a thread of its own."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec

import pytest

from nemovideo.transports._httpx_library import CORES, HttpxLibrary, load_library

LIBRARIES = [name for name in CORES if find_spec(name)]
"""httpx2 and httpx, where they are installed."""

HUGE_LINE = b"data: " + b"x" * (2 * 2**20)


@dataclass
class Seen:
    """One request as it came in, and the number of the connection that it came on."""

    method: str
    target: str
    headers: dict[str, str]
    connection: int
    body: bytes = b""


@dataclass
class Wire:
    """One connection, from the server's side."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    stop: asyncio.Event
    go: asyncio.Event
    stands: threading.Semaphore

    async def stand(self) -> None:
        """Send and read nothing more, until the test is over."""
        await self.writer.drain()
        self.stands.release()
        await self.stop.wait()

    def answer(self, body: bytes, *headers: str, status: str = "200 OK") -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    def reset(self) -> None:
        """Close with a reset instead of an orderly end."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class HangupError(Exception):
    """The behaviour is done with this connection."""


async def _json(wire: Wire, seen: Seen) -> None:
    wire.answer(b'{"code": 0}', "Content-Type: application/json", "X-Request-Id: r-1")


async def _echo(wire: Wire, seen: Seen) -> None:
    wire.answer(json.dumps({"headers": seen.headers, "length": len(seen.body)}).encode())


async def _redirect(wire: Wire, seen: Seen) -> None:
    wire.answer(b"", "Location: /json", status="302 Found")


async def _signed_redirect(wire: Wire, seen: Seen) -> None:
    wire.answer(b"", "Location: http://cdn.example/film.mp4?signature=abc", status="302 Found")


async def _chunked(wire: Wire, seen: Seen) -> None:
    wire.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for part in (b"one ", b"two ", b"three"):
        wire.writer.write(b"%x\r\n%s\r\n" % (len(part), part))
        await wire.writer.drain()
    wire.writer.write(b"0\r\n\r\n")


async def _reset_before(wire: Wire, seen: Seen) -> None:
    wire.reset()
    raise HangupError


async def _close_before(wire: Wire, seen: Seen) -> None:
    raise HangupError


async def _truncated(wire: Wire, seen: Seen) -> None:
    wire.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    raise HangupError


async def _truncated_chunk(wire: Wire, seen: Seen) -> None:
    wire.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
    raise HangupError


async def _broken_chunk(wire: Wire, seen: Seen) -> None:
    wire.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.writer.write(b"nmv_usr_quoted\r\nhalf\r\n")
    raise HangupError


async def _late_broken_chunk(wire: Wire, seen: Seen) -> None:
    """Break off when the test has read the first chunk."""
    wire.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
    await wire.go.wait()
    wire.writer.write(b"nmv_usr_quoted\r\nhalf\r\n")
    raise HangupError


async def _stalled_body(wire: Wire, seen: Seen) -> None:
    wire.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await wire.stand()


async def _endless(wire: Wire, seen: Seen) -> None:
    """An answer that ends with its connection, which stays open."""
    wire.writer.write(b"HTTP/1.1 200 OK\r\n\r\nhello")
    await wire.stand()


async def _stalled(wire: Wire, seen: Seen) -> None:
    await wire.stand()


async def _huge_line(wire: Wire, seen: Seen) -> None:
    wire.answer(HUGE_LINE)


async def _gzip(wire: Wire, seen: Seen) -> None:
    wire.answer(gzip.compress(b"plain"), "Content-Encoding: gzip")


async def _flood(wire: Wire, seen: Seen) -> None:
    """Send for ever."""
    wire.writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not wire.stop.is_set():
        wire.writer.write(b"x" * 2**16)
        await wire.writer.drain()


async def _drip(wire: Wire, seen: Seen) -> None:
    """Send a byte now and then, for ever."""
    wire.writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    wire.stands.release()
    while not wire.stop.is_set():
        wire.writer.write(b"x")
        await wire.writer.drain()
        await asyncio.sleep(0.02)


async def _cookie(wire: Wire, seen: Seen) -> None:
    wire.answer(b"", "Set-Cookie: a=b; Path=/")


async def _garbage(wire: Wire, seen: Seen) -> None:
    wire.writer.write(b"nmv_usr_quoted this is not HTTP\r\n\r\n")
    raise HangupError


async def _once_per_connection(wire: Wire, seen: Seen) -> None:
    """Answer as if the connection were kept, and drop whatever comes next on it."""
    wire.answer(b"kept")
    await wire.writer.drain()
    await wire.reader.readuntil(b"\r\n\r\n")
    raise HangupError


BEHAVIOURS: dict[str, Callable[[Wire, Seen], Awaitable[None]]] = {
    "/json": _json,
    "/echo": _echo,
    "/redirect": _redirect,
    "/signed-redirect": _signed_redirect,
    "/chunked": _chunked,
    "/reset-before": _reset_before,
    "/close-before": _close_before,
    "/truncated": _truncated,
    "/truncated-chunk": _truncated_chunk,
    "/broken-chunk": _broken_chunk,
    "/late-broken-chunk": _late_broken_chunk,
    "/stalled-body": _stalled_body,
    "/stalled": _stalled,
    "/endless": _endless,
    "/huge-line": _huge_line,
    "/gzip": _gzip,
    "/flood": _flood,
    "/drip": _drip,
    "/cookie": _cookie,
    "/garbage": _garbage,
    "/once-per-connection": _once_per_connection,
}


@dataclass
class RawServer:
    """Where it listens, and what came in."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    loop: asyncio.AbstractEventLoop | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    ready: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released once for each request whose head came in."""
    stands: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released once for each answer that goes no further than it has come."""
    hung_up: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released once for each connection that ended."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def proceed(self) -> None:
        """Let what waits in the middle of an answer go on."""
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self.go.set)

    async def serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.stop.wait()
        # A server that is closed loses the connections that it was about to accept (Python 3.11).
        self.loop.remove_reader(server.sockets[0].fileno())
        for _ in range(5):
            await asyncio.sleep(0)
        server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        wire = Wire(reader, writer, self.connections, self.stop, self.go, self.stands)
        try:
            while True:
                await self._request(wire)
        except (HangupError, OSError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            # The test is over: nobody may be left who reads what is still to be written.
            writer.transport.abort()
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
            self.hung_up.release()

    async def _request(self, wire: Wire) -> None:
        head = (await wire.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        seen = Seen(method, target, headers, wire.number)
        self.seen.append(seen)
        self.arrived.release()
        path = f"/{target.partition('?')[0].rpartition('/')[2]}"
        if path == "/no-read":
            await wire.stand()
        if path == "/reset-in-body":
            await wire.reader.readexactly(1)
            await _reset_before(wire, seen)
        if path == "/refused-early":
            wire.answer(b"too large", status="413 Payload Too Large")
            await wire.stand()
        if path == "/continue":
            wire.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            path = "/echo"
        if method == "CONNECT":
            wire.answer(b"", status="403 Forbidden")
            raise HangupError
        seen.body = await wire.reader.readexactly(int(headers.get("content-length", 0)))
        await BEHAVIOURS[path](wire, seen)
        await wire.writer.drain()


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A fresh server in a thread of its own."""
    raw = RawServer()
    thread = threading.Thread(target=lambda: asyncio.run(raw.serve()))
    thread.start()
    raw.ready.wait()
    yield raw
    assert raw.loop is not None
    raw.loop.call_soon_threadsafe(raw.stop.set)
    thread.join()


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> HttpxLibrary:
    """Return the library that an `HttpxTransport` without a client uses in a test."""
    found = load_library(request.param)
    monkeypatch.setattr("nemovideo.transports.httpx.DEFAULT_LIBRARY", found)
    return found
