"""Edits with uploads: put files on the timeline, make a video of them."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.create import LONGEST_MS, MUSIC_VOLUME, add_score
from nemovideo.sandbox.agents.rule_agent.editing.cut import split_at
from nemovideo.sandbox.agents.rule_agent.editing.effects import TRANSITION_MS
from nemovideo.sandbox.agents.rule_agent.editing.order import clear, insert, move, take_out_clip
from nemovideo.sandbox.agents.rule_agent.editing.sound import is_song
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import (
    EditResult,
    Edits,
    WorkingDraft,
    applied,
    refused,
)
from nemovideo.sandbox.agents.rule_agent.instructions import (
    ClipSelector,
    Montage,
    Move,
    Place,
    fits,
)
from nemovideo.sandbox.agents.rule_agent.words.sounds import sound_of
from nemovideo.sandbox.agents.rule_agent.words.visual_style import PIXELS
from nemovideo.sandbox.agents.uploads import Upload
from nemovideo.sandbox.draft import AUDIO, VIDEO, Json, PlacedSegment, meta, seconds

IMAGE_MS: Final = 4_000
SLIDE_MS: Final = 3_000
SLIDE_MIN_MS: Final = 500
UNKNOWN_MS: Final = 5_000
FADE_MS: Final = 1_000
_CAMERAS: Final = ("zoom_in", "pan_right", "zoom_out", "pan_left")


def place(editor: WorkingDraft, edit: Place) -> EditResult:
    """Put uploads on the timeline, or move those that are there."""
    found = _wanted(editor, edit)
    if not found:
        return refused("no_uploads")
    if edit.kind == "audio":
        return _place_sound(editor, found[0], edit)
    moved = (
        None
        if edit.again or edit.where in ("only", "replace", "overlay")
        else _move_there(editor, found, edit)
    )
    if moved is not None:
        return moved
    if edit.where == "overlay" and timeline.has_picture(editor.draft):
        return _overlay(editor, found[0], edit)
    if edit.where == "replace":
        return _replace(editor, found[0], edit)
    return _insert(editor, found, edit)


def _wanted(editor: WorkingDraft, edit: Place) -> list[Upload]:
    """Choose the uploads meant: those named, else all of a kind, else the last one not used yet."""
    if edit.files:
        by_name = {asset.filename: asset for asset in editor.assets}
        return [by_name[name] for name in edit.files if name in by_name]
    fitting = [asset for asset in editor.assets if fits(asset, edit.kind)]
    used = {meta(item.node).get("asset") for kind in (VIDEO, AUDIO) for item in editor.each(kind)}
    fresh = [asset for asset in fitting if asset.filename not in used]
    if edit.every:
        return fresh or fitting
    hinted = [asset for asset in fitting if _named_like(asset, edit.hint)]
    return (hinted or fresh or fitting)[-1:]


def _named_like(asset: Upload, hint: str) -> bool:
    """Return True if a file's name holds a word of the request: "my song" is song.mp3."""
    words = re.findall("[a-z]{3,}|[\u3400-\u9fff]{2,}", asset.filename.rsplit(".", 1)[0].lower())
    return any(word in hint for word in words)


def _move_there(editor: WorkingDraft, found: list[Upload], edit: Place) -> EditResult | None:
    names = tuple(asset.filename for asset in found)
    there = {meta(clip.node).get("asset") for clip in editor.clips()}
    if not all(name in there for name in names) or edit.where == "at":
        return None
    relative_to = edit.relative_to if edit.where in ("before", "after") else None
    return move(
        editor,
        Move(
            ClipSelector(files=names),
            0 if edit.where == "start" else -1,
            relative_to,
            edit.where == "after",
        ),
    )


