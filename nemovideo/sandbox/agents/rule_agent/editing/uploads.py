"""Edits with uploads: put files on the timeline, make a film of them."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.create import (
    LONGEST_MS,
    MUSIC_VOLUME,
    add_score,
)
from nemovideo.sandbox.agents.rule_agent.editing.cut import split_at
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import Desk, Note, note, refusal
from nemovideo.sandbox.agents.rule_agent.editing.effects import TRANSITION_MS
from nemovideo.sandbox.agents.rule_agent.editing.order import clear, insert, move, take_out_clip
from nemovideo.sandbox.agents.rule_agent.instructions import Montage, Move, Place, Which
from nemovideo.sandbox.agents.rule_agent.interface import Asset
from nemovideo.sandbox.agents.rule_agent.words.looks import PIXELS
from nemovideo.sandbox.agents.rule_agent.words.sounds import sound_of
from nemovideo.sandbox.draft import AUDIO, VIDEO, Json, PlacedSegment, meta, seconds

IMAGE_MS: Final = 4_000
SLIDE_MS: Final = 3_000
SLIDE_MIN_MS: Final = 500
UNKNOWN_MS: Final = 5_000
FADE_MS: Final = 1_000
_CAMERAS: Final = ("zoom_in", "pan_right", "zoom_out", "pan_left")


def place(desk: Desk, wish: Place) -> Note:
    """Put uploads on the timeline, or move those that are there."""
    found = _wanted(desk, wish)
    if not found:
        return refusal("no_uploads")
    if wish.kind == "audio":
        return _place_sound(desk, found[0], wish)
    moved = (
        None
        if wish.again or wish.where in ("only", "replace", "overlay")
        else _move_there(desk, found, wish)
    )
    if moved is not None:
        return moved
    if wish.where == "overlay" and timeline.has_picture(desk.draft):
        return _overlay(desk, found[0], wish)
    if wish.where == "replace":
        return _replace(desk, found[0], wish)
    return _insert(desk, found, wish)


def _wanted(desk: Desk, wish: Place) -> list[Asset]:
    """Choose the uploads meant: those named, else all of a kind, else the last one not used yet."""
    if wish.files:
        by_name = {asset.name: asset for asset in desk.assets}
        return [by_name[name] for name in wish.files if name in by_name]
    fitting = [asset for asset in desk.assets if fits(asset, wish.kind)]
    used = {meta(item.node).get("asset") for kind in (VIDEO, AUDIO) for item in desk.each(kind)}
    fresh = [asset for asset in fitting if asset.name not in used]
    if wish.every:
        return fresh or fitting
    hinted = [asset for asset in fitting if _named_like(asset, wish.hint)]
    return (hinted or fresh or fitting)[-1:]


def _named_like(asset: Asset, hint: str) -> bool:
    """Tell whether a file's name holds a word of the wish: "my song" is song.mp3."""
    words = re.findall("[a-z]{3,}|[\u3400-\u9fff]{2,}", asset.name.rsplit(".", 1)[0].lower())
    return any(word in hint for word in words)


def fits(asset: Asset, kind: str) -> bool:
    """Tell whether an upload is of a kind; "visual" is a video or an image."""
    return asset.kind == kind or (kind == "visual" and asset.kind in ("video", "image"))


def _move_there(desk: Desk, found: list[Asset], wish: Place) -> Note | None:
    names = tuple(asset.name for asset in found)
    there = {meta(clip.node).get("asset") for clip in desk.clips()}
    if not all(name in there for name in names) or wish.where == "at":
        return None
    beside = wish.beside if wish.where in ("before", "after") else None
    return move(
        desk,
        Move(Which(files=names), 0 if wish.where == "start" else -1, beside, wish.where == "after"),
    )


def _segment(
    desk: Desk, asset: Asset, length: int | None, fit: str | None, number: int = 0
) -> tuple[Json, int]:
    fields: Json = {
        "name": asset.name,
        "kind": "clip" if asset.kind == "video" else "image",
        "asset": asset.name,
    }
    fields["fit"] = fit or "contain"
    if asset.kind == "image":
        fields["camera"] = _CAMERAS[number % len(_CAMERAS)]
        lasting = length or IMAGE_MS
    else:
        fields["in"] = 0
        recorded = _recorded(asset)
        lasting = min(length or recorded, recorded)
    return timeline.new_segment(desk.new_id("sg"), 0, lasting, **fields), lasting


def _recorded(asset: Asset) -> int:
    return (
        min(LONGEST_MS, round(asset.duration * 1000))
        if asset.duration and asset.duration > 0
        else UNKNOWN_MS
    )


def _insert(desk: Desk, found: list[Asset], wish: Place) -> Note:
    if wish.where == "only":
        clear(desk)
    if not timeline.has_picture(desk.draft):
        prepare_canvas(desk, found)
    index = _position(desk, wish)
    if index is None:
        return refusal("no_such_clip")
    lasting = wish.span.length
    nodes = [_segment(desk, asset, lasting, wish.fit, i) for i, asset in enumerate(found)]
    insert(desk, nodes, index)
    return note("placed", name=", ".join(asset.name for asset in found), total=seconds(desk.total))


def _position(desk: Desk, wish: Place) -> int | None:
    clips = desk.clips()
    if wish.where == "start":
        return 0
    if wish.where in ("before", "after"):
        beside = desk.chosen(wish.beside)
        return beside[0] + (wish.where == "after") if beside else None
    return _opened(desk, wish.span.start) if wish.where == "at" else len(clips)


