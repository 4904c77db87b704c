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
        self._begun = False
        self._given_up = False
        self._over = threading.Event()

    def run(self) -> _T:
        with self._mutex:
            if self._given_up:
                raise RuntimeError("nobody waits for this any more")
            self._begun = True
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
            begun, self._given_up = self._begun, True
        if begun:
            self._over.wait()
        elif certain:
            self._work()


async def to_the_end(work: Callable[[], _T]) -> _T:
    """Do `work` in a thread, and return or raise only when it is over or will never begin.

    Example:
        ```python
        try:
            await to_the_end(target.open_part)
        finally:
            await surely(target.abort)  # whatever was opened is seen here
        ```
    """
    return await _run(work, certain=False)


async def surely(work: Callable[[], object]) -> None:
    """Do `work` in a thread even where the caller is or is being cancelled: to close, to note."""
    with anyio.CancelScope(shield=True):
        await _run(work, certain=True)


class Beside(Generic[_T]):
    """A thread of its own, for work that goes on while its owner does something else.

    One thing is done after another, in the order in which they were begun, and `outcome` waits for
    the oldest of them. The owner ends with `close`, which waits for the thread, called through
    `surely`.

    Example:
        ```python
        beside = Beside[None]("writer")
        try:
            beside.begin(write_this)
            more = await receive()
            await beside.outcome()
        finally:
            await surely(beside.close)
        ```
    """

    def __init__(self, name: str) -> None:
        from concurrent.futures import ThreadPoolExecutor  # only files need one

        self._thread = ThreadPoolExecutor(1, name)
        self._begun: deque[Future[_T]] = deque()

    @property
    def waiting(self) -> int:
        """How many outcomes have not been asked for."""
        return len(self._begun)

    def begin(self, work: Callable[[], _T]) -> None:
        """Begin `work`, after what was begun before, and go on."""
        self._begun.append(self._thread.submit(work))

    async def outcome(self) -> _T | None:
        """Wait for what was begun first: what it returned or raised, None where nothing was."""
        from concurrent.futures import wait

        from anyio import to_thread
        from anyio.lowlevel import checkpoint

        # Also where nothing need be waited for: a fast network would keep other tasks out.
        await checkpoint()
        if not self._begun:
            return None
        oldest = self._begun.popleft()
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
