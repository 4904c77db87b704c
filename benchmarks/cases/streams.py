"""Events over the wire, in the shapes of real servers: one stream, and 500 that come slowly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Literal

from benchmarks import memory
from benchmarks.case import Case, Contender, Round, Setting
from benchmarks.cases.clients import (
    aiohttp_session,
    anthropic_client,
    httpx_client,
    nemovideo_client,
    openai_client,
)
from benchmarks.payloads import PAYLOADS, letters_of

_MODES = ("blocks", "single", "paced10", "paced100")
_PAYLOADS = tuple(PAYLOADS)

FLOOR = "aiohttp lines + json"


def mode(name: str) -> int:
    """Return the number that stands for a way to send in a case's options."""
    return _MODES.index(name)


def payload(name: str) -> int:
    """Return the number that stands for a payload in a case's options."""
    return _PAYLOADS.index(name)


def _path(setting: Setting) -> str:
    options = setting.options
    return f"/{setting.amount}/{_MODES[options['mode']]}/{_PAYLOADS[options['payload']]}"


def _has_wholes(setting: Setting) -> bool:
    return _PAYLOADS[setting.options["payload"]] == "typed"


def _is_text(payload: dict[str, object], whole: bool) -> bool:
    """Say whether a payload has text that was not there before."""
    return ("content" if whole else "partial") in payload


def at_a_time(setting: Setting, follow: Callable[[], Awaitable[int]]) -> Round:
    """Return a round that follows as many streams at a time as the case says."""
    width = setting.options["width"]
    base_kib = 0

    async def once() -> int:
        nonlocal base_kib
        if width > 1 and not base_kib:
            await follow()  # what the first stream of all loads belongs to none of them
            base_kib = memory.now_kib()
            memory.forget_peak()
        counts = await asyncio.gather(*(follow() for _ in range(width)))
        if width > 1:
            setting.figures["kib_each"] = (memory.peak_kib() - base_kib) / width
        return sum(counts)

    return once


@asynccontextmanager
async def _aiohttp_anew(setting: Setting) -> AsyncGenerator[Round]:
    async with _aiohttp(setting, keep=False) as once:
        yield once


@asynccontextmanager
async def _aiohttp(setting: Setting, *, keep: bool = True) -> AsyncGenerator[Round]:
    whole = _has_wholes(setting)
    async with aiohttp_session(keep=keep) as session:

        async def follow() -> int:
            count = 0
            async with session.post(f"{setting.server}{_path(setting)}/run_sse") as response:
                async for line in response.content:
                    if line.startswith(b"data: "):
                        count += _is_text(json.loads(line[6:]), whole)
            return count

        yield at_a_time(setting, follow)


def _nemovideo(*, journal: bool) -> Contender:
    @asynccontextmanager
    async def contender(setting: Setting) -> AsyncGenerator[Round]:
        expected = letters_of(_PAYLOADS[setting.options["payload"]], setting.amount)
        async with nemovideo_client(setting, _path(setting), journal=journal) as client:

            async def follow() -> int:
                letters = 0
                async with client.messages.stream("s", "go") as events:
                    async for event in events:
                        if event.type == "text":
                            letters += len(event.text)
                # What might be an apology waits, so there may be fewer events than payloads.
                return setting.amount if letters == expected else 0

            yield at_a_time(setting, follow)

    return contender


@asynccontextmanager
async def _httpx_sse(setting: Setting) -> AsyncGenerator[Round]:
    import httpx_sse

    whole = _has_wholes(setting)
    async with httpx_client() as client:

        async def follow() -> int:
            count = 0
            url = f"{setting.server}{_path(setting)}/run_sse"
            async with httpx_sse.aconnect_sse(client, "POST", url) as source:
                async for event in source.aiter_sse():
                    if event.data:
                        count += _is_text(json.loads(event.data), whole)
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
_PAIR = {name: _CONTENDERS[name] for name in (FLOOR, "nemovideo", "httpx-sse")}
"""Those who can read any payload."""

_SHOWN = {
    "typed": "typed JSON, 200 bytes",
    "adk": "ADK JSON, 190 bytes, partial",
    "comments": "ADK JSON with a comment behind each event",
    "empty": "ADK JSON with empty data behind each event",
    "heartbeats": "ADK JSON with a heartbeat event behind each event",
    "answer": "ADK JSON: parts, their whole, tool calls, heartbeats of each kind",
}


def _case(
    name: str,
    title: str,
    sent: str,
    data: str,
    ours: float,
    *,
    server: Literal["canned", "framework"] = "canned",
    contenders: Mapping[str, Contender] = _PAIR,
) -> Case:
    return Case(
        name=name,
        title=f"{title}{' by a framework' * (server == 'framework')}: {_SHOWN[data]}",
        unit="event",
        floor=FLOOR,
        contenders=contenders,
        amount=10_000 if sent == "blocks" else 5000,
        quick_amount=100,
        ours=ours,
        options={"mode": mode(sent), "payload": payload(data), "width": 1},
        payload=_SHOWN[data],
        server=server,
        obstacle=_EVENT_COSTS,
    )


_EVENT_COSTS = (
    "what aiohttp does for each chunk, for both; and for an event that comes alone 3 µs for its"
    " JSON, the apology that it may be the beginning of, and the turn that it is folded into."
)

_OPENING_COSTS = (
    "each message opens a connection of its own (0.2 ms), where the floor keeps those of the round"
    " before, has two entries in the journal (0.1 ms each), one of them before it is sent, and"
    " takes 0.25 ms to build, check, watch and close; an answer of a few seconds weighs that more"
    " than the minutes of a real one. An event that comes alone takes 8 µs more than in the loop."
)


def _paced(name: str, every_ms: int, amount: int, ours: float, kib: float) -> Case:
    return Case(
        name=name,
        title=f"500 streams, an event every {every_ms} ms: {_SHOWN['adk']}",
        unit="event",
        floor=FLOOR,
        contenders={
            **_PAIR,
            "aiohttp, a new connection each": _aiohttp_anew,
            # The peers write nothing down of what they send.
            "nemovideo, journal off": _nemovideo(journal=False),
        },
        amount=amount,
        quick_amount=3,
        ours=ours,
        rounds=2,
        fewer_rounds={"httpx-sse": 0},
        options={"mode": mode(f"paced{every_ms}"), "payload": payload("adk"), "width": 500},
        quick_options={"width": 10},
        limits={"kib_each": kib},
        payload=_SHOWN["adk"],
        obstacle=_OPENING_COSTS,
    )


CASES = (
    _case("events", "events in blocks", "blocks", "adk", 0.60),
    _case("events-single", "events, one write each", "single", "adk", 0.80),
    _case("events-framework", "events, one write each", "single", "adk", 0.80, server="framework"),
    _case("events-answer", "events, one write each", "single", "answer", 0.80),
    _case("events-comments", "events in blocks", "blocks", "comments", 0.60),
    _case("events-empty", "events in blocks", "blocks", "empty", 0.60),
    _case("events-heartbeats", "events in blocks", "blocks", "heartbeats", 0.60),
    _case("typed", "events in blocks", "blocks", "typed", 0.50, contenders=_CONTENDERS),
    _case(
        "typed-single", "events, one write each", "single", "typed", 0.65, contenders=_CONTENDERS
    ),
    _paced("streams", 10, 300, 1.10, 40),
    _paced("streams-long", 100, 30, 1.15, 25),
)
