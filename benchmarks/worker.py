"""One contender in a process of its own: told on standard input to do a round, tells the figures.

A process each, so that no contender pays for what another one left in memory.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks import memory
from benchmarks.case import Case, Round, Setting
from benchmarks.cases import CASES

_TICK = 0.002


class Watch:
    """The longest time in which the event loop did nothing else, in milliseconds."""

    def __init__(self) -> None:
        self.longest_ms = 0.0

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_TICK)
            late = time.perf_counter() - began - _TICK
            self.longest_ms = max(self.longest_ms, late * 1000)


@asynccontextmanager
async def _watching(wanted: bool) -> AsyncIterator[Watch]:
    watch = Watch()
    task = asyncio.create_task(watch.run()) if wanted else None
    try:
        yield watch
    finally:
        if task is not None:
            task.cancel()


async def _measure(case: Case, setting: Setting, once: Round) -> dict[str, float]:
    gc.collect()
    memory.forget_peak()
    before = memory.now_kib()
    setting.figures.clear()
    async with _watching(case.watch) as watch:
        cpu, wall = _cpu(case), time.perf_counter()
        units = await once()
        cpu, wall = _cpu(case) - cpu, time.perf_counter() - wall
    return {
        "units": units,
        "cpu": cpu,
        "wall": wall,
        "peak_mib": (memory.peak_kib() - before) / 1024,
        "stall_ms": watch.longest_ms,
        **setting.figures,
    }


def _cpu(case: Case) -> float:
    """Return the CPU seconds used so far, by this process or by the children it waited for."""
    if not case.in_children:
        return time.process_time()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _say(told: dict[str, Any]) -> None:
    print(json.dumps(told), flush=True)


async def _serve(case: Case, name: str, setting: Setting) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with case.contenders[name](setting) as once:
            _say({"ready": True})
            while await loop.run_in_executor(None, sys.stdin.readline):
                _say(await _measure(case, setting, once))
    except ImportError as error:
        _say({"skipped": f"{error.name or error} is not installed"})


def main() -> None:
    """Run the contender that the arguments name, in the setting that they give as JSON."""
    # The libraries' own lines would be measured with them.
    logging.disable(logging.CRITICAL)
    told = json.loads(sys.argv[1])
    setting = Setting(told["server"], Path(told["folder"]), told["amount"], told["options"])
    asyncio.run(_serve(CASES[told["case"]], told["contender"], setting))


if __name__ == "__main__":
    main()
