"""The store: records in memory, written through to SQLite when a folder is given."""

import errno
import json
import sqlite3
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nemovideo.sandbox.storage.records import (
    Account,
    Asset,
    Charge,
    Claim,
    Record,
    Render,
    Session,
    StoredFile,
    Token,
    TurnRecord,
)

_KINDS: dict[type[Record], tuple[str, str]] = {
    Account: ("accounts", "user_id"),
    Token: ("tokens", "text"),
    Session: ("sessions", "session_id"),
    Render: ("renders", "id"),
    Claim: ("claims", "text"),
    StoredFile: ("files", "file_id"),
    Charge: ("charges", "number"),
}
"""The attribute of the store that holds each kind of record, and the field that is its key."""


def _parse(kind: type[Record], fields: dict[str, Any]) -> Record:
    if kind is Session:
        fields["assets"] = [Asset(**asset) for asset in fields["assets"]]
        fields["turns"] = [TurnRecord(**turn) for turn in fields["turns"]]
    if kind is Token:
        fields["scopes"] = tuple(fields["scopes"])
    return kind(**fields)


class Store:
    """Every record, by its key; `save` also writes it to the folder.

    With `folder` None, records live in memory and files in a temporary folder that `close` removes.
    """

    def __init__(self, folder: Path | None) -> None:
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="nemovideo-sandbox-")
        self.folder: Path = Path(self._temporary.name) if self._temporary else Path(folder or "")
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.sessions: dict[str, Session] = {}
        self.renders: dict[str, Render] = {}
        self.claims: dict[str, Claim] = {}
        self.files: dict[str, StoredFile] = {}
        self.charges: dict[str, Charge] = {}
        self._dropped: set[str] = set()
        self._database: sqlite3.Connection | None = None
        if folder is not None:
            self._database = self._open()
            self._load(self._database)

    def save(self, record: Record) -> None:
        table, key_field = _KINDS[type(record)]
        key = str(getattr(record, key_field))
        if key in self._dropped:
            return  # the agent is still working in a session that was dropped meanwhile
        getattr(self, table)[key] = record
        if self._database is not None:
            with self._database:
                self._database.execute(
                    "INSERT INTO records (kind, key, fields) VALUES (?, ?, ?)"
                    " ON CONFLICT (kind, key) DO UPDATE SET fields = excluded.fields",
                    (type(record).__name__, key, json.dumps(asdict(record))),
                )

    def drop_sessions(self) -> None:
        self._dropped.update(self.sessions)
        self.sessions.clear()
        if self._database is not None:
            with self._database:
                self._database.execute("DELETE FROM records WHERE kind = ?", (Session.__name__,))

    def new_path(self, name: str) -> Path:
        path = self.folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def path_of(self, file: StoredFile) -> Path:
        return self.folder / file.path

    def close(self) -> None:
        """Close the database, and remove a temporary folder with its files."""
        if self._database is not None:
            self._database.close()
            self._database = None
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def _open(self) -> sqlite3.Connection:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = f"the state folder {self.folder} cannot be created; choose another one"
            raise OSError(error.errno, text) from error
        path = self.folder / "sandbox.sqlite3"
        database = sqlite3.connect(path, check_same_thread=False, timeout=0)
        try:
            # One sandbox per folder: a second one would overwrite the records of the first.
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            # Losing the last write in a power cut is fine; a flush for each request is not.
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS records"
                " (kind TEXT, key TEXT, fields TEXT, PRIMARY KEY (kind, key))"
            )
            database.commit()
        except sqlite3.Error as error:
            database.close()
            text = f"the state folder {self.folder} is in use by another sandbox or damaged"
            raise OSError(errno.EBUSY, text) from error
        return database

    def _load(self, database: sqlite3.Connection) -> None:
        query = "SELECT key, fields FROM records WHERE kind = ? ORDER BY rowid"
        try:
            for kind, (table, _) in _KINDS.items():
                for key, fields in database.execute(query, (kind.__name__,)):
                    getattr(self, table)[key] = _parse(kind, json.loads(fields))
        except (TypeError, KeyError, ValueError, sqlite3.Error) as error:
            self.close()
            text = (
                f"the state folder {self.folder} was written by another version or is damaged;"
                " use a new one"
            )
            raise OSError(errno.EINVAL, text) from error
