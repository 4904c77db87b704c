"""Results that pydantic, and so FastAPI, can serialise: `return video` from a route is enough.

Neither is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from nemovideo.errors import NemoVideoError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema


class JSONResult:
    """A result that serialises as `to_dict`."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {name: to_plain(value) for name, value in vars(self).items()}

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Iterate over names and values, as pydantic's models: `dict(result)` is JSON."""
        return iter(self.to_dict().items())

    @property
    def __pydantic_serializer__(self) -> object:
        # Used for a value without a declared type, as in `-> dict[str, Any]`.
        return _serializer_of(type(self))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema  # loaded, as pydantic asks for this

        written = core_schema.plain_serializer_function_ser_schema(cls.to_dict)
        if (parse := cls._parser()) is None:
            return core_schema.is_instance_schema(cls, serialization=written)
        return core_schema.no_info_plain_validator_function(parse, serialization=written)

    @classmethod
    def _parser(cls) -> Callable[[object], object] | None:
        """Return the function that reads one from JSON, or None."""
        return None

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "object", "title": cls.__name__}


_serializers: dict[type, object] = {}


def _serializer_of(cls: type) -> object:
    if cls not in _serializers:
        from pydantic import TypeAdapter  # loaded, as pydantic asks for this

        _serializers[cls] = TypeAdapter(cls).serializer
    return _serializers[cls]


def to_plain(value: object) -> Any:
    if isinstance(value, tuple):
        return [to_plain(each) for each in cast("tuple[object, ...]", value)]
    if isinstance(value, NemoVideoError):
        return {"error": type(value).__name__, "message": value.message, "hint": value.hint}
    return cast("Any", value).to_dict() if hasattr(value, "to_dict") else value
