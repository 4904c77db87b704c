"""The journal's SQLite file: how it is opened, upgraded, checked and set aside.

Imported when the first entry is written: a program that journals nothing does not load SQLite.

WAL, because it lets many processes write in turns of microseconds without a reader ever waiting,
and because a process that is killed at any instruction leaves either the whole transaction or
none. `synchronous=NORMAL`: what is committed is with the operating system, which outlives the
process. Only a power cut may take the last moments (never the file's soundness), and a sync of the
disk for every entry, which would save those, costs more than the entry is worth.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from nemovideo._private_files import (
    FileLock,
    StoreUnavailable,
    check_place,
    create_private,
    ensure_folder,
    refusals,
)

T = TypeVar("T")

Error = sqlite3.Error
"""What SQLite raises, for those who do not import it."""

_logger = logging.getLogger(__name__)

# Somebody else's transaction takes well under a millisecond, a slow disk's checkpoint apart.
_PATIENCE = 10.0

_STEPS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            session_id TEXT NOT NULL,
            task_id TEXT,
            base_url TEXT NOT NULL,
            prompt_digest TEXT NOT NULL,
            draft_digest TEXT,
            phase TEXT NOT NULL,
            credits_before REAL,
            export INTEGER NOT NULL,
            target_path BLOB,
            owner TEXT,
            created_at REAL NOT NULL,
            updated_at REAL NOT NULL
        )
        """,
        """
        CREATE TABLE renders (
            id TEXT PRIMARY KEY,
            session_id TEXT NOT NULL,
            base_url TEXT NOT NULL,
            phase TEXT NOT NULL,
            format TEXT NOT NULL,
            quality TEXT NOT NULL,
            url TEXT,
            target_path BLOB,
            replaces TEXT,
            owner TEXT,
            created_at REAL NOT NULL,
            updated_at REAL NOT NULL,
            message_id INTEGER
        )
        """,
        # Only what is unfinished is ever looked for, and that is little however long the list is.
        # What somebody is at work on is passed over by its owner, without being read.
        """
        CREATE INDEX open_messages ON messages (base_url, owner)
        WHERE phase IN ('sending', 'streaming', 'interrupted')
        """,
        """
        CREATE INDEX open_renders ON renders (base_url, owner)
        WHERE phase IN ('submitting', 'submitted', 'completed')
        """,
        # And what is to be dropped is found without looking at what is not.
        "CREATE INDEX message_ages ON messages (updated_at)",
        "CREATE INDEX render_ages ON renders (updated_at)",
        """
        CREATE INDEX ended_messages ON messages (updated_at)
        WHERE phase IN ('finished', 'failed')
        """,
        """
        CREATE INDEX ended_renders ON renders (updated_at)
        WHERE phase IN ('downloaded', 'failed', 'cancelled')
        OR (phase = 'completed' AND target_path IS NULL)
        """,
    ),
)
"""What each version of the file adds; `PRAGMA user_version` says how many steps it has taken."""

_DAY = 86_400
_KEEP_ENDED = 7 * _DAY
_KEEP_COUNT = 1000
# Tokens last seven days and sessions little longer: there is nothing to recover after a month.
_KEEP_OPEN = 30 * _DAY

_PRUNING = (
    "DELETE FROM messages WHERE updated_at < :open",
    "DELETE FROM messages WHERE phase IN ('finished', 'failed') AND updated_at < :ended",
    "DELETE FROM renders WHERE updated_at < :open",
    """
    DELETE FROM renders WHERE (phase IN ('downloaded', 'failed', 'cancelled')
        OR (phase = 'completed' AND target_path IS NULL)) AND updated_at < :ended
    """,
    """
    DELETE FROM messages WHERE id IN (
        SELECT id FROM messages WHERE phase IN ('finished', 'failed')
        ORDER BY updated_at DESC LIMIT -1 OFFSET :count)
    """,
    """
    DELETE FROM renders WHERE id IN (
        SELECT id FROM renders WHERE phase IN ('downloaded', 'failed', 'cancelled')
        OR (phase = 'completed' AND target_path IS NULL)
        ORDER BY updated_at DESC LIMIT -1 OFFSET :count)
    """,
)


