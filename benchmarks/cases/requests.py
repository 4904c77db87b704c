"""A small GET with a typed result: one after another, and 64 at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from benchmarks.case import Case, Contender, Round, Setting
from benchmarks.cases.clients import (
    aiohttp_session,
    anthropic_client,
    genai_client,
    nemovideo_client,
    openai_aiohttp_client,
    openai_client,
    replicate_client,
    runwayml_client,
)

_CREDITS = "/api/credits/balance/simple"


def _repeat(setting: Setting, request: Callable[[], Awaitable[object]]) -> Round:
    """Return a round of `amount` requests, as many at a time as the case says."""
    width = setting.options["width"]

    async def worker(count: int) -> None:
        for _ in range(count):
            await request()

    async def once() -> int:
        each = setting.amount // width
        if width == 1:
            await worker(each)
        else:
            await asyncio.gather(*(worker(each) for _ in range(width)))
        return each * width

    return once


@asynccontextmanager
async def _aiohttp(setting: Setting) -> AsyncGenerator[Round]:
    async with aiohttp_session() as session:

        async def request() -> object:
            async with session.get(setting.server + _CREDITS) as response:
                return json.loads(await response.read())

        yield _repeat(setting, request)


@asynccontextmanager
async def _socket(setting: Setting) -> AsyncGenerator[Round]:
    host, port = setting.server.removeprefix("http://").split(":")
    free = [await asyncio.open_connection(host, port) for _ in range(setting.options["width"])]
    sent = f"GET {_CREDITS} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()

    async def request() -> object:
        reader, writer = free.pop()
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2])
        body = await reader.readexactly(length)
        free.append((reader, writer))
        return json.loads(body)

    yield _repeat(setting, request)
    for _, writer in free:
        writer.close()


@asynccontextmanager
async def _nemovideo(setting: Setting) -> AsyncGenerator[Round]:
    async with nemovideo_client(setting) as client:
        yield _repeat(setting, client.credits.retrieve)


@asynccontextmanager
async def _openai(setting: Setting) -> AsyncGenerator[Round]:
    async with openai_client(setting) as client:
        yield _repeat(setting, lambda: client.models.retrieve("m"))


@asynccontextmanager
async def _openai_aiohttp(setting: Setting) -> AsyncGenerator[Round]:
    async with openai_aiohttp_client(setting) as client:
        yield _repeat(setting, lambda: client.models.retrieve("m"))


@asynccontextmanager
async def _anthropic(setting: Setting) -> AsyncGenerator[Round]:
    async with anthropic_client(setting) as client:
        yield _repeat(setting, lambda: client.models.retrieve("m"))


@asynccontextmanager
async def _runwayml(setting: Setting) -> AsyncGenerator[Round]:
    async with runwayml_client(setting) as client:
        yield _repeat(setting, lambda: client.tasks.retrieve("t"))


@asynccontextmanager
async def _replicate(setting: Setting) -> AsyncGenerator[Round]:
    async with replicate_client(setting) as client:
        yield _repeat(setting, lambda: client.predictions.async_get("p"))


@asynccontextmanager
async def _genai(setting: Setting) -> AsyncGenerator[Round]:
    async with genai_client(setting) as client:
        yield _repeat(setting, lambda: client.models.get(model="m"))


_CONTENDERS: dict[str, Contender] = {
    "aiohttp": _aiohttp,
    "socket": _socket,
    "nemovideo": _nemovideo,
    "openai on aiohttp": _openai_aiohttp,
    "openai": _openai,
    "anthropic": _anthropic,
    "runwayml": _runwayml,
    "replicate": _replicate,
    "google-genai": _genai,
}

_COSTS = (
    "35 to 40 µs of Python for an answer: 5 for headers, of which the floor sends none, 10 for"
    " limits of time and broken connections, 10 for token, retry and envelope, 10 for the type."
)

# One of theirs takes as long as five of the others, and differs by less than it is behind.
_FEWER = {name: 3 for name in _CONTENDERS if name not in ("aiohttp", "socket", "nemovideo")}

CASES = (
    Case(
        name="get",
        title="small GET, typed result, one at a time",
        unit="request",
        floor="aiohttp",
        contenders=_CONTENDERS,
        amount=480,
        quick_amount=2,
        fewer_rounds=_FEWER,
        ours=1.10,
        obstacle=_COSTS,
        rounds=9,
        options={"width": 1},
    ),
    Case(
        name="get-64",
        title="small GET, typed result, 64 at a time",
        unit="request",
        floor="aiohttp",
        contenders=_CONTENDERS,
        amount=960,
        quick_amount=64,
        fewer_rounds=_FEWER,
        ours=1.12,
        obstacle=_COSTS,
        rounds=9,
        options={"width": 64},
    ),
)
