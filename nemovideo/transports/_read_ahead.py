"""Reading ahead in a task of its own, where a cancelled read would close the stream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import anyio

from nemovideo.concurrency.async_generators import unhooked

AHEAD_BYTES = 2**20
"""How much is buffered for a slow consumer before the reading pauses."""


class ReadAhead:
    """The buffer between a reader task and its consumer."""

    def __init__(self, receive: Callable[[], Awaitable[bytes]]) -> None:
        self._receive = receive
        self._chunks: deque[bytes] = deque()
        self._buffered_bytes = 0
        self._end: Exception | bytes | None = None
        self._arrived = anyio.Event()
        self._taken = anyio.Event()

    async def read(self) -> None:
        """Read to the end; `receive` raises the error, if there is one."""
        try:
            while chunk := await self._receive():
                await self._append(chunk)
            self._end = b""
        except Exception as error:  # noqa: BLE001  # it is raised again in `receive`
            self._end = error
        self._arrived.set()

    async def _append(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._buffered_bytes += len(chunk)
        self._arrived.set()
        while self._buffered_bytes > AHEAD_BYTES:
            self._taken = anyio.Event()
            await self._taken.wait()

    async def receive(self) -> bytes:
        """Wait for the next bytes; `b""` is the end. Cancelled, it has taken nothing."""
        while not self._chunks:
            if isinstance(self._end, Exception):
                raise self._end
            if self._end is not None:
                return self._end
            self._arrived = anyio.Event()
            await self._arrived.wait()
        chunk = self._chunks.popleft()
        self._buffered_bytes -= len(chunk)
        self._taken.set()
        return chunk


class ReadAheadStream(ABC):
    """An answer that is still coming, which a task may read ahead."""

    def __init__(
        self, status: int, headers: Mapping[str, str], chunks: AsyncGenerator[bytes, None]
    ) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in headers.items()}
        self.ahead: ReadAhead | None = None
        self._chunks = chunks

    @property
    def cancel_safe(self) -> bool:
        """Only with a task that reads ahead: a cancelled read would close the answer."""
        return self.ahead is not None

    async def receive(self) -> bytes:
        """Wait for the next bytes; `b""` is the end."""
        if self.ahead is not None:
            return await self.ahead.receive()
        return await self.read_on()

    async def receive_by(self, deadline: float) -> bytes | None:
        """Wait for the next bytes, but not beyond `deadline`, which returns None."""
        with anyio.CancelScope(deadline=deadline):
            return await self.receive()
        return None

    @abstractmethod
    async def read_on(self) -> bytes:
        """Read from the connection itself, as the task that reads ahead does."""


@asynccontextmanager
@unhooked
async def read_ahead_of(receive: Callable[[], Awaitable[bytes]]) -> AsyncGenerator[ReadAhead, None]:
    """Call `receive` in a task of its own, until `b""` or until the context is left."""
    ahead = ReadAhead(receive)
    failure: BaseException | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ahead.read)
        try:
            yield ahead
        except BaseException as error:  # noqa: BLE001  # raised below: a task group would wrap it
            failure = error
        finally:
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
