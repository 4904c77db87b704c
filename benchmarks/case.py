"""What a benchmark is: one piece of work, and those who do it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Setting:
    """What a contender is told."""

    server: str
    """The fixture server's address."""
    folder: Path
    """Where it may write, and where the file to upload is."""
    amount: int
    """How many units one round is."""
    options: Mapping[str, int] = field(default_factory=dict[str, int])
    figures: dict[str, float] = field(default_factory=dict[str, float])
    """What a round may note beside what is measured around it."""


Round: TypeAlias = Callable[[], Awaitable[int]]
"""Does one round and returns how many units it did; all contenders must return the same."""

Contender: TypeAlias = Callable[[Setting], AbstractAsyncContextManager[Round]]
"""Prepares what does not count (a client, a connection pool) and gives the round that counts."""

Metric: TypeAlias = Literal["cpu", "wall"]


@dataclass(frozen=True, slots=True)
class Case:
    """One benchmark.

    Args:
        floor: the contender whose figures are 1.0.
        ours: the goal for nemovideo, as a ratio to the floor; None where there is none.
        metric: which figure the ratio is of: CPU time where work is counted, wall time where the
            disk and threads belong to it.
        limits: further goals, by the name of the figure: "stall_ms", "peak_mib", "kib_each".
        held_up: what stands in the way of the goal, as the end of a sentence; told where it is
            missed.
        fewer_rounds: for contenders that take so long that not all rounds are worth their time;
            0 where the first one, of which memory is told, is all.
    """

    name: str
    title: str
    unit: str
    floor: str
    contenders: Mapping[str, Contender]
    amount: int
    quick_amount: int
    ours: float | None
    metric: Metric = "cpu"
    rounds: int = 9
    options: Mapping[str, int] = field(default_factory=dict[str, int])
    quick_options: Mapping[str, int] = field(default_factory=dict[str, int])
    """What is smaller in short form than in `options`."""
    limits: Mapping[str, float] = field(default_factory=dict[str, float])
    watch: bool = False
    """Watch the event loop for stalls; that costs a little, so only where stalls are at stake."""
    in_children: bool = False
    """The work is done in processes that a round starts."""
    payload: str = ""
    """What is sent, as the tables name it."""
    server: Literal["canned", "framework"] = "canned"
    obstacle: str = ""
    fewer_rounds: Mapping[str, int] = field(default_factory=dict[str, int])
