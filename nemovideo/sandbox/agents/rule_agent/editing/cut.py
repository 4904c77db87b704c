"""Edits of length: cut a stretch out, shorten, extend, split, change the speed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.create import LONGEST_MS, clamped
from nemovideo.sandbox.agents.rule_agent.editing.order import drop_leading_transition, shift_texts
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import (
    SHORTEST_MS,
    EditResult,
    Edits,
    WorkingDraft,
    applied,
    refused,
)
from nemovideo.sandbox.agents.rule_agent.instructions import Cut, SetLength, Speed, Split
from nemovideo.sandbox.draft import (
    AUDIO,
    TEXT,
    VIDEO,
    Json,
    PlacedSegment,
    as_fraction,
    as_ms,
    meta,
    seconds,
)

_SLOWEST: Final = 0.1
_FASTEST: Final = 16.0


def cut(editor: WorkingDraft, edit: Cut) -> EditResult:
    """Take a stretch out of the video, or out of one clip, and close the gap."""
    if edit.each or len(editor.chosen(edit.selector) or () if edit.selector.given else ()) > 1:
        return _cut_each(editor, edit)
    begin, end = 0, editor.total
    if edit.selector.given:
        chosen = editor.chosen(edit.selector)
        if not chosen:
            return refused("no_such_clip")
        clip = editor.clips()[chosen[0]]
        begin, end = clip.start, clip.end
    start, length = edit.span.resolve(end - begin, 0)
    if length < SHORTEST_MS or (not edit.keep and edit.span.start >= end - begin):
        return refused("nothing_there", seconds=seconds(end - begin))
    first, last = begin + start, begin + start + length
    gone = end - begin - length if edit.keep else length
    if editor.total - gone < SHORTEST_MS or gone <= 0:
        return refused(
            "nothing_left" if gone > 0 else "nothing_there", seconds=seconds(end - begin)
        )
    if edit.keep:
        take_out(editor, last, end)
        take_out(editor, begin, first)
    else:
        take_out(editor, first, last)
    return applied("cut", seconds=seconds(gone), total=seconds(editor.total))


def _cut_each(editor: WorkingDraft, edit: Cut) -> EditResult:
    """Take the same stretch out of every clip that is meant; one it would use up stays whole."""
    chosen, before = editor.chosen(edit.selector), editor.total
    for index in sorted(chosen or [], reverse=True):
        clip = editor.clips()[index]
        start, length = edit.span.resolve(clip.length, 0)
        if SHORTEST_MS <= length <= clip.length - SHORTEST_MS:
            take_out(editor, clip.start + start, clip.start + start + length)
    gone = before - editor.total
    if not gone:
        return refused("nothing_there", seconds=seconds(before))
    return applied("cut", seconds=seconds(gone), total=seconds(editor.total))


def take_out(editor: WorkingDraft, first: int, last: int) -> None:
    """Take the stretch from `first` to `last` (ms) out of the video; what follows moves up."""
    if last <= first:
        return
    for track in timeline.tracks(editor.draft, VIDEO):
        timeline.set_segments(track, _without(editor, timeline.placed(track), first, last))
    for track in timeline.tracks(editor.draft, AUDIO):
        _move_up(
            track,
            first,
            last,
            lambda item: meta(item.node).get("kind") == "clip" and item.start >= last,
        )
    for track in timeline.tracks(editor.draft, TEXT):
        _move_up(track, first, last, lambda item: not _opening_title(item))
    drop_leading_transition(editor)


def _opening_title(item: PlacedSegment) -> bool:
    return item.start == 0 and meta(item.node).get("role") == "title"


def _move_up(
    track: Json, first: int, last: int, concerned: Callable[[PlacedSegment], bool]
) -> None:
    items = timeline.placed(track)
    remaining: list[PlacedSegment] = []
    for item in items:
        if concerned(item):
            start, end = _moved(item.start, first, last), _moved(item.end, first, last)
            item = PlacedSegment(item.node, start, end - start)
        if item.length > 0:
            remaining.append(item)
    if remaining != items:
        timeline.set_segments(track, remaining)


def _moved(time: int, first: int, last: int) -> int:
    return time if time <= first else max(first, time - (last - first))


def _without(
    editor: WorkingDraft, items: list[PlacedSegment], first: int, last: int
) -> list[PlacedSegment]:
    remaining: list[PlacedSegment] = []
    for item in items:
        left, right = (
            max(0, min(item.end, first) - item.start),
            max(0, item.end - max(item.start, last)),
        )
        if left == item.length:
            remaining.append(item)
        elif right == item.length:
            remaining.append(PlacedSegment(item.node, item.start - (last - first), item.length))
        else:
            remaining.extend(_remains(editor, item, left, right, first))
    return remaining


def _remains(
    editor: WorkingDraft, item: PlacedSegment, left: int, right: int, first: int
) -> list[PlacedSegment]:
    """Return what is left of a clip before and after the stretch that went."""
    remains: list[PlacedSegment] = []
    node = item.node
    if right:
        tail = _copy(editor, node) if left else node
        _skip(tail, item.length - right)
        remains.append(PlacedSegment(tail, first, right))
    if left:
        if right:
            meta(node).pop("fade_out", None)
        remains.insert(0, PlacedSegment(node, item.start, left))
    return remains


def _copy(editor: WorkingDraft, node: Json) -> Json:
    copied = timeline.clone(node)
    copied["id"] = editor.new_id("sg")
    meta(copied).pop("fade_in", None)
    return copied


def _skip(node: Json, ms: int) -> None:
    """Let a clip begin `ms` later in its source; nothing leads into it there any more."""
    fields = timeline.own_meta(node)
    fields["in"] = as_ms(fields.get("in")) + round(ms * speed_of(node))
    fields.pop("transition", None)


def speed_of(node: Json) -> float:
    """Return how many times as fast as recorded a clip plays."""
    return as_fraction(meta(node).get("speed"), 1.0) or 1.0


def set_length(editor: WorkingDraft, edit: SetLength) -> EditResult:
    """Make the video or a clip as long as wished, or longer or shorter by so much."""
    chosen = editor.chosen(edit.selector)
    if not chosen:
        return refused("no_such_clip")
    whole = not edit.selector.given
    if edit.each or (len(chosen) > 1 and not whole):
        return _each_as_long(editor, edit, chosen)
    clip = editor.clips()[chosen[-1] if whole else chosen[0]]
    now = editor.total if whole else clip.length
    target = clamped(edit.target(now))
    if target == now or not edit.goes(now, target):
        return refused("as_long_already", seconds=seconds(now))
    begin = 0 if whole else clip.start
    if target < now:
        take_out(editor, begin + target, begin + now)
        return applied("shortened", seconds=seconds(target))
    return _extended(editor, clip, min(target - now, LONGEST_MS - editor.total))


def _each_as_long(editor: WorkingDraft, edit: SetLength, chosen: list[int]) -> EditResult:
    """Give every clip the same length; one that holds less footage stays as long as it can."""
    before = [clip.length for clip in editor.clips()]
    for index in sorted(chosen, reverse=True):
        clip = editor.clips()[index]
        target = clamped(edit.target(clip.length))
        if not edit.goes(clip.length, target):
            continue
        if clip.length > target:
            take_out(editor, clip.start + target, clip.end)
        elif (more := min(target - clip.length, spare(editor, clip))) > 0:
            grow(editor, clip, more)
    if before == [clip.length for clip in editor.clips()]:
        return refused("as_before")
    clips = editor.clips()
    lasting = dict.fromkeys(seconds(clips[index].length) for index in sorted(chosen))
    return applied("each_length", seconds=", ".join(lasting), total=seconds(editor.total))


def _extended(editor: WorkingDraft, clip: PlacedSegment, more: int) -> EditResult:
    more = min(more, spare(editor, clip))
    if more <= 0:
        return refused("cannot_extend")
    grow(editor, clip, more)
    return applied("extended", seconds=seconds(more), total=seconds(editor.total))


def spare(editor: WorkingDraft, clip: PlacedSegment) -> int:
    """Return how much longer a clip can get, in ms: an upload holds only what was recorded."""
    asset = next((a for a in editor.assets if a.filename == meta(clip.node).get("asset")), None)
    if meta(clip.node).get("kind") != "clip" or asset is None or asset.duration is None:
        return LONGEST_MS
    left = asset.duration * 1000 - as_ms(meta(clip.node).get("in"))
    return max(0, int(left / speed_of(clip.node)) - clip.length)


def grow(editor: WorkingDraft, clip: PlacedSegment, by: int) -> None:
    """Make a clip longer by `by` ms and move what follows along."""
    track = editor.main()
    items = timeline.placed(track)
    timeline.set_segments(track, _stretched(items, clip, by))
    if any(item.start >= clip.end for item in items):
        shift_texts(editor, clip.end, by)


def _stretched(items: list[PlacedSegment], clip: PlacedSegment, by: int) -> list[PlacedSegment]:
    moved: list[PlacedSegment] = []
    for item in items:
        if item.node is clip.node:
            moved.append(PlacedSegment(item.node, item.start, item.length + by))
        else:
            moved.append(
                PlacedSegment(
                    item.node, item.start + (by if item.start >= clip.end else 0), item.length
                )
            )
    return moved


def split(editor: WorkingDraft, edit: Split) -> EditResult:
    """Cut a clip in two at a time of the video, or of the clip that is named."""
    chosen = editor.chosen(edit.selector)
    if not chosen or (len(chosen) > 1 and edit.selector.given):
        return refused("no_such_clip")
    clips = editor.clips()
    named = clips[chosen[0]] if edit.selector.given else None
    at = _split_point(editor, edit, named)
    clip = next((c for c in clips if c.start + SHORTEST_MS <= at <= c.end - SHORTEST_MS), None)
    if clip is None:
        return refused("cannot_split", seconds=seconds(at))
    split_at(editor, clip, at)
    return applied("split", seconds=seconds(at))


def _split_point(editor: WorkingDraft, edit: Split, named: PlacedSegment | None) -> int:
    if named is not None:
        inside = edit.at if edit.at is not None else named.length // 2
        # A time past the clip's own end can only be one of the video.
        return named.start + inside if inside < named.length else inside
    return edit.at if edit.at is not None else editor.total // 2


def split_at(editor: WorkingDraft, clip: PlacedSegment, at: int) -> None:
    """Cut a clip in two at a time of the video, in milliseconds."""
    tail = _copy(editor, clip.node)
    _skip(tail, at - clip.start)
    meta(clip.node).pop("fade_out", None)
    halves = [
        PlacedSegment(clip.node, clip.start, at - clip.start),
        PlacedSegment(tail, at, clip.end - at),
    ]
    track = editor.main()
    others = [item for item in timeline.placed(track) if item.node is not clip.node]
    timeline.set_segments(track, [*others, *halves])


def set_speed(editor: WorkingDraft, edit: Speed) -> EditResult:
    """Play clips faster or slower; they get shorter or longer by it, and texts keep their place."""
    chosen = editor.chosen(edit.selector)
    if not chosen:
        return refused("no_such_clip")
    before = editor.clips()
    changed = [_paced(editor, index, edit) for index in chosen]
    if not any(changed):
        return refused("same_speed")
    _carry_texts(editor, before)
    speed = speed_of(editor.clips()[chosen[0]].node)
    return applied("speed", factor=f"{speed:g}", total=seconds(editor.total))


def _paced(editor: WorkingDraft, index: int, edit: Speed) -> bool:
    clip = editor.clips()[index]
    now = speed_of(clip.node)
    exact = min(_FASTEST, max(_SLOWEST, edit.factor * (now if edit.relative else 1.0)))
    speed = round(exact, 3)
    if speed == now:
        return False
    length = max(SHORTEST_MS, round(clip.length * now / exact))
    timeline.own_meta(clip.node)["speed"] = speed
    track = editor.main()
    timeline.set_segments(track, _stretched(timeline.placed(track), clip, length - clip.length))
    return True


def _carry_texts(editor: WorkingDraft, before: list[PlacedSegment]) -> None:
    """Let each text start over the same moment of the same picture as before."""
    after = {id(clip.node): clip for clip in editor.clips()}
    for track in timeline.tracks(editor.draft, TEXT):
        items = timeline.placed(track)
        moved = [
            PlacedSegment(item.node, _carried(item.start, before, after), item.length)
            for item in items
        ]
        if moved != items:
            timeline.set_segments(track, moved)


def _carried(time: int, before: list[PlacedSegment], after: dict[int, PlacedSegment]) -> int:
    for clip in before:
        if clip.start <= time < clip.end:
            new = after[id(clip.node)]
            return new.start + round((time - clip.start) * new.length / clip.length)
    return time


EDITS: Final[Edits] = {Cut: cut, SetLength: set_length, Split: split, Speed: set_speed}
