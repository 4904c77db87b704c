"""The entries of the journal: what is entered, and what is read back from a row."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, TypeVar
from urllib.parse import urlsplit

from nemovideo.files.save_targets import RemotePath, path_of

if TYPE_CHECKING:
    from nemovideo.journal.connection import Row

MessagePhase: TypeAlias = Literal["sending", "streaming", "interrupted", "finished", "failed"]
"""sending: not answered yet · streaming · interrupted: its answer was lost · finished · failed:
certainly without effect."""

RenderPhase: TypeAlias = Literal[
    "submitting", "submitted", "completed", "downloaded", "failed", "cancelled"
]
"""submitting: not sent yet · submitted: accepted · completed: has a URL · downloaded · failed ·
cancelled. A render without a target path ends with "completed"."""

Claim: TypeAlias = Literal["ours", "taken", "ended"]
"""It was free, and is this journal's now; a living process is at work on it; it has ended."""

WorkKind: TypeAlias = Literal["generate", "send", "export"]
"""Which call a key was given to."""

KeyPhase: TypeAlias = Literal["new", "sent", "finished", "failed"]
"""new: nothing was sent · sent · finished: its result is stored · failed: certainly without a
charge."""

KeyClaim: TypeAlias = Literal["ours", "taken", "finished", "other"]
"""It is this journal's now; a living process is at work on it; it is finished; it is the key of
another request."""


def new_message_id() -> int:
    """Return an id for a message; this side chooses it, as a render's."""
    return secrets.randbits(53)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message that is about to be sent. Of prompt, draft and account only digests are stored."""

    id: int = field(default_factory=new_message_id)
    session_id: str
    prompt: str = field(repr=False)
    base_url: str = ""
    task_id: str | None = None
    draft: str | None = field(default=None, repr=False)
    """The fingerprint of the draft before, to tell a change later."""
    credits_before: float | None = None
    balance_read_at: float | None = None
    """When that was read, as `time.time` has it: what ended since overlaps, too."""
    export: bool = False
    """Whether a render is to follow; `target_path` is where it is to be saved."""
    target_path: Path | None = None
    account: str = field(default="", repr=False)
    """Messages of the same account may overlap."""
    lasts: float = 0.0
    """Seconds for which one that no process is at work on may still cost credits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRender:
    """A render that is about to be submitted, under an id that this side chose."""

    id: str
    session_id: str
    base_url: str = ""
    format: str = "mp4"
    quality: str = "high"
    target_path: Path | None = None
    replaces: str | None = None
    """The failed render that this one replaces."""
    message_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """A piece of work with a key; of its request and its account only digests are stored."""

    key: str
    kind: WorkKind
    request: str = field(repr=False)
    """Equal for equal requests, and different for different ones."""
    base_url: str = ""
    account: str = field(default="", repr=False)
    session_id: str | None = None
    attempt: int = 0
    """A number of this claim alone."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A piece of work with a key, and how far it has come.

    `attempt` is that of the latest claim: who was taken for dead, and is not, has an older one and
    enters nothing any more.
    """

    account: str
    key: str
    kind: WorkKind
    phase: KeyPhase
    attempt: int
    session_id: str | None
    task_id: str | None
    message_id: int | None
    render_id: str | None
    result: bytes | None = field(repr=False)
    created_at: datetime
    updated_at: datetime
    running: bool = False
    """Whether a living process is at work on it."""


class MessageCounts(NamedTuple):
    """What the journal has of the messages of an account, with regard to one entry."""

    newest: int
    """The position of the newest entry of all."""
    entered: int
    """How many were entered after that entry."""
    running: int
    """How many may still cost credits."""


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """A message that costs credits, with what recovering it takes.

    `replaceable` identifies the file that stood at the target when the message was sent. Entries
    are in the order of `position`, whatever was done to the clock between them.
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
    key: str | None = None


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
    key: str | None = None


Entry: TypeAlias = MessageEntry | RenderEntry
_E = TypeVar("_E", MessageEntry, RenderEntry)
_NAMES = {kind: [each.name for each in fields(kind)] for kind in (MessageEntry, RenderEntry)}
_KEY_NAMES = [each.name for each in fields(KeyEntry) if each.name != "running"]


def read_entry(kind: type[_E], row: Row) -> _E:
    values = {name: row[name] for name in _NAMES[kind]}
    path, position = values["target_path"], values["position"]
    values["target_path"] = None if path is None else path_of(os.fsdecode(path))
    if position is None:  # from a process with an older version, in the file that it opened
        values["position"] = int(row["created_at"] * 1_000_000)
    for name in ("created_at", "updated_at"):
        values[name] = datetime.fromtimestamp(values[name], UTC)
    if kind is MessageEntry:
        values["export"] = bool(values["export"])
    return kind(**values)


def read_key(row: Row, *, running: bool = False) -> KeyEntry:
    values = {name: row[name] for name in _KEY_NAMES}
    for name in ("created_at", "updated_at"):
        values[name] = datetime.fromtimestamp(values[name], UTC)
    return KeyEntry(**values, running=running)


def file_identity(path: str | os.PathLike[str] | None) -> str | None:
    """Return what identifies the file at `path` among all others; empty where there is none."""
    if path is None:
        return None
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return ""
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}"


def path_bytes(path: str | os.PathLike[str] | None) -> bytes | None:
    """Return a path as it is stored: absolute, and as bytes, which need not be UTF-8."""
    try:
        if path is None or isinstance(path, RemotePath):
            return None if path is None else str(path).encode()
        return os.fsencode(Path(path).absolute())
    except (OSError, ValueError):
        return None  # the current folder is gone, or no file can have that name


def without_query(url: str) -> str:
    """Return a URL without user name, query and fragment, which may hold a signature."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=host, query="", fragment="").geturl()
    except ValueError:
        return ""
