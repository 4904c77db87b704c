"""Splits the agent's streamed text into lines."""

from __future__ import annotations

from nemovideo.events import Text
from nemovideo.language.ui_filter import UIInstructionFilter
from nemovideo.security.printable_text import printable


class LineBuffer:
    """Splits streamed text into lines.

    Args:
        chat: Name the commands of the chat where instructions for the screen are replaced.
    """

    def __init__(self, *, chat: bool = False) -> None:
        self._filter = UIInstructionFilter(chat=True) if chat else None
        self._tail = ""

    @property
    def tail(self) -> str:
        return printable(self._tail)

    def feed(self, event: Text) -> list[str]:
        """Add text, and return the lines that it completes."""
        return self._split(event.text if self._filter is None else self._filter.feed(event.raw))

    def finish(self) -> list[str]:
        lines = self._split("" if self._filter is None else self._filter.finish())
        tail, self._tail = self.tail, ""
        return [*lines, *tail.split("\n")] if tail.strip() else lines

    def _split(self, text: str) -> list[str]:
        # Only whole lines: a control sequence may arrive in two pieces.
        *lines, self._tail = (self._tail + text).split("\n")
        return [part for line in lines for part in printable(line.removesuffix("\r")).split("\n")]
