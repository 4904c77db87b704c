"""What a batch costs: memory and time, beside a bare loop with a semaphore.

Both make the same calls with keys, in the same journal, so many at a time. Not part of the table of
`python -m benchmarks`: ten thousand jobs take minutes.

    python -m benchmarks.batches 100 1000 10000 --at-once 500
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import anyio

import nemovideo
from benchmarks import memory
from nemovideo.sandbox import AgentBehavior, Sandbox


def prompts(count: int) -> Iterator[str]:
    """Give so many jobs, one after the other."""
    for number in range(count):
        yield f"a 3-second video of a red fox, number {number}"


async def run_batch(
    client: nemovideo.AsyncNemoVideo, count: int, at_once: int, folder: Path
) -> int:
    """Make the videos with `client.batch`, and return how many there are."""
    report = await client.batch(prompts(count), out=folder, concurrency=at_once)
    return report.done


async def run_loop(client: nemovideo.AsyncNemoVideo, count: int, at_once: int, folder: Path) -> int:
    """Make the videos with a semaphore, and return how many there are."""
    limiter, done = anyio.CapacityLimiter(at_once), 0

    async def make(number: int, prompt: str) -> None:
        nonlocal done
        try:
            path = folder / f"{number}.mp4"
            await client.generate(prompt, path=path, key=f"{folder.name}-{number}")
            done += 1
        finally:
            limiter.release_on_behalf_of(number)

    async with anyio.create_task_group() as tasks:
        for number, prompt in enumerate(prompts(count)):
            await limiter.acquire_on_behalf_of(number)
            tasks.start_soon(make, number, prompt)
    return done


async def measure(way: str, url: str, count: int, at_once: int) -> dict[str, float]:
    """Run one way in this process."""
    timing = nemovideo.Timing(poll_first=0.02, poll_max=0.5, silent_recheck=0.01)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "films"
        folder.mkdir()
        options = {"base_url": url, "timing": timing, "config_dir": Path(name) / "config"}
        async with nemovideo.AsyncNemoVideo(**options) as client:  # type: ignore[arg-type]
            run = run_batch if way == "batch" else run_loop
            await run(client, 20, at_once, folder)  # all that is loaded once
            gc.collect()
            memory.forget_peak()
            before, started = memory.now_kib(), time.perf_counter()
            processor = time.process_time()
            done = await run(client, count, at_once, folder)
            return {
                "done": done,
                "seconds": time.perf_counter() - started,
                "cpu": time.process_time() - processor,
                "grown_mib": (memory.peak_kib() - before) / 1024,
            }


def main() -> None:
    """Measure each way with each number of jobs, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--at-once", type=int, default=500)
    parser.add_argument("--child", nargs=3)
    arguments = parser.parse_args()
    if arguments.child:
        way, url, count = arguments.child
        print(json.dumps(anyio.run(measure, way, url, int(count), arguments.at_once)))
        return
    for count in arguments.counts:
        for way in ("loop", "batch"):
            behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
            with Sandbox(stub_renders=True, behavior=behavior, credits=10**9) as sandbox:
                command = [sys.executable, "-m", "benchmarks.batches"]
                command += ["--at-once", str(arguments.at_once)]
                command += ["--child", way, sandbox.url, str(count)]
                done = subprocess.run(command, capture_output=True, check=True)
            print(way, count, json.loads(done.stdout), flush=True)


if __name__ == "__main__":
    main()
