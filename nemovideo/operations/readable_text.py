"""The agent's answer as a person should read it, while it arrives."""

from __future__ import annotations

from nemovideo.events import Event, Text
from nemovideo.language.ui_filter import UIInstructionFilter


class ReadableText:
    """Replaces the screen instructions in the text of a turn's events."""

    def __init__(self) -> None:
        self.text: str = ""
        """What a person has read so far."""
        self._filter = UIInstructionFilter()
        self._raw = ""  # Arrived since the last event.

    def rewrite(self, events: list[Event]) -> list[Event]:
        """Return the events with readable text; none for text of which nothing can be shown yet."""
        return [
            readable
            for event in events
            for readable in (self._rewrite(event.text) if isinstance(event, Text) else [event])
        ]

    def finish(self) -> list[Event]:
        """Return the rest, at the end of the answer."""
        rest = self._filter.finish()
        return [self._event(rest)] if rest or self._raw else []

    def _rewrite(self, raw: str) -> list[Event]:
        self._raw += raw
        shown = self._filter.feed(raw)
        return [self._event(shown)] if shown else []

    def _event(self, shown: str) -> Event:
        self.text += shown
        event, self._raw = Text(shown, self._raw), ""
        return event
