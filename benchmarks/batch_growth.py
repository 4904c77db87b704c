"""What a batch costs as it has more jobs, and 1,000 jobs beside a bare loop with a semaphore."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.growth import Growth
from benchmarks.measuring import ROOT
from benchmarks.rows import Row

_SIZES = [10, 100, 1000, 10_000]
_BESIDE = 1000


def run(*, quick: bool) -> tuple[Growth, list[Row]]:
    """Measure at every size, in short form at the two smallest."""
    sizes = _SIZES[:2] if quick else _SIZES
    found = [_measure("batch", size) for size in sizes]
    grown = Growth(
        "jobs of a batch",
        sizes,
        [each["cpu"] for each in found],
        kib_each={
            "nemovideo": [
                max(0.0, each["grown_mib"]) * 1024 / size
                for each, size in zip(found, sizes, strict=True)
            ]
        },
    )
    beside = sizes[-1] if quick else _BESIDE
    ways = {
        "nemovideo": found[sizes.index(beside)],
        "a bare loop with a semaphore": _measure("loop", beside),
    }
    rows = [
        Row(
            f"{beside:,} jobs of a batch, CPU",
            "a film of 3 s each, render stubbed, 500 at a time",
            "sandbox",
            told["cpu"],
            who,
            note=f"{told['seconds']:.1f} s on the clock, {told['grown_mib']:.0f} MiB more",
        )
        for who, told in ways.items()
    ]
    return grown, rows


def _measure(way: str, count: int) -> dict[str, float]:
    from nemovideo.sandbox import AgentBehavior, Sandbox

    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with Sandbox(stub_renders=True, behavior=behavior, credits=10**9) as sandbox:
        command = [sys.executable, "-m", "benchmarks.batches", "--child", way, sandbox.url]
        done = subprocess.run([*command, str(count)], capture_output=True, check=True, cwd=ROOT)
    told: dict[str, float] = json.loads(done.stdout)
    assert told["done"] == count, told
    return told
