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
    """Return the readable view of a draft; what cannot be read is left out, never refused.

    Args:
        raw: the draft as it came.
    """
    found = DRAFT.read(raw)
    duration = found.get(fields.DURATION)
    nodes = as_objects(raw.get("t"))
    tracks = tuple(_parse_track(node, duration) for node in nodes)
    width, height = found.get(fields.WIDTH), found.get(fields.HEIGHT)
    return Timeline(
        tracks,
        duration or max((track.end_ms for track in tracks), default=0),
        found.get(fields.NAME) or "",
        None if width is None else round(width),
        None if height is None else round(height),
        found.get(fields.FPS),
        _without(raw, "t"),
    )


def _without(node: Json, key: str) -> Json:
    # A list under the key is told by the view; anything else stays, so that no change is missed.
    kept = not isinstance(node.get(key, []), list)
    return {name: value for name, value in node.items() if kept or name != key}


def _parse_track(node: Json, whole_ms: int | None) -> Track:
    found = TRACK.read(node)
    number = found.get(fields.TYPE)
    kind = _KINDS.get(number, "unknown")
    nodes = as_objects(node.get("sg"))
    until_ms = found.get(fields.DURATION) or whole_ms or 0
    return Track(
        kind,
        number,
        _parse_segments(nodes, kind, until_ms),
        found.get(fields.NAME) or "",
        _volume(found),
        found.get(fields.ID),
        _without(node, "sg"),
    )


def _parse_segments(nodes: list[Json], kind: TrackKind, until_ms: int) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    end = 0
    read, ahead = tee(map(SEGMENT.read, nodes))
    later = chain(islice(ahead, 1, None), (None,))
    for node, found, following in zip(nodes, read, later, strict=False):
        stated = found.get(fields.START)
        start = end if stated is None else stated
        duration = found.get(fields.DURATION)
        if duration is None:
            bound = until_ms if following is None else following.get(fields.START)
            duration = _missing_duration(found, start, bound)
        end = start + duration
        segments.append(_parse_segment(node, found, kind, start, duration))
    return tuple(segments)


def _missing_duration(found: Values, start: int, following: int | None) -> int:
    """Return how long a segment lasts that does not say so: to its end, or to what comes next."""
    stated = found.get(fields.END)
    end = following if stated is None else stated
    return max(0, (end or 0) - start)


def _volume(found: Values) -> float | None:
    return 0.0 if found.get(fields.MUTED) else found.get(fields.VOLUME)


def _parse_segment(
    node: Json, found: Values, kind: TrackKind, start_ms: int, duration_ms: int
) -> Segment:
    get = found.get
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
        _volume(found),
        source,
        get(fields.ID),
        prompt,
        get(fields.SOURCE_START),
        get(fields.SPEED),
        node,
    )


def _file_name(source: str | None) -> str:
    """Return the last part of an address, without the query, which may be a signature."""
    if not source:
        return ""
    return source.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
