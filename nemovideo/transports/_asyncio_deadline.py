"""A deadline for a task that waits again and again, on asyncio."""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Self


class ReusableDeadline:
    """Ends one task's waits at their deadlines.

    Hardly any deadline of a stream is ever reached, and a cancel scope for each piece of it costs a
    tenth of what an event costs in all. So one timer stays set, and checks when it fires whether
    the deadline has moved on.

    Example:
        ```python
        with deadline.until(loop.time() + 60):
            return await receive()
        return None  # the deadline came first
        ```
    """

    __slots__ = ("_cancels_before", "_deadline", "_expired", "_loop", "_timer", "_waiting")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._cancels_before = 0
        self._deadline = math.inf
        self._expired = False

    def until(self, deadline: float) -> Self:
        """Set the deadline, on the loop's clock, of the wait in the context that this returns."""
        self._deadline = deadline
        return self

    def __enter__(self) -> None:
        task = self._waiting = asyncio.current_task(self._loop)
        self._cancels_before = task.cancelling() if task else 0
        if self._timer is None or self._timer.when() > self._deadline:
            self._set()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        task, expired = self._waiting, self._expired
        self._waiting, self._expired = None, False
        if kind is not asyncio.CancelledError or task is None or not expired:
            return False
        # Cancelled by somebody else as well, the task stays cancelled.
        return task.uncancel() <= self._cancels_before

    def now(self) -> float:
        """Return the time of the loop's clock."""
        return self._loop.time()

    def close(self) -> None:
        """Cancel the timer."""
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
