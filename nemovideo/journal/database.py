"""The journal's SQLite file: opened, migrated, checked and set aside; transactions and reads.

Imported when the first entry is written: a program that journals nothing does not load SQLite.

WAL, because many processes write in turns of microseconds and no reader ever waits, and because a
process that is killed at any instruction leaves either the whole transaction or none.
`synchronous=NORMAL`: what is committed is with the operating system, which outlives the process.
Only a power cut may take the last moments (the file stays sound); a sync of the disk for every
entry, which would save those, costs more than the entry is worth.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from nemovideo.journal import schema
from nemovideo.journal.connection import Connection
from nemovideo.security.file_lock import FileLock
from nemovideo.security.private_files import (
    StoreUnavailable,
    check_existing,
    create_private,
    ensure_folder,
    map_os_errors,
)

T = TypeVar("T")

_logger = logging.getLogger(__name__)

# Another process's transaction takes well under a millisecond, a slow disk's checkpoint apart.
_TIMEOUT = 10.0
# While there is trouble, a process that only writes is waited for, and a lasting lock is not.
_SHORT_TIMEOUT = 0.25
_PRUNE_EVERY = 500


class SQLiteDatabase:
    """The SQLite file `path`, opened when it is first needed. Not safe for threads.

    Errors of the file, the folder or the disk are raised as `OSError`, and those of one statement
    or value as `ValueError`. A file that turns out to be damaged is set aside, and a new one used.
    Old entries are deleted when the file is opened and after every 500 changes.

    Args:
        is_owned: the function of that name in SQL.
        on_prune: called when old entries are deleted.
        restrict_folder: close an existing folder to others; one that the user named is left alone.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float],
        is_owned: Callable[[str | None], bool],
        on_prune: Callable[[], object] = lambda: None,
        *,
        restrict_folder: bool = True,
    ) -> None:
        self._path = path
        self._clock = clock
        self._is_owned = is_owned
        self._on_prune = on_prune
        self._restrict_folder = restrict_folder
        self._connection: sqlite3.Connection | None = None
        self._changes = 0
        self.is_failing = False
        """Whether the file could not be used lately; it is opened with less timeout then."""

    @property
    def timeout(self) -> float:
        """Seconds to wait for other processes, from the next opening on."""
        return _SHORT_TIMEOUT if self.is_failing else _TIMEOUT

    def transaction(self, changes: Sequence[Callable[[Connection], T]]) -> T | None:
        with self._mapped_errors():
            connection = self._connect()
            try:
                self._prune_when_due(connection, len(changes))
                return _transaction(connection, changes)
            except sqlite3.Error as error:
                if not _is_corrupt(error):
                    raise
            self.disconnect()
            return _transaction(self._connect(check_integrity=True), changes)

    def read(self, query: Callable[[Connection], T]) -> T:
        with self._mapped_errors():
            try:
                return query(self._connect())
            except sqlite3.Error as error:
                if not _is_corrupt(error):
                    raise
            self.disconnect()
            return query(self._connect(check_integrity=True))

    def read_copy(self, query: Callable[[Connection], T], empty: T) -> T:
        """Return the result of `query` on a copy in memory, of a file that cannot be written.

        Args:
            empty: the result where there is no file.
        """
        try:
            copy = _open_copy(self._path)
            if copy is None:
                return empty
            with contextlib.closing(copy):
                return query(copy)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{self._path} cannot be used: {error}.") from error

    def disconnect(self) -> None:
        """Close the file; it is opened again when it is next needed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextlib.contextmanager
    def _mapped_errors(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if isinstance(error, sqlite3.OperationalError) or _is_corrupt(error):
                raise StoreUnavailable(str(error)) from error
            raise ValueError(str(error)) from error

    def _connect(self, *, check_integrity: bool = False) -> sqlite3.Connection:
        if self._connection is None:
            ensure_folder(self._path.parent, restrict_mode=self._restrict_folder)
            connection = _open_locked(
                self._path,
                check_integrity=check_integrity,
                timeout=self.timeout,
                is_ours=self._restrict_folder,
            )
            connection.create_function("is_owned", 1, self._is_owned)
            self._connection = connection
            # On a full disk the entries can still be read.
            with contextlib.suppress(sqlite3.OperationalError):
                self._prune(connection)
        return self._connection

    def _prune_when_due(self, connection: sqlite3.Connection, changes: int) -> None:
        self._changes += changes
        if self._changes >= _PRUNE_EVERY:
            self._changes = 0
            self._prune(connection)

    def _prune(self, connection: sqlite3.Connection) -> None:
        limits = schema.build_pruning_limits(self._clock())

        def prune(db: Connection) -> None:
            for statement in schema.PRUNING:
                db.execute(statement, limits)

        _transaction(connection, [prune])
        self._on_prune()


def _transaction(
    connection: sqlite3.Connection, changes: Sequence[Callable[[Connection], T]]
) -> T | None:
    result = None
    # IMMEDIATE: a transaction that begins by reading cannot always go on to write.
    connection.execute("BEGIN IMMEDIATE")
    try:
        for change in changes:
            result = change(connection)
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # some errors have rolled it back already
            connection.execute("ROLLBACK")
        raise
    return result


class _ForeignDatabase(sqlite3.DatabaseError):
    """A sound database, or half of one, without the tables of a journal."""


class _DamagedJournal(_ForeignDatabase):
    """A journal whose pages contradict each other."""


class _Connection(sqlite3.Connection):
    """A connection that a client may forget to close: from Python 3.13 on, SQLite would warn."""

    def __del__(self) -> None:
        with contextlib.suppress(sqlite3.ProgrammingError):  # the file could not be opened
            self.close()


def _is_corrupt(error: sqlite3.Error) -> bool:
    """Return True if the file is damaged, or is no journal at all."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, _ForeignDatabase) or (
        code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    )


