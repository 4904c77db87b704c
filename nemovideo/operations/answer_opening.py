"""Waiting for the answer to a message to begin, which a buffering proxy may delay for minutes.

Nothing may interrupt that wait: the message cannot be sent again.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from nemovideo.transports.base import StreamedResponse


class AnswerOpening:
    """A context in which an answer is opened, and at whose end it is closed.

    Args:
        opened: the context of the answer.
    """

    def __init__(self, opened: AbstractAsyncContextManager[StreamedResponse]) -> None:
        self._opened = opened

    async def __aenter__(self) -> AnswerOpening:
        return self

    async def wait(self) -> StreamedResponse | None:
        """Wait for the answer to begin; None where a notice is due first: then wait again."""
        return await self._opened.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._opened.__aexit__(kind, error, traceback)


class TaskOpening(AnswerOpening):
    """Opens the answer in a task of asyncio's, for a loop whose steps may run in different tasks.

    Args:
        opened: the context of the answer.
        interval: seconds between two notices.
    """

    def __init__(
        self, opened: AbstractAsyncContextManager[StreamedResponse], interval: float
    ) -> None:
        super().__init__(opened)
        self._interval = interval if interval > 0 else None

    async def __aenter__(self) -> TaskOpening:
        # No task group can span two steps of such a loop; this context ends the task instead.
        self._task = asyncio.ensure_future(self._opened.__aenter__())
        return self

    async def wait(self) -> StreamedResponse | None:
        done, _ = await asyncio.wait({self._task}, timeout=self._interval)
        return self._task.result() if done else None

    async def __aexit__(
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
                self._task.exception()  # retrieved: a late one is nobody's any more
        await super().__aexit__(kind, error, traceback)
