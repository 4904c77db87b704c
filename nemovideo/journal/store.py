"""How the journal's database is used: transactions, the lease, trouble, and forks."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from nemovideo.errors import NemoVideoError
from nemovideo.journal.sqlite_storage import SQLiteStorage

if TYPE_CHECKING:
    from nemovideo.journal.connection import Connection, Database, Storage

T = TypeVar("T")

Change: TypeAlias = "Callable[[Connection], object]"
"""Enters one thing, within a transaction."""

_logger = logging.getLogger(__name__)

_RENEW_SECONDS = 7.0
_LONGEST_REST = 1.0
_MAX_DELAYED = 1000

_NOT_RECOVERED = (
    "work that is started now and not finished cannot be recovered, unless that passes."
)
_NOTHING_IS_SENT = "what is under way goes on, and no message is sent until that passes."


class JournalStore:
    """The database of a journal, which may be in trouble for a while.

    Nothing is touched before the first call. A file that is damaged is set aside and a new one
    started, with a warning.

    A full disk, a held lock and a server that is away are temporary. So each `write` tries again,
    with little timeout meanwhile, and changes that could not be entered are entered with the next
    ones that can be. There is one warning for each time that nothing could be written.

    Args:
        storage: the SQLite file, or where else it is.
        already_warned: returns True if the user knows that nothing can be saved in the folder.
    """

    def __init__(
        self,
        storage: Path | Storage,
        clock: Callable[[], float] = time.time,
        already_warned: Callable[[], bool] = lambda: False,
    ) -> None:
        self._storage: Storage = (
            SQLiteStorage(storage, clock) if isinstance(storage, Path) else storage
        )
        self._clock = clock
        self._already_warned = already_warned
        self._mutex = threading.RLock()
        self._owner = self._storage.owner
        self._renewing: threading.Event | None = None
        self._delayed: deque[Change] = deque(maxlen=_MAX_DELAYED)
        self._next_try = 0.0
        self.available: bool = True
        """Whether entries are stored, as far as is known."""

    @cached_property
    def _database(self) -> Database:
        _journals.add(self)  # first: a fork waits until it is open
        return self._storage.open()

    @property
    def requires_entries(self) -> bool:
        """Whether nothing is sent that could not be entered."""
        return self._storage.requires_entries

    # Entering

    def transact(self, change: Callable[[Connection], T]) -> T:
        """Enter a change at once, and return its result.

        Raises:
            NemoVideoError: the journal cannot be written; or what `change` raises.
        """
        results: list[T] = []
        with self._mutex:
            self._write_delayed()
            started = time.monotonic()
            try:
                self._database.transaction([lambda db: results.append(change(db))])
            except (OSError, ValueError) as error:
                if isinstance(error, OSError):
                    self._fail(error, started)
                raise NemoVideoError(
                    f"The journal cannot be written: {error}",
                    hint="Nothing is sent under a key without its entry. Mend that and try again.",
                ) from error
            if not self._delayed:
                self._note_success()
        return results[-1]

    def write(self, *changes: Change | None) -> None:
        """Enter changes as one transaction: at once, or with the next ones that can be entered."""
        new = [change for change in changes if change is not None]
        with self._mutex:
            started = time.monotonic()
            if started < self._next_try:
                self._delayed.extend(new)
                return
            pending = [*self._delayed, *new]
            if not pending:
                return
            try:
                self._database.transaction(pending)
                self._delayed.clear()
            except OSError as error:
                self._delayed.extend(new)
                self._fail(error, started)
            except ValueError:
                self._write_one_by_one(pending)
            if not self._delayed:
                self._note_success()

    def _write_one_by_one(self, changes: list[Change]) -> None:
        """Enter changes each by itself, so that none is lost because of another."""
        self._delayed.clear()
        for number, change in enumerate(changes):
            started = time.monotonic()
            try:
                self._database.transaction([change])
            except OSError as error:
                self._delayed.extend(changes[number:])  # in their order
                self._fail(error, started)
                return
            except ValueError as error:
                # Half a surrogate pair in an id, which UTF-8 cannot encode.
                self._warn_refused(error)

    def close(self) -> None:
        """Close the file and give up every entry; a later call opens it again."""
        with self._mutex:
            self._write_delayed()
            self._stop_renewing()
            self._owner.release()
            self._disconnect()

    def _read(self, query: Callable[[Connection], T]) -> T | None:
        with self._mutex:
            return self._attempt(lambda: self._database.read(query))

    def _read_anyhow(self, query: Callable[[Connection], list[T]]) -> list[T]:
        with self._mutex:
            self._write_delayed()
            started = time.monotonic()
            try:
                return self._database.read(query)
            except (OSError, ValueError) as error:
                self._disconnect()
                empty: list[T] = []
                found = self._database.read_copy(query, empty)
                self._fail(error, started)
                return found

    # The owner

    def _owner_id(self) -> str:
        """Return the owner that this journal is to the others, from now on alive."""
        owner = self._owner.owner_id()
        if self._storage.requires_entries and self._renewing is None:
            self._renewing = ended = threading.Event()
            arguments = (weakref.ref(self), ended)
            threading.Thread(
                target=_renew, args=arguments, name="nemovideo-lease", daemon=True
            ).start()
        return owner

    def renew(self) -> None:
        """Renew the lease of this owner, and enter what could not be entered before."""
        with self._mutex:
            self._write_delayed()
            if not self._delayed and self._attempt(self._can_write):
                self._note_success()

    def _can_write(self) -> bool:
        return self._database.transaction([lambda _: True]) is not None

    def _stop_renewing(self) -> None:
        ended, self._renewing = self._renewing, None
        if ended is not None:
            ended.set()

    # Trouble

    def _attempt(self, work: Callable[[], T]) -> T | None:
        started = time.monotonic()
        try:
            return work()
        except OSError as error:
            self._fail(error, started)
        except ValueError as error:
            self._warn_refused(error)
        return None

    def _write_delayed(self) -> None:
        if self._delayed:
            self._next_try = 0.0
            self.write()

    def _fail(self, error: Exception, started: float) -> None:
        """Warn once, and do not try again at once what takes long to fail."""
        now = time.monotonic()
        self._next_try = now + min(now - started, _LONGEST_REST)
        self._disconnect()
        self._database.is_failing = True
        if self.available:
            self.available = False
            _logger.log(
                logging.INFO if self._already_warned() else logging.WARNING,
                "The journal %s cannot be written for the moment (%s): %s",
                self._storage.name,
                error,
                _NOTHING_IS_SENT if self.requires_entries else _NOT_RECOVERED,
            )

    def _note_success(self) -> None:
        if not self.available:
            self.available, self._next_try = True, 0.0
            self._database.is_failing = False
            self._disconnect()  # the next connection has its full timeout
            _logger.info("The journal %s can be written again.", self._storage.name)

    def _warn_refused(self, error: Exception) -> None:
        _logger.warning(
            "An entry of the journal %s cannot be made (%s).", self._storage.name, error
        )

    def _disconnect(self) -> None:
        if "_database" in self.__dict__:
            self._database.disconnect()

    # No SQLite state crosses a fork. The file is opened again on both sides when needed.

    def before_fork(self) -> None:
        """Close the file, and let no thread open it until the fork is done."""
        self._mutex.acquire()
        self._disconnect()

    def after_fork_in_parent(self) -> None:
        """Go on as before."""
        self._mutex.release()

    def after_fork_in_child(self) -> None:  # pragma: no cover  # in a child, which is not measured
        """Start without the parent's entries."""
        self._mutex = threading.RLock()
        self._owner.after_fork_in_child()
        self._renewing = None
        self._delayed.clear()


def _renew(found: weakref.ref[JournalStore], ended: threading.Event) -> None:
    """Renew the lease of a journal until that is closed or garbage."""
    while not ended.wait(_RENEW_SECONDS):
        journal = found()
        if journal is None:
            return
        journal.renew()
        del journal


_journals: weakref.WeakSet[JournalStore] = weakref.WeakSet()
_forking: list[JournalStore] = []


def _before_fork() -> None:
    _forking[:] = list(_journals)
    for journal in _forking:
        journal.before_fork()


def _after_fork(after: Callable[[JournalStore], None]) -> None:
    for journal in _forking:
        after(journal)
    _forking.clear()


if sys.platform != "win32":  # pragma: no branch  # Windows does not fork
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _after_fork(JournalStore.after_fork_in_parent),
        after_in_child=lambda: _after_fork(JournalStore.after_fork_in_child),
    )
