"""Which segment of one timeline is which of another: by id, then by content, then by time.

Each step pairs only what the steps before it left over, and each takes linear time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat
from operator import itemgetter, lt
from typing import NamedTuple, TypeAlias, cast

from nemovideo.timeline.elements import BaseTimeline, Segment, Track


class SegmentPosition(NamedTuple):
    """A segment, the index of its track, and its own index (`position`) on that track."""

    track: int
    position: int
    segment: Segment
    old_track: int
    """Index of its track on the older side; below zero if it has none."""


# `SegmentPosition(...)` takes three times as long, and there is one for each segment.
_position = cast(
    "Callable[[tuple[int, int, Segment, int]], SegmentPosition]",
    partial(tuple[object, ...].__new__, SegmentPosition),
)


@dataclass(slots=True)
class Matching:
    """The pairs, and what is left over on either side."""

    tracks: dict[int, int]
    """Index of a track on the newer side → on the older side."""
    olds: list[SegmentPosition] = field(default_factory=list[SegmentPosition])
    """The older one of each pair."""
    news: list[SegmentPosition] = field(default_factory=list[SegmentPosition])
    """The newer one of each pair, in the same order."""
    by_time: int = 0
    """How many of the pairs, at the end, have nothing in common but their time."""
    removed: list[SegmentPosition] = field(default_factory=list[SegmentPosition])
    added: list[SegmentPosition] = field(default_factory=list[SegmentPosition])


Key: TypeAlias = Callable[[SegmentPosition], Hashable | None]
"""Returns what a segment is paired by, None if it is not to be paired."""


def match(older: BaseTimeline, newer: BaseTimeline) -> Matching:
    """Pair the segments of two timelines, without those unchanged at both ends of a track."""
    tracks = match_tracks(older.tracks, newer.tracks)
    found = Matching(tracks)
    matched = set(tracks.values())
    for old, track in enumerate(older.tracks):
        if old not in matched:
            found.removed += _positions(old, track, old)
    for new, track in enumerate(newer.tracks):
        if new not in tracks:
            found.added += _positions(new, track, -1 - new)
            continue
        old = tracks[new]
        ends = _same_ends(older.tracks[old].segments, track.segments)
        found.removed += _positions(old, older.tracks[old], old, *ends)
        found.added += _positions(new, track, old, *ends)
    _pair(found, _unique_ids(found.removed, found.added))
    if _share_content(found.removed, found.added):
        for key in _CONTENT_KEYS:
            _pair(found, key)
    _pair_by_time(found)
    return found


def _same_ends(olds: Sequence[Segment], news: Sequence[Segment]) -> tuple[int, int]:
    """Return how many segments are the same at the start and, of the others, at the end."""
    most = min(len(olds), len(news))
    head = next((at for at in range(most) if not _same(olds[at], news[at])), most)
    left = range(1, most - head + 1)
    tail = next((back - 1 for back in left if not _same(olds[-back], news[-back])), most - head)
    return head, tail


def _same(old: Segment, new: Segment) -> bool:
    # Equal segments may have different ids, and then another one may be the better match.
    return old.id == new.id and old == new


def _positions(
    number: int, track: Track, old_track: int, head: int = 0, tail: int = 0
) -> list[SegmentPosition]:
    inner = range(head, len(track.segments) - tail)
    segments = track.segments[head : inner.stop]
    return list(map(_position, zip(repeat(number), inner, segments, repeat(old_track))))


def match_tracks(older: Sequence[Track], newer: Sequence[Track]) -> dict[int, int]:
    """Return for each track of `newer` that was there before its index in `older`."""
    before, after = _ids(older), _ids(newer)
    matched = {new: before[key] for key, new in after.items() if key in before}
    olds, news = _by_type(older, set(matched.values())), _by_type(newer, set(matched))
    for kind in olds.keys() & news.keys():
        matched |= _match_same_type(older, newer, olds[kind], news[kind])
    return matched


def _ids(tracks: Sequence[Track]) -> dict[tuple[int | None, str], int]:
    return {(t.type, t.id): number for number, t in enumerate(tracks) if t.id is not None}


def _by_type(tracks: Sequence[Track], matched: set[int]) -> dict[int | None, list[int]]:
    numbers: defaultdict[int | None, list[int]] = defaultdict(list)
    for number, track in enumerate(tracks):
        if number not in matched:
            numbers[track.type].append(number)
    return numbers


def _match_same_type(
    older: Sequence[Track], newer: Sequence[Track], olds: list[int], news: list[int]
) -> dict[int, int]:
    """Match tracks of one type: the unchanged, then those that share most, the others in order."""
    if len(olds) == len(news) == 1:
        return {news[0]: olds[0]}
    matched: dict[int, int] = {}
    used: set[int] = set()
    for new, old in chain(_unchanged(older, newer, olds, news), _votes(older, newer, olds, news)):
        if new not in matched and old not in used:
            matched[new] = old
            used.add(old)
    left = [old for old in olds if old not in used]
    rest = [new for new in news if new not in matched]
    return matched | dict(zip(rest, left, strict=False))


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
    tracks_of: defaultdict[Hashable, set[int]] = defaultdict(set)
    for old in olds:
        for segment in older[old].segments:
            for mark in _marks(segment):
                tracks_of[mark].add(old)
    # What is on several tracks identifies none of them.
    votes = Counter(
        (new, next(iter(tracks_of[mark])))
        for new in news
        for segment in newer[new].segments
        for mark in _marks(segment)
        if len(tracks_of.get(mark, ())) == 1
    )
    return [pair for pair, _ in votes.most_common()]


def _marks(segment: Segment) -> list[Hashable]:
    marks: list[Hashable] = [] if segment.id is None else [("id", segment.id)]
    content = _content(segment)
    return [*marks, content] if content else marks


def _content(segment: Segment) -> tuple[str, str | None, str | None] | None:
    """Return what a segment is recognised by; None if it has no distinguishing mark."""
    words = (segment.text if segment.kind == "text" else None) or segment.name
    return (words, segment.source, segment.prompt) if words or segment.source else None


def _unique_ids(olds: Iterable[SegmentPosition], news: Iterable[SegmentPosition]) -> Key:
    """Return the key for ids that occur once on each side."""
    ignored: set[str | None] = {None}
    for positions in (olds, news):
        counts = Counter([each.segment.id for each in positions])
        ignored.update(name for name, count in counts.items() if count > 1)

    def key(position: SegmentPosition) -> Hashable | None:
        segment = position.segment
        return None if segment.id in ignored else (segment.kind, segment.id)

    return key


def _share_content(olds: Iterable[SegmentPosition], news: Iterable[SegmentPosition]) -> bool:
    before = {_content(each.segment) for each in olds} - {None}
    return any(_content(each.segment) in before for each in news)


def _content_key(place: Callable[[SegmentPosition], Hashable]) -> Key:
    """Return the key for a segment's content and its `place`."""

    def key(position: SegmentPosition) -> Hashable | None:
        content = _content(position.segment)
        return content and (place(position), content)

    return key


