"""The context of an answer that may take several requests to open.

No exit stack and no generator: a message waits within it for minutes, thousands of them at a time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from nemovideo.transports.base import StreamedResponse


class ResponseContext(AbstractAsyncContextManager[StreamedResponse]):
    """Opens an answer, one request's at a time, and closes the last of them.

    Args:
        find: enters the context of one request after another with `enter`, and returns the answer
            that is the right one.
    """

    __slots__ = ("_find", "_open")

    def __init__(self, find: Callable[[ResponseContext], Awaitable[StreamedResponse]]) -> None:
        self._find = find
        self._open: AbstractAsyncContextManager[StreamedResponse] | None = None

    async def __aenter__(self) -> StreamedResponse:
        try:
            return await self._find(self)
        except BaseException as error:
            await self.__aexit__(type(error), error, error.__traceback__)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            await opened.__aexit__(kind, error, traceback)

    async def enter(
        self, request: AbstractAsyncContextManager[StreamedResponse]
    ) -> StreamedResponse:
        """Open an answer in place of the one before: a refusal, or a redirect."""
        await self.__aexit__(None, None, None)
        response = await request.__aenter__()
        self._open = request
        return response
