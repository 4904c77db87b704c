"""Plots as SVG, one for light pages and one for dark ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

_WIDTH, _LABEL, _ROW, _TOP = 760, 270, 26, 46
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


def write_series(
    folder: Path,
    name: str,
    title: str,
    units: tuple[str, str],
    series: Mapping[str, Sequence[tuple[float, float]]],
) -> None:
    """Write values over time, both on linear scales from 0, a line with its name for each."""
    left, top, wide, high = 80, 56, 470, 220
    most_x = max(x for points in series.values() for x, _ in points)
    most_y = max(y for points in series.values() for _, y in points)
    for theme, colours in _THEMES.items():
        lines = [_text(16, 26, title, colours["text"], 15)]
        for value in _ticks(most_y):
            y = top + high - high * value / most_y
            lines += [
                f'<line x1="{left}" y1="{y:.1f}" x2="{left + wide}" y2="{y:.1f}" '
                f'stroke="{colours["bar"]}" stroke-width="0.5"/>',
                _text(left - 8, y + 4, f"{value:,.0f}", colours["soft"], 12, "end"),
            ]
        for value in _ticks(most_x):
            x = left + wide * value / most_x
            lines.append(_text(x, top + high + 20, f"{value:g}", colours["soft"], 12, "middle"))
        lines += [
            _text(left + wide, top + high + 38, units[0], colours["soft"], 12, "end"),
            _text(left - 8, top - 12, units[1], colours["soft"], 12, "end"),
        ]
        for number, (who, points) in enumerate(series.items()):
            step = max(1, len(points) // 240)
            shown = [*points[::step], points[-1]]
            path = " ".join(
                f"{left + wide * x / most_x:.1f},{top + high - high * y / most_y:.1f}"
                for x, y in shown
            )
            dashes = ("", "7 4", "2 3")[number]
            drawn = f'fill="none" stroke="{colours["own"]}" stroke-width="2"'
            y = top + 20 + number * 22
            lines += [
                f'<polyline points="{path}" {drawn} stroke-dasharray="{dashes}"/>',
                f'<line x1="{left + wide + 16}" y1="{y}" x2="{left + wide + 40}" y2="{y}" {drawn} '
                f'stroke-dasharray="{dashes}"/>',
                _text(left + wide + 46, y + 4, who, colours["text"], 12),
            ]
        _write(folder / f"{name}-{theme}.svg", top + high + 50, lines)


def _ticks(most: float) -> list[float]:
    """Return round values from 0 to `most`, four to eight of them."""
    step = 10 ** math.floor(math.log10(most))
    step = next(step * part for part in (2, 1, 0.5, 0.2) if most / (step * part) >= 4)
    return [step * number for number in range(int(most / step) + 1)]


def _line(points: Sequence[tuple[float, float]], colour: str) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    circles = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
    return [f'<polyline points="{path}" fill="none" stroke="{colour}"/>', *circles]


def _length(value: float, values: Sequence[float], logarithmic: bool) -> float:
    span = _WIDTH - _LABEL - 70
    if not logarithmic:
        return span * value / max(max(values), 1e-9)
    least = math.log10(max(min(values), 1e-9) / 2)
    return span * (math.log10(max(value, 1e-9)) - least) / (math.log10(max(values)) - least)


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