def _is_another_file(error: sqlite3.Error) -> bool:
    """Return True if the file is no journal, and perhaps no database."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    is_foreign = isinstance(error, _ForeignDatabase) and not isinstance(error, _DamagedJournal)
    return is_foreign or code == sqlite3.SQLITE_NOTADB


def _open_locked(
    path: Path, *, check_integrity: bool, timeout: float, is_ours: bool
) -> sqlite3.Connection:
    """Open the file, made or migrated if needed; one that cannot be read is set aside first.

    Args:
        is_ours: nothing else can be at this path; what the user named may be another file.
    """
    # Switching to WAL, migrating and setting aside must not happen twice at once; SQLite's own
    # locks do not wait for each other while the mode changes.
    guard = FileLock(path.with_suffix(".lock"))
    guard.acquire(timeout)
    try:
        return _open(path, check_integrity=check_integrity, timeout=timeout)
    except sqlite3.DatabaseError as error:
        if not _is_corrupt(error):
            raise
        if not is_ours and _is_another_file(error):
            raise StoreUnavailable(f"{path} is another file, and no journal.") from error
        _set_aside(path)
        return _open(path, check_integrity=False, timeout=timeout)
    finally:
        guard.release()


def _open(path: Path, *, check_integrity: bool, timeout: float) -> sqlite3.Connection:
    with map_os_errors(path):
        # SQLite gives its other files the same mode.
        if not check_existing(path, restrict_mode=True):
            os.close(create_private(path))
    connection = _connect(path, timeout)
    try:
        _check_tables(connection)  # before anything in it is changed
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        if check_integrity and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise _DamagedJournal
        _migrate(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_tables(connection: sqlite3.Connection) -> None:
    names = [row["name"] for row in connection.execute("SELECT name FROM sqlite_master")]
    if names and "messages" not in names:
        raise _ForeignDatabase("no journal")


def _connect(path: Path | str, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )
    connection.row_factory = sqlite3.Row
    return connection


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    newest = len(schema.MIGRATIONS)
    if version > newest:
        raise StoreUnavailable(
            f"{path} was written by a newer version of nemovideo (pip install -U nemovideo)."
        )

    def migrate(db: Connection) -> None:
        for migration in schema.MIGRATIONS[version:]:
            for statement in migration:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {newest}")

    try:
        if version < newest:
            _transaction(connection, [migrate])
        connection.execute("SELECT owner, export, replaceable FROM messages LIMIT 0")
        connection.execute("SELECT owner, message_id, replaceable FROM renders LIMIT 0")
    except sqlite3.OperationalError as error:
        # "no such table", "already exists": another program's database under this name.
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            raise _ForeignDatabase("no journal") from error
        raise


def _open_copy(path: Path) -> sqlite3.Connection | None:
    with map_os_errors(path):
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        check_existing(path)
    copy = _connect(":memory:", _TIMEOUT)
    try:
        try:
            _read_into(copy, path)
        except sqlite3.OperationalError:
            # WAL needs another file, which cannot be made in a folder that is read-only.
            with map_os_errors(path), TemporaryDirectory(prefix="nemovideo-") as folder:
                for ending in ("", "-wal"):
                    with contextlib.suppress(FileNotFoundError):
                        Path(folder, f"copy{ending}").write_bytes(
                            Path(f"{path}{ending}").read_bytes()
                        )
                _read_into(copy, Path(folder, "copy"))
        _migrate(path, copy)
    except BaseException:
        copy.close()
        raise
    return copy


def _read_into(copy: sqlite3.Connection, path: Path) -> None:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_TIMEOUT)) as source:
        source.backup(copy)


def _set_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    with map_os_errors(path):
        path.replace(aside)
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(f"{path.name}{suffix}").replace(f"{aside}{suffix}")
    _logger.warning(
        "The journal could not be read; it was renamed to %s, and a new one started.", aside
    )
