"""The balance."""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from typing import Any, cast

from pydantic import model_validator

from nemovideo.models.base import Model


class Credits(Model):
    """The balance (wire-contract section 4): numbers as the service sent them."""

    available: int | float = 0
    """What can be spent now."""
    frozen: int | float = 0
    """What is reserved for operations in progress."""
    total: int | float = 0
    """Available and frozen together."""

    @property
    def spent(self) -> float:
        """How much less it is than the most that its client has read, whoever spent it."""
        most: float = vars(self).get("_most", self.total)
        return most - self.total

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: Any) -> Any:
        """Compute what the service left out from the other numbers."""
        if not isinstance(data, dict):
            return data
        found = cast("dict[str, object]", data)
        available, total = _read_amount(found.get("available")), _read_amount(found.get("total"))
        frozen = _read_amount(found.get("frozen")) or 0
        granted = _read_amount(found.get("total_granted"))
        if total is None and available is None and granted is not None:
            total = granted - (_read_amount(found.get("total_consumed")) or 0)
        if available is None:
            available = 0 if total is None else max(0, total - frozen)
        if total is None:
            total = available + frozen
        return {**found, "available": available, "frozen": frozen, "total": total}


def _read_amount(value: object) -> int | float | None:
    """Return a number of credits, given as such or in quotes, else None; an int stays an int."""
    if isinstance(value, str):
        text, value = value, None
        for read in (float, int):
            with suppress(ValueError):
                value = read(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or isfinite(value) else None
