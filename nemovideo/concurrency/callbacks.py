"""Functions of the user that want to be told: sync or async, both are welcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeAlias, TypeVar, TypeVarTuple, Unpack

from nemovideo.errors import NemoVideoError

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

_FROM_CALLBACK = "_from_callback"

Callback: TypeAlias = Callable[[_T], Awaitable[None] | None]
"""Takes one value, such as an event."""

ProgressCallback: TypeAlias = Callable[[int, int], Awaitable[None] | None]
"""Takes how many bytes are done, and how many there are in all."""


async def run_callback(observer: Callback[_T] | None, value: _T) -> None:
    """Tell `observer` a value, and wait for it where it is async."""
    if observer is not None:
        await _call(observer, value)


async def run_progress_callback(observer: ProgressCallback | None, done: int, total: int) -> None:
    """Tell `observer` how many of `total` bytes are done, and wait for it where it is async."""
    if observer is not None:
        await _call(observer, done, total)


async def _call(callback: Callable[[Unpack[_Ts]], Awaitable[None] | None], *args: *_Ts) -> None:
    try:
        outcome = callback(*args)
        if isawaitable(outcome):
            await outcome
    except NemoVideoError as error:
        mark_from_callback(error)
        raise


def mark_from_callback(error: BaseException) -> None:
    """Note that a function of the user raised `error`."""
    error.__dict__[_FROM_CALLBACK] = True


def came_from_callback(error: BaseException) -> bool:
    """Say whether a function of the user raised `error`, which then says nothing of our request.

    Such an error looks like one of our own: it may come from another client.
    """
    return _FROM_CALLBACK in error.__dict__
