"""Waiting for the answer to a message to begin, which a buffering proxy may delay for minutes.

Nothing may interrupt that wait: the message cannot be sent again. So who waits is notified beside
it, in one of two ways: by a callback, where one task drives the message from its start to its end,
or between two waits for a task that does the opening.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

import anyio

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from nemovideo.transports.base import StreamedResponse


class AnswerOpening(Protocol):
    """A context in which an answer is opened, and at whose end it is closed."""

    async def wait(self) -> StreamedResponse | None:
        """Wait for the answer to begin; None where a notice is due first: then wait again."""
        ...

    async def __aenter__(self) -> AnswerOpening: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None: ...


class DirectOpening:
    """Opens the answer in the caller's own task.

    Args:
        opened: the context of the answer.
        interval: seconds between two notices.
        notify: called with each notice that is due; None for no notices. With it, one task must
            enter this context and leave it.
    """

    def __init__(
        self,
        opened: AbstractAsyncContextManager[StreamedResponse],
        interval: float,
        notify: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._opened = opened
        self._interval = interval
        self._notify = notify if interval > 0 else None
        self._tasks: TaskGroup | None = None
        self._failure: BaseException | None = None

    async def __aenter__(self) -> DirectOpening:
        return self

    async def wait(self) -> StreamedResponse | None:
        if self._notify is None:
            return await self._opened.__aenter__()
        # It stays open as long as the answer does: an answer of httpx's opens a task group as well,
        # and groups are closed in the reverse order.
        self._tasks = await anyio.create_task_group().__aenter__()
        answered = anyio.Event()
        self._tasks.start_soon(self._report, self._notify, answered)
        response = await self._opened.__aenter__()
        answered.set()
        return response

    async def _report(self, notify: Callable[[], Awaitable[None]], answered: anyio.Event) -> None:
        while True:
            with anyio.move_on_after(self._interval):
                await answered.wait()
                return
            try:
                await notify()
            except Exception as error:  # noqa: BLE001  # raised as it is when the context is left
                self._failure = error
                if self._tasks is not None:
                    self._tasks.cancel_scope.cancel()
                return

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        suppress: bool | None = False
        try:
            await self._opened.__aexit__(kind, error, traceback)
        finally:
            if self._tasks is not None:
                self._tasks.cancel_scope.cancel()
                # An error of the caller's own is kept from the group, which would wrap it.
                if isinstance(error, anyio.get_cancelled_exc_class()):
                    suppress = await self._tasks.__aexit__(kind, error, traceback)
                else:
                    await self._tasks.__aexit__(None, None, None)
        if self._failure is not None:
            raise self._failure
        return suppress


class TaskOpening:
    """Opens the answer in a task of asyncio's, for a loop whose steps may run in different tasks.

    Args:
        opened: the context of the answer.
        interval: seconds between two notices.
    """

    def __init__(
        self, opened: AbstractAsyncContextManager[StreamedResponse], interval: float
    ) -> None:
        self._opened = opened
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
        await self._opened.__aexit__(kind, error, traceback)
