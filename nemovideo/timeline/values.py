"""Lenient readers for the values of a draft, as the tools that write drafts differ.

Numbers may be in quotes, as protobuf writes them, and a title's text may be in an object or in JSON
within JSON, as editors of the CapCut family write it. What cannot be read counts as absent.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias, cast

from nemovideo.language.surrogates import repair

Json: TypeAlias = Mapping[str, object]

LARGEST_MS: Final = 10**12
"""Some thirty years: larger times and numbers are taken for errors."""

SOURCE_KEYS: Final = (
    *("asset", "src", "url", "source", "source_url", "sourceUrl", "cdn_url", "cdnUrl"),
    *("media_url", "mediaUrl", "file", "filename", "fileName", "path"),
)
"""The keys of a URL or file name."""

_NUMBER: Final = re.compile(r"([0-9]{1,20}(?:\.[0-9]{0,20})?(?:[eE][+-]?[0-9]{1,3})?)\s*(%|ms|s|)")
_MOST_TIMES: Final = 10
"""A volume above it is taken for a percentage."""


def as_object(value: object) -> Json:
    """Return `value` if it is a JSON object, else an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Json]:
    """Return the JSON objects in a list, or none for any other value."""
    if not isinstance(value, list):
        return []
    return [item for item in cast("list[Json]", value) if isinstance(item, dict)]


def as_number(value: object) -> float | None:
    """Return a number from zero up, else None. True is not a number here."""
    return _read_number(value, "")


def _read_number(value: object, *units: str) -> float | None:
    """Return a number; in quotes it may have one of `units`."""
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value.strip())
        if found is None or found[2] not in units:
            return None
        value = float(found[1]) * _FACTORS[found[2]]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= LARGEST_MS else None


_FACTORS: Final = {"": 1, "ms": 1, "s": 1000, "%": 1}


def as_ms(value: object) -> int | None:
    """Return milliseconds, rounded, else None; in quotes it may have a unit, `ms` or `s`."""
    if type(value) is int and 0 <= value <= LARGEST_MS:
        return value
    number = _read_number(value, "", "ms", "s")
    return None if number is None else math.floor(number + 0.5)


def as_positive(value: object) -> float | None:
    """Return a number above zero, else None."""
    return as_number(value) or None


def as_volume(value: object) -> float | None:
    """Return a volume as a fraction of 1, else None; a large one, or one with %, is in percent."""
    number = _read_number(value, "", "%")
    if number is None:
        return None
    in_percent = number > _MOST_TIMES or (isinstance(value, str) and "%" in value)
    return number / 100 if in_percent else number


def as_text(value: object) -> str | None:
    """Return a text that is not blank, without lone surrogates, else None."""
    return repair(value) if isinstance(value, str) and not value.isspace() and value else None


def as_id(value: object) -> str | None:
    """Return an id as text, else None; the service may send a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if -LARGEST_MS < value <= LARGEST_MS**2 else None
    return as_text(value)


def as_flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str | int):
        return None
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).strip().lower())


def as_source(value: object) -> str | None:
    """Return a URL or file name, given as such or inside an object, else None."""
    if isinstance(value, dict):
        inside = as_object(cast("object", value))
        return next(filter(None, (as_text(inside.get(key)) for key in SOURCE_KEYS)), None)
    return as_text(value)


_TYPES: Final = {
    **dict.fromkeys(("video", "image", "photo", "picture"), 0),
    **dict.fromkeys(("audio", "music", "bgm", "voice", "voiceover", "sound"), 1),
    **dict.fromkeys(("text", "title", "subtitle", "subtitles", "caption", "captions"), 7),
}


def as_type(value: object) -> int | None:
    """Return the number of a track type, given as a number, in quotes too, or as a word."""
    if isinstance(value, str):
        number = as_number(value)
        value = _type_of(value) if number is None else number
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    known = isinstance(value, int) and not isinstance(value, bool)
    return cast("int", value) if known and abs(cast("int", value)) <= LARGEST_MS else None


def _type_of(text: str) -> int | None:
    """Return the number for a word such as `TRACK_TYPE_VIDEO` or `video-track`."""
    words = [word for word in re.split(r"[\W_]+", text.lower()) if word not in _IGNORED_WORDS]
    return _TYPES.get(words[0]) if len(words) == 1 else None


_IGNORED_WORDS: Final = ("", "track", "type", "kind")
_TEXT_KEYS: Final = (
    *("text", "content", "plain_text", "plainText", "value", "insert", "title", "name"),
    *("words", "lines", "runs", "ops", "blocks", "children"),
)
"""The keys of the text if it is an object."""

_MAX_DEPTH: Final = 8
_MARKUP: Final = re.compile(r"(?:<[A-Za-z]+[ =][^<>]*>)+\[(.*)\](?:</[A-Za-z]+>)+", re.DOTALL)


def as_name(value: object) -> str | None:
    """Return a name, given as such or inside an object or JSON, else None."""
    if isinstance(value, dict | str):
        return as_text(_extract(cast("object", value), _MAX_DEPTH))
    return None


def as_rich_text(value: object) -> str | None:
    """Return a title's text, given as such or inside an object, a list or JSON, else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return as_id(value)  # a year
    return as_text(_extract(value, _MAX_DEPTH))


def _extract(value: object, depth: int) -> str | None:
    """Return the text in a value; None if it is of no type that has one."""
    if isinstance(value, str):
        return _extract_from_text(value, depth)
    if not depth:
        return None
    if isinstance(value, list):
        runs = [_extract(each, depth - 1) for each in cast("list[object]", value)]
        return "".join(run for run in runs if run is not None) if any(runs) else None
    inside = as_object(value)
    return _first(_extract(inside[key], depth - 1) for key in _TEXT_KEYS if key in inside)


def _extract_from_text(text: str, depth: int) -> str:
    stripped = text.strip()
    if depth and stripped.startswith(("{", "[{")):
        try:
            inner = cast("object", json.loads(stripped))
        except (ValueError, RecursionError):
            return text
        extracted = _extract(inner, depth - 1)
        return text if extracted is None else extracted
    if stripped.startswith("<") and (marked := _MARKUP.fullmatch(stripped)):
        return marked[1]
    return text


def _first(found: Iterable[str | None]) -> str | None:
    """Return the first text that is not blank, else a blank one if there is any."""
    blank = None
    for each in found:
        if each is not None:
            if each.strip():
                return each
            blank = each
    return blank


_MEDIA_KEYS: Final = frozenset(
    (
        *("material", "asset", "media", "clip", "source", "file", "content", "meta", "metadata"),
        *("info", "data", "attributes", "properties", "props"),
    )
)
"""The keys of objects about a segment's media, with its name or text."""


def find_nested(node: Json, keys: tuple[str, ...]) -> str | None:
    """Return the text under one of `keys` in the objects about a node's media, else None."""
    for place in (as_object(node.get("m")), node):
        if _MEDIA_KEYS.isdisjoint(place):
            continue
        inside = [as_object(each) for key, each in place.items() if key in _MEDIA_KEYS]
        found = _first(as_name(each.get(key)) for each in inside for key in keys)
        if found:
            return found
    return None
