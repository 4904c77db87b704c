"""Figures without a floor: what a user waits for, each with its payload and its server."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, or why there is none."""

    work: str
    payload: str
    server: str
    seconds: float | None = None
    who: str = "nemovideo"
    note: str = ""
    goal: float | None = None
    """The most that it may take, in seconds."""


@contextmanager
def wall() -> Generator[Callable[[], float]]:
    """Give a function that returns the seconds since the block began, or that it took."""
    began, ended = time.perf_counter(), 0.0
    yield lambda: (ended or time.perf_counter()) - began
    ended = time.perf_counter()
