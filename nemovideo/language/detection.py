"""Detects which language a text is written in."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.language.frequent_words import FREQUENT_WORDS, SIMPLIFIED, TRADITIONAL

_SCRIPTS: Final = (
    # Language that the script means on its own, first and last code point.
    ("ja", 0x3040, 0x30FF),
    ("zh", 0x3400, 0x4DBF),
    ("zh", 0x4E00, 0x9FFF),
    ("ko", 0xAC00, 0xD7A3),
    ("ko", 0x1100, 0x11FF),
    ("ru", 0x0400, 0x04FF),
    ("el", 0x0370, 0x03FF),
    ("he", 0x0590, 0x05FF),
    ("ar", 0x0600, 0x06FF),
    ("hi", 0x0900, 0x097F),
    ("th", 0x0E00, 0x0E7F),
)

_FREQUENT: Final = {name: frozenset(words.split()) for name, words in FREQUENT_WORDS.items()}
_CHINESE_GRAMMAR: Final = frozenset("的了一把请請帮幫我给給吗嗎在是和个個加做还還来來让讓到要")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CONTENT: Final = re.compile(r'"[^"]*"|“[^”]*”|「[^」]*」|《[^》]*》|`[^`]*`|https?://\S+')


def detect(text: str) -> str | None:
    """Tell the language that a text is written in, by its script and its frequent words.

    What stands in quotation marks and links is content and does not count, unless there is nothing
    else.

    Args:
        text: What a person typed, of any length.

    Returns:
        A tag as the service takes it: `en`, `zh-CN`, `zh-TW`, `ja`, `ko`, `ru`, `es`, …; None when
        the text does not tell (numbers, a bare name).

    Example:
        >>> detect("把音乐调小一点"), detect("make it shorter"), detect("123")
        ('zh-CN', 'en', None)
    """
    own_words = _CONTENT.sub(" ", text)
    return _detect_words(own_words) or (_detect_words(text) if own_words != text else None)


def _detect_words(text: str) -> str | None:
    scripts, latin_words = _count(text)
    foreign = max(scripts, key=lambda name: scripts[name], default=None)
    latin, latin_weight = _latin_language(latin_words)
    if foreign is None or (latin is not None and latin_weight > scripts[foreign]):
        return latin
    if foreign == "zh":
        return _chinese_or_japanese(text, kana="ja" in scripts)
    return _within_script(foreign, text)


def _count(text: str) -> tuple[dict[str, float], list[str]]:
    scripts: dict[str, float] = {}
    for character in text:
        name = _script(ord(character))
        if name is not None:
            # A word takes about two characters of these scripts; grammar tells more than a noun.
            weight = 1.0 if character in _CHINESE_GRAMMAR else 0.5
            scripts[name] = scripts.get(name, 0.0) + weight
    latin_words = [word.replace("’", "'") for word in _WORD.findall(text.lower())]
    return scripts, [word for word in latin_words if _script(ord(word[0])) is None]


def _script(code_point: int) -> str | None:
    if code_point < 0x370:
        return None
    return next((name for name, low, high in _SCRIPTS if low <= code_point <= high), None)


def _latin_language(words: list[str]) -> tuple[str | None, float]:
    hits = {name: sum(word in known for word in words) for name, known in _FREQUENT.items()}
    best = max(hits, key=lambda name: hits[name])
    return (best, len(words) + hits[best]) if hits[best] else (None, 0.0)


def _chinese_or_japanese(text: str, *, kana: bool) -> str:
    if kana:
        return "ja"
    traditional = sum(character in TRADITIONAL for character in text)
    simplified = sum(character in SIMPLIFIED for character in text)
    return "zh-TW" if traditional > simplified else "zh-CN"


def _within_script(name: str, text: str) -> str:
    if name == "ru" and any(character in "їієґЇІЄҐ" for character in text):
        return "uk"
    if name == "ar" and any(character in "پچژگ" for character in text):
        return "fa"
    return name
