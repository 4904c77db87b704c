"""The context of a streamed response that several requests may be needed for.

No exit stack and no generator: a message waits within it for minutes, thousands of them at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from nemovideo.transports.base import StreamedResponse


class ResponseContext(AbstractAsyncContextManager[StreamedResponse]):
    """Opens a response and closes it.

    Args:
        start: sends the request, sets `opened` and returns the response; on failure it leaves
            nothing open.
    """

    __slots__ = ("_start", "opened")

    def __init__(
        self, start: Callable[[ResponseContext], Coroutine[object, object, StreamedResponse]]
    ) -> None:
        self._start = start
        self.opened: AbstractAsyncContextManager[StreamedResponse] | None = None
        """The transport's context of the response, once it is entered."""

    # No coroutine of its own: each one that waits costs every message 2 µs.
    def __aenter__(  # pyright: ignore[reportIncompatibleMethodOverride]  # awaited all the same
        self,
    ) -> Coroutine[object, object, StreamedResponse]:
        starting = self._start(self)
        del self._start  # the call and its body need not wait for the end of the response
        return starting

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        opened, self.opened = self.opened, None
        if opened is not None:
            await opened.__aexit__(kind, error, traceback)
