"""What changed between two timelines.

Equal timelines have no changes, and unequal ones always have some: a property that this version
cannot read is reported by its name, as `changed`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, TypeAlias, cast

from nemovideo.timeline import fields
from nemovideo.timeline.change import Change, ChangeKind
from nemovideo.timeline.elements import BaseTimeline, Segment, Track
from nemovideo.timeline.fast_dataclass import fast_init
from nemovideo.timeline.fields import DRAFT, SEGMENT, TRACK, FieldChange, FieldReader, diff_fields
from nemovideo.timeline.matching import Matching, SegmentPosition, match, out_of_order
from nemovideo.timeline.roles import role_of
from nemovideo.timeline.wording import TrackKind

_change: Final = fast_init(Change)


def diff(newer: BaseTimeline, older: BaseTimeline) -> list[Change]:
    """Return what changed, track by track, segments first, in time order."""
    if newer == older:
        return []
    found = match(older, newer)
    changes = [
        *_segment_changes(older, newer, found),
        *_track_changes(older, newer, found.tracks),
    ]
    changes.sort(key=_reading_order)
    draft = list(_draft_changes(older, newer))
    if changes and all(change.kind == "added" for change in changes):
        # Length, size and name of a new video are not worth a line next to its segments.
        draft = [change for change in draft if any(each.before for each in change.fields)]
    # A video that is called after its title: the change of the title says it.
    titles = {(each.before.text, each.after.text) for each in changes if each.before and each.after}
    if (older.name, newer.name) in titles:
        draft = [change for change in draft if change.kind != "renamed"]
    return changes + draft


def _reading_order(change: Change) -> int:
    track = change.old_track if change.new_track is None else change.new_track
    segment = change.after or change.before
    group = 2 * (track or 0) + (segment is None)
    # One number, as tuples take twice as long to sort: no track is 2 ** 64 ms long.
    return (group << 64) + (segment.start_ms if segment else 0)


def _segment_changes(older: BaseTimeline, newer: BaseTimeline, found: Matching) -> Iterator[Change]:
    crowded = _crowded(older) | _crowded(newer)
    joined = dict(_splits_and_merges(found))

    def change(
        kind: ChangeKind,
        track: Track,
        old: SegmentPosition | None,
        new: SegmentPosition | None,
        properties: tuple[FieldChange, ...] = (),
        parts: tuple[Segment, ...] = (),
    ) -> Change:
        segment = new.segment if new else old and old.segment
        return _change(
            kind,
            "segment",
            track.kind,
            track.type,
            old and old.segment,
            new and new.segment,
            properties,
            (track.kind, track.type) not in crowded,
            bool(old and new and old.track != new.old_track),
            old and old.track,
            new and new.track,
            role_of(segment, track),
            parts,
        )

    for old in found.removed:
        yield change("removed", older.tracks[old.track], old, None)
    for new in found.added:
        yield change("added", newer.tracks[new.track], None, new)
    reordered = _reordered(found)
    by_time = len(found.olds) - found.by_time
    for at, (old, new) in enumerate(zip(found.olds, found.news, strict=True)):
        changed_track = old.track != new.old_track
        move: ChangeKind | None = (
            "reordered" if at in reordered else "moved" if changed_track else None
        )
        track = newer.tracks[new.track]
        if at in joined:
            kind, parts, old, new = joined[at]
            yield change(kind, track, old, new, (), parts)
            continue
        for kind, properties in _explain(old.segment, new.segment, at >= by_time, move):
            yield change(kind, track, old, new, properties)


_Joined: TypeAlias = tuple[ChangeKind, tuple[Segment, ...], SegmentPosition, SegmentPosition]


def _splits_and_merges(found: Matching) -> Iterator[tuple[int, _Joined]]:
    """Yield the pairs of which one side is the other in pieces, and take the pieces out."""
    for kind, rest in (("split", found.added), ("merged", found.removed)):
        waiting: defaultdict[object, list[SegmentPosition]] = defaultdict(list)
        for each in rest:
            waiting[_content_key(each)].append(each)
        if not waiting:
            continue
        for at, (old, new) in enumerate(zip(found.olds, found.news, strict=True)):
            one, piece = (old, new) if kind == "split" else (new, old)
            others = waiting.get(_content_key(piece), [])
            pieces = sorted((piece, *others), key=lambda each: each.segment.start_ms)
            if others and _content_key(one) == _content_key(piece) and _fills(one, pieces):
                for each in others:
                    rest.remove(each)
                waiting[_content_key(piece)] = []
                first, *parts = pieces if kind == "split" else [piece, *others]
                tail = tuple(each.segment for each in parts)
                pair = (old, first) if kind == "split" else (first, new)
                yield at, (cast("ChangeKind", kind), tail, *pair)


def _content_key(place: SegmentPosition) -> object:
    segment = place.segment
    return place.old_track, segment.source or segment.name, segment.text, segment.speed


def _fills(one: SegmentPosition, pieces: list[SegmentPosition]) -> bool:
    """Whether pieces that follow one another last as long as the whole."""
    ends = [each.segment.end_ms for each in pieces[:-1]]
    starts = [each.segment.start_ms for each in pieces[1:]]
    lasting = sum(each.segment.duration_ms for each in pieces)
    apart = max(abs(end - start) for end, start in zip(ends, starts, strict=True))
    return apart <= _A_FRAME and abs(lasting - one.segment.duration_ms) <= _A_FRAME


_A_FRAME: Final = 50
"""Milliseconds within which two places are the same."""


def _crowded(timeline: BaseTimeline) -> set[tuple[TrackKind, int | None]]:
    counts: Counter[tuple[TrackKind, int | None]] = Counter()
    for track in timeline.tracks:
        counts[track.kind, track.type] += len(track.segments)
    return {kind for kind, count in counts.items() if count > 1}


def _reordered(found: Matching) -> set[int]:
    """Return the indexes of the fewest pairs that changed places on a track."""
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for number, (old, new) in enumerate(zip(found.olds, found.news, strict=True)):
        if old.track == new.old_track:
            rows[new.track].append(number)
    before, after = [old.position for old in found.olds], [new.position for new in found.news]
    reordered: set[int] = set()
    for row in rows.values():
        row.sort(key=after.__getitem__)
        late = out_of_order([before[number] for number in row])
        reordered.update(row[at] for at in late)
    return reordered


_Happened: TypeAlias = tuple[ChangeKind, tuple[FieldChange, ...]]
"""A kind of change, and the properties that differ but are not implied by it."""


def _explain(old: Segment, new: Segment, by_time: bool, move: ChangeKind | None) -> list[_Happened]:
    """Return the changes between two states of one segment, the most important first.

    Args:
        by_time: whether the two were paired by their time alone.
        move: what is known of its place on the track.
    """
    kinds: list[ChangeKind] = []
    if content := _content(old, new, by_time):
        kinds.append(content)
    if content != "replaced" and (extent := _extent(old, new)):
        kinds.append(extent)
    shifted = old.start_ms != new.start_ms
    # A replacement, or a head cut off, implies the new start.
    implied = "replaced" in kinds or ("trimmed" in kinds and old.end_ms == new.end_ms)
    if move is None and shifted and not implied:
        move = "moved"
    if move:
        kinds.append(move)
    if old.volume != new.volume:
        kinds.append("volume")
    happened: list[_Happened] = [(kind, ()) for kind in kinds]
    if shifted:
        kinds.append("moved")
    rest = _unexplained(old, new, tuple(kinds))
    if _is_named_by_text(new):
        # Unless it is all that differs.
        rest = _unexplained(old, new, (*kinds, "renamed")) or ([] if kinds else rest)
    return [*happened, ("changed", tuple(rest))] if rest else happened


_EXPLAINS: Mapping[ChangeKind, tuple[object, ...]] = {
    "replaced": (
        *(fields.SOURCE, fields.PROMPT, fields.NAME, fields.SPEED),
        *(fields.SOURCE_START, fields.DURATION, fields.END),
    ),
    "text": (fields.TEXT, fields.NAME),
    "renamed": (fields.NAME,),
    "retimed": (fields.SPEED, fields.DURATION, fields.END),
    "trimmed": (fields.SOURCE_START, fields.DURATION, fields.END),
    "moved": (fields.START, fields.END),
    "volume": (fields.VOLUME, fields.MUTED),
}


def _unexplained(old: Segment, new: Segment, kinds: tuple[ChangeKind, ...]) -> list[FieldChange]:
    """Return the properties that differ and are not implied by `kinds`."""
    return [] if old.raw == new.raw else diff_fields(old.raw, new.raw, _explained_keys(kinds))


@cache
def _explained_keys(kinds: tuple[ChangeKind, ...]) -> frozenset[str]:
    explained = {each for kind in kinds for each in _EXPLAINS.get(kind, ())}
    return fields.BOOKKEEPING | {key for key, each in SEGMENT.field_of.items() if each in explained}


def _content(old: Segment, new: Segment, by_time: bool) -> ChangeKind | None:
    if new.kind == "text" and old.text != new.text:
        return "text"
    if new.kind != "text" and (old.source != new.source or old.prompt != new.prompt):
        return "replaced"
    if old.name == new.name or _is_named_by_text(new):
        return None
    if not by_time or new.kind == "text":
        return "renamed"
    # Another name at the same time, and another id or other properties: another segment.
    other_id = None not in (old.id, new.id) and old.id != new.id
    return "replaced" if other_id or _unexplained(old, new, ("renamed",)) else "renamed"


def _is_named_by_text(segment: Segment) -> bool:
    return segment.kind == "text" and segment.name == segment.text


def _extent(old: Segment, new: Segment) -> ChangeKind | None:
    if (old.speed or 1) != (new.speed or 1):
        return "retimed"
    cut = (old.source_start_ms or 0) != (new.source_start_ms or 0)
    return "trimmed" if cut or old.duration_ms != new.duration_ms else None


def _track_changes(
    older: BaseTimeline, newer: BaseTimeline, tracks: dict[int, int]
) -> Iterator[Change]:
    matched = set(tracks.values())
    for number, track in enumerate(older.tracks):
        if number not in matched and not track.segments:
            yield _track_change("removed", track, number, None)
    new_order = sorted(tracks)
    swapped = {new_order[at] for at in out_of_order([tracks[new] for new in new_order])}
    for number, track in enumerate(newer.tracks):
        old = tracks.get(number)
        if old is None:
            if not track.segments:
                yield _track_change("added", track, None, number)
            continue
        if number in swapped:
            yield _track_change("reordered", track, old, number)
        for kind, properties in _property_changes(older.tracks[old], track, TRACK):
            yield _track_change(kind, track, old, number, properties)


def _track_change(
    kind: ChangeKind,
    track: Track,
    old: int | None,
    new: int | None,
    properties: tuple[FieldChange, ...] = (),
) -> Change:
    return Change(
        kind,
        "track",
        track.kind,
        track.type,
        fields=properties,
        old_track=old,
        new_track=new,
        role=role_of(None, track),
    )


def _draft_changes(older: BaseTimeline, newer: BaseTimeline) -> Iterator[Change]:
    for kind, properties in _property_changes(older, newer, DRAFT):
        yield Change(kind, "draft", fields=properties)


_READABLE: Mapping[object, tuple[ChangeKind, str]] = {
    fields.NAME: ("renamed", "name"),
    fields.VOLUME: ("volume", "volume"),
    fields.MUTED: ("volume", "volume"),
    fields.DURATION: ("changed", "duration_ms"),
    fields.WIDTH: ("changed", "size"),
    fields.HEIGHT: ("changed", "size"),
    fields.FPS: ("changed", "fps"),
}
"""The properties of a track or draft that are attributes too: kind of change and attribute."""


def _property_changes(
    old: Track | BaseTimeline, new: Track | BaseTimeline, reader: FieldReader
) -> list[_Happened]:
    """Return one change for each readable property that differs, and one for all the others."""
    readable: dict[str, _Happened] = {}
    others: list[FieldChange] = []
    for change in diff_fields(old.header, new.header):
        known = _READABLE.get(reader.field_of.get(change.key))
        before, after = (getattr(side, known[1], None) if known else None for side in (old, new))
        if known is None or before == after:
            others.append(change)
        else:
            readable[known[1]] = (known[0], (FieldChange(known[1], before, after),))
    happened = list(readable.values())
    return [*happened, ("changed", tuple(others))] if others else happened
