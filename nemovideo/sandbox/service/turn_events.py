"""What a running turn brings forth, in words that belong to neither payload shape."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from nemovideo.sandbox.storage.records import Json


@dataclass(frozen=True)
class Chunk:
    """A piece of what the agent says."""

    text: str


@dataclass(frozen=True)
class Spoken:
    """The end of one thing said, with all of it."""

    text: str


@dataclass(frozen=True)
class Thought:
    """The agent's reasoning; not for the user."""

    text: str


@dataclass(frozen=True)
class Called:
    """A tool is called."""

    call_id: str
    name: str
    args: Json


@dataclass(frozen=True)
class Returned:
    """A tool has answered."""

    call_id: str
    name: str
    result: Json


@dataclass(frozen=True)
class Redrawn:
    """The draft stands like this from now on."""

    draft: Json


@dataclass(frozen=True)
class Beat:
    """Still working; `number` counts them."""

    number: int


@dataclass(frozen=True)
class Failed:
    """The agent broke down."""

    message: str
    code: int | None = None


@dataclass(frozen=True)
class Ended:
    """The turn is over."""


Moment = Chunk | Spoken | Thought | Called | Returned | Redrawn | Beat | Failed | Ended


@dataclass(frozen=True)
class Placed:
    """A moment, and the number of the agent's step that it belongs to."""

    step: int
    moment: Moment


class Turn:
    """A turn as it happens: the agent adds, any number of streams read along from the start."""

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        self._moments: list[Placed] = []
        self._more = asyncio.Event()

    def add(self, step: int, moment: Moment) -> None:
        """Let one more thing happen."""
        self._moments.append(Placed(step, moment))
        more, self._more = self._more, asyncio.Event()
        more.set()

    async def follow(self) -> AsyncIterator[Placed]:
        """Everything that has happened and will, up to and with `Ended`."""
        position = 0
        while True:
            while position < len(self._moments):
                placed = self._moments[position]
                position += 1
                yield placed
                if isinstance(placed.moment, Ended):
                    return
            await self._more.wait()
