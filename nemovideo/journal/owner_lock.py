"""Owners of entries: each open journal has a name, and a locked file of that name."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from nemovideo.security.file_lock import FileLock, is_locked, remove_unlocked

_PREFIX = "journal.owner-"


def new_owner_id() -> str:
    """Return a name that no other owner has, ever."""
    return secrets.token_hex(8)


class OwnerLock:
    """The owner of the entries that one journal is at work on.

    A process number would not do: another process may have it later, or one in another container
    that shares the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: FileLock | None = None
        self._id = ""

    def owner_id(self) -> str:
        """Return the name of this owner, which is locked from then on."""
        while self._lock is None:
            name = new_owner_id()
            lock = FileLock(self._folder / f"{_PREFIX}{name}")
            # Not acquired: another process took the file for that of a dead one, and removes it.
            if lock.try_acquire():
                self._lock, self._id = lock, name
        return self._id

    def is_alive(self, owner: str | None) -> bool:
        """Return True if a journal with this name is open, here or in another process."""
        return owner is not None and is_locked(self._folder / f"{_PREFIX}{owner}")

    def has_file(self, owner: str) -> bool:
        return (self._folder / f"{_PREFIX}{owner}").exists()

    def may_be_alive(self, owner: str | None) -> bool:
        """Return `is_alive`, and True where that cannot be found out."""
        try:
            return self.is_alive(owner)
        except OSError:
            return True

    def remove_dead(self) -> list[str]:
        """Remove the files of owners that are not alive, and return their names."""
        removed: list[str] = []
        for path in self._folder.glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                if remove_unlocked(path):
                    removed.append(path.name.removeprefix(_PREFIX))
        return removed

    def release(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.remove()

    def after_fork_in_child(self) -> None:  # pragma: no cover  # in a child, which is not measured
        """Leave the name to the parent."""
        self._lock = None
