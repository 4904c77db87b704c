"""The agent's words, line by line as they come in."""

from __future__ import annotations

from nemovideo.language.ui_filter import UIInstructionFilter
from nemovideo.security.printable_text import printable


class LineBuffer:
    """Cuts a stream of words into lines, with the agent's screen talk turned into what works here.

    Args:
        language: of the sentences that stand in for screen talk; None takes the text's own.
    """

    def __init__(self, language: str | None = None) -> None:
        self._wording = UIInstructionFilter(language)
        self._rest = ""

    @property
    def tail(self) -> str:
        """The line that is still growing."""
        return printable(self._rest)

    def feed(self, text: str) -> list[str]:
        """Take in a piece of text and return the lines that it completed."""
        return self._cut(self._wording.feed(text))

    def finish(self) -> list[str]:
        """Return what is left, as the agent says no more."""
        lines = self._cut(self._wording.finish())
        rest, self._rest = self.tail, ""
        return [*lines, *rest.split("\n")] if rest.strip() else lines

    def _cut(self, text: str) -> list[str]:
        # Whole lines: what a terminal would obey may come in two pieces.
        *lines, self._rest = (self._rest + text).split("\n")
        return [part for line in lines for part in printable(line.removesuffix("\r")).split("\n")]
