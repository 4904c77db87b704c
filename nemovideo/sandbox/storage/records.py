"""The records that the sandbox stores."""

from dataclasses import dataclass, field
from typing import Literal

Json = dict[str, object]
FileType = Literal["video", "image", "audio"]
Plan = Literal["free", "pro"]
RenderStatus = Literal["pending", "processing", "completed", "failed"]

SCOPES = ("read", "write", "upload")


@dataclass
class Account:
    """An account with credits: one for each client id, or made by `Sandbox.issue_token`."""

    user_id: str
    client_id: str | None
    available: int
    frozen: int = 0
    registered: bool = False
    plan: Plan = "free"


@dataclass
class Token:
    """A bearer token; its text is not part of `repr`."""

    text: str = field(repr=False)
    user_id: str
    client_id: str | None
    issued_at: float
    expires_at: float
    scopes: tuple[str, ...] = SCOPES
    revoked: bool = False
    rejected_by_fault: bool = False


@dataclass
class Asset:
    """An uploaded file of a session. `duration` is in seconds, `hash` is SHA-256."""

    filename: str
    file_type: FileType
    file_id: str
    size: int
    hash: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None


@dataclass
class TurnRecord:
    """One message and the reply to it; `files` is how many uploads the session had by then.

    Each of the agent's `steps` has a `kind` and a `text`, which may be cut short.
    """

    text: str
    at: float
    kind: str
    answer: str = ""
    charged: int = 0
    finished: bool = False
    files: int = 0
    changed: bool = False
    steps: list[Json] = field(default_factory=list[Json])


@dataclass
class Session:
    """One agent session: its draft and the drafts before it, its files and its turns."""

    session_id: str
    task_id: str
    user_id: str
    name: str
    language: str | None
    created_at: float
    draft: Json | None = None
    history: list[Json] = field(default_factory=list[Json])
    assets: list[Asset] = field(default_factory=list[Asset])
    generated_media: list[Json] = field(default_factory=list[Json])
    turns: list[TurnRecord] = field(default_factory=list[TurnRecord])
    draft_fingerprints: list[str] = field(default_factory=list[str])
    generated: bool = False
    edit_paid: bool = False


@dataclass
class Render:
    """One render job. `progress` is 0-100, `duration` in seconds, `size` in bytes.

    `notes` are sentences about pictures that are drawn because their clips could not be made.
    """

    id: str
    session_id: str
    user_id: str
    draft: Json
    format: str
    quality: str
    created_at: float
    status: RenderStatus = "pending"
    progress: int = 0
    completed_at: float | None = None
    error: str | None = None
    file_id: str | None = None
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    size: int | None = None
    forced_status: Literal["failed", "stuck"] | None = None
    notes: list[str] = field(default_factory=list[str])


@dataclass
class Claim:
    """A claim token, which opens a session in a browser."""

    text: str = field(repr=False)
    user_id: str
    session_id: str
    task_id: str
    expires_at: float


@dataclass
class StoredFile:
    """A file that the CDN serves; `path` is relative to the store's folder."""

    file_id: str
    path: str
    filename: str
    media_type: str


@dataclass
class Charge:
    """Credits charged for one message."""

    number: int
    user_id: str
    session_id: str
    amount: int
    kind: str
    message: str
    at: float


Record = Account | Token | Session | Render | Claim | StoredFile | Charge
