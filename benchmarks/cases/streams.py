"""Typed events over the wire: one stream that is all there, and 500 that come slowly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
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

_MODES = ("blocks", "single", "paced10", "paced100")

FLOOR = "aiohttp lines + json"


def mode(name: str) -> int:
    """Return the number that stands for a way to send in a case's options."""
    return _MODES.index(name)


def _path(setting: Setting) -> str:
    return f"/{setting.amount}/{_MODES[setting.options['mode']]}"


def at_a_time(setting: Setting, follow: Callable[[], Awaitable[int]]) -> Round:
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
async def _aiohttp(setting: Setting) -> AsyncGenerator[Round]:
    async with aiohttp_session() as session:

        async def follow() -> int:
            count = 0
            async with session.post(f"{setting.server}{_path(setting)}/run_sse") as response:
                async for line in response.content:
                    if line.startswith(b"data: "):
                        count += "content" in json.loads(line[6:])
            return count

        yield at_a_time(setting, follow)


def _nemovideo(*, journal: bool) -> Contender:
    @asynccontextmanager
    async def contender(setting: Setting) -> AsyncGenerator[Round]:
        async with nemovideo_client(setting, _path(setting), journal=journal) as client:

            async def follow() -> int:
                count = 0
                async with client.messages.stream("s", "go") as events:
                    async for event in events:
                        count += event.type == "text"
                return count

            yield at_a_time(setting, follow)

    return contender


@asynccontextmanager
async def _httpx_sse(setting: Setting) -> AsyncGenerator[Round]:
    import httpx_sse

    async with httpx_client() as client:

        async def follow() -> int:
            count = 0
            url = f"{setting.server}{_path(setting)}/run_sse"
            async with httpx_sse.aconnect_sse(client, "POST", url) as source:
                async for event in source.aiter_sse():
                    count += "content" in json.loads(event.data)
            return count

        yield at_a_time(setting, follow)


@asynccontextmanager
async def _openai(setting: Setting) -> AsyncGenerator[Round]:
    async with openai_client(setting, _path(setting)) as client:

        async def follow() -> int:
            count = 0
            stream = await client.chat.completions.create(model="m", messages=[], stream=True)
            async for chunk in stream:
                count += chunk.choices[0].delta.content is not None
            return count

        yield at_a_time(setting, follow)


@asynccontextmanager
async def _anthropic(setting: Setting) -> AsyncGenerator[Round]:
    async with anthropic_client(setting, _path(setting)) as client:

        async def follow() -> int:
            count = 0
            stream = await client.messages.create(model="m", max_tokens=9, messages=[], stream=True)
            async for event in stream:
                count += event.type == "content_block_delta"
            return count

        yield at_a_time(setting, follow)


_CONTENDERS: dict[str, Contender] = {
    FLOOR: _aiohttp,
    "nemovideo": _nemovideo(journal=True),
    "httpx-sse": _httpx_sse,
    "anthropic": _anthropic,
    "openai": _openai,
}
# The peers write nothing down of what they send.
_UNWRITTEN: dict[str, Contender] = {"nemovideo, journal off": _nemovideo(journal=False)}


def _case(
    name: str,
    title: str,
    sent: str,
    amount: int,
    quick_amount: int,
    ours: float,
    *,
    held_up: str,
) -> Case:
    return Case(
        name=name,
        title=title,
        unit="event",
        floor=FLOOR,
        contenders=_CONTENDERS,
        amount=amount,
        quick_amount=quick_amount,
        ours=ours,
        options={"mode": mode(sent), "width": 1},
        held_up=held_up,
    )


_EVENT_COSTS = (
    "every event costs 0.3 µs for its bytes, 0.5 for its JSON, 0.1 for its `Text` and, where it"
    " comes alone, 1.5 to hold back what may be an apology and to fold it into the turn"
)

_OPENING_COSTS = (
    "each message opens a connection of its own (0.25 ms), where the floor keeps those of the round"
    " before, and is entered in the journal before it is sent (0.1 ms); an answer of a second"
    " weighs that more than the minutes of a real one; and of the memory 30 KiB a hundred events"
    " are the answer's words, which the floor drops"
)

CASES = (
    _case(
        "events",
        "typed events over the wire, in blocks",
        "blocks",
        10_000,
        500,
        0.50,
        held_up=f"{_EVENT_COSTS}.",
    ),
    _case(
        "events-single",
        "typed events over the wire, one write each",
        "single",
        5000,
        500,
        0.65,
        held_up=f"{_EVENT_COSTS}; and aiohttp handles each chunk for both.",
    ),
    Case(
        name="streams",
        title="500 streams, an event every 10 ms",
        unit="event",
        floor=FLOOR,
        contenders={**_CONTENDERS, **_UNWRITTEN},
        amount=100,
        quick_amount=3,
        ours=1.10,
        rounds=2,
        fewer_rounds={"anthropic": 1, "httpx-sse": 0, "openai": 0},
        options={"mode": mode("paced10"), "width": 500},
        quick_options={"width": 10},
        limits={"kib_each": 30},
        held_up=f"{_OPENING_COSTS}.",
    ),
    Case(
        name="streams-long",
        title="500 streams of 6 s, an event every 100 ms",
        unit="event",
        floor=FLOOR,
        contenders={FLOOR: _aiohttp, "nemovideo": _nemovideo(journal=True)},
        amount=60,
        quick_amount=3,
        ours=1.10,
        rounds=1,
        options={"mode": mode("paced100"), "width": 500},
        quick_options={"width": 10},
        limits={"kib_each": 30},
        held_up=f"{_OPENING_COSTS}.",
    ),
)
