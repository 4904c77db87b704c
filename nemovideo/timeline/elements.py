"""What a timeline is made of: segments, tracks, gaps, and the timeline's own fields.

All are frozen. What this version cannot read stays in `raw` and `header`, so that two timelines are
equal only if a person could not tell them apart.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias

from nemovideo.timeline import wording
from nemovideo.timeline.fields import diff_fields
from nemovideo.timeline.wording import TrackKind

Raw: TypeAlias = Mapping[str, object]

_SEGMENT_FIELDS: Final = (
    *("id", "kind", "name", "text", "start_ms", "duration_ms"),
    *("volume", "source", "source_start_ms", "speed"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A piece of video, sound or text on a track.

    Segments are equal if they read the same and have the same properties; ids do not count.
    """

    kind: TrackKind
    start_ms: int
    """Where it starts on the timeline, in milliseconds."""
    duration_ms: int
    """How long it lasts on the timeline, in milliseconds."""
    name: str = ""
    """Its name; empty if the draft has none."""
    text: str | None = None
    """The words of a title or subtitle."""
    volume: float | None = None
    """A fraction of 1; None if the draft does not say."""
    source: str | None = None
    """URL or file name of its media."""
    id: str | None = None
    prompt: str | None = None
    """What it was generated from."""
    source_start_ms: int | None = None
    """Where playback starts in the source, in milliseconds."""
    speed: float | None = None
    """Playback speed; 1 is as recorded."""
    raw: Raw = field(default_factory=dict[str, object], repr=False)
    """The service's JSON. Do not modify it."""

    @property
    def end_ms(self) -> int:
        """Where it ends on the timeline, in milliseconds."""
        return self.start_ms + self.duration_ms

    def to_dict(self) -> dict[str, object]:
        """Return the readable fields as plain JSON values."""
        return {name: getattr(self, name) for name in _SEGMENT_FIELDS}

    def __str__(self) -> str:
        return wording.describe(self)

    def __repr__(self) -> str:
        return f"<Segment {self.kind}: {wording.describe(self)}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segment):
            return NotImplemented
        extent = (self.kind, self.start_ms, self.duration_ms)
        if extent != (other.kind, other.start_ms, other.duration_ms):
            return False
        return self.raw == other.raw or not diff_fields(self.raw, other.raw)

    def __hash__(self) -> int:
        return hash((self.kind, self.start_ms, self.duration_ms))


@dataclass(frozen=True, slots=True)
class Gap:
    """A time range of a track with nothing in it, before or between its segments."""

    track: int
    """Index of the track in `Timeline.tracks`."""
    start_ms: int
    end_ms: int

    @property
    def duration_ms(self) -> int:
        """How long it lasts, in milliseconds."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A track of the timeline."""

    kind: TrackKind
    type: int | None
    """The service's number: 0 video, 1 audio, 7 text; others are of kind "unknown"."""
    segments: tuple[Segment, ...] = ()
    name: str = ""
    volume: float | None = None
    """A fraction of 1, for the whole track; None if the draft does not say."""
    id: str | None = None
    header: Raw = field(default_factory=dict[str, object], repr=False)
    """The service's JSON without the segments. Do not modify it."""

    @property
    def start_ms(self) -> int:
        """Where the earliest segment starts, in milliseconds."""
        return min((segment.start_ms for segment in self.segments), default=0)

    @property
    def end_ms(self) -> int:
        """Where the last segment ends, in milliseconds."""
        return max((each.start_ms + each.duration_ms for each in self.segments), default=0)

    def layers(self) -> list[list[Segment]]:
        """Return the segments in rows without overlaps, each in time order; usually one row."""
        rows: list[list[Segment]] = []
        free: list[tuple[int, int]] = []
        for segment in sorted(self.segments, key=lambda segment: segment.start_ms):
            if free and free[0][0] <= segment.start_ms:
                number = heapq.heappop(free)[1]
            else:
                number = len(rows)
                rows.append([])
            rows[number].append(segment)
            heapq.heappush(free, (segment.end_ms, number))
        return rows

    def to_dict(self) -> dict[str, object]:
        """Return the readable fields as plain JSON values."""
        readable = {name: getattr(self, name) for name in ("id", "kind", "type", "name", "volume")}
        return {**readable, "segments": [segment.to_dict() for segment in self.segments]}

    def __repr__(self) -> str:
        return f"<Track {self.kind}: {len(self.segments)} segments>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Track):
            return NotImplemented
        same = self.header == other.header or not diff_fields(self.header, other.header)
        return same and self.type == other.type and self.segments == other.segments

    def __hash__(self) -> int:
        return hash((self.type, self.segments))


