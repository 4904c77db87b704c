"""Errors of code that runs inside an HTTP library and belongs to neither it nor us.

Hooks, middlewares and log handlers of the user run in the middle of a request, and raise what they
like, including errors of the same library. Those say nothing about the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType, TracebackType

from nemovideo.concurrency.callbacks import mark_from_callback
from nemovideo.errors import NemoVideoError
from nemovideo.security.redaction import chain_of

_LIBRARIES = frozenset(
    (
        *("aiohttp", "aiosignal", "anyio", "asyncio", "h11", "h2", "trio", "yarl"),
        *("httpcore", "httpcore2", "httpx", "httpx2"),
    )
)


def frames_of(error: BaseException) -> Iterator[FrameType]:
    """Yield the frames that `error` came through, the one that caught it first."""
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def module_of(frame: FrameType) -> str:
    """Return the name of the module whose code a frame runs."""
    return str(frame.f_globals.get("__name__", ""))


def is_library(module: str) -> bool:
    """Return True if a module is of a library that carries requests."""
    return module.partition(".")[0] in _LIBRARIES


def passed_through(error: BaseException, package: str) -> bool:
    """Return True if `error` came through code of a package."""
    return any(module_of(frame).partition(".")[0] == package for frame in frames_of(error))


def strip_library_frames(error: BaseException) -> BaseException:
    """Take the libraries' frames out of the traceback of `error`, and return it.

    They hold headers and buffers, which a tool that prints local variables would print. What the
    user's own code did stays.
    """
    if isinstance(error, NemoVideoError) and any(map(_is_of_library, frames_of(error))):
        mark_from_callback(error)  # a hook that uses a client of ours: no library raises it
    for each in chain_of(error):
        each.__traceback__ = _trimmed(each.__traceback__)
    return error


def _is_of_library(frame: FrameType) -> bool:
    return is_library(module_of(frame))


def _trimmed(traceback: TracebackType | None) -> TracebackType | None:
    entries: list[TracebackType] = []
    while traceback is not None:
        if not _is_of_library(traceback.tb_frame):
            entries.append(traceback)
        traceback = traceback.tb_next
    trimmed: TracebackType | None = None
    for each in reversed(entries):
        trimmed = TracebackType(trimmed, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return trimmed
