"""One pool per event loop: opened there, closed there, whether or not anybody closes it.

A connection belongs to the loop that opened it. So a transport that is used from two `asyncio.run`
calls, from threads with loops of their own or after a fork keeps one pool for each.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import nullcontext
from typing import Generic, Protocol, TypeVar

import anyio

from nemovideo.concurrency.event_loop import anyio_unused, current_loop


class Pool(Protocol):
    """What is opened once per event loop."""

    async def aclose(self) -> None:
        """Close every connection. Called in the loop that opened them."""
        ...

    def close_without_loop(self) -> None:
        """Close every connection without the loop, which is closed."""
        ...

    def detach_after_fork(self) -> None:
        """Drop every connection without touching it: they belong to the parent process."""
        ...


P = TypeVar("P", bound=Pool)


class _Entry(Generic[P]):
    def __init__(self, pool: P) -> None:
        self.pool = pool
        self.pid = os.getpid()
        self._ended = threading.Event()
        # It does not refer to the entry: in a cycle the pool would be garbage together with it, and
        # aiohttp warns of a session that is garbage before it is closed.
        self.keeper = _keep(pool, self._ended)

    @property
    def ended(self) -> bool:
        return self._ended.is_set()


async def _keep(pool: Pool, ended: threading.Event) -> AsyncGenerator[None, None]:
    # Every loop finalises its unfinished async generators before it ends (asyncio:
    # `shutdown_asyncgens`, trio: at the end of the run). That is the one place where a pool
    # that nobody closed can still be closed cleanly, in its own loop.
    try:
        yield
    finally:
        ended.set()
        await pool.aclose()


# Pools that a fork copied, kept for ever: to free one would disturb the parent's connections.
_FORKED: list[object] = []


class PerLoopPools(Generic[P]):
    """The pools of one transport, by event loop."""

    def __init__(self, make: Callable[[], P]) -> None:
        self._make = make
        self._entries: dict[object, _Entry[P]] = {}

    def current(self, loop: object) -> P | None:
        """Return the pool of `loop`, if it is open. Cheap: it is asked for with every request."""
        entry = self._entries.get(loop)
        if entry is None or entry.ended or entry.pid != os.getpid():
            return None
        return entry.pool

    async def open(self, loop: object) -> P:
        """Return the pool of `loop`, which must be the running one; make it if need be."""
        pool = self.current(loop)
        if pool is None:
            self._prune()
            pool = self._make()
            entry = self._entries[loop] = _Entry(pool)
            await anext(entry.keeper)
        return pool

    async def aclose(self) -> None:
        """Close the running loop's pool now, and leave those of other loops to their loops."""
        self._prune()
        entry = self._entries.pop(current_loop(), None)
        if entry is not None:
            # A program that has not used anyio so far does not load it to close a connection.
            with nullcontext() if anyio_unused() else anyio.CancelScope(shield=True):
                await entry.keeper.aclose()

    def _prune(self) -> None:
        for loop, entry in list(self._entries.items()):
            inherited = entry.pid != os.getpid()
            closed = isinstance(loop, asyncio.AbstractEventLoop) and loop.is_closed()
            if not (inherited or closed or entry.ended):
                continue
            if self._entries.pop(loop, None) is None:
                continue  # another thread is at it
            if inherited:
                entry.pool.detach_after_fork()
                _FORKED.append((loop, entry))
            elif not entry.ended:
                entry.pool.close_without_loop()

    def __del__(self) -> None:
        self._prune()
