"""What takes minutes: awaited for its result or iterated for its events, and performed once.

It is a coroutine as well, for `asyncio.create_task` and `asyncio.run`, which take nothing else.
"""

from __future__ import annotations

import time
import warnings
from abc import abstractmethod
from asyncio import current_task
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from weakref import WeakMethod

import anyio

from nemovideo.concurrency.async_generators import closed_by_loop
from nemovideo.concurrency.callbacks import Callback, DisplayCallback, run_callback
from nemovideo.concurrency.emitted_values import Emit, EmittedValues, emit
from nemovideo.concurrency.event_loop import current_loop
from nemovideo.concurrency.imports import import_in_thread
from nemovideo.errors import NemoVideoError
from nemovideo.operations.abandonment import close_when_abandoned
from nemovideo.operations.live_display import live_display, shorten_interruption
from nemovideo.operations.silence_watchdog import SilenceWatchdog

if TYPE_CHECKING:
    from nemovideo.events import Event
    from nemovideo.resources.resource_set import Resources

_T = TypeVar("_T")


class Operation(Coroutine[Any, Any, _T], Generic[_T]):
    """Something paid for that is in progress: nothing is sent until it is awaited or iterated.

    Awaited a second time, it returns the same result without another request. A loop over it that
    is left early can be continued, by another loop or by `await`.

    One consumer at a time drives it, so events arrive at the consumer's pace and no task is left
    behind. What is open is closed with the client, when nothing refers to this any more, and after
    `Timing.stream_limit` without a step. It ends in the event loop in which it was started; the
    result is available in all.

    Args:
        resources: those of the client that started this, and that ends it when it is closed.
        on_event: called with each event.
        displayed: a notebook shows its progress while it is awaited.
    """

    _imports: ClassVar[tuple[str, ...]] = ()
    """Modules that `_start` needs, loaded before it in a thread."""
    _was_awaited = True
    """Whether it was awaited or iterated; False once it is fully constructed."""

    def __init__(
        self,
        resources: Resources,
        on_event: Callback[Event] | None = None,
        *,
        displayed: bool = True,
    ) -> None:
        self._displayed = displayed
        self.resources = resources
        self._loop: object = None
        self._lock: anyio.Lock | None = None
        self._coroutines: dict[object, Coroutine[Any, Any, _T]] = {}
        self._on_event = on_event
        self._watchdog: SilenceWatchdog | None = None
        """What calls `on_event`, while one task drives the operation from its start to its end."""
        self._source: EmittedValues[Event, _T] | None = None
        self._closer: AsyncGenerator[None] | None = None
        """Known to the event loop, which closes the source with it."""
        self._error: NemoVideoError | None = None
        self._result: _T | None = None
        self._finished = False
        self._last_step = 0.0
        self._stop_watching: Callable[[], None] = lambda: None
        self._was_awaited = False

    def __del__(self) -> None:
        if not self._was_awaited:
            name = type(self).__name__
            # As Python warns of a coroutine; nothing was sent.
            warnings.warn(f"{name} was never awaited", RuntimeWarning, stacklevel=2)

    def _idle_seconds(self) -> float:
        """How long ago the last step ended; 0 during a step."""
        is_stepping = self._lock is not None and self._lock.locked()
        return 0.0 if is_stepping else time.monotonic() - self._last_step

    def _exclusive(self) -> anyio.Lock:
        """Return the lock that a consumer holds while it drives the operation.

        Raises:
            NemoVideoError: it was started in another event loop.
        """
        loop = current_loop()
        if self._lock is not None and self._loop == loop:
            return self._lock
        if self._source is not None and not self._finished and self._error is None:
            raise NemoVideoError(
                "This operation was started in another event loop.",
                hint="Await it there; its result is then available everywhere.",
            )
        # Made when it is first taken: making one loads much of anyio.
        self._loop, self._lock = loop, anyio.Lock()
        return self._lock

    @abstractmethod
    def _start(self, emit: Emit[Event], *, across_tasks: bool) -> Coroutine[Any, Any, _T]:
        """Return the coroutine that performs the operation. It must not reference `self`.

        It would keep the object alive, and both would become garbage at once, in any order.
        """
        ...

    @abstractmethod
    def _cancelled_error(self) -> NemoVideoError:
        """Return the error for an operation that was cancelled and is asked for its result."""
        ...

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        self._was_awaited = True
        if self._source is None:
            await import_in_thread(*self._imports)
        try:
            async with self._exclusive():
                event = await self._step(across_tasks=True)
        except BaseException as error:
            shorten_interruption(error)
            raise
        if event is None:
            raise StopAsyncIteration
        try:
            await run_callback(self._on_event, event)
        except StopAsyncIteration as error:
            # As Python does in generators: it would be taken for the end of the loop.
            raise RuntimeError("on_event raised StopAsyncIteration") from error
        return event

    def __await__(self) -> Generator[Any, Any, _T]:
        self._was_awaited = True
        return self._complete().__await__()

    # What an asyncio task calls. Each task waits for the same operation on its own.

    def send(self, value: object, /) -> Any:
        """Go on to the next wait: tasks call it, as of any coroutine."""
        return self._drive_for_task(lambda coroutine: coroutine.send(value))

    def throw(
        self, kind: Any, value: object = None, traceback: TracebackType | None = None, /
    ) -> Any:
        """Go on with an error: tasks call it, as of any coroutine."""
        # Three arguments are the old form of one, and Python is about to drop it.
        error: Any = kind if value is None else value
        return self._drive_for_task(lambda coroutine: coroutine.throw(error))

    def close(self) -> None:
        """Note that it is not to be awaited."""
        # Called by a task group that takes no more tasks. Others may wait for the same operation;
        # what is open is closed with the client.
        self._was_awaited = True

    def _drive_for_task(self, step: Callable[[Coroutine[Any, Any, _T]], object]) -> object:
        self._was_awaited = True
        task = current_task()
        coroutine = self._coroutines.get(task)
        if coroutine is None:
            coroutine = self._coroutines[task] = self._complete()
        try:
            return step(coroutine)
        except BaseException:
            self._coroutines.pop(task, None)
            raise

    async def _complete(self) -> _T:
        # In a notebook it is displayed, unless the user iterates it.
        display = live_display() if self._displayed and self._source is None else None
        interval = self.resources.settings.timing.still_working
        try:
            await import_in_thread(*self._imports)
            # To the end in one task: it may have scopes open from one step to the next.
            async with self._exclusive(), SilenceWatchdog(self._on_event, interval) as watchdog:
                self._watchdog = watchdog
                try:
                    while (event := await self._step(across_tasks=False)) is not None:
                        await watchdog.emit(event)
                        if display is not None:
                            display.update(event)
                except BaseException:
                    # Cancelled between two steps, it would stay open until the loop ends. No
                    # shield goes around this: scopes end in order, and its own began before.
                    await self._close()
                    raise
            if self._result is None:
                raise self._cancelled_error()
        except BaseException as error:
            is_interrupted = shorten_interruption(error, shown=display is not None)
            if display is not None:
                await display.finish(self._cancelled_error() if is_interrupted else error)
            raise
        if display is not None:
            await display.finish(self._result)
        return self._result

    async def aclose(self, *, waiting: bool = True) -> None:
        """Stop here and close what is open. What was started is in the journal.

        Args:
            waiting: for a step in progress; else that goes on, as it does in another loop.
        """
        if self._source is None or self._finished:
            return
        lock = self._lock
        if not waiting and (self._loop != current_loop() or (lock is not None and lock.locked())):
            return
        async with self._exclusive():
            await self._close()

    async def _close(self) -> None:
        if self._closer is not None and not self._finished:
            self._end(self._error or self._cancelled_error())
            await self._closer.aclose()

    def _end(self, error: NemoVideoError | None) -> None:
        self._error = error
        self.resources.open_operations.discard(self)
        self._stop_watching()
        if isinstance(self._on_event, DisplayCallback):
            self._on_event.finish(error)

    async def _step(self, *, across_tasks: bool) -> Event | None:
        """Return the next event, or None at the end."""
        if self._error is not None:
            raise copy(self._error)
        if self._finished:
            return None
        source = self._source or await self._open(across_tasks)
        try:
            return await anext(source)
        except StopAsyncIteration:
            self._finished, self._result = True, source.result
            self._end(None)
            return None
        except BaseException as error:
            # Cancelled in the middle: the coroutine has ended, and what it did is in the journal.
            self._end(error if isinstance(error, NemoVideoError) else self._cancelled_error())
            raise
        finally:
            self._last_step = time.monotonic()
            if self._closer is not None and (self._finished or self._error is not None):
                await self._closer.aclose()

    async def _open(self, across_tasks: bool) -> EmittedValues[Event, _T]:
        source = self._source = EmittedValues(self._start(emit, across_tasks=across_tasks))
        closer = self._closer = closed_by_loop(source)
        await anext(closer)
        self.resources.open_operations.add(self)
        self._stop_watching = close_when_abandoned(self, closer, WeakMethod(self._idle_seconds))
        return source
