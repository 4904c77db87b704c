"""What was paid for and is not yet in the user's hands, written down before it is asked for.

A message is entered before it is sent and a render before it is submitted, so that whatever kills
the process, the next one finds them: `unfinished` lists, `claim` takes one for this process.
Every method blocks for about a tenth of a millisecond; an async caller runs it in a thread. No
prompt, token or signed query is ever in the file.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from nemovideo.errors import NemoVideoError
from nemovideo.journal.connection import JournalLink
from nemovideo.journal.entries import (
    Entry,
    MessageEntry,
    MessagePhase,
    RenderEntry,
    RenderPhase,
    file_identity,
    path_bytes,
    read_message,
    read_render,
    without_query,
)

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

__all__ = [
    "Claim",
    "Entry",
    "Journal",
    "MessageEntry",
    "MessagePhase",
    "RenderEntry",
    "RenderPhase",
    "new_message_id",
]

_ENDED = frozenset({"finished", "failed", "downloaded", "cancelled"})
# In these phases nobody is at work on the entry, whoever wrote it.
_OWNERLESS = _ENDED | {"interrupted"}

_MESSAGE = "SELECT *"
_RENDER = (
    "SELECT *, (SELECT prompt_digest FROM messages WHERE id = renders.message_id) AS prompt_digest,"
    " (SELECT account FROM messages WHERE id = renders.message_id) AS account"
)
_OPEN_MESSAGES = (
    "FROM messages WHERE base_url = ? AND phase IN ('sending', 'streaming', 'interrupted')"
)
_RECENT_SESSIONS = (
    "SELECT session_id FROM (SELECT session_id, base_url, created_at FROM messages UNION ALL"
    " SELECT session_id, base_url, created_at FROM renders) WHERE base_url = ?"
    " GROUP BY session_id ORDER BY max(created_at) DESC LIMIT 20"
)
_OPEN_RENDERS = (
    "FROM renders WHERE base_url = ?"
    " AND phase IN ('submitting', 'submitted', 'completed')"
    " AND (phase <> 'completed' OR target_path IS NOT NULL)"
)


_NEWEST_POSITION = """
    SELECT max(coalesce((SELECT max(position) FROM messages), 0),
        coalesce((SELECT max(position) FROM renders), 0))
"""
_BEGIN_MESSAGE = """
    INSERT INTO messages (id, session_id, task_id, base_url, prompt_digest, draft_digest, phase,
        credits_before, export, target_path, replaceable, account, overlapped, owner, position,
        created_at, updated_at)
    VALUES (:id, :session_id, :task_id, :base_url, :prompt_digest, :draft_digest, 'sending',
        :credits_before, :export, :target_path, :replaceable, :account,
        EXISTS (SELECT 1 FROM messages WHERE account = :account AND (ended_at >= :since
            OR ended_at IS NULL AND (created_at > :youngest OR is_taken(owner)))),
        :owner, :position, :now, :now)
    ON CONFLICT (id) DO NOTHING
"""
# The sign keeps SQLite from the index of all that have not ended: those alone are few.
_MARK_OVERLAPPED = """
    UPDATE messages SET overlapped = 1
    WHERE account = :account AND id <> :id AND NOT overlapped
        AND +ended_at IS NULL AND (created_at > :youngest OR is_taken(owner))
"""

_READ_HINT = "Mend that and ask again; until then, do not send again what may have been paid for."

Claim: TypeAlias = Literal["ours", "taken", "ended"]
"""Free, and now this journal's; somebody alive is at work on it; there is nothing left to do."""


def new_message_id() -> int:
    """Return an id for a message; it is chosen on this side, as a render's is."""
    return secrets.randbits(53)


