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

from nemovideo.security.file_lock import FileLock
from nemovideo.security.private_files import (
    StoreUnavailable,
    check_existing,
    create_private,
    ensure_folder,
    map_os_errors,
)

T = TypeVar("T")

Error = sqlite3.Error
"""What SQLite raises, for those who do not import it."""

OperationalError = sqlite3.OperationalError
"""What it raises where the disk or another process does not let it."""

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
    (
        "ALTER TABLE messages ADD COLUMN account TEXT",
        "ALTER TABLE messages ADD COLUMN ended_at REAL",
        "ALTER TABLE messages ADD COLUMN overlapped INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE messages ADD COLUMN replaceable TEXT",
        "ALTER TABLE messages ADD COLUMN position INTEGER",
        "ALTER TABLE messages ADD COLUMN expired_at REAL",
        "ALTER TABLE renders ADD COLUMN replaceable TEXT",
        "ALTER TABLE renders ADD COLUMN position INTEGER",
        "ALTER TABLE renders ADD COLUMN expired_at REAL",
        "UPDATE messages SET ended_at = updated_at WHERE phase IN ('finished', 'failed')",
        "UPDATE messages SET position = CAST(created_at * 1000000 AS INTEGER)",
        "UPDATE renders SET position = CAST(created_at * 1000000 AS INTEGER)",
        "CREATE INDEX message_accounts ON messages (account, ended_at)",
        "CREATE INDEX messages_alone ON messages (account) WHERE NOT overlapped",
        "CREATE INDEX message_positions ON messages (position)",
        "CREATE INDEX render_positions ON renders (position)",
    ),
)
"""What each version of the file adds; `PRAGMA user_version` says how many steps it has taken."""

_DAY = 86_400
_KEEP_ENDED = 7 * _DAY
_KEEP_COUNT = 1000
# Tokens last seven days and sessions little longer: there is nothing to recover after a month.
_KEEP_OPEN = 30 * _DAY
# A clock that was wrong for a while, when the entry was made or now, gives nothing up by itself.
_KEEP_EXPIRED = 7 * _DAY

_PRUNING = (
    "DELETE FROM messages WHERE phase IN ('finished', 'failed') AND updated_at < :ended",
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
    *(
        statement.format(table=table)
        for table in ("messages", "renders")
        for statement in (
            """
            DELETE FROM {table} WHERE updated_at < :open AND expired_at < :expired
                AND NOT is_taken(owner)
            """,
            """
            UPDATE {table} SET expired_at = :now WHERE updated_at < :open
                AND (expired_at IS NULL OR expired_at > :now)
            """,
        )
    ),
)


def open_database(
    path: Path, *, suspect: bool = False, patience: float | None = None
) -> sqlite3.Connection:
    """Open the journal `path`, made or upgraded where that is needed.

    One that cannot be read is set aside with a warning, and a new one begun. `suspect` looks
    through the whole file for that, not only at its beginning. `patience` is how long to wait for
    another process.

    Raises:
        StoreUnavailable: the folder or the file cannot be used, or a newer version wrote it.
        sqlite3.Error: the disk or another process does not let us.
    """
    patience = _PATIENCE if patience is None else patience
    ensure_folder(path.parent)
    # Switching to WAL, upgrading and setting aside must not happen twice at once; SQLite's own
    # locks do not wait for each other while the mode changes.
    guard = FileLock(path.with_suffix(".lock"))
    guard.acquire(patience)
    try:
        return _open(path, suspect=suspect, patience=patience)
    except sqlite3.DatabaseError as error:
        if not is_corrupt(error):
            raise
        _set_aside(path)
        return _open(path, suspect=False, patience=patience)
    finally:
        guard.release()


def open_copy(path: Path) -> sqlite3.Connection | None:
    """Return a copy in memory of a journal that cannot be opened for writing; None without one.

    Raises:
        StoreUnavailable: the file cannot be read, or a newer version wrote it.
        sqlite3.Error: it is damaged.
    """
    with map_os_errors(path):
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        check_existing(path)
    copy = _connect(":memory:", _PATIENCE)
    try:
        try:
            _read_into(copy, path)
        except sqlite3.OperationalError:
            # WAL needs a file beside it, which cannot be made in a folder that is read-only.
            from shutil import copyfile
            from tempfile import TemporaryDirectory

            with map_os_errors(path), TemporaryDirectory(prefix="nemovideo-") as folder:
                for ending in ("", "-wal"):
                    with contextlib.suppress(FileNotFoundError):
                        copyfile(f"{path}{ending}", Path(folder, f"copy{ending}"))
                _read_into(copy, Path(folder, "copy"))
        _upgrade(path, copy)
    except BaseException:
        copy.close()
        raise
    return copy


def _read_into(copy: sqlite3.Connection, path: Path) -> None:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE)) as source:
        source.backup(copy)


def is_corrupt(error: sqlite3.Error) -> bool:
    """Say whether the error means that the file is damaged, or no journal at all."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, _NotOurs) or (
        code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    )


def is_trouble(error: Exception) -> bool:
    """Say whether the file or the folder is at fault, and not the value that was to be stored."""
    return isinstance(error, (OSError, sqlite3.OperationalError)) or (
        isinstance(error, sqlite3.DatabaseError) and is_corrupt(error)
    )


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
    """Drop what ended over a week ago or after a thousand others, and what nobody came back for.

    That is what was over a month old a week ago already, and has no living owner.
    """
    oldest = {
        "now": now,
        "ended": now - _KEEP_ENDED,
        "open": now - _KEEP_OPEN,
        "expired": now - _KEEP_EXPIRED,
        "count": _KEEP_COUNT,
    }
    for statement in _PRUNING:
        db.execute(statement, oldest)


class _NotOurs(sqlite3.DatabaseError):
    """A sound database, or half of one, that has not the tables of a journal."""


class _Connection(sqlite3.Connection):
    """One that a client may forget to close: from Python 3.13 on, SQLite would complain of it."""

    def __del__(self) -> None:
        with contextlib.suppress(sqlite3.ProgrammingError):  # the file could not be opened
            self.close()


def _open(path: Path, *, suspect: bool, patience: float) -> sqlite3.Connection:
    with map_os_errors(path):
        # SQLite gives the files beside it the same mode.
        if not check_existing(path, restrict_mode=True):
            os.close(create_private(path))
    connection = _connect(path, patience)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        if suspect and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise _NotOurs("damaged")
        _upgrade(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path | str, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )
    connection.row_factory = sqlite3.Row
    return connection


def _upgrade(path: Path, connection: sqlite3.Connection) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(_STEPS):
        raise StoreUnavailable(
            f"{path} was written by a newer version of nemovideo (pip install -U nemovideo)."
        )
    try:
        if version < len(_STEPS):
            change(connection, lambda _: _take_steps(connection, version))
        connection.execute("SELECT owner, export, replaceable FROM messages LIMIT 0")
        connection.execute("SELECT owner, message_id, replaceable FROM renders LIMIT 0")
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
    with map_os_errors(path):
        path.replace(aside)
        for beside in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(f"{path.name}{beside}").replace(f"{aside}{beside}")
    _logger.warning("The journal could not be read; it is kept as %s, and a new one begun.", aside)
