"""The journal of paid messages and renders: recorder, journal, database.

Its parts are loaded on first use, as not every client writes anything down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.journal.journal import Journal as Journal
    from nemovideo.journal.postgres_storage import PostgresStorage as PostgresStorage
    from nemovideo.journal.sqlite_storage import SQLiteStorage as SQLiteStorage
    from nemovideo.journal.writer import Writer as Writer

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.journal.journal": ["Journal"],
        "nemovideo.journal.writer": ["Writer"],
        "nemovideo.journal.postgres_storage": ["PostgresStorage"],
        "nemovideo.journal.sqlite_storage": ["SQLiteStorage"],
    },
)
