"""The order of the clips on the main track, and what moves along when it changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import (
    EditResult,
    Edits,
    WorkingDraft,
    applied,
    refused,
)
from nemovideo.sandbox.agents.rule_agent.instructions import Clear, Delete, Move, Reverse, Swap
from nemovideo.sandbox.draft import TEXT, VIDEO, Json, PlacedSegment, meta, seconds


def insert(editor: WorkingDraft, nodes: Sequence[tuple[Json, int]], index: int) -> None:
    """Put segments (node, length in ms) among the clips before position `index`.

    Clips after them move back, and the texts over those clips with them.
    """
    track = editor.main()
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
    timeline.set_segments(track, [*clips[:index], *new, *later])
    if index < len(clips):
        shift_texts(editor, at, added)
    drop_leading_transition(editor)


def shift_texts(editor: WorkingDraft, after: int, by: int) -> None:
    """Move the texts that start at or after a time; a title at the very start stays there."""
    for track in timeline.tracks(editor.draft, TEXT):
        items = timeline.placed(track)
        moved = [
            item
            if item.start < after or _opens(item)
            else PlacedSegment(item.node, item.start + by, item.length)
            for item in items
        ]
        if moved != items:
            timeline.set_segments(track, moved)


def _opens(item: PlacedSegment) -> bool:
    return item.start == 0 and meta(item.node).get("role") == "title"


def arrange(editor: WorkingDraft, order: Sequence[int]) -> None:
    """Lay the clips in a new order, one after the other."""
    track = editor.main()
    clips = timeline.placed(track)
    pack(track, [(clips[i].node, clips[i].length) for i in order])
    drop_leading_transition(editor)


def pack(track: Json, nodes: Sequence[tuple[Json, int]]) -> None:
    """Lay segments (node, length in ms) on a track without gaps."""
    cursor = 0
    items: list[PlacedSegment] = []
    for node, length in nodes:
        items.append(PlacedSegment(node, cursor, length))
        cursor += length
    timeline.set_segments(track, items)


def drop_leading_transition(editor: WorkingDraft) -> None:
    """Take the transition off the first clip, which nothing leads into."""
    clips = editor.clips()
    if clips:
        meta(clips[0].node).pop("transition", None)


def move(editor: WorkingDraft, edit: Move) -> EditResult:
    """Put clips elsewhere in the order; the lengths stay."""
    moved, clips = editor.chosen(edit.selector), editor.clips()
    if not moved:
        return refused("no_such_clip")
    rest = [i for i in range(len(clips)) if i not in moved]
    place = len(rest) if edit.to < 0 else min(edit.to, len(rest))
    if edit.relative_to is not None:
        relative_to = editor.chosen(edit.relative_to)
        if not relative_to or relative_to[0] in moved:
            return refused("no_such_clip")
        place = rest.index(relative_to[0]) + edit.after
    return _arranged(editor, [*rest[:place], *moved, *rest[place:]])


def _arranged(editor: WorkingDraft, order: list[int]) -> EditResult:
    if order == sorted(order):
        return refused("same_order")
    arrange(editor, order)
    return applied("reordered")


def swap(editor: WorkingDraft, edit: Swap) -> EditResult:
    """Let two clips change places."""
    first, second = editor.chosen(edit.first), editor.chosen(edit.second)
    if not first or not second:
        return refused("no_such_clip")
    order = list(range(len(editor.clips())))
    order[first[0]], order[second[0]] = second[0], first[0]
    return _arranged(editor, order)


def reverse(editor: WorkingDraft, _: Reverse) -> EditResult:
    return _arranged(editor, list(range(len(editor.clips())))[::-1])


def delete(editor: WorkingDraft, edit: Delete) -> EditResult:
    """Take clips away; what follows moves up, and the texts over them go with them."""
    chosen, clips = editor.chosen(edit.selector), editor.clips()
    if not chosen:
        return refused("no_such_clip") if edit.others else _delete_elsewhere(editor, edit)
    if edit.others:
        chosen = [i for i in range(len(clips)) if i not in chosen]
        if not chosen:
            return refused("as_before")
    if len(chosen) == len(clips):
        return clear(editor)
    for index in sorted(chosen, reverse=True):
        take_out_clip(editor, clips[index])
    return _deleted(editor, len(chosen))


def _deleted(editor: WorkingDraft, count: int) -> EditResult:
    key = "deleted" if count == 1 else "deleted_several"
    return applied(key, count=count, total=seconds(editor.total))


def _delete_elsewhere(editor: WorkingDraft, edit: Delete) -> EditResult:
    """Take away an upload that plays on another track: a song, a picture above the video."""
    files = edit.selector.files
    kinds = [track.get("tt") for track in timeline.tracks(editor.draft)]
    gone = sum(
        editor.retain(kind, lambda item: meta(item.node).get("asset") not in files)
        for kind in {kind for kind in kinds if isinstance(kind, int)}
    )
    return _deleted(editor, gone) if gone else refused("no_such_clip")


def take_out_clip(editor: WorkingDraft, clip: PlacedSegment) -> None:
    """Take one clip off the main track and close the gap behind it."""
    track = editor.main()
    rest = [item for item in timeline.placed(track) if item.node is not clip.node]
    moved = [
        PlacedSegment(
            item.node, item.start - (clip.length if item.start >= clip.end else 0), item.length
        )
        for item in rest
    ]
    timeline.set_segments(track, moved)
    for texts in timeline.tracks(editor.draft, TEXT):
        remaining = [_without_clip(item, clip) for item in timeline.placed(texts)]
        timeline.set_segments(texts, [item for item in remaining if item is not None])
    drop_leading_transition(editor)


def _without_clip(item: PlacedSegment, clip: PlacedSegment) -> PlacedSegment | None:
    if item.start >= clip.end:
        return PlacedSegment(item.node, item.start - clip.length, item.length)
    inside = clip.start <= item.start and item.end <= clip.end and not _opens(item)
    return None if inside else item


def clear(editor: WorkingDraft) -> EditResult:
    """Take everything off the timeline; an undo brings it back."""
    editor.draft["t"] = [
        track for track in timeline.tracks(editor.draft) if track.get("tt") not in _OURS
    ]
    return applied("cleared")


_OURS = (VIDEO, timeline.AUDIO, TEXT)


EDITS: Final[Edits] = {
    Move: move,
    Swap: swap,
    Reverse: reverse,
    Delete: delete,
    Clear: lambda editor, _: clear(editor),
}
