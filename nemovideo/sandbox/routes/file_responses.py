"""Files over HTTP: whole or in part, with `ETag`, `Range` and `If-Range`."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from aiohttp import web

from nemovideo.sandbox.routes.response_writer import RESPONSE_WRITER
from nemovideo.sandbox.service.signed_links import FileOnDisk

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


@dataclass(frozen=True)
class Part:
    """The bytes from `start` up to, not including, `end`."""

    start: int
    end: int


def parse_range(header: str | None, size: int) -> Part | Literal["unsatisfiable"] | None:
    """What a `Range` header asks for; None means the whole file (RFC 9110, section 14)."""
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        wanted = min(int(last), size)
        return Part(size - wanted, size) if wanted else "unsatisfiable"
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    return Part(start, end) if start < size else "unsatisfiable"


async def send_file(request: web.Request, found: FileOnDisk) -> web.StreamResponse:
    """Answer with a file, or the part of it that is asked for."""
    size = (await asyncio.to_thread(found.path.stat)).st_size
    etag = f'"{found.path.stem}-{size:x}"'
    headers = {
        "Content-Type": found.media_type,
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(found.filename)}",
        "Access-Control-Allow-Origin": "*",
    }
    writer = request[RESPONSE_WRITER]
    if writer.replaces_response:
        return web.Response()
    held = request.headers.get("If-None-Match", "")
    if etag in held or held == "*":
        return web.Response(status=304, headers=headers)
    part = parse_range(request.headers.get("Range"), size)
    if request.headers.get("If-Range", etag) != etag:
        part = None
    if part == "unsatisfiable":
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    status, wanted = (206, part) if part is not None else (200, Part(0, size))
    await writer.start(status, headers, wanted.end - wanted.start)
    if request.method != "HEAD":
        await _send(request, found.path, wanted)
    return await writer.close()


async def _send(request: web.Request, path: Path, part: Part) -> None:
    writer = request[RESPONSE_WRITER]
    place = part.start
    while place < part.end:
        chunk = await asyncio.to_thread(_read, path, place, min(_CHUNK, part.end - place))
        if not chunk:
            return
        await writer.write(chunk)
        place += len(chunk)


def _read(path: Path, start: int, size: int) -> bytes:
    # Opened each time: a file that a thread opens for a request that is cancelled just then would
    # stay open.
    with path.open("rb") as file:
        file.seek(start)
        return file.read(size)
