"""The answer to one message, for programs without async."""

from __future__ import annotations

from collections.abc import Iterator

from nemovideo.blocking.docstrings import copy_docstrings
from nemovideo.blocking.iterators import SyncIteration, SyncIterator
from nemovideo.blocking.portal import Portal
from nemovideo.events import Event
from nemovideo.models.turn import Turn
from nemovideo.resources import messages


@copy_docstrings(messages.MessageStream)
class MessageStream(SyncIteration[Event]):
    def __init__(self, portal: Portal, stream: messages.MessageStream) -> None:
        super().__init__(portal, stream)
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.text

    @property
    def ended(self) -> bool:
        return self._stream.ended

    @property
    def text_stream(self) -> Iterator[str]:
        return SyncIterator(self._portal, self._stream.text_stream)

    def final_turn(self) -> Turn:
        return self._portal.run(self._stream.final_turn)
