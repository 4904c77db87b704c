"""Server-sent events in memory: bytes in, events out."""

from __future__ import annotations

import codecs
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import NamedTuple

from benchmarks.case import Case, Contender, Round, Setting
from benchmarks.payloads import EVENT_BYTES, plain_events

EVENT_SIZES = (20, 200, 2000, 20_000)
CHUNK_SIZES = (64, 2**12, 2**16)


class Stream(NamedTuple):
    """A stream in the chunks that it comes in."""

    chunks: list[bytes]
    events: int


Decode = Callable[[Stream], Awaitable[int]]
"""Decodes a stream and returns how many events it had."""

Build = Callable[[], Decode]
"""Imports what is needed and returns the decoder."""


def _stream(events: int, size: int, chunk: int) -> Stream:
    whole = plain_events(events, size)
    return Stream([whole[start : start + chunk] for start in range(0, len(whole), chunk)], events)


def _one_size(build: Build) -> Contender:
    """One round decodes a stream of events and chunks as large as the case says."""

    @asynccontextmanager
    async def contender(setting: Setting) -> AsyncGenerator[Round]:
        decode = build()
        stream = _stream(setting.amount, setting.options["event"], setting.options["chunk"])
        yield lambda: decode(stream)

    return contender


def _every_size(build: Build) -> Contender:
    """One round decodes `amount` bytes at each event and chunk size, timed one by one."""

    @asynccontextmanager
    async def contender(setting: Setting) -> AsyncGenerator[Round]:
        decode = build()
        streams = {
            cell(size, chunk): _stream(setting.amount // size, size, chunk)
            for size in EVENT_SIZES
            for chunk in CHUNK_SIZES
        }

        async def once() -> int:
            total = 0
            for name, stream in streams.items():
                began = time.process_time()
                events = await decode(stream)
                setting.figures[name] = (time.process_time() - began) / events * 1e6
                total += events
            return total

        yield once

    return contender


def cell(event: int, chunk: int) -> str:
    """Return the name of a figure: microseconds for an event at these sizes in bytes."""
    return f"µs: {event} in {chunk}"


def _of_chunks(decode: Callable[[list[bytes]], int]) -> Decode:
    async def wrapped(stream: Stream) -> int:
        return decode(stream.chunks)

    return wrapped


def _splitlines() -> Decode:
    def decode(chunks: list[bytes]) -> int:
        # The least that anybody must do, with all of it there at once: text, in lines.
        return len(b"".join(chunks).decode().splitlines()) // 2

    return _of_chunks(decode)


def _nemovideo() -> Decode:
    from nemovideo.sse import SSEDecoder

    def decode(chunks: list[bytes]) -> int:
        decoder = SSEDecoder()
        events = 0
        for chunk in chunks:
            events += len(decoder.feed(chunk))
        return events

    return _of_chunks(decode)


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

    return _of_chunks(decode)


def _stainless(package: str) -> Build:
    """Return the decoder of an SDK that was made with Stainless' generator."""

    def build() -> Decode:
        streaming = import_module(f"{package}._streaming")

        def decode(chunks: list[bytes]) -> int:
            return sum(1 for _ in streaming.SSEDecoder().iter_bytes(iter(chunks)))

        return _of_chunks(decode)

    return build


def _aiohttp_sse() -> Decode:
    from aiohttp import StreamReader

    event_source = import_module("aiohttp_sse_client2.client").EventSource

    async def decode(stream: Stream) -> int:
        protocol = SimpleNamespace(
            _reading_paused=False, pause_reading=lambda: None, resume_reading=lambda: None
        )
        content = StreamReader(protocol, 2**16)  # type: ignore[arg-type]  # all it asks of one
        source = event_source("http://127.0.0.1/", session=SimpleNamespace())
        source._response = SimpleNamespace(status=200, content=content)
        source._origin = "http://127.0.0.1"
        for chunk in stream.chunks:
            content.feed_data(chunk)
        events = 0
        while events < stream.events:  # after the last one it would connect again
            await anext(source)
            events += 1
        return events

    return decode


BUILDS: dict[str, Build] = {
    "splitlines": _splitlines,
    "nemovideo": _nemovideo,
    "httpx-sse": _httpx_sse,
    "anthropic": _stainless("anthropic"),
    "runwayml": _stainless("runwayml"),
    "openai": _stainless("openai"),
    "aiohttp-sse-client2": _aiohttp_sse,
}
_LARGE = ("splitlines", "nemovideo", "httpx-sse", "openai")


def _case(
    name: str,
    title: str,
    *,
    event: int,
    chunk: int,
    amount: int,
    quick_amount: int,
    ours: float,
    builds: Iterable[str] = BUILDS,
    obstacle: str = "",
) -> Case:
    return Case(
        name=name,
        title=title,
        unit="event",
        floor="splitlines",
        contenders={each: _one_size(BUILDS[each]) for each in builds},
        amount=amount,
        quick_amount=quick_amount,
        ours=ours,
        rounds=15,
        options={"event": event, "chunk": chunk},
        obstacle=obstacle,
    )


CASES = (
    _case(
        "sse-64k",
        "SSE decoding in memory, 200-byte events, 64 KiB chunks",
        event=EVENT_BYTES,
        chunk=2**16,
        amount=10_000,
        quick_amount=50,
        ours=2.0,
    ),
    _case(
        "sse-4k",
        "SSE decoding in memory, 200-byte events, 4 KiB chunks",
        event=EVENT_BYTES,
        chunk=2**12,
        amount=10_000,
        quick_amount=50,
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
        builds=_LARGE,
        obstacle="one call of `feed` for each of the 15,625 chunks, of which nearly all only"
        " keep their bytes.",
    ),
    Case(
        name="sse-matrix",
        title="SSE decoding in memory, at every event and chunk size",
        unit="event",
        floor="splitlines",
        contenders={name: _every_size(build) for name, build in BUILDS.items()},
        amount=400_000,
        quick_amount=20_000,
        ours=None,
        rounds=7,
    ),
)
