"""What was paid for and is not yet in the user's hands, written down before it is asked for.

A message is entered before it is sent and a render before it is submitted, so that whatever kills
the process, the next one finds them: `unfinished` lists, `claim` takes one for this process.
Every method blocks for about a tenth of a millisecond; an async caller runs it in a thread. No
prompt, token or signed query is ever in the file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo._journal_entry import (
    Entry,
    MessageEntry,
    MessagePhase,
    RenderEntry,
    RenderPhase,
    path_bytes,
    read_message,
    read_render,
    without_query,
)
from nemovideo._journal_link import JournalLink

if TYPE_CHECKING:
    import sqlite3

__all__ = [
    "Entry",
    "Journal",
    "MessageEntry",
    "MessagePhase",
    "NullJournal",
    "RenderEntry",
    "RenderPhase",
]

_ENDED = frozenset({"finished", "failed", "downloaded", "cancelled"})
# In these phases nobody is at work on the entry, whoever wrote it.
_OWNERLESS = _ENDED | {"interrupted"}

_OPEN_MESSAGES = (
    "FROM messages WHERE base_url = ? AND phase IN ('sending', 'streaming', 'interrupted')"
)
_OPEN_RENDERS = (
    "FROM renders WHERE base_url = ?"
    " AND phase IN ('submitting', 'submitted', 'completed')"
    " AND (phase <> 'completed' OR target_path IS NOT NULL)"
)


class Journal:
    """The journal in the SQLite file `path`; safe for threads, forks and many processes.

    Nothing is touched before the first call. A file that cannot be read is set aside and a new one
    begun, with a warning; where nothing can be written there is one warning, `available` is False,
    and every method does nothing. No method raises.

    An entry belongs to the journal that began or claimed it, until it is released, ends, or the
    journal is closed or its process dies. That is told by a locked file, not by a process number,
    which another process may have by then.

    Example:
        ```python
        journal = Journal(settings.config_dir / "journal.sqlite3")
        message = journal.begin_message(session_id="s1", base_url=url, prompt="a panda")
        ...
        journal.update_message(message, phase="finished")
        ```
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        was_told: Callable[[], bool] = lambda: False,
    ) -> None:
        self._clock = clock
        self._link = JournalLink(path, clock, was_told)

    @property
    def available(self) -> bool:
        """Whether entries are kept, as far as is known."""
        return not self._link.given_up

    def begin_message(
        self,
        *,
        session_id: str,
        base_url: str,
        prompt: str,
        task_id: str | None = None,
        credits_before: float | None = None,
        draft: str | None = None,
        export: bool = False,
        target_path: str | os.PathLike[str] | None = None,
    ) -> int:
        """Enter a message that is about to be sent, and return its number, 0 when not kept.

        `draft` is the text of the draft before, to tell a change later; of it and of the prompt a
        keyed digest is kept. `export` says that a render is to follow, `target_path` to where.
        """
        values = {
            "session_id": session_id,
            "task_id": task_id,
            "base_url": base_url,
            "credits_before": credits_before,
            "export": export,
            "target_path": path_bytes(target_path),
            "now": self._clock(),
        }

        def work(db: sqlite3.Connection) -> int:
            digests = {
                "prompt_digest": self._link.digest(prompt),
                "draft_digest": None if draft is None else self._link.digest(draft),
            }
            cursor = db.execute(
                "INSERT INTO messages (session_id, task_id, base_url, prompt_digest, draft_digest,"
                " phase, credits_before, export, target_path, owner, created_at,"
                " updated_at) VALUES (:session_id, :task_id, :base_url, :prompt_digest,"
                " :draft_digest, 'sending', :credits_before, :export, :target_path,"
                " :owner, :now, :now)",
                values | digests | {"owner": self._link.me()},
            )
            return cursor.lastrowid or 0

        return self._link.change(work, 0)

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
        values = (phase, release or phase in _OWNERLESS, self._clock(), message_id)
        self._link.change(
            lambda db: db.execute(
                "UPDATE messages SET phase = coalesce(?, phase),"
                " owner = CASE WHEN ? THEN NULL ELSE owner END, updated_at = ? WHERE id = ?",
                values,
            ),
            None,
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
        values = {
            "id": render_id,
            "session_id": session_id,
            "base_url": base_url,
            "format": format,
            "quality": quality,
            "target_path": path_bytes(target_path),
            "replaces": replaces,
            "message_id": message_id,
            "now": self._clock(),
        }

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO renders (id, session_id, base_url, phase, format, quality,"
                " target_path, replaces, message_id, owner, created_at, updated_at)"
                " VALUES (:id, :session_id, :base_url, 'submitting', :format, :quality,"
                " :target_path, :replaces, coalesce(:message_id,"
                " (SELECT message_id FROM renders WHERE id = :replaces)), :owner, :now, :now)"
                # The same id again is the same job.
                " ON CONFLICT (id) DO UPDATE SET phase = 'submitting', owner = :owner,"
                " target_path = coalesce(:target_path, target_path), updated_at = :now",
                values | {"owner": self._link.me()},
            )
            db.execute(
                "UPDATE messages SET phase = 'finished', owner = NULL, updated_at = :now"
                " WHERE id = :message_id",
                values,
            )
            db.execute(
                "UPDATE renders SET phase = 'failed', owner = NULL, updated_at = :now"
                " WHERE id = :replaces AND id <> :id",
                values,
            )

        self._link.change(work, None)

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
        self._link.change(lambda db: _update_render(db, values), None)

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

        self._link.change(work, None)

    def together(self, steps: Sequence[Callable[[], object]]) -> None:
        """Do several steps as one transaction: each enters one thing with the methods above.

        What they noted of it holds only when this returns.

        Raises:
            Exception: it could not be done as one. Nothing was entered, and each step may be done
                by itself.
        """
        self._link.together(steps)

    def unfinished(self, base_url: str) -> list[Entry]:
        """Return what nobody is at work on and was not brought to its end, the oldest first."""

        def work(db: sqlite3.Connection) -> list[Entry]:
            found: list[Entry] = [
                *map(read_message, self._free_rows(db, _OPEN_MESSAGES, base_url)),
                *map(read_render, self._free_rows(db, _OPEN_RENDERS, base_url)),
            ]
            return sorted(found, key=lambda entry: entry.created_at)

        return self._link.read(work, [])

    def _free_rows(self, db: sqlite3.Connection, listed: str, base_url: str) -> list[sqlite3.Row]:
        """Return the rows that nobody is at work on, without reading those of others."""
        owners = db.execute(f"SELECT DISTINCT owner {listed}", (base_url,)).fetchall()
        return [
            row
            for (owner,) in owners
            if not self._link.is_taken(owner)
            for row in db.execute(f"SELECT * {listed} AND owner IS ?", (base_url, owner))
        ]

    def find_render(self, render_id: str) -> RenderEntry | None:
        """Return the entry of a render, finished or not, whoever is at work on it."""

        def work(db: sqlite3.Connection) -> RenderEntry | None:
            row = db.execute("SELECT * FROM renders WHERE id = ?", (render_id,)).fetchone()
            return None if row is None else read_render(row)

        return self._link.read(work, None)

    def recent_renders(self, base_url: str, limit: int = 50) -> list[RenderEntry]:
        """Return the latest renders, finished or not, the newest first."""

        def work(db: sqlite3.Connection) -> list[RenderEntry]:
            rows = db.execute(
                "SELECT * FROM renders WHERE base_url = ? ORDER BY created_at DESC LIMIT ?",
                (base_url, limit),
            )
            return [read_render(row) for row in rows]

        return self._link.read(work, [])

    def claim(self, entry: Entry) -> bool:
        """Take an unfinished entry for this journal, and say whether it was free to take.

        Of any number that try at once, in whatever processes, one gets True.
        """

        def work(db: sqlite3.Connection) -> bool:
            found = _owner_and_phase(db, entry)
            if found is None or found[1] in _ENDED or self._link.is_taken(found[0]):
                return False
            _set_owner(db, entry, self._link.me())
            return True

        return self._link.change(work, False)

    def digest(self, text: str) -> str:
        """Return the keyed digest of a text as it stands in this journal's entries.

        The key is random and kept in a file of its own, so that nobody with the journal alone can
        try out what a prompt may have been. Empty when entries are not kept.
        """
        return self._link.read(lambda _: self._link.digest(text), "")

    def close(self) -> None:
        """Close the file and give up every entry; a later call opens it again."""
        self._link.close()


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
        "release": release or phase in _OWNERLESS,
    }


