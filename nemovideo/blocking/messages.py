"""Streams of events, for programs without async."""

from __future__ import annotations

from collections.abc import Iterator

from nemovideo.blocking.iterators import SyncIteration, SyncIterator
from nemovideo.blocking.portal import Portal
from nemovideo.events import Event
from nemovideo.models.turn import Turn
from nemovideo.resources import messages


class MessageStream(SyncIteration[Event]):
    """The events of one message, as they come."""

    def __init__(self, portal: Portal, stream: messages.MessageStream) -> None:
        super().__init__(portal, stream)
        self._stream = stream

    @property
    def text(self) -> str:
        """What the agent has said so far."""
        return self._stream.text

    @property
    def ended(self) -> bool:
        """Whether all that the agent has to say has been given."""
        return self._stream.ended

    @property
    def text_stream(self) -> Iterator[str]:
        """The agent's words alone, as they come."""
        return SyncIterator(self._portal, self._stream.text_stream)

    def final_turn(self) -> Turn:
        """Read the stream to its end and return what came of it, the new timeline included.

        Its `changes` are those of a draft that the agent sent along; without one there are none,
        as the session is not read before the message. `project.send` reads it and has them all.

        Raises:
            StreamInterruptedError: the stream broke, or it was left before its end.
            AgentError: the agent reports an error.
        """
        return self._portal.run(self._stream.final_turn)
