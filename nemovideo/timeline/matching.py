"""Which segment of one timeline is which of another: by identity, then by content, then by place.

Each step looks only at what the steps before it left over, and each is linear, so that long
timelines are matched in the time it takes to read them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, repeat
from operator import itemgetter, lt
from typing import NamedTuple, TypeAlias, TypeVar, cast

from nemovideo.timeline.timeline import Raw, Segment, Timeline, Track

E = TypeVar("E")


class Spot(NamedTuple):
    """A segment and where it stands: the index of its track, and of itself on it."""

    track: int
    at: int
    segment: Segment
    lane: int
    """The index of its track on the older side; below zero where it has none."""
    header: Raw | None
    """The track without its segments, where the track is there on this side only."""


# `Spot(...)` goes through a function for each one, and there is one for each segment.
_spot = cast(
    "Callable[[tuple[int, int, Segment, int, Raw | None]], Spot]",
    partial(tuple[object, ...].__new__, Spot),
)


@dataclass(slots=True)
class Matching:
    """What belongs together, and what is left over on either side."""

    lanes: dict[int, int]
    """Index of a track on the newer side → on the older side."""
    olds: list[Spot] = field(default_factory=list[Spot])
    """What was found again, as it was."""
    news: list[Spot] = field(default_factory=list[Spot])
    """The same, at the same indexes, as it is."""
    by_place: int = 0
    """How many of these, at the end, have nothing in common but where they stand."""
    removed: list[Spot] = field(default_factory=list[Spot])
    added: list[Spot] = field(default_factory=list[Spot])


Keys: TypeAlias = Callable[[Sequence[Spot]], Sequence[Hashable | None]]
"""Tells by what each of some segments is known; None where it is not."""


def match(older: Timeline, newer: Timeline) -> Matching:
    """Find the segments of `older` again in `newer`.

    What stands unchanged at the start and the end of a track is left out: there is nothing to tell.
    """
    lanes = match_tracks(older.tracks, newer.tracks)
    found = Matching(lanes)
    new_of = {old: new for new, old in lanes.items()}
    for old, track in enumerate(older.tracks):
        if old not in new_of:
            found.removed += _spots(old, track, old, track.header)
    for new, track in enumerate(newer.tracks):
        if new not in lanes:
            found.added += _spots(new, track, -1 - new, track.header)
            continue
        old = lanes[new]
        ends = _same_ends(older.tracks[old].segments, track.segments)
        found.removed += _spots(old, older.tracks[old], old, None, *ends)
        found.added += _spots(new, track, old, None, *ends)
    _take(found, _unique_ids(found.removed, found.added))
    if _have_looks_in_common(found.removed, found.added):
        for keys in _CONTENT:
            _take(found, keys)
    _take_places(found)
    return found


def _same_ends(olds: Sequence[Segment], news: Sequence[Segment]) -> tuple[int, int]:
    """Return how many segments are the same at the start and, of the others, at the end."""
    most = min(len(olds), len(news))
    head = next((at for at in range(most) if not _same(olds[at], news[at])), most)
    left = range(1, most - head + 1)
    tail = next((back - 1 for back in left if not _same(olds[-back], news[-back])), most - head)
    return head, tail


def _same(old: Segment, new: Segment) -> bool:
    # Equal segments may have different ids, and then another one may have a better claim.
    return old.id == new.id and old == new


def _spots(
    number: int, track: Track, lane: int, header: Raw | None, head: int = 0, tail: int = 0
) -> list[Spot]:
    inner = range(head, len(track.segments) - tail)
    segments = islice(track.segments, head, inner.stop)
    return list(
        map(_spot, zip(repeat(number), inner, segments, repeat(lane), repeat(header), strict=False))
    )


def match_tracks(older: Sequence[Track], newer: Sequence[Track]) -> dict[int, int]:
    """Return for each track of `newer` that was there before its index in `older`."""
    lanes = _tracks_by_id(older, newer)
    olds, news = _by_type(older, set(lanes.values())), _by_type(newer, set(lanes))
    for kind in olds.keys() & news.keys():
        if len(olds[kind]) == len(news[kind]) == 1:
            lanes[news[kind][0]] = olds[kind][0]
        else:
            lanes |= _match_rivals(older, newer, olds[kind], news[kind])
    return lanes


def _tracks_by_id(older: Sequence[Track], newer: Sequence[Track]) -> dict[int, int]:
    def ids(tracks: Sequence[Track]) -> dict[tuple[int | None, str], int]:
        return {(t.type, t.id): n for n, t in enumerate(tracks) if t.id is not None}

    before = ids(older)
    return {new: before[key] for key, new in ids(newer).items() if key in before}


def _by_type(tracks: Sequence[Track], taken: set[int]) -> dict[int | None, list[int]]:
    numbers: defaultdict[int | None, list[int]] = defaultdict(list)
    for number, track in enumerate(tracks):
        if number not in taken:
            numbers[track.type].append(number)
    return numbers


def _match_rivals(
    older: Sequence[Track], newer: Sequence[Track], olds: list[int], news: list[int]
) -> dict[int, int]:
    """Match tracks of one type: the unchanged, then those that share most, the others in order."""
    lanes: dict[int, int] = {}
    taken: set[int] = set()
    for new, old in (*_unchanged(older, newer, olds, news), *_votes(older, newer, olds, news)):
        if new not in lanes and old not in taken:
            lanes[new] = old
            taken.add(old)
    left = [old for old in olds if old not in taken]
    rest = [new for new in news if new not in lanes]
    return lanes | dict(zip(rest, left, strict=False))


def _unchanged(
    older: Sequence[Track], newer: Sequence[Track], olds: list[int], news: list[int]
) -> Iterator[tuple[int, int]]:
    waiting: defaultdict[Track, deque[int]] = defaultdict(deque)
    for old in olds:
        waiting[older[old]].append(old)
    for new in news:
        if same := waiting.get(newer[new]):
            yield new, same.popleft()


def _votes(
    older: Sequence[Track], newer: Sequence[Track], olds: list[int], news: list[int]
) -> list[tuple[int, int]]:
    """Return pairs of a new and an old track that share segments, the most first."""
    homes: defaultdict[Hashable, set[int]] = defaultdict(set)
    for old in olds:
        for segment in older[old].segments:
            for mark in _marks(segment):
                homes[mark].add(old)
    # What is on several tracks speaks for none of them.
    votes = Counter(
        (new, next(iter(homes[mark])))
        for new in news
        for segment in newer[new].segments
        for mark in _marks(segment)
        if len(homes.get(mark, ())) == 1
    )
    return [pair for pair, _ in votes.most_common()]


def _marks(segment: Segment) -> list[Hashable]:
    marks: list[Hashable] = [] if segment.id is None else [("id", segment.id)]
    looks = _looks(segment)
    return [*marks, looks] if looks else marks


def _looks(segment: Segment) -> tuple[str, str | None, str | None] | None:
    """Return what a segment is recognised by; None where it has no distinguishing mark."""
    said = (segment.text if segment.kind == "text" else None) or segment.name
    return (said, segment.source, segment.prompt) if said or segment.source else None


def _unique_ids(olds: Iterable[Spot], news: Iterable[Spot]) -> Keys:
    """Return a key for ids that stand for one segment on each side; a repeated id tells nothing."""
    silent: set[str | None] = {None}
    for spots in (olds, news):
        counts = Counter([spot.segment.id for spot in spots])
        silent.update(name for name, count in counts.items() if count > 1)

    def keys(spots: Sequence[Spot]) -> list[Hashable | None]:
        segments = [spot.segment for spot in spots]
        return [None if each.id in silent else (each.kind, each.id) for each in segments]

    return keys


def _have_looks_in_common(olds: Iterable[Spot], news: Iterable[Spot]) -> bool:
    before = {_looks(spot.segment) for spot in olds} - {None}
    return any(_looks(spot.segment) in before for spot in news)


def _same_spot(spot: Spot) -> Hashable | None:
    looks, segment = _looks(spot.segment), spot.segment
    return looks and (spot.lane, segment.start_ms, segment.duration_ms, *looks)


def _same_track(spot: Spot) -> Hashable | None:
    looks = _looks(spot.segment)
    return looks and (spot.lane, spot.segment.duration_ms, *looks)


def _same_kind(spot: Spot) -> Hashable | None:
    looks = _looks(spot.segment)
    return looks and (spot.segment.kind, spot.segment.duration_ms, *looks)


def _same_looks(spot: Spot) -> Hashable | None:
    looks = _looks(spot.segment)
    return looks and (spot.lane, *looks)


def _each(key: Callable[[Spot], Hashable | None]) -> Keys:
    return lambda spots: list(map(key, spots))


_CONTENT: tuple[Keys, ...] = (
    *(_each(_same_spot), _each(_same_track)),
    *(_each(_same_kind), _each(_same_looks)),
)


def _take(found: Matching, keys: Keys) -> None:
    """Pair what is left over and has the same key, in order."""
    olds, news = found.removed, found.added
    if not olds or not news:
        return
    first, next_of = _queues(keys(olds))
    taken: set[int] = set()
    added: list[Spot] = []
    for spot, mark in zip(news, keys(news), strict=True):
        at = first.pop(mark, None)
        if at is None:
            added.append(spot)
            continue
        found.olds.append(olds[at])
        found.news.append(spot)
        taken.add(at)
        if at in next_of:
            first[mark] = next_of[at]
    if taken:
        left = [spot for at, spot in enumerate(olds) if at not in taken]
        found.removed = sorted(left, key=_by_index)
        found.added = added


def _queues(marks: Sequence[Hashable | None]) -> tuple[dict[Hashable, int], dict[int, int]]:
    """Return the first index of each mark, and after an index the next one of the same mark."""
    first: dict[Hashable, int] = {}
    next_of: dict[int, int] = {}
    for at in range(len(marks) - 1, -1, -1):
        mark = marks[at]
        if mark is None:
            continue
        if mark in first:
            next_of[at] = first[mark]
        first[mark] = at
    return first, next_of


_by_index: Callable[[Spot], tuple[int, int]] = itemgetter(0, 1)


def _take_places(found: Matching) -> None:
    """Pair what is left over and stands, for the better part, at the same time on one track."""
    olds, news = _by_lane(found.removed), _by_lane(found.added)
    met = [pair for lane in olds.keys() & news.keys() for pair in _meetings(olds[lane], news[lane])]
    if not met:
        return
    found.olds += [old for old, _ in met]
    found.news += [new for _, new in met]
    found.by_place = len(met)
    gone = {_by_index(old) for old, _ in met}
    come = {_by_index(new) for _, new in met}
    found.removed = [spot for spot in found.removed if _by_index(spot) not in gone]
    found.added = [spot for spot in found.added if _by_index(spot) not in come]


def _by_lane(spots: Iterable[Spot]) -> dict[int, list[Spot]]:
    lanes: defaultdict[int, list[Spot]] = defaultdict(list)
    for spot in sorted(spots, key=lambda spot: spot.segment.start_ms):
        lanes[spot.lane].append(spot)
    return lanes


def _meetings(olds: list[Spot], news: list[Spot]) -> list[tuple[Spot, Spot]]:
    met: list[tuple[Spot, Spot]] = []
    old, new = 0, 0
    while old < len(olds) and new < len(news):
        left, right = olds[old].segment, news[new].segment
        if _meet(left, right):
            met.append((olds[old], news[new]))
            old, new = old + 1, new + 1
        elif left.end_ms <= right.end_ms:
            old += 1
        else:
            new += 1
    return met


def _meet(left: Segment, right: Segment) -> bool:
    """Whether two segments share at least half of the shorter one, or start together."""
    shared = min(left.end_ms, right.end_ms) - max(left.start_ms, right.start_ms)
    shorter = min(left.duration_ms, right.duration_ms)
    return left.start_ms == right.start_ms or (shared > 0 and 2 * shared >= shorter)


def out_of_order(values: Sequence[int]) -> set[int]:
    """Return the fewest positions whose removal leaves `values` rising.

    Args:
        values: distinct numbers, here the former places of what stands in a row now.
    """
    if all(map(lt, values, values[1:])):
        return set()
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for position, value in enumerate(values):
        rank = bisect_left(tails, value)
        before.append(ends[rank - 1] if rank else -1)
        if rank == len(tails):
            tails.append(value)
            ends.append(position)
        else:
            tails[rank], ends[rank] = value, position
    kept: set[int] = set()
    position = ends[-1] if ends else -1
    while position >= 0:
        kept.add(position)
        position = before[position]
    return set(range(len(values))) - kept
