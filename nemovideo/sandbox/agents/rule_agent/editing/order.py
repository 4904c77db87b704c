"""The order of the clips on the main track, and what moves along when it changes."""

from __future__ import annotations

from collections.abc import Sequence

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import Desk, Note, note, refusal
from nemovideo.sandbox.agents.rule_agent.instructions import Delete, Move, Swap
from nemovideo.sandbox.draft import TEXT, VIDEO, Json, PlacedSegment, meta, seconds


def insert(desk: Desk, nodes: Sequence[tuple[Json, int]], index: int) -> None:
    """Put segments (node, length in ms) among the clips before position `index`.

    Clips after them move back, and the texts over those clips with them.
    """
    track = desk.main()
    clips = timeline.placed(track)
    index = max(0, min(index, len(clips)))
    at = clips[index].start if index < len(clips) else max((clip.end for clip in clips), default=0)
    added = sum(length for _, length in nodes)
    new: list[PlacedSegment] = []
    cursor = at
    for node, length in nodes:
        new.append(PlacedSegment(node, cursor, length))
        cursor += length
    later = [PlacedSegment(clip.node, clip.start + added, clip.length) for clip in clips[index:]]
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
            else PlacedSegment(item.node, item.start + by, item.length)
            for item in items
        ]
        if moved != items:
            timeline.lay(track, moved)


def _opens(item: PlacedSegment) -> bool:
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
    items: list[PlacedSegment] = []
    for node, length in nodes:
        items.append(PlacedSegment(node, cursor, length))
        cursor += length
    timeline.lay(track, items)


def drop_leading_transition(desk: Desk) -> None:
    """Take the transition off the first clip, which nothing leads into."""
    clips = desk.clips()
    if clips:
        meta(clips[0].node).pop("transition", None)


def move(desk: Desk, wish: Move) -> Note:
    """Put clips elsewhere in the order; the lengths stay."""
    moved, clips = desk.chosen(wish.which), desk.clips()
    if not moved:
        return refusal("no_such_clip")
    rest = [i for i in range(len(clips)) if i not in moved]
    place = len(rest) if wish.to < 0 else min(wish.to, len(rest))
    if wish.beside is not None:
        beside = desk.chosen(wish.beside)
        if not beside or beside[0] in moved:
            return refusal("no_such_clip")
        place = rest.index(beside[0]) + wish.after
    return _arranged(desk, [*rest[:place], *moved, *rest[place:]])


def _arranged(desk: Desk, order: list[int]) -> Note:
    if order == sorted(order):
        return refusal("same_order")
    arrange(desk, order)
    return note("reordered")


def swap(desk: Desk, wish: Swap) -> Note:
    """Let two clips change places."""
    first, second = desk.chosen(wish.first), desk.chosen(wish.second)
    if not first or not second:
        return refusal("no_such_clip")
    order = list(range(len(desk.clips())))
    order[first[0]], order[second[0]] = second[0], first[0]
    return _arranged(desk, order)


def reverse(desk: Desk) -> Note:
    """Turn the order of the clips round."""
    return _arranged(desk, list(range(len(desk.clips())))[::-1])


def delete(desk: Desk, wish: Delete) -> Note:
    """Take clips away; what follows moves up, and the texts over them go with them."""
    chosen, clips = desk.chosen(wish.which), desk.clips()
    if not chosen:
        return refusal("no_such_clip") if wish.others else _delete_elsewhere(desk, wish)
    if wish.others:
        chosen = [i for i in range(len(clips)) if i not in chosen]
        if not chosen:
            return refusal("as_before")
    if len(chosen) == len(clips):
        return clear(desk)
    for index in sorted(chosen, reverse=True):
        take_out_clip(desk, clips[index])
    return _deleted(desk, len(chosen))


def _deleted(desk: Desk, count: int) -> Note:
    key = "deleted" if count == 1 else "deleted_several"
    return note(key, count=count, total=seconds(desk.total))


def _delete_elsewhere(desk: Desk, wish: Delete) -> Note:
    """Take away an upload that plays on another track: a song, a picture above the film."""
    files = wish.which.files
    kinds = [track.get("tt") for track in timeline.tracks(desk.draft)]
    gone = sum(
        desk.keep(kind, lambda item: meta(item.node).get("asset") not in files)
        for kind in {kind for kind in kinds if isinstance(kind, int)}
    )
    return _deleted(desk, gone) if gone else refusal("no_such_clip")


def take_out_clip(desk: Desk, clip: PlacedSegment) -> None:
    """Take one clip off the main track and close the gap behind it."""
    track = desk.main()
    rest = [item for item in timeline.placed(track) if item.node is not clip.node]
    moved = [
        PlacedSegment(
            item.node, item.start - (clip.length if item.start >= clip.end else 0), item.length
        )
        for item in rest
    ]
    timeline.lay(track, moved)
    for texts in timeline.tracks(desk.draft, TEXT):
        kept = [_without_clip(item, clip) for item in timeline.placed(texts)]
        timeline.lay(texts, [item for item in kept if item is not None])
    drop_leading_transition(desk)


def _without_clip(item: PlacedSegment, clip: PlacedSegment) -> PlacedSegment | None:
    if item.start >= clip.end:
        return PlacedSegment(item.node, item.start - clip.length, item.length)
    inside = clip.start <= item.start and item.end <= clip.end and not _opens(item)
    return None if inside else item


def clear(desk: Desk) -> Note:
    """Take everything off the timeline; an undo brings it back."""
    desk.draft["t"] = [
        track for track in timeline.tracks(desk.draft) if track.get("tt") not in _OURS
    ]
    return note("cleared")


_OURS = (VIDEO, timeline.AUDIO, TEXT)
