"""The order of the clips on the main track, and what moves along when it changes."""

from __future__ import annotations

from collections.abc import Sequence

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.director.editing.desk import Desk
from nemovideo.sandbox.draft import TEXT, Json, Placed, meta


def insert(desk: Desk, nodes: Sequence[tuple[Json, int]], index: int) -> None:
    """Put segments (node, length in ms) among the clips before position `index`.

    Clips after them move back, and the texts over those clips with them.
    """
    track = desk.main()
    clips = timeline.placed(track)
    index = max(0, min(index, len(clips)))
    at = clips[index].start if index < len(clips) else max((clip.end for clip in clips), default=0)
    added = sum(length for _, length in nodes)
    new: list[Placed] = []
    cursor = at
    for node, length in nodes:
        new.append(Placed(node, cursor, length))
        cursor += length
    later = [Placed(clip.node, clip.start + added, clip.length) for clip in clips[index:]]
    timeline.lay(track, [*clips[:index], *new, *later])
    if index < len(clips):
        shift_texts(desk, at, added)
    drop_leading_transition(desk)


def shift_texts(desk: Desk, after: int, by: int) -> None:
    """Move the texts that start at or after a time; a title at the very start stays there."""
    for track in timeline.tracks(desk.draft, TEXT):
        items = timeline.placed(track)
        moved = [
            item
            if item.start < after or _opens(item)
            else Placed(item.node, item.start + by, item.length)
            for item in items
        ]
        if moved != items:
            timeline.lay(track, moved)


def _opens(item: Placed) -> bool:
    return item.start == 0 and meta(item.node).get("role") == "title"


def arrange(desk: Desk, order: Sequence[int]) -> None:
    """Lay the clips in a new order, one after the other."""
    track = desk.main()
    clips = timeline.placed(track)
    pack(track, [(clips[i].node, clips[i].length) for i in order])
    drop_leading_transition(desk)


def pack(track: Json, nodes: Sequence[tuple[Json, int]]) -> None:
    """Lay segments (node, length in ms) on a track without gaps."""
    cursor = 0
    items: list[Placed] = []
    for node, length in nodes:
        items.append(Placed(node, cursor, length))
        cursor += length
    timeline.lay(track, items)


def drop_leading_transition(desk: Desk) -> None:
    """Take the transition off the first clip, which nothing leads into."""
    clips = desk.clips()
    if clips:
        meta(clips[0].node).pop("transition", None)
