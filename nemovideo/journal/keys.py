"""Keys in the journal: who may do a piece of work, and what has come of it.

A key is unique per account by the database's own constraint: of any number of processes that
insert it at once, one does. Each claim has a number, and a message is entered only under the
latest one, in the same transaction: whoever was taken for dead meanwhile sends nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemovideo.errors import InProgressError
from nemovideo.journal import statements as sql
from nemovideo.journal.entries import (
    KeyClaim,
    KeyEntry,
    KeyPhase,
    MessageEntry,
    NewWork,
    RenderEntry,
    read_entry,
    read_key,
)

if TYPE_CHECKING:
    from nemovideo.journal.connection import Connection


@dataclass(frozen=True)
class Keys:
    """What is done with keys, each within a transaction of the journal.

    Args:
        clock: as of the journal.
        owner_id: returns the owner that the journal is to the others.
        is_alive: whether an owner is at work.
        digest: of a text; `account_digest`: of a base URL and an account.
    """

    clock: Callable[[], float]
    owner_id: Callable[[], str]
    is_alive: Callable[[str | None], bool]
    digest: Callable[[str], str]
    account_digest: Callable[[str, str], str]

    def claim(self, db: Connection, work: NewWork) -> tuple[KeyClaim, KeyEntry]:
        """Take a piece of work, and return whether it was free to take and how far it has come."""
        values = {
            "account": self.account_digest(work.base_url, work.account),
            "key": work.key,
            "base_url": work.base_url,
            "kind": work.kind,
            "request_digest": self.digest(f"{work.kind}\n{work.request}"),
            "attempt": work.attempt,
            "session_id": work.session_id,
            "owner": self.owner_id(),
            "now": self.clock(),
        }
        inserted = db.execute(sql.INSERT_KEY, values).rowcount == 1
        row = db.execute(sql.SELECT_KEY, values).fetchone()
        if inserted:
            return "ours", read_key(row, running=True)
        if row["request_digest"] != values["request_digest"]:
            return "other", read_key(row)
        if row["phase"] == "finished":
            return "finished", read_key(row)
        if self.is_alive(row["owner"]):
            return "taken", read_key(row, running=True)
        db.execute(sql.TAKE_KEY, values)
        return "ours", read_key(db.execute(sql.SELECT_KEY, values).fetchone(), running=True)

    def drop_claim(self, db: Connection, work: NewWork) -> None:
        """Give up a claim of which it is not known whether it was entered."""
        values = {
            "account": self.account_digest(work.base_url, work.account),
            "key": work.key,
            "attempt": work.attempt,
            "phase": None,
            "result": None,
            "now": self.clock(),
        }
        db.execute(sql.FINISH_KEY, values)

    def find(self, db: Connection, base_url: str, account: str, key: str) -> KeyEntry | None:
        """Return how far a key has come; None where there is no such key."""
        values = {"account": self.account_digest(base_url, account), "key": key}
        row = db.execute(sql.SELECT_KEY, values).fetchone()
        return None if row is None else read_key(row, running=self.is_alive(row["owner"]))

    def known(self, db: Connection, base_url: str, account: str, prefix: str) -> set[str]:
        """Return the keys of an account that begin with `prefix`."""
        account = self.account_digest(base_url, account)
        values = {"account": account, "prefix": prefix, "length": len(prefix)}
        return {row["key"] for row in db.execute(sql.KEYS_WITH_PREFIX, values)}

    def find_entries(
        self, db: Connection, entry: KeyEntry
    ) -> tuple[MessageEntry | None, RenderEntry | None]:
        """Return the message that was sent under a key, and the last render of it."""
        values = {"message_id": entry.message_id, "render_id": entry.render_id}
        message = db.execute(sql.SELECT_MESSAGE_BY_ID, values).fetchone()
        render = db.execute(sql.LAST_RENDER, values).fetchone()
        return (
            None if message is None else read_entry(MessageEntry, message),
            None if render is None else read_entry(RenderEntry, render),
        )

    def mark_sent(
        self,
        db: Connection,
        entry: KeyEntry,
        session_id: str,
        *,
        task_id: str | None = None,
        message_id: int | None = None,
        render_id: str | None = None,
    ) -> None:
        """Enter what is about to be sent under a key.

        Raises:
            InProgressError: the key has been claimed elsewhere since, or forgotten.
        """
        values = {
            "account": entry.account,
            "key": entry.key,
            "attempt": entry.attempt,
            "owner": self.owner_id(),
            "session_id": session_id,
            "task_id": task_id,
            "message_id": message_id,
            "render_id": render_id,
            "now": self.clock(),
        }
        if db.execute(sql.MARK_KEY_SENT, values).rowcount == 0:
            raise InProgressError(
                f"The work with the key {entry.key!r} was taken over elsewhere.",
                key=entry.key,
                session_id=session_id,
                hint="Nothing was sent here. Call again with the same key for its result.",
            )

    def give_up(
        self,
        db: Connection,
        entry: KeyEntry,
        phase: KeyPhase | None = None,
        result: bytes | None = None,
    ) -> None:
        """Enter what has come of a piece of work, which this journal is not at work on any more."""
        values = {
            "account": entry.account,
            "key": entry.key,
            "attempt": entry.attempt,
            "phase": phase,
            "result": result,
            "now": self.clock(),
        }
        db.execute(sql.FINISH_KEY, values)

    def store_result(self, db: Connection, entry: KeyEntry, result: bytes) -> None:
        """Enter more of the result of finished work, such as where its file is."""
        values = {"account": entry.account, "key": entry.key, "result": result}
        db.execute(sql.STORE_RESULT, {**values, "now": self.clock()})

    def reopen(self, db: Connection, entry: KeyEntry) -> bool:
        """Enter that finished work may be done again; False if it has been meanwhile."""
        values = {"account": entry.account, "key": entry.key, "attempt": entry.attempt}
        return db.execute(sql.REOPEN_KEY, {**values, "now": self.clock()}).rowcount == 1

    def forget(self, db: Connection, base_url: str, account: str, key: str) -> bool:
        """Delete a key and end what is unfinished under it; return False if there is none."""
        entry = self.find(db, base_url, account, key)
        if entry is None:
            return False
        if entry.running:
            raise in_progress(entry)
        values = {
            "account": entry.account,
            "key": key,
            "message_id": entry.message_id,
            "render_id": entry.render_id,
            "now": self.clock(),
        }
        for statement in (sql.END_MESSAGE_OF_KEY, sql.END_RENDERS_OF_KEY, sql.DELETE_KEY):
            db.execute(statement, values)
        return True

    def reserve(
        self,
        db: Connection,
        base_url: str,
        account: str,
        batch: str,
        key: str,
        amount: float,
        limit: float,
    ) -> bool:
        """Reserve an amount for one job of a batch, unless the sum of all would pass the limit."""
        values = {
            "account": self.account_digest(base_url, account),
            "batch": batch,
            "key": key,
            "amount": amount,
            "now": self.clock(),
        }
        # Without a limit the sum is not needed: it would be made of all jobs for each.
        if limit != math.inf:
            reserved: float = db.execute(sql.RESERVED, values).fetchone()["reserved"]
            if reserved + amount > limit:
                return False
        db.execute(sql.RESERVE, values)
        return True

    def release(self, db: Connection, base_url: str, account: str, batch: str, key: str) -> None:
        """Reserve nothing any more for one job of a batch."""
        values = {"account": self.account_digest(base_url, account), "batch": batch, "key": key}
        db.execute(sql.RELEASE, values)


def in_progress(entry: KeyEntry) -> InProgressError:
    where = f" in session {entry.session_id}" if entry.session_id else ""
    return InProgressError(
        f"The work with the key {entry.key!r} is under way elsewhere{where}.",
        key=entry.key,
        session_id=entry.session_id,
        hint="Wait for it, and call again with the same key for its result.",
    )
