"""What receives a download: a file on disk, or a buffer for what goes elsewhere.

All here but `write` and `drain` blocks, so a caller with an event loop runs it in a thread.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, cast

from nemovideo.errors import DownloadError
from nemovideo.files.mp4_boxes import BoxScanner

BATCH_BYTES: Final = 2**20
_MAX_IN_MEMORY: Final = 8 * 2**20

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class DownloadWriter(ABC):
    """One download on its way.

    `write` keeps what arrives and says when `flush` is due.

    Args:
        name: what it is for, in errors.
        path: where it goes, if that has a path or URL.
    """

    def __init__(self, name: str, path: str | None = None) -> None:
        self.name = name
        self.location = path
        self.received: int = 0
        """How many bytes have come: where a broken download goes on."""
        self._boxes = BoxScanner()
        self._buffer: list[bytes] = []  # joined in the thread that writes, not on the loop
        self._buffered_bytes = 0
        self._failure: DownloadError | None = None

    def check_free_space(self, length: int) -> None:
        """Refuse a file of `length` bytes if the disk has too little free space."""
        folder = self._folder(length)
        try:
            free = length if folder is None else shutil.disk_usage(folder).free
        except OSError:
            return  # a file system that does not tell; writing will
        if free < length - self.received:
            raise DownloadError(
                f"{self.name} needs {_megabytes(length)}, and {_megabytes(free)} are free"
                f" in {folder}.",
                path=self.location,
                received=self.received,
                expected=length,
                hint="Free some space or save to another disk.",
            )

    def write(self, chunk: bytes) -> bool:
        """Buffer a chunk, and return True if `flush` is due (1 MiB)."""
        self._boxes.feed(chunk)
        self._buffer.append(chunk)
        self._buffered_bytes += len(chunk)
        self.received += len(chunk)
        return self._buffered_bytes >= BATCH_BYTES

    def flush(self) -> None:
        """Write the buffer."""
        self.drain()()

    def drain(self) -> Callable[[], None]:
        """Detach the buffer and return a function that writes it, to be called in a thread."""
        pieces, self._buffer, self._buffered_bytes = self._buffer, [], 0
        return partial(self._save, pieces)

    def _save(self, pieces: list[bytes]) -> None:
        if self._failure is not None:
            raise self._failure  # what it lost is lost: there is nothing left to commit
        try:
            with self._disk_errors():
                self._append(pieces)
        except DownloadError as error:
            self._failure = error
            raise

    def restart(self) -> None:
        """Discard what was received: the service sends the file from its beginning."""
        self._forget()
        with self._disk_errors():
            self._truncate()
        self.received, self._boxes = 0, BoxScanner()

    @property
    def is_truncated(self) -> bool:
        """Whether what has come so far is a film that is not all there."""
        return self._boxes.is_truncated

    def check_length(self, expected: int | None) -> None:
        """Refuse a file that is empty or of another length; None is an unknown one."""
        if self.received and expected in (None, self.received):
            return
        wanted = "" if expected is None else f" of {expected}"
        raise DownloadError(
            f"{self.name} did not arrive whole: {self.received}{wanted} bytes.",
            path=self.location,
            received=self.received,
            expected=expected,
            hint="Try again; the render is kept by the service.",
        )

    def _forget(self) -> None:
        self._buffer, self._buffered_bytes = [], 0

    @contextlib.contextmanager
    def _disk_errors(self) -> Generator[None, None, None]:
        try:
            yield
        except OSError as error:
            message, hint = explain(self.name, error)
            raise DownloadError(
                message, path=self.location, received=self.received, hint=hint
            ) from error

    @abstractmethod
    def _folder(self, length: int) -> Path | None:
        """Return the folder whose disk a file of `length` bytes needs; None for memory."""

    @abstractmethod
    def _append(self, pieces: list[bytes]) -> None: ...

    @abstractmethod
    def _truncate(self) -> None: ...


class BufferedDownload(DownloadWriter):
    """A download that is kept until it is whole, and then read.

    Small ones stay in memory, large ones are in a temporary file without a name, which is gone with
    its process, however that ends.

    Args:
        in_memory: keep it in memory whatever its size.

    Example:
        ```python
        with BufferedDownload("s3://films/panda.mp4") as writer:
            writer.write(chunk)
            writer.flush()
            writer.file.seek(0)
        ```
    """

    def __init__(self, name: str, path: str | None = None, *, in_memory: bool = False) -> None:
        super().__init__(name, path)
        self._in_memory = in_memory
        self.file: BinaryIO = BytesIO() if in_memory else _spooled()
        """What has come, readable."""

    def content(self) -> bytes:
        if isinstance(self.file, BytesIO):
            return self.file.getvalue()
        self.file.seek(0)
        return self.file.read()

    def close(self) -> None:
        self._forget()
        with contextlib.suppress(OSError):
            self.file.close()

    def _folder(self, length: int) -> Path | None:
        in_memory = self._in_memory or length <= _MAX_IN_MEMORY
        return None if in_memory else Path(tempfile.gettempdir())

    def _append(self, pieces: list[bytes]) -> None:
        self.file.writelines(pieces)

    def _truncate(self) -> None:
        self.file.seek(0)
        self.file.truncate()


def _spooled() -> BinaryIO:
    file = tempfile.SpooledTemporaryFile(_MAX_IN_MEMORY)  # noqa: SIM115  # its owner closes it
    return cast("BinaryIO", file)


def explain(name: str, error: OSError) -> tuple[str, str]:
    """Return what an error of the system means for a file that is written, and what to do."""
    if error.errno in _DISK_FULL:
        return (
            f"There is no space left for {name}.",
            "Free some space or save to another disk, then download again.",
        )
    if error.errno in _NOT_ALLOWED:
        return (
            f"{name} may not be written: {error.strerror}.",
            "Check the folder's permissions, close what has the file open, or save elsewhere.",
        )
    return (
        f"{name} could not be written: {error.strerror or type(error).__name__}.",
        "Check the folder and the disk, then download again.",
    )


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.1f} MB"
