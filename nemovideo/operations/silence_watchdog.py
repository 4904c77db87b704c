"""Notices to a callback when an operation has emitted no event for a while.

A stream reports by itself that it is quiet. But an answer that a proxy buffers, a service that
cannot be reached or asks to come back later, a render that cannot be polled: each is one step of an
operation, and nothing can be emitted in the middle of one.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

import anyio

from nemovideo.concurrency.callbacks import Callback, run_callback
from nemovideo.events import Event, StillWorking

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

_SLACK = 1.05
"""The notice of a quiet stream comes first, and is one of the events."""


class SilenceWatchdog:
    """Calls a callback with each event, and with `StillWorking` where none comes for long.

    It is never called while it is at work, so it may be async and slow. What it raises comes out
    of the context as it is.

    Args:
        on_event: the callback; without one, nothing is watched.
        interval: seconds without an event after which a notice is due.

    Example:
        ```python
        async with SilenceWatchdog(on_event, timing.still_working) as watchdog:
            async for event in events:
                await watchdog.emit(event)
        ```
    """

    def __init__(self, on_event: Callback[Event] | None, interval: float) -> None:
        self._on_event = on_event
        self._interval = _SLACK * interval
        self._tasks: TaskGroup | None = None
        self._failure: BaseException | None = None

    async def __aenter__(self) -> SilenceWatchdog:
        if self._on_event is not None and self._interval > 0:
            self._turn = anyio.Lock()
            self._started = self._last = anyio.current_time()
            self._tasks = await anyio.create_task_group().__aenter__()
            self._tasks.start_soon(self._watch, self._on_event)
        return self

    async def emit(self, event: Event) -> None:
        """Call the callback with an event; of all notices the time counts from the beginning."""
        if self._tasks is None:
            await run_callback(self._on_event, event)
            return
        async with self._turn:
            if isinstance(event, StillWorking):
                event = StillWorking(anyio.current_time() - self._started)
            await run_callback(self._on_event, event)
            self._last = anyio.current_time()

    async def _watch(self, on_event: Callback[Event]) -> None:
        try:
            while True:
                await anyio.sleep_until(self._last + self._interval)
                async with self._turn:
                    now = anyio.current_time()
                    if now >= self._last + self._interval:
                        await run_callback(on_event, StillWorking(now - self._started))
                        self._last = anyio.current_time()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001  # raised as it is when the context is left
            self._failure = error
            if self._tasks is not None:
                self._tasks.cancel_scope.cancel()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        tasks = self._tasks
        if tasks is None:
            return None
        suppress: bool | None = False
        try:
            stopped = error
            if not isinstance(error, anyio.get_cancelled_exc_class()):
                stopped = await self._stop_between_notices(tasks)
            tasks.cancel_scope.cancel()
            # An error of the caller's own is kept from the group, which would wrap it.
            if stopped is None:
                await tasks.__aexit__(None, None, None)
            else:
                suppress = await tasks.__aexit__(type(stopped), stopped, stopped.__traceback__)
        finally:
            if self._failure is not None:
                raise self._failure  # also in place of the cancelling that it was the reason for
        if stopped is error:
            return suppress
        if stopped is not None and not suppress:
            raise stopped
        return False

    async def _stop_between_notices(self, tasks: TaskGroup) -> BaseException | None:
        """Wait for the end of a notice under way; return what cancelled that, if anything did."""
        try:
            async with self._turn:
                tasks.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class() as stopped:
            return stopped
        return None
