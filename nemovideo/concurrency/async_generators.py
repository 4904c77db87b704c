"""Nested async generators that are closed in order.

An event loop closes the generators that it knows of all at once: when it stops, or when they are
garbage collected. One that another drives is then closed twice at the same time, which Python
reports as an error. So the loop's hooks see the outermost only, and that one closes the others.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, Protocol, TypeVar, cast

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _Unhooked(AsyncGenerator[_T, None]):
    """A generator that no loop knows of: its consumer closes it."""

    __slots__ = ("_source", "_started")

    def __init__(self, source: AsyncGenerator[_T, None]) -> None:
        self._source = source
        self._started = False

    def __anext__(self) -> Coroutine[Any, Any, _T]:
        if self._started:
            return self._source.__anext__()
        self._started = True
        # Python asks for the loop's hooks once, at the first step.
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(None, None)
        try:
            return self._source.__anext__()
        finally:
            sys.set_asyncgen_hooks(*hooks)

    def asend(self, value: None) -> Coroutine[Any, Any, _T]:
        return self._source.asend(value)

    def athrow(
        self, kind: Any, value: object = None, traceback: TracebackType | None = None
    ) -> Coroutine[Any, Any, _T]:
        # Three arguments are the old form of one, and Python is about to drop it.
        return self._source.athrow(cast("BaseException", kind if value is None else value))

    async def aclose(self) -> None:
        if self._started:
            await self._source.aclose()


def unhooked(
    function: Callable[_P, AsyncGenerator[_T, None]],
) -> Callable[_P, AsyncGenerator[_T, None]]:
    """Hide the generators of a function from the loop's hooks: their consumers always close them.

    Goes below `asynccontextmanager` if there is one.
    """

    @wraps(function)
    def make(*args: _P.args, **kwargs: _P.kwargs) -> AsyncGenerator[_T, None]:
        return _Unhooked(function(*args, **kwargs))

    return make


class _Closable(Protocol):
    async def aclose(self) -> None: ...


async def closed_by_loop(source: _Closable) -> AsyncGenerator[None, None]:
    """Close `source` when the event loop ends, or when this is closed; started with `anext`."""
    try:
        yield
    finally:
        await source.aclose()
