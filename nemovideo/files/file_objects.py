"""Binary files that are open already: a video is copied into them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from io import RawIOBase, TextIOBase
from typing import Any, BinaryIO, cast

from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import DownloadError, InvalidInputError
from nemovideo.files.download_writer import BATCH_BYTES, explain
from nemovideo.files.save_targets import BinaryWriter

_ACCEPTED = ("a path", "a folder", "a binary file open for writing", "a URL such as s3://…")


async def check_file_object(target: BinaryWriter) -> None:
    """Refuse what nothing can be written to, before anything is sent.

    Raises:
        InvalidInputError: it has no `write`, takes text, or is closed or open for reading only.
    """
    given: Any = target
    if not callable(getattr(given, "write", None)):
        raise _refused(f"of type {type(given).__name__}")
    if isinstance(given, TextIOBase) or isinstance(getattr(given, "encoding", None), str):
        raise _refused("a text file", 'Open it with mode "wb".')
    if getattr(given, "closed", False) is True:
        raise _refused("a closed file")
    writable = getattr(given, "writable", None)
    if callable(writable):
        answer = writable()
        if isawaitable(answer):
            answer = await answer
        if answer is False:
            raise _refused("a file open for reading only", 'Open it with mode "wb".')


def _refused(what: str, hint: str | None = None) -> InvalidInputError:
    return InvalidInputError(
        f"The target is {what}.",
        parameter="target",
        accepted=_ACCEPTED,
        hint=hint or f"Give {', '.join(_ACCEPTED[:-1])} or {_ACCEPTED[-1]}",
    )


async def copy_into(source: BinaryIO, target: BinaryWriter, size: int) -> None:
    """Write all of `source` into a file object.

    What a sync `write` does is done in a thread, as it may take long.

    Args:
        size: the bytes of `source`.

    Raises:
        DownloadError: the system refused to write; what was written before stays in the file.
    """
    written, write = 0, _writer(target)
    try:
        source.seek(0)
        while data := await run_in_thread(partial(source.read, BATCH_BYTES)):
            await write(data)
            written += len(data)
        await _flush(target)
    except OSError as error:
        message, _ = explain(name_of(target), error)
        raise DownloadError(
            message,
            path=path_of_file(target),
            received=written,
            expected=size,
            hint="Save the video again, which costs nothing, to another file.",
        ) from error


def name_of(target: BinaryWriter) -> str:
    """Return what a file object is called in messages."""
    return path_of_file(target) or f"the {type(target).__name__} given"


def path_of_file(target: BinaryWriter) -> str | None:
    """Return the path of an open file; None for what has none."""
    name = getattr(target, "name", None)
    return name if isinstance(name, str) and name else None


def _writer(target: BinaryWriter) -> Callable[[bytes], Awaitable[None]]:
    writing: Any = target.write
    if iscoroutinefunction(writing):
        call = writing
    elif iscoroutinefunction(getattr(target, "drain", None)):
        call = partial(_write_and_drain, target)  # asyncio's own, which belongs to its loop
    else:
        call = partial(_write_in_thread, writing)

    async def write(data: bytes) -> None:
        while data:
            taken = await call(data)
            if taken is None and isinstance(target, RawIOBase):
                raise BlockingIOError("it takes nothing now, as it does not wait")
            if not isinstance(taken, int) or taken >= len(data):
                return
            if taken <= 0:
                raise OSError("it takes no more")
            data = data[taken:]  # unbuffered files may take a part

    return write


async def _write_in_thread(write: Callable[[bytes], object], data: bytes) -> object:
    outcome = await run_in_thread(partial(write, data))
    return await cast("Awaitable[object]", outcome) if isawaitable(outcome) else outcome


async def _write_and_drain(target: Any, data: bytes) -> None:
    target.write(data)
    await target.drain()


async def _flush(target: BinaryWriter) -> None:
    """Have a buffered file say now whether its disk is full."""
    flush = getattr(target, "flush", None)
    if not callable(flush):
        return
    if iscoroutinefunction(flush):
        await flush()
    else:
        await _write_in_thread(lambda _: flush(), b"")
