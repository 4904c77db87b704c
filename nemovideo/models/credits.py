"""The balance."""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from typing import Any, cast

from pydantic import model_validator

from nemovideo.models.base import Model


class Credits(Model):
    """How many credits there are (wire-contract section 4): numbers as the service sent them."""

    available: int | float = 0
    """What can be spent now."""
    frozen: int | float = 0
    """What is reserved for operations in progress."""
    total: int | float = 0
    """Both together."""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: Any) -> Any:
        """Work out from the other numbers what the service left out."""
        if not isinstance(data, dict):
            return data
        found = cast("dict[str, object]", data)
        available, total = read_amount(found.get("available")), read_amount(found.get("total"))
        frozen = read_amount(found.get("frozen")) or 0
        granted = read_amount(found.get("total_granted"))
        if total is None and available is None and granted is not None:
            total = granted - (read_amount(found.get("total_consumed")) or 0)
        if available is None:
            available = 0 if total is None else max(0, total - frozen)
        if total is None:
            total = available + frozen
        return {**found, "available": available, "frozen": frozen, "total": total}


def read_amount(value: object) -> int | float | None:
    """Read a number of credits, which the service may put in quotes; a whole one stays whole."""
    if isinstance(value, str):
        value = _read_text(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or isfinite(value) else None


def _read_text(text: str) -> int | float | None:
    for read in (int, float):
        with suppress(ValueError):
            return read(text)
    return None
