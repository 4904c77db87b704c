"""The readable view of a draft: tracks, segments, times in milliseconds.

    timeline = draft.timeline
    print(timeline)                      # Timeline (1 track): 1. Video: city timelapse (0-10s)
    timeline.tracks[0].segments[0].name  # 'city timelapse'

A view is frozen and says nothing that the draft does not say. What it does not understand it keeps
in `raw` and `header`, so that two timelines are equal only when a person could not tell them apart.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nemovideo._display import NotebookRepr
from nemovideo.timeline import wording
from nemovideo.timeline.fields import differences
from nemovideo.timeline.wording import TrackKind

if TYPE_CHECKING:
    from nemovideo.timeline.diff import Change
    from nemovideo.timeline.svg import Theme

Raw = Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A piece of video, sound or text on a track.

    Equal segments read the same and have the same properties, ids aside.
    """

    kind: TrackKind
    start_ms: int
    """Where it starts on the timeline, in milliseconds."""
    duration_ms: int
    """How long it lasts on the timeline, in milliseconds."""
    name: str = ""
    """What it is called; empty where the draft does not say."""
    text: str | None = None
    """What it shows, of a title or subtitle."""
    volume: float | None = None
    """A fraction of 1; None where the draft does not say."""
    source: str | None = None
    """The address or file name of what it plays."""
    id: str | None = None
    prompt: str | None = None
    """What it was generated from."""
    source_start_ms: int | None = None
    """Where in its source it starts to play, in milliseconds."""
    speed: float | None = None
    """How fast it plays its source; 1 is as recorded."""
    raw: Raw = field(default_factory=dict[str, object], repr=False)
    """The service's JSON. Not to be changed."""

    @property
    def end_ms(self) -> int:
        """Where it ends on the timeline, in milliseconds."""
        return self.start_ms + self.duration_ms

    def to_dict(self) -> dict[str, object]:
        """Return the readable fields as plain JSON values."""
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "text": self.text,
            "start_ms": self.start_ms,
            "duration_ms": self.duration_ms,
            "volume": self.volume,
            "source": self.source,
            "source_start_ms": self.source_start_ms,
            "speed": self.speed,
        }

    def __str__(self) -> str:
        return wording.describe(self)

    def __repr__(self) -> str:
        return f"<Segment {self.kind}: {wording.describe(self)}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segment):
            return NotImplemented
        placed = (self.kind, self.start_ms, self.duration_ms)
        if placed != (other.kind, other.start_ms, other.duration_ms):
            return False
        return self.raw == other.raw or not differences(self.raw, other.raw)

    def __hash__(self) -> int:
        return hash((self.kind, self.start_ms, self.duration_ms))


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a track with nothing on it, before or between its segments.

    `track` is the index of the track in `Timeline.tracks`.
    """

    track: int
    start_ms: int
    end_ms: int

    @property
    def duration_ms(self) -> int:
        """How long it lasts, in milliseconds."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A lane of the timeline: what is on it comes one after the other."""

    kind: TrackKind
    type: int | None
    """The service's number: 0 video, 1 audio, 7 text; others are of kind "unknown"."""
    segments: tuple[Segment, ...] = ()
    name: str = ""
    volume: float | None = None
    """A fraction of 1, for the whole track; None where the draft does not say."""
    id: str | None = None
    header: Raw = field(default_factory=dict[str, object], repr=False)
    """The service's JSON without the segments. Not to be changed."""

    @property
    def start_ms(self) -> int:
        """Where the earliest segment starts, in milliseconds."""
        return min((segment.start_ms for segment in self.segments), default=0)

    @property
    def end_ms(self) -> int:
        """Where the last segment ends, in milliseconds."""
        return max((each.start_ms + each.duration_ms for each in self.segments), default=0)

    def layers(self) -> list[list[Segment]]:
        """Return the segments in rows without overlaps, each row in time; one row as a rule."""
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
        return {
            "id": self.id,
            "kind": self.kind,
            "type": self.type,
            "name": self.name,
            "volume": self.volume,
            "segments": [segment.to_dict() for segment in self.segments],
        }

    def __repr__(self) -> str:
        return f"<Track {self.kind}: {len(self.segments)} segments>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Track):
            return NotImplemented
        same = self.header == other.header or not differences(self.header, other.header)
        return same and self.type == other.type and self.segments == other.segments

    def __hash__(self) -> int:
        return hash((self.type, self.segments))


