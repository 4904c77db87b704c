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
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nemovideo._private_files import (
    FileLock,
    ensure_folder,
    is_locked,
    read_private,
    write_private,
)

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

_logger = logging.getLogger(__name__)

_PRUNE_EVERY = 500
_KEY_BYTES = 32
_PATIENCE = 10.0


class JournalLink:
    """What `Journal` does its work through. No method raises because of the file or the folder.

    Old entries go when the file is opened and after every 500 changes; `clock` gives the time.
    `was_told` says whether the user knows already that nothing can be saved there.
    """

    def __init__(
        self, path: Path, clock: Callable[[], float], was_told: Callable[[], bool]
    ) -> None:
        self._path = path
        self._clock = clock
        self._was_told = was_told
        self._mutex = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._owner: FileLock | None = None
        self._owner_name = ""
        self._key: bytes | None = None
        self._changes = 0
        self._together_in = 0  # the thread that has a transaction of several changes under way
        self._warned = False
        self.given_up = False
        """Whether nothing can be kept: everything does nothing from then on."""

    @property
    def exists(self) -> bool:
        """Whether anything was ever entered, as far as is known without opening the file."""
        return self._connection is not None or self._path.exists()

    def change(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do `work` as one transaction and return its result, `otherwise` when that fails."""
        from nemovideo import _journal_file

        if self._together_in == threading.get_ident():
            return work(self._connected())

        def whole(db: sqlite3.Connection) -> T:
            self._prune_when_due(db, 1)
            return _journal_file.change(db, work)

        return self.read(whole, otherwise)

    def together(self, steps: Sequence[Callable[[], object]]) -> None:
        """Do several steps, each of which makes one `change`, as one transaction.

        Raises:
            Exception: a step did, or the file did not let us; then nothing is changed.
        """
        if self.given_up:
            return
        from nemovideo import _journal_file

        with self._mutex:
            db = self._connected()
            self._prune_when_due(db, len(steps))
            self._together_in = threading.get_ident()
            try:
                _journal_file.change(db, lambda _: [step() for step in steps])
            finally:
                self._together_in = 0

    def read(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do `work`, which changes nothing, and return its result, `otherwise` when that fails."""
        if self.given_up:
            return otherwise
        from nemovideo import _journal_file

        with self._mutex:
            try:
                try:
                    return work(self._connected())
                except _journal_file.Error as error:
                    if not _journal_file.is_corrupt(error):
                        raise
                    self._disconnect()
                    return work(self._connected(suspect=True))
            except (_journal_file.Error, OSError, ValueError) as error:
                # ValueError: half a surrogate in an id, which no UTF-8 can hold.
                self._fail(error, passing=not _journal_file.is_lasting(error))
                return otherwise

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
            self._disconnect()
            owner, self._owner = self._owner, None
            if owner is not None:
                with contextlib.suppress(OSError):
                    self._owner_path(self._owner_name).unlink(missing_ok=True)
                owner.release()

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

    def _connected(self, *, suspect: bool = False) -> sqlite3.Connection:
        if self._connection is None:
            from nemovideo import _journal_file

            _links.add(self)  # first: a fork waits until it is open
            self._connection = _journal_file.open_database(self._path, suspect=suspect)
            self._prune(self._connection)
        return self._connection

    def _prune_when_due(self, db: sqlite3.Connection, changes: int) -> None:
        self._changes += changes
        if self._changes >= _PRUNE_EVERY:
            self._changes = 0
            self._prune(db)

    def _prune(self, db: sqlite3.Connection) -> None:
        from nemovideo import _journal_file

        _journal_file.change(db, lambda _: _journal_file.prune(db, self._clock()))
        for path in self._path.parent.glob("journal.owner-*"):
            if not is_locked(path):
                path.unlink(missing_ok=True)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _fail(self, error: Exception, *, passing: bool) -> None:
        if not passing:
            self.given_up = True
            self._disconnect()
        if not self._warned:
            self._warned = True
            _logger.log(
                logging.INFO if self._was_told() else logging.WARNING,
                "The journal %s is not kept%s (%s): what this process starts and does not finish"
                " cannot be recovered.",
                self._path,
                " for the moment" if passing else "",
                error,
            )

    def _owner_path(self, name: str) -> Path:
        return self._path.with_name(f"journal.owner-{name}")

    def _load_key(self) -> bytes:
        path = self._path.with_suffix(".key")
        guard = FileLock(self._path.with_suffix(".lock"))
        ensure_folder(path.parent)
        guard.acquire(_PATIENCE)
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


if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows does not fork
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