_CONTENT_KEYS: tuple[Key, ...] = (
    _content_key(lambda at: (at.old_track, at.segment.start_ms, at.segment.duration_ms)),
    _content_key(lambda at: (at.old_track, at.segment.duration_ms)),
    _content_key(lambda at: (at.segment.kind, at.segment.duration_ms)),
    _content_key(lambda at: at.old_track),
)
"""From the strictest to the loosest."""


def _pair(found: Matching, key: Key) -> None:
    """Pair what is left over and has the same key, in order."""
    olds, news = found.removed, found.added
    if not olds or not news:
        return
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for at in reversed(range(len(olds))):
        if (mark := key(olds[at])) is not None:
            waiting[mark].append(at)
    paired: set[int] = set()
    added: list[SegmentPosition] = []
    for new in news:
        if same := waiting.get(key(new)):
            at = same.pop()
            paired.add(at)
            found.olds.append(olds[at])
            found.news.append(new)
        else:
            added.append(new)
    if paired:
        left = [old for at, old in enumerate(olds) if at not in paired]
        found.removed = sorted(left, key=_by_position)
        found.added = added


_by_position: Callable[[SegmentPosition], tuple[int, int]] = itemgetter(0, 1)


def _pair_by_time(found: Matching) -> None:
    """Pair what is left over and is mostly at the same time on one track."""
    olds, news = _by_track(found.removed), _by_track(found.added)
    pairs = [
        pair for track in olds.keys() & news.keys() for pair in _overlaps(olds[track], news[track])
    ]
    if not pairs:
        return
    found.olds += [old for old, _ in pairs]
    found.news += [new for _, new in pairs]
    found.by_time = len(pairs)
    paired_olds = {_by_position(old) for old, _ in pairs}
    paired_news = {_by_position(new) for _, new in pairs}
    found.removed = [old for old in found.removed if _by_position(old) not in paired_olds]
    found.added = [new for new in found.added if _by_position(new) not in paired_news]


def _by_track(positions: Iterable[SegmentPosition]) -> dict[int, list[SegmentPosition]]:
    tracks: defaultdict[int, list[SegmentPosition]] = defaultdict(list)
    for position in sorted(positions, key=lambda position: position.segment.start_ms):
        tracks[position.old_track].append(position)
    return tracks


def _overlaps(
    olds: list[SegmentPosition], news: list[SegmentPosition]
) -> Iterator[tuple[SegmentPosition, SegmentPosition]]:
    old, new = 0, 0
    while old < len(olds) and new < len(news):
        left, right = olds[old].segment, news[new].segment
        if _overlap(left, right):
            yield olds[old], news[new]
            old, new = old + 1, new + 1
        elif left.end_ms <= right.end_ms:
            old += 1
        else:
            new += 1


def _overlap(left: Segment, right: Segment) -> bool:
    """Return True if they share at least half of the shorter one, or start together."""
    shared = min(left.end_ms, right.end_ms) - max(left.start_ms, right.start_ms)
    shorter = min(left.duration_ms, right.duration_ms)
    return left.start_ms == right.start_ms or (shared > 0 and 2 * shared >= shorter)


def out_of_order(values: Sequence[int]) -> set[int]:
    """Return the fewest positions whose removal leaves the (distinct) `values` rising."""
    if all(map(lt, values, values[1:])):
        return set()
    # For each length of a rising run, the position of its smallest end so far.
    ends: list[int] = []
    before: list[int] = []
    for position, value in enumerate(values):
        rank = bisect_left(ends, value, key=values.__getitem__)
        before.append(ends[rank - 1] if rank else -1)
        ends[rank : rank + 1] = [position]
    rising: set[int] = set()
    position = ends[-1]
    while position >= 0:
        rising.add(position)
        position = before[position]
    return set(range(len(values))) - rising