@dataclass(frozen=True, eq=False)
class Timeline(NotebookRepr):
    """What a draft shows and plays, track by track.

    `str()` gives the documented summary in one line, `long()` a line for each segment.
    """

    tracks: tuple[Track, ...] = ()
    duration_ms: int = 0
    """The whole length, in milliseconds: what the draft says, else the end of the last segment."""
    name: str = ""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    header: Raw = field(default_factory=dict[str, object], repr=False)
    """The service's JSON without the tracks. Not to be changed."""

    @property
    def end_ms(self) -> int:
        """Where the last segment of all ends, in milliseconds."""
        return max((track.end_ms for track in self.tracks), default=0)

    @property
    def size(self) -> str | None:
        """Width and height as `1920x1080`; None where the draft does not say."""
        return f"{self.width}x{self.height}" if self.width and self.height else None

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """The stretches with nothing on them, before and between the segments of each track."""
        return tuple(
            gap for number, track in enumerate(self.tracks) for gap in _gaps(number, track)
        )

    def at(self, ms: float) -> tuple[Segment, ...]:
        """Return what is seen and heard at a moment, in the order of the tracks.

        Args:
            ms: milliseconds from the start of the timeline. A segment's end is not part of it.
        """
        every = (segment for track in self.tracks for segment in track.segments)
        return tuple(segment for segment in every if segment.start_ms <= ms < segment.end_ms)

    def diff(self, older: Timeline) -> list[Change]:
        """Return what changed since `older`; nothing when a person could not tell the difference.

        Args:
            older: an earlier timeline of the same project.

        Example:
            for change in new.diff(old):
                print(change)            # Title added: "Paradise Found" (0-3s)
        """
        # Here and below: these modules know this one, and most programs need few of them.
        from nemovideo.timeline.diff import diff

        return diff(self, older)

    def long(self, language: str = "en") -> str:
        """Return one line for each segment, under its track.

        Args:
            language: `en`, or any `zh`; others read English.
        """
        return wording.rows(self, language)

    def to_svg(self, theme: Theme = "auto", width: int = 960, language: str = "en") -> str:
        """Return a drawing to scale, tracks as lanes under a ruler, as an SVG document.

        Args:
            theme: `light`, `dark`, or `auto` for the one that the viewer's system prefers.
            width: in pixels, 240 to 16000; the height follows from the tracks.
            language: of the words beside the names: `en`, or any `zh`; others read English.

        Raises:
            InvalidInputError: for another theme or width.
        """
        from nemovideo.timeline.svg import draw_svg

        return draw_svg(self, theme, width, language)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def to_text(
        self,
        width: int = 80,
        color: bool = False,
        ascii_only: bool = False,
        language: str = "en",
    ) -> str:
        """Return a drawing to scale for terminals, where Chinese characters take two columns.

        Args:
            width: in columns; less than 32 counts as 32.
            color: whether to colour the blocks with ANSI sequences.
            ascii_only: whether to use nothing but ASCII; other characters become `?`.
            language: of the words: `en`, or any `zh`; others read English.
        """
        from nemovideo.timeline.text_drawing import draw_text

        return draw_text(self, width, color, ascii_only, language)

    def to_otio(self, rate: float | None = None) -> Any:
        """Return the timeline for OpenTimelineIO, so that the cut goes on in a video editor.

        Args:
            rate: frames per second; None for the draft's own, else 30.

        Returns:
            An `opentimelineio.schema.Timeline`; that package has no type information.

        Raises:
            NemoVideoError: where OpenTimelineIO is not installed (extra `otio`).
            InvalidInputError: for a rate that is not above zero.

        Example:
            opentimelineio.adapters.write_to_file(timeline.to_otio(), "panda.otio")
        """
        from nemovideo.timeline.otio import to_otio

        return to_otio(self, rate)

    def to_srt(self) -> str:
        """Return what the text tracks show as SubRip subtitles; empty where there are none.

        Signs that players would take for markup, such as `<` and `{`, are written with others that
        look alike.
        """
        from nemovideo.timeline.otio import to_srt

        return to_srt(self)

    def to_vtt(self) -> str:
        """Return what the text tracks show as WebVTT subtitles."""
        from nemovideo.timeline.otio import to_vtt

        return to_vtt(self)

    def to_dict(self) -> dict[str, object]:
        """Return the readable view as plain JSON values."""
        return {
            "name": self.name,
            "duration_ms": self.duration_ms,
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
            "tracks": [track.to_dict() for track in self.tracks],
        }

    def __str__(self) -> str:
        return wording.summary(self)

    def __repr__(self) -> str:
        return f"<{wording.summary(self)}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Timeline):
            return NotImplemented
        same = self.header == other.header or not differences(self.header, other.header)
        return same and self.tracks == other.tracks

    def __hash__(self) -> int:
        return hash(self.tracks)


def _gaps(number: int, track: Track) -> list[Gap]:
    gaps: list[Gap] = []
    covered = 0
    for segment in sorted(track.segments, key=lambda segment: segment.start_ms):
        if segment.start_ms > covered:
            gaps.append(Gap(number, covered, segment.start_ms))
        covered = max(covered, segment.end_ms)
    return gaps
