"""What is in the data of a server-sent event: JSON objects, and the two spellings of their keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, cast

from pydantic_core import from_json

from nemovideo.concurrency.stepwise_json import LARGE_BYTES, STEPPING
from nemovideo.language.surrogates import may_hold_halves, repair_escapes

Json = Mapping[str, object]
_PLAIN: Final = json.JSONDecoder()

_BETWEEN: Final = " \t\r\n,"
_MOST_REREAD: Final = 16
"""How often, on average, a character is read again after a broken line that seemed to go on.

Without a limit, many such lines take the square of their number: Python 3.12 and later read them as
one object, nested as deeply as there are lines.
"""


def read_one(text: str) -> Json | None:
    """Read a text that is one JSON object, as nearly every one is; None for anything else."""
    if len(text) < LARGE_BYTES:
        try:
            value = from_json(text, cache_strings="keys")
        except ValueError:
            pass  # it is quick, and refuses what can be read: half a character
        else:
            return cast("Json", value) if isinstance(value, dict) else None
    text = text.strip()
    try:
        value, end = _decode(text, 0)
    except (ValueError, RecursionError):
        return None
    return cast("Json", value) if end == len(text) and isinstance(value, dict) else None


def _decode(text: str, place: int) -> tuple[object, int]:
    return (_PLAIN if len(text) < LARGE_BYTES else STEPPING).raw_decode(text, place)


def read_several(text: str) -> list[tuple[Json | None, str]]:
    """Read JSON objects that follow each other, each with its source.

    Some servers and gateways put one line break where two belong, so that several events become
    one. What else stands there comes with None; it ends where a line begins with a brace.
    """
    return list(_read_several(text))


def _read_several(text: str) -> Iterator[tuple[Json | None, str]]:
    place = reread = 0
    while place < len(text):
        value: object = None
        try:
            value, end = _decode(text, place)
        except ValueError as error:
            end = text.find("\n{", place) + 1 or len(text)
            # A number with too many digits has no position.
            reread += error.pos - end if isinstance(error, json.JSONDecodeError) else 0
            if reread > _MOST_REREAD * len(text):
                end = len(text)
        except RecursionError:
            end = len(text)
        source = text[place:end].strip()
        if source:
            yield (cast("Json", value) if isinstance(value, dict) else None), source
        while end < len(text) and text[end] in _BETWEEN:
            end += 1
        place = end


def repaired(text: str, payload: Json) -> Json:
    """Return `payload`, which was read from `text`, without halves of characters."""
    return (read_one(repair_escapes(text)) or payload) if may_hold_halves(text) else payload


def either(payload: Json, camel: str, snake: str) -> object:
    """Return what stands under either spelling of a key."""
    value = payload.get(camel)
    return payload.get(snake) if value is None else value


def as_word(value: object) -> str:
    """Return a value as a text, an empty one for None."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def as_mapping(value: object) -> Json:
    """Return a JSON object, an empty one for anything else."""
    return cast("Json", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return a JSON array, an empty one for anything else."""
    return cast("list[object]", value) if isinstance(value, list) else []
