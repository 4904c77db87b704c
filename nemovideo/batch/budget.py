"""What a batch may cost: reserved before each message, by all workers in one place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nemovideo.errors import InsufficientCreditsError
from nemovideo.operations.request import CLIP_CREDITS
from nemovideo.progress.units import count

if TYPE_CHECKING:
    from nemovideo.journal.entries import KeyEntry
    from nemovideo.journal.recorder import JournalRecorder


class Budget:
    """Reserves the known cost of each job in the journal, or here where there is none.

    Without a limit it is reserved as well: a later run may have one.

    Args:
        journal: Where all workers reserve.
        batch: What the batch is called.
        limit: In credits; None is no limit.
    """

    def __init__(self, journal: JournalRecorder, batch: str, limit: float | None) -> None:
        self._journal = journal
        self._batch = batch
        self._limit = math.inf if limit is None else limit
        self._reserved: dict[str, float] = {}

    async def find_or_reserve(self, key: str) -> KeyEntry | None:
        """Return how far a job has come, or reserve what it may cost where it is a new one.

        Raises:
            InsufficientCreditsError: the limit would be passed.
        """
        if not self._journal.is_enabled:
            await self.reserve(key)
            return None
        entry, is_reserved = await self._journal.find_or_reserve(
            self._batch, key, CLIP_CREDITS, self._limit
        )
        if entry is None and not is_reserved:
            raise self.build_refusal()
        return entry

    async def reserve(self, key: str) -> None:
        """Reserve what one job may cost.

        Raises:
            InsufficientCreditsError: the limit would be passed.
        """
        if not await self._enter(key, CLIP_CREDITS, self._limit):
            raise self.build_refusal()

    async def settle(self, key: str, credits_used: float | None) -> None:
        """Enter what a job has cost in the end, where that is known."""
        if credits_used is not None and credits_used != CLIP_CREDITS:
            await self._enter(key, credits_used, math.inf)

    async def release(self, key: str) -> None:
        """Enter that a job costs nothing."""
        if self._journal.is_enabled:
            await self._journal.release(self._batch, key)
        self._reserved.pop(key, None)

    def build_refusal(self) -> InsufficientCreditsError:
        """Return the error of a job for which nothing is left."""
        error = InsufficientCreditsError(
            f"Another video may cost {count(CLIP_CREDITS, 'credit')}, and with that the batch more"
            f" than max_credits, {count(self._limit, 'credit')}.",
            hint="Nothing was sent for it. Run the batch again with a higher max_credits.",
        )
        error.required = CLIP_CREDITS
        return error

    async def _enter(self, key: str, amount: float, limit: float) -> bool:
        if self._journal.is_enabled:
            return await self._journal.reserve(self._batch, key, amount, limit)
        others = sum(each for name, each in self._reserved.items() if name != key)
        if others + amount > limit:
            return False
        self._reserved[key] = amount
        return True
