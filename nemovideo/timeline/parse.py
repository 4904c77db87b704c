"""From the service's JSON to a timeline (wire-contract section 6)."""

from __future__ import annotations

from itertools import chain, islice, tee
from typing import Final

from nemovideo.timeline import fields
from nemovideo.timeline.elements import Segment, Track
from nemovideo.timeline.fast_dataclass import fast_init
from nemovideo.timeline.fields import DRAFT, SEGMENT, TRACK, Values
from nemovideo.timeline.timeline import Timeline
from nemovideo.timeline.values import Json, as_objects, find_nested
from nemovideo.timeline.wording import TrackKind

_KINDS: Final[dict[int | None, TrackKind]] = {0: "video", 1: "audio", 7: "text"}
_segment: Final = fast_init(Segment)


def parse_timeline(raw: Json) -> Timeline:
    """Return the readable view of a draft; what cannot be read is left out, never an error."""
    values = DRAFT.read(raw)
    duration = values.get(fields.DURATION)
    tracks = tuple(_parse_track(node, duration) for node in as_objects(raw.get("t")))
    width, height = values.get(fields.WIDTH), values.get(fields.HEIGHT)
    return Timeline(
        tracks,
        duration or max((track.end_ms for track in tracks), default=0),
        values.get(fields.NAME) or "",
        None if width is None else round(width),
        None if height is None else round(height),
        values.get(fields.FPS),
        _without_list(raw, "t"),
    )


def _without_list(node: Json, key: str) -> Json:
    # The view has the list; anything else under the key stays, so that no change of it is missed.
    is_list = isinstance(node.get(key, []), list)
    return {name: value for name, value in node.items() if name != key or not is_list}


def _parse_track(node: Json, whole_ms: int | None) -> Track:
    values = TRACK.read(node)
    number = values.get(fields.TYPE)
    kind = _KINDS.get(number, "unknown")
    until_ms = values.get(fields.DURATION) or whole_ms or 0
    return Track(
        kind,
        number,
        _parse_segments(as_objects(node.get("sg")), kind, until_ms),
        values.get(fields.NAME) or "",
        _volume(values),
        values.get(fields.ID),
        _without_list(node, "sg"),
    )


def _parse_segments(nodes: list[Json], kind: TrackKind, until_ms: int) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    end = 0
    read, ahead = tee(map(SEGMENT.read, nodes))
    later = chain(islice(ahead, 1, None), (None,))
    for node, values, following in zip(nodes, read, later, strict=False):
        stated = values.get(fields.START)
        start = end if stated is None else stated
        duration = values.get(fields.DURATION)
        if duration is None:
            bound = until_ms if following is None else following.get(fields.START)
            duration = _missing_duration(values, start, bound)
        end = start + duration
        segments.append(_parse_segment(node, values, kind, start, duration))
    return tuple(segments)


def _missing_duration(values: Values, start: int, following: int | None) -> int:
    """Return the length of a segment that has none: to its end, or to the next segment."""
    stated = values.get(fields.END)
    end = following if stated is None else stated
    return max(0, (end or 0) - start)


def _volume(values: Values) -> float | None:
    return 0.0 if values.get(fields.MUTED) else values.get(fields.VOLUME)


def _parse_segment(
    node: Json, values: Values, kind: TrackKind, start_ms: int, duration_ms: int
) -> Segment:
    get = values.get
    name, text, source, prompt = (
        get(fields.NAME),
        get(fields.TEXT),
        get(fields.SOURCE),
        get(fields.PROMPT),
    )
    if kind == "text":
        text = text or name or find_nested(node, fields.TEXT.keys)
        name = name or text
    name = name or find_nested(node, fields.NAME.keys)
    return _segment(
        kind,
        start_ms,
        duration_ms,
        name or _file_name(source) or prompt or "",
        text,
        _volume(values),
        source,
        get(fields.ID),
        prompt,
        get(fields.SOURCE_START),
        get(fields.SPEED),
        node,
    )


def _file_name(source: str | None) -> str:
    """Return the last part of a URL, without the query, which may be a signature."""
    if not source:
        return ""
    return source.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
