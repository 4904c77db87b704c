"""Typed events over the wire: one stream that is all there, and 500 that come slowly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from benchmarks import memory
from benchmarks.case import Case, Contender, Round, Setting
from benchmarks.cases.clients import (
    aiohttp_session,
    anthropic_client,
    httpx_client,
    nemovideo_client,
    openai_client,
)

_MODES = ("blocks", "single", "paced10")


def _path(setting: Setting) -> str:
    return f"/{setting.amount}/{_MODES[setting.options['mode']]}"


def _rounds(setting: Setting, follow: Callable[[], Awaitable[int]]) -> Round:
    """Return a round that follows as many streams at a time as the case says."""
    width = setting.options["width"]
    held_kib = 0

    async def once() -> int:
        nonlocal held_kib
        if width > 1 and not held_kib:
            await follow()  # what the first stream of all loads belongs to none of them
            held_kib = memory.now_kib()
            memory.forget_peak()
        told = await asyncio.gather(*(follow() for _ in range(width)))
        if width > 1:
            setting.figures["kib_each"] = (memory.peak_kib() - held_kib) / width
        return sum(told)

    return once


@asynccontextmanager
async def _aiohttp(setting: Setting) -> AsyncIterator[Round]:
    async with aiohttp_session() as session:

        async def follow() -> int:
            count = 0
            async with session.post(f"{setting.server}{_path(setting)}/run_sse") as response:
                async for line in response.content:
                    if line.startswith(b"data: "):
                        count += "content" in json.loads(line[6:])
            return count

        yield _rounds(setting, follow)


@asynccontextmanager
async def _nemovideo(setting: Setting) -> AsyncIterator[Round]:
    async with nemovideo_client(setting, _path(setting)) as client:

        async def follow() -> int:
            count = 0
            async with client.messages.stream("s", "go") as events:
                async for event in events:
                    count += event.type == "text"
            return count

        yield _rounds(setting, follow)


@asynccontextmanager
async def _httpx_sse(setting: Setting) -> AsyncIterator[Round]:
    import httpx_sse

    async with httpx_client() as client:

        async def follow() -> int:
            count = 0
            url = f"{setting.server}{_path(setting)}/run_sse"
            async with httpx_sse.aconnect_sse(client, "POST", url) as source:
                async for event in source.aiter_sse():
                    count += "content" in json.loads(event.data)
            return count

        yield _rounds(setting, follow)


@asynccontextmanager
async def _openai(setting: Setting) -> AsyncIterator[Round]:
    async with openai_client(setting, _path(setting)) as client:

        async def follow() -> int:
            count = 0
            stream = await client.chat.completions.create(model="m", messages=[], stream=True)
            async for chunk in stream:
                count += chunk.choices[0].delta.content is not None
            return count

        yield _rounds(setting, follow)


@asynccontextmanager
async def _anthropic(setting: Setting) -> AsyncIterator[Round]:
    async with anthropic_client(setting, _path(setting)) as client:

        async def follow() -> int:
            count = 0
            stream = await client.messages.create(model="m", max_tokens=9, messages=[], stream=True)
            async for event in stream:
                count += event.type == "content_block_delta"
            return count

        yield _rounds(setting, follow)


_CONTENDERS: dict[str, Contender] = {
    "aiohttp lines + json": _aiohttp,
    "nemovideo": _nemovideo,
    "httpx-sse": _httpx_sse,
    "anthropic": _anthropic,
    "openai": _openai,
}


def _case(
    name: str,
    title: str,
    mode: str,
    amount: int,
    quick_amount: int,
    ours: float,
    *,
    width: int = 1,
    rounds: int = 9,
    limits: dict[str, float] | None = None,
) -> Case:
    return Case(
        name=name,
        title=title,
        unit="event",
        floor="aiohttp lines + json",
        contenders=_CONTENDERS,
        amount=amount,
        quick_amount=quick_amount,
        ours=ours,
        rounds=rounds,
        options={"mode": _MODES.index(mode), "width": width},
        limits=limits or {},
    )


CASES = (
    _case("events", "typed events over the wire, in blocks", "blocks", 10_000, 500, 0.50),
    _case("events-single", "typed events over the wire, one write each", "single", 5000, 500, 0.65),
    _case(
        "streams",
        "500 streams, an event every 10 ms",
        "paced10",
        30,
        3,
        1.10,
        width=500,
        rounds=2,
        limits={"kib_each": 30},
    ),
)
