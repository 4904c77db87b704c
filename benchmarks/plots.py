"""Plots as SVG, one for light pages and one for dark ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

_WIDTH, _LABEL, _ROW, _TOP = 760, 250, 26, 46
_THEMES = {
    "light": {"text": "#1f2328", "soft": "#656d76", "bar": "#b6c2cf", "own": "#0969da"},
    "dark": {"text": "#e6edf3", "soft": "#8d96a0", "bar": "#484f58", "own": "#4493f8"},
}
_OWN = "nemovideo"


def write_bars(folder: Path, name: str, title: str, rows: Sequence[tuple[str, float]]) -> None:
    """Write horizontal bars, shortest first, ours in colour; on a log scale where they differ."""
    ordered = sorted(rows, key=lambda row: row[1])
    values = [value for _, value in ordered]
    logarithmic = max(values) > 30 * max(min(values), 1e-9)
    for theme, colours in _THEMES.items():
        heading = f"{title} (log scale)" if logarithmic else title
        lines = [_text(16, 26, heading, colours["text"], 15)]
        for number, (label, value) in enumerate(ordered):
            top = _TOP + number * _ROW
            length = _length(value, values, logarithmic)
            colour = colours["own" if label == _OWN else "bar"]
            lines += [
                _text(_LABEL - 8, top + 15, label, colours["text"], 13, "end"),
                f'<rect x="{_LABEL}" y="{top + 3}" width="{length:.1f}" height="16" rx="2" '
                f'fill="{colour}"/>',
                _text(_LABEL + length + 6, top + 15, f"{value:.3g}", colours["soft"], 12),
            ]
        _write(folder / f"{name}-{theme}.svg", _TOP + len(ordered) * _ROW + 12, lines)


def write_lines(
    folder: Path,
    name: str,
    title: str,
    sizes: Sequence[int],
    costs: Mapping[str, Sequence[float]],
) -> None:
    """Write cost in seconds against size, both on log scales, a line for each who did the work."""
    left, top, wide, high = 90, 56, 560, 200
    across = _scaled([math.log10(size) for size in sizes], left, left + wide)
    every = [math.log10(second) for seconds in costs.values() for second in seconds]
    down = iter(_scaled(every, top + high, top))
    points = {who: [(x, next(down)) for x in across] for who in costs}
    for theme, colours in _THEMES.items():
        lines = [_text(16, 26, title, colours["text"], 15)]
        for x, size in zip(across, sizes, strict=True):
            lines.append(_text(x, top + high + 24, f"{size:,}", colours["soft"], 12, "middle"))
        for who, seconds in costs.items():
            lines += _line(points[who], colours["own" if who == _OWN else "bar"])
            if who == _OWN:
                for (x, y), second in zip(points[who], seconds, strict=True):
                    label = f"{second * 1000:.3g} ms"
                    lines.append(_text(x, y - 10, label, colours["soft"], 12, "middle"))
            if len(costs) > 1:
                x, y = points[who][-1]
                below = 4 if who == _OWN else 18
                lines.append(_text(x + 10, y + below, who, colours["text"], 12))
        _write(folder / f"{name}-{theme}.svg", top + high + 40, lines)


def _line(points: Sequence[tuple[float, float]], colour: str) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    circles = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
    return [f'<polyline points="{path}" fill="none" stroke="{colour}"/>', *circles]


def _length(value: float, values: Sequence[float], logarithmic: bool) -> float:
    room = _WIDTH - _LABEL - 70
    if not logarithmic:
        return room * value / max(max(values), 1e-9)
    least = math.log10(max(min(values), 1e-9) / 2)
    return room * (math.log10(max(value, 1e-9)) - least) / (math.log10(max(values)) - least)


def _scaled(values: Sequence[float], start: float, end: float) -> list[float]:
    low, high = min(values), max(values)
    return [start + (end - start) * (value - low) / ((high - low) or 1) for value in values]


def _text(x: float, y: float, words: str, colour: str, size: int, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


def _write(path: Path, height: float, lines: Sequence[str]) -> None:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" '
        'font-family="system-ui, sans-serif">'
    )
    path.write_text("\n".join((head, *lines, "</svg>", "")), "utf-8")
