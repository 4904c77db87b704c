"""The running event loop: which library's it is, and how other threads reach it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import TYPE_CHECKING, cast

from nemovideo.compat.library_internals import anyio_is_unused

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from contextvars import Context

    from trio.lowlevel import TrioToken


def current_async_library() -> str:
    """Return which library's event loop is running, "asyncio" or "trio"."""
    return "trio" if _asyncio_loop() is None else "asyncio"


def anyio_unused() -> bool:
    """Return True if nobody can have opened an anyio cancel scope on the running loop."""
    return _asyncio_loop() is not None and anyio_is_unused()


def current_loop() -> object:
    """Return an object that identifies the running event loop, asyncio's or trio's."""
    loop = _asyncio_loop()
    if loop is not None:
        return loop
    return trio_module().lowlevel.current_trio_token()


def loop_clock() -> Callable[[], float]:
    """Return what reads the clock of `anyio.current_time`, at a fifth of its cost on asyncio."""
    loop = _asyncio_loop()
    if loop is not None:
        return loop.time
    clock: Callable[[], float] = trio_module().current_time
    return clock


def thread_safe_callback() -> Callable[..., object]:
    """Return a function that calls another, with arguments, in the running loop from any thread."""
    loop = _asyncio_loop()
    if loop is not None:
        return loop.call_soon_threadsafe
    return cast("TrioToken", current_loop()).run_sync_soon


def spawn_on_trio(
    work: Callable[..., Awaitable[object]], *args: object, context: Context | None = None
) -> None:
    """Start a task of trio's own, which may not raise."""
    trio_module().lowlevel.spawn_system_task(work, *args, context=context)


def shield() -> AbstractContextManager[object]:
    """Return a shielded cancel scope of the library in use; anyio is not loaded for it."""
    if anyio_unused():
        return nullcontext()
    if _asyncio_loop() is None:
        scope: AbstractContextManager[object] = trio_module().CancelScope(shield=True)
        return scope
    import anyio  # late, as the docstring says

    return anyio.CancelScope(shield=True)


def trio_module() -> ModuleType:
    import trio  # late: it is loaded where its loop runs, and need not be installed elsewhere

    return trio


def _asyncio_loop() -> AbstractEventLoop | None:
    import asyncio  # late: a client that is only constructed does not need it

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
