"""File responses, whole or in part: `ETag`, `Range` and `If-Range`."""

import asyncio
import re
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from aiohttp import web

from nemovideo.sandbox.routes.request_parsing import STATE
from nemovideo.sandbox.routes.response_writer import RESPONSE_WRITER
from nemovideo.sandbox.storage.records import StoredFile

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def parse_range(header: str | None, size: int) -> range | Literal["unsatisfiable"] | None:
    """Return the bytes that a `Range` header asks for; None: all (RFC 9110, section 14)."""
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        length = min(int(last), size)
        return range(size - length, size) if length else "unsatisfiable"
    start = int(first)
    if last and int(last) < start:
        return None
    end = min(int(last) + 1, size) if last else size
    return range(start, end) if start < size else "unsatisfiable"


async def send_file(request: web.Request, file: StoredFile) -> web.StreamResponse:
    path = request.app[STATE].store.path_of(file)
    size = (await asyncio.to_thread(path.stat)).st_size
    etag = f'"{path.stem}-{size:x}"'
    headers = {
        "Content-Type": file.media_type,
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(file.filename)}",
        "Access-Control-Allow-Origin": "*",
    }
    writer = request[RESPONSE_WRITER]
    if writer.replaces_response:
        return web.Response()
    known = request.headers.get("If-None-Match", "")
    if etag in known or known == "*":
        return web.Response(status=304, headers=headers)
    part = parse_range(request.headers.get("Range"), size)
    if request.headers.get("If-Range", etag) != etag:
        part = None
    if part == "unsatisfiable":
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    status, wanted = (206, part) if part is not None else (200, range(size))
    await writer.start(status, headers, len(wanted))
    for start in wanted[::_CHUNK] if request.method != "HEAD" else ():
        length = min(_CHUNK, wanted.stop - start)
        await writer.write(await asyncio.to_thread(_read, path, start, length))
    return await writer.close()


def _read(path: Path, start: int, size: int) -> bytes:
    # Opened for each chunk: a file opened by a thread would stay open if the request is cancelled.
    with path.open("rb") as file:
        file.seek(start)
        return file.read(size)
