"""What work costs as it grows, with fitted exponents: 1.0 is linear."""

from __future__ import annotations

import json
import math
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression

from benchmarks.payloads import plain_events

Work = Callable[[], object]
Segments = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Growth:
    """One kind of work at several sizes: CPU seconds each."""

    title: str
    sizes: list[int]
    seconds: list[float]
    peers: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """The seconds of the same work done by others, by their names."""
    kib_each: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """The memory for each of so many at a time, in KiB, by who did it; zero for one alone."""
    goal_ms: float | None = None
    """What it may take at the largest size."""

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
    from nemovideo.protocol.agent import AgentEventDecoder
    from nemovideo.sse import SSEDecoder

    whole = plain_events(count)

    def work() -> None:
        fold = AgentEventDecoder()
        for event in SSEDecoder().feed(whole):
            fold.feed(event.data)

    return work


def _segments(count: int, later_ms: int = 0) -> Segments:
    return [
        {
            "id": f"s{number}",
            "d": 1000,
            "m": {"name": f"clip {number}", "start": 1000 * number + later_ms},
        }
        for number in range(count)
    ]


def _draft(segments: Segments) -> dict[str, object]:
    return {"t": [{"tt": 0, "sg": segments}], "d": 1000 * len(segments)}


def _lines_per_event(size: int) -> Work:
    line = b"data: " + b"x" * 93 + b"\n"
    return _decode(line * (size // len(line)) + b"\n", 2**16)


def _timeline_read(count: int) -> Work:
    from nemovideo import Draft

    raw = _draft(_segments(count))
    return lambda: str(Draft.parse(raw).timeline)


def _diff(older: Segments, newer: Segments) -> Work:
    from nemovideo import Draft

    before, after = (Draft.parse(_draft(segments)).timeline for segments in (older, newer))
    return lambda: after.diff(before)


def _one_added(count: int) -> Work:
    return _diff(_segments(count), _segments(count + 1))


def _all_moved(count: int) -> Work:
    return _diff(_segments(count), _segments(count, later_ms=500))


def _shuffled(count: int) -> Work:
    newer = _segments(count)
    random.Random(1).shuffle(newer)
    return _diff(_segments(count), newer)


def _draft_bytes(size: int) -> Work:
    from nemovideo import Draft

    text = json.dumps({"t": [], "x": ["y" * 1000] * (size // 1004)})
    return lambda: Draft.parse(json.loads(text)).is_ready


def _recording(events: int) -> Work:
    """Read a recording and answer all of its messages, of a hundred events each."""
    from nemovideo.sandbox import AgentSession, DraftEditor, Message, ReplayAgent

    lines: list[dict[str, object]] = []
    for number in range(events // 100):
        message = {"session_id": "s", "new_message": {"parts": [{"text": f"message {number}"}]}}
        asked = {"exchange": number, "request": "POST https://h/run_sse", "status": 200}
        lines.append({**asked, "body": message, "seconds": 0.1})
        for event in range(100):
            said = {"type": "text", "content": "The panda walks. "}
            lines.append({"exchange": number, "seconds": event / 10, "event": said})
        lines.append({"exchange": number, "end": "complete", "seconds": 10.0})
    text = "\n".join(map(json.dumps, lines))

    def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "recording.jsonl"
            path.write_text(text, "utf-8")
            agent = ReplayAgent(path)
            for turn in range(events // 100):
                session = AgentSession(DraftEditor({}), turn=turn)
                assert agent.respond(Message(f"message {turn}"), session).steps

    return work


@dataclass(frozen=True, slots=True)
class Kind:
    """Work that can be built at any size."""

    title: str
    build: Callable[[int], Work]
    sizes: list[int]
    goal_ms: float | None = None


_DECADES = [100, 1000, 10_000]

KINDS: dict[str, Kind] = {
    "event-bytes": Kind("bytes per event", _bytes_per_event, [10**4, 10**5, 10**6, 10**7]),
    "event-lines": Kind(
        "bytes of an event in lines of 100", _lines_per_event, [20_000, 200_000, 2_000_000]
    ),
    "event-chunks": Kind("chunks per event", _chunks_per_event, [*_DECADES, 100_000]),
    "stream-events": Kind("events per stream", _events_per_stream, [*_DECADES, 50_000]),
    "timeline-read": Kind("segments read and summed up", _timeline_read, _DECADES, 100),
    "timeline-diff": Kind("segments compared, one of them new", _one_added, _DECADES, 100),
    "timeline-moved": Kind("segments compared, all of them moved", _all_moved, _DECADES, 100),
    "timeline-shuffled": Kind("segments compared, shuffled", _shuffled, _DECADES, 100),
    "recording": Kind("events of a recording, replayed", _recording, [*_DECADES, 100_000]),
    "draft-bytes": Kind("bytes of a draft", _draft_bytes, [10**5, 10**6, 10**7]),
}


def run(*, quick: bool) -> dict[str, Growth]:
    """Measure every kind at every size, in short form at the two smallest."""
    grown: dict[str, Growth] = {}
    for name, kind in KINDS.items():
        taken = kind.sizes[:2] if quick else kind.sizes
        seconds = [best(kind.build(size)) for size in taken]
        grown[name] = Growth(kind.title, taken, seconds, goal_ms=kind.goal_ms)
    return grown


def best(work: Work) -> float:
    """Return the CPU seconds that `work` takes, the best of three."""
    took: list[float] = []
    for _ in range(3):
        repeats, began = 0, time.process_time()
        while time.process_time() - began < 0.01 or not repeats:
            work()
            repeats += 1
        took.append((time.process_time() - began) / repeats)
    return min(took)
