"""A timeline in words, in English and Chinese: times, names, summaries."""

from __future__ import annotations

import unicodedata
from itertools import accumulate, takewhile
from typing import Final, Literal, Protocol, TypeAlias

from nemovideo.security.printable_text import printable

TrackKind: TypeAlias = Literal["video", "audio", "text", "unknown"]
Language: TypeAlias = Literal["en", "zh"]

TIMELINE: Final = {"en": "Timeline", "zh": "时间线"}
_KINDS: Final = {
    "en": {"video": "Video", "audio": "Music", "text": "Title"},
    "zh": {"video": "视频", "audio": "音乐", "text": "标题"},
}
_ROLES: Final = {
    "en": {"voice": "Voice-over", "effect": "Sound effect", "caption": "Caption"},
    "zh": {"voice": "旁白", "effect": "音效", "caption": "字幕"},
}
_QUOTES: Final = {"en": '"{}"', "zh": "“{}”"}
_UNNAMED: Final = {"en": "untitled", "zh": "未命名"}
EMPTY: Final = {"en": "empty", "zh": "空"}
_SECOND: Final = {"en": "s", "zh": "秒"}
_UNKNOWN: Final = {"en": "Track type {}", "zh": "类型 {} 轨道"}
_UNNUMBERED: Final = {"en": "Track", "zh": "轨道"}
_TRACKS: Final = {"en": "{} tracks", "zh": "{} 条轨道"}
_TRACK: Final = {"en": "{} track", "zh": "{} 条轨道"}


class SegmentLike(Protocol):
    """The attributes of a segment that are put into words."""

    @property
    def kind(self) -> TrackKind: ...
    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str | None: ...
    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...
    @property
    def volume(self) -> float | None: ...


def language_of(language: str | None) -> Language:
    """Return the language that sentences are written in: `zh` for any Chinese, else `en`."""
    return "zh" if (language or "").lower().startswith("zh") else "en"


def clean(text: str) -> str:
    """Return a text as one line: single spaces, no control or direction characters."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(printable(text).split())


def seconds(ms: int) -> str:
    whole, tenth = divmod((ms + 50) // 100, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)


def span(start_ms: int, end_ms: int, language: str = "en") -> str:
    """Return a range of the timeline: `0-3s`."""
    return f"{seconds(start_ms)}-{length(end_ms, language)}"


def length(ms: int, language: str = "en") -> str:
    """Return a length: `2.5s`."""
    return f"{seconds(ms)}{_SECOND[language_of(language)]}"


def clock(ms: int, language: str = "en") -> str:
    """Return the label of a ruler's mark: `2.5s` below a minute, else `1:30`."""
    if ms < 60_000:
        return length(ms, language)
    minutes, rest = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def percent(volume: float) -> str:
    """Return a fraction of 1 as a percentage: `35%`."""
    return f"{round(volume * 1000) / 10:.10g}%"


def quoted(text: str, language: str = "en") -> str:
    return _QUOTES[language_of(language)].format(clean(text))


def kind_word(kind: TrackKind, number: int | None, language: str = "en") -> str:
    """Return the name of a track's content: Video, Music, Title; an unknown type by number."""
    lang = language_of(language)
    if kind in _KINDS[lang]:
        return _KINDS[lang][kind]
    return _UNNUMBERED[lang] if number is None else _UNKNOWN[lang].format(number)


def role_word(role: str, language: str = "en") -> str:
    """Return the name of what the draft tells apart: Voice-over, Sound effect, Caption."""
    return _ROLES[language_of(language)][role]


def label(segment: SegmentLike, language: str = "en") -> str:
    """Return a title's text in quotation marks, or another segment's name."""
    if segment.kind == "text" and segment.text:
        return quoted(segment.text, language)
    return clean(segment.name) or _UNNAMED[language_of(language)]


def describe(segment: SegmentLike, language: str = "en") -> str:
    """Return name, time range and, if known, volume: `Lo-fi (0-10s, 35%)`."""
    inner = span(segment.start_ms, segment.end_ms, language)
    if segment.volume is not None:
        inner += f"{', ' if language_of(language) == 'en' else '，'}{percent(segment.volume)}"
    return f"{label(segment, language)}{bracketed(inner, language)}"


def bracketed(inner: str, language: str = "en") -> str:
    return f"（{inner}）" if language_of(language) == "zh" else f" ({inner})"


def track_count(count: int, language: str = "en") -> str:
    """Return `1 track`, `3 tracks`."""
    return (_TRACK if count == 1 else _TRACKS)[language_of(language)].format(count)


def display_width(text: str) -> int:
    """Return how many columns a text takes in a terminal; Chinese characters take two each."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.combining(char) or char in "\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, width: int, mark: str = "…") -> str:
    """Return as much of a text as fits into `width` columns, with `mark` where it was cut."""
    if display_width(text) <= width:
        return text
    width -= display_width(mark)
    reached = accumulate(map(_char_width, text))
    fitting = sum(1 for _ in takewhile(lambda column: column <= width, reached))
    return text[:fitting].rstrip() + mark if width >= 0 else ""


def pad(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))
