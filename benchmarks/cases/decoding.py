"""Server-sent events in memory: bytes in, events out."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from types import SimpleNamespace

from benchmarks.case import Case, Contender, Round, Setting
from benchmarks.payloads import EVENT_BYTES, plain_events

Decode = Callable[[list[bytes]], int]
"""Decodes a stream that comes in these chunks, and returns how many events it had."""


def _chunks(setting: Setting) -> list[bytes]:
    size, chunk = setting.options["event"], setting.options["chunk"]
    whole = plain_events(setting.amount, size)
    return [whole[start : start + chunk] for start in range(0, len(whole), chunk)]


def _contender(build: Callable[[], Decode]) -> Contender:
    @asynccontextmanager
    async def contender(setting: Setting) -> AsyncIterator[Round]:
        decode, chunks = build(), _chunks(setting)

        async def once() -> int:
            return decode(chunks)

        yield once

    return contender


def _splitlines() -> Decode:
    def decode(chunks: list[bytes]) -> int:
        # The least that anybody must do, with all of it there at once: text, in lines.
        return len(b"".join(chunks).decode().splitlines()) // 2

    return decode


def _nemovideo() -> Decode:
    from nemovideo.sse import SSEDecoder

    def decode(chunks: list[bytes]) -> int:
        decoder = SSEDecoder()
        return sum(len(decoder.feed(chunk)) for chunk in chunks)

    return decode


def _httpx_sse() -> Decode:
    from httpx_sse._decoders import SSEDecoder, SSELineDecoder

    def decode(chunks: list[bytes]) -> int:
        text, lines = codecs.getincrementaldecoder("utf-8")(), SSELineDecoder()
        decoder = SSEDecoder()
        events = 0
        for chunk in chunks:
            for line in lines.decode(text.decode(chunk)):
                events += decoder.decode(line) is not None
        return events

    return decode


def _stainless(package: str) -> Callable[[], Decode]:
    """Return the decoder of an SDK that was made with Stainless' generator."""

    def build() -> Decode:
        streaming = import_module(f"{package}._streaming")

        def decode(chunks: list[bytes]) -> int:
            return sum(1 for _ in streaming.SSEDecoder().iter_bytes(iter(chunks)))

        return decode

    return build


def _aiohttp_sse() -> Contender:
    @asynccontextmanager
    async def contender(setting: Setting) -> AsyncIterator[Round]:
        from aiohttp import StreamReader
        from aiohttp_sse_client2.client import EventSource

        chunks = _chunks(setting)

        async def once() -> int:
            protocol = SimpleNamespace(
                _reading_paused=False, pause_reading=lambda: None, resume_reading=lambda: None
            )
            content = StreamReader(protocol, 2**16)  # type: ignore[arg-type]  # all it asks of one
            source = EventSource("http://127.0.0.1/", session=SimpleNamespace())
            source._response = SimpleNamespace(status=200, content=content)
            source._origin = "http://127.0.0.1"
            for chunk in chunks:
                content.feed_data(chunk)
            events = 0
            while events < setting.amount:
                await anext(source)
                events += 1
            return events

        yield once

    return contender


CONTENDERS: dict[str, Contender] = {
    "splitlines": _contender(_splitlines),
    "nemovideo": _contender(_nemovideo),
    "httpx-sse": _contender(_httpx_sse),
    "anthropic": _contender(_stainless("anthropic")),
    "runwayml": _contender(_stainless("runwayml")),
    "openai": _contender(_stainless("openai")),
    "aiohttp-sse-client2": _aiohttp_sse(),
}
_LARGE = {name: CONTENDERS[name] for name in ("splitlines", "nemovideo", "httpx-sse", "openai")}


def _case(
    name: str,
    title: str,
    *,
    event: int,
    chunk: int,
    amount: int,
    quick_amount: int,
    ours: float,
    contenders: dict[str, Contender] = CONTENDERS,
) -> Case:
    return Case(
        name=name,
        title=title,
        unit="event",
        floor="splitlines",
        contenders=contenders,
        amount=amount,
        quick_amount=quick_amount,
        ours=ours,
        rounds=15,
        options={"event": event, "chunk": chunk},
    )


CASES = (
    _case(
        "sse-64k",
        "SSE decoding in memory, 200-byte events, 64 KiB chunks",
        event=EVENT_BYTES,
        chunk=2**16,
        amount=10_000,
        quick_amount=500,
        ours=2.0,
    ),
    _case(
        "sse-4k",
        "SSE decoding in memory, 200-byte events, 4 KiB chunks",
        event=EVENT_BYTES,
        chunk=2**12,
        amount=10_000,
        quick_amount=500,
        ours=3.0,
    ),
    _case(
        "sse-large",
        "one 1 MB event in 64-byte chunks",
        event=10**6,
        chunk=64,
        amount=1,
        quick_amount=1,
        ours=12.0,
        contenders=_LARGE,
    ),
)
