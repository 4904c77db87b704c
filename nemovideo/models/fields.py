"""Where a draft keeps what it says: the one table of spellings, and the lenient way to read them.

The service documents five short keys (`t`, `tt`, `sg`, `d`, `m`; wire-contract section 6). Where a
segment starts, what it is called, how loud it is and what it shows is not documented, so each of
these is looked up under every spelling listed here, first in `m`, then beside it. A value of the
wrong type counts as absent: a draft is read as far as it can be, and never refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, cast

from nemovideo._surrogates import repair

Json: TypeAlias = Mapping[str, object]
T = TypeVar("T", covariant=True)

LONGEST_MS: Final = 10**12
"""Some thirty years: a time or a number beyond it is not one that somebody meant."""


def as_object(value: object) -> Json:
    """Return `value` when it is a JSON object, else an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Json]:
    """Return the JSON objects in a list; nothing for anything else."""
    if not isinstance(value, list):
        return []
    return [item for item in cast("list[Json]", value) if isinstance(item, dict)]


def as_number(value: object) -> float | None:
    """Return a number from zero up, else None. True is not a number here."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= LONGEST_MS else None


def as_ms(value: object) -> int | None:
    """Return milliseconds, rounded, else None."""
    if type(value) is int and 0 <= value <= LONGEST_MS:
        return value
    number = as_number(value)
    return None if number is None else math.floor(number + 0.5)


def as_positive(value: object) -> float | None:
    """Return a number above zero, else None."""
    return as_number(value) or None


def as_text(value: object) -> str | None:
    """Return a text that is not blank, as it came but for halves of characters, else None."""
    return repair(value) if isinstance(value, str) and not value.isspace() and value else None


def as_id(value: object) -> str | None:
    """Return an id as text; the service may count or name."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if -LONGEST_MS < value <= LONGEST_MS**2 else None
    return as_text(value)


def as_flag(value: object) -> bool | None:
    """Return a truth value, else None."""
    return value if isinstance(value, bool) else None


def as_source(value: object) -> str | None:
    """Return an address or file name, given as such or inside an object."""
    if isinstance(value, dict):
        inside = as_object(cast("object", value))
        return next(filter(None, (as_text(inside.get(key)) for key in _SOURCES)), None)
    return as_text(value)


_TYPES: Final = {"video": 0, "image": 0, "audio": 1, "music": 1, "bgm": 1, "text": 7, "title": 7}


def as_type(value: object) -> int | None:
    """Return the number of a track type, given as a number or as a word."""
    if isinstance(value, str):
        return _TYPES.get(value.strip().lower())
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(frozen=True, eq=False)
class Field(Generic[T]):
    """One property: how its value is read and under which spellings, the likeliest first."""

    read: Callable[[object], T | None]
    keys: tuple[str, ...]
    beside_first: bool = False
    """Whether the key beside `m` wins over the one in `m`; so for what is documented there."""


_SOURCES: Final = (
    *("asset", "src", "url", "source", "source_url", "sourceUrl", "cdn_url", "cdnUrl"),
    *("media_url", "mediaUrl", "file", "filename", "fileName", "path"),
)

ID: Final = Field(as_id, ("id", "segment_id", "segmentId", "track_id", "trackId", "uid", "uuid"))
NAME: Final = Field(as_text, ("name", "title", "label", "display_name", "displayName"))
TEXT: Final = Field(as_text, ("text", "content", "caption", "subtitle"))
PROMPT: Final = Field(as_text, ("prompt", "description"))
SOURCE: Final = Field(as_source, _SOURCES)
START: Final = Field(
    as_ms, ("start", "start_ms", "startMs", "start_time", "startTime", "begin", "timelineStart")
)
END: Final = Field(as_ms, ("end", "end_ms", "endMs", "end_time", "endTime"))
DURATION: Final = Field(as_ms, ("d", "duration_ms", "durationMs", "duration", "length"), True)
SOURCE_START: Final = Field(
    as_ms, ("in", "in_ms", "inMs", "trim_start", "trimStart", "source_start", "sourceStart")
)
SPEED: Final = Field(as_positive, ("speed", "playback_rate", "playbackRate"))
VOLUME: Final = Field(as_number, ("volume", "vol", "volume_level", "volumeLevel"))
MUTED: Final = Field(as_flag, ("muted", "mute", "isMuted"))
TYPE: Final = Field(as_type, ("tt", "track_type", "trackType", "type"), True)
WIDTH: Final = Field(as_positive, ("width", "w"))
HEIGHT: Final = Field(as_positive, ("height", "h"))
FPS: Final = Field(as_positive, ("fps", "frame_rate", "frameRate"))

BOOKKEEPING: Final = frozenset(
    (
        *ID.keys,
        *("v", "version", "rev", "revision", "etag"),
        *("updated_at", "updatedAt", "modified_at", "modifiedAt", "saved_at", "savedAt"),
        *("created_at", "createdAt", "timestamp"),
    )
)
"""What changes each time a draft is saved and shows nowhere in the video."""


