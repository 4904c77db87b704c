"""What every result has in common: unknown fields kept, short printing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from nemovideo._display import NotebookRepr


class Model(BaseModel, NotebookRepr):
    """A value that the service sent: frozen, with every field it came with, known or not."""

    model_config = ConfigDict(
        extra="allow", frozen=True, populate_by_name=True, protected_namespaces=()
    )

    _repr_fields: ClassVar[tuple[str, ...]] = ()
    """The fields that `repr` shows; empty for all known ones."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, unknown fields included."""
        return self.model_dump(mode="json")

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the same as a JSON text."""
        return self.model_dump_json(indent=indent)

    def repr_fields(self) -> dict[str, object]:
        """Return what is shown of it: no secret, no address that may be signed, nothing long."""
        names = self._repr_fields or tuple(type(self).model_fields)
        shown = {name: getattr(self, name) for name in names}
        return {name: value for name, value in shown.items() if value is not None}

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in self.repr_fields().items())
        return f"{type(self).__name__}({inner})"

    __str__ = __repr__


_EPOCH = re.compile(r"\d{9,14}(\.\d+)?")
"""A time since 1970 in quotes: a date has no more than eight digits in a row."""

_MILLISECONDS_FROM = 10**11  # as seconds that is the year 5138; as milliseconds, 1973


def read_time(value: object) -> object:
    """Read a time as the service may write it: ISO 8601 or epoch, seconds or milliseconds."""
    if isinstance(value, str) and _EPOCH.fullmatch(value):
        value = float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value / 1000 if value >= _MILLISECONDS_FROM else value
        return _from_epoch(seconds)
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            return None
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return value if isinstance(value, datetime) else None


def _from_epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
