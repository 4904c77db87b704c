"""The interface between the service and an agent: what it is given, and the turn it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias

from nemovideo.sandbox.draft import Json


@dataclass(frozen=True)
class Asset:
    """A file that the user uploaded to the session.

    Args:
        name: its file name, the one a draft calls it by.
        kind: "video", "image" or "audio".
        duration: seconds, None for images and where it is not known.
        width: pixels, None where it is not known.
        height: pixels, None where it is not known.
        fps: frames a second, None where it is not known.
    """

    name: str
    kind: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None


@dataclass(frozen=True)
class Context:
    """What an agent knows about a session when a message arrives.

    Args:
        draft: the session's draft, None before there is one.
        history: the drafts before it, oldest first, for undo.
        assets: the session's uploads, in the order they came.
        turn: how many messages the session had before this one.
        seed: makes every choice repeatable; the same seed, turn and message give the same scene.
        language: the session's language such as "en" or "zh-CN", for messages that show none.
    """

    draft: Json | None = None
    history: tuple[Json, ...] = ()
    assets: tuple[Asset, ...] = ()
    turn: int = 0
    seed: int = 0
    language: str | None = None


@dataclass(frozen=True)
class AgentBehavior:
    """How often the agent behaves in each of its ways, every one between 0 and 1.

    Args:
        silent: an edit is made without a word (about 30 % at the service: wire-contract section 5).
        gui: an answer talks of buttons on a screen.
        trailing_issue: an answer ends with "I encountered a temporary issue".
        thoughts: the agent's reasoning is part of the stream.
    """

    silent: float = 0.3
    gui: float = 0.4
    trailing_issue: float = 0.1
    thoughts: float = 0.5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is a chance between 0 and 1, not {value!r}")


class TurnKind(StrEnum):
    """What a message turned out to be."""

    GENERATE = "generate"
    EDIT = "edit"
    UNDO = "undo"
    ANSWER = "answer"
    NOT_UNDERSTOOD = "not_understood"

    @property
    def charge_kind(self) -> Literal["clip", "edit", "none"]:
        """What the message costs: a generated "clip", an "edit", or "none"."""
        if self is TurnKind.GENERATE:
            return "clip"
        return "edit" if self is TurnKind.EDIT else "none"


@dataclass(frozen=True)
class SayStep:
    """The agent says something to the user; the service cuts it into chunks."""

    text: str


@dataclass(frozen=True)
class ThinkStep:
    """The agent reasons; not meant for the user."""

    text: str


@dataclass(frozen=True)
class ToolStep:
    """The agent calls a tool and gets its result."""

    name: str
    args: Json
    result: Json


@dataclass(frozen=True)
class DraftStep:
    """From this moment on the session's draft stands like this."""

    draft: Json


@dataclass(frozen=True)
class WaitStep:
    """The agent works for `seconds` at the service's own pace (wire-contract section 5)."""

    seconds: float


Step: TypeAlias = SayStep | ThinkStep | ToolStep | DraftStep | WaitStep


@dataclass(frozen=True)
class ScriptedTurn:
    """One turn of the agent, from first thought to last word.

    Args:
        kind: what the message was.
        steps: what happens, in order.
        draft: the draft at the end, None when the message changed nothing.
        undone: how many drafts an undo took back: so many fall off the end of the history, and the
            draft they replaced does not join it.
        report: one entry for every instruction, such as "music_added", for tests and logs.
    """

    kind: TurnKind
    steps: tuple[Step, ...]
    draft: Json | None = None
    undone: int = 0
    report: tuple[str, ...] = field(default=())

    @property
    def charge_kind(self) -> Literal["clip", "edit", "none"]:
        """What the turn costs: a generated "clip", an "edit", or "none"."""
        return self.kind.charge_kind

    @property
    def text(self) -> str:
        """All that the agent says in this turn, joined by spaces."""
        return " ".join(step.text for step in self.steps if isinstance(step, SayStep))


class Agent(Protocol):
    """Responds to the messages of every session; it is called on the server's event loop."""

    def respond(self, message: str, session: Context) -> ScriptedTurn:
        """Return the turn for a message; the service then runs its steps."""
        ...
