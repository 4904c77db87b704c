"""Blocking work in a thread that is over when its caller goes on, however that was cancelled.

A cancel scope waits for a thread by itself. asyncio's own cancelling (`asyncio.timeout`, Ctrl-C)
does not: the caller would clean up while the thread still opens what is to be cleaned up.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

if TYPE_CHECKING:
    from concurrent.futures import Future

_T = TypeVar("_T")


class _Job(Generic[_T]):
    def __init__(self, work: Callable[[], _T]) -> None:
        self._work = work
        self._mutex = threading.Lock()
        self._started = False
        self._given_up = False
        self._over = threading.Event()

    def run(self) -> _T:
        with self._mutex:
            if self._given_up:
                raise RuntimeError("nobody waits for this any more")
            self._started = True
        try:
            return self._work()
        finally:
            self._over.set()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def settle(self, certain: bool) -> None:
        """Wait for its end; where it has not begun, do it now or see to it that it never begins."""
        with self._mutex:
            begun, self._given_up = self._started, True
        if begun:
            self._over.wait()
        elif certain:
            self._work()


async def run_in_thread(work: Callable[[], _T]) -> _T:
    """Do `work` in a thread, and return or raise only when it is over or will never begin.

    Example:
        ```python
        try:
            await run_in_thread(target.open_part)
        finally:
            await run_in_thread_shielded(target.abort)  # whatever was opened is seen here
        ```
    """
    return await _run(work, certain=False)


async def run_in_thread_shielded(work: Callable[[], object]) -> None:
    """Do `work` in a thread even where the caller is or is being cancelled: to close, to note."""
    with anyio.CancelScope(shield=True):
        await _run(work, certain=True)


class BackgroundWorker(Generic[_T]):
    """A thread of its own, for work that goes on while its owner does something else.

    One thing is done after another, in the order in which they were begun, and `result` waits for
    the oldest of them. The owner ends with `close`, which waits for the thread, called through
    `run_in_thread_shielded`.

    Example:
        ```python
        worker = Beside[None]("encoder")
        try:
            worker.submit(write_this)
            more = await receive()
            await worker.result()
        finally:
            await run_in_thread_shielded(worker.close)
        ```
    """

    def __init__(self, name: str) -> None:
        from concurrent.futures import ThreadPoolExecutor  # only files need one

        self._thread = ThreadPoolExecutor(1, name)
        self._futures: deque[Future[_T]] = deque()

    @property
    def pending(self) -> int:
        """How many outcomes have not been asked for."""
        return len(self._futures)

    def submit(self, work: Callable[[], _T]) -> None:
        """Begin `work`, after what was begun before, and go on."""
        self._futures.append(self._thread.submit(work))

    async def result(self) -> _T | None:
        """Wait for what was begun first: what it returned or raised, None where nothing was."""
        from concurrent.futures import wait

        from anyio import to_thread
        from anyio.lowlevel import checkpoint

        # Also where nothing need be waited for: a fast network would keep other tasks out.
        await checkpoint()
        if not self._futures:
            return None
        oldest = self._futures.popleft()
        if not oldest.done():
            await to_thread.run_sync(wait, (oldest,))
        return oldest.result()

    def close(self) -> None:
        """Wait for the thread; what it has not begun it never does. Blocks."""
        self._thread.shutdown(cancel_futures=True)


async def _run(work: Callable[[], _T], *, certain: bool) -> _T:
    from anyio import to_thread  # late, here and above: a small request needs no thread

    job = _Job(work)
    try:
        return await to_thread.run_sync(job.run)
    except BaseException:
        if not job.is_over:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(job.settle, certain)
        raise
