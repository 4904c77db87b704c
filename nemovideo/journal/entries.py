"""The entries of the journal: what they say, and how they are read from and written to a row."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import sqlite3

MessagePhase: TypeAlias = Literal["sending", "streaming", "interrupted", "finished", "failed"]
"""About to be sent; answered; lost midway; its turn is told; certainly without effect."""

RenderPhase: TypeAlias = Literal[
    "submitting", "submitted", "completed", "downloaded", "failed", "cancelled"
]
"""About to be submitted; accepted; in work; has a URL; is at its target; given up; called off.

"completed" is the end of a render that was going nowhere, and not of one with a target path.
"""


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """A message that costs credits, with what recovering it takes.

    `replaceable` says which file stood at the target when it was asked for. Entries are in the
    order of `position`, whatever was done to the clock between them.
    """

    id: int
    session_id: str
    task_id: str | None
    base_url: str
    prompt_digest: str
    draft_digest: str | None
    phase: MessagePhase
    credits_before: float | None
    export: bool
    target_path: Path | None
    replaceable: str | None
    account: str | None
    position: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RenderEntry:
    """A render under the id that this side chose; `url` is without its query."""

    id: str
    session_id: str
    base_url: str
    phase: RenderPhase
    format: str
    quality: str
    url: str | None
    target_path: Path | None
    replaceable: str | None
    account: str | None
    position: int
    replaces: str | None
    message_id: int | None
    prompt_digest: str | None
    created_at: datetime
    updated_at: datetime


Entry: TypeAlias = MessageEntry | RenderEntry


def read_message(row: sqlite3.Row) -> MessageEntry:
    """Return the entry that a row of `messages` holds."""
    return MessageEntry(
        id=row["id"],
        session_id=row["session_id"],
        task_id=row["task_id"],
        base_url=row["base_url"],
        prompt_digest=row["prompt_digest"],
        draft_digest=row["draft_digest"],
        phase=row["phase"],
        credits_before=row["credits_before"],
        export=bool(row["export"]),
        target_path=_path(row["target_path"]),
        replaceable=row["replaceable"],
        account=row["account"],
        position=_position(row),
        created_at=_time(row["created_at"]),
        updated_at=_time(row["updated_at"]),
    )


def read_render(row: sqlite3.Row) -> RenderEntry:
    """Return the entry that a row of `renders` holds."""
    return RenderEntry(
        id=row["id"],
        session_id=row["session_id"],
        base_url=row["base_url"],
        phase=row["phase"],
        format=row["format"],
        quality=row["quality"],
        url=row["url"],
        target_path=_path(row["target_path"]),
        replaceable=row["replaceable"],
        account=row["account"],
        position=_position(row),
        replaces=row["replaces"],
        message_id=row["message_id"],
        prompt_digest=row["prompt_digest"],
        created_at=_time(row["created_at"]),
        updated_at=_time(row["updated_at"]),
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _position(row: sqlite3.Row) -> int:
    position: int | None = row["position"]
    # None: from a process with an older version, which goes on in the file that it opened.
    return int(row["created_at"] * 1_000_000) if position is None else position


def file_identity(path: str | os.PathLike[str] | None) -> str | None:
    """Return what tells the file at `path` from any other; empty where there is none."""
    if path is None:
        return None
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return ""
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}"


def path_bytes(path: str | os.PathLike[str] | None) -> bytes | None:
    """Return a path as it is stored.

    Absolute, for a process in another folder; bytes, for names that are no UTF-8.
    """
    try:
        return None if path is None else os.fsencode(Path(path).absolute())
    except (OSError, ValueError):
        return None  # the current folder is gone, or no file can be called that


def _path(data: bytes | None) -> Path | None:
    return None if data is None else Path(os.fsdecode(data))


def without_query(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts._replace(
            netloc=parts.netloc.rpartition("@")[2], query="", fragment=""
        ).geturl()
    except ValueError:
        return ""
