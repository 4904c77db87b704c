"""Functions of the user that want to be told: sync or async, both are welcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeAlias, TypeVar

_T = TypeVar("_T")

Observer: TypeAlias = Callable[[_T], Awaitable[None] | None]
"""Takes one value, such as an event."""

ByteObserver: TypeAlias = Callable[[int, int], Awaitable[None] | None]
"""Takes how many bytes are done, and how many there are in all."""


async def tell(observer: Observer[_T] | None, value: _T) -> None:
    """Tell `observer` a value, and wait for it where it is async."""
    if observer is not None:
        outcome = observer(value)
        if isawaitable(outcome):
            await outcome


async def tell_bytes(observer: ByteObserver | None, done: int, total: int) -> None:
    """Tell `observer` how many of `total` bytes are done, and wait for it where it is async."""
    if observer is not None:
        outcome = observer(done, total)
        if isawaitable(outcome):
            await outcome
