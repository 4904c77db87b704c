"""The config folder for async callers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from nemovideo.auth.config_folder import LOCK_TIMEOUT, ConfigFolder, StoreUnavailable
from nemovideo.concurrency.threads import run_in_thread

_logger = logging.getLogger("nemovideo.auth")
_T = TypeVar("_T")


class AsyncConfigFolder:
    """Runs methods of `folder` in a thread; where it cannot be used, with one warning, none.

    What could not be saved is saved by `save_pending` as soon as that is possible.
    """

    def __init__(self, folder: ConfigFolder) -> None:
        self.folder = folder
        self.available: bool = True
        self._pending: dict[str, Callable[[float], object]] = {}

    @property
    def has_pending(self) -> bool:
        return bool(self._pending)

    async def run(self, work: Callable[[], _T]) -> _T | None:
        """Run `work` on the folder in a thread, or return None if the folder cannot be used."""
        try:
            return await run_in_thread(work)
        except StoreUnavailable as error:
            if self.available:
                _logger.warning(
                    "The config folder cannot be used, so nothing is saved beyond this process"
                    " until it can: %s",
                    error,
                )
            self.available = False
            return None

    async def save(self, name: str, work: Callable[[float], object]) -> None:
        """Save something with `work`, which takes the seconds that it may wait for a lock."""
        # Not pending yet: another task that saved it at the same time would find the lock held.
        self._pending.pop(name, None)
        await self._save(name, work, LOCK_TIMEOUT)

    async def save_pending(self) -> None:
        """Try once more what could not be saved, without waiting for a lock."""
        for name in tuple(self._pending):
            work = self._pending.pop(name, None)  # another task may have it
            if work is not None:
                await self._save(name, work, 0)

    async def _save(self, name: str, work: Callable[[float], object], seconds: float) -> None:
        done = None
        try:
            done = await self.run(partial(_return_true, work, seconds))
        finally:
            if done:
                self.available = True
            else:
                self._pending.setdefault(name, work)  # unless there is a newer one


def _return_true(work: Callable[[float], object], timeout: float) -> bool:
    work(timeout)
    return True
