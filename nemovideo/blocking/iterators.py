"""A plain iterator over what comes in the background thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from types import TracebackType
from typing import Generic, Self, TypeVar

from nemovideo.blocking.portal import CallbackRelay, Portal

_T = TypeVar("_T")


class SyncIterator(Generic[_T]):
    """Makes each step of an async iterator when it is asked for.

    One that is left early is closed by `close`, or when nothing refers to it any more.
    """

    def __init__(
        self, portal: Portal, source: AsyncIterator[_T], relay: CallbackRelay | None = None
    ) -> None:
        self._portal = portal
        self._source = source
        self._relay = relay
        portal.register(self)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _T:
        try:
            return self._portal.run(partial(step, self._source), self._relay)
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """Go no further."""
        self._portal.run(self.let_go)

    async def let_go(self) -> None:
        """Go no further; called in the loop."""
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


async def step(source: AsyncIterator[_T]) -> _T:
    """Make one step."""
    return await anext(source)
