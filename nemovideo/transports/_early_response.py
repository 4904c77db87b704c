# ruff: noqa: ASYNC109  # the library calls these methods, with the arguments that it has
"""Reads a rejection that arrives while the body is still being sent.

A gateway refuses a large upload at its beginning, and closes. Who goes on sending without reading
gets an error of the connection, and the answer that had arrived is gone with it.
"""

from __future__ import annotations

import re
from typing import Protocol

import anyio

_REFUSAL = re.compile(rb"HTTP/1\.\d [345]")
"""Not 100, which asks for the body, nor a success, which may need all of it."""
_READ_BYTES = 2**16


class Stream(Protocol):
    """A connection of the HTTP library's, below TLS."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes; `b""` is the end."""
        ...

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of the bytes."""
        ...


class EarlyResponse:
    """Takes the place of a connection's `read` and `write` while a body is sent.

    Args:
        stream: the connection, which nobody reads from yet.
        answered: the error that makes the library stop sending, and read the answer.
        timeout_error: the error for a read that took too long.
    """

    def __init__(self, stream: Stream, answered: Exception, timeout_error: Exception) -> None:
        self._stream = stream
        self._answered, self._timeout_error = answered, timeout_error
        self._read, self._write = stream.read, stream.write
        self._first: bytes | None = None
        self._is_refusal = False
        self._first_read = anyio.Event()
        self._writing = anyio.CancelScope()
        # Two attributes of the object itself: the library holds on to it.
        stream.read, stream.write = self.read, self.write  # type: ignore[method-assign]

    async def watch(self) -> None:
        """Read the first bytes of the answer, whenever they come, and stop the sending."""
        try:
            self._first = await self._read(_READ_BYTES, None)
        except Exception:  # noqa: BLE001  # the library's own read will tell
            return
        finally:
            self._first_read.set()
        if not self._first or _REFUSAL.match(self._first):
            self._is_refusal = True
            self._writing.cancel()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write, until an answer makes that pointless."""
        if not self._is_refusal:
            self._writing = anyio.CancelScope()
            with self._writing:
                return await self._write(buffer, timeout)
        raise self._answered

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read on: what came while the body was sent comes first."""
        with anyio.move_on_after(timeout):
            await self._first_read.wait()
        if not self._first_read.is_set():
            raise self._timeout_error
        self._restore()
        first, self._first = self._first, None
        return await self._read(max_bytes, timeout) if first is None else first

    def _restore(self) -> None:
        self._stream.read, self._stream.write = self._read, self._write  # type: ignore[method-assign]
