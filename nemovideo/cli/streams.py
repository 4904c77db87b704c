"""The three standard streams as a command needs them: always there, and never a reason to fail."""

from __future__ import annotations

import io
import os
import select
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO, TypeVar, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


_T = TypeVar("_T")


class _Outlet(io.FileIO):
    """A descriptor that is written for as long as somebody takes it.

    A reader that has gone, a full disk, a terminal that was closed: the work that is reported on
    goes on, and what nobody takes is dropped.
    """

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            written: int | None = super().write(data)
            if written is None:  # another program left the pipe in a mode that does not wait
                select.select((), (self,), ())
        except OSError:
            return memoryview(data).nbytes
        return written or 0


class _Nowhere(io.RawIOBase):
    """Where a stream that is not there is written."""

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        return memoryview(data).nbytes


@contextmanager
def standard_streams() -> Generator[None]:
    """Have three streams that can be used, whatever this process was started with.

    Programs without a console and daemons have none, or closed ones: `sys.stdout` is None there.
    """
    _fill_descriptors()
    before = sys.stdin, sys.stdout, sys.stderr
    if _is_missing(sys.stdin):
        sys.stdin = io.StringIO()
    sys.stdout, sys.stderr = _outlet(sys.stdout), _outlet(sys.stderr)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def video_descriptor() -> int | None:
    """Return the number of a stdout that can take a film: one that is there and is no terminal."""
    try:
        return None if sys.stdout.isatty() else sys.stdout.fileno()
    except OSError:
        return None


async def run_in_daemon_thread(work: Callable[[], _T], name: str) -> _T:
    """Do `work`, which waits for whoever is at the other end of a stream, in a thread of its own.

    Cancelled, it is left to itself: it ends with the process, which would wait for another thread.
    """
    import anyio

    from nemovideo.concurrency.event_loop import thread_safe_callback

    ended, notify, outcome = anyio.Event(), thread_safe_callback(), Future[_T]()

    def run() -> None:
        try:
            outcome.set_result(work())
        except Exception as error:  # noqa: BLE001  # raised where it is waited for
            outcome.set_exception(error)
        with suppress(RuntimeError):  # interrupted, and the loop is gone
            notify(ended.set)

    threading.Thread(target=run, name=name, daemon=True).start()
    await ended.wait()
    return outcome.result()


def _fill_descriptors() -> None:
    """Give the numbers of closed streams to nobody else, or the journal gets what is printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one


def _is_missing(stream: TextIO | None) -> bool:
    return stream is None or stream.closed


def _outlet(stream: TextIO | None) -> TextIO:
    """Return a stream that takes whatever is written to it, `stream` itself where it may stay."""
    if stream is None or stream.closed:
        return io.TextIOWrapper(io.BufferedWriter(_Nowhere()), "utf-8", "replace")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    wrapper = cast("io.TextIOWrapper[io.BufferedWriter]", stream)
    # Without a buffer (`python -u`) the descriptor is where the buffer would be.
    if type(getattr(wrapper.buffer, "raw", wrapper.buffer)) is not io.FileIO:
        # A console of Windows writes in a way of its own.
        wrapper.reconfigure(errors="replace")
        return wrapper
    wrapper.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Outlet(wrapper.fileno(), "w", closefd=False)),
        wrapper.encoding,
        "replace",  # a terminal that cannot write a letter shows a mark for it
        line_buffering=wrapper.line_buffering,
        write_through=wrapper.write_through,
    )
