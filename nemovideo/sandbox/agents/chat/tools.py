"""The instructions of the rule agent as tools of a chat model: their schema, and reading calls."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from nemovideo.sandbox.agents.rule_agent.instructions import (
    Answer,
    ClipSelector,
    Instruction,
    Montage,
    Place,
    Shot,
)
from nemovideo.sandbox.agents.rule_agent.reading.picture import read_shot
from nemovideo.sandbox.agents.rule_agent.words.phrases import lower, tokenize
from nemovideo.sandbox.agents.rule_agent.words.sounds import Sound, find_sound
from nemovideo.sandbox.agents.rule_agent.words.visual_style import VisualStyle, find_visual_style
from nemovideo.sandbox.draft import Json

Schema: TypeAlias = dict[str, object]

_SPOKEN: Final[dict[object, str]] = {
    VisualStyle: "time of day, weather, camera and style in words: snow at night, watercolor",
    Sound: "mood, instrument and tempo in words: calm piano at 80 bpm",
}
"""What is not filled in field by field, but read from words as the rule agent reads them."""

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "orientation": ("wide", "vertical", "square"),
    "position": ("top", "center", "bottom", "lower_third"),
    "size": ("small", "medium", "large"),
    "fit": ("contain", "cover"),
    "where": ("end", "start", "at", "before", "after", "replace", "only", "overlay"),
}
_KINDS: Final[dict[type, tuple[str, ...]]] = {
    ClipSelector: ("generated", "clip", "image"),
    Place: ("video", "image", "audio", "visual"),
    Montage: ("video", "image", "audio", "visual"),
}
_RANGES: Final[dict[str, tuple[float, float]]] = {
    "factor": (0.05, 20),
    "volume": (0, 4),
    "level": (0, 4),
    "share": (0.01, 1),
    "plays": (1, 50),
    "count": (1, 100),
    "fps": (1, 60),
    "length": (1, 3_600_000),
    "total": (1, 3_600_000),
    "fill": (1, 3_600_000),
}
_WIDEST: Final = (-3_600_000, 3_600_000)
_HIDDEN: Final = frozenset({"hint"})
_MOST_ITEMS, _MOST_CHARS = 50, 2000
_COLOR: Final = re.compile("#[0-9a-fA-F]{6}")

INSTRUCTIONS: Final[dict[str, type]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower(): kind
    for kind in cast("tuple[type, ...]", get_args(Instruction))
    if kind is not Answer
}
"""The instruction of each tool."""


def tool_schemas() -> list[Json]:
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": " ".join((kind.__doc__ or "").split()),
                "parameters": _object_schema(kind),
            },
        }
        for name, kind in INSTRUCTIONS.items()
    ]


def read_call(name: str, arguments: object, files: Mapping[str, str]) -> Instruction:
    """Return the instruction of a tool call.

    Raises:
        ValueError: There is no such tool, or an argument is wrong; the text says what is accepted.
    """
    kind = INSTRUCTIONS.get(name)
    if kind is None:
        raise ValueError(f"there is no tool {name[:60]!r}; there are {', '.join(INSTRUCTIONS)}")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            raise ValueError("the arguments are not JSON") from None
    return cast("Instruction", _Reader(files).read(kind, arguments, name))


def _object_schema(kind: type) -> Schema:
    hints = get_type_hints(kind)
    fields = [each for each in dataclasses.fields(kind) if each.name not in _HIDDEN]
    if kind is Shot:
        fields = [each for each in fields if each.name in ("prompt", "length")]
    return {
        "type": "object",
        "properties": {each.name: _schema(hints[each.name], each.name, kind) for each in fields},
        "required": [each.name for each in fields if _is_required(each)],
        "additionalProperties": False,
    }


def _is_required(each: dataclasses.Field[object]) -> bool:
    return each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING


def _schema(hint: object, name: str, owner: type) -> Schema:
    hint = _bare(hint)
    if hint in _SPOKEN:
        return {"type": "string", "description": _SPOKEN[hint]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema(get_args(hint)[0], name, owner)}
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if hint is str and (choices := _choices(name, owner)):
        return {"type": "string", "enum": list(choices)}
    plain = {int: "integer", float: "number", bool: "boolean", str: "string"}
    if isinstance(hint, type) and hint in plain:
        return {"type": plain[hint]}
    return _object_schema(cast("type", hint))


def _bare(hint: object) -> object:
    """Return a type without `None`."""
    if get_origin(hint) in (types.UnionType, Union):  # the latter with a Literal
        return next(each for each in get_args(hint) if each is not type(None))
    return hint


def _choices(name: str, owner: type) -> tuple[str, ...]:
    return _KINDS.get(owner, ()) if name == "kind" else _CHOICES.get(name, ())


class _Reader:
    """Reads values that a model wrote."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def read(self, kind: type, value: object, where: str) -> object:
        if not isinstance(value, dict):
            raise ValueError(f"{where} is a JSON object")
        given = cast("Json", value)
        if kind is Shot:
            return self._shot(given, where)
        known = {each.name: each for each in dataclasses.fields(kind) if each.name not in _HIDDEN}
        if unknown := [name for name in given if name not in known]:
            raise ValueError(f"{where} has no {unknown[0][:60]!r}; it has {', '.join(known)}")
        missing = [n for n, each in known.items() if _is_required(each) and given.get(n) is None]
        if missing:
            raise ValueError(f"{where} needs {', '.join(missing)}")
        hints = get_type_hints(kind)
        read = {
            name: self._value(hints[name], each, f"{where}.{name}", name, kind)
            for name, each in given.items()
            if each is not None
        }
        return kind(**read)

    def _shot(self, given: Json, where: str) -> Shot:
        prompt = self._text(given.get("prompt"), f"{where}.prompt")
        length = given.get("length")
        shot = read_shot(
            tokenize(prompt),
            length=None
            if length is None
            else int(self._number(length, f"{where}.length", "length")),
        )
        if shot is None:
            raise ValueError(f"{where}.prompt says what the picture shows")
        return shot

    def _value(self, hint: object, value: object, where: str, name: str, owner: type) -> object:
        hint = _bare(hint)
        if get_origin(hint) is tuple:
            return self._items(get_args(hint)[0], value, where, name, owner)
        if hint is VisualStyle:
            return find_visual_style(lower(self._text(value, where)))
        if hint is Sound:
            return find_sound(lower(self._text(value, where)))
        if hint is bool:
            if not isinstance(value, bool):
                raise ValueError(f"{where} is true or false")
            return value
        if hint is int or hint is float:
            number = self._number(value, where, name)
            return round(number) if hint is int else number
        if hint is str or get_origin(hint) is Literal:
            text = self._text(value, where)
            choices = get_args(hint) if get_origin(hint) is Literal else _choices(name, owner)
            if choices and text not in choices:
                raise ValueError(f"{where} is one of {', '.join(map(str, choices))}")
            if name == "color" and not _COLOR.fullmatch(text):
                raise ValueError(f"{where} is a colour such as #ff8800")
            return text
        return self.read(cast("type", hint), value, where)

    def _items(
        self, hint: object, value: object, where: str, name: str, owner: type
    ) -> tuple[object, ...]:
        if not isinstance(value, list) or len(cast("Sequence[object]", value)) > _MOST_ITEMS:
            raise ValueError(f"{where} is a list of at most {_MOST_ITEMS}")
        items = cast("list[object]", value)
        if name == "files":
            return tuple(self._file(each, where) for each in items)
        return tuple(self._value(hint, each, where, name, owner) for each in items)

    def _file(self, value: object, where: str) -> str:
        found = self._files.get(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f"{where} are of {', '.join(self._files) or 'no uploads'}")
        return found

    def _text(self, value: object, where: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{where} is a text that is not empty")
        return value.strip()[:_MOST_CHARS]

    def _number(self, value: object, where: str, name: str) -> float:
        low, high = _RANGES.get(name, _WIDEST)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(cast("float", value)):
            raise ValueError(f"{where} is a number")
        if not low <= cast("float", value) <= high:
            raise ValueError(f"{where} is between {low:g} and {high:g}")
        return cast("float", value)
