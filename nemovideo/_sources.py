"""Where the bytes of an upload come from: opened late, read in threads, closed on every path."""

from __future__ import annotations

import io
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

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
    """Reads one source once, for a task that may be cancelled while a thread reads.

    A cancelled task goes on while its thread still reads; so `close` waits for that, and a read
    that comes after it reads nothing. All methods block: call them in threads.
    """

    def __init__(self, source: Source, name: str) -> None:
        self._source = source
        self._name = name
        self._file: BinaryIO | None = None
        self._closed = False
        self._lock = threading.Lock()

    def read(self, size: int) -> bytes:
        """Return the next bytes, `size` at most; `b""` at the end."""
        with self._lock:
            if self._closed:
                return b""
            try:
                self._file = self._file or self._source.open()
                return self._file.read(size)
            except (OSError, ValueError) as error:
                if isinstance(error, InvalidInputError):
                    raise
                raise unreadable(self._name, error) from error

    def close(self) -> None:
        """Close what was opened."""
        with self._lock:
            self._closed = True
            if self._file is not None and self._source.owned:
                self._file.close()


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
