"""The draft of the sandbox: what agents write and the studio reads.

The service documents five short keys only (`wire-contract` section 6): `t` tracks, `tt` track type
(0 video, 1 audio, 7 text), `sg` segments, `d` duration in milliseconds, `m` metadata. All else is
this sandbox's own dialect [assumed], and is almost entirely inside `m`:

    draft   = {"id": "draft_…", "v": 3, "d": 10000,
               "m": {"name": "…", "width": 1920, "height": 1080, "fps": 30},
               "t": [{"tt": 0, "id": "trk_…", "m": {"name": "Main"}, "sg": [segment, …]}, …]}
    segment = {"id": "sg_…", "d": 10000, "m": {…}}

The `m` of a segment; times are milliseconds, volumes a fraction of 1:

- every kind: `name`, `start`, optional `fade_in` and `fade_out` (picture from and to black, sound
  from and to silence, a text's opacity).
- video (`tt` 0): `kind` is "generated", "clip" or "image".
  - generated: `prompt`, `seed`, and `scene` with `family` (landscape, city, sea, space, animal,
    food, abstract), `subject`, `setting`, `time` (day, dawn, sunset, night), `weather` (clear,
    rain, snow, fog, cloudy), `camera` (pan_left, pan_right, zoom_in, zoom_out, still, drift) and
    `style` (free words). A subject that the family cannot draw is shown as a card with the
    prompt. `in`, where present, is the offset into the scene at which it starts. `clip_error`
    says why the last render drew the picture instead of showing the clip of a video server.
  - clip and image: `asset` (a file name the session knows), `in` (offset in the source, default
    0), `fit` ("contain" by default, or "cover"); an image may carry a `camera`.
  - `speed` (default 1.0; the source plays `speed` times as fast while `d` stays the length on the
    timeline), `volume` of the clip's own sound (default 1.0), `muted`.
  - `transition` `{"type": "crossdissolve" | "fade", "d": ms}` leads into this segment from the one
    before it on the track, during the first `d` ms of this segment, while the earlier picture goes
    on or freezes on its last frame. It does not change the length of the timeline.
- audio (`tt` 1): `kind` is "music" or "clip". Music has `style` (`mood`, `tempo` in heartbeats per
  minute, `instrument`) and `seed`; a clip has `asset`, `in`, `speed`. Both: `volume` (default 1.0).
- text (`tt` 7): `text`, `role` ("title" or "subtitle"), `position` ("lower_third", "top",
  "center", "bottom"; a title is in the lower third and a subtitle at the bottom by default),
  optional `size` ("small", "medium", "large") and `color` ("#rrggbb").

Gaps on a track are black, silent or empty. Of two video tracks the later one is drawn on top. A
`start` that is absent means "right after the segment before it on the same track". Agents
preserve fields that they do not know, and the studio ignores them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

Json: TypeAlias = dict[str, object]

VIDEO: Final = 0
AUDIO: Final = 1
TEXT: Final = 7
TRACK_NAMES: Final = {VIDEO: "Main", AUDIO: "Music", TEXT: "Text"}


@dataclass(frozen=True)
class PlacedSegment:
    """A segment (`node`, not a copy) with its position on the timeline, in milliseconds."""

    node: Json
    start: int
    length: int

    @property
    def end(self) -> int:
        """The end of the segment, in milliseconds."""
        return self.start + self.length


def as_object(value: object) -> Json:
    """Return `value` if it is a JSON object, else a new empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Json]:
    """Return the JSON objects among the items of `value`; none if it is not an array."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast(Json, item) for item in items if isinstance(item, dict)]


def as_ms(value: object, default: int = 0) -> int:
    """Return `value` as whole milliseconds, not negative; `default` if it is not a number."""
    return round(as_fraction(value, default))


def as_text(value: object) -> str:
    """Return `value` if it is a string, else an empty string."""
    return value if isinstance(value, str) else ""


def as_fraction(value: object, default: float) -> float:
    """Return `value` as a finite number, not negative; `default` if it is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return max(0.0, float(value)) if math.isfinite(value) else default


def tracks(draft: Mapping[str, object], kind: int | None = None) -> list[Json]:
    """Return the tracks of a draft, all or those of one type."""
    found = as_objects(draft.get("t"))
    return found if kind is None else [track for track in found if track.get("tt") == kind]


def meta(node: Mapping[str, object]) -> Json:
    return as_object(node.get("m"))


def placed(track: Mapping[str, object]) -> list[PlacedSegment]:
    found: list[PlacedSegment] = []
    cursor = 0
    for node in as_objects(track.get("sg")):
        start = as_ms(meta(node).get("start"), cursor)
        found.append(PlacedSegment(node, start, as_ms(node.get("d"))))
        cursor = found[-1].end
    return found


