"""Import modules in a thread, before they are needed.

pydantic and aiohttp take a tenth of a second each. On the thread of an event loop that would block
everything else for so long.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from nemovideo.compat.library_internals import ANYIO_BACKENDS
from nemovideo.concurrency.event_loop import current_async_library, trio_module

if TYPE_CHECKING:
    from concurrent.futures import Future

RESPONSE_MODELS = "nemovideo.models.base"
"""What every response is read with. It is imported while the first request is on its way."""

_imported: set[str] = set()
_prefetching: set[Future[None]] = set()
_FORK_TIMEOUT = 5.0
"""Seconds that a fork waits for an import under way."""


async def import_in_thread(*modules: str, anyio: bool = True) -> None:
    """Import `modules` in a thread, but for those that were imported here before.

    One that cannot be imported is skipped: the import that needs it raises the error.

    Args:
        anyio: also what anyio needs on the running loop.
    """
    library = current_async_library()
    wanted = [*modules, ANYIO_BACKENDS[library]] if anyio else [*modules]
    wanted = [name for name in wanted if name not in _imported]
    if not wanted:
        return
    # Each library's own way into a thread: anyio's would import itself first, on this thread.
    if library == "asyncio":
        from asyncio import wrap_future  # late: its loop runs here, and trio has no use for it

        await wrap_future(_start(wanted))
    else:
        await trio_module().to_thread.run_sync(_import, wanted)


def prefetch_import(module: str) -> None:
    """Start to import `module` in a thread; `import_in_thread` then waits for the rest of it."""
    if not is_imported(module):
        future = _start([module])
        _prefetching.add(future)
        future.add_done_callback(_prefetching.discard)


def _start(modules: list[str]) -> Future[None]:
    from concurrent.futures import ThreadPoolExecutor  # late: only the first use needs one

    # Not the loop's own executor: closing that takes another thread, which a loop that ends with
    # its process (the blocking client's) cannot have.
    pool = ThreadPoolExecutor(1, "nemovideo-imports")
    try:
        return pool.submit(_import, modules)
    finally:
        pool.shutdown(wait=False)


if sys.platform != "win32":

    def _finish_imports() -> None:
        for future in tuple(_prefetching):
            with suppress(TimeoutError):
                future.exception(_FORK_TIMEOUT)

    # A thread in the middle of an import holds a lock, which nobody would release in the child.
    os.register_at_fork(before=_finish_imports)


def is_imported(module: str) -> bool:
    return module in _imported


def _import(modules: list[str]) -> None:
    for name in modules:
        try:
            import_module(name)
        except ImportError:
            continue
        _imported.add(name)
