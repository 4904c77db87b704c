"""A draft whose generated clips play files instead of scenes. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from nemovideo.sandbox.clips.request import generated, request_of, speed_of
from nemovideo.sandbox.clips.video_server import VideoServer
from nemovideo.sandbox.draft import Json, PlacedSegment, as_ms, clone, meta, placed, tracks

_SLOWEST: Final = 0.5


@dataclass(frozen=True)
class MadeClip:
    """A clip that was made: `scene_ms` is how much was to be seen, `clip_ms` how long it is."""

    scene_ms: int
    clip_ms: int

    @property
    def speed(self) -> float:
        """How fast it plays to fill its scene: not over 1, and not so slow that it is a still."""
        plays = ceil(self.scene_ms * _SLOWEST / self.clip_ms)
        return min(1.0, plays * self.clip_ms / self.scene_ms)


def conform(draft: Json, server: VideoServer, made: Mapping[str, MadeClip]) -> Json:
    """Return a draft in which the segments of clips that were made play them.

    Each is the asset `asset_name(key)`, as long as the segment and as large as the film.
    """
    conformed = clone(draft)
    ours = {id(item.node): request_of(item, conformed, server).key for item in generated(conformed)}
    for track in tracks(conformed):
        nodes: list[Json] = []
        for item in placed(track):
            key = ours.get(id(item.node), "")
            clip = made.get(key)
            nodes += [item.node] if clip is None else _plays(item, clip, asset_name(key))
        track["sg"] = nodes
    return conformed


def asset_name(key: str) -> str:
    """Return the name of a clip's file in a draft; an upload has an extension and so is none."""
    return f"generated clip {key}"


def _plays(item: PlacedSegment, clip: MadeClip, asset: str) -> Iterator[Json]:
    """Yield the segments that show a clip again and again until the scene is over."""
    fields = meta(item.node)
    speed = clip.speed * speed_of(fields)
    # Where in the clip, counted on through all its plays, the segment begins.
    at = as_ms(fields.get("in")) * clip.speed
    start = item.start
    while start < item.end:
        within = at % clip.clip_ms
        end = min(item.end, start + max(1, round((clip.clip_ms - within) / speed)))
        own = dict(fields)
        if start > item.start:
            own = {name: own[name] for name in own if name not in ("fade_in", "transition")}
        if end < item.end:
            own.pop("fade_out", None)
        own.update(kind="clip", asset=asset, fit="cover", muted=True, start=start, speed=speed)
        own["in"] = within
        yield {**item.node, "d": end - start, "m": own}
        # The first moment of the next play, and not the last picture of this one.
        at, start = 0.0, end
