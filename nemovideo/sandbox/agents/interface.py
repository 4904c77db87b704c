"""The interface between the service and an agent: what it is given, and the turn it returns."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias

from nemovideo.sandbox.agents.draft_editor import DraftEditor
from nemovideo.sandbox.agents.steps import Say, Step
from nemovideo.sandbox.agents.uploads import Upload
from nemovideo.sandbox.draft import VIDEO, Json, meta, segments


@dataclass(frozen=True)
class Message:
    """A message of the user; `str(message)` is its text.

    Args:
        text: what the user wrote.
        uploads: the files that were uploaded since the message before it.
    """

    text: str
    uploads: tuple[Upload, ...] = ()

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class AgentSession:
    """What an agent knows about a session when a message arrives.

    Args:
        draft: an editor of a copy of the session's draft; it is empty before there is one.
        history: the drafts before it, oldest first, for undo.
        uploads: all files of the session, in the order they came.
        turn: how many messages the session had before this one.
        seed: makes every choice repeatable: see `Sandbox`.
        language: the session's language such as "en" or "zh-CN", None if it was not given.
        conversation: the messages before this one, each with what the agent said.
        changed: the message before this one changed the draft, and was no undo.
    """

    draft: DraftEditor
    history: tuple[Json, ...] = ()
    uploads: tuple[Upload, ...] = ()
    turn: int = 0
    seed: int = 0
    language: str | None = None
    conversation: tuple[tuple[str, str], ...] = ()
    changed: bool = False


@dataclass(frozen=True)
class AgentBehavior:
    """How often the rule agent behaves in each of its ways, every one between 0 and 1.

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


def kind_of_change(before: Json | None, after: Json | None) -> TurnKind:
    """Return what a turn is that changes one draft into another."""
    if after is None or after == before:
        return TurnKind.ANSWER
    new = _generated(after) - _generated(before or {})
    return TurnKind.GENERATE if new else TurnKind.EDIT


def _generated(draft: Json) -> set[str]:
    nodes = [item.node for item in segments(draft, VIDEO)]
    made = [node for node in nodes if meta(node).get("kind") == "generated"]
    return {f"{node.get('id')} {meta(node).get('prompt')}" for node in made}


@dataclass(frozen=True)
class ScriptedTurn:
    """One turn of the agent that is known as a whole before it runs, and so is its price.

    Args:
        kind: what the message was.
        steps: what happens, in order; each `EditDraft` has the whole new draft.
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
        return " ".join(step.text for step in self.steps if isinstance(step, Say))


@dataclass(frozen=True)
class LiveTurn:
    """One turn of an agent whose steps run while it makes them; its edits decide the price.

    Args:
        steps: what happens, in order; each `EditDraft` has the whole new draft.
    """

    steps: AsyncGenerator[Step]


Turn: TypeAlias = ScriptedTurn | LiveTurn


class AgentError(Exception):
    """An agent cannot answer: it is used wrongly, or it raised an error."""


class Agent(Protocol):
    """Responds to the messages of every session; it is called on the server's event loop."""

    def respond(self, message: Message, session: AgentSession) -> Turn | Awaitable[Turn]:
        """Return the turn for a message; the service then runs its steps.

        Raises:
            AgentError: There is no turn; the text says why, and what the user can do.
        """
        ...
