"""What a running turn brings forth, in words that belong to neither payload shape."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from nemovideo.sandbox.storage.records import Json


@dataclass(frozen=True)
class TextDelta:
    """A piece of what the agent says."""

    text: str


@dataclass(frozen=True)
class TextDone:
    """The end of one thing said, with all of it."""

    text: str


@dataclass(frozen=True)
class Thought:
    """The agent's reasoning; not for the user."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A tool is called."""

    call_id: str
    name: str
    args: Json


@dataclass(frozen=True)
class ToolResult:
    """A tool has answered."""

    call_id: str
    name: str
    result: Json


@dataclass(frozen=True)
class DraftUpdated:
    """The draft stands like this from now on."""

    draft: Json


@dataclass(frozen=True)
class Heartbeat:
    """Still working; `number` counts them."""

    number: int


@dataclass(frozen=True)
class TurnFailed:
    """The agent broke down."""

    message: str
    code: int | None = None


@dataclass(frozen=True)
class TurnEnded:
    """The turn is over."""


TurnEvent = (
    TextDelta
    | TextDone
    | Thought
    | ToolCall
    | ToolResult
    | DraftUpdated
    | Heartbeat
    | TurnFailed
    | TurnEnded
)


@dataclass(frozen=True)
class LoggedEvent:
    """A event, and the number of the agent's step that it belongs to."""

    step: int
    event: TurnEvent


class TurnLog:
    """A turn as it happens: the agent adds, any number of streams read along from the start."""

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        self._events: list[LoggedEvent] = []
        self._more = asyncio.Event()

    def add(self, step: int, event: TurnEvent) -> None:
        """Let one more thing happen."""
        self._events.append(LoggedEvent(step, event))
        more, self._more = self._more, asyncio.Event()
        more.set()

    async def follow(self) -> AsyncIterator[LoggedEvent]:
        """Everything that has happened and will, up to and with `TurnEnded`."""
        position = 0
        while True:
            while position < len(self._events):
                logged = self._events[position]
                position += 1
                yield logged
                if isinstance(logged.event, TurnEnded):
                    return
            await self._more.wait()
