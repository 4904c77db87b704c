"""JSON read and written in steps, so that other threads can run meanwhile.

The interpreter switches threads between two lines of Python. The JSON parser and encoder are one
call each, of half a second for a draft of a hundred thousand segments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, cast

LARGE_BYTES: Final = 2**18
"""From this size on, JSON is read in a thread and in steps, which then cost little."""

_DEPTH: Final = 5
"""Levels that are written one by one: a request, its draft, tracks, track, segments."""


def _step(value: dict[str, object]) -> dict[str, object]:
    return value  # a call of Python, at which other threads can run


STEPPING: Final = json.JSONDecoder(object_hook=_step)
"""Reads JSON in steps."""


def load_json(body: bytes) -> object:
    """Read JSON in steps."""
    return json.loads(body, object_hook=_step)


def dump_json(value: object, *, sort_keys: bool = False, ensure_ascii: bool = True) -> str:
    """Write JSON in steps, without spaces; the text is that of `json.dumps`."""
    encoder = json.JSONEncoder(
        sort_keys=sort_keys, ensure_ascii=ensure_ascii, separators=(",", ":")
    )
    pieces: list[str] = []
    _dump(value, _DEPTH, encoder, pieces)
    return "".join(pieces)


def _dump(value: object, depth: int, encoder: json.JSONEncoder, pieces: list[str]) -> None:
    if depth and value and isinstance(value, dict) and _has_names(cast("object", value)):
        named = cast("Mapping[str, object]", value)
        comma = "{"
        for key in sorted(named) if encoder.sort_keys else named:
            pieces += (comma, encoder.encode(key), ":")
            _dump(named[key], depth - 1, encoder, pieces)
            comma = ","
        pieces.append("}")
    elif depth and value and isinstance(value, list):
        comma = "["
        for each in cast("list[object]", value):
            pieces.append(comma)
            _dump(each, depth - 1, encoder, pieces)
            comma = ","
        pieces.append("]")
    else:
        pieces.append(encoder.encode(value))


def _has_names(value: object) -> bool:
    return all(isinstance(key, str) for key in cast("Mapping[object, object]", value))
