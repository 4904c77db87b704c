"""What a turn can tell while it runs.

Concatenating the `text` of every `Text` of a turn gives the agent's answer once, whichever payload
shape the service used. Each event has a `type`, the word that stands for it in JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, TypeAlias, cast

if TYPE_CHECKING:
    from nemovideo.models.renders import Render
    from nemovideo.timeline.change import Change


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the agent's answer, for the user."""

    type: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent uses one of its tools. Internal: for logs, not for the user."""

    type: ClassVar[str] = "tool_call"
    name: str
    args: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered the agent. Internal: for logs, not for the user."""

    type: ClassVar[str] = "tool_result"
    name: str
    result: object = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The service is alive and has nothing to say yet."""

    type: ClassVar[str] = "heartbeat"


@dataclass(frozen=True, slots=True)
class StillWorking:
    """Nothing was heard for `Timing.still_working` seconds but a sign of life, or not even that."""

    type: ClassVar[str] = "still_working"
    elapsed: float
    """Seconds since the message was sent; where an operation is awaited, since that began."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The timeline is another one than before."""

    type: ClassVar[str] = "state_changed"
    changes: tuple[Change, ...] = ()
    """What is different; empty where the timeline before is not known."""


@dataclass(frozen=True, slots=True)
class RenderProgress:
    """A render moved on."""

    type: ClassVar[str] = "render_progress"
    render: Render


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """`sent` of `total` bytes have left for the service."""

    type: ClassVar[str] = "upload_progress"
    sent: int
    total: int


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """`received` of `total` bytes of the file have come."""

    type: ClassVar[str] = "download_progress"
    received: int
    total: int


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The stream was lost; the session's state is being watched for the result."""

    type: ClassVar[str] = "reconnecting"
    reason: str
    elapsed: float
    """Seconds since the message was sent."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the SDK says itself before something that takes long: that it begins, and what follows.

    `project.ask` tells it, in the language of the message.
    """

    type: ClassVar[str] = "notice"
    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that this version does not know, as it came."""

    type: ClassVar[str] = "unknown"
    raw: object = None


_set_text = cast("Callable[[Text, str], None]", Text.__dict__["text"].__set__)


def build_texts(pieces: Iterable[str]) -> list[Event]:
    """Make a `Text` of each piece.

    As the class itself does it, past its `__init__`, which takes half of the time.
    """
    made: list[Event] = []
    for piece in pieces:
        text = object.__new__(Text)
        _set_text(text, piece)
        made.append(text)
    return made


Event: TypeAlias = (
    Text
    | ToolCall
    | ToolResult
    | Heartbeat
    | StillWorking
    | StateChanged
    | RenderProgress
    | UploadProgress
    | DownloadProgress
    | Reconnecting
    | Notice
    | Unknown
)
"""Any of them."""
