"""Closes abandoned operations, so that their connection ends and `recover` lists them.

Abandoned is what is garbage (a web page was closed in the middle of a loop), and what has not been
driven for as long as a stream may take.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from functools import partial
from math import inf
from typing import TYPE_CHECKING, TypeAlias

import anyio

from nemovideo.concurrency.event_loop import (
    current_async_library,
    current_loop,
    spawn_on_trio,
    thread_safe_callback,
)

if TYPE_CHECKING:
    from weakref import WeakMethod

    from nemovideo.resources.resource_set import OpenOperation, Resources

_Close: TypeAlias = Callable[[], Coroutine[object, object, None]]
_Check: TypeAlias = Callable[[], tuple[float, _Close | None]]


def close_when_abandoned(
    work: OpenOperation,
    source: AsyncGenerator[None],
    idle_seconds: WeakMethod[Callable[[], float]],
) -> Callable[[], None]:
    """Close `source` once `work` is garbage, or `work` once it is idle for too long.

    Called in the loop that drives it.

    Args:
        idle_seconds: says how long ago the last step of `work` ended; 0 during a step.

    Returns:
        what ends the watch, called in the same loop.
    """
    leftover = _Leftover(work.resources, source)
    finalizer = weakref.finalize(work, leftover.close_later)
    finalizer.atexit = False
    found, limit = weakref.ref(work), work.resources.settings.timing.stream_limit

    def check() -> tuple[float, _Close | None]:
        """Return when to check again, and what closes the work if that is due."""
        work, idle = found(), idle_seconds()
        if work is None or idle is None:
            return inf, None
        left = limit - idle()
        return (left, None) if left > 0 else (limit, partial(work.aclose, waiting=False))

    on_asyncio = current_async_library() == "asyncio"
    stop_watching = (_watch_asyncio if on_asyncio else _watch_trio)(check, limit)

    def stop() -> None:
        finalizer.detach()
        stop_watching()

    return stop


class _Leftover:
    """A generator whose work is garbage. It is not garbage itself, whatever the cycle it was in."""

    def __init__(self, resources: Resources, source: AsyncGenerator[None]) -> None:
        self.resources = resources
        self._source = source
        self._loop = current_loop()
        self._call = thread_safe_callback()
        on_asyncio = current_async_library() == "asyncio"
        self._spawn = _spawn_asyncio if on_asyncio else partial(spawn_on_trio, _quietly)
        self._lock: anyio.Lock | None = None

    def close_later(self) -> None:
        """Have it closed by its loop; called by the garbage collector in any thread."""
        self.resources.open_operations.keep(self)
        try:
            self._call(self._spawn, self.aclose)
        except RuntimeError:  # the loop has ended, and closed its generators with that
            self.resources.open_operations.discard(self)

    async def aclose(self, *, waiting: bool = True) -> None:
        """Close it, and wait for that."""
        if self._loop != current_loop():
            return
        self._lock = self._lock or anyio.Lock()
        try:
            # Also while the loop ends: what was paid for is entered as interrupted.
            async with self._lock:
                await self._source.aclose()
        finally:
            self.resources.open_operations.discard(self)


_tasks: set[asyncio.Task[None]] = set()


def _spawn_asyncio(close: _Close) -> None:
    task = asyncio.get_running_loop().create_task(_quietly(close))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _quietly(close: _Close) -> None:
    # Nobody waits for it, and in trio its error would end the program.
    with suppress(Exception):
        await close()


def _watch_asyncio(check: _Check, limit: float) -> Callable[[], None]:
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle

    def watch() -> None:
        nonlocal timer
        left, close = check()
        if close is not None:
            _spawn_asyncio(close)
        if left < inf:
            timer = loop.call_later(left, watch)

    timer = loop.call_later(limit, watch)
    return lambda: timer.cancel()


def _watch_trio(check: _Check, limit: float) -> Callable[[], None]:
    scope = anyio.CancelScope()

    async def watch() -> None:
        left = limit
        with scope:
            while left < inf:
                await anyio.sleep(left)
                left, close = check()
                if close is not None:
                    # It ends this watch as well.
                    with anyio.CancelScope(shield=True):
                        await _quietly(close)
                del close

    spawn_on_trio(watch)
    return scope.cancel
