"""The base class of what the service sends: unknown fields are kept, printing is short."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from nemovideo._display import NotebookRepr


class Model(BaseModel, NotebookRepr):
    """A value that the service sent: frozen, with every field, known or not."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="allow", frozen=True, populate_by_name=True, protected_namespaces=()
    )

    _repr_fields: ClassVar[tuple[str, ...]] = ()
    """The fields that `repr` shows; all known ones if empty."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, unknown fields included."""
        return self.model_dump(mode="json")

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the same as a JSON text.

        Args:
            indent: spaces for each level; None for one line.
        """
        return self.model_dump_json(indent=indent)

    def repr_fields(self) -> dict[str, object]:
        """Return the fields that are shown: no secrets, no signed URLs, no long text."""
        names = self._repr_fields or tuple(type(self).model_fields)
        shown = {name: getattr(self, name) for name in names}
        return {name: value for name, value in shown.items() if value is not None}

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in self.repr_fields().items())
        return f"{type(self).__name__}({inner})"

    __str__ = __repr__


_EPOCH = re.compile(r"\d{9,14}(\.\d+)?")
"""An epoch time in quotes; a date has at most eight digits in a row."""

_MILLISECONDS_FROM = 10**11  # as seconds that is the year 5138; as milliseconds, 1973


def read_time(value: object) -> object:
    """Return a time, given as ISO 8601 or epoch, in seconds or milliseconds; None if unreadable."""
    if isinstance(value, str) and _EPOCH.fullmatch(value):
        value = float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            seconds = value / 1000 if value >= _MILLISECONDS_FROM else value
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            return None
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return value if isinstance(value, datetime) else None
