"""What a batch costs as it has more jobs, and 1,000 jobs beside a bare loop with a semaphore."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.growth import Growth
from benchmarks.measuring import ROOT
from benchmarks.rows import Row

_SIZES = [10, 100, 1000, 10_000]
_COMPARED = 1000


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
    compared = sizes[-1] if quick else _COMPARED
    ways = {
        "nemovideo": found[sizes.index(compared)],
        "a bare loop with a semaphore": _measure("loop", compared),
    }
    rows = [
        Row(
            f"{compared:,} jobs of a batch, CPU",
            "a film of 3 s each, render stubbed, 500 at a time",
            "sandbox",
            figures["cpu"],
            who,
            note=f"{figures['seconds']:.1f} s on the clock, {figures['grown_mib']:.0f} MiB more",
        )
        for who, figures in ways.items()
    ]
    return grown, rows


def _measure(way: str, count: int) -> dict[str, float]:
    from nemovideo.sandbox import AgentBehavior, Sandbox

    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with Sandbox(stub_renders=True, behavior=behavior, credits=10**9) as sandbox:
        command = [sys.executable, "-m", "benchmarks.batches", "--child", way, sandbox.url]
        done = subprocess.run([*command, str(count)], capture_output=True, check=True, cwd=ROOT)
    figures: dict[str, float] = json.loads(done.stdout)
    assert figures["done"] == count, figures
    return figures
