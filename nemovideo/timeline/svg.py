"""A timeline as a picture: tracks as lanes, to scale, under a ruler.

The SVG stands alone: no script, no font, no address, and no id that could clash when several share
a page. Every name is escaped, clipped to its block, and told in full by a tooltip.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final, Literal, TypeAlias

from nemovideo.errors import InvalidInputError
from nemovideo.timeline import wording
from nemovideo.timeline.elements import BaseTimeline, Segment, Track

Theme: TypeAlias = Literal["auto", "light", "dark"]

NARROWEST: Final = 240
WIDEST: Final = 16_000

_LABELS: Final = 148
"""Room for the names of the tracks, in pixels; a quarter of a narrow drawing."""
_EDGE: Final = 16
_HEAD: Final = 62
_LANE: Final = 44
_BLOCK: Final = 38
_MOST_LAYERS: Final = 4
"""Rows for overlapping segments of one track; more share the last one."""

_PALETTES: Final[dict[str, dict[str, str]]] = {
    "light": {
        "paper": "#ffffff",
        "lane": "#f4f5f7",
        "line": "#dfe2e7",
        "ink": "#1c2430",
        "soft": "#5a6472",
        "video": "#dce8ff",
        "video-edge": "#3f74d9",
        "audio": "#d5f2e1",
        "audio-edge": "#23885a",
        "text": "#ffebc8",
        "text-edge": "#b4741a",
        "unknown": "#e9e9f0",
        "unknown-edge": "#6f7385",
    },
    "dark": {
        "paper": "#14171c",
        "lane": "#1d2128",
        "line": "#343a45",
        "ink": "#e9ecf2",
        "soft": "#a3abb8",
        "video": "#22365f",
        "video-edge": "#78a4ff",
        "audio": "#1a3f30",
        "audio-edge": "#4fc48d",
        "text": "#463515",
        "text-edge": "#f0b557",
        "unknown": "#2e313c",
        "unknown-edge": "#9da2b4",
    },
}

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
    """Return the timeline as an SVG document.

    Args:
        timeline: what to draw.
        theme: `light`, `dark`, or `auto` for the one that the viewer's system prefers.
        width: in pixels, 240 to 16000; the height follows from the tracks.
        language: of the words beside the names: `en`, or any `zh`; others read English.

    Raises:
        InvalidInputError: for another theme or width.
    """
    _check(theme, width)
    scale = _Scale(max(timeline.duration_ms, timeline.end_ms), width)
    lanes = list(_lanes(timeline))
    height = _HEAD + sum(len(rows) * _LANE for _, _, rows in lanes) + _EDGE
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="nv-tl nv-{theme}" role="img" '
            f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'aria-label="{_text(str(timeline))}">',
            f"<title>{_text(_heading(timeline, language))}</title>",
            f"<desc>{_text(str(timeline))}</desc>",
            f"<style>{_style(theme)}</style>",
            f'<rect class="nv-paper" width="{width}" height="{height}" rx="8"/>',
            _words(_EDGE, 24, _heading(timeline, language), width - 2 * _EDGE, 14, "nv-head"),
            *_draw_lanes(lanes, scale, language),
            *_draw_ruler(scale, height, language),
            *_draw_blocks(lanes, scale, language),
            "</svg>",
        )
    )


def _check(theme: str, width: int) -> None:
    if theme not in ("auto", *_PALETTES):
        raise InvalidInputError(
            f"There is no theme {theme!r}.",
            parameter="theme",
            accepted=("auto", *_PALETTES),
            hint="Use auto, light or dark.",
        )
    if not NARROWEST <= width <= WIDEST:
        raise InvalidInputError(
            f"A drawing cannot be {width} pixels wide.",
            parameter="width",
            hint=f"Use {NARROWEST} to {WIDEST}.",
        )


def _style(theme: Theme) -> str:
    def palette(name: str) -> str:
        colours = ";".join(f"--nv-{key}:{value}" for key, value in _PALETTES[name].items())
        return f".nv-{theme}{{{colours}}}"

    kinds = "".join(
        f".nv-tl .nv-{kind}{{fill:var(--nv-{kind});stroke:var(--nv-{kind}-edge)}}"
        f".nv-tl .nv-{kind}-edge{{fill:var(--nv-{kind}-edge)}}"
        for kind in ("video", "audio", "text", "unknown")
    )
    if theme != "auto":
        return palette(theme) + _RULES + kinds
    night = f"@media (prefers-color-scheme:dark){{{palette('dark')}}}"
    return palette("light") + night + _RULES + kinds


class _Scale:
    """From milliseconds to pixels."""

    def __init__(self, whole_ms: int, width: int) -> None:
        self.whole_ms = max(whole_ms, 1)
        self.left = min(_LABELS, width // 4)
        self.right = width - _EDGE
        self.step_ms = ruler_step(self.whole_ms, max(2, (self.right - self.left) // 72))

    def x(self, ms: int) -> float:
        """Return where a moment stands, in pixels from the left edge."""
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


def _heading(timeline: BaseTimeline, language: str) -> str:
    parts = (
        wording.clean(timeline.name) or wording.TIMELINE[wording.language_of(language)],
        wording.length(timeline.duration_ms, language),
        timeline.size or "",
    )
    return " · ".join(filter(None, parts))


_Lane: TypeAlias = "tuple[int, Track, list[list[Segment]]]"


def _lanes(timeline: BaseTimeline) -> Iterator[_Lane]:
    for number, track in enumerate(timeline.tracks, 1):
        rows = track.layers() or [[]]
        last = sorted(
            (segment for row in rows[_MOST_LAYERS - 1 :] for segment in row),
            key=lambda segment: segment.start_ms,
        )
        yield number, track, [*rows[: _MOST_LAYERS - 1], last] if last else rows


def _tops(lanes: list[_Lane]) -> Iterator[tuple[int, _Lane]]:
    top = _HEAD
    for lane in lanes:
        yield top, lane
        top += len(lane[2]) * _LANE


def _draw_lanes(lanes: list[_Lane], scale: _Scale, language: str) -> Iterator[str]:
    for top, (number, track, rows) in _tops(lanes):
        height = len(rows) * _LANE - 6
        word = f"{number}. {wording.kind_word(track.kind, track.type, language)}"
        yield (
            f'<rect class="nv-lane" x="{scale.left}" y="{top}" rx="4" '
            f'width="{scale.right - scale.left}" height="{height}"/>'
        )
        yield (
            f'<rect class="nv-{track.kind}-edge" x="{_EDGE}" y="{top}" rx="1.5" '
            f'width="3" height="{height}"/>'
        )
        room = scale.left - _EDGE - 18
        yield _words(_EDGE + 10, top + (16 if track.name else 23), word, room, 12, "")
        if track.name:
            yield _words(_EDGE + 10, top + 31, track.name, room, 11, "nv-soft")


def _draw_ruler(scale: _Scale, height: int, language: str) -> Iterator[str]:
    for ms in range(0, scale.whole_ms + 1, scale.step_ms):
        x = scale.x(ms)
        anchor = "end" if x > scale.right - 20 else "middle" if ms else "start"
        yield f'<line class="nv-tick" x1="{x}" x2="{x}" y1="{_HEAD - 8}" y2="{height - _EDGE}"/>'
        yield (
            f'<text class="nv-soft" x="{x}" y="{_HEAD - 13}" text-anchor="{anchor}">'
            f"{wording.clock(ms, language)}</text>"
        )


def _draw_blocks(lanes: list[_Lane], scale: _Scale, language: str) -> Iterator[str]:
    for top, (_, _, rows) in _tops(lanes):
        for row, segments in enumerate(rows):
            drawn_to = -1.0
            for segment in segments:
                left, right = scale.x(segment.start_ms), scale.x(segment.end_ms)
                # Thousands of slivers would be one grey bar and a huge file.
                if right - left < 1 and right <= drawn_to:
                    continue
                drawn_to = max(right, left + 2)
                yield _block(segment, left, drawn_to - left, top + row * _LANE, language)


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


def _words(x: float, y: float, text: str, room: float, size: int, style: str) -> str:
    """Return a text that ends where its room does; an inner `svg` clips without an id."""
    shown = wording.clip(wording.clean(text), int(room / (size * 0.62)))
    named = f' class="{style}"' if style else ""
    return (
        f'<svg x="{x:g}" y="{y - size:g}" width="{room:g}" height="{size + 6}">'
        f'<text{named} y="{size}">{_text(shown)}</text></svg>'
    )


def _text(text: str) -> str:
    return escape(wording.clean(text))
