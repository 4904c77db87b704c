"""The load's client, in a process of its own so that its memory and files are its own.

Started by `load.py`. It warms up, works, says "worked", waits until the faults are gone, recovers,
and writes its figures as the last line.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from nemovideo import AsyncNemoVideo, NemoVideoError, Timing, UnfinishedMessage, UnfinishedRender

WAITS = Timing(
    connect=30,
    request=30,
    stream_limit=20,
    heartbeat_limit=10,
    still_working=5,
    rate_limit_wait=0.05,
    recovery_waits=(0.2, 0.5, 0.5, 1, 1),
    silent_recheck=0.05,
    render_limit=60,
    poll_first=0.1,
    poll_max=1,
    retry_initial=0.05,
    retry_max=0.5,
)


@dataclass
class Figures:
    """What was counted while it ran."""

    seconds: float = 0
    generates: int = 0
    videos: int = 0
    recovered: int = 0
    unfinished: int = 0
    longest_stall_ms: float = 0
    errors: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """Exceptions that are none of ours, and videos that are none."""
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)


def read_level() -> dict[str, float]:
    """Return what the process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "memory_mb": pages * resource.getpagesize() / 2**20,
        "files": len(os.listdir("/proc/self/fd")),  # noqa: PTH208  # of names that come and go
        "tasks": len(asyncio.all_tasks()),
    }


async def generate(client: AsyncNemoVideo, folder: Path, figures: Figures) -> None:
    """Make one video and check what came of it."""
    figures.generates += 1
    number = figures.generates
    target = folder / f"{number}.mp4"
    try:
        await client.generate(f"a 2-second video of panda {number}", path=target)
    except NemoVideoError as error:
        figures.errors[type(error).__name__] += 1
        if target.exists():
            figures.broken.append(f"{number}: {type(error).__name__}, and a file is there")
    except Exception as error:  # noqa: BLE001  # the rule is that there are none
        figures.broken.append(f"{number}: {type(error).__name__}: {error}")
    else:
        figures.videos += 1
        if target.read_bytes()[4:8] != b"ftyp":
            figures.broken.append(f"{number}: what was saved is no video")
    target.unlink(missing_ok=True)


async def work(client: AsyncNemoVideo, folder: Path, until: float, figures: Figures) -> None:
    """Make one video after the other until the time is over."""
    while time.monotonic() < until:
        await generate(client, folder, figures)


async def watch_loop(figures: Figures) -> None:
    """Measure how late the loop is for an appointment."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(0.01)
        late_ms = (time.monotonic() - began - 0.01) * 1000
        figures.longest_stall_ms = max(figures.longest_stall_ms, late_ms)


async def recover(client: AsyncNemoVideo, figures: Figures) -> None:
    """Bring everything to its end that the journal knows.

    A young message without a result may still be under way and stays listed, until it is older than
    any stream.
    """
    began = time.monotonic()
    while time.monotonic() - began < 3 * WAITS.stream_limit:
        items = await client.recover()
        if not items:
            break
        async with asyncio.TaskGroup() as tasks:
            for item in items:
                figures.recovered += 1
                tasks.create_task(resume(item, figures))
        await asyncio.sleep(1)
    figures.unfinished = len(await client.recover())


async def resume(item: UnfinishedMessage | UnfinishedRender, figures: Figures) -> None:
    """Bring one thing to its end."""
    try:
        await item.resume()
    except NemoVideoError as error:
        figures.errors[f"on recovery: {type(error).__name__}"] += 1
    if item.target is not None:
        item.target.unlink(missing_ok=True)


async def settle(client: AsyncNemoVideo) -> dict[str, float]:
    """Close everything and return what is held then."""
    await client.aclose()
    await asyncio.sleep(0.5)
    return read_level()


async def main(url: str, folder: Path, seconds: float, concurrent: int) -> Figures:
    """Work for so many seconds, so many at a time."""
    figures = Figures()
    client = AsyncNemoVideo(base_url=url, timing=WAITS, config_dir=folder / "config", max_retries=3)
    # What is loaded and allocated once is there before the first reading.
    await asyncio.gather(*(generate(client, folder, figures) for _ in range(concurrent)))
    figures.before = await settle(client)
    await say("warm")
    watcher = asyncio.create_task(watch_loop(figures))
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(concurrent):
            tasks.create_task(work(client, folder, began + seconds, figures))
    figures.seconds = time.monotonic() - began
    watcher.cancel()
    await say("worked")
    await recover(client, figures)
    figures.after = await settle(client)
    return figures


async def say(word: str) -> None:
    """Tell the other process how far this one is, and wait for its nod."""
    print(word, flush=True)
    await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    _, url, folder, seconds, concurrent = sys.argv
    found = asyncio.run(main(url, Path(folder), float(seconds), int(concurrent)))
    print(json.dumps(vars(found)))
