"""A plain context manager over an async one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

import anyio

from nemovideo.blocking.portal import Portal

_S = TypeVar("_S")
_T = TypeVar("_T")


class SyncContextManager(Generic[_S, _T]):
    """Enters and exits an async context in one task, which task groups require.

    Args:
        context: The async context.
        wrap: Returns the value of `with … as`, given that of `async with … as`.
    """

    def __init__(
        self,
        portal: Portal,
        context: AbstractAsyncContextManager[_S],
        wrap: Callable[[_S], _T],
    ) -> None:
        self._portal = portal
        self._context = context
        self._wrap = wrap
        self._task: _ContextTask[_S] | None = None

    def __enter__(self) -> _T:
        return self._wrap(self._portal.run(self._enter))

    def __exit__(self, *_: object) -> None:
        if self._task is not None:
            self._portal.run(self._task.exit)

    async def _enter(self) -> _S:
        self._task = _ContextTask(self._context)
        self._portal.spawn(self._task.run)
        return await self._task.enter()


class _ContextTask(Generic[_S]):
    """Created and used in the event loop."""

    def __init__(self, context: AbstractAsyncContextManager[_S]) -> None:
        self._context = context
        self._values: list[_S] = []
        self._error: Exception | None = None
        self._scope = anyio.CancelScope()
        self._entered, self._exiting, self._exited = anyio.Event(), anyio.Event(), anyio.Event()

    async def run(self) -> None:
        try:
            with self._scope:
                async with self._context as value:
                    self._values.append(value)
                    self._entered.set()
                    await self._exiting.wait()
        except Exception as error:  # noqa: BLE001  # raised by `enter` or `exit`
            self._error = error
        finally:
            self._entered.set()
            self._exited.set()

    async def enter(self) -> _S:
        try:
            await self._entered.wait()
        except anyio.get_cancelled_exc_class():
            self._scope.cancel()
            with anyio.CancelScope(shield=True):
                await self._exited.wait()
            raise
        if self._error is not None:
            raise self._error
        return self._values[0]

    async def exit(self) -> None:
        self._exiting.set()
        await self._exited.wait()
        if self._error is not None:
            raise self._error
