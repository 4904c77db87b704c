"""Numbers, durations and percentages, in English and Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# Python's \b sees no border between "10s" and "的", so Latin words get borders of their own.
LEFT: Final = r"(?<![a-z0-9.])"
RIGHT: Final = r"(?![a-z])"


def either(english: str, chinese: str = "") -> re.Pattern[str]:
    """Compile a pattern for English words, as whole words, or Chinese ones."""
    return re.compile(f"{LEFT}(?:{english}){RIGHT}{'|' if chinese else ''}{chinese}")


A_BIT: Final = either(
    "a (?:little )?bit|slightly|a little|a touch|a tad|somewhat",
    "一点|一些|稍微|稍|略|[大小高低响轻]声?点",
)
_UNIT_WORDS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_UNITS: Final = {word: number for number, word in enumerate(_UNIT_WORDS)}
_TENS: Final = {
    word: n * 10
    for n, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2
    )
}
_ZH_DIGITS: Final = {sign: n for n, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_ZH_TENS: Final = {"十": 10, "百": 100}
_LOOSE: Final = {"a couple of": 2.0, "a few": 3.0, "several": 3.0, "a": 1.0, "an": 1.0, "几": 3.0}

_TEEN = "|".join(sorted(_UNITS, key=len, reverse=True))
_TEN = "|".join(_TENS)
_LOOSE_EN = "a couple of|a few|several|an|a"
EN: Final = rf"(?:[0-9]{{1,9}}(?:\.[0-9]{{1,6}})?|(?:{_TEN})(?:[- ](?:{_TEEN}))?|{_TEEN})"
ZH: Final = r"(?:[0-9]{1,9}(?:\.[0-9]{1,6})?|[零〇一二两三四五六七八九十百]{1,7})"
NUMBER: Final = rf"(?:{EN}|{ZH})"

_S = "seconds?|secs?|s"
_M = "minutes?|mins?|m"
_NOUN_EN = r"(?:clips?|scenes?|segments?|shots?|parts?|videos?|photos?|images?|pictures?|pieces?)"
_NOT_ORDINAL = (
    f"(?!(?:(?<=^a second)|(?<=[^a-z]a second)) {_NOUN_EN})"  # "a second scene" lasts no second
)
_DURATION = re.compile(
    f"(?P<half_minute>{LEFT}half a minute{RIGHT}|半分钟|半分)|(?P<half_second>{LEFT}half a second"
    f"{RIGHT}|半秒钟?)|{LEFT}(?P<ms>{EN})[ -]?(?:milliseconds?|ms|毫秒){RIGHT}|{LEFT}(?P<m>{EN}|"
    f"{_LOOSE_EN})(?P<m_and_half> and a half)?(?:[ -](?:minutes?|mins?)|(?<=[0-9])(?:{_M})){RIGHT}"
    f"(?P<m_half> and a half)?(?: ?(?:and )?(?P<m_s>{EN})[ -]?(?:{_S}){RIGHT})?|{LEFT}(?P<s>{EN}|"
    f"{_LOOSE_EN})(?P<s_and_half> and a half)?(?:[ -](?:seconds|secs?|second{_NOT_ORDINAL})"
    f"|(?<=[0-9])[ -]?(?:{_S})){RIGHT}(?P<s_half> and a half)?"
    f"|(?P<zm>{ZH}) ?分(?!之)钟?(?:(?P<zm_half>半)|(?P<zm_s>{ZH}"
    f") ?秒钟?)?|(?P<zs>{ZH}|几) ?秒钟?(?P<zs_half>半)?|(?P<one_second>(?<=first )second"
    f"|(?<=last )second|(?<=final )second){RIGHT}(?! {_NOUN_EN})|{LEFT}"
    "(?P<clock_m>[0-9]{1,2}):(?P<clock_s>[0-5][0-9])(?![0-9:])"
)
DURATION: Final = _DURATION
_RATIOS: Final = {"9:16"}

_PERCENT = re.compile(
    f"(?P<n>{EN}) ?(?:%|percent{RIGHT}|per cent{RIGHT})|百分之(?P<zh>{ZH})"
    f"|(?P<tenths>[一二三四五六七八九])成|(?P<parts>{ZH})分之(?P<of>{ZH})|{LEFT}(?P<share>(?:a"
    f"|one) (?:quarter|third)|two thirds|three quarters){RIGHT}"
)


@dataclass(frozen=True)
class Length:
    """A duration as written in a text: `ms`, and where it stands."""

    ms: int
    start: int
    end: int


def number(word: str) -> float:
    """Return the value of a number written in digits, English or Chinese; 1 when it is none."""
    word = word.strip()
    if word in _LOOSE:
        return _LOOSE[word]
    if word[:1].isascii() and word[:1].isdigit():
        return float(word)
    if word[:1].isascii():
        parts = re.split(r"[- ]", word)
        return float(sum(_UNITS.get(p, 0) + _TENS.get(p, 0) for p in parts))
    return float(_chinese(word))


def _chinese(word: str) -> int:
    total, digit, seen = 0, 0, False
    for sign in word:
        if sign in _ZH_TENS:
            total += (digit if seen else 1) * _ZH_TENS[sign]
            digit, seen = 0, False
        else:
            digit, seen = _ZH_DIGITS.get(sign, 0) + (digit * 10 if seen else 0), True
    return total + digit


def durations(low: str) -> list[Length]:
    """Find every duration in a lower-case text, in order.

    Example:
        >>> [length.ms for length in durations("from 1:30, a minute and a half, 十五秒")]
        [90000, 90000, 15000]
    """
    found = _DURATION.finditer(low)
    return [Length(_milliseconds(m), m.start(), m.end()) for m in found if m.group() not in _RATIOS]


def _milliseconds(match: re.Match[str]) -> int:
    got = match.groupdict()
    if got["half_minute"]:
        return 30_000
    if got["half_second"]:
        return 500
    if got["ms"]:
        return round(number(got["ms"]))
    return round(_seconds(got) * 1000)


def _seconds(got: dict[str, str | None]) -> float:
    if got["clock_m"] and got["clock_s"]:
        return int(got["clock_m"]) * 60 + int(got["clock_s"])
    minutes, seconds = got["m"] or got["zm"], got["s"] or got["zs"]
    if minutes:
        half = got["m_and_half"] or got["m_half"] or got["zm_half"]
        rest = got["m_s"] or got["zm_s"]
        return number(minutes) * 60 + (30 if half else 0) + (number(rest) if rest else 0)
    half = got["s_and_half"] or got["s_half"] or got["zs_half"]
    return number(seconds or "1") + (0.5 if half else 0)


_SHARES: Final = {"quarter": 0.25, "third": 1 / 3, "two thirds": 2 / 3, "three quarters": 0.75}


def percentage(low: str) -> float | None:
    """Return the first percentage of a text as a fraction, such as 0.3 for "30%" or "三成"."""
    match = _PERCENT.search(low)
    if match is None:
        return None
    if match["tenths"]:
        return number(match["tenths"]) / 10
    if match["parts"]:
        return number(match["of"]) / (number(match["parts"]) or 1)
    if match["share"]:
        return _SHARES[re.sub("^(?:a|one) ", "", match["share"])]
    return number(match["n"] or match["zh"]) / 100


ORDINALS: Final = {
    word: n
    for n, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
    )
}
_NOUN_ZH = r"(?:个|段|张|条|幅)?(?:片段|视频|镜头|场景|画面|部分|照片|图片|素材|段)?"
_ORDINAL = re.compile(
    rf"{LEFT}(?<![0-9] )(?<![0-9]-)(?<!one )(?<!half )(?<!half a )(?<!per )(?<! a )(?<!^a )"
    rf"(?:the )?(?P<word>{'|'.join(ORDINALS)}){RIGHT}(?!(?<=second) (?!one{RIGHT}){EN})"
    rf"(?! (?:and|or) (?:the )?(?:last|final) (?:{EN} )?seconds?{RIGHT})"
    rf"(?! second{RIGHT})(?<!first second)(?<!last second)(?<!final second)"
    rf"(?! (?:and a )?(?:half|third|quarter){RIGHT})"
    rf"(?! (?:few |couple |{EN}[ -]?(?:{_S}|{_M}){RIGHT}))"
    rf"|{LEFT}(?P<opening>opening)(?= (?:clip|scene|shot|segment){RIGHT})"
    rf"|{LEFT}(?P<nth>[0-9]{{1,3}})(?:st|nd|rd|th){RIGHT}"
    rf"|{LEFT}{_NOUN_EN} (?:number |no\. ?|#)?(?P<n>{EN})(?![0-9]){RIGHT}"
    rf"(?![ -]?(?:{_S}|times|x){RIGHT}|[:%.×])"
    rf"|{LEFT}(?P<last>last|final|closing(?= {_NOUN_EN})){RIGHT}"
    rf"(?! (?:second{RIGHT}|few |couple |{EN}[ -]?(?:{_S}|{_M}){RIGHT}))"
    rf"|第(?P<zh>{ZH})(?! ?(?:秒|分))(?:{_NOUN_ZH})"
    rf"|(?:片段|镜头|场景|视频|照片|图片)(?P<zn>{ZH})(?! ?[秒分倍%])"
    rf"|(?P<zlast>最后(?:的)?一?(?:个|段|张|条)(?:片段|视频|镜头|场景|画面|照片|图片|素材)?)"
)


def ordinals(low: str) -> list[tuple[int, int, int]]:
    """Find what is counted in a text: (index from 0 or -1 for the last, start, end) of each."""
    return [(_index(match), match.start(), match.end()) for match in _ORDINAL.finditer(low)]


def _index(match: re.Match[str]) -> int:
    if match["last"] or match["zlast"]:
        return -1
    if match["opening"]:
        return 0
    if match["word"]:
        return ORDINALS[match["word"]]
    return max(0, int(number(match["nth"] or match["n"] or match["zh"] or match["zn"])) - 1)
