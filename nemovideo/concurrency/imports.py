"""Loads modules in a thread, before they are needed.

pydantic and aiohttp take a tenth of a second each. On the thread of an event loop that would stop
everything else there for so long.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from nemovideo.compat.library_internals import ANYIO_BACKENDS
from nemovideo.concurrency.event_loop import current_async_library

if TYPE_CHECKING:
    from concurrent.futures import Future

RESPONSE_MODELS = "nemovideo.models.base"
"""What every answer is read with. It is loaded while the first request is on its way."""

_loaded: set[str] = set()
_begun: set[Future[None]] = set()
_PATIENCE = 5.0
"""For the end of what was begun, in seconds, before a fork."""


async def import_in_thread(*modules: str, anyio: bool = True) -> None:
    """Load `modules` in a thread, those apart that were loaded here before.

    One that cannot be loaded is passed over: the import that needs it says so.

    Args:
        anyio: what anyio needs on the running loop as well.
    """
    running = current_async_library()
    wanted = [*modules, ANYIO_BACKENDS[running]] if anyio else [*modules]
    wanted = [name for name in wanted if name not in _loaded]
    if not wanted:
        return
    # Each library's own way into a thread: anyio's would load itself first, on this thread.
    if running == "asyncio":
        await _load_beside_asyncio(wanted)
    else:
        from trio.to_thread import run_sync

        await run_sync(_load, wanted)


async def _load_beside_asyncio(modules: list[str]) -> None:
    from asyncio import get_running_loop
    from concurrent.futures import ThreadPoolExecutor

    # Not the loop's own executor: closing that takes a thread more, which a loop that ends with its
    # process (the blocking client's) cannot have.
    pool = ThreadPoolExecutor(1, "nemovideo-loading")
    try:
        await get_running_loop().run_in_executor(pool, _load, modules)
    finally:
        pool.shutdown(wait=False)


def prefetch_import(module: str) -> None:
    """Begin to load `module` in a thread and go on; `load` then waits for what is left of it."""
    if not is_imported(module):
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(1, "nemovideo-loading")
        begun = pool.submit(_load, [module])
        pool.shutdown(wait=False)
        _begun.add(begun)
        begun.add_done_callback(_begun.discard)


if sys.platform != "win32":

    def _finish_loading() -> None:
        from concurrent.futures import wait

        wait(tuple(_begun), _PATIENCE)

    # A thread in the middle of an import holds a lock that the child has and nobody releases there.
    os.register_at_fork(before=lambda: _finish_loading() if _begun else None)


def is_imported(module: str) -> bool:
    """Say whether `module` was loaded here before."""
    return module in _loaded


def _load(modules: list[str]) -> None:
    for name in modules:
        try:
            import_module(name)
        except ImportError:
            continue
        _loaded.add(name)
