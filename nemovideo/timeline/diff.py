"""What changed between two timelines, as data and as change_wording.

    for change in project_timeline.diff(earlier):
        print(change.kind, change)       # added Title added: "Paradise Found" (0-3s)

Equal timelines have no differences, and unequal ones always have some: a property that this version
cannot read is told by its name, as `changed`. `apply` turns the older timeline into the newer one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from nemovideo.timeline import change_wording, fields
from nemovideo.timeline.fast_dataclass import unguarded
from nemovideo.timeline.fields import DRAFT, SEGMENT, TRACK, FieldChange, Table, differences
from nemovideo.timeline.matching import Matching, Spot, match, out_of_order
from nemovideo.timeline.parse import parse_timeline
from nemovideo.timeline.timeline import Raw, Segment, Timeline, Track
from nemovideo.timeline.values import Json
from nemovideo.timeline.wording import TrackKind

T = TypeVar("T")

ChangeKind: TypeAlias = Literal[
    "added",
    "removed",
    "replaced",
    "text",
    "renamed",
    "retimed",
    "trimmed",
    "reordered",
    "moved",
    "volume",
    "changed",
]
"""What happened; `changed` is a property that has no word of its own."""

Scope: TypeAlias = Literal["segment", "track", "draft"]
"""What it happened to."""


Told: TypeAlias = tuple[ChangeKind, tuple[FieldChange, ...]]
"""What happened, and the properties that this does not tell."""


class Place(NamedTuple):
    """Where a track stands."""

    track: int
    header: Raw | None = None
    """The track without its segments, where the track is there on this side only."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two timelines; `str()` says it in a sentence.

    A segment to which two things happened has two changes with the same `before` and `after`.
    """

    kind: ChangeKind
    scope: Scope
    track_kind: TrackKind | None = None
    """What the track holds; None for a change of the draft as a whole."""
    track_type: int | None = None
    """The service's number for it."""
    before: Segment | None = None
    """The segment as it was; None where it was not there, and for tracks and the draft."""
    after: Segment | None = None
    """The segment as it is; None where it is gone, and for tracks and the draft."""
    fields: tuple[FieldChange, ...] = field(default=(), hash=False)
    """The properties that differ, where `before` and `after` do not tell."""
    alone: bool = True
    """Whether it is the only segment of its kind, so that its name need not be told."""
    crossed: bool = False
    """Whether it went to another track."""
    old_place: Spot | Place | None = field(default=None, repr=False, hash=False)
    new_place: Spot | Place | None = field(default=None, repr=False, hash=False)
    header: Raw | None = field(default=None, repr=False, hash=False)
    """The new properties of the track or the draft, for a change of one of these."""
    along: Raw | None = field(default=None, repr=False, hash=False)
    """The properties of the draft that came along with its first pieces."""

    def sentence(self, language: str = "en") -> str:
        """Return the change in words.

        Args:
            language: `en`, or any `zh`; others read English.
        """
        return change_wording.sentence(self, language)

    def to_dict(self) -> dict[str, object]:
        """Return the readable part as plain JSON values."""
        return {
            "kind": self.kind,
            "scope": self.scope,
            "track": self.track_kind,
            "before": None if self.before is None else self.before.to_dict(),
            "after": None if self.after is None else self.after.to_dict(),
            "fields": [change._asdict() for change in self.fields],
            "sentence": self.sentence(),
        }

    def __str__(self) -> str:
        return self.sentence()


def diff(newer: Timeline, older: Timeline) -> list[Change]:
    """Return what changed from `older` to `newer`; segments first, track by track, in time.

    Args:
        newer: the timeline as it is.
        older: the timeline as it was.
    """
    if newer == older:
        return []
    found = match(older, newer)
    changes = [
        *_segment_changes(older, newer, found),
        *_track_changes(older, newer, found.lanes),
    ]
    changes.sort(key=_in_reading_order)
    return _with_draft(changes, list(_draft_changes(older, newer)), newer.header)


def _with_draft(pieces: list[Change], draft: list[Change], header: Raw) -> list[Change]:
    """Add the changes of the draft, but not what it has for the first time with its first pieces.

    That a new film has a length, a size and a name is no news beside the film.
    """
    if not pieces or any(change.kind != "added" for change in pieces):
        return pieces + draft
    told = [change for change in draft if any(each.before for each in change.fields)]
    if draft and not told:
        pieces[0] = replace(pieces[0], along=header)
    return pieces + told


def _in_reading_order(change: Change) -> int:
    place = change.new_place or change.old_place or Place(0)
    segment = change.after or change.before
    group = 2 * place.track + (segment is None)
    # One number, as tuples take twice as long to sort: no track is 2 ** 64 ms long.
    return (group << 64) + (segment.start_ms if segment else 0)