@dataclass(frozen=True, eq=False)
class BaseTimeline:
    """The fields of a timeline, and what follows from them alone."""

    tracks: tuple[Track, ...] = ()
    duration_ms: int = 0
    """The whole length in milliseconds: the draft's own, else the end of the last segment."""
    name: str = ""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    header: Raw = field(default_factory=dict[str, object], repr=False)
    """The service's JSON without the tracks. Do not modify it."""

    @property
    def end_ms(self) -> int:
        """Where the last segment of any track ends, in milliseconds."""
        return max((track.end_ms for track in self.tracks), default=0)

    @property
    def size(self) -> str | None:
        """Width and height as `1920x1080`; None if the draft does not say."""
        return f"{self.width}x{self.height}" if self.width and self.height else None

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """The time ranges with nothing in them, before and between the segments of each track."""
        gaps: list[Gap] = []
        for number, track in enumerate(self.tracks):
            covered = 0
            for segment in sorted(track.segments, key=lambda segment: segment.start_ms):
                if segment.start_ms > covered:
                    gaps.append(Gap(number, covered, segment.start_ms))
                covered = max(covered, segment.end_ms)
        return tuple(gaps)

    def at(self, ms: float) -> tuple[Segment, ...]:
        """Return the segments that play at a time, in the order of the tracks.

        Args:
            ms: milliseconds from the start of the timeline. A segment's end is not part of it.
        """
        every = (segment for track in self.tracks for segment in track.segments)
        return tuple(segment for segment in every if segment.start_ms <= ms < segment.end_ms)

    def details(self, language: str = "en") -> str:
        """Return one line for each segment, under its track.

        Args:
            language: `en`, or any `zh`; others read English.
        """
        lang = wording.language_of(language)
        comma, colon = (", ", ": ") if lang == "en" else ("，", "：")
        length = wording.length(self.duration_ms, lang)
        whole = f"{length}{comma}{wording.track_count(len(self.tracks), lang)}"
        lines = [wording.TIMELINE[lang] + wording.bracketed(whole, lang)]
        for number, track in enumerate(self.tracks, 1):
            name = f"{colon}{wording.clean(track.name)}" if track.name else ""
            empty = "" if track.segments else wording.bracketed(wording.EMPTY[lang], lang)
            kind = wording.kind_word(track.kind, track.type, lang)
            lines.append(f"{number}. {kind}{name}{empty}")
            lines.extend(f"   {wording.describe(segment, lang)}" for segment in track.segments)
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return the readable fields as plain JSON values."""
        names = ("name", "duration_ms", "width", "height", "fps")
        readable = {name: getattr(self, name) for name in names}
        return {**readable, "tracks": [track.to_dict() for track in self.tracks]}

    def __str__(self) -> str:
        rows = (f"{number}. {_summarize(track)}" for number, track in enumerate(self.tracks, 1))
        head = f"Timeline ({wording.track_count(len(self.tracks))})"
        return ": ".join(filter(None, (head, " ".join(rows))))

    def __repr__(self) -> str:
        return f"<{self}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseTimeline):
            return NotImplemented
        same = self.header == other.header or not diff_fields(self.header, other.header)
        return same and self.tracks == other.tracks

    def __hash__(self) -> int:
        return hash(self.tracks)


def _summarize(track: Track) -> str:
    """Return what the summary of a timeline says of it (wire-contract section 6)."""
    word = "BGM" if track.kind == "audio" else wording.kind_word(track.kind, track.type)
    if not track.segments:
        return f"{word}: {wording.EMPTY['en']}"
    first, more = track.segments[0], len(track.segments) - 1
    name = wording.label(first) + (f" +{more} more" if more else "")
    volume = first.volume if first.volume is not None else track.volume
    known = "" if volume is None else f", {wording.percent(volume)}"
    return f"{word}: {name} ({wording.span(track.start_ms, track.end_ms)}{known})"
