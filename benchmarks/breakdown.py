"""Where the time goes inside one request, one event and one mebibyte, step by step."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.payloads import PAYLOADS

_BODY = b'{"code": 0, "data": {"available": 87.5, "frozen": 0, "total": 87.5}}'


def _microseconds(step: Callable[[], object], repeats: int) -> float:
    took: list[float] = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(repeats):
            step()
        took.append((time.process_time() - began) / repeats)
    return min(took) * 1e6


def _request(repeats: int) -> dict[str, float]:
    import nemovideo
    from nemovideo.models.credits import Credits
    from nemovideo.protocol.calls import build_retrieve_credits
    from nemovideo.protocol.envelope import parse_response
    from nemovideo.transports import MemoryTransport, Reply, Request

    data = json.loads(_BODY)["data"]
    transport = MemoryTransport(lambda _request: Reply(200, {}, _BODY))
    client = nemovideo.AsyncNemoVideo(token="k", transport=transport, journal=False)

    def whole() -> None:
        async def many() -> None:
            for _ in range(100):
                await client.credits.retrieve()

        asyncio.run(many())

    def carried() -> None:
        async def many() -> None:
            for _ in range(100):
                await transport.send(Request("GET", "http://127.0.0.1/"))

        asyncio.run(many())

    steps = {
        "describe the call": _microseconds(build_retrieve_credits, repeats),
        "read the envelope": _microseconds(lambda: parse_response("x", 200, {}, _BODY), repeats),
        "make the typed result": _microseconds(lambda: Credits.model_validate(data), repeats),
    }
    own = (_microseconds(whole, 3) - _microseconds(carried, 3)) / 100
    return {**steps, "token, headers, request, retry": max(0.0, own - sum(steps.values()))}


def _event(repeats: int) -> dict[str, float]:
    from nemovideo.events import build_texts
    from nemovideo.language.apology_filter import ApologyFilter
    from nemovideo.protocol.agent import AgentEventDecoder
    from nemovideo.protocol.payloads import read_one
    from nemovideo.sse import SSEDecoder

    count = max(100, repeats // 10)
    chunk = b"".join(PAYLOADS["adk"](count))
    payloads = SSEDecoder().feed_data(chunk)
    texts = [json.loads(each)["content"]["parts"][0]["text"] for each in payloads[:-1]]
    steps = {
        "bytes to event": _microseconds(lambda: SSEDecoder().feed_data(chunk), 5) / count,
        "read its JSON": _microseconds(lambda: [read_one(each) for each in payloads], 5) / count,
        "hold back what may be an apology": _microseconds(
            lambda: ApologyFilter().feed_run(texts), 5
        )
        / count,
        "make the Text": _microseconds(lambda: build_texts(texts), 5) / count,
    }
    known = steps["read its JSON"] + steps["hold back what may be an apology"]
    rest = (
        _microseconds(lambda: AgentEventDecoder().feed(*payloads), 5) / count
        - known
        - steps["make the Text"]
    )
    return {**steps, "fold it into the turn": max(0.0, rest)}


def _mebibyte(repeats: int) -> dict[str, float]:
    from nemovideo.files.download_target import AtomicFileWriter

    piece = bytes(2**16)
    with tempfile.TemporaryDirectory() as folder:
        target = AtomicFileWriter(Path(folder) / "clip.mp4")
        target.open()
        took = {"take": 0.0, "write": 0.0}
        rounds = max(4, repeats // 100)
        for _ in range(rounds):
            began = time.process_time()
            while not target.write(piece):
                pass
            taken = time.process_time()
            target.flush()
            took["take"] += taken - began
            took["write"] += time.process_time() - taken
        target.abort()
    return {
        "take it from the network's buffers": took["take"] / rounds * 1e6,
        "write it to the disk, in a thread": took["write"] / rounds * 1e6,
    }


def run(*, quick: bool) -> dict[str, dict[str, float]]:
    """Return the steps and their CPU time in microseconds."""
    repeats = 100 if quick else 10_000
    return {
        "one request": _request(repeats),
        "one event": _event(repeats),
        "one mebibyte of a download": _mebibyte(repeats),
    }
