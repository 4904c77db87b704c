"""A timeline as a picture: tracks to scale under a ruler.

The SVG has no script, no font, no link, and no id that could clash when several share a page. Every
name is escaped, clipped to its block, and shown in full by a tooltip.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final, Literal, NamedTuple, TypeAlias

from nemovideo.errors import InvalidInputError
from nemovideo.timeline import wording
from nemovideo.timeline.elements import BaseTimeline, Segment, Track

Theme: TypeAlias = Literal["auto", "light", "dark"]

_NARROWEST: Final = 240
_WIDEST: Final = 16_000

_LABELS: Final = 148
"""Width of the track names, in pixels; a quarter of a narrow drawing."""
_EDGE: Final = 16
_HEAD: Final = 62
_ROW: Final = 44
_BLOCK: Final = 38
_MOST_LAYERS: Final = 4
"""Rows for overlapping segments of one track; more share the last one."""

_THEMES: Final = ("light", "dark")
_COLOURS: Final = {
    "paper": ("#ffffff", "#14171c"),
    "lane": ("#f4f5f7", "#1d2128"),
    "line": ("#dfe2e7", "#343a45"),
    "ink": ("#1c2430", "#e9ecf2"),
    "soft": ("#5a6472", "#a3abb8"),
    "video": ("#dce8ff", "#22365f"),
    "video-edge": ("#3f74d9", "#78a4ff"),
    "audio": ("#d5f2e1", "#1a3f30"),
    "audio-edge": ("#23885a", "#4fc48d"),
    "text": ("#ffebc8", "#463515"),
    "text-edge": ("#b4741a", "#f0b557"),
    "unknown": ("#e9e9f0", "#2e313c"),
    "unknown-edge": ("#6f7385", "#9da2b4"),
}
"""For the light and the dark theme."""

_RULES: Final = (
    ".nv-tl text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans CJK SC',"
    "'PingFang SC','Microsoft YaHei',sans-serif;font-size:12px;fill:var(--nv-ink)}"
    ".nv-tl .nv-soft{font-size:11px;fill:var(--nv-soft)}"
    ".nv-tl .nv-head{font-size:14px;font-weight:600}"
    ".nv-tl .nv-paper{fill:var(--nv-paper)}"
    ".nv-tl .nv-lane{fill:var(--nv-lane)}"
    ".nv-tl .nv-tick{stroke:var(--nv-line);stroke-width:1}"
)


def draw_svg(
    timeline: BaseTimeline, theme: Theme = "auto", width: int = 960, language: str = "en"
) -> str:
    """Return the timeline as an SVG document, see `Timeline.to_svg`."""
    _check(theme, width)
    scale = _Scale(max(timeline.duration_ms, timeline.end_ms), width)
    tracks = list(_place_tracks(timeline))
    height = _HEAD + sum(len(placed.rows) * _ROW for placed in tracks) + _EDGE
    heading = " · ".join(heading_parts(timeline, language))
    summary = _text(str(timeline))
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="nv-tl nv-{theme}" role="img" '
            f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'aria-label="{summary}">',
            f"<title>{_text(heading)}</title><desc>{summary}</desc><style>{_style(theme)}</style>",
            f'<rect class="nv-paper" width="{width}" height="{height}" rx="8"/>',
            _words(_EDGE, 24, heading, width - 2 * _EDGE, 14, "nv-head"),
            *(_draw_track(placed, scale, language) for placed in tracks),
            *_draw_ruler(scale, height, language),
            *(block for placed in tracks for block in _draw_blocks(placed, scale, language)),
            "</svg>",
        )
    )


def heading_parts(timeline: BaseTimeline, language: str) -> list[str]:
    name = wording.clean(timeline.name) or wording.TIMELINE[wording.language_of(language)]
    return list(filter(None, (name, wording.length(timeline.duration_ms, language), timeline.size)))


def _check(theme: str, width: int) -> None:
    if theme not in ("auto", *_THEMES):
        raise InvalidInputError(
            f"There is no theme {theme!r}.",
            parameter="theme",
            accepted=("auto", *_THEMES),
            hint="Use auto, light or dark.",
        )
    if not _NARROWEST <= width <= _WIDEST:
        raise InvalidInputError(
            f"A drawing cannot be {width} pixels wide.",
            parameter="width",
            hint=f"Use {_NARROWEST} to {_WIDEST}.",
        )


def _style(theme: Theme) -> str:
    kinds = "".join(
        f".nv-tl .nv-{kind}{{fill:var(--nv-{kind});stroke:var(--nv-{kind}-edge)}}"
        f".nv-tl .nv-{kind}-edge{{fill:var(--nv-{kind}-edge)}}"
        for kind in ("video", "audio", "text", "unknown")
    )
    if theme != "auto":
        return _palette(theme, theme) + _RULES + kinds
    dark = f"@media (prefers-color-scheme:dark){{{_palette('dark', theme)}}}"
    return _palette("light", theme) + dark + _RULES + kinds


def _palette(name: str, theme: Theme) -> str:
    shade = _THEMES.index(name)
    colours = ";".join(f"--nv-{key}:{pair[shade]}" for key, pair in _COLOURS.items())
    return f".nv-{theme}{{{colours}}}"


class _Scale:
    """From milliseconds to pixels."""

    def __init__(self, whole_ms: int, width: int) -> None:
        self.whole_ms = max(whole_ms, 1)
        self.left = min(_LABELS, width // 4)
        self.right = width - _EDGE
        self.step_ms = ruler_step(self.whole_ms, max(2, (self.right - self.left) // 72))

    def x(self, ms: int) -> float:
        """Return where a time is, in pixels from the left edge."""
        return round(self.left + (self.right - self.left) * ms / self.whole_ms, 2)


def ruler_step(whole_ms: int, most: int) -> int:
    """Return the distance of a ruler's marks, in milliseconds: the least round one for `most`."""
    return next(step for step in _steps() if whole_ms <= step * most)


