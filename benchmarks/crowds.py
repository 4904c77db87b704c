"""What streams and whole generates cost as more of them go on at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.case import Case
from benchmarks.cases import CASES, GROWING
from benchmarks.cases.streams import FLOOR, mode, payload
from benchmarks.growth import Growth
from benchmarks.measuring import Result, Servers, Worker, measure

_STREAMS = [1, 10, 100, 500, 2000]
_GENERATES = [1, 10, 100, 500]
_EVENTS = 20


def run(servers: Servers, folder: Path, shared: Worker | None = None) -> dict[str, Growth]:
    """Measure every crowd at every size, in short form (in `shared`) at the two smallest."""
    streams = CASES["streams"]
    pair = {name: streams.contenders[name] for name in ("nemovideo", FLOOR)}
    slow = replace(
        streams,
        contenders=pair,
        amount=_EVENTS,
        options={"mode": mode("paced100"), "payload": payload("adk")},
    )

    def grown(title: str, case: Case, sizes: list[int]) -> Growth:
        taken = sizes[:2] if shared else sizes
        found = [_at_once(case, width, servers, folder, shared) for width in taken]
        seconds = {name: [_seconds(each[name]) for each in found] for name in case.contenders}
        memory = {name: [_kib_each(each[name]) for each in found] for name in case.contenders}
        return Growth(title, taken, seconds.pop("nemovideo"), peers=seconds, kib_each=memory)

    return {
        "crowd-streams": grown(
            f"streams at a time, {_EVENTS} events each, one every 100 ms", slow, _STREAMS
        ),
        "crowd-generates": grown("generates at a time", GROWING["generates"], _GENERATES),
    }


def _at_once(
    case: Case, width: int, servers: Servers, folder: Path, shared: Worker | None
) -> dict[str, Result]:
    options = {**case.options, "width": width}
    wide = replace(case, rounds=1, options=options, quick_options={})
    return {result.contender: result for result in measure(wide, servers, folder, shared)}


def _seconds(result: Result) -> float:
    return min(sample["cpu"] for sample in result.samples)


def _kib_each(result: Result) -> float:
    return max(sample.get("kib_each", 0.0) for sample in result.samples)
