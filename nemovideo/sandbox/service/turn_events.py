"""The events of a running turn, independent of the payload shape, and their log."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from nemovideo.sandbox.storage.records import Json


@dataclass(frozen=True)
class TextDelta:
    """A part of a text."""

    text: str


@dataclass(frozen=True)
class TextDone:
    """The end of a text, with the whole of it."""

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
    """A tool returned its result."""

    call_id: str
    name: str
    result: Json


@dataclass(frozen=True)
class DraftUpdated:
    """The session has a new draft."""

    draft: Json


@dataclass(frozen=True)
class Heartbeat:
    """The agent is still working; `number` counts the heartbeats of a turn."""

    number: int


@dataclass(frozen=True)
class TurnFailed:
    """The agent failed."""

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


class TurnLog:
    """The events of one turn, each with the number of the agent's step that it belongs to."""

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        self._events: list[tuple[int, TurnEvent]] = []
        self._changed = asyncio.Event()

    def add(self, step: int, event: TurnEvent) -> None:
        self._events.append((step, event))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    @property
    def has_output(self) -> bool:
        """Whether there is an event that every payload shape sends."""
        return any(isinstance(event, TextDelta | ToolCall | Heartbeat) for _, event in self._events)

    async def follow(self) -> AsyncIterator[tuple[int, TurnEvent]]:
        """Yield every event, past and future, up to `TurnEnded`; any number may follow at once."""
        position = 0
        while True:
            while position < len(self._events):
                step, event = self._events[position]
                position += 1
                yield step, event
                if isinstance(event, TurnEnded):
                    return
            await self._changed.wait()