def _segment_changes(older: Timeline, newer: Timeline, found: Matching) -> Iterator[Change]:
    crowded = _crowded(older) | _crowded(newer)
    olds, news = _lanes(older, crowded), _lanes(newer, crowded)
    for spot in found.removed:
        yield _segment_change("removed", (), olds[spot.track], spot, None)
    for spot in found.added:
        yield _segment_change("added", (), news[spot.track], None, spot)
    reordered = _reordered(found)
    by_place = len(found.olds) - found.by_place
    for number, (old, new) in enumerate(zip(found.olds, found.news, strict=True)):
        crossed, lane = old.track != new.lane, news[new.track]
        move: ChangeKind | None = (
            "reordered" if number in reordered else "moved" if crossed else None
        )
        kinds, untold = _explain(old.segment, new.segment, number >= by_place, move)
        for kind in kinds:
            yield _segment_change(kind, (), lane, old, new, crossed)
        if untold:
            yield _segment_change("changed", tuple(untold), lane, old, new, crossed)


class _Lane(NamedTuple):
    """What every change on one track has in common."""

    kind: TrackKind
    type: int | None
    alone: bool


_change: Final = unguarded(Change)


def _segment_change(
    kind: ChangeKind,
    told: tuple[FieldChange, ...],
    lane: _Lane,
    old: Spot | None,
    new: Spot | None,
    crossed: bool = False,
) -> Change:
    return _change(
        kind,
        "segment",
        lane.kind,
        lane.type,
        old and old.segment,
        new and new.segment,
        told,
        lane.alone,
        crossed,
        old,
        new,
    )


def _crowded(timeline: Timeline) -> set[tuple[TrackKind, int | None]]:
    counts: Counter[tuple[TrackKind, int | None]] = Counter()
    for track in timeline.tracks:
        counts[track.kind, track.type] += len(track.segments)
    return {kind for kind, count in counts.items() if count > 1}


def _lanes(timeline: Timeline, crowded: set[tuple[TrackKind, int | None]]) -> list[_Lane]:
    return [
        _Lane(track.kind, track.type, (track.kind, track.type) not in crowded)
        for track in timeline.tracks
    ]


def _reordered(found: Matching) -> set[int]:
    """Return the indexes of the fewest that changed places among those that kept their track."""
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for number, (old, new) in enumerate(zip(found.olds, found.news, strict=True)):
        if old.track == new.lane:
            rows[new.track].append(number)
    was, stands = [old.at for old in found.olds], [new.at for new in found.news]
    moved: set[int] = set()
    for row in rows.values():
        row.sort(key=stands.__getitem__)
        late = out_of_order([was[number] for number in row])
        moved.update(row[at] for at in late)
    return moved


def _explain(
    old: Segment, new: Segment, by_place: bool, move: ChangeKind | None
) -> tuple[list[ChangeKind], list[FieldChange]]:
    """Return the kinds of change between two states of one segment, the most telling first.

    With them come the properties that these do not tell. `move` is what is known of its place.
    """
    kinds: list[ChangeKind] = []
    if content := _content(old, new, by_place):
        kinds.append(content)
    if content != "replaced" and (extent := _extent(old, new)):
        kinds.append(extent)
    shifted = old.start_ms != new.start_ms
    if move is None and shifted and not _covers_start(kinds, old, new):
        move = "moved"
    if move:
        kinds.append(move)
    if old.volume != new.volume:
        kinds.append("volume")
    return kinds, _untold(old, new, (*kinds, "moved") if shifted else tuple(kinds))


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


def _untold(old: Segment, new: Segment, kinds: tuple[ChangeKind, ...]) -> list[FieldChange]:
    """Return the properties that differ and that none of `kinds` tells."""
    return [] if old.raw == new.raw else differences(old.raw, new.raw, _told_keys(kinds))


@cache
def _told_keys(kinds: tuple[ChangeKind, ...]) -> frozenset[str]:
    told = {each for kind in kinds for each in _EXPLAINS.get(kind, ())}
    return fields.BOOKKEEPING | {key for key, each in SEGMENT.field_of.items() if each in told}


def _content(old: Segment, new: Segment, by_place: bool) -> ChangeKind | None:
    if new.kind == "text" and old.text != new.text:
        return "text"
    if new.kind != "text" and (old.source != new.source or old.prompt != new.prompt):
        return "replaced"
    if old.name == new.name:
        return None
    # Two names at one place, and more than the name is another: two things rather than one.
    another = by_place and new.kind != "text" and _untold(old, new, ("renamed",))
    return "replaced" if another else "renamed"


def _extent(old: Segment, new: Segment) -> ChangeKind | None:
    if (old.speed or 1) != (new.speed or 1):
        return "retimed"
    cut = (old.source_start_ms or 0) != (new.source_start_ms or 0)
    return "trimmed" if cut or old.duration_ms != new.duration_ms else None


def _covers_start(kinds: Sequence[ChangeKind], old: Segment, new: Segment) -> bool:
    """Whether the sentences so far tell the new start: another thing, or a head cut off."""
    return "replaced" in kinds or ("trimmed" in kinds and old.end_ms == new.end_ms)


