"""Waiting for the answer to a message to begin, which a buffering proxy may delay for minutes.

Nothing may interrupt that wait: the message cannot be sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from nemovideo.transports.base import StreamedResponse


class TaskOpening(AbstractAsyncContextManager["StreamedResponse"]):
    """Opens the answer in an asyncio task, for events that are asked for in different tasks.

    Args:
        opened: the context of the answer.
        interval: seconds between two notices.
        notify: emits a notice.
    """

    def __init__(
        self,
        opened: AbstractAsyncContextManager[StreamedResponse],
        interval: float,
        notify: Callable[[], Awaitable[None]],
    ) -> None:
        self._opened = opened
        self._interval = interval if interval > 0 else None
        self._notify = notify

    async def __aenter__(self) -> StreamedResponse:
        # No task group can span two such events; this context ends the task instead.
        task = self._task = asyncio.ensure_future(self._opened.__aenter__())
        try:
            while not (await asyncio.wait({task}, timeout=self._interval))[0]:
                await self._notify()
            return task.result()
        except BaseException as error:
            await self._end(type(error), error, error.__traceback__)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._end(kind, error, traceback)

    async def _end(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with anyio.CancelScope(shield=True):
            if not self._task.done():
                self._task.cancel()
                await asyncio.wait({self._task})
            if not self._task.cancelled():
                self._task.exception()  # retrieved: nobody waits for a late one any more
        await self._opened.__aexit__(kind, error, traceback)
