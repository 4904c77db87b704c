"""The agent's answer as a person should read it, while it arrives."""

from __future__ import annotations

import re
from typing import Final

from anyio.lowlevel import checkpoint

from nemovideo.events import Event, Heartbeat, Text
from nemovideo.language.text_buffer import TextBuffer
from nemovideo.language.ui_filter import UIInstructionFilter

_PIECE: Final = 500
"""So many characters are filtered at a time: a long answer in one event must not block the loop."""

# Of a word, so no number or list, and not the first of several dots.
_SENTENCE_END: Final = re.compile(r"[^\W\d_][.!?…。！？]\s*\Z")


class ReadableText:
    """Replaces the screen instructions in the text of a turn's events."""

    def __init__(self) -> None:
        self._text = TextBuffer()
        self._filter = UIInstructionFilter()
        self._is_answering = False
        self._raw = ""  # Arrived since the last event.

    @property
    def text(self) -> str:
        """What a person has read so far."""
        return str(self._text)

    async def rewrite(self, events: list[Event]) -> list[Event]:
        """Return the events with readable text; none for text of which nothing can be shown yet.

        The first words always make an event, if only a `Heartbeat`: the agent is answering.
        """
        readable: list[Event] = []
        for event in events:
            if isinstance(event, Text):
                readable += await self._rewrite(event.text)
            else:
                # The agent may be at work for minutes now.
                shown = self._filter.pause() if self._raw else ""
                readable += [self._event(shown), event] if shown else [event]
        return readable

    def finish(self) -> list[Event]:
        rest = self._filter.finish()
        return [self._event(rest)] if rest or self._raw else []

    async def _rewrite(self, raw: str) -> list[Event]:
        is_first, self._is_answering = not self._is_answering, self._is_answering or bool(raw)
        self._raw += raw
        shown = self._filter.feed(raw[:_PIECE])
        for start in range(_PIECE, len(raw), _PIECE):
            await checkpoint()
            shown += self._filter.feed(raw[start : start + _PIECE])
        if _SENTENCE_END.search(raw):
            shown += self._filter.pause()
        if not shown:
            return [Heartbeat()] if is_first else []
        return [self._event(shown)]

    def _event(self, shown: str) -> Event:
        self._text.add((shown,))
        event, self._raw = Text(shown, self._raw), ""
        return event
