"""What was paid for and is not yet in the user's hands, written down before the request is sent.

A message is entered before it is sent and a render before it is submitted, so that whatever kills
the process, the next one finds them: `unfinished` lists, `claim` takes one for this process.
Every method blocks for about a tenth of a millisecond; an async caller runs it in a thread. No
prompt, token or signed query is ever in the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nemovideo.errors import NemoVideoError
from nemovideo.journal import statements as sql
from nemovideo.journal.entries import (
    Claim,
    Entry,
    KeyEntry,
    MessageCounts,
    MessageEntry,
    MessagePhase,
    NewMessage,
    NewRender,
    NewWork,
    RenderEntry,
    RenderPhase,
    file_identity,
    path_bytes,
    read_entry,
    without_query,
)
from nemovideo.journal.keys import Keys
from nemovideo.journal.store import Change, JournalStore

if TYPE_CHECKING:
    from nemovideo.journal.connection import Connection, Row

T = TypeVar("T")

_ENDED = frozenset({"finished", "failed", "downloaded", "cancelled"})
# In these phases no process is at work on the entry, whoever wrote it.
_OWNERLESS = _ENDED | {"interrupted"}

_READ_HINT = "Mend that and ask again; until then, do not send again what may have been paid for."


class Journal(JournalStore):
    """The journal in a SQLite file or in PostgreSQL; safe for threads, forks and many processes.

    The methods `begin_…`, `update_…` and `note_render` return a change, and `write` enters changes.

    An entry belongs to the journal that began or claimed it, until it is released, ends, or the
    journal is closed or its process dies.

    Example:
        ```python
        journal = Journal(settings.config_dir / "journal.sqlite3")
        message = NewMessage(session_id="s1", base_url=url, prompt="a panda")
        journal.write(journal.begin_message(message))
        ...
        journal.write(journal.update_message(message.id, phase="finished"))
        ```
    """

    @cached_property
    def keys(self) -> Keys:
        """What is done with keys, each by `transact`."""
        alive = self._owner.is_alive
        return Keys(self._clock, self._owner_id, alive, self._digest, self._account_digest)

    # Entering

    def begin_message(self, message: NewMessage, key_entry: KeyEntry | None = None) -> Change:
        """Return the change that enters a message about to be sent, under the key that is held."""
        now = self._clock()
        read_at = message.balance_read_at
        values = _values(message) | {
            "now": now,
            "since": now if read_at is None else read_at,
            "youngest": now - message.lasts,
        }

        def change(db: Connection) -> None:
            draft = message.draft
            values["prompt_digest"] = self._digest(message.prompt)
            values["draft_digest"] = None if draft is None else self._digest(draft)
            values["account"] = self._account_digest(message.base_url, message.account)
            values["owner"] = self._owner_id()
            values["position"] = _next_position(db, now)
            if key_entry is not None:
                self.keys.mark_sent(
                    db,
                    key_entry,
                    message.session_id,
                    task_id=message.task_id,
                    message_id=message.id,
                )
            db.execute(sql.INSERT_MESSAGE, values)
            db.execute(sql.MARK_OVERLAPPED, values)

        return change

    def update_message(
        self, message_id: int, *, phase: MessagePhase | None = None, release: bool = False
    ) -> Change:
        """Return the change that enters how far a message has come; None leaves a value as it is.

        "interrupted", the last phases and `release` give the entry up.
        """
        now = self._clock()
        values = {
            "id": message_id,
            "phase": phase,
            "release": release or phase in _OWNERLESS,
            "now": now,
            "ended_at": now if phase in _ENDED else None,
        }
        return lambda db: db.execute(sql.UPDATE_MESSAGE, values)

    def begin_render(self, render: NewRender, key_entry: KeyEntry | None = None) -> Change:
        """Return the change that enters a render about to be submitted, under the key that is held.

        The message that it belongs to is finished with it, and the render that it replaces failed:
        at no instant are both listed as unfinished, or neither. What replaces a render belongs to
        the same message.
        """
        now = self._clock()
        values = _values(render) | {"now": now}

        def change(db: Connection) -> None:
            values["owner"] = self._owner_id()
            values["position"] = _next_position(db, now)
            if key_entry is not None:
                self.keys.mark_sent(db, key_entry, render.session_id, render_id=render.id)
            for statement in (sql.INSERT_RENDER, sql.FINISH_MESSAGE, sql.FAIL_REPLACED):
                db.execute(statement, values)

        return change

    def update_render(
        self,
        render_id: str,
        *,
        phase: RenderPhase | None = None,
        url: str | None = None,
        target_path: Path | None = None,
        release: bool = False,
    ) -> Change:
        """Return the change that enters how far a render has come; None leaves a value as it is.

        The query of `url` may be a signature and is not stored. The last phases and `release` give
        the entry up. When it has failed, the message that was paid for it is unfinished again.
        """
        values: dict[str, object] = {
            "id": render_id,
            "now": self._clock(),
            "phase": phase,
            "url": None if url is None else without_query(url),
            **_target(target_path),
            "release": release or phase in _OWNERLESS,
        }

        def change(db: Connection) -> None:
            db.execute(sql.UPDATE_RENDER, values)
            if phase == "failed":
                db.execute(sql.REOPEN_MESSAGE, values)

        return change

    def note_render(
        self, render_id: str, *, phase: RenderPhase, url: str | None = None
    ) -> Change | None:
        """Return the change that enters how a render ended, for those who do not export it.

        A process that exports it enters that itself, and may render again what has failed; but
        "cancelled" is final. None where the journal has no entries.
        """
        if not self._exists():
            return None
        update = self.update_render(render_id, phase=phase, url=url, release=True)

        def change(db: Connection) -> None:
            row = db.execute(sql.RENDER_BY_ID, {"id": render_id}).fetchone()
            if row is None or row["phase"] in _ENDED:
                return
            exported = row["message_id"] is not None or row["target_path"] is not None
            if phase == "cancelled" or not (exported and self._owner.is_alive(row["owner"])):
                update(db)

        return change

    def drop_claim(self, work: NewWork) -> Change:
        """Return the change that gives up a claim, if it was entered."""
        return lambda db: self.keys.drop_claim(db, work)

    def drop_key(self, entry: Entry) -> Change:
        """Return the change that deletes the key of an entry, unless its work is finished."""
        return lambda db: db.execute(sql.DELETE_KEY_OF[_kind(entry)], {"id": entry.id})

    def release(self, entry: Entry) -> Change:
        """Return the change that gives up an entry that was claimed."""
        return lambda db: _set_owner(db, entry, None)

    def claim(self, entry: Entry) -> Claim:
        """Take an unfinished entry for this journal, and return whether it was free to take.

        Of any number of processes that try at once, one gets "ours"; all do where nothing can be
        written, as recovering is free.
        """

        def change(db: Connection) -> Claim:
            row = db.execute(sql.SELECT_OWNER[_kind(entry)], {"id": entry.id}).fetchone()
            if row is None or row["phase"] in _ENDED:
                return "ended"
            if self._owner.is_alive(row["owner"]):
                return "taken"
            _set_owner(db, entry, self._owner_id())
            return "ours"

        def attempt() -> Claim | None:
            return self._database.transaction([change])

        with self._mutex:
            self._write_delayed()
            claim = self._attempt(attempt)
            if claim is not None:
                self._note_success()
            return claim or "ours"

    # Reading

    def unfinished(self, base_url: str) -> list[Entry]:
        """Return unfinished entries that no living process owns, oldest first."""

        def query(db: Connection) -> list[Entry]:
            messages = self._free_rows(db, sql.SELECT_MESSAGE, sql.OPEN_MESSAGES, base_url)
            renders = self._free_rows(db, sql.SELECT_RENDER, sql.OPEN_RENDERS, base_url)
            found: list[Entry] = [read_entry(MessageEntry, row) for row in messages]
            found += [read_entry(RenderEntry, row) for row in renders]
            return sorted(found, key=lambda entry: entry.position)

        found = self._list(query)
        if not found and self._delayed:
            raise NemoVideoError(
                "What this process started is not listed: the journal cannot be written.",
                hint=_READ_HINT,
            )
        return found

    def recent_renders(self, base_url: str, limit: int = 50) -> list[RenderEntry]:
        """Return the latest renders, finished or not, newest first."""
        values = {"base_url": base_url, "limit": limit}
        return self._list(
            lambda db: [
                read_entry(RenderEntry, row) for row in db.execute(sql.RECENT_RENDERS, values)
            ]
        )

    def recent_sessions(self, base_url: str) -> list[str]:
        """Return the ids of the sessions that were used last, newest first."""
        values = {"base_url": base_url}
        return self._list(
            lambda db: [row["session_id"] for row in db.execute(sql.RECENT_SESSIONS, values)]
        )

    def find_unfinished(
        self, base_url: str, prompt: str, target_path: Path | None
    ) -> MessageEntry | None:
        """Return an unfinished message with this prompt and target that no living process owns."""
        path = path_bytes(target_path)
        values = {"base_url": base_url, "path": path}

        def query(db: Connection) -> MessageEntry | None:
            values["digest"] = self._digest(prompt)
            for row in db.execute(sql.SAME_REQUEST, values):
                if not self._owner.is_alive(row["working"]):
                    return read_entry(MessageEntry, row)
            return None

        return self._read(query)

    def has_unfinished(self, base_url: str, session_id: str) -> bool:
        """Return True if a message of a session has not ended, whoever is at work on it."""
        statement = f"SELECT 1 {sql.OPEN_MESSAGES} AND session_id = :session_id LIMIT 1"
        values = {"base_url": base_url, "session_id": session_id}
        return self._read(lambda db: db.execute(statement, values).fetchone()) is not None

    def find_render(self, render_id: str) -> RenderEntry | None:
        """Return the entry of a render, finished or not, whoever owns it."""

        def query(db: Connection) -> RenderEntry | None:
            row = db.execute(sql.RENDER_BY_ID, {"id": render_id}).fetchone()
            return None if row is None else read_entry(RenderEntry, row)

        return self._read(query)

    def had_overlap(self, message_id: int) -> bool:
        """Return True if another message of the account was open since this one began.

        Also where that is not known.
        """

        def query(db: Connection) -> bool:
            row = db.execute(sql.SELECT_OVERLAPPED, {"id": message_id}).fetchone()
            return row is None or bool(row["overlapped"])

        return self._read(query) is not False

    def count_messages(
        self, base_url: str, account: str, after: int, lasts: float
    ) -> MessageCounts | None:
        """Return what was entered for an account since an entry; None if it cannot be read.

        Args:
            after: the position of that entry, 0 for all.
            lasts: seconds for which a message that no process is at work on may cost credits.
        """
        values: dict[str, object] = {"after": after, "youngest": self._clock() - lasts}

        def query(db: Connection) -> MessageCounts:
            values["account"] = self._account_digest(base_url, account)
            row = db.execute(sql.COUNT_MESSAGES, values).fetchone()
            return MessageCounts(row["newest"], row["entered"], row["running"])

        return self._read(query)

    def digest(self, text: str) -> str:
        """Return the keyed digest of a text as it stands in entries; empty without a journal."""
        return self._read(lambda _: self._digest(text)) or ""

    def is_of_account(self, entry: Entry, account: str) -> bool:
        """Return True if an entry is of `account`, or if its account is not known."""
        if not entry.account:
            return True
        digest = self._read(lambda _: self._account_digest(entry.base_url, account))
        return not digest or digest == entry.account

    def _list(self, query: Callable[[Connection], list[T]]) -> list[T]:
        """Return the rows of `query`, also from a file that can be read but not written."""
        try:
            found = self._read_anyhow(query)
        except OSError as error:
            raise NemoVideoError(
                f"The journal cannot be read, so unfinished work is not known: {error}",
                hint=_READ_HINT,
            ) from error
        set_aside = self._storage.take_set_aside()
        if set_aside:
            raise NemoVideoError(
                "The journal was damaged. The unfinished work in it is not known; it was renamed to"
                f" {', '.join(map(str, set_aside))}.",
                hint="Your sessions hold what was made. Ask again for what was started since.",
            )
        return found

    def _free_rows(self, db: Connection, select: str, listed: str, base_url: str) -> list[Row]:
        """Return the rows without a living owner, without reading those of others."""
        values = {"base_url": base_url}
        rows = db.execute(f"SELECT DISTINCT owner {listed}", values)
        found: list[Row] = []
        for owner in [row["owner"] for row in rows]:
            if not self._owner.is_alive(owner):
                same = "owner IS NULL" if owner is None else "owner = :owner"
                statement = f"{select} {listed} AND {same}"
                found += db.execute(statement, values | {"owner": owner})
        return found

    def _exists(self) -> bool:
        """Return True if anything was ever entered, as far as is known without opening the file."""
        return bool(self._delayed) or self._storage.exists()

    def _digest(self, text: str) -> str:
        return self._storage.digest(text, self._database.timeout)

    def _account_digest(self, base_url: str, account: str) -> str:
        return self._digest(f"{base_url}\n{self._storage.account(account)}")[:16]


def _values(record: NewMessage | NewRender) -> dict[str, object]:
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    return values | _target(record.target_path)


def _target(path: Path | None) -> dict[str, object]:
    return {"target_path": path_bytes(path), "replaceable": file_identity(path)}


def _kind(entry: Entry) -> str:
    return "message" if isinstance(entry, MessageEntry) else "render"


def _set_owner(db: Connection, entry: Entry, owner: str | None) -> None:
    db.execute(sql.UPDATE_OWNER[_kind(entry)], {"id": entry.id, "owner": owner})


def _next_position(db: Connection, now: float) -> int:
    """Return a number above all others: the time, as far as the clock was not set back."""
    newest = db.execute(sql.NEWEST_POSITION).fetchone()
    return max(int(now * 1_000_000), int(newest["message"]) + 1, int(newest["render"]) + 1)
