"""Edits of length: cut a stretch out, shorten, extend, split, change the speed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.create import LONGEST_MS, clamped
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import (
    SHORTEST_MS,
    Desk,
    Note,
    note,
    refusal,
)
from nemovideo.sandbox.agents.rule_agent.editing.order import drop_leading_transition, shift_texts
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


def cut(desk: Desk, wish: Cut) -> Note:
    """Take a stretch out of the film, or out of one clip, and close the gap."""
    if wish.each:
        return _cut_each(desk, wish)
    begin, end = 0, desk.total
    if wish.which.said:
        chosen = desk.chosen(wish.which)
        if not chosen:
            return refusal("no_such_clip")
        clip = desk.clips()[chosen[0]]
        begin, end = clip.start, clip.end
    start, length = wish.span.resolve(end - begin, 0)
    if length < SHORTEST_MS or (not wish.keep and wish.span.start >= end - begin):
        return refusal("nothing_there", seconds=seconds(end - begin))
    first, last = begin + start, begin + start + length
    gone = end - begin - length if wish.keep else length
    if desk.total - gone < SHORTEST_MS or gone <= 0:
        return refusal(
            "nothing_left" if gone > 0 else "nothing_there", seconds=seconds(end - begin)
        )
    if wish.keep:
        take_out(desk, last, end)
        take_out(desk, begin, first)
    else:
        take_out(desk, first, last)
    return note("cut", seconds=seconds(gone), total=seconds(desk.total))


def _cut_each(desk: Desk, wish: Cut) -> Note:
    """Take the same stretch out of every clip that is meant; one it would use up stays whole."""
    chosen, before = desk.chosen(wish.which), desk.total
    for index in sorted(chosen or [], reverse=True):
        clip = desk.clips()[index]
        start, length = wish.span.resolve(clip.length, 0)
        if SHORTEST_MS <= length <= clip.length - SHORTEST_MS:
            take_out(desk, clip.start + start, clip.start + start + length)
    gone = before - desk.total
    if not gone:
        return refusal("nothing_there", seconds=seconds(before))
    return note("cut", seconds=seconds(gone), total=seconds(desk.total))


def take_out(desk: Desk, first: int, last: int) -> None:
    """Take the stretch from `first` to `last` (ms) out of the film; what follows moves up."""
    if last <= first:
        return
    for track in timeline.tracks(desk.draft, VIDEO):
        timeline.lay(track, _without(desk, timeline.placed(track), first, last))
    for track in timeline.tracks(desk.draft, AUDIO):
        _move_up(
            track,
            first,
            last,
            lambda item: meta(item.node).get("kind") == "clip" and item.start >= last,
        )
    for track in timeline.tracks(desk.draft, TEXT):
        _move_up(track, first, last, lambda item: not _opening_title(item))
    drop_leading_transition(desk)


def _opening_title(item: PlacedSegment) -> bool:
    return item.start == 0 and meta(item.node).get("role") == "title"


def _move_up(
    track: Json, first: int, last: int, concerned: Callable[[PlacedSegment], bool]
) -> None:
    items = timeline.placed(track)
    kept: list[PlacedSegment] = []
    for item in items:
        if concerned(item):
            start, end = _moved(item.start, first, last), _moved(item.end, first, last)
            item = PlacedSegment(item.node, start, end - start)
        if item.length > 0:
            kept.append(item)
    if kept != items:
        timeline.lay(track, kept)


def _moved(time: int, first: int, last: int) -> int:
    return time if time <= first else max(first, time - (last - first))


def _without(desk: Desk, items: list[PlacedSegment], first: int, last: int) -> list[PlacedSegment]:
    kept: list[PlacedSegment] = []
    for item in items:
        left, right = (
            max(0, min(item.end, first) - item.start),
            max(0, item.end - max(item.start, last)),
        )
        if left == item.length:
            kept.append(item)
        elif right == item.length:
            kept.append(PlacedSegment(item.node, item.start - (last - first), item.length))
        else:
            kept.extend(_remains(desk, item, left, right, first))
    return kept


def _remains(
    desk: Desk, item: PlacedSegment, left: int, right: int, first: int
) -> list[PlacedSegment]:
    """Return what is left of a clip before and after the stretch that went."""
    remains: list[PlacedSegment] = []
    node = item.node
    if right:
        tail = _copy(desk, node) if left else node
        _skip(tail, item.length - right)
        remains.append(PlacedSegment(tail, first, right))
    if left:
        if right:
            meta(node).pop("fade_out", None)
        remains.insert(0, PlacedSegment(node, item.start, left))
    return remains


def _copy(desk: Desk, node: Json) -> Json:
    copied = timeline.clone(node)
    copied["id"] = desk.new_id("sg")
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


def set_length(desk: Desk, wish: SetLength) -> Note:
    """Make the film or a clip as long as wished, or longer or shorter by so much."""
    chosen = desk.chosen(wish.which)
    if not chosen:
        return refusal("no_such_clip")
    if wish.each:
        return _each_as_long(desk, wish, chosen)
    whole = not wish.which.said
    clip = desk.clips()[chosen[-1] if whole else chosen[0]]
    now = desk.total if whole else clip.length
    target = clamped(wish.target(now))
    if target == now:
        return refusal("as_long_already", seconds=seconds(now))
    begin = 0 if whole else clip.start
    if target < now:
        take_out(desk, begin + target, begin + now)
        return note("shortened", seconds=seconds(target))
    return _extended(desk, clip, min(target - now, LONGEST_MS - desk.total))


def _each_as_long(desk: Desk, wish: SetLength, chosen: list[int]) -> Note:
    """Give every clip the same length; one that holds less footage stays as long as it can."""
    before = [clip.length for clip in desk.clips()]
    for index in sorted(chosen, reverse=True):
        clip = desk.clips()[index]
        target = clamped(wish.target(clip.length))
        if clip.length > target:
            take_out(desk, clip.start + target, clip.end)
        elif (more := min(target - clip.length, spare(desk, clip))) > 0:
            grow(desk, clip, more)
    if before == [clip.length for clip in desk.clips()]:
        return refusal("as_before")
    lasting = desk.clips()[chosen[0]].length
    return note("each_length", seconds=seconds(lasting), total=seconds(desk.total))


def _extended(desk: Desk, clip: PlacedSegment, more: int) -> Note:
    more = min(more, spare(desk, clip))
    if more <= 0:
        return refusal("cannot_extend")
    grow(desk, clip, more)
    return note("extended", seconds=seconds(more), total=seconds(desk.total))


def spare(desk: Desk, clip: PlacedSegment) -> int:
    """Return how much longer a clip can get, in ms: an upload holds only what was recorded."""
    asset = next((a for a in desk.assets if a.name == meta(clip.node).get("asset")), None)
    if meta(clip.node).get("kind") != "clip" or asset is None or asset.duration is None:
        return LONGEST_MS
    left = asset.duration * 1000 - as_ms(meta(clip.node).get("in"))
    return max(0, int(left / speed_of(clip.node)) - clip.length)


def grow(desk: Desk, clip: PlacedSegment, by: int) -> None:
    """Make a clip longer by `by` ms and move what follows along."""
    track = desk.main()
    items = timeline.placed(track)
    timeline.lay(track, _stretched(items, clip, by))
    if any(item.start >= clip.end for item in items):
        shift_texts(desk, clip.end, by)


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


def split(desk: Desk, wish: Split) -> Note:
    """Cut a clip in two at a time of the film, or of the clip that is named."""
    chosen = desk.chosen(wish.which)
    if not chosen:
        return refusal("no_such_clip")
    clips = desk.clips()
    named = clips[chosen[0]] if wish.which.said else None
    at = _split_point(desk, wish, named)
    clip = next((c for c in clips if c.start + SHORTEST_MS <= at <= c.end - SHORTEST_MS), None)
    if clip is None:
        return refusal("cannot_split", seconds=seconds(at))
    split_at(desk, clip, at)
    return note("split", seconds=seconds(at))


def _split_point(desk: Desk, wish: Split, named: PlacedSegment | None) -> int:
    if named is not None:
        inside = wish.at if wish.at is not None else named.length // 2
        # A time past the clip's own end can only be one of the film.
        return named.start + inside if inside < named.length else inside
    return wish.at if wish.at is not None else desk.total // 2


def split_at(desk: Desk, clip: PlacedSegment, at: int) -> None:
    """Cut a clip in two at a time of the film, in milliseconds."""
    tail = _copy(desk, clip.node)
    _skip(tail, at - clip.start)
    meta(clip.node).pop("fade_out", None)
    halves = [
        PlacedSegment(clip.node, clip.start, at - clip.start),
        PlacedSegment(tail, at, clip.end - at),
    ]
    track = desk.main()
    others = [item for item in timeline.placed(track) if item.node is not clip.node]
    timeline.lay(track, [*others, *halves])


def set_speed(desk: Desk, wish: Speed) -> Note:
    """Play clips faster or slower; they get shorter or longer by it, and texts keep their place."""
    chosen = desk.chosen(wish.which)
    if not chosen:
        return refusal("no_such_clip")
    before = desk.clips()
    changed = [_paced(desk, index, wish) for index in chosen]
    if not any(changed):
        return refusal("same_speed")
    _carry_texts(desk, before)
    speed = speed_of(desk.clips()[chosen[0]].node)
    return note("speed", factor=f"{speed:g}", total=seconds(desk.total))


def _paced(desk: Desk, index: int, wish: Speed) -> bool:
    clip = desk.clips()[index]
    now = speed_of(clip.node)
    exact = min(_FASTEST, max(_SLOWEST, wish.factor * (now if wish.relative else 1.0)))
    speed = round(exact, 3)
    if speed == now:
        return False
    length = max(SHORTEST_MS, round(clip.length * now / exact))
    timeline.own_meta(clip.node)["speed"] = speed
    track = desk.main()
    timeline.lay(track, _stretched(timeline.placed(track), clip, length - clip.length))
    return True


def _carry_texts(desk: Desk, before: list[PlacedSegment]) -> None:
    """Let each text start over the same moment of the same picture as before."""
    after = {id(clip.node): clip for clip in desk.clips()}
    for track in timeline.tracks(desk.draft, TEXT):
        items = timeline.placed(track)
        moved = [
            PlacedSegment(item.node, _carried(item.start, before, after), item.length)
            for item in items
        ]
        if moved != items:
            timeline.lay(track, moved)


def _carried(time: int, before: list[PlacedSegment], after: dict[int, PlacedSegment]) -> int:
    for clip in before:
        if clip.start <= time < clip.end:
            new = after[id(clip.node)]
            return new.start + round((time - clip.start) * new.length / clip.length)
    return time
