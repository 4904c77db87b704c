"""Work on large JSON, in a thread: what takes an event loop's thread too long.

A thread alone will not do. The interpreter lets others go on between two lines of Python, and not
within one call of its JSON parser (`_stepping.py`) or its collector of garbage.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from nemovideo._threads import to_the_end

_T = TypeVar("_T")


async def run_large(work: Callable[[], _T]) -> _T:
    """Do `work` in a thread, without collections of garbage; return when it is over.

    Args:
        work: a function whose `repr` shows nothing, as tracebacks with local variables print it.
    """
    return await to_the_end(lambda: _without_collections(work))


def _without_collections(work: Callable[[], _T]) -> _T:
    with _collector.paused():
        return work()


class _Collector:
    """The collector of garbage, which looks at every container of the process in one step.

    JSON has no circles, so there is nothing to find in it; but a hundred thousand new containers
    make the collector look at all there are, time and again.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._pauses = 0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Collect nothing until the end, and count what was made meanwhile as old."""
        with self._mutex:
            if self._pauses == 0 and not gc.isenabled():
                mine = False  # whoever switched it off switches it on
            else:
                mine = True
                self._pauses += 1
                gc.disable()
        try:
            yield
        finally:
            if mine:
                self._resume()

    def _resume(self) -> None:
        with self._mutex:
            self._pauses -= 1
            if self._pauses == 0:
                if not gc.get_freeze_count():  # nobody else has anything there
                    gc.freeze()
                    gc.unfreeze()
                gc.enable()

    def forget(self) -> None:
        """Begin anew in a forked process, where the threads that paused it are not."""
        if self._pauses:
            gc.enable()
        self._mutex, self._pauses = threading.Lock(), 0


_collector = _Collector()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_collector.forget)
