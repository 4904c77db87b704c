"""Standard streams that always exist and never fail."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _TolerantFile(io.FileIO):
    """A file that ignores write errors.

    Work must not end because its output has no reader, no disk space or no terminal any more.
    """

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            written: int | None = super().write(data)
            if written is None:  # another program made the pipe non-blocking
                select.select((), (self,), ())
        except OSError:
            return memoryview(data).nbytes
        return written or 0


class _NullFile(io.RawIOBase):
    """Takes the output of a missing stream."""

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        return memoryview(data).nbytes


@contextmanager
def standard_streams() -> Generator[None]:
    """Replace missing and closed streams, which daemons and programs without a console have."""
    _fill_descriptors()
    before = sys.stdin, sys.stdout, sys.stderr
    if _is_missing(sys.stdin):
        sys.stdin = io.StringIO()
    sys.stdout, sys.stderr = _tolerant(sys.stdout), _tolerant(sys.stderr)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def video_descriptor() -> int | None:
    """Return the descriptor of stdout; None if it is missing or a terminal."""
    try:
        return None if sys.stdout.isatty() else sys.stdout.fileno()
    except OSError:
        return None


def _fill_descriptors() -> None:
    """Occupy the numbers of closed streams, or a file opened later gets what is printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one


def _is_missing(stream: TextIO | None) -> bool:
    return stream is None or stream.closed


def _tolerant(stream: TextIO | None) -> TextIO:
    """Return a stream that ignores write errors, or `stream` itself if it may stay."""
    if stream is None or stream.closed:
        return io.TextIOWrapper(io.BufferedWriter(_NullFile()), "utf-8", "replace")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    wrapper = cast("io.TextIOWrapper[io.BufferedWriter]", stream)
    # Unbuffered (`python -u`), the buffer is the raw file itself.
    if type(getattr(wrapper.buffer, "raw", wrapper.buffer)) is not io.FileIO:
        # The console of Windows, which has a raw file of its own.
        wrapper.reconfigure(errors="replace")
        return wrapper
    wrapper.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_TolerantFile(wrapper.fileno(), "w", closefd=False)),
        wrapper.encoding,
        "replace",  # of what the terminal cannot encode
        line_buffering=wrapper.line_buffering,
        write_through=wrapper.write_through,
    )
