"""Work that takes minutes: awaited for its result, or iterated for its events, and done once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator
from copy import copy
from typing import Any, Generic, TypeVar

import anyio

from nemovideo._nesting import outermost
from nemovideo._observers import Observer, tell
from nemovideo._shown import live_display
from nemovideo.errors import NemoVideoError
from nemovideo.events import Event
from nemovideo.transports._loops import current_loop

_T = TypeVar("_T")


class Work(Generic[_T]):
    """Something paid for that is under way: nothing is sent until it is awaited or iterated.

    Awaited a second time it gives the same result, without another request. A loop over it that is
    left early can be taken up again, by another loop or by `await`.

    One consumer at a time drives it, so events come at the consumer's pace and no task is left
    behind when nobody looks any more. What is open is closed with the client.

    Args:
        begun: the client's work that has begun and not ended; this joins it.
    """

    def __init__(self, begun: set[Work[Any]], on_event: Observer[Event] | None = None) -> None:
        self._begun = begun
        self._loop: object = None
        self._on_event = on_event
        self._source: AsyncGenerator[Event] | None = None
        self._result: _T | None = None
        self._error: NemoVideoError | None = None
        self._finished = False
        self._lock = anyio.Lock()

    def _start(self, *, detached: bool) -> AsyncGenerator[Event]:
        """Return the nested generator that does the work, and does not hold on to this object.

        It would keep the object alive, and both would become garbage at once: see `_nesting`.
        """
        raise NotImplementedError

    def _outcome(self) -> _T | None:
        """Return the result, once the generator has ended."""
        raise NotImplementedError

    def _abandoned(self) -> NemoVideoError:
        """Return the error for work that was cancelled, and is asked for its result again."""
        raise NotImplementedError

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        return await self._step(detached=True)

    def __await__(self) -> Generator[Any, Any, _T]:
        return self._complete().__await__()

    async def _complete(self) -> _T:
        # A notebook shows it; whoever iterates shows it as they like.
        live = live_display() if self._source is None else None
        try:
            while True:
                event = await self._step(detached=False)
                if live is not None:
                    live.tell(event)
        except StopAsyncIteration:
            pass
        except BaseException as error:
            # Cancelled between two steps, the generator would stay open until the loop ends.
            with anyio.CancelScope(shield=True):
                await self.let_go()
            if live is not None:
                live.end(error)
            raise
        if live is not None and self._result is not None:
            live.end(self._result)
        if self._result is None:
            raise self._abandoned()
        return self._result

    async def let_go(self) -> None:
        """Go no further and close what is open. What was begun is in the journal."""
        async with self._lock:
            if self._source is not None and not self._finished:
                self._end(self._error or self._abandoned())
                await self._source.aclose()

    @property
    def is_left(self) -> bool:
        """Whether it has begun in the running event loop, and nobody is at it now."""
        return self._loop == current_loop() and not self._lock.locked()

    def _end(self, error: NemoVideoError | None) -> None:
        self._error = error
        self._begun.discard(self)

    async def _step(self, *, detached: bool) -> Event:
        async with self._lock:
            if self._error is not None:
                raise copy(self._error)
            if self._finished:
                raise StopAsyncIteration
            if self._source is None:
                self._source = outermost(self._start(detached=detached))
                self._loop = current_loop()
                self._begun.add(self)
            event = await self._advance(self._source)
        await tell(self._on_event, event)
        return event

    async def _advance(self, source: AsyncGenerator[Event]) -> Event:
        try:
            return await anext(source)
        except StopAsyncIteration:
            self._finished = True
            self._result = self._outcome()
            self._end(None if self._result is not None else self._abandoned())
            if self._error is not None:
                raise self._error from None
            raise
        except NemoVideoError as error:
            self._end(error)
            raise
        except BaseException:
            # Cancelled in the middle: the generator is closed, and what it did is in the journal.
            self._end(self._abandoned())
            raise
