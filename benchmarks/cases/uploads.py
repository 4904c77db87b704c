"""A 500 MB file by its path, as a multipart form."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.case import Case, Contender, Round, Setting
from benchmarks.cases.clients import (
    aiohttp_session,
    nemovideo_client,
    openai_aiohttp_client,
    openai_client,
    runwayml_client,
)

MB = 10**6
_PIECE_BYTES = 2**18


def file_of(setting: Setting) -> Path:
    """Return the file to send, made the first time: an MP4 by its head, zeros otherwise."""
    path = setting.folder / f"clip-{setting.amount}.mp4"
    size = setting.amount * MB
    if not path.exists() or path.stat().st_size != size:
        own = path.with_suffix(f".{os.getpid()}")
        with own.open("wb") as file:
            file.write(b"\x00\x00\x00\x18ftypmp42")
            block = os.urandom(MB)
            while file.tell() < size:
                file.write(block[: size - file.tell()])
        own.replace(path)
    return path


def _round(setting: Setting, send: Callable[[Path], Awaitable[object]]) -> Round:
    path = file_of(setting)

    async def once() -> int:
        if setting.options["cold"]:
            _forget_pages(path)
        await send(path)
        return setting.amount

    return once


def _forget_pages(path: Path) -> None:
    """Have the kernel drop what it keeps of a file in memory."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@asynccontextmanager
async def _aiohttp(setting: Setting) -> AsyncGenerator[Round]:
    import aiohttp

    async with aiohttp_session() as session:

        async def send(path: Path) -> object:
            with path.open("rb") as file:
                form = aiohttp.FormData()
                form.add_field("files", file, filename=path.name, content_type="video/mp4")
                url = f"{setting.server}/api/upload-video/nemo_agent/me/s"
                async with session.post(url, data=form) as response:
                    return await response.json()

        yield _round(setting, send)


@asynccontextmanager
async def _socket(setting: Setting) -> AsyncGenerator[Round]:
    host, port = setting.server.removeprefix("http://").split(":")
    head = f"POST /api/upload-video/nemo_agent/me/s HTTP/1.1\r\nHost: {host}\r\n"

    def send(path: Path) -> None:
        length = f"Content-Length: {path.stat().st_size}\r\n\r\n"
        piece = memoryview(bytearray(_PIECE_BYTES))
        with path.open("rb", 0) as file, socket.create_connection((host, int(port))) as opened:
            opened.sendall(f"{head}{length}".encode())
            while read := file.readinto(piece):
                opened.sendall(piece[:read])
            opened.recv(_PIECE_BYTES)

    yield _round(setting, lambda path: asyncio.to_thread(send, path))


@asynccontextmanager
async def _nemovideo(setting: Setting) -> AsyncGenerator[Round]:
    async with nemovideo_client(setting) as client:
        yield _round(setting, lambda path: client.uploads.create("s", path))


@asynccontextmanager
async def _openai(setting: Setting) -> AsyncGenerator[Round]:
    async with openai_client(setting) as client:
        yield _round(setting, lambda path: client.files.create(file=path, purpose="user_data"))


@asynccontextmanager
async def _openai_aiohttp(setting: Setting) -> AsyncGenerator[Round]:
    async with openai_aiohttp_client(setting) as client:

        async def send(path: Path) -> object:
            with path.open("rb") as file:
                return await client.files.create(file=file, purpose="user_data")

        yield _round(setting, send)


@asynccontextmanager
async def _runwayml(setting: Setting) -> AsyncGenerator[Round]:
    async with runwayml_client(setting) as client:
        yield _round(setting, lambda path: client.uploads.create_ephemeral(file=path))


_CONTENDERS: dict[str, Contender] = {
    "aiohttp FormData": _aiohttp,
    "socket": _socket,
    "nemovideo": _nemovideo,
    "openai on aiohttp, open file": _openai_aiohttp,
    "openai, by path": _openai,
    "runwayml, by path": _runwayml,
}


def _case(name: str, title: str, ours: float, cold: bool) -> Case:
    return Case(
        name=name,
        title=title,
        unit="MB",
        floor="aiohttp FormData",
        contenders=_CONTENDERS,
        amount=500,
        quick_amount=1,
        ours=ours,
        metric="wall",
        rounds=3,
        options={"cold": int(cold)},
        limits={"stall_ms": 10, "peak_mib": 16},
        watch=True,
        obstacle="aiohttp's own sending, which takes 0.49 of the floor's time for bytes that are in"
        " memory already.",
    )


CASES = (
    _case("upload", "upload 500 MB by path, from the page cache", 0.50, cold=False),
    _case("upload-cold", "upload 500 MB by path, from the disk", 0.75, cold=True),
)