def _update_render(db: sqlite3.Connection, values: dict[str, object]) -> None:
    db.execute(
        "UPDATE renders SET phase = coalesce(:phase, phase), url = coalesce(:url, url),"
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


class NullJournal:
    """The journal of a client that keeps none: the same methods, which do nothing."""

    available = False

    def begin_message(
        self,
        *,
        session_id: str,
        base_url: str,
        prompt: str,
        task_id: str | None = None,
        credits_before: float | None = None,
        draft: str | None = None,
        export: bool = False,
        target_path: str | os.PathLike[str] | None = None,
    ) -> int:
        """Return 0."""
        return 0

    def update_message(
        self,
        message_id: int,
        *,
        phase: MessagePhase | None = None,
        release: bool = False,
    ) -> None:
        """Do nothing."""

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
        """Do nothing."""

    def update_render(
        self,
        render_id: str,
        *,
        phase: RenderPhase | None = None,
        url: str | None = None,
        target_path: str | os.PathLike[str] | None = None,
        release: bool = False,
    ) -> None:
        """Do nothing."""

    def note_render(self, render_id: str, *, phase: RenderPhase, url: str | None = None) -> None:
        """Do nothing."""

    def together(self, steps: Sequence[Callable[[], object]]) -> None:
        """Do nothing."""

    def unfinished(self, base_url: str) -> list[Entry]:
        """Return nothing."""
        return []

    def find_render(self, render_id: str) -> RenderEntry | None:
        """Return None."""
        return None

    def recent_renders(self, base_url: str, limit: int = 50) -> list[RenderEntry]:
        """Return nothing."""
        return []

    def claim(self, entry: Entry) -> bool:
        """Return False: nothing is listed that could be taken."""
        return False

    def digest(self, text: str) -> str:
        """Return the digest of nothing."""
        return ""

    def close(self) -> None:
        """Do nothing."""
