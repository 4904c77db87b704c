"""Where the sandbox keeps things: in memory, and in a folder when one is given."""

import errno
import json
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

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

_RecordT = TypeVar("_RecordT", bound=Record)
_Fields = dict[str, Any]  # a record as JSON: its own dataclass says what each field is

_KEYS: dict[type[Record], str] = {
    Account: "user_id",
    Token: "text",
    Session: "session_id",
    Render: "id",
    Claim: "text",
    StoredFile: "file_id",
    Charge: "number",
}


def _read_session(fields: _Fields) -> Session:
    fields["assets"] = [Asset(**asset) for asset in fields["assets"]]
    fields["turns"] = [TurnRecord(**turn) for turn in fields["turns"]]
    return Session(**fields)


def _read_token(fields: _Fields) -> Token:
    fields["scopes"] = tuple(fields["scopes"])
    return Token(**fields)


def _prepare(database: sqlite3.Connection) -> None:
    # One sandbox to a folder: a second one would overwrite what the first remembers.
    database.execute("PRAGMA locking_mode=EXCLUSIVE")
    # Losing the last write in a power cut is fine; a flush for each request is not.
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute(
        "CREATE TABLE IF NOT EXISTS records"
        " (kind TEXT, key TEXT, fields TEXT, PRIMARY KEY (kind, key))"
    )
    database.commit()


class Store:
    """Every record, by its key; `save` writes one through to the folder.

    `folder` None keeps records in memory and files in a temporary folder that `close` removes.
    """

    def __init__(self, folder: Path | None) -> None:
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="nemovideo-sandbox-")
        self.folder = Path(self._temporary.name) if self._temporary else Path(folder or "")
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
            self._load_or_refuse(self._database)

    def save(self, record: Record) -> None:
        """Keep a new or changed record."""
        key = str(getattr(record, _KEYS[type(record)]))
        if key in self._dropped:
            return  # the agent is still at work in a session that was dropped meanwhile
        self._table(record)[key] = record
        if self._database is not None:
            with self._database:
                self._database.execute(
                    "INSERT INTO records (kind, key, fields) VALUES (?, ?, ?)"
                    " ON CONFLICT (kind, key) DO UPDATE SET fields = excluded.fields",
                    (type(record).__name__, key, json.dumps(asdict(record))),
                )

    def drop_sessions(self) -> None:
        """Forget every session."""
        self._dropped.update(self.sessions)
        self.sessions.clear()
        if self._database is not None:
            with self._database:
                self._database.execute("DELETE FROM records WHERE kind = ?", (Session.__name__,))

    def new_path(self, name: str) -> Path:
        """A place for a file of this name, its folder made."""
        path = self.folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def path_of(self, file: StoredFile) -> Path:
        """Where a stored file lies."""
        return self.folder / file.path

    def close(self) -> None:
        """Close the database; a temporary folder goes with everything in it."""
        if self._database is not None:
            self._database.close()
            self._database = None
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def _table(self, record: Record) -> dict[str, Any]:
        tables: dict[type[Record], dict[str, Any]] = {
            Account: self.accounts,
            Token: self.tokens,
            Session: self.sessions,
            Render: self.renders,
            Claim: self.claims,
            StoredFile: self.files,
            Charge: self.charges,
        }
        return tables[type(record)]

    def _open(self) -> sqlite3.Connection:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = f"the state folder {self.folder} cannot be made; choose another one"
            raise OSError(error.errno, text) from error
        database = sqlite3.connect(
            self.folder / "sandbox.sqlite3", check_same_thread=False, timeout=0
        )
        try:
            _prepare(database)
        except sqlite3.Error as error:
            database.close()
            text = f"the state folder {self.folder} is in use by another sandbox or damaged"
            raise OSError(errno.EBUSY, text) from error
        return database

    def _load_or_refuse(self, database: sqlite3.Connection) -> None:
        try:
            self._load(database)
        except (TypeError, KeyError, ValueError) as error:
            self.close()
            text = f"the state folder {self.folder} was written by another version; use a new one"
            raise OSError(errno.EINVAL, text) from error

    def _load(self, database: sqlite3.Connection) -> None:
        self._load_kind(database, Account, lambda fields: Account(**fields))
        self._load_kind(database, Token, _read_token)
        self._load_kind(database, Session, _read_session)
        self._load_kind(database, Render, lambda fields: Render(**fields))
        self._load_kind(database, Claim, lambda fields: Claim(**fields))
        self._load_kind(database, StoredFile, lambda fields: StoredFile(**fields))
        self._load_kind(database, Charge, lambda fields: Charge(**fields))

    def _load_kind(
        self,
        database: sqlite3.Connection,
        kind: type[_RecordT],
        read: Callable[[_Fields], _RecordT],
    ) -> None:
        rows = database.execute(
            "SELECT key, fields FROM records WHERE kind = ? ORDER BY rowid", (kind.__name__,)
        )
        for key, fields in rows:
            record = read(json.loads(fields))
            self._table(record)[key] = record
