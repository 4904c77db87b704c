"""Work that is done once, whoever asks for it: tasks, threads, and a forked child."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import anyio
import pytest

from nemovideo.concurrency.single_flight import SingleFlight

pytestmark = pytest.mark.anyio


class Work:
    """Counts how often it is begun, and goes on when it is let."""

    def __init__(self, *failures: Exception) -> None:
        self.started = 0
        self.begins, self.go_on = anyio.Event(), anyio.Event()
        self._failures = list(failures)

    async def __call__(self) -> str:
        self.started += 1
        self.begins.set()
        await self.go_on.wait()
        if self._failures:
            raise self._failures.pop(0)
        return "done"


async def test_a_name_has_one_as_long_as_somebody_holds_it() -> None:
    one = SingleFlight[str].of("message", 1)
    assert SingleFlight[str].of("message", 1) is one
    assert SingleFlight[str].of("message", 2) is not one
    assert SingleFlight[str].of("render", 1) is not one


async def test_tasks_that_ask_together_get_the_result_of_one() -> None:
    flight, work, results = SingleFlight[str](), Work(), []

    async def ask() -> None:
        results.append(await flight.run(work))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ask)
        await work.begins.wait()
        await anyio.wait_all_tasks_blocked()
        work.go_on.set()
    assert await flight.run(work) == "done"
    assert (work.started, results) == (1, ["done"] * 3)


async def test_where_one_fails_the_next_one_tries() -> None:
    flight, work, results = SingleFlight[str](), Work(ValueError("once")), []

    async def ask() -> None:
        try:
            results.append(await flight.run(work))
        except ValueError as error:
            results.append(str(error))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ask)
        await work.begins.wait()
        await anyio.wait_all_tasks_blocked()
        work.go_on.set()
    assert (work.started, sorted(results)) == (2, ["done", "done", "once"])


async def test_one_that_waits_in_a_loop_that_has_ended_does_not_hold_up_the_others() -> None:
    flight, work, results = SingleFlight[str](), Work(), []

    async def ask() -> None:
        results.append(await flight.run(work))

    async def leave() -> None:
        with anyio.move_on_after(0):
            await flight.run(work)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await work.begins.wait()
        thread = threading.Thread(target=anyio.run, args=(leave,))
        thread.start()
        await anyio.to_thread.run_sync(thread.join)
        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        work.go_on.set()
    assert results == ["done"] * 2


# In a process of its own: a child forked beside other threads may inherit a lock that one holds.
FORKED = """
import os, threading, anyio
from nemovideo.concurrency.single_flight import SingleFlight

async def at_once():
    return "of the child"

async def ask():
    with anyio.fail_after(60):
        results.append(await flight.run(at_once))

async def main():
    begins, go_on = anyio.Event(), anyio.Event()

    async def wait():
        begins.set()
        await go_on.wait()
        return "of the parent"

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(flight.run, wait)
        await begins.wait()
        if (child := os.fork()) == 0:
            try:
                thread = threading.Thread(target=anyio.run, args=(ask,))
                thread.start()
                thread.join()
            finally:
                os._exit(0 if results == ["of the child"] else 1)
        go_on.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

flight, results = SingleFlight(), []
anyio.run(main)
"""


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_child_does_not_wait_for_what_its_parent_does() -> None:
    subprocess.run([sys.executable, "-c", FORKED], check=True, timeout=100)