def _segment(
    editor: WorkingDraft, asset: Upload, length: int | None, fit: str | None, number: int = 0
) -> tuple[Json, int]:
    fields: Json = {
        "name": asset.filename,
        "kind": "clip" if asset.file_type == "video" else "image",
        "asset": asset.filename,
    }
    fields["fit"] = fit or "contain"
    if asset.file_type == "image":
        fields["camera"] = _CAMERAS[number % len(_CAMERAS)]
        lasting = length or IMAGE_MS
    else:
        fields["in"] = 0
        recorded = _recorded(asset)
        lasting = min(length or recorded, recorded)
    return timeline.new_segment(editor.new_id("sg"), 0, lasting, **fields), lasting


def _recorded(asset: Upload) -> int:
    return (
        min(LONGEST_MS, round(asset.duration * 1000))
        if asset.duration and asset.duration > 0
        else UNKNOWN_MS
    )


def _insert(editor: WorkingDraft, found: list[Upload], edit: Place) -> EditResult:
    if edit.where == "only":
        clear(editor)
    if not timeline.has_picture(editor.draft):
        prepare_canvas(editor, found)
    index = _position(editor, edit)
    if index is None:
        return refused("no_such_clip")
    lasting = edit.span.length
    nodes = [_segment(editor, asset, lasting, edit.fit, i) for i, asset in enumerate(found)]
    insert(editor, nodes, index)
    return applied(
        "placed", name=", ".join(asset.filename for asset in found), total=seconds(editor.total)
    )


def _position(editor: WorkingDraft, edit: Place) -> int | None:
    clips = editor.clips()
    if edit.where == "start":
        return 0
    if edit.where in ("before", "after"):
        relative_to = editor.chosen(edit.relative_to)
        return relative_to[0] + (edit.where == "after") if relative_to else None
    return _opened(editor, edit.span.start) if edit.where == "at" else len(clips)


def _opened(editor: WorkingDraft, at: int) -> int:
    """Return the position at a time of the video, after splitting the clip that plays there."""
    for index, clip in enumerate(editor.clips()):
        if at <= clip.start:
            return index
        if clip.start < at < clip.end:
            split_at(editor, clip, at)
            return index + 1
    return len(editor.clips())


def _replace(editor: WorkingDraft, asset: Upload, edit: Place) -> EditResult:
    chosen = editor.chosen(edit.relative_to)
    if not chosen:
        return refused("no_such_clip")
    clips = editor.clips()
    index, old = chosen[0], clips[chosen[0]]
    if meta(old.node).get("asset") == asset.filename:
        return refused("which_upload")
    if len(clips) == 1:
        editor.retain(VIDEO, lambda item: item.node is not old.node)
    else:
        take_out_clip(editor, old)
    insert(
        editor,
        [_segment(editor, asset, min(old.length, edit.span.length or old.length), edit.fit)],
        index,
    )
    return applied("clip_replaced", name=asset.filename)


def _overlay(editor: WorkingDraft, asset: Upload, edit: Place) -> EditResult:
    tracks = timeline.tracks(editor.draft, VIDEO)
    track = tracks[1] if len(tracks) > 1 else editor.add_track(VIDEO, own=True)
    meta(track)["name"] = "Overlay"
    node, lasting = _segment(editor, asset, edit.span.length, edit.fit)
    start, length = edit.span.resolve(editor.total, lasting)
    timeline.set_segments(
        track, [*timeline.placed(track), PlacedSegment(node, start, min(length, lasting))]
    )
    return applied("overlaid", name=asset.filename)


