"""What every result has in common: lenient reading, unknown fields kept, short printing."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value that the service sent: frozen, with every field it came with, known or not."""

    model_config = ConfigDict(
        extra="allow", frozen=True, populate_by_name=True, protected_namespaces=()
    )

    _brief: ClassVar[tuple[str, ...]] = ()
    """The fields that `repr` shows; empty for all known ones."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, unknown fields included."""
        return self.model_dump(mode="json")

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the same as a JSON text."""
        return self.model_dump_json(indent=indent)

    def __repr__(self) -> str:
        names = self._brief or tuple(type(self).model_fields)
        shown = ((name, getattr(self, name)) for name in names)
        inner = ", ".join(f"{name}={value!r}" for name, value in shown if value is not None)
        return f"{type(self).__name__}({inner})"

    __str__ = __repr__