def _opened(desk: Desk, at: int) -> int:
    """Return the position at a time of the film, after cutting the clip that plays there in two."""
    for index, clip in enumerate(desk.clips()):
        if at <= clip.start:
            return index
        if clip.start < at < clip.end:
            split_at(desk, clip, at)
            return index + 1
    return len(desk.clips())


def _replace(desk: Desk, asset: Asset, wish: Place) -> Note:
    chosen = desk.chosen(wish.beside)
    if not chosen:
        return refusal("no_such_clip")
    clips = desk.clips()
    index, old = chosen[0], clips[chosen[0]]
    if len(clips) == 1:
        desk.keep(VIDEO, lambda item: item.node is not old.node)
    else:
        take_out_clip(desk, old)
    insert(
        desk,
        [_segment(desk, asset, min(old.length, wish.span.length or old.length), wish.fit)],
        index,
    )
    return note("clip_replaced", name=asset.name)


def _overlay(desk: Desk, asset: Asset, wish: Place) -> Note:
    tracks = timeline.tracks(desk.draft, VIDEO)
    track = tracks[1] if len(tracks) > 1 else desk.add_track(VIDEO, own=True)
    meta(track)["name"] = "Overlay"
    node, lasting = _segment(desk, asset, wish.span.length, wish.fit)
    start, length = wish.span.resolve(desk.total, lasting)
    timeline.lay(track, [*timeline.placed(track), PlacedSegment(node, start, min(length, lasting))])
    return note("overlaid", name=asset.name)


def _place_sound(desk: Desk, asset: Asset, wish: Place) -> Note:
    if not timeline.has_picture(desk.draft):
        return refusal("nothing_yet")
    if wish.music:
        desk.keep(AUDIO, lambda item: meta(item.node).get("kind") != "music")
    recorded = _recorded(asset) if asset.duration else desk.total
    start, length = wish.span.resolve(desk.total, min(recorded, desk.total))
    length = min(length, recorded)
    fade = min(FADE_MS, length // 4) if wish.music else 0
    fields: Json = {"fade_in": fade, "fade_out": fade} if fade else {}
    volume = wish.volume if wish.volume is not None else MUSIC_VOLUME if wish.music else 1.0
    track = desk.add_track(AUDIO, own=not wish.music)
    desk.add(
        track,
        start,
        length,
        name=asset.name,
        kind="clip",
        asset=asset.name,
        volume=volume,
        **fields,
        **{"in": 0},
    )
    return note("sound_placed", name=asset.name)


def prepare_canvas(
    desk: Desk, found: list[Asset], orientation: str | None = None, fps: int | None = None
) -> None:
    """Give an empty draft the shape of its first upload, or the shape asked for."""
    first = found[0]
    shape = orientation or _shape(first)
    width, height = PIXELS[shape]
    name = first.name.rsplit(".", 1)[0]
    fields = timeline.own_meta(desk.draft)
    fields.update(name=fields.get("name") or name, width=width, height=height, fps=fps or 30)


def _shape(asset: Asset) -> str:
    width, height = asset.width or 0, asset.height or 0
    if width == height:
        return "square" if width else "wide"
    return "wide" if width > height else "vertical"


def montage(desk: Desk, wish: Montage) -> Note:
    """Make a film of uploads in place of what is on the timeline."""
    found = (
        _wanted(desk, Place(wish.files))
        if wish.files
        else [a for a in desk.assets if fits(a, wish.kind)]
    )
    pictures = [asset for asset in found if fits(asset, "visual")]
    if not pictures:
        return refusal("no_uploads")
    clear(desk)
    prepare_canvas(desk, pictures, wish.orientation, wish.fps)
    lengths = _slide_lengths(wish, pictures)
    nodes = [
        _segment(desk, a, length, None, i)
        for i, (a, length) in enumerate(zip(pictures, lengths, strict=True))
    ]
    insert(desk, nodes, 0)
    for node, length in nodes[1:] if wish.transition else []:
        meta(node)["transition"] = {"type": "crossdissolve", "d": min(TRANSITION_MS, length)}
    if wish.music:
        add_score(desk, wish.sound or sound_of("calm"))
    key = "slideshow" if all(asset.kind == "image" for asset in pictures) else "montage"
    return note(key, count=len(pictures), total=seconds(desk.total))


def _slide_lengths(wish: Montage, found: list[Asset]) -> list[int | None]:
    if wish.each is not None:
        return [max(SLIDE_MIN_MS, wish.each)] * len(found)
    if wish.total is not None:
        return _shared(
            wish.total, [_recorded(a) if a.kind == "video" else LONGEST_MS for a in found]
        )
    return [SLIDE_MS if asset.kind == "image" else None for asset in found]


def _shared(total: int, most: list[int]) -> list[int | None]:
    """Share a length among uploads evenly, none longer than was recorded, to the millisecond."""
    left = max(SLIDE_MIN_MS * len(most), min(LONGEST_MS, total))
    shares: dict[int, int] = {}
    shortest_first = sorted(range(len(most)), key=lambda i: most[i])
    for rank, i in enumerate(shortest_first):
        shares[i] = min(most[i], left // (len(most) - rank))
        left -= shares[i]
    return [shares[i] for i in range(len(most))]


def import_all(desk: Desk, files: tuple[str, ...] = ()) -> bool:
    """Lay uploads out on an empty timeline, so that an instruction finds something to work on."""
    named = [asset for asset in desk.assets if asset.name in files and fits(asset, "visual")]
    found = named or [asset for asset in desk.assets if fits(asset, "visual")]
    if not found:
        return False
    prepare_canvas(desk, found)
    insert(desk, [_segment(desk, asset, None, None, i) for i, asset in enumerate(found)], 0)
    return True