class Journal:
    """The journal in the SQLite file `path`; safe for threads, forks and many processes.

    Nothing is touched before the first call. A file that is damaged is set aside and a new one
    begun, with a warning. Where nothing can be written there is one warning, and what could not be
    entered is entered as soon as that passes; no method that enters something raises.

    An entry belongs to the journal that began or claimed it, until it is released, ends, or the
    journal is closed or its process dies. That is told by a locked file, not by a process number,
    which another process may have by then.

    Example:
        ```python
        journal = Journal(settings.config_dir / "journal.sqlite3")
        message = new_message_id()
        journal.begin_message(message, session_id="s1", base_url=url, prompt="a panda")
        ...
        journal.update_message(message, phase="finished")
        ```
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        already_warned: Callable[[], bool] = lambda: False,
    ) -> None:
        self._clock = clock
        self._link = JournalLink(path, clock, already_warned)

    @property
    def available(self) -> bool:
        """Whether entries are kept, as far as is known."""
        return not self._link.in_trouble

    def begin_message(
        self,
        message_id: int,
        *,
        session_id: str,
        base_url: str,
        prompt: str,
        task_id: str | None = None,
        credits_before: float | None = None,
        draft: str | None = None,
        export: bool = False,
        target_path: str | os.PathLike[str] | None = None,
        account: str = "",
        lasts: float = 0.0,
        balance_read_at: float | None = None,
    ) -> None:
        """Enter a message that is about to be sent, under an id of `new_message_id`.

        `draft` is the text of the draft before, to tell a change later; of it and of the prompt a
        keyed digest is kept. `export` says that a render is to follow, `target_path` to where.

        Of `account` a keyed digest is kept, too, to tell which messages of it overlap: with one
        that nobody is at work on any more, this does for `lasts` seconds from its beginning; with
        one that ended, where `balance_read_at` is a time before its end.
        """
        now = self._clock()
        values = {
            "id": message_id,
            "session_id": session_id,
            "task_id": task_id,
            "base_url": base_url,
            "credits_before": credits_before,
            "export": export,
            "target_path": path_bytes(target_path),
            "replaceable": file_identity(target_path),
            "now": now,
            "since": now if balance_read_at is None else balance_read_at,
            "youngest": now - lasts,
        }

        def work(db: sqlite3.Connection) -> None:
            found = {
                "prompt_digest": self._link.digest(prompt),
                "draft_digest": None if draft is None else self._link.digest(draft),
                "account": self._link.digest(_account_text(base_url, account))[:16],
                "owner": self._link.me(),
                "position": _next_position(db, now),
            }
            db.execute(_BEGIN_MESSAGE, values | found)
            db.execute(_MARK_OVERLAPPED, values | found)

        self._link.enter(work)

    def had_overlap(self, message_id: int) -> bool:
        """Say whether another message of the same account was open since this one began.

        True where that is not known.
        """

        def work(db: sqlite3.Connection) -> bool:
            row = db.execute(
                # While one is unfinished, each that began later counts: its balance is read now.
                "SELECT overlapped OR ended_at IS NULL AND EXISTS (SELECT 1"
                " FROM messages AS later"
                " WHERE later.account = messages.account AND later.position > messages.position)"
                " AS overlapped FROM messages WHERE id = ?",
                (message_id,),
            ).fetchone()
            return row is None or bool(row["overlapped"])

        return self._link.read(work, True)

    def update_message(
        self,
        message_id: int,
        *,
        phase: MessagePhase | None = None,
        release: bool = False,
    ) -> None:
        """Enter how far a message has come; None leaves a value as it is.

        "interrupted", the last phases and `release` give the entry up.
        """
        now = self._clock()
        ended_at = now if phase in _ENDED else None
        values = (phase, release or phase in _OWNERLESS, now, ended_at, message_id)
        self._link.enter(
            lambda db: db.execute(
                "UPDATE messages SET phase = coalesce(?, phase),"
                " owner = CASE WHEN ? THEN NULL ELSE owner END, updated_at = ?,"
                " ended_at = coalesce(ended_at, ?) WHERE id = ?",
                values,
            )
        )

    def begin_render(
        self,
        render_id: str,
        *,
        session_id: str,
        base_url: str,
        format: str = "mp4",  # the wire's name, as in `renders.create`
        quality: str = "high",
        target_path: str | os.PathLike[str] | None = None,
        replaces: str | None = None,
        message_id: int | None = None,
    ) -> None:
        """Enter a render that is about to be submitted.

        In the same transaction the message that it belongs to is finished, and the render that it
        replaces failed: at no instant are both listed as unfinished, or neither. What replaces a
        render belongs to the same message.
        """
        now = self._clock()
        values = {
            "id": render_id,
            "session_id": session_id,
            "base_url": base_url,
            "format": format,
            "quality": quality,
            "target_path": path_bytes(target_path),
            "replaceable": file_identity(target_path),
            "replaces": replaces,
            "message_id": message_id,
            "now": now,
        }

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO renders (id, session_id, base_url, phase, format, quality,"
                " target_path, replaceable, replaces, message_id, owner, position, created_at,"
                " updated_at)"
                " VALUES (:id, :session_id, :base_url, 'submitting', :format, :quality,"
                # What stood at the target when it was first asked for.
                " :target_path,"
                " CASE WHEN :message_id IS NOT NULL THEN"
                " (SELECT replaceable FROM messages WHERE id = :message_id)"
                " WHEN :replaces IS NOT NULL THEN"
                " (SELECT replaceable FROM renders WHERE id = :replaces) ELSE :replaceable END,"
                " :replaces, coalesce(:message_id,"
                " (SELECT message_id FROM renders WHERE id = :replaces)), :owner, :position,"
                " :now, :now)"
                # The same id again is the same job.
                " ON CONFLICT (id) DO UPDATE SET phase = 'submitting', owner = :owner,"
                " target_path = coalesce(:target_path, target_path), updated_at = :now",
                values | {"owner": self._link.me(), "position": _next_position(db, now)},
            )
            db.execute(
                "UPDATE messages SET phase = 'finished', owner = NULL, updated_at = :now,"
                " ended_at = coalesce(ended_at, :now) WHERE id = :message_id",
                values,
            )
            db.execute(
                "UPDATE renders SET phase = 'failed', owner = NULL, updated_at = :now"
                " WHERE id = :replaces AND id <> :id",
                values,
            )

        self._link.enter(work)

    def update_render(
        self,
        render_id: str,
        *,
        phase: RenderPhase | None = None,
        url: str | None = None,
        target_path: str | os.PathLike[str] | None = None,
        release: bool = False,
    ) -> None:
        """Enter how far a render has come; None leaves a value as it is.

        Of `url` the query, which may be a signature, is not kept. The last phases and `release`
        give the entry up. When it has failed, the message that was paid for it is unfinished again.
        """
        values = _render_values(render_id, self._clock(), phase, url, target_path, release)
        self._link.enter(lambda db: _update_render(db, values))

    def note_render(self, render_id: str, *, phase: RenderPhase, url: str | None = None) -> None:
        """Enter how a render ended that was looked at from outside, if it is in the journal.

        Whoever exports it, in whatever process, enters that without help, and may render again what
        has failed; but what was called off is called off.
        """
        if not self._link.exists:
            return
        values = _render_values(render_id, self._clock(), phase, url, None, True)

        def work(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT * FROM renders WHERE id = ?", (render_id,)).fetchone()
            if row is None or row["phase"] in _ENDED:
                return
            exported = row["message_id"] is not None or row["target_path"] is not None
            if phase == "cancelled" or not (exported and self._link.is_taken(row["owner"])):
                _update_render(db, values)

        self._link.enter(work)

    def together(self, steps: Sequence[Callable[[], object]]) -> None:
        """Do several steps as one transaction: each enters one thing with the methods above.

        What they noted of it holds only when this returns.

        Raises:
            Exception: it could not be done as one. Nothing was entered, and each step may be done
                by itself.
        """
        self._link.together(steps)

    def unfinished(self, base_url: str) -> list[Entry]:
        """Return what nobody is at work on and was not brought to its end, the oldest first.

        Raises:
            NemoVideoError: that is not known.
        """

        def work(db: sqlite3.Connection) -> list[Entry]:
            found: list[Entry] = [
                *map(read_message, self._free_rows(db, _MESSAGE, _OPEN_MESSAGES, base_url)),
                *map(read_render, self._free_rows(db, _RENDER, _OPEN_RENDERS, base_url)),
            ]
            return sorted(found, key=lambda entry: entry.position)

        found = self._inspect(work)
        if not found and self._link.has_missed:
            raise NemoVideoError(
                "What was begun in this process is not listed: the journal cannot be written.",
                hint=_READ_HINT,
            )
        return found

    def _inspect(self, work: Callable[[sqlite3.Connection], list[T]]) -> list[T]:
        try:
            found: list[T] = self._link.inspect(work, [])
        except OSError as error:
            raise NemoVideoError(
                f"The journal cannot be read, so what is unfinished is not known: {error}",
                hint=_READ_HINT,
            ) from error
        set_aside = self._link.take_set_aside()
        if set_aside:
            raise NemoVideoError(
                "The journal was damaged. What is unfinished in it is not known; it is kept as"
                f" {', '.join(map(str, set_aside))}.",
                hint="Your sessions hold what was made. Ask again for what was begun since.",
            )
        return found

    def _free_rows(
        self, db: sqlite3.Connection, select: str, listed: str, base_url: str
    ) -> list[sqlite3.Row]:
        """Return the rows that nobody is at work on, without reading those of others."""
        owners = db.execute(f"SELECT DISTINCT owner {listed}", (base_url,)).fetchall()
        return [
            row
            for (owner,) in owners
            if not self._link.is_taken(owner)
            for row in db.execute(f"{select} {listed} AND owner IS ?", (base_url, owner))
        ]

    def find_render(self, render_id: str) -> RenderEntry | None:
        """Return the entry of a render, finished or not, whoever is at work on it."""

        def work(db: sqlite3.Connection) -> RenderEntry | None:
            row = db.execute(f"{_RENDER} FROM renders WHERE id = ?", (render_id,)).fetchone()
            return None if row is None else read_render(row)

        return self._link.read(work, None)

    def recent_renders(self, base_url: str, limit: int = 50) -> list[RenderEntry]:
        """Return the latest renders, finished or not, the newest first.

        Raises:
            NemoVideoError: they are not known.
        """

        def work(db: sqlite3.Connection) -> list[RenderEntry]:
            rows = db.execute(
                f"{_RENDER} FROM renders WHERE base_url = ? ORDER BY position DESC LIMIT ?",
                (base_url, limit),
            )
            return [read_render(row) for row in rows]

        return self._inspect(work)

    def recent_sessions(self, base_url: str) -> list[str]:
        """Return the ids of the sessions that were worked with last, the newest first."""
        query = (_RECENT_SESSIONS, (base_url,))
        return self._inspect(lambda db: [row["session_id"] for row in db.execute(*query)])

    def claim(self, entry: Entry) -> Claim:
        """Take an unfinished entry for this journal, and say whether it was free to take.

        Of any number that try at once, in whatever processes, one gets "ours"; all do where nothing
        can be written, as recovering is free.
        """

        def work(db: sqlite3.Connection) -> Claim:
            found = _owner_and_phase(db, entry)
            if found is None or found[1] in _ENDED:
                return "ended"
            if self._link.is_taken(found[0]):
                return "taken"
            _set_owner(db, entry, self._link.me())
            return "ours"

        return self._link.change(work, "ours")

    def release(self, entry: Entry) -> None:
        """Give up an entry that was claimed."""
        self._link.enter(lambda db: _set_owner(db, entry, None))

    def digest(self, text: str) -> str:
        """Return the keyed digest of a text as it stands in this journal's entries.

        The key is random and kept in a file of its own, so that nobody with the journal alone can
        try out what a prompt may have been. Empty when entries are not kept.
        """
        return self._link.read(lambda _: self._link.digest(text), "")

    def is_of_account(self, entry: Entry, account: str) -> bool:
        """Say whether an entry is of `account`; also where it is not known whose it is."""
        if not entry.account:
            return True
        digest = self.digest(_account_text(entry.base_url, account))
        return not digest or digest[:16] == entry.account

    def close(self) -> None:
        """Close the file and give up every entry; a later call opens it again."""
        self._link.close()


def _account_text(base_url: str, account: str) -> str:
    return f"{base_url}\n{account}"


def _next_position(db: sqlite3.Connection, now: float) -> int:
    """Return a number above all others: the time, as far as the clock was not set back."""
    newest: int = db.execute(_NEWEST_POSITION).fetchone()[0]
    return max(int(now * 1_000_000), newest + 1)


def _render_values(
    render_id: str,
    now: float,
    phase: RenderPhase | None,
    url: str | None,
    target_path: str | os.PathLike[str] | None,
    release: bool,
) -> dict[str, object]:
    return {
        "id": render_id,
        "now": now,
        "phase": phase,
        "url": None if url is None else without_query(url),
        "target_path": path_bytes(target_path),
        "replaceable": file_identity(target_path),
        "release": release or phase in _OWNERLESS,
    }


def _update_render(db: sqlite3.Connection, values: dict[str, object]) -> None:
    db.execute(
        "UPDATE renders SET phase = coalesce(:phase, phase), url = coalesce(:url, url),"
        " replaceable = CASE WHEN coalesce(:target_path, target_path) IS target_path"
        " THEN replaceable ELSE :replaceable END,"
        " target_path = coalesce(:target_path, target_path),"
        " owner = CASE WHEN :release THEN NULL ELSE owner END, updated_at = :now WHERE id = :id",
        values,
    )
    if values["phase"] == "failed":
        db.execute(
            "UPDATE messages SET phase = 'interrupted', owner = NULL, updated_at = :now"
            " WHERE id = (SELECT message_id FROM renders WHERE id = :id) AND phase = 'finished'",
            values,
        )


def _set_owner(db: sqlite3.Connection, entry: Entry, owner: str | None) -> None:
    db.execute(
        "UPDATE messages SET owner = ? WHERE id = ?"
        if isinstance(entry, MessageEntry)
        else "UPDATE renders SET owner = ? WHERE id = ?",
        (owner, entry.id),
    )


def _owner_and_phase(db: sqlite3.Connection, entry: Entry) -> tuple[str | None, str] | None:
    row = db.execute(
        "SELECT owner, phase FROM messages WHERE id = ?"
        if isinstance(entry, MessageEntry)
        else "SELECT owner, phase FROM renders WHERE id = ?",
        (entry.id,),
    ).fetchone()
    return None if row is None else (row["owner"], row["phase"])
