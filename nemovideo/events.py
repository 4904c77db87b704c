"""The events of an operation while it runs.

Each has a `type`, the word for it in JSON, by which type checkers tell them apart:

    if event.type == "text":
        print(event.text, end="")

The `text` of all `Text` events of a turn together is the agent's answer, once, whatever the
service's payload shape. In `generate`, `project.send` and `ask` it is what a person should read:
instructions for the service's editor are replaced. `raw` has the agent's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from nemovideo.models.renders import Render
    from nemovideo.timeline.change import Change


__all__ = [
    "DownloadProgress",
    "Event",
    "Heartbeat",
    "JobEvent",
    "Notice",
    "Reconnecting",
    "RenderProgress",
    "SessionStarted",
    "StateChanged",
    "StillWorking",
    "Text",
    "ToolCall",
    "ToolResult",
    "Unknown",
    "UploadProgress",
]


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A generation has a session; this is its first event."""

    type: ClassVar[Literal["session_started"]] = "session_started"
    session_id: str
    task_id: str | None = None
    resumed: bool = False
    """Whether an earlier call sent the message, whose end is only waited for now."""


@dataclass(frozen=True, slots=True, init=False)
class Text:
    """A piece of the agent's answer, for the user.

    Args:
        text: what the user reads.
        raw: what the agent wrote; the same as `text` unless given.
    """

    type: ClassVar[Literal["text"]] = "text"
    text: str
    """What the user reads; empty only at the end of an answer that ends in screen instructions."""
    raw: str = field(repr=False)
    """What the agent wrote, since the event before. In `messages.stream` the same as `text`."""

    def __init__(self, text: str, raw: str | None = None) -> None:
        _set_text(self, text)
        _set_raw(self, text if raw is None else raw)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent called one of its tools. For logs, not for the user."""

    type: ClassVar[Literal["tool_call"]] = "tool_call"
    name: str
    args: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A tool's result. For logs, not for the user."""

    type: ClassVar[Literal["tool_result"]] = "tool_result"
    name: str
    result: object = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The service is alive and has nothing to report yet."""

    type: ClassVar[Literal["heartbeat"]] = "heartbeat"


@dataclass(frozen=True, slots=True)
class StillWorking:
    """For `Timing.still_working` seconds the service sent heartbeats at most."""

    type: ClassVar[Literal["still_working"]] = "still_working"
    elapsed: float
    """Seconds since the message was sent, or since the operation started that is awaited."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The timeline changed."""

    type: ClassVar[Literal["state_changed"]] = "state_changed"
    changes: tuple[Change, ...] = ()
    """What changed; empty if the timeline before is not known."""


@dataclass(frozen=True, slots=True)
class RenderProgress:
    """A render has a new status or progress."""

    type: ClassVar[Literal["render_progress"]] = "render_progress"
    render: Render


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """`sent` of `total` bytes were uploaded."""

    type: ClassVar[Literal["upload_progress"]] = "upload_progress"
    sent: int
    total: int


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """`received` of `total` bytes of the file were downloaded."""

    type: ClassVar[Literal["download_progress"]] = "download_progress"
    received: int
    total: int


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The stream was lost; the session's state is being watched for the result."""

    type: ClassVar[Literal["reconnecting"]] = "reconnecting"
    reason: str
    elapsed: float
    """Seconds since the message was sent."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the SDK itself says before a long step of `project.ask`, in the message's language."""

    type: ClassVar[Literal["notice"]] = "notice"
    text: str


@dataclass(frozen=True, slots=True)
class JobEvent:
    """An event of one job of a batch, for the `on_event` of `client.batch`."""

    type: ClassVar[Literal["job_event"]] = "job_event"
    key: str
    """The job's key in its batch."""
    index: int
    """The job's place in the batch, from 0."""
    event: Event
    """What happened."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that this version does not know, as the service sent it."""

    type: ClassVar[Literal["unknown"]] = "unknown"
    raw: object = None


_set_text = cast("Callable[[Text, str], None]", Text.__dict__["text"].__set__)
_set_raw = cast("Callable[[Text, str], None]", Text.__dict__["raw"].__set__)


def build_texts(pieces: Iterable[str]) -> list[Event]:
    """Return a `Text` of each of the pieces, without `__init__`, which takes half the time."""
    made: list[Event] = []
    for piece in pieces:
        text = object.__new__(Text)
        _set_text(text, piece)
        _set_raw(text, piece)
        made.append(text)
    return made


Event: TypeAlias = (
    SessionStarted
    | Text
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


def __dir__() -> list[str]:
    return __all__