def open_database(path: Path, *, suspect: bool = False) -> sqlite3.Connection:
    """Open the journal `path`, made or upgraded where that is needed.

    One that cannot be read is set aside with a warning, and a new one begun. `suspect` looks
    through the whole file for that, not only at its beginning.

    Raises:
        StoreUnavailable: the folder or the file cannot be used, or a newer version wrote it.
        sqlite3.Error: the disk or another process does not let us.
    """
    ensure_folder(path.parent)
    # Switching to WAL, upgrading and setting aside must not happen twice at once; SQLite's own
    # locks do not wait for each other while the mode changes.
    guard = FileLock(path.with_suffix(".lock"))
    guard.acquire(_PATIENCE)
    try:
        return _open(path, suspect=suspect)
    except sqlite3.DatabaseError as error:
        if not is_corrupt(error):
            raise
        _set_aside(path)
        return _open(path, suspect=False)
    finally:
        guard.release()


def is_corrupt(error: sqlite3.Error) -> bool:
    """Say whether the error means that the file is damaged, or no journal at all."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, _NotOurs) or (
        code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    )


def is_lasting(error: Exception) -> bool:
    """Say whether the error will be there at the next call too: a full disk, a missing right.

    Another process that was writing all the time, or a value that cannot be stored, will not.
    """
    code: int | None = getattr(error, "sqlite_errorcode", None)
    busy = code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(error, (OSError, sqlite3.OperationalError)) and not busy


def change(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Do `work` as one transaction, whole or not at all."""
    # IMMEDIATE: a transaction that begins by reading cannot always go on to write.
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # some errors have rolled it back already
            connection.execute("ROLLBACK")
        raise
    return result


def prune(db: sqlite3.Connection, now: float) -> None:
    """Drop what ended over a week ago or after a thousand others, and what is over a month old."""
    oldest = {"ended": now - _KEEP_ENDED, "open": now - _KEEP_OPEN, "count": _KEEP_COUNT}
    for statement in _PRUNING:
        db.execute(statement, oldest)


class _NotOurs(sqlite3.DatabaseError):
    """A sound database, or half of one, that has not the tables of a journal."""


class _Connection(sqlite3.Connection):
    """One that a client may forget to close: from Python 3.13 on, SQLite would complain of it."""

    def __del__(self) -> None:
        self.close()


def _open(path: Path, *, suspect: bool) -> sqlite3.Connection:
    with refusals(path):
        # SQLite gives the files beside it the same mode.
        if not check_place(path, tighten=True):
            os.close(create_private(path))
    connection = sqlite3.connect(
        path,
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        if suspect and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise _NotOurs("damaged")
        _upgrade(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _upgrade(path: Path, connection: sqlite3.Connection) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(_STEPS):
        raise StoreUnavailable(f"{path} was written by a newer version of nemovideo.")
    try:
        if version < len(_STEPS):
            change(connection, lambda _: _take_steps(connection, version))
        connection.execute("SELECT owner, export, draft_digest FROM messages LIMIT 0")
        connection.execute("SELECT owner, message_id, replaces FROM renders LIMIT 0")
    except sqlite3.OperationalError as error:
        # "no such table", "already exists": somebody else's database under this name.
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            raise _NotOurs("no journal") from error
        raise


def _take_steps(connection: sqlite3.Connection, version: int) -> None:
    for step in _STEPS[version:]:
        for statement in step:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(_STEPS)}")


def _set_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    with refusals(path):
        path.replace(aside)
        for beside in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(f"{path.name}{beside}").replace(f"{aside}{beside}")
    _logger.warning("The journal could not be read; it is kept as %s, and a new one begun.", aside)
