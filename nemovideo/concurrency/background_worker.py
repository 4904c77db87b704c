"""Work in one thread, in order, while its owner goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from anyio.lowlevel import checkpoint

from nemovideo.concurrency.threads import run_in_thread

_T = TypeVar("_T")


class BackgroundWorker(Generic[_T]):
    """One thread that runs submitted work in order, while its owner does something else.

    The owner ends with `close`, called through `run_in_thread_shielded`.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, name)
        self._futures: deque[Future[_T]] = deque()
        self.is_started: bool = False
        """Whether anything was submitted: else there is no thread to end."""

    @property
    def pending(self) -> int:
        """How many results have not been fetched."""
        return len(self._futures)

    def submit(self, work: Callable[[], _T]) -> None:
        """Queue `work` and return at once."""
        self.is_started = True
        self._futures.append(self._thread.submit(work))

    async def result(self) -> _T | None:
        """Wait for the oldest work, and return or raise its result; None if there is none."""
        # Even if there is nothing to wait for: a fast network would starve other tasks.
        await checkpoint()
        if not self._futures:
            return None
        oldest = self._futures.popleft()
        if not oldest.done():
            await run_in_thread(oldest.exception)
        return oldest.result()

    def close(self) -> None:
        """Wait for the thread; queued work never starts. Blocks."""
        self._thread.shutdown(cancel_futures=True)
