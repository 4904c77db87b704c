"""Where the bytes of an upload come from: opened late, read in threads, closed on every path."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from anyio.lowlevel import checkpoint

from nemovideo.concurrency.background_worker import BackgroundWorker
from nemovideo.concurrency.threads import run_in_thread_shielded
from nemovideo.errors import InvalidInputError

CHUNK_BYTES = 2**20
"""How much is read at a time. Measured over 500 MB: less costs more, and more gains nothing."""

AHEAD_PIECES = 2
"""How many pieces are read at once, while as many are on their way. One at a time, the threads
wait for each other twice as often. Four at a time, the memory goes back to the system and is asked
for again at every turn, which costs more than the waiting."""


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
class PathSource:
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
class BytesSource:
    """A file as bytes."""

    data: bytes
    owned = True

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file that the caller has open, from where it stood."""

    file: BinaryIO
    start: int
    owned = False

    def open(self) -> BinaryIO:
        """Go back to where it stood."""
        self.file.seek(self.start)
        return self.file


async def read_ahead(source: Source, name: str, size: int) -> AsyncGenerator[bytes, None]:
    """Yield the `size` bytes of a source; whoever asks closes the generator.

    A thread reads some pieces while those before are on their way, so that an upload waits for the
    disk only when the disk is slower than the network.

    Raises:
        InvalidInputError: the file is no longer what was checked, or cannot be read.
    """
    reading = _SourceReader(source, name, size)
    worker = BackgroundWorker[list[bytes]]("nemovideo-read")
    try:
        worker.submit(reading.next)
        while ready := await worker.result():
            worker.submit(reading.next)
            ready.reverse()
            while ready:
                yield ready.pop()  # and none is kept once it has been sent
                # A fast network would keep other tasks out.
                await checkpoint()
    finally:
        await run_in_thread_shielded(partial(_close, worker, reading))


def _close(worker: BackgroundWorker[list[bytes]], reading: _SourceReader) -> None:
    worker.close()
    reading.close()


class _SourceReader:
    """A source while it is read. Everything here blocks."""

    def __init__(self, source: Source, name: str, size: int) -> None:
        self._source = source
        self._name = name
        self._left = size
        self._file: BinaryIO | None = None

    def next(self) -> list[bytes]:
        try:
            self._file = self._file or self._source.open()
            pieces: list[bytes] = []
            while self._left and len(pieces) < AHEAD_PIECES:
                pieces.append(self._piece(self._file))
            # One byte beyond the end is asked for before the last piece goes out: a form that is
            # complete has been uploaded, whatever is wrong with it.
            if pieces and not self._left and self._file.read(1):
                raise changed(self._name)
        except InvalidInputError:
            raise
        except (OSError, ValueError) as error:
            raise unreadable(self._name, error) from error
        return pieces

    def _piece(self, file: BinaryIO) -> bytes:
        piece = file.read(min(self._left, CHUNK_BYTES))
        if not piece:
            raise changed(self._name)
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        if self._file is not None and self._source.owned:
            self._file.close()


def read_prefix(source: Source, name: str, size: int) -> bytes:
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
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is closed"
    return InvalidInputError(
        f"{name} cannot be read: {reason.lower()}.",
        parameter="file",
        hint="Check the path and its permissions.",
    )


def changed(name: str) -> InvalidInputError:
    return InvalidInputError(
        f"{name} changed while it was being uploaded.",
        parameter="file",
        hint="Upload it again when it is complete.",
    )
