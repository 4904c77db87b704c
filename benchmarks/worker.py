"""Contenders in a process of their own: told on standard input what to do, tells the figures.

A line of JSON names a contender and its setting, every line "round" after it asks for a round, and
"end" is its end. A process has one contender, so that none pays for what another one left in
memory; in short form one process has them all, so that nothing is imported twice.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import resource
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks import memory
from benchmarks.case import Case, Round, Setting
from benchmarks.cases import CASES, GROWING

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
async def _watching(wanted: bool) -> AsyncGenerator[Watch]:
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


def _say(order: dict[str, Any]) -> None:
    print(json.dumps(order), flush=True)


async def _serve(case: Case, name: str, setting: Setting) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with case.contenders[name](setting) as once:
            _say({"ready": True})
            while await loop.run_in_executor(None, sys.stdin.readline) == "round\n":
                _say(await _measure(case, setting, once))
    except ImportError as error:
        _say({"skipped": f"{error.name or error} is not installed"})


def main() -> None:
    """Run one contender after another until standard input ends."""
    # The libraries' own lines would be measured with them.
    logging.disable(logging.CRITICAL)
    cases = CASES | GROWING
    while line := sys.stdin.readline():
        order = json.loads(line)
        setting = Setting(order["server"], Path(order["folder"]), order["amount"], order["options"])
        asyncio.run(_serve(cases[order["case"]], order["contender"], setting))
        # Else each round of the next ones begins by looking through all that these have loaded.
        gc.freeze()


if __name__ == "__main__":
    main()
