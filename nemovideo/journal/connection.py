"""One process's way to the journal's file: connection, ownership, key, and what becomes of errors.

Threads take turns at one connection. No SQLite state crosses a fork: the connection is closed
before and opened again, on both sides, when it is next needed.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import os
import secrets
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from nemovideo.security.file_lock import FileLock, is_locked, remove_unlocked
from nemovideo.security.private_files import (
    StoreUnavailable,
    ensure_folder,
    read_private,
    write_private,
)

if TYPE_CHECKING:
    import sqlite3

    _Work: TypeAlias = Callable[[sqlite3.Connection], object]

T = TypeVar("T")

_logger = logging.getLogger(__name__)

_PRUNE_EVERY = 500
_KEY_BYTES = 32
_PATIENCE = 10.0
# While there is trouble, somebody who only writes is waited for, and not who holds a lock for long.
_SHORT_PATIENCE = 0.25
_LONGEST_REST = 1.0
_MOST_MISSED = 1000
_TOLD = "-told"


class JournalLink:
    """What `Journal` does its work through. Only `inspect` raises because of the file or folder.

    A disk that is full or a lock that is held passes. So each entry tries the file again, with
    little patience while there is trouble, and what could not be entered is entered with the next
    one that can. There is one warning for each spell of trouble.

    Old entries go when the file is opened and after every 500 changes; `clock` gives the time.
    `was_told` says whether the user knows already that nothing can be saved there.
    """

    def __init__(
        self, path: Path, clock: Callable[[], float], already_warned: Callable[[], bool]
    ) -> None:
        self._path = path
        self._clock = clock
        self._already_warned = already_warned
        self._mutex = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._owner: FileLock | None = None
        self._owner_name = ""
        self._key: bytes | None = None
        self._changes = 0
        self._together_in = 0  # the thread that has a transaction of several changes under way
        self._missed: deque[_Work] = deque(maxlen=_MOST_MISSED)
        self._next_try = 0.0
        self.in_trouble = False
        """Whether the last entry could not be made."""

    @property
    def exists(self) -> bool:
        """Whether anything was ever entered, as far as is known without opening the file."""
        if self._connection is not None or self._missed:
            return True
        try:
            return self._path.exists()
        except OSError:
            return True

    @property
    def has_missed(self) -> bool:
        """Whether there are entries that could not be made so far."""
        return bool(self._missed)

    def enter(self, work: _Work) -> None:
        """Do `work` as one transaction: at once, or with the next one that can be done."""
        if self._together_in == threading.get_ident():
            work(self._connected())
            return
        with self._mutex:
            if time.monotonic() < self._next_try:
                self._missed.append(work)
            else:
                self._attempt(lambda: self._change(work), None, missed=work)

    def change(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do `work` as one transaction and return its result, `otherwise` when that fails."""
        with self._mutex:
            return self._attempt(lambda: self._change(work), otherwise)

    def read(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do `work`, which changes nothing, and return its result, `otherwise` when that fails."""
        with self._mutex:
            return self._attempt(lambda: self._mended(work), otherwise)

    def together(self, steps: Sequence[Callable[[], object]]) -> None:
        """Do several steps, each of which makes one entry, as one transaction.

        Raises:
            Exception: a step did, or the file did not let us; then nothing is changed.
        """
        from nemovideo.journal import database

        def work(_: sqlite3.Connection) -> None:
            self._together_in = threading.get_ident()
            try:
                for step in steps:
                    step()
            finally:
                self._together_in = 0

        with self._mutex:
            began = time.monotonic()
            if began < self._next_try:
                raise StoreUnavailable(f"{self._path} could not be written a moment ago.")
            try:
                self._change(work, len(steps))
            except Exception as error:
                if database.is_trouble(error):
                    self._fail(error, began)
                raise

    def inspect(self, work: Callable[[sqlite3.Connection], T], empty: T) -> T:
        """Do `work`, which changes nothing, also where the file can be read but not written.

        What could not be entered before is entered first, if that is possible now.

        Args:
            empty: the result where there is no file.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        from nemovideo.journal import database

        with self._mutex:
            began = time.monotonic()
            try:
                if self._missed:
                    self._attempt(lambda: self._change(lambda _: None), None)
                return self._mended(work)
            except (database.Error, OSError) as error:
                self._disconnect()
                result = self._inspect_copy(work, empty)
                self._fail(error, began)
                return result

    def _inspect_copy(self, work: Callable[[sqlite3.Connection], T], empty: T) -> T:
        from nemovideo.journal import database

        try:
            copy = database.open_copy(self._path)
            if copy is None:
                return empty
            with contextlib.closing(copy):
                return work(copy)
        except database.Error as error:
            raise StoreUnavailable(f"{self._path} cannot be used: {error}.") from error

    def take_set_aside(self) -> list[Path]:
        """Return the damaged files that nobody has been told of, and note that somebody is now."""
        found: list[Path] = []
        for path in self._path.parent.glob(f"{self._path.name}.corrupt-*"):
            if path.name.endswith(("-wal", "-shm", _TOLD)):
                continue
            with contextlib.suppress(OSError):
                found.append(path.replace(f"{path}{_TOLD}"))
        return found

    def _attempt(self, step: Callable[[], T], otherwise: T, missed: _Work | None = None) -> T:
        from nemovideo.journal import database

        began = time.monotonic()
        try:
            return step()
        except (database.Error, OSError) as error:
            self._fail(error, began)
            if missed is not None and database.is_trouble(error):
                self._missed.append(missed)
        except ValueError as error:
            # Half a surrogate in an id, which no UTF-8 can hold.
            _logger.warning("An entry of the journal %s cannot be made (%s).", self._path, error)
        return otherwise

    def _change(self, work: Callable[[sqlite3.Connection], T], count: int = 1) -> T:
        from nemovideo.journal import database

        def whole(db: sqlite3.Connection) -> T:
            self._prune_when_due(db, count)
            return database.change(db, caught_up)

        def caught_up(db: sqlite3.Connection) -> T:
            for missed in self._missed:
                with contextlib.suppress(ValueError):
                    missed(db)
            return work(db)

        result = self._mended(whole)
        self._missed.clear()
        if self.in_trouble:
            self.in_trouble, self._next_try = False, 0.0
            self._disconnect()  # the next connection is opened with patience again
            _logger.info("The journal %s can be written again.", self._path)
        return result

    def _mended(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work`, in a new file where the old one turns out to be damaged."""
        from nemovideo.journal import database

        try:
            return work(self._connected())
        except database.Error as error:
            if not database.is_corrupt(error):
                raise
            self._disconnect()
            return work(self._connected(suspect=True))

    def me(self) -> str:
        """Return the name under which this link owns entries: that of a file it holds locked.

        Called from inside `work`, as the following two are.

        Raises:
            StoreUnavailable: no such file can be made or locked.
        """
        while self._owner is None:
            name = secrets.token_hex(8)
            lock = FileLock(self._owner_path(name))
            # Not taken: another process took the new file for that of a dead one, and removes it.
            if lock.try_acquire():
                self._owner, self._owner_name = lock, name
        return self._owner_name

    def is_taken(self, owner: str | None) -> bool:
        """Say whether somebody alive, this link or another, is the owner.

        A process number would not do: another process may have it by then, or it may be one of
        another container that shares the folder.
        """
        return owner is not None and is_locked(self._owner_path(owner))

    def digest(self, text: str) -> str:
        """Return the keyed digest of `text`.

        Raises:
            StoreUnavailable: the key can be neither read nor made.
        """
        if self._key is None:
            self._key = self._load_key()
        data = text.encode(errors="surrogatepass")
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()

    def close(self) -> None:
        """Close the file, and own nothing any more."""
        with self._mutex:
            if self._missed:
                with contextlib.suppress(Exception):  # the user was told that it is not kept
                    self._change(lambda _: None)
            self._disconnect()
            owner, self._owner = self._owner, None
            if owner is not None:
                owner.remove()

    def before_fork(self) -> None:
        """Close the connection, and keep every thread from opening it until the fork is done."""
        self._mutex.acquire()
        self._disconnect()

    def after_fork_in_parent(self) -> None:
        """Go on as before."""
        self._mutex.release()

    def after_fork_in_child(
        self,
    ) -> None:  # pragma: no cover  # runs in a forked child, which nothing measures
        """Begin anew: what the parent is at work on is the parent's."""
        self._mutex = threading.Lock()
        self._owner = None
        self._missed.clear()

    def _connected(self, *, suspect: bool = False) -> sqlite3.Connection:
        if self._connection is None:
            from nemovideo.journal import database

            _links.add(self)  # first: a fork waits until it is open
            connection = database.open_database(
                self._path, suspect=suspect, patience=self._patience
            )
            connection.create_function("is_taken", 1, self._may_be_taken)
            self._connection = connection
            # On a full disk what is there can still be read.
            with contextlib.suppress(database.OperationalError):
                self._prune(connection)
        return self._connection

    @property
    def _patience(self) -> float | None:
        return _SHORT_PATIENCE if self.in_trouble else None

    def _prune_when_due(self, db: sqlite3.Connection, changes: int) -> None:
        self._changes += changes
        if self._changes >= _PRUNE_EVERY:
            self._changes = 0
            self._prune(db)

    def _prune(self, db: sqlite3.Connection) -> None:
        from nemovideo.journal import database

        database.change(db, lambda _: database.prune(db, self._clock()))
        for path in self._path.parent.glob("journal.owner-*"):
            with contextlib.suppress(OSError):
                remove_unlocked(path)

    def _may_be_taken(self, owner: str | None) -> bool:
        try:
            return self.is_taken(owner)
        except StoreUnavailable:
            return True

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _fail(self, error: Exception, began: float) -> None:
        """Warn once a spell, and let what costs much to try rest for a moment."""
        now = time.monotonic()
        self._next_try = now + min(now - began, _LONGEST_REST)
        self._disconnect()
        if not self.in_trouble:
            self.in_trouble = True
            _logger.log(
                logging.INFO if self._already_warned() else logging.WARNING,
                "The journal %s cannot be written for the moment (%s): what is begun now and not"
                " finished cannot be recovered, unless that passes.",
                self._path,
                error,
            )

    def _owner_path(self, name: str) -> Path:
        return self._path.with_name(f"journal.owner-{name}")

    def _load_key(self) -> bytes:
        path = self._path.with_suffix(".key")
        guard = FileLock(self._path.with_suffix(".lock"))
        ensure_folder(path.parent)
        guard.acquire(_PATIENCE if self._patience is None else self._patience)
        try:
            key = read_private(path)
            if key is None or len(key) != _KEY_BYTES:
                key = secrets.token_bytes(_KEY_BYTES)
                write_private(path, key)
            return key
        finally:
            guard.release()


_links: weakref.WeakSet[JournalLink] = weakref.WeakSet()
_forking: list[JournalLink] = []


def _before_fork() -> None:
    _forking[:] = list(_links)
    for link in _forking:
        link.before_fork()


def _after_fork_in_parent() -> None:
    for link in _forking:
        link.after_fork_in_parent()
    _forking.clear()


def _after_fork_in_child() -> (
    None
):  # pragma: no cover  # runs in a forked child, which nothing measures
    for link in _forking:
        link.after_fork_in_child()
    _forking.clear()


if sys.platform != "win32":  # pragma: no branch  # Windows does not fork
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
