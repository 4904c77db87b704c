"""Splits the agent's streamed text into lines."""

from __future__ import annotations

from nemovideo.language.ui_filter import UIInstructionFilter
from nemovideo.security.printable_text import printable


class LineBuffer:
    """Splits streamed text into lines, with UI instructions replaced by what works here.

    Args:
        language: Of the replacements; None detects it from the text.
    """

    def __init__(self, language: str | None = None) -> None:
        self._wording = UIInstructionFilter(language)
        self._tail = ""

    @property
    def tail(self) -> str:
        """The incomplete last line."""
        return printable(self._tail)

    def feed(self, text: str) -> list[str]:
        """Add text, and return the lines that it completes."""
        return self._split(self._wording.feed(text))

    def finish(self) -> list[str]:
        """Return the remaining lines."""
        lines = self._split(self._wording.finish())
        tail, self._tail = self.tail, ""
        return [*lines, *tail.split("\n")] if tail.strip() else lines

    def _split(self, text: str) -> list[str]:
        # Only whole lines: a control sequence may arrive in two pieces.
        *lines, self._tail = (self._tail + text).split("\n")
        return [part for line in lines for part in printable(line.removesuffix("\r")).split("\n")]
