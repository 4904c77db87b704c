"""What work costs as it grows, with fitted exponents: 1.0 is linear."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import linear_regression

from benchmarks.payloads import plain_events

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Growth:
    """One kind of work at several sizes: CPU seconds each, the best of three."""

    title: str
    sizes: list[int]
    seconds: list[float]

    @property
    def exponent(self) -> float:
        """Return the power of the size that the cost goes with."""
        logs = [[math.log(value) for value in line] for line in (self.sizes, self.seconds)]
        return linear_regression(*logs).slope


def _decode(whole: bytes, chunk: int) -> Work:
    from nemovideo.sse import SSEDecoder

    def work() -> None:
        decoder = SSEDecoder()
        for start in range(0, len(whole), chunk):
            decoder.feed(whole[start : start + chunk])

    return work


def _bytes_per_event(size: int) -> Work:
    return _decode(plain_events(1, size), 4096)


def _chunks_per_event(count: int) -> Work:
    return _decode(plain_events(1, 64 * count), 64)


def _events_per_stream(count: int) -> Work:
    from nemovideo.protocol.agent import AgentFold
    from nemovideo.sse import SSEDecoder

    whole = plain_events(count)

    def work() -> None:
        fold = AgentFold()
        for event in SSEDecoder().feed(whole):
            fold.feed(event.data)

    return work


def _draft(segments: int) -> dict[str, object]:
    each = [
        {"id": f"s{number}", "d": 1000, "m": {"name": f"clip {number}", "start": 1000 * number}}
        for number in range(segments)
    ]
    return {"t": [{"tt": 0, "sg": each}], "d": 1000 * segments}


def _timeline_read(segments: int) -> Work:
    from nemovideo import Draft

    raw = _draft(segments)
    return lambda: str(Draft.parse(raw).timeline)


def _timeline_diff(segments: int) -> Work:
    from nemovideo import Draft

    older, newer = Draft.parse(_draft(segments)), Draft.parse(_draft(segments + 1))
    return lambda: newer.timeline.diff(older.timeline)


def _draft_bytes(size: int) -> Work:
    from nemovideo import Draft

    text = json.dumps({"t": [], "x": ["y" * 1000] * (size // 1004)})
    return lambda: Draft.parse(json.loads(text)).is_ready


KINDS: dict[str, tuple[str, Callable[[int], Work], list[int]]] = {
    "event-bytes": ("bytes per event", _bytes_per_event, [10**4, 10**5, 10**6, 10**7]),
    "event-chunks": ("chunks per event", _chunks_per_event, [100, 1000, 10_000, 100_000]),
    "stream-events": ("events per stream", _events_per_stream, [100, 1000, 10_000, 50_000]),
    "timeline-read": ("segments read and summed up", _timeline_read, [100, 1000, 10_000]),
    "timeline-diff": ("segments compared", _timeline_diff, [100, 1000, 10_000]),
    "draft-bytes": ("bytes of a draft", _draft_bytes, [10**5, 10**6, 10**7]),
}


def run(*, quick: bool) -> dict[str, Growth]:
    """Measure every kind at every size, in short form at the two smallest."""
    grown = {}
    for name, (title, build, sizes) in KINDS.items():
        taken = sizes[:2] if quick else sizes
        grown[name] = Growth(title, taken, [_best(build(size)) for size in taken])
    return grown


def _best(work: Work) -> float:
    took = []
    for _ in range(3):
        repeats, began = 0, time.process_time()
        while time.process_time() - began < 0.01 or not repeats:
            work()
            repeats += 1
        took.append((time.process_time() - began) / repeats)
    return min(took)
