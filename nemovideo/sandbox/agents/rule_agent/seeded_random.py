"""Reproducible pseudo-random choices."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class SeededRandom:
    """Draws that follow from a seed, a turn and a message, and from nothing else.

    Draws are named, not counted, so that a new question never shifts the answer to an old one.
    """

    seed: int
    turn: int
    message: str = ""

    def digest(self, name: str) -> bytes:
        """Return 32 bytes that belong to `name`."""
        source = f"{self.seed}\0{self.turn}\0{self.message}\0{name}"
        return hashlib.sha256(source.encode("utf-8", "surrogatepass")).digest()

    def fraction(self, name: str) -> float:
        """Return a number from 0 up to but not 1."""
        return int.from_bytes(self.digest(name)[:6]) / 2**48

    def happens(self, name: str, probability: float) -> bool:
        return self.fraction(name) < probability

    def pick(self, name: str, options: Sequence[T]) -> T:
        return options[int(self.fraction(name) * len(options))]

    def integer(self, name: str) -> int:
        """Return a number from 0 to 2**31 - 1, as a seed for pictures and music."""
        return int.from_bytes(self.digest(name)[:4]) >> 1

    def label(self, prefix: str, name: str) -> str:
        """Return an id such as `sg_1a2b3c4d5e6f`."""
        return f"{prefix}_{self.digest(name).hex()[:12]}"
