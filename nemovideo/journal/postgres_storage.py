"""The journal in PostgreSQL, and the lease that its owners hold."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nemovideo.journal.owner_lock import OwnerLock, new_owner_id
from nemovideo.journal.sqlite_storage import local_account
from nemovideo.security.private_files import ensure_folder
from nemovideo.security.redaction import Secret

if TYPE_CHECKING:
    from nemovideo.journal.postgres import PostgresDatabase


class LeasedOwner(OwnerLock):
    """An owner whom other machines know by a lease in the database.

    On this machine the locked file decides, at once and whatever the lease says.
    """

    def __init__(self, folder: Path, storage: PostgresStorage) -> None:
        super().__init__(folder)
        self._storage = storage
        self._unlocked: str | None = None

    def owner_id(self) -> str:
        """Return the name of this owner, who holds a lease from then on."""
        owner = self._unlocked or self._locked_id()
        self._storage.database.hold_lease(owner)
        return owner

    def _locked_id(self) -> str:
        try:
            ensure_folder(self._folder)
            return super().owner_id()
        except OSError:  # a read-only file system: the lease alone has to do
            self._unlocked = new_owner_id()
            return self._unlocked

    def is_alive(self, owner: str | None) -> bool:
        """Return True if its file here is locked, or where there is none, if its lease runs."""
        if owner is None:
            return False
        if self.has_file(owner):
            return super().is_alive(owner)
        return self._storage.database.has_lease(owner)

    def release(self) -> None:
        self._storage.database.end_lease()
        self._unlocked = None
        super().release()

    def after_fork_in_child(self) -> None:  # pragma: no cover  # in a child, which is not measured
        """Leave the name to the parent."""
        self._unlocked = None
        self._storage.database.forget_lease()
        super().after_fork_in_child()


class PostgresStorage:
    """The journal in the database that `dsn` names.

    Args:
        folder: the config folder, in which owners of this machine have their locks.
    """

    requires_entries = True

    def __init__(self, dsn: Secret, folder: Path, clock: Callable[[], float] = time.time) -> None:
        parts = urlsplit(dsn.reveal())
        # Neither the user nor the password, nor what is in the query.
        self.name: str = f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._dsn = dsn
        self._clock = clock
        self._local_account = folder / "journal.key"
        self.owner: LeasedOwner = LeasedOwner(folder / "owners", self)
        self._database: PostgresDatabase | None = None

    @property
    def database(self) -> PostgresDatabase:
        if self._database is None:
            from nemovideo.journal.postgres import PostgresDatabase  # late: loads psycopg

            self._database = PostgresDatabase(self._dsn, self._clock, self.owner.remove_dead)
        return self._database

    def open(self) -> PostgresDatabase:
        return self.database

    def digest(self, text: str, timeout: float) -> str:
        data = text.encode(errors="surrogatepass")
        return hmac.new(self.database.digest_key, data, hashlib.sha256).hexdigest()

    def account(self, account: str) -> str:
        return account or local_account(self._local_account)

    def exists(self) -> bool:
        """Return True: that is not known without a connection."""
        return True

    def take_set_aside(self) -> list[Path]:
        """Return nothing: a server looks after its files."""
        return []
