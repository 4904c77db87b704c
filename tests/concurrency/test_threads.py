"""Work in a thread has ended when its caller goes on, however the caller was cancelled."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import anyio
import pytest

from nemovideo.concurrency.background_worker import BackgroundWorker
from nemovideo.concurrency.threads import run_in_thread, run_in_thread_shielded

pytestmark = pytest.mark.anyio


async def test_the_result_of_the_work_comes_back() -> None:
    assert await run_in_thread(lambda: 7) == 7


async def test_an_error_of_the_work_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        await run_in_thread(lambda: 1 // 0)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_task_that_is_cancelled_waits_for_its_thread() -> None:
    started, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        may_end.wait()
        ended.set()

    task = asyncio.create_task(run_in_thread(work))
    await anyio.to_thread.run_sync(started.wait)
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_task_cancelled_before_its_thread_begins_never_does_the_work() -> None:
    done: list[int] = []
    task = asyncio.create_task(run_in_thread(lambda: done.append(1)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    so_far = list(done)
    await anyio.to_thread.run_sync(lambda: None)
    assert done == so_far


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("steps", range(6))
async def test_what_must_be_done_is_done_whenever_it_is_cancelled(steps: int) -> None:
    done: list[int] = []
    task = asyncio.create_task(run_in_thread_shielded(lambda: done.append(1)))
    for _ in range(steps + 1):
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert done == [1]


async def test_what_must_be_done_is_done_in_a_cancelled_scope() -> None:
    done: list[int] = []
    with anyio.CancelScope() as scope:
        scope.cancel()
        await run_in_thread_shielded(lambda: done.append(1))
    assert done == [1]


async def test_background_work_runs_while_its_owner_goes_on() -> None:
    may_end = threading.Event()
    worker = BackgroundWorker[int]("test")
    try:
        worker.submit(lambda: 7 if may_end.wait() else 0)
        may_end.set()
        assert await worker.result() == 7
    finally:
        await run_in_thread_shielded(worker.close)


async def test_results_come_in_the_order_of_submission() -> None:
    may_end = threading.Event()
    worker = BackgroundWorker[int]("test")
    try:
        worker.submit(lambda: 1 if may_end.wait() else 0)
        worker.submit(lambda: 2)
        assert worker.pending == 2
        may_end.set()
        assert [await worker.result(), await worker.result()] == [1, 2]
        assert worker.pending == 0
    finally:
        await run_in_thread_shielded(worker.close)


async def test_the_outcome_of_nothing_is_nothing() -> None:
    worker = BackgroundWorker[int]("test")
    assert await worker.result() is None
    await run_in_thread_shielded(worker.close)


async def test_an_error_of_background_work_is_raised_with_its_result() -> None:
    worker = BackgroundWorker[float]("test")
    worker.submit(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await worker.result()
    await run_in_thread_shielded(worker.close)


async def test_closing_waits_for_work_that_has_started() -> None:
    done: list[int] = []
    worker = BackgroundWorker[None]("test")
    worker.submit(lambda: done.append(1))
    worker.close()
    assert done == [1]
