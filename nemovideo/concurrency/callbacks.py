"""User callbacks, sync or async, and how they are called."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, TypeAlias, TypeVar, TypeVarTuple, Unpack

from nemovideo.errors import NemoVideoError

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

_FROM_CALLBACK = "_from_callback"

Callback: TypeAlias = Callable[[_T], Awaitable[None] | None]
"""Takes one value, such as an event."""

ProgressCallback: TypeAlias = Callable[[int, int], Awaitable[None] | None]
"""Takes the bytes done and the bytes in all."""


class DisplayCallback(ABC):
    """A callback that draws on a terminal, and has to stop when the operation ends."""

    @abstractmethod
    def __call__(self, event: Any, /) -> None: ...

    @abstractmethod
    def finish(self, error: BaseException | None) -> None:
        """Stop drawing: the operation has ended, with an error if there is one."""
        ...


async def run_callback(callback: Callback[_T] | None, value: _T) -> None:
    """Call `callback` with a value, and await it if it is async."""
    if callback is not None:
        await _run(callback, value)


async def run_progress_callback(callback: ProgressCallback | None, done: int, total: int) -> None:
    """Call `callback` with the bytes done and in all, and await it if it is async."""
    if callback is not None:
        await _run(callback, done, total)


async def _run(callback: Callable[[Unpack[_Ts]], Awaitable[None] | None], *args: *_Ts) -> None:
    try:
        outcome = callback(*args)
        if isawaitable(outcome):
            await outcome
    except NemoVideoError as error:
        mark_from_callback(error)
        raise


def mark_from_callback(error: BaseException) -> None:
    error.__dict__[_FROM_CALLBACK] = True


def came_from_callback(error: BaseException) -> bool:
    """Return True if a callback raised `error`, which then says nothing about our request.

    Such an error looks like one of our own: it may come from another client.
    """
    return _FROM_CALLBACK in error.__dict__
