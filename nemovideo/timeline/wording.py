"""How a timeline reads aloud: times, names and the one-line summary, in English and Chinese."""

from __future__ import annotations

import unicodedata
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from nemovideo.security.printable_text import printable

if TYPE_CHECKING:
    from nemovideo.timeline.timeline import Segment, Timeline, Track

TrackKind: TypeAlias = Literal["video", "audio", "text", "unknown"]

KIND_WORDS: Final = {
    "en": {"video": "Video", "audio": "Music", "text": "Title"},
    "zh": {"video": "视频", "audio": "音乐", "text": "标题"},
}
_QUOTES: Final = {"en": '"{}"', "zh": "“{}”"}
_UNNAMED: Final = {"en": "untitled", "zh": "未命名"}
_EMPTY: Final = {"en": "empty", "zh": "空"}
_SECOND: Final = {"en": "s", "zh": "秒"}
_UNKNOWN: Final = {"en": "Track type {}", "zh": "类型 {} 轨道"}
_UNNUMBERED: Final = {"en": "Track", "zh": "轨道"}
_TRACKS: Final = {"en": "{} tracks", "zh": "{} 条轨道"}
_TRACK: Final = {"en": "{} track", "zh": "{} 条轨道"}
TIMELINE: Final = {"en": "Timeline", "zh": "时间线"}

Tongue: TypeAlias = Literal["en", "zh"]


def tongue(language: str | None) -> Tongue:
    """Return the language that sentences are written in: `zh` for any Chinese, else `en`."""
    return "zh" if (language or "").lower().startswith("zh") else "en"


def clean(text: str) -> str:
    """Return a text that fits into a line: one space for any white space, no control characters.

    Marks that turn the writing direction are dropped too, as they would turn what follows.
    """
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(printable(text).split())


def seconds(ms: int) -> str:
    """Return milliseconds as seconds with at most one decimal: `10`, `2.5`."""
    whole, tenth = divmod((ms + 50) // 100, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)


def span(start_ms: int, end_ms: int, language: str = "en") -> str:
    """Return a stretch of the timeline: `0-3s`."""
    return f"{seconds(start_ms)}-{seconds(end_ms)}{_SECOND[tongue(language)]}"


def length(ms: int, language: str = "en") -> str:
    """Return a length: `2.5s`."""
    return f"{seconds(ms)}{_SECOND[tongue(language)]}"


def clock(ms: int, language: str = "en") -> str:
    """Return a moment for a ruler: `2.5s` below a minute's scale, else `1:30`."""
    if ms < 60_000:
        return length(ms, language)
    minutes, rest = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def percent(volume: float) -> str:
    """Return a fraction of 1 as a percentage: `35%`."""
    return f"{round(volume * 1000) / 10:.10g}%"


def quoted(text: str, language: str = "en") -> str:
    """Return a text in the quotation marks of the language."""
    return _QUOTES[tongue(language)].format(clean(text))


def kind_word(kind: TrackKind, number: int | None, language: str = "en") -> str:
    """Return what a track's content is called: Video, Music, Title; an unknown type by number."""
    words = KIND_WORDS[tongue(language)]
    if kind in words:
        return words[kind]
    if number is None:
        return _UNNUMBERED[tongue(language)]
    return _UNKNOWN[tongue(language)].format(number)


def label(segment: Segment, language: str = "en") -> str:
    """Return what a segment is called: a text in quotation marks, anything else by its name."""
    if segment.kind == "text" and segment.text:
        return quoted(segment.text, language)
    return clean(segment.name) or _UNNAMED[tongue(language)]


def describe(segment: Segment, language: str = "en") -> str:
    """Return name, place and, where it is known, volume: `Lo-fi (0-10s, 35%)`."""
    inner = span(segment.start_ms, segment.end_ms, language)
    if segment.volume is not None:
        inner += f"{', ' if tongue(language) == 'en' else '，'}{percent(segment.volume)}"
    return f"{label(segment, language)}{bracketed(inner, language)}"


def bracketed(inner: str, language: str = "en") -> str:
    """Return an aside as the language sets it off."""
    return f"（{inner}）" if tongue(language) == "zh" else f" ({inner})"


def track_count(count: int, language: str = "en") -> str:
    """Return `1 track`, `3 tracks`."""
    return (_TRACK if count == 1 else _TRACKS)[tongue(language)].format(count)


def columns(text: str) -> int:
    """Return how many columns a text takes in a terminal; Chinese characters take two each."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _columns_of(char: str) -> int:
    if unicodedata.combining(char) or char in "\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, room: int, mark: str = "…") -> str:
    """Return as much of a text as fits into `room` columns, with `mark` where it was cut."""
    if columns(text) <= room:
        return text
    room -= columns(mark)
    reached = accumulate(map(_columns_of, text))
    kept = sum(1 for _ in takewhile(lambda column: column <= room, reached))
    return text[:kept].rstrip() + mark if room >= 0 else ""


def pad(text: str, room: int) -> str:
    """Return a text filled with spaces to `room` columns."""
    return text + " " * (room - columns(text))


def summary(timeline: Timeline) -> str:
    """Return the documented line (wire-contract section 6)."""
    head = f"Timeline ({track_count(len(timeline.tracks))})"
    rows = (f"{number}. {_row(track)}" for number, track in enumerate(timeline.tracks, 1))
    return ": ".join(filter(None, (head, " ".join(rows))))


def _row(track: Track) -> str:
    word = "BGM" if track.kind == "audio" else kind_word(track.kind, track.type)
    if not track.segments:
        return f"{word}: {_EMPTY['en']}"
    first, more = track.segments[0], len(track.segments) - 1
    named = label(first) + (f" +{more} more" if more else "")
    volume = first.volume if first.volume is not None else track.volume
    known = "" if volume is None else f", {percent(volume)}"
    return f"{word}: {named} ({span(track.start_ms, track.end_ms)}{known})"


def rows(timeline: Timeline, language: str = "en") -> str:
    """Return the long form: a line for the whole, one for each track, one for each segment."""
    told = tongue(language)
    whole = f"{length(timeline.duration_ms, told)}, {track_count(len(timeline.tracks), told)}"
    lines = [TIMELINE[told] + bracketed(whole if told == "en" else whole.replace(", ", "，"), told)]
    for number, track in enumerate(timeline.tracks, 1):
        colon = "：" if told == "zh" else ": "
        name = f"{colon}{clean(track.name)}" if track.name else ""
        empty = "" if track.segments else bracketed(_EMPTY[told], told)
        lines.append(f"{number}. {kind_word(track.kind, track.type, told)}{name}{empty}")
        lines.extend(f"   {describe(segment, told)}" for segment in track.segments)
    return "\n".join(lines)
