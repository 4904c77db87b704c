"""A text that grows by pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_JOINED: Final = 32
"""So many pieces are joined: a short text takes fifty bytes beside its characters."""


class TextBuffer:
    """Keeps a text that arrives in thousands of pieces in little more than its own bytes."""

    __slots__ = ("_blocks", "_pieces")

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._pieces: list[str] = []

    def add(self, pieces: Sequence[str]) -> None:
        """Append pieces."""
        self._pieces += pieces
        if len(self._pieces) > _JOINED:
            self._blocks.append("".join(self._pieces))
            self._pieces = []

    def __bool__(self) -> bool:
        return bool(self._blocks or self._pieces)

    def __str__(self) -> str:
        """Return all of it."""
        return "".join((*self._blocks, *self._pieces))
