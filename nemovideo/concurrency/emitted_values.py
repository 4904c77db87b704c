"""An async iterator over the values that a coroutine emits, however deep in its calls.

It does what an async generator does for one function: `emit` is its `yield`. A value passes no
generator on its way up, and there is none in the middle that somebody must close in order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from types import coroutine
from typing import Any, Generic, TypeAlias, TypeVar, cast

_V = TypeVar("_V")
_R = TypeVar("_R")

Emit: TypeAlias = Callable[[_V], Awaitable[None]]
"""Takes a value, and returns when its receiver is ready for the next one."""


class _Closing(BaseException):
    """Ends a coroutine that may await in its end, which `GeneratorExit` would not let it do."""


# Not frozen, though nobody changes one: making it would take three times as long.


@dataclass(slots=True)
class _Emitted(Generic[_V]):
    value: _V


@coroutine
def emit(value: _V) -> Generator[_Emitted[_V], None, None]:
    """Hand a value to the `EmittedValues` that drives the calling coroutine.

    Only from the coroutine itself, not from a task that it started, and from within no cancel
    scope where the values are asked for in different tasks.
    """
    yield _Emitted(value)


class EmittedValues(AsyncIterator[_V], Generic[_V, _R]):
    """Drives a coroutine from one value to the next, in whichever task asks for it.

    Whoever drives it closes it, as no event loop knows of it.

    Args:
        source: what emits the values.

    Example:
        ```python
        async def count(emit: Emit[int]) -> str:
            await emit(1)
            await emit(2)
            return "all"

        values = EmittedValues[int, str](count(emit))
        assert [value async for value in values] == [1, 2]
        assert values.result == "all"
        ```
    """

    __slots__ = ("_ended", "_result", "_source")

    def __init__(self, source: Coroutine[Any, Any, _R]) -> None:
        self._source = source
        self._ended = False
        self._result: _R | None = None

    @property
    def result(self) -> _R | None:
        """What the coroutine returned, once it has ended."""
        return self._result

    def __anext__(self) -> Awaitable[_V]:  # as an awaitable, it takes one frame less
        return self._advance(self._source.send, None)

    async def aclose(self) -> None:
        """End the coroutine where it is, as an async generator is ended."""
        try:
            await self._advance(self._source.throw, _Closing())
        except (_Closing, StopAsyncIteration):
            return
        raise RuntimeError("a value was emitted by what was being closed")

    @coroutine
    def _advance(self, resume: Callable[[Any], object], argument: Any) -> Generator[Any, Any, _V]:
        while not self._ended:
            try:
                yielded: object = resume(argument)
            except StopIteration as end:
                self._ended, self._result = True, end.value
                break
            except BaseException:
                self._ended = True
                raise
            if isinstance(yielded, _Emitted):
                return cast("_Emitted[_V]", yielded).value
            resume = self._source.send
            try:
                argument = yield yielded
            except BaseException as error:  # noqa: BLE001  # the coroutine's to handle
                argument = error
                resume = cast("Callable[[Any], object]", self._source.throw)
        raise StopAsyncIteration
