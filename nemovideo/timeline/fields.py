"""The fields of a draft: under which keys each may stand, how they are read and compared.

The service documents five short keys (`t`, `tt`, `sg`, `d`, `m`; wire-contract section 6). The
others are not documented, so each field is looked up under every spelling listed here, first in
`m`, then next to it. `values.py` reads the values; one that cannot be read counts as absent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, cast

from nemovideo.timeline.values import (
    SOURCE_KEYS,
    Json,
    as_flag,
    as_id,
    as_ms,
    as_name,
    as_object,
    as_positive,
    as_rich_text,
    as_source,
    as_text,
    as_type,
    as_volume,
)

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, eq=False)
class Field(Generic[T]):
    """One property: how its value is read, and under which keys, the likeliest first."""

    read: Callable[[object], T | None]
    keys: tuple[str, ...]
    top_level_first: bool = False
    """Whether a key next to `m` takes precedence over one in `m`, as the service documents it."""


ID: Final = Field(as_id, ("id", "segment_id", "segmentId", "track_id", "trackId", "uid", "uuid"))
NAME: Final = Field(as_name, ("name", "title", "label", "display_name", "displayName"))
TEXT: Final = Field(as_rich_text, ("text", "content", "caption", "subtitle"))
PROMPT: Final = Field(as_text, ("prompt", "description"))
SOURCE: Final = Field(as_source, SOURCE_KEYS)
START: Final = Field(
    as_ms, ("start", "start_ms", "startMs", "start_time", "startTime", "begin", "timelineStart")
)
END: Final = Field(as_ms, ("end", "end_ms", "endMs", "end_time", "endTime"))
DURATION: Final = Field(as_ms, ("d", "duration_ms", "durationMs", "duration", "length"), True)
SOURCE_START: Final = Field(
    as_ms,
    (
        *("in", "in_ms", "inMs", "trim_start", "trimStart", "source_start", "sourceStart"),
        *("source_in", "sourceIn"),
    ),
)
SPEED: Final = Field(as_positive, ("speed", "playback_rate", "playbackRate"))
VOLUME: Final = Field(as_volume, ("volume", "vol", "volume_level", "volumeLevel"))
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
"""Keys that change each time a draft is saved and have no effect on the video."""


class FieldReader:
    """Reads the fields of one kind of node in one pass over its keys."""

    def __init__(self, *fields: Field[object]) -> None:
        self._in_meta = _ranked(fields, in_meta=True)
        self._top_level = _ranked(fields, in_meta=False)
        self.field_of: dict[str, Field[object]] = {
            key: field for field in fields for key in field.keys
        }
        """The field that a key belongs to."""

    def read(self, node: Json) -> Values:
        """Read every field of `node`: a draft, a track or a segment as the service sent it."""
        values: dict[Field[object], object] = {}
        ranks: dict[Field[object], int] = {}
        meta = node.get("m")
        if isinstance(meta, dict):
            _collect(cast("Json", meta), self._in_meta, values, ranks)
        _collect(node, self._top_level, values, ranks)
        return cast("Values", values)


class Values(Protocol):
    """The values of a node by field: a dictionary that knows the type of each field."""

    def get(self, field: Field[T], /) -> T | None:
        """Return the value of `field` under its best key, None if there is none."""


_Ranked: TypeAlias = dict[str, tuple[int, "Field[object]", Callable[[object], object | None]]]


def _ranked(fields: tuple[Field[object], ...], *, in_meta: bool) -> _Ranked:
    # No list of keys reaches 1000: the place that comes second ranks behind all of the first.
    return {
        key: (rank + (1000 if field.top_level_first == in_meta else 0), field, field.read)
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


SEGMENT: Final = FieldReader(
    *(ID, NAME, TEXT, PROMPT, SOURCE, START, END, DURATION),
    *(SOURCE_START, SPEED, VOLUME, MUTED),
)
TRACK: Final = FieldReader(ID, NAME, TYPE, DURATION, VOLUME, MUTED)
DRAFT: Final = FieldReader(ID, NAME, DURATION, WIDTH, HEIGHT, FPS)


class FieldChange(NamedTuple):
    """A property that differs: its name, and its value on both sides, None if it is absent."""

    name: str
    """Its path, without the `m` and with dots between the steps: `scene.weather`."""
    before: object
    after: object

    @property
    def key(self) -> str:
        return self.name.partition(".")[0]


_DEPTH: Final = 4
"""How many steps a path may have; deeper objects are compared as a whole."""


def diff_fields(
    before: Json, after: Json, leave_out: frozenset[str] = BOOKKEEPING
) -> list[FieldChange]:
    """Return the properties of two nodes that differ, except the keys in `leave_out`."""
    found: list[FieldChange] = []
    for key in after if before.keys() == after.keys() else {**before, **after}:
        if key in leave_out:
            continue
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if key == "m" and isinstance(old or {}, dict) and isinstance(new or {}, dict):
            found += diff_fields(cast("Json", old or {}), cast("Json", new or {}), leave_out)
        else:
            _compare(key, old, new, _DEPTH, found)
    return found


def _compare(name: str, old: object, new: object, depth: int, found: list[FieldChange]) -> None:
    before, after = as_object(old), as_object(new)
    if depth and before is old and after is new:
        for key in {**before, **after}:
            if before.get(key) != after.get(key):
                _compare(f"{name}.{key}", before.get(key), after.get(key), depth - 1, found)
    elif old != new and _normalize(old) != _normalize(new):
        found.append(FieldChange(name, old, new))


def strip(node: Json, *leave_out: str) -> dict[str, object]:
    """Return a node without what `diff_fields` ignores, and without the keys in `leave_out`."""
    stripped: dict[str, object] = {}
    for key, value in node.items():
        if key in BOOKKEEPING or key in leave_out:
            continue
        plain = strip(cast("Json", value)) if key == "m" and isinstance(value, dict) else value
        if (plain := _normalize(plain)) is not None:
            stripped[key] = plain
    return stripped


def _normalize(value: object) -> object:
    """Return JSON in which equal values look the same: whole numbers, NaN and null."""
    if isinstance(value, float):
        return None if value != value else int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_normalize(each) for each in cast("list[object]", value)]
    if isinstance(value, dict):
        items = cast("Json", value).items()
        return {key: plain for key, each in items if (plain := _normalize(each)) is not None}
    return value
