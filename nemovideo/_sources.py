"""Where the bytes of an upload come from: opened late, read in threads, closed on every path."""

from __future__ import annotations

import io
import os
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import anyio
from anyio import to_thread
from anyio.lowlevel import checkpoint

from nemovideo.errors import InvalidInputError


class Source(Protocol):
    """Something that can be read from its start any number of times."""

    def open(self) -> BinaryIO:
        """Return it as a file that stands at its start. May block."""
        ...

    @property
    def owned(self) -> bool:
        """Whether what `open` returns is ours to close."""
        ...


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file by its path, as it was when it was checked."""

    path: Path
    size: int
    modified_ns: int
    owned = True

    def open(self) -> BinaryIO:
        """Open it, and refuse it if it is no longer what was checked."""
        file = io.FileIO(self.path)
        now = os.fstat(file.fileno())
        if (now.st_size, now.st_mtime_ns) == (self.size, self.modified_ns):
            return file
        file.close()
        raise changed(self.path.name)


@dataclass(frozen=True, slots=True, repr=False)
class InMemory:
    """A file as bytes."""

    data: bytes
    owned = True

    def open(self) -> BinaryIO:
        """Return the bytes as a file."""
        return io.BytesIO(self.data)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that the caller has open, from where it stood."""

    file: BinaryIO
    start: int
    owned = False

    def open(self) -> BinaryIO:
        """Go back to where it stood."""
        self.file.seek(self.start)
        return self.file


class Reader:
    """Reads one source once, a piece ahead of what is asked for, in a thread of its own.

    The thread reads while the piece before is on its way, so that an upload waits for the disk
    only when the disk is slower than the network. `close` waits for it, whatever became of the
    task that was uploading.
    """

    def __init__(self, source: Source, name: str, size: int) -> None:
        self._source = source
        self._name = name
        self._file: BinaryIO | None = None
        self._thread = ThreadPoolExecutor(1, "nemovideo-read")
        self.begin(size)

    def begin(self, size: int) -> None:
        """Begin to read the next `size` bytes."""
        self._piece: Future[bytes] = self._thread.submit(self._read, size)

    async def piece(self) -> bytes:
        """Wait for what `begin` began to read; less than asked for is all that there was.

        Raises:
            InvalidInputError: the file is no longer what was checked, or cannot be read.
        """
        # Also where nothing need be waited for: a fast network would keep other tasks out.
        await checkpoint()
        if not self._piece.done():
            await to_thread.run_sync(wait, (self._piece,))
        return self._piece.result()

    def _read(self, size: int) -> bytes:
        try:
            self._file = self._file or self._source.open()
            return self._file.read(size)
        except InvalidInputError:
            raise
        except (OSError, ValueError) as error:
            raise unreadable(self._name, error) from error

    async def aclose(self) -> None:
        """Wait for the thread, and close what it opened."""
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(self._close)

    def _close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        if self._file is not None and self._source.owned:
            self._file.close()


def head_of(source: Source, name: str, size: int) -> bytes:
    """Return the first `size` bytes of a source. Blocks: call it in a thread."""
    try:
        file = source.open()
        try:
            return file.read(size)
        finally:
            if source.owned:
                file.close()
    except InvalidInputError:
        raise
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from error


def unreadable(name: str, error: Exception) -> InvalidInputError:
    """Return the error for a file that cannot be read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is closed"
    return InvalidInputError(
        f"{name} cannot be read: {reason.lower()}.",
        parameter="file",
        hint="Check the path and its permissions.",
    )


def changed(name: str) -> InvalidInputError:
    """Return the error for a file that is another one than was checked."""
    return InvalidInputError(
        f"{name} changed while it was being uploaded.",
        parameter="file",
        hint="Upload it again when it is complete.",
    )
