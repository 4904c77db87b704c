"""The journal in a SQLite file: the default, for one machine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo.journal.digest_key import DigestKey
from nemovideo.journal.owner_lock import OwnerLock

if TYPE_CHECKING:
    from nemovideo.journal.database import SQLiteDatabase

_REPORTED = "-told"  # the suffix that earlier versions know, too


class SQLiteStorage:
    """The SQLite file `path`, with the locks of its owners and the key of its digests beside it.

    Args:
        local_account: a file whose random content stands for the account without token and client
            id, which has its token in the config folder; None where the journal is there, too.
    """

    requires_entries = False

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        local_account: Path | None = None,
    ) -> None:
        self.name: str = str(path)
        self._path = path
        self._clock = clock
        self._local_account = local_account
        self.owner: OwnerLock = OwnerLock(path.parent)
        self._key = DigestKey(path.with_suffix(".key"), restrict_folder=local_account is None)

    def open(self) -> SQLiteDatabase:
        from nemovideo.journal.database import SQLiteDatabase  # late: a program may write nothing

        owner, restrict = self.owner, self._local_account is None
        return SQLiteDatabase(
            self._path,
            self._clock,
            owner.may_be_alive,
            owner.remove_dead,
            restrict_folder=restrict,
        )

    def digest(self, text: str, timeout: float) -> str:
        return self._key.digest(text, timeout)

    def account(self, account: str) -> str:
        return account or local_account(self._local_account)

    def exists(self) -> bool:
        """Return True if the file is there, as far as is known without opening it."""
        try:
            return self._path.exists()
        except OSError:
            return True

    def take_set_aside(self) -> list[Path]:
        """Return the damaged files that were not reported yet, and mark them as reported."""
        found: list[Path] = []
        for path in self._path.parent.glob(f"{self._path.name}.corrupt-*"):
            if path.name.endswith(("-wal", "-shm", _REPORTED)):
                continue
            with contextlib.suppress(OSError):
                found.append(path.replace(f"{path}{_REPORTED}"))
        return found


def local_account(path: Path | None) -> str:
    """Return what stands for the account whose token is in the config folder."""
    return "" if path is None else DigestKey(path).digest("account", 10)
