"""Frozen objects by the ten thousand, for what a timeline is made of.

    segment = unguarded(Segment)
    segment("video", 0, 3000)            # as Segment("video", 0, 3000), in a third of the time

What is made so is an instance like any other, and as frozen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, fields, make_dataclass
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def unguarded(frozen: Callable[P, T]) -> Callable[P, T]:
    """Return what makes the same objects as `frozen`, without a call for each of their fields.

    A frozen dataclass has to go round its own guard to fill in a field. Here an object of the same
    slots and without a guard is filled in, and belongs to the frozen class once it is whole.

    Args:
        frozen: a dataclass with slots and without a `__post_init__`.
    """
    owner: Any = frozen  # A class whose fields and slots no checker can be told of.
    # With types to look at and a text to write for itself, the class takes half as long again.
    rows = [
        (each.name, object, field(default=each.default, default_factory=each.default_factory))
        for each in fields(owner)
    ]

    def close(blank: object) -> None:
        blank.__class__ = owner

    space = {"__post_init__": close, "__doc__": owner.__doc__}
    made = make_dataclass(
        "Blank", rows, namespace=space, slots=True, eq=False, repr=False, match_args=False
    )
    try:
        object.__new__(made).__class__ = owner
    except TypeError:  # this Python lays out the two classes differently
        return frozen
    return cast("Callable[P, T]", made)
