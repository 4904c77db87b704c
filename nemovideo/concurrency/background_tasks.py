"""Async work that goes on although whoever waits for it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import copy_context
from typing import Generic, TypeVar

import anyio

from nemovideo.concurrency.event_loop import current_async_library, current_loop, spawn_on_trio

_T = TypeVar("_T")


class BackgroundTask(Generic[_T]):
    """A task of its own on the running loop. Only the end of that loop ends it early.

    Args:
        work: what it runs.
        release: called once at its end, however it ends, even if it never started.
    """

    def __init__(
        self, work: Callable[[], Awaitable[_T]], release: Callable[[], object] = lambda: None
    ) -> None:
        self._releases = [release]  # popped by whichever thread comes first
        self._ended = anyio.Event()
        self._result: list[_T] = []
        self._error: BaseException | None = None
        self._task: asyncio.Task[None] | None = None
        self._loop = current_loop()
        if current_async_library() == "asyncio":
            # Referenced here: a loop alone may lose a task.
            self._task = asyncio.get_running_loop().create_task(self._run(work))
            # Cancelled before its first step, it never runs.
            self._task.add_done_callback(lambda _: self._end())
        else:
            spawn_on_trio(self._run, work, context=copy_context())

    @property
    def is_lost(self) -> bool:
        """Whether its loop was stopped before it had ended: it may never go on."""
        loop = self._loop
        stopped = isinstance(loop, asyncio.AbstractEventLoop) and not loop.is_running()
        return stopped and not self.has_ended

    @property
    def has_ended(self) -> bool:
        return self._ended.is_set()

    async def wait(self, grace: float) -> _T:
        """Wait for the result; when cancelled, wait only for so many seconds more."""
        try:
            await self._ended.wait()
        except BaseException:
            await self.settle(grace)
            raise
        if not self._result:
            raise self._error or asyncio.CancelledError  # it never started
        return self._result[0]

    async def settle(self, seconds: float) -> None:
        """Give it time to end, even while the caller is being cancelled; not from another loop."""
        if self._loop is not current_loop():
            return
        with anyio.move_on_after(seconds, shield=True):
            await self._ended.wait()

    async def wait_for_end(self, seconds: float) -> None:
        """Wait until it ends, for so many seconds at most; all of them in another loop."""
        if self._loop is not current_loop() or self.has_ended:
            await anyio.sleep(seconds)
            return
        with anyio.move_on_after(seconds):
            await self._ended.wait()

    def release(self) -> None:
        """Call `release` now: nothing drives the task any more."""
        with suppress(IndexError):
            self._releases.pop()()

    def _end(self) -> None:
        self._ended.set()
        self.release()

    async def _run(self, work: Callable[[], Awaitable[_T]]) -> None:
        try:
            self._result.append(await work())
        except Exception as error:  # noqa: BLE001  # raised where it is waited for
            self._error = error
        except BaseException as error:
            self._error = error  # its loop ends
            raise
        finally:
            self._end()
