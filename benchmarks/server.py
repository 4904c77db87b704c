"""The fixture servers: canned answers from a process of their own, as fast as plain asyncio goes.

Two, so that what is measured is the client: one writes bytes that are ready, from a bare protocol;
the other one streams the same events through a web framework, as real services do.

Whatever a benchmark asks for is said in the path, so that every contender, whose client chooses the
rest of the address, can be pointed at the same work:

```
/<events>/<mode>/<payload>/…   a stream of so many events; mode: blocks, single, paced10 (one every
                               10 ms); payload: a name of `payloads.PAYLOADS`
/file/<bytes>                  a file
anything else                  a short JSON answer, the body of the request counted and dropped
```
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine
from contextlib import suppress
from functools import lru_cache

from aiohttp import web

from benchmarks.payloads import PEERS, stream

BLOCK_BYTES = 64 * 2**10
_SMALL_BUFFER = 16 * 2**10
_DROPPED = bytearray(2**20)  # what nobody looks at may be read into one place for all connections
_ZEROS = bytes(256 * 2**10)

_MODEL = {
    "id": "m",
    "object": "model",
    "created": 1,
    "owned_by": "o",
    "type": "model",
    "display_name": "d",
    "created_at": "2025-01-01T00:00:00Z",
}
_TASK = {"id": "t", "status": "RUNNING", "createdAt": "2025-01-01T00:00:00Z", "progress": 0.5}
_UPLOADED = {
    "code": 0,
    "data": {
        "files": [{"filename": "f.mp4", "file_type": "video", "cdn_url": "http://127.0.0.1/f"}],
        "session_state_applied": True,
    },
}
_FILE = {
    "id": "f",
    "object": "file",
    "bytes": 1,
    "created_at": 1,
    "filename": "f",
    "purpose": "user_data",
    "status": "processed",
}
_ANSWERS: dict[str, object] = {
    "/api/credits/": {"code": 0, "data": {"available": 87.5, "frozen": 0, "total": 87.5}},
    "/v1/models/": _MODEL,
    "/v1/tasks/": _TASK,
    "/v1/predictions/": {
        "id": "p",
        "model": "m",
        "status": "succeeded",
        "input": {},
        "version": "v",
    },
    "/models/": {"name": "models/m", "displayName": "d"},
    "/api/upload-video/": _UPLOADED,
    "/v1/files": _FILE,
    "/files": _FILE,
}


def _json_answer(value: object) -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


_READY = {part: _json_answer(value) for part, value in _ANSWERS.items()}
_NOTHING = _json_answer({"code": 0, "data": {}})
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)


_STREAMED = ("/run_sse", *PEERS)


class Connection(asyncio.BufferedProtocol):
    """One client's connection, requests one after another."""

    def __init__(self) -> None:
        self._buffer = bytearray(_SMALL_BUFFER)
        self._head = b""
        self._body_left = 0
        self._path = ""
        self._has_space = asyncio.Event()
        self._has_space.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        for task in self._tasks:
            task.cancel()

    def pause_writing(self) -> None:
        self._has_space.clear()

    def resume_writing(self) -> None:
        self._has_space.set()

    def get_buffer(self, sizehint: int) -> bytearray:
        return _DROPPED if self._body_left else self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._body_left:
            self._body_left -= nbytes
            if not self._body_left:
                self._answer()
            return
        self._head += bytes(self._buffer[:nbytes])
        if b"\r\n\r\n" in self._head:
            self._begin()

    def _begin(self) -> None:
        head, _, rest = self._head.partition(b"\r\n\r\n")
        self._head = b""
        self._path = head.split(b" ", 2)[1].decode()
        lowered = head.lower()
        length = 0
        if b"content-length:" in lowered:
            length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
        if b"expect: 100-continue" in lowered:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._body_left = length - len(rest)
        if not self._body_left:
            self._answer()

    def _answer(self) -> None:
        path = self._path.partition("?")[0]
        if path == "/v1/uploads":
            return self._transport.write(_place_to_upload(self._transport))
        if path.startswith("/file/"):
            return self._run(self._file(int(path.split("/")[2])))
        if path.endswith(_STREAMED):
            return self._run(self._stream(*_asked(path)))
        found = (answer for part, answer in _READY.items() if part in path)
        self._transport.write(next(found, _NOTHING))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stream(self, path: str, count: int, mode: str, payload: str) -> None:
        self._transport.write(_STREAM_HEAD)
        pieces = _canned(path, count, mode, payload)
        pause = _pause(mode)
        loop = asyncio.get_running_loop()
        due = loop.time()
        for number, piece in enumerate(pieces):
            self._transport.write(piece)
            if pause:
                due += pause
                await asyncio.sleep(due - loop.time())
            elif number % 16 == 0:  # let the other side read some before there is more
                await asyncio.sleep(0)
            await self._has_space.wait()
        self._transport.write(b"0\r\n\r\n")

    async def _file(self, size: int) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {size}\r\n\r\n"
        self._transport.write(head.encode())
        while size:
            piece = _ZEROS[: min(size, len(_ZEROS))]
            self._transport.write(piece)
            size -= len(piece)
            await self._has_space.wait()


def _place_to_upload(transport: asyncio.Transport) -> bytes:
    port = transport.get_extra_info("sockname")[1]
    url = f"http://127.0.0.1:{port}/place"
    return _json_answer({"uploadUrl": url, "fields": {}, "runwayUri": "runway://f"})


def _asked(path: str) -> tuple[str, int, str, str]:
    count, mode, payload = path.split("/")[1:4]
    return path, int(count), mode, payload


def _pause(mode: str) -> float:
    return int(mode.removeprefix("paced")) / 1000 if mode.startswith("paced") else 0.0


def _pieces(path: str, count: int, mode: str, payload: str) -> list[bytes]:
    """Return what is written at a time: an event, or a block of them."""
    events = stream(path, payload, count)
    if mode != "blocks":
        return events
    whole = b"".join(events)
    return [whole[start : start + BLOCK_BYTES] for start in range(0, len(whole), BLOCK_BYTES)]


@lru_cache(maxsize=8)
def _canned(path: str, count: int, mode: str, payload: str) -> list[bytes]:
    """Return the bytes to be written, each piece as a chunk of HTTP."""
    pieces = _pieces(path, count, mode, payload)
    return [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]


async def _stream_by_framework(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    path, count, mode, payload = _asked(request.path)
    for piece in _pieces(path, count, mode, payload):
        await response.write(piece)
        await asyncio.sleep(_pause(mode))
    return response


async def serve() -> None:
    """Serve until standard input ends, having said the ports on standard output."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096)
    app = web.Application()
    app.router.add_post("/{path:.*}", _stream_by_framework)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    print(server.sockets[0].getsockname()[1], runner.addresses[0][1], flush=True)
    with suppress(asyncio.CancelledError):
        await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
