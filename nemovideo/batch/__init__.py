"""Batches: many videos from a list of jobs, each paid for once, within a budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.batch.batch import Batch as Batch
    from nemovideo.batch.request import BatchRequest as BatchRequest

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.batch.batch": ["Batch"],
        "nemovideo.batch.request": ["BatchRequest"],
    },
)