class Table:
    """The fields of one kind of node, ready to be read in one pass over its keys."""

    def __init__(self, *fields: Field[object]) -> None:
        self._inside = _ranked(fields, 1)
        self._beside = _ranked(fields, 0)
        self.field_of = {key: field for field in fields for key in field.keys}
        """Which field a spelling belongs to."""

    def read(self, node: Json) -> Found:
        """Read every field of `node`, a draft, a track or a segment as it came."""
        values: dict[Field[object], object] = {}
        ranks: dict[Field[object], int] = {}
        meta = node.get("m")
        if isinstance(meta, dict):
            _collect(cast("Json", meta), self._inside, values, ranks)
        _collect(node, self._beside, values, ranks)
        return cast("Found", values)


class Found(Protocol):
    """What a node says, by field: a dictionary that knows what type a field has."""

    def get(self, field: Field[T], /) -> T | None:
        """Return the value of `field` under its best spelling, None where there is none."""


_Ranked: TypeAlias = dict[str, tuple[int, "Field[object]", Callable[[object], object | None]]]


def _ranked(fields: tuple[Field[object], ...], inside: int) -> _Ranked:
    # The second choice of places starts where no list of spellings reaches.
    return {
        key: (rank + (0 if field.beside_first != bool(inside) else 1000), field, field.read)
        for field in fields
        for rank, key in enumerate(field.keys)
    }


def _collect(
    place: Json,
    ranked: _Ranked,
    values: dict[Field[object], object],
    ranks: dict[Field[object], int],
) -> None:
    for key, value in place.items():
        entry = ranked.get(key)
        if entry is None:
            continue
        rank, field, read = entry
        if field in ranks and ranks[field] < rank:
            continue
        if (understood := read(value)) is not None:
            values[field] = understood
            ranks[field] = rank


SEGMENT: Final = Table(
    *(ID, NAME, TEXT, PROMPT, SOURCE, START, END, DURATION),
    *(SOURCE_START, SPEED, VOLUME, MUTED),
)
TRACK: Final = Table(ID, NAME, TYPE, DURATION, VOLUME, MUTED)
DRAFT: Final = Table(ID, NAME, DURATION, WIDTH, HEIGHT, FPS)


class FieldChange(NamedTuple):
    """A property that differs: its name and its value on both sides, None where it is absent."""

    name: str
    """The path to it, without the `m` and with dots between the steps: `scene.weather`."""
    before: object
    after: object

    @property
    def key(self) -> str:
        """The first step of the path."""
        return self.name.partition(".")[0]


_DEPTH: Final = 4
"""How far a name leads into nested objects; what lies deeper is told as a whole."""


def differences(
    before: Json, after: Json, leave_out: frozenset[str] = BOOKKEEPING
) -> list[FieldChange]:
    """Return the properties in which two nodes differ, bookkeeping aside.

    Args:
        before: a draft, a track or a segment.
        after: the same one later.
        leave_out: the keys that do not count, on the node and in its `m`.
    """
    found: list[FieldChange] = []
    for key in after if before.keys() == after.keys() else {**before, **after}:
        if key in leave_out:
            continue
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if key == "m" and isinstance(old or {}, dict) and isinstance(new or {}, dict):
            found += differences(cast("Json", old or {}), cast("Json", new or {}), leave_out)
        else:
            _compare(key, old, new, _DEPTH, found)
    return found


def _compare(name: str, old: object, new: object, depth: int, found: list[FieldChange]) -> None:
    if isinstance(old, dict) and isinstance(new, dict) and depth:
        inside, beside = as_object(cast("object", old)), as_object(cast("object", new))
        for key in {**inside, **beside}:
            if inside.get(key) != beside.get(key):
                _compare(f"{name}.{key}", inside.get(key), beside.get(key), depth - 1, found)
    elif not _same(old, new):
        found.append(FieldChange(name, old, new))


def _same(old: object, new: object) -> bool:
    """Compare JSON as `==` does, but two numbers that are none (NaN) are the same."""
    pairs = [(old, new)]
    while pairs:
        one, other = pairs.pop()
        if one == other:
            continue
        if isinstance(one, list) and isinstance(other, list):
            left, right = cast("list[object]", one), cast("list[object]", other)
            if len(left) != len(right):
                return False
            pairs += zip(left, right, strict=True)
        elif isinstance(one, dict) and isinstance(other, dict):
            here, there = cast("Json", one), cast("Json", other)
            pairs += [(here.get(key), there.get(key)) for key in {**here, **there}]
        elif one == one or other == other:  # Only NaN differs from itself.
            return False
    return True


def strip(node: Json, *leave_out: str) -> dict[str, object]:
    """Return a node without what `differences` passes over.

    Args:
        node: a draft, a track or a segment.
        leave_out: more keys to leave out.
    """
    stripped: dict[str, object] = {}
    for key, value in node.items():
        if key in BOOKKEEPING or key in leave_out:
            continue
        plain = strip(cast("Json", value)) if key == "m" and isinstance(value, dict) else value
        if (plain := _plain(plain)) is not None:
            stripped[key] = plain
    return stripped


def _plain(value: object) -> object:
    """Return one value for all that `_same` takes for the same."""
    if isinstance(value, float):
        return None if value != value else int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_plain(each) for each in cast("list[object]", value)]
    if isinstance(value, dict):
        items = cast("Json", value).items()
        return {key: plain for key, each in items if (plain := _plain(each)) is not None}
    return value
