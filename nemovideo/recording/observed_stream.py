"""A streamed response whose bytes are observed while they are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from nemovideo.transports.base import StreamedResponse


class ObservedStream(ABC):
    """A response that passes on what it receives, after it was observed.

    Args:
        response: Where the bytes come from.
    """

    def __init__(self, response: StreamedResponse) -> None:
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def cancel_safe(self) -> bool:
        """Whether a cancelled `receive` loses nothing."""
        return self._response.cancel_safe

    async def receive(self) -> bytes:
        """Return the next bytes, none at the end."""
        try:
            chunk = await self._response.receive()
        except Exception as error:
            self.failed(error)
            raise
        await self.observe(chunk)
        return chunk

    async def receive_by(self, deadline: float) -> bytes | None:
        """Return the next bytes, None if there are none before the deadline."""
        try:
            chunk = await self._response.receive_by(deadline)
        except Exception as error:
            self.failed(error)
            raise
        if chunk is not None:
            await self.observe(chunk)
        return chunk

    @abstractmethod
    async def observe(self, chunk: bytes) -> None:
        """Look at bytes that were received; none are the end."""

    def failed(self, error: Exception) -> None:  # noqa: B027  nothing to do is a default
        """Look at why there are no more bytes."""
