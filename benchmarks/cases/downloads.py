"""A 500 MB file from the network to the disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.case import Case, Contender, Round, Setting
from benchmarks.cases.clients import (
    aiohttp_session,
    httpx_client,
    nemovideo_client,
    openai_aiohttp_client,
    openai_client,
)

MB = 10**6
_CHUNK_BYTES = 2**18


def _round(setting: Setting, name: str, fetch: Callable[[Path], Awaitable[object]]) -> Round:
    path = setting.folder / f"{name}.mp4"

    async def once() -> int:
        await fetch(path)
        fetched = path.stat().st_size // MB
        path.unlink()
        return fetched

    return once


def _url(setting: Setting) -> str:
    return f"{setting.server}/file/{setting.amount * MB}"


@asynccontextmanager
async def _aiohttp(setting: Setting) -> AsyncGenerator[Round]:
    async with aiohttp_session() as session:

        async def fetch(path: Path) -> None:
            async with session.get(_url(setting)) as response:
                with path.open("wb") as file:
                    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                        file.write(chunk)

        yield _round(setting, "aiohttp", fetch)


@asynccontextmanager
async def _socket(setting: Setting) -> AsyncGenerator[Round]:
    host, port = setting.server.removeprefix("http://").split(":")
    sent = f"GET /file/{setting.amount * MB} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()

    async def fetch(path: Path) -> None:
        reader, writer = await asyncio.open_connection(host, port, limit=_CHUNK_BYTES)
        writer.write(sent)
        await reader.readuntil(b"\r\n\r\n")
        left = setting.amount * MB
        with path.open("wb") as file:
            while left:
                chunk = await reader.read(_CHUNK_BYTES)
                left -= file.write(chunk)
        writer.close()
        await writer.wait_closed()

    yield _round(setting, "socket", fetch)


@asynccontextmanager
async def _nemovideo(setting: Setting) -> AsyncGenerator[Round]:
    from nemovideo import Render

    render = Render.model_validate({"id": "r", "status": "completed", "url": _url(setting)})
    async with nemovideo_client(setting) as client:
        yield _round(setting, "nemovideo", lambda path: client.renders.download(render, path))


@asynccontextmanager
async def _httpx(setting: Setting) -> AsyncGenerator[Round]:
    async with httpx_client() as client:

        async def fetch(path: Path) -> None:
            async with client.stream("GET", _url(setting)) as response:
                with path.open("wb") as file:
                    async for chunk in response.aiter_bytes():
                        file.write(chunk)

        yield _round(setting, "httpx", fetch)


@asynccontextmanager
async def _openai(setting: Setting) -> AsyncGenerator[Round]:
    async with openai_client(setting, f"/file/{setting.amount * MB}") as client:

        async def fetch(path: Path) -> None:
            async with client.files.with_streaming_response.content("f") as response:
                await response.stream_to_file(path)

        yield _round(setting, "openai", fetch)


@asynccontextmanager
async def _openai_aiohttp(setting: Setting) -> AsyncGenerator[Round]:
    async with openai_aiohttp_client(setting, f"/file/{setting.amount * MB}") as client:

        async def fetch(path: Path) -> None:
            async with client.files.with_streaming_response.content("f") as response:
                await response.stream_to_file(path)

        yield _round(setting, "openai-aiohttp", fetch)


@asynccontextmanager
async def _openai_at_once(setting: Setting) -> AsyncGenerator[Round]:
    async with openai_client(setting, f"/file/{setting.amount * MB}") as client:

        async def fetch(path: Path) -> None:
            content = await client.files.content("f")
            content.write_to_file(path)

        yield _round(setting, "openai-at-once", fetch)


_CONTENDERS: dict[str, Contender] = {
    "aiohttp chunks": _aiohttp,
    "socket": _socket,
    "nemovideo": _nemovideo,
    "openai on aiohttp": _openai_aiohttp,
    "httpx": _httpx,
    "openai": _openai,
    "openai, written at once": _openai_at_once,
}

CASES = (
    Case(
        name="download",
        title="download 500 MB to disk",
        unit="MB",
        floor="aiohttp chunks",
        contenders=_CONTENDERS,
        amount=500,
        quick_amount=1,
        ours=1.25,
        metric="wall",
        rounds=9,
        fewer_rounds={name: 1 for name in _CONTENDERS if name.startswith(("openai", "httpx"))},
        limits={"stall_ms": 20, "peak_mib": 8},
        watch=True,
    ),
)
