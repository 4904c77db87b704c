"""Which segment of one timeline is which of another: by identity, then by content, then by place.

Each step looks only at what the steps before it left over, and each is linear, so that long
timelines are matched in the time it takes to read them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import lt
from typing import NamedTuple, TypeAlias, TypeVar

from .timeline import Raw, Segment, Timeline, Track

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


class Pair(NamedTuple):
    """The same segment before and after."""

    old: Spot
    new: Spot
    by_place: bool = False
    """Whether they have nothing in common but where they stand."""

    @property
    def crossed(self) -> bool:
        """Whether it went to another track."""
        return self.old.track != self.new.lane


@dataclass(slots=True)
class Matching:
    """What belongs together, and what is left over on either side."""

    lanes: dict[int, int]
    """Index of a track on the newer side → on the older side."""
    pairs: list[Pair] = field(default_factory=list[Pair])
    removed: list[Spot] = field(default_factory=list[Spot])
    added: list[Spot] = field(default_factory=list[Spot])


Key: TypeAlias = Callable[[Spot], Hashable | None]


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
        for key in _CONTENT:
            _take(found, key)
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
    return [Spot(number, index, track.segments[index], lane, header) for index in inner]


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


def _unique_ids(olds: Iterable[Spot], news: Iterable[Spot]) -> Key:
    """Return a key for ids that stand for one segment on each side; a repeated id tells nothing."""
    repeated = {
        name
        for spots in (olds, news)
        for name, count in Counter(spot.segment.id for spot in spots).items()
        if count > 1
    }

    def key(spot: Spot) -> Hashable | None:
        name = spot.segment.id
        return None if name is None or name in repeated else (spot.segment.kind, name)

    return key


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


_CONTENT: tuple[Key, ...] = (_same_spot, _same_track, _same_kind, _same_looks)


def _take(found: Matching, key: Key) -> None:
    """Pair what is left over and has the same key, in order."""
    if not found.removed or not found.added:
        return
    waiting: defaultdict[Hashable, list[Spot]] = defaultdict(list)
    nameless: list[Spot] = []
    for spot in reversed(found.removed):  # The earliest is taken first, from the end of its list.
        mark = key(spot)
        (nameless if mark is None else waiting[mark]).append(spot)
    added: list[Spot] = []
    for spot in found.added:
        mark = key(spot)
        if mark is not None and (olds := waiting.get(mark)):
            found.pairs.append(Pair(olds.pop(), spot))
        else:
            added.append(spot)
    if len(added) < len(found.added):
        left = [spot for olds in waiting.values() for spot in olds]
        found.removed = sorted(nameless + left, key=_by_index)
        found.added = added


def _by_index(spot: Spot) -> tuple[int, int]:
    return (spot.track, spot.at)


def _take_places(found: Matching) -> None:
    """Pair what is left over and stands, for the better part, at the same time on one track."""
    olds, news = _by_lane(found.removed), _by_lane(found.added)
    met = [
        Pair(old, new, by_place=True)
        for lane in olds.keys() & news.keys()
        for old, new in _meetings(olds[lane], news[lane])
    ]
    found.pairs.extend(met)
    gone = {_by_index(pair.old) for pair in met}
    come = {_by_index(pair.new) for pair in met}
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
        tails[rank : rank + 1] = [value]
        ends[rank : rank + 1] = [position]
    kept: set[int] = set()
    position = ends[-1] if ends else -1
    while position >= 0:
        kept.add(position)
        position = before[position]
    return set(range(len(values))) - kept
