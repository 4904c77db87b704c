"""Runs something once in a process, however many of its tasks and threads ask for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

import anyio

from nemovideo.concurrency.event_loop import thread_safe_callback

_T = TypeVar("_T")


class SingleFlight(Generic[_T]):
    """One task does the work, and the others wait for its result; if it fails, the next one tries.

    For any number of event loops and threads.

    Example:
        ```python
        turn = await SingleFlight.of("message", 17).run(self._resume)
        ```
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._pid = os.getpid()
        self._running = False
        self._waiting: list[Callable[[], object]] = []
        self._result: _T | None = None

    @classmethod
    def of(cls, *name: object) -> SingleFlight[_T]:
        """Return the instance of this name, the same one for as long as something refers to it."""
        with _mutex:
            return _instances.setdefault((os.getpid(), *name), cls())

    async def run(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Return the result of `work`, which is done unless it was done before."""
        while self._result is None:
            if self._begin():
                try:
                    self._result = await work()
                finally:
                    self._end()
            else:
                await self._wait()
        return self._result

    def _begin(self) -> bool:
        if self._pid != os.getpid():  # it runs in the parent of this process
            self._mutex, self._pid = threading.Lock(), os.getpid()
            self._running, self._waiting = False, []
        with self._mutex:
            was_running, self._running = self._running, True
        return not was_running

    def _end(self) -> None:
        with self._mutex:
            self._running = False
            waiting, self._waiting = self._waiting, []
        for wake in waiting:
            with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
                wake()

    async def _wait(self) -> None:
        ended = anyio.Event()
        with self._mutex:
            if not self._running:
                return
            self._waiting.append(partial(thread_safe_callback(), ended.set))
        await ended.wait()


_mutex = threading.Lock()
_instances: WeakValueDictionary[tuple[object, ...], SingleFlight[Any]] = WeakValueDictionary()
