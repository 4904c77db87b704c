"""Run blocking work in a worker thread; when cancelled, wait for the thread before returning.

A cancel scope waits for a thread by itself. asyncio's own cancelling (`asyncio.timeout`, Ctrl-C)
does not: the caller would clean up while the thread still opens what is to be cleaned up.
"""

from __future__ import annotations

import threading
from asyncio import CancelledError
from collections.abc import Callable
from typing import Generic, TypeVar

import anyio

_T = TypeVar("_T")


class _Job(Generic[_T]):
    def __init__(self, work: Callable[[], _T]) -> None:
        self._work = work
        self._running = threading.Lock()
        self._started = False
        self._abandoned = False
        self.is_cancelled = False
        self.is_done = False

    def check_cancelled(self) -> None:
        """Raise what ends the work if nobody waits for it any more. Called in its thread."""
        from anyio import from_thread  # late: only long work needs it

        if self.is_cancelled:  # by asyncio's own cancelling, of which anyio knows nothing
            raise CancelledError
        from_thread.check_cancelled()

    def run(self) -> _T:
        with self._running:
            if self._abandoned:
                raise RuntimeError("nobody waits for this any more")
            self._started = True
            try:
                return self._work()
            finally:
                self.is_done = True

    def settle(self, required: bool) -> None:
        """Wait for its end; if it has not started, run it here if `required`, or never."""
        with self._running:
            self._abandoned = True
        if required and not self._started:
            self._work()


async def run_in_thread(work: Callable[[], _T]) -> _T:
    """Run `work` in a thread, and return or raise only when it is done or will never start."""
    return await _run(_Job(work), required=False)


async def run_in_thread_until_cancelled(work: Callable[[Callable[[], None]], _T]) -> _T:
    """Run long `work` in a thread; when cancelled, it ends where it next calls its argument.

    Example:
        ```python
        def copy(check_cancelled):
            for part in parts:
                check_cancelled()
                write(part)

        await run_in_thread_until_cancelled(copy)
        ```
    """
    job: _Job[_T] = _Job(lambda: work(job.check_cancelled))
    return await _run(job, required=False)


async def run_in_thread_shielded(work: Callable[[], object]) -> None:
    """Run `work` in a thread even if the caller is or is being cancelled."""
    with anyio.CancelScope(shield=True):
        await _run(_Job(work), required=True)


async def _run(job: _Job[_T], *, required: bool) -> _T:
    from anyio import to_thread  # late: a small request needs no thread

    try:
        return await to_thread.run_sync(job.run)
    except BaseException:
        job.is_cancelled = True
        if not job.is_done:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(job.settle, required)
        raise
