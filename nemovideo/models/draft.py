"""The service's draft of a video, kept exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .fields import as_objects
from .reading import parse_timeline
from .timeline import Timeline

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema


class Draft:
    """A draft as the service sent it: `raw` number for number, `timeline` to read.

    Args:
        raw: the service's JSON. It is neither copied nor changed.

    Example:
        draft = Draft.parse(state["draft"])
        if draft.is_ready:
            print(draft.timeline)
    """

    __slots__ = ("_timeline", "raw")

    raw: dict[str, object]

    def __init__(self, raw: dict[str, object] | None = None) -> None:
        self.raw = {} if raw is None else raw
        self._timeline: Timeline | None = None

    @classmethod
    def parse(cls, value: object) -> Draft:
        """Return the draft in `value`; an empty one for anything that is not a JSON object."""
        if isinstance(value, Draft):
            return value
        return cls(cast("dict[str, object]", value) if isinstance(value, dict) else None)

    @property
    def is_ready(self) -> bool:
        """Whether there is a segment to export on any track (wire-contract section 6)."""
        return any(
            isinstance(track.get("sg"), list) and track["sg"]
            for track in as_objects(self.raw.get("t"))
        )

    @property
    def timeline(self) -> Timeline:
        """The readable view, made at the first look."""
        if self._timeline is None:
            self._timeline = parse_timeline(self.raw)
        return self._timeline

    def to_dict(self) -> dict[str, object]:
        """Return the service's JSON, the very same object."""
        return self.raw

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, Draft) else NotImplemented

    # Equality goes by JSON, and JSON can be changed by whoever holds it.
    __hash__ = None  # type: ignore[assignment]  # the type of `object.__hash__` forbids it

    def __bool__(self) -> bool:
        return bool(self.raw)

    def __repr__(self) -> str:
        return f"Draft({self.timeline})"

    def __reduce__(self) -> tuple[type[Draft], tuple[dict[str, object]]]:
        return (type(self), (self.raw,))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        # So that a pydantic model can have a field of this type and write it out unchanged.
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(cls.to_dict)
        )
