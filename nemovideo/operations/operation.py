"""Work that takes minutes: awaited for its result, or iterated for its events, and done once.

It is a coroutine as well, for `asyncio.create_task` and `asyncio.run`, which take nothing else.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from weakref import WeakMethod

import anyio

from nemovideo.concurrency.async_generators import hooked
from nemovideo.concurrency.callbacks import Callback, run_callback
from nemovideo.concurrency.event_loop import current_loop
from nemovideo.concurrency.imports import import_in_thread
from nemovideo.errors import NemoVideoError
from nemovideo.operations.abandonment import close_when_abandoned
from nemovideo.operations.live_display import ProgressDisplay, live_display
from nemovideo.operations.silence_watchdog import SilenceWatchdog

if TYPE_CHECKING:
    from nemovideo.events import Event
    from nemovideo.resources.resource_set import Resources

_T = TypeVar("_T")


class Operation(Coroutine[Any, Any, _T], Generic[_T]):
    """Something paid for that is under way: nothing is sent until it is awaited or iterated.

    Awaited a second time it gives the same result, without another request. A loop over it that is
    left early can be taken up again, by another loop or by `await`.

    One consumer at a time drives it, so events come at the consumer's pace and no task is left
    behind when nobody looks any more. What is open is closed with the client, when nothing refers
    to this any more, and after `Timing.stream_limit` without a step. The event loop that began it
    is the one that ends it; the result is for all.

    Args:
        resources: those of the client that began this, and that ends it when it is closed.
    """

    _imports: ClassVar[tuple[str, ...]] = ()
    """Modules that `_start` needs, loaded before it in a thread."""

    def __init__(self, resources: Resources, on_event: Callback[Event] | None = None) -> None:
        self.resources = resources
        self._loop: object = None
        self._lock: anyio.Lock | None = None
        self._coroutines: dict[object, Coroutine[Any, Any, _T]] = {}
        self._on_event = on_event
        self._watchdog: SilenceWatchdog | None = None
        """What calls `on_event`, while one task drives the work from its start to its end."""
        self._source: AsyncGenerator[Event] | None = None
        self._result: _T | None = None
        self._error: NemoVideoError | None = None
        self._finished = False
        self._last_step = 0.0
        self._stop_watching: Callable[[], None] = lambda: None

    def _idle_seconds(self) -> float:
        """How long ago the last step ended; 0 during a step."""
        taking_a_step = self._lock is not None and self._lock.locked()
        return 0.0 if taking_a_step else time.monotonic() - self._last_step

    def _exclusive(self) -> anyio.Lock:
        """Return the lock that a consumer holds while it drives the work.

        Raises:
            NemoVideoError: another event loop has begun it.
        """
        loop = current_loop()
        if self._lock is not None and self._loop == loop:
            return self._lock
        if self._source is not None and not self._finished and self._error is None:
            raise NemoVideoError(
                "This was begun in another event loop, which has its connection.",
                hint="Await it there to its end; then its result can be had in any.",
            )
        # Made when it is first taken: making one loads much of anyio.
        self._loop, self._lock = loop, anyio.Lock()
        return self._lock

    @abstractmethod
    def _start(self, *, detached: bool) -> AsyncGenerator[Event]:
        """Return the nested generator that does the work, and does not hold on to this object.

        It would keep the object alive, and both would become garbage at once:
        see `concurrency.async_generators`.
        """
        ...

    @abstractmethod
    def _outcome(self) -> _T | None:
        """Return the result, once the generator has ended."""
        ...

    @abstractmethod
    def _cancelled_error(self) -> NemoVideoError:
        """Return the error for work that was cancelled, and is asked for its result again."""
        ...

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        if self._source is None:
            await import_in_thread(*self._imports)
        async with self._exclusive():
            event = await self._step(detached=True)
        try:
            await run_callback(self._on_event, event)
        except StopAsyncIteration as error:
            # As Python does in generators: it would be taken for the end of the loop.
            raise RuntimeError("on_event raised StopAsyncIteration") from error
        return event

    def __await__(self) -> Generator[Any, Any, _T]:
        return self._complete().__await__()

    # What a task of asyncio's calls. Each task waits for the same work on its own.

    def send(self, value: object, /) -> Any:
        return self._drive_for_task(lambda driven: driven.send(value))

    def throw(
        self, kind: Any, value: object = None, traceback: TracebackType | None = None, /
    ) -> Any:
        # Three arguments are the old form of one, and Python is about to drop it.
        error: Any = kind if value is None else value
        return self._drive_for_task(lambda driven: driven.throw(error))

    def close(self) -> None:
        # Called by a task group that takes no more tasks. Others may wait for the same work; what
        # is open is closed with the client.
        return None

    def _drive_for_task(self, step: Callable[[Coroutine[Any, Any, _T]], object]) -> object:
        from asyncio import current_task  # under trio nobody gets here, or loads it

        task = current_task()
        driven = self._coroutines.get(task)
        if driven is None:
            driven = self._coroutines[task] = self._complete()
        try:
            return step(driven)
        except BaseException:
            self._coroutines.pop(task, None)
            raise

    async def _complete(self) -> _T:
        # A notebook shows it; whoever iterates shows it as they like.
        live = live_display() if self._source is None else None
        try:
            await import_in_thread(*self._imports)
            # To the end in one task: it may have scopes open from one step to the next.
            async with self._exclusive():
                await self._drive(live)
        except BaseException as error:
            if live is not None:
                await live.finish(error)
            raise
        if self._result is None:
            raise self._cancelled_error()
        if live is not None:
            await live.finish(self._result)
        return self._result

    async def _drive(self, live: ProgressDisplay | None) -> None:
        interval = self.resources.settings.timing.still_working
        async with SilenceWatchdog(self._on_event, interval) as self._watchdog:
            await self._drive_watched(self._watchdog, live)

    async def _drive_watched(self, watchdog: SilenceWatchdog, live: ProgressDisplay | None) -> None:
        try:
            while True:
                try:
                    event = await self._step(detached=False)
                except StopAsyncIteration:
                    return  # the work's own; one that a callback raises is an error like any
                await watchdog.emit(event)
                if live is not None:
                    live.update(event)
        except BaseException:
            # Cancelled between two steps, it would stay open until the loop ends. No shield goes
            # around this: scopes end in order, and those of the work began before.
            await self._close()
            raise

    async def aclose(self, *, waiting: bool = True) -> None:
        """Go no further and close what is open. What was begun is in the journal.

        Args:
            waiting: for a step that is being taken; else it goes on, as it does in another loop.
        """
        if self._source is None or self._finished:
            return
        lock = self._lock
        if not waiting and (self._loop != current_loop() or (lock is not None and lock.locked())):
            return
        async with self._exclusive():
            await self._close()

    async def _close(self) -> None:
        if self._source is not None and not self._finished:
            self._end(self._error or self._cancelled_error())
            await self._source.aclose()

    def _end(self, error: NemoVideoError | None) -> None:
        self._error = error
        self.resources.open_operations.discard(self)
        self._stop_watching()

    async def _step(self, *, detached: bool) -> Event:
        if self._error is not None:
            raise copy(self._error)
        if self._finished:
            raise StopAsyncIteration
        if self._source is None:
            self._source = hooked(self._start(detached=detached))
            self.resources.open_operations.add(self)
            self._stop_watching = close_when_abandoned(
                self, self._source, WeakMethod(self._idle_seconds)
            )
        try:
            return await self._advance(self._source)
        finally:
            self._last_step = time.monotonic()

    async def _advance(self, source: AsyncGenerator[Event]) -> Event:
        try:
            return await anext(source)
        except StopAsyncIteration:
            self._finished = True
            self._result = self._outcome()
            self._end(None if self._result is not None else self._cancelled_error())
            if self._error is not None:
                raise self._error from None
            raise
        except NemoVideoError as error:
            self._end(error)
            raise
        except BaseException:
            # Cancelled in the middle: the generator is closed, and what it did is in the journal.
            self._end(self._cancelled_error())
            raise
