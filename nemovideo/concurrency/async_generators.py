"""Async generators within async generators, which end in order however they are left.

An event loop ends the generators that it knows of all at once: when it stops, or when they become
garbage. One that another drives is then closed twice at the same time, which Python reports as an
error. So a loop is told of the outermost only, and that one closes the others.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _Nested(AsyncGenerator[_T, None]):
    """A generator that no loop knows of: whoever drives it closes it."""

    __slots__ = ("_begun", "_source")

    def __init__(self, source: AsyncGenerator[_T, None]) -> None:
        self._source = source
        self._begun = False

    def __anext__(self) -> Coroutine[Any, Any, _T]:
        if self._begun:
            return self._source.__anext__()
        self._begun = True
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
        if self._begun:
            await self._source.aclose()


def unhooked(
    function: Callable[_P, AsyncGenerator[_T, None]],
) -> Callable[_P, AsyncGenerator[_T, None]]:
    """Mark an async generator function whose generators are always closed by who drives them.

    Goes below `asynccontextmanager` where there is one.
    """

    @wraps(function)
    def make(*args: _P.args, **kwargs: _P.kwargs) -> AsyncGenerator[_T, None]:
        return _Nested(function(*args, **kwargs))

    return make


async def hooked(events: AsyncGenerator[_T, None]) -> AsyncGenerator[_T, None]:
    """Drive a nested generator for a loop to know of, and close it with itself."""
    try:
        async for event in events:
            yield event
    finally:
        await events.aclose()
