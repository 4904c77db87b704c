"""A timeline drawn with characters, for terminals and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nemovideo.timeline import wording
from nemovideo.timeline.elements import BaseTimeline, Segment, Track
from nemovideo.timeline.svg import heading_parts, ruler_step
from nemovideo.timeline.wording import TrackKind

_NARROWEST: Final = 32
_COLOURS: Final[dict[TrackKind, str]] = {
    "video": "94",
    "audio": "92",
    "text": "93",
    "unknown": "95",
}
_MOST_LABEL: Final = 20

_LINES: Final = {False: ("├", "─", "┤", "│", "…"), True: ("[", "-", "]", "|", "~")}
"""Left end, line, right end, the whole of a one-cell block, and the mark for what is cut off."""


def draw_text(
    timeline: BaseTimeline,
    width: int = 80,
    color: bool = False,
    ascii_only: bool = False,
    language: str = "en",
) -> str:
    """Return the timeline as lines of text, see `Timeline.to_text`."""
    drawing = _Drawing(timeline, max(width, _NARROWEST), color, ascii_only, language)
    return "\n".join(drawing.lines())


class _Drawing:
    def __init__(
        self, timeline: BaseTimeline, width: int, color: bool, ascii_only: bool, language: str
    ) -> None:
        self._timeline, self._color, self._ascii = timeline, color, ascii_only
        self._language = "en" if ascii_only else language
        self._marks = _LINES[ascii_only]
        self._labels = [self._label(number, t) for number, t in enumerate(timeline.tracks, 1)]
        widest = max((wording.display_width(label) for label in self._labels), default=0)
        self._indent = min(widest, _MOST_LABEL, width // 3) + 2
        self._cells = width - self._indent
        self._whole_ms = max(timeline.duration_ms, timeline.end_ms, 1)

    def lines(self) -> Iterator[str]:
        """Yield the lines, none wider than allowed and none with spaces at its end."""
        yield self._heading()
        if not self._timeline.tracks:
            return
        yield " " * self._indent + self._ruler()
        for label, track in zip(self._labels, self._timeline.tracks, strict=True):
            shown = self._fit(label, self._indent - 2)
            for row in track.layers() or [[]]:
                yield f"{wording.pad(shown, self._indent)}{self._row(row)}".rstrip()
                shown = ""

    def _heading(self) -> str:
        count = wording.track_count(len(self._timeline.tracks), self._language)
        parts = [*heading_parts(self._timeline, self._language), count]
        whole = (", " if self._ascii else " · ").join(map(self._plain, parts))
        return self._fit(whole, self._indent + self._cells)

    def _label(self, number: int, track: Track) -> str:
        return f"{number}. {wording.kind_word(track.kind, track.type, self._language)}"

    def _column(self, ms: int) -> int:
        # Rounded half up in whole numbers, so that what abuts in time abuts in the drawing.
        return (2 * ms * self._cells + self._whole_ms) // (2 * self._whole_ms)

    def _ruler(self) -> str:
        step = ruler_step(self._whole_ms, max(1, self._cells // 10))
        row = ""
        for ms in range(0, self._whole_ms + 1, step):
            mark = wording.clock(ms, self._language)
            column = min(self._column(ms), self._cells - wording.display_width(mark))
            if not row or column > wording.display_width(row):
                row = wording.pad(row, column) + mark
        return row

    def _row(self, segments: list[Segment]) -> str:
        row, used = "", 0
        for segment in segments:
            start, end = self._column(segment.start_ms), self._column(segment.end_ms)
            left = max(min(start, self._cells - 1), used)
            right = max(end, left + 1)
            # What is too short for a cell of its own is part of the mark before it.
            if (start < used and end <= used) or right > self._cells:
                continue
            row += " " * (left - used) + self._block(segment, right - left)
            used = right
        return row

    def _block(self, segment: Segment, cells: int) -> str:
        start, line, end, only, _ = self._marks
        if cells == 1:
            return self._paint(only, segment.kind)
        name = self._plain(wording.label(segment, self._language))
        if segment.volume is not None:
            name += f" {wording.percent(segment.volume)}"
        inner = self._fit(name, cells - 2) if cells > 4 else ""
        if inner and wording.display_width(inner) < cells - 2:
            inner += " "
        rest = line * (cells - 2 - wording.display_width(inner))
        return self._paint(f"{start}{inner}{rest}{end}", segment.kind)

    def _fit(self, text: str, width: int) -> str:
        return wording.clip(text, width, self._marks[4])

    def _plain(self, text: str) -> str:
        return text.encode("ascii", "replace").decode() if self._ascii else text

    def _paint(self, text: str, kind: TrackKind) -> str:
        return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if self._color else text
