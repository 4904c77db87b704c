"""Plain iterators over async ones that run in the background thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Generic, Self, TypeVar

from nemovideo.blocking.portal import CallbackRelay, Portal

_T = TypeVar("_T")


class SyncIteration(Generic[_T]):
    """Takes each step of an async iterator when it is asked for."""

    def __init__(
        self, portal: Portal, source: AsyncIterator[_T], relay: CallbackRelay | None = None
    ) -> None:
        self._portal = portal
        self._source = source
        self._relay = relay

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _T:
        try:
            return self._portal.run(self._source.__anext__, self._relay)
        except StopAsyncIteration:
            raise StopIteration from None


class SyncIterator(SyncIteration[_T]):
    """An iterator that is closed by `close`, with the client, or when it is garbage-collected."""

    def __init__(
        self, portal: Portal, source: AsyncIterator[_T], relay: CallbackRelay | None = None
    ) -> None:
        super().__init__(portal, source, relay)
        portal.register(self)

    def close(self) -> None:
        """Stop the iteration."""
        self._portal.run(self.aclose)

    async def aclose(self) -> None:
        """Stop the iteration. Called in the event loop."""
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