def _track_changes(older: Timeline, newer: Timeline, lanes: dict[int, int]) -> Iterator[Change]:
    kept = set(lanes.values())
    for number, track in enumerate(older.tracks):
        if number not in kept and not track.segments:
            yield _track_change("removed", track, Place(number, track.header), None)
    new_order = sorted(lanes)
    swapped = {new_order[at] for at in out_of_order([lanes[new] for new in new_order])}
    for number, track in enumerate(newer.tracks):
        if number not in lanes:
            if not track.segments:
                yield _track_change("added", track, None, Place(number, track.header))
            continue
        here, there = Place(lanes[number]), Place(number)
        if number in swapped:
            yield _track_change("reordered", track, here, there)
        for kind, told in _property_changes(older.tracks[lanes[number]], track, TRACK):
            yield _track_change(kind, track, here, there, told)


def _track_change(
    kind: ChangeKind,
    track: Track,
    old: Place | None,
    new: Place | None,
    told: tuple[FieldChange, ...] = (),
) -> Change:
    return Change(
        kind,
        "track",
        track.kind,
        track.type,
        fields=told,
        old_place=old,
        new_place=new,
        header=track.header,
    )


def _draft_changes(older: Timeline, newer: Timeline) -> Iterator[Change]:
    for kind, told in _property_changes(older, newer, DRAFT):
        yield Change(kind, "draft", fields=told, header=newer.header)


_READABLE: Mapping[object, tuple[ChangeKind, str]] = {
    fields.NAME: ("renamed", "name"),
    fields.VOLUME: ("volume", "volume"),
    fields.MUTED: ("volume", "volume"),
    fields.DURATION: ("changed", "duration_ms"),
    fields.WIDTH: ("changed", "size"),
    fields.HEIGHT: ("changed", "size"),
    fields.FPS: ("changed", "fps"),
}
"""The properties of a track or a draft that have a word of their own: kind and attribute."""


def _property_changes(old: Track | Timeline, new: Track | Timeline, table: Table) -> list[Told]:
    """Return one change for each readable property that differs, and one for all the others."""
    readable: dict[str, Told] = {}
    others: list[FieldChange] = []
    for change in differences(old.header, new.header):
        known = _READABLE.get(table.field_of.get(change.key))
        before, after = (getattr(side, known[1], None) if known else None for side in (old, new))
        if known is None or before == after:
            others.append(change)
        else:
            readable[known[1]] = (known[0], (FieldChange(known[1], before, after),))
    told = list(readable.values())
    return [*told, ("changed", tuple(others))] if others else told


def apply(changes: Iterable[Change], older: Timeline) -> Timeline:
    """Return `older` with the changes made: `apply(new.diff(old), old) == new`.

    Args:
        changes: all that `diff` returned for `older`.
        older: the timeline to start from.
    """
    every = list(changes)
    headers = (change.header if change.scope == "draft" else change.along for change in every)
    draft = next((header for header in headers if header is not None), None)
    tracks = _apply_tracks(every, older)
    header = dict(older.header if draft is None else draft)
    return parse_timeline({**header, "t": tracks} if tracks else header)


def _apply_tracks(changes: list[Change], older: Timeline) -> list[Json]:
    gone = {c.old_place.track for c in changes if c.old_place and c.old_place.header is not None}
    placed: dict[int, tuple[int | None, Json]] = {}
    for change in changes:
        new = change.new_place
        if new and new.header is not None:
            placed[new.track] = (None, new.header)
        elif new and change.scope == "track" and change.old_place:
            gone.add(change.old_place.track)
            placed[new.track] = (change.old_place.track, change.header or {})
    rest = [(at, track.header) for at, track in enumerate(older.tracks) if at not in gone]
    lost, found = _apply_segments(changes)
    return [
        _track_json(header, _arrange(_staying(older, old, lost), found[new]))
        for new, (old, header) in enumerate(_arrange(rest, placed))
    ]


def _apply_segments(
    changes: Iterable[Change],
) -> tuple[set[tuple[int, int]], defaultdict[int, dict[int, Json]]]:
    """Return which segments leave their places, and which ones come to which."""
    lost: set[tuple[int, int]] = set()
    found: defaultdict[int, dict[int, Json]] = defaultdict(dict)
    for change in changes:
        old, new = change.old_place, change.new_place
        if isinstance(old, Spot):
            lost.add((old.track, old.at))
        if isinstance(new, Spot):
            found[new.track][new.at] = new.segment.raw
    return lost, found


def _staying(older: Timeline, track: int | None, lost: set[tuple[int, int]]) -> list[Json]:
    segments = () if track is None else older.tracks[track].segments
    return [segment.raw for at, segment in enumerate(segments) if (track, at) not in lost]


def _track_json(header: Json, segments: list[Json]) -> Json:
    return {**header, "sg": segments} if segments else header


def _arrange(rest: Sequence[T], placed: Mapping[int, T]) -> list[T]:
    """Return `rest` in its order, with each of `placed` at its index."""
    row = list(rest)
    for at in sorted(placed):
        row.insert(at, placed[at])
    return row
