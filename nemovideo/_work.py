"""Work that takes minutes: awaited for its result, or iterated for its events, and done once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator
from copy import copy
from typing import Any, Generic, TypeVar

import anyio

from nemovideo._observers import Observer, tell
from nemovideo.errors import NemoVideoError
from nemovideo.events import Event

_T = TypeVar("_T")


class Work(Generic[_T]):
    """Something paid for that is under way: nothing is sent until it is awaited or iterated.

    Awaited a second time it gives the same result, without another request. A loop over it that is
    left early can be taken up again, by another loop or by `await`.

    One consumer at a time drives it, so events come at the consumer's pace and no task is left
    behind when nobody looks any more.
    """

    def __init__(self, on_event: Observer[Event] | None = None) -> None:
        self._on_event = on_event
        self._source: AsyncGenerator[Event] | None = None
        self._result: _T | None = None
        self._error: NemoVideoError | None = None
        self._finished = False
        self._lock = anyio.Lock()

    def _start(self, *, detached: bool) -> AsyncGenerator[Event]:
        """Return the generator that does the work and calls `_finish` at the end."""
        raise NotImplementedError

    def _abandoned(self) -> NemoVideoError:
        """Return the error for work that was cancelled, and is asked for its result again."""
        raise NotImplementedError

    def _finish(self, result: _T) -> None:
        self._result = result

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        return await self._step(detached=True)

    def __await__(self) -> Generator[Any, Any, _T]:
        return self._complete().__await__()

    async def _complete(self) -> _T:
        try:
            while True:
                await self._step(detached=False)
        except StopAsyncIteration:
            pass
        except BaseException:
            # Cancelled between two steps, the generator would stay open until the loop ends.
            with anyio.CancelScope(shield=True):
                await self.let_go()
            raise
        if self._result is None:
            raise self._abandoned()
        return self._result

    async def let_go(self) -> None:
        """Go no further and close what is open. What was begun is in the journal."""
        async with self._lock:
            if self._source is not None and not self._finished:
                self._error = self._error or self._abandoned()
                await self._source.aclose()

    async def _step(self, *, detached: bool) -> Event:
        async with self._lock:
            if self._error is not None:
                raise copy(self._error)
            if self._finished:
                raise StopAsyncIteration
            if self._source is None:
                self._source = self._start(detached=detached)
            event = await self._advance(self._source)
        await tell(self._on_event, event)
        return event

    async def _advance(self, source: AsyncGenerator[Event]) -> Event:
        try:
            return await anext(source)
        except StopAsyncIteration:
            self._finished = True
            if self._result is None:
                self._error = self._abandoned()
                raise self._error from None
            raise
        except NemoVideoError as error:
            self._error = error
            raise
        except BaseException:
            # Cancelled in the middle: the generator is closed, and what it did is in the journal.
            self._error = self._abandoned()
            raise
