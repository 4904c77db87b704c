"""A deadline for a task that waits again and again, on asyncio."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable
from typing import TypeVar

_T = TypeVar("_T")


class ReusableDeadline:
    """Ends one task's waits at their deadlines.

    Hardly any deadline of a stream is ever reached, and a cancel scope for each piece of it costs a
    tenth of what an event costs in all. So one timer is left standing, and looks when it goes off
    whether the deadline has moved on.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._cancels_before = 0
        self._deadline = math.inf
        self._expired = False

    async def wait(self, what: Awaitable[_T], deadline: float) -> _T | None:
        """Wait for `what` until `deadline`, on the loop's clock; None when it is cut short."""
        self.begin(deadline)
        try:
            return await what
        except asyncio.CancelledError:
            if not self.expired():
                raise
            return None
        finally:
            self.end()

    def begin(self, deadline: float) -> None:
        """Begin a wait of the running task. For a loop that has no coroutine to spare for it."""
        task = self._waiting = asyncio.current_task(self._loop)
        self._cancels_before = task.cancelling() if task else 0
        self._deadline = deadline
        if self._timer is None or self._timer.when() > deadline:
            self._set()

    def expired(self) -> bool:
        """Say whether nothing but the deadline cancelled the wait, which then is not cancelled."""
        task = self._waiting
        return task is not None and self._expired and task.uncancel() <= self._cancels_before

    def end(self) -> None:
        """End a wait, however it went."""
        self._waiting, self._expired = None, False

    def now(self) -> float:
        """Read the loop's clock."""
        return self._loop.time()

    def close(self) -> None:
        """Take the timer down."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self) -> None:
        self.close()
        if self._deadline < math.inf:
            self._timer = self._loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._waiting is None:
            return
        if self._loop.time() < self._deadline:
            self._set()
        else:
            self._expired = True
            self._waiting.cancel()