def segments(draft: Mapping[str, object], kind: int) -> Iterator[PlacedSegment]:
    for track in tracks(draft, kind):
        yield from placed(track)


def main_track(draft: Mapping[str, object]) -> Json | None:
    return next((track for track in tracks(draft, VIDEO) if placed(track)), None)


def video_end(draft: Mapping[str, object]) -> int:
    return max((item.end for item in segments(draft, VIDEO)), default=0)


def has_picture(draft: Mapping[str, object] | None) -> bool:
    return draft is not None and main_track(draft) is not None


def set_segments(track: Json, items: Iterable[PlacedSegment]) -> None:
    """Replace the segments of a track by `items`, sorted by start, writing only what has changed.

    A segment without a `start` gets none as long as it follows the segment before it.
    """
    cursor = 0
    ordered = sorted(items, key=lambda item: item.start)
    for item in ordered:
        if item.node.get("d") != item.length:
            item.node["d"] = item.length
        if as_ms(meta(item.node).get("start"), cursor) != item.start:
            own_meta(item.node)["start"] = item.start
        cursor = item.end
    track["sg"] = [item.node for item in ordered]


def own_meta(node: Json) -> Json:
    """Return the metadata of a node for writing; create it if absent."""
    if not isinstance(node.get("m"), dict):
        node["m"] = {}
    return as_object(node["m"])


def new_draft(draft_id: str, name: str, width: int, height: int, fps: int) -> Json:
    """Return an empty draft with a size in pixels and a frame rate."""
    return {
        "id": draft_id,
        "v": 0,
        "d": 0,
        "m": {"name": name, "width": width, "height": height, "fps": fps},
        "t": [],
    }


def new_track(track_id: str, kind: int) -> Json:
    """Return an empty track of a type: VIDEO, AUDIO or TEXT."""
    return {"tt": kind, "id": track_id, "m": {"name": TRACK_NAMES[kind]}, "sg": []}


def new_segment(segment_id: str, start: int, length: int, **fields: object) -> Json:
    return {"id": segment_id, "d": length, "m": {**fields, "start": start}}


def clone(draft: Mapping[str, object]) -> Json:
    return copy.deepcopy(dict(draft))


def identifiers(draft: Mapping[str, object]) -> set[str]:
    owners = [*tracks(draft), *(item.node for track in tracks(draft) for item in placed(track))]
    return {as_text(owner.get("id")) for owner in owners}


def summarize(draft: Mapping[str, object], *, chinese: bool = False) -> str:
    """Return a draft on one line, in the form of `wire-contract` section 6, which is English.

    Example: Timeline (2 tracks): 1. Video: panda (0-10s) 2. BGM: Calm Piano (0-10s, 35%)
    """
    filled = [(track, placed(track)) for track in tracks(draft) if placed(track)]
    if chinese:
        parts = [_line_zh(track, items) for track, items in filled]
        return f"时间线：{'；'.join(parts) or '还是空的'}。"
    lines = [f"{n}. {_line(track, items)}" for n, (track, items) in enumerate(filled, 1)]
    return f"Timeline ({len(filled)} track{'' if len(filled) == 1 else 's'}): " + " ".join(
        lines or ["empty"]
    )


def _line(track: Json, items: list[PlacedSegment]) -> str:
    first = meta(items[0].node)
    kind = {VIDEO: "Video", AUDIO: "BGM", TEXT: "Title"}.get(as_ms(track.get("tt"), -1), "Track")
    name = f'"{as_text(first.get("text"))}"' if kind == "Title" else as_text(first.get("name"))
    more = f" +{len(items) - 1} more" if len(items) > 1 else ""
    span = f"{seconds(min(i.start for i in items))}-{seconds(max(i.end for i in items))}s"
    loud = f", {round(as_fraction(first['volume'], 1.0) * 100)}%" if "volume" in first else ""
    return f"{kind}: {name}{more} ({span}{loud})"


def _line_zh(track: Json, items: list[PlacedSegment]) -> str:
    first = meta(items[0].node)
    tt = as_ms(track.get("tt"), -1)
    kind = {VIDEO: "视频", AUDIO: "音乐", TEXT: "文字"}.get(tt, "其他")
    name = f"“{as_text(first.get('text'))}”" if tt == TEXT else as_text(first.get("name"))
    more = f"等{len(items)}段" if len(items) > 1 else ""
    span = f"{seconds(min(i.start for i in items))}到{seconds(max(i.end for i in items))}秒"
    loud = f"，{round(as_fraction(first['volume'], 1.0) * 100)}%" if "volume" in first else ""
    return f"{kind}{name if tt == TEXT else ' ' + name}{more}（{span}{loud}）"


def seconds(length_ms: float) -> str:
    """Return milliseconds as seconds with at most one decimal and no trailing zero."""
    return f"{length_ms / 1000:.1f}".removesuffix(".0")