def _place_sound(editor: WorkingDraft, asset: Upload, edit: Place) -> EditResult:
    if not timeline.has_picture(editor.draft):
        return refused("nothing_yet")
    if edit.music:
        editor.retain(AUDIO, lambda item: not _is_music(item.node, asset))
    recorded = _recorded(asset) if asset.duration else editor.total
    start, length = edit.span.resolve(editor.total, min(recorded, editor.total))
    length = min(length, recorded)
    fade = min(FADE_MS, length // 4) if edit.music else 0
    fields: Json = {"fade_in": fade, "fade_out": fade} if fade else {}
    volume = edit.volume if edit.volume is not None else MUSIC_VOLUME if edit.music else 1.0
    track = editor.add_track(AUDIO, own=not edit.music)
    editor.add(
        track,
        start,
        length,
        name=asset.filename,
        kind="clip",
        asset=asset.filename,
        volume=volume,
        **fields,
        **{"in": 0},
    )
    return applied("sound_placed", name=asset.filename)


def _is_music(node: Json, asset: Upload) -> bool:
    fields = meta(node)
    named = fields.get("asset") == asset.filename
    return named or fields.get("kind") == "music" or is_song(node)


def prepare_canvas(
    editor: WorkingDraft,
    found: list[Upload],
    orientation: str | None = None,
    fps: int | None = None,
) -> None:
    """Give an empty draft the shape of its first upload, or the shape asked for."""
    first = found[0]
    shape = orientation or _shape(first)
    width, height = PIXELS[shape]
    name = first.filename.rsplit(".", 1)[0]
    fields = timeline.own_meta(editor.draft)
    fields.update(name=fields.get("name") or name, width=width, height=height, fps=fps or 30)


def _shape(asset: Upload) -> str:
    width, height = asset.width or 0, asset.height or 0
    if width == height:
        return "square" if width else "wide"
    return "wide" if width > height else "vertical"


def montage(editor: WorkingDraft, edit: Montage) -> EditResult:
    found = (
        _wanted(editor, Place(edit.files))
        if edit.files
        else [a for a in editor.assets if fits(a, edit.kind)]
    )
    pictures = [asset for asset in found if fits(asset, "visual")]
    if not pictures:
        return refused("no_uploads")
    clear(editor)
    prepare_canvas(editor, pictures, edit.orientation, edit.fps)
    lengths = _slide_lengths(edit, pictures)
    nodes = [
        _segment(editor, a, length, None, i)
        for i, (a, length) in enumerate(zip(pictures, lengths, strict=True))
    ]
    for node, _ in nodes if edit.camera else []:
        if "camera" in meta(node):
            meta(node)["camera"] = edit.camera
    insert(editor, nodes, 0)
    for node, length in nodes[1:] if edit.transition else []:
        meta(node)["transition"] = {"type": "crossdissolve", "d": min(TRANSITION_MS, length)}
    if edit.music:
        add_score(editor, edit.sound or sound_of("calm"))
    key = "slideshow" if all(asset.file_type == "image" for asset in pictures) else "montage"
    key = f"{key}_of_one" if len(pictures) == 1 else key
    return applied(key, count=len(pictures), total=seconds(editor.total))


def _slide_lengths(edit: Montage, found: list[Upload]) -> list[int | None]:
    if edit.each is not None:
        return [max(SLIDE_MIN_MS, edit.each)] * len(found)
    if edit.total is not None:
        return _shared(
            edit.total, [_recorded(a) if a.file_type == "video" else LONGEST_MS for a in found]
        )
    return [SLIDE_MS if asset.file_type == "image" else None for asset in found]


def _shared(total: int, most: list[int]) -> list[int | None]:
    """Share a length among uploads evenly, none longer than was recorded, to the millisecond."""
    left = max(SLIDE_MIN_MS * len(most), min(LONGEST_MS, total))
    length_factors: dict[int, int] = {}
    shortest_first = sorted(range(len(most)), key=lambda i: most[i])
    for rank, i in enumerate(shortest_first):
        length_factors[i] = min(most[i], left // (len(most) - rank))
        left -= length_factors[i]
    return [length_factors[i] for i in range(len(most))]


def import_only_one(editor: WorkingDraft) -> bool:
    """Lay out the only upload that can be seen, for an instruction to work on."""
    found = [asset for asset in editor.assets if fits(asset, "visual")]
    if len(found) != 1:
        return False
    prepare_canvas(editor, found)
    insert(editor, [_segment(editor, found[0], None, None)], 0)
    return True


EDITS: Final[Edits] = {Place: place, Montage: montage}
