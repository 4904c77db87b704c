"""Breaks lines for a terminal, which alone would break them inside words and commands."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.timeline.wording import display_width

_OPENING: Final = "（“‘「『《"
_CLOSING: Final = "，。；：！？、）”’」』》…"
_COMMAND: Final = r"nemovideo(?: [\w./:=~@-]*[\w/=~])+"
_PIECE: Final = re.compile(
    rf"\s+|[{_OPENING}]*(?:(?a:{_COMMAND})|`[^`]*`|[^\s\u1100-\uffff]+|.)[{_CLOSING}]*"
)
"""What stays whole: a command, a word of Latin letters, a Chinese letter with its punctuation."""


def wrap(text: str, width: int) -> str:
    """Return a text with its lines broken at `width` columns.

    What is longer than a line stays whole, so that it can be copied.
    """
    return "\n".join(_wrap_line(line, width) for line in text.split("\n"))


def _wrap_line(line: str, width: int) -> str:
    if display_width(line) <= width:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    lines, current, gap = list[str](), indent, ""
    for piece in _PIECE.findall(line[len(indent) :]):
        if piece.isspace():
            gap = piece
        elif current.strip() and display_width(current + gap + piece) > width:
            lines.append(current)
            current, gap = indent + piece, ""
        else:
            current, gap = current + gap + piece, ""
    return "\n".join([*lines, current])
