"""The journal's own thread: what many tasks enter at the same time is one transaction.

A message is not sent before its entry stands in the file, so a crowd of messages waits for a crowd
of entries. One by one, each would cost a way into a thread and back and a transaction, with forty
threads taking turns at one file.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import anyio

from nemovideo.concurrency.event_loop import thread_safe_callback

if TYPE_CHECKING:
    from nemovideo.journal.store import Change

Step: TypeAlias = "Callable[[], Change | None]"
"""Makes a change, in the journal's thread; None where there is nothing to enter, or where it has
asked the journal something itself."""


class _Job:
    """The step of one task."""

    __slots__ = ("call_in_loop", "done", "error", "step")

    def __init__(self, step: Step) -> None:
        self.step = step
        self.done = anyio.Event()
        self.call_in_loop = thread_safe_callback()
        self.error: Exception | None = None

    def build_change(self) -> Change | None:
        try:
            return self.step()
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            self.error = error
        return None


class Writer:
    """Runs jobs serially in one thread; jobs queued at the same time share one transaction.

    For any number of tasks, event loops and threads. The thread starts with the first job and ends
    with `close`, with the writer or with the interpreter; after a fork the child has its own.

    Args:
        write: enters changes, as `Journal.write`.
    """

    def __init__(self, write: Callable[..., None]) -> None:
        self._write = write
        self._pid = os.getpid()
        self._thread: ThreadPoolExecutor | None = None
        self._queue: deque[_Job] = deque()
        self._is_running = False

    async def submit(self, step: Step) -> None:
        """Enter the change of `step`; return or raise only when that is done or never will be."""
        job = self._put(step)
        try:
            await job.done.wait()
        except BaseException:
            if not self._withdraw(job):
                with anyio.CancelScope(shield=True):
                    await job.done.wait()
            raise
        _raise_error(job)

    async def submit_shielded(self, step: Step) -> None:
        """As `submit`, even where the caller is or is being cancelled."""
        job = self._put(step)
        with anyio.CancelScope(shield=True):
            try:
                await job.done.wait()
            except BaseException:  # asyncio's own cancelling knows no shield
                await job.done.wait()
                raise
        _raise_error(job)

    def close(self) -> None:
        """Wait for the queued jobs and end the thread; a later job starts another. Blocks."""
        thread, self._thread = self._thread, None
        if thread is not None and self._pid == os.getpid():
            thread.shutdown()

    def _reset_after_fork(self) -> None:
        """In a forked child: the thread and the queued jobs are the parent's."""
        self._pid, self._thread = os.getpid(), None
        self._queue, self._is_running = deque(), False

    def _put(self, step: Step) -> _Job:
        if self._pid != os.getpid():
            self._reset_after_fork()
        job = _Job(step)
        self._queue.append(job)
        if not self._is_running:
            self._start()
        return job

    def _withdraw(self, job: _Job) -> bool:
        """Take a job back, and return True if it had not started."""
        try:
            self._queue.remove(job)  # it leaves the queue once, whoever takes it
        except ValueError:
            return False
        return True

    def _start(self) -> None:
        self._is_running = True
        thread = self._thread
        if thread is None:
            thread = self._thread = ThreadPoolExecutor(1, "nemovideo-journal")
        try:
            thread.submit(self._run)
        except RuntimeError:  # closed at this instant, or the interpreter ends: no more threads
            self._run()

    def _run(self) -> None:
        while jobs := list(_drain(self._queue)):
            changes = [job.build_change() for job in jobs]
            try:
                self._write(*changes)
            except Exception as error:  # noqa: BLE001 - raised where it is waited for
                for job, change in zip(jobs, changes, strict=True):
                    job.error = job.error if change is None else error
            _wake(jobs)
        self._is_running = False
        if self._queue:  # put there since the queue was drained, while this still ran
            self._start()


def _drain(queue: deque[_Job]) -> Iterable[_Job]:
    with suppress(IndexError):
        while True:
            yield queue.popleft()


def _raise_error(job: _Job) -> None:
    if job.error is not None:
        raise job.error


def _wake(jobs: list[_Job]) -> None:
    """Wake the waiting tasks, with one call to each event loop."""
    by_loop: dict[object, list[_Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.call_in_loop, []).append(job)
    for woken in by_loop.values():
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            woken[0].call_in_loop(_set_done, woken)


def _set_done(jobs: list[_Job]) -> None:
    for job in jobs:
        job.done.set()