def _steps() -> Iterator[int]:
    yield from (100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000)
    minute = 60_000
    while True:
        yield from (minute, 2 * minute, 5 * minute)
        minute *= 10


class _PlacedTrack(NamedTuple):
    top: int
    number: int
    track: Track
    rows: list[list[Segment]]


def _place_tracks(timeline: BaseTimeline) -> Iterator[_PlacedTrack]:
    top = _HEAD
    for number, track in enumerate(timeline.tracks, 1):
        rows = track.layers() or [[]]
        last = [segment for row in rows[_MOST_LAYERS - 1 :] for segment in row]
        if last:
            last.sort(key=lambda segment: segment.start_ms)
            rows = [*rows[: _MOST_LAYERS - 1], last]
        yield _PlacedTrack(top, number, track, rows)
        top += len(rows) * _ROW


def _draw_track(placed: _PlacedTrack, scale: _Scale, language: str) -> str:
    top, number, track, rows = placed
    height = len(rows) * _ROW - 6
    word = f"{number}. {wording.kind_word(track.kind, track.type, language)}"
    width = scale.left - _EDGE - 18
    parts = [
        f'<rect class="nv-lane" x="{scale.left}" y="{top}" rx="4" '
        f'width="{scale.right - scale.left}" height="{height}"/>',
        f'<rect class="nv-{track.kind}-edge" x="{_EDGE}" y="{top}" rx="1.5" '
        f'width="3" height="{height}"/>',
        _words(_EDGE + 10, top + (16 if track.name else 23), word, width, 12, ""),
    ]
    if track.name:
        parts.append(_words(_EDGE + 10, top + 31, track.name, width, 11, "nv-soft"))
    return "".join(parts)


def _draw_ruler(scale: _Scale, height: int, language: str) -> Iterator[str]:
    for ms in range(0, scale.whole_ms + 1, scale.step_ms):
        x = scale.x(ms)
        anchor = "end" if x > scale.right - 20 else "middle" if ms else "start"
        yield f'<line class="nv-tick" x1="{x}" x2="{x}" y1="{_HEAD - 8}" y2="{height - _EDGE}"/>'
        yield (
            f'<text class="nv-soft" x="{x}" y="{_HEAD - 13}" text-anchor="{anchor}">'
            f"{wording.clock(ms, language)}</text>"
        )


def _draw_blocks(placed: _PlacedTrack, scale: _Scale, language: str) -> Iterator[str]:
    for row, segments in enumerate(placed.rows):
        drawn_to = -1.0
        for segment in segments:
            left, right = scale.x(segment.start_ms), scale.x(segment.end_ms)
            # Thousands of blocks below a pixel would be one grey bar and a huge file.
            if right - left < 1 and right <= drawn_to:
                continue
            drawn_to = max(right, left + 2)
            yield _block(segment, left, drawn_to - left, placed.top + row * _ROW, language)


def _block(segment: Segment, x: float, width: float, y: float, language: str) -> str:
    name = wording.label(segment, language)
    place = wording.span(segment.start_ms, segment.end_ms, language)
    if segment.volume is not None:
        place += f" · {wording.percent(segment.volume)}"
    inner = max(width - 1, 1)
    parts = [
        f"<g><title>{_text(wording.describe(segment, language))}</title>",
        f'<rect class="nv-{segment.kind}" x="{x + 0.5:g}" y="{y + 0.5:g}" '
        f'width="{inner:g}" height="{_BLOCK - 1}" rx="{min(4.0, inner / 2):g}"/>',
    ]
    if segment.volume is not None and inner > 8:
        level = round(min(segment.volume, 1.0) * (inner - 6), 2)
        parts.append(
            f'<rect class="nv-{segment.kind}-edge" x="{x + 3:g}" y="{y + _BLOCK - 5:g}" '
            f'width="{level:g}" height="2" rx="1"/>'
        )
    if width > 24:
        parts.append(_words(x + 7, y + 16, name, width - 12, 12, ""))
        if wording.display_width(place) * 6 < width - 12:
            parts.append(_words(x + 7, y + 29, place, width - 12, 11, "nv-soft"))
    return "".join((*parts, "</g>"))


def _words(x: float, y: float, text: str, width: float, size: int, style: str) -> str:
    """Return a text cut to its width; an inner `svg` clips without an id."""
    shown = wording.clip(wording.clean(text), int(width / (size * 0.62)))
    named = f' class="{style}"' if style else ""
    return (
        f'<svg x="{x:g}" y="{y - size:g}" width="{width:g}" height="{size + 6}">'
        f'<text{named} y="{size}">{_text(shown)}</text></svg>'
    )


def _text(text: str) -> str:
    return escape(wording.clean(text))
