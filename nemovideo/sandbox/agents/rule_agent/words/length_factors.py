"""How many times as long: "twice as long", "half the length", "时长减半"."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.words.numbers import EN, LEFT, RIGHT, ZH, either, number

_LENGTH: Final = r"(?:length|duration|time|running time)"
_TWICE: Final = either(
    rf"twice (?:as long|(?:the |its )?{_LENGTH})|double(?:d|s)? (?:\S+ ){{0,4}}{_LENGTH}"
    "|double (?:as )?long",
    "(?:时长|时间|长度|延长|拉长|加长)[^,。]{0,6}(?<![二两三四五六七八九十0-9])(?:一倍|加倍|翻倍"
    "|翻一番)",
)
_HALF: Final = either(
    rf"half (?:as long|(?:of )?(?:the |its )?{_LENGTH})|halve (?:\S+ ){{0,4}}{_LENGTH}|(?:shorten"
    "|reduce) [^,.]*by half",
    "(?:时长|时间|长度)[^,。]{0,6}(?:减半|一半)|(?:缩短|缩减)(?:到|为|成|了)?(?:原来的?)?一半",
)
_TIMES: Final = re.compile(
    f"{LEFT}(?P<n>{EN}) times (?:as long|(?:the |its )?{_LENGTH}){RIGHT}|(?:时长|时间"
    f"|长度)[^,。]{{0,6}}?(?P<zh>{ZH}) ?倍"
)


def length_factor(low: str) -> float | None:
    """Read by what a length is to be multiplied from a lower-case text; None when by nothing.

    Example:
        >>> [length_factor(said) for said in ("twice as long", "时长减半", "3 times as long")]
        [2.0, 0.5, 3.0]
    """
    if _TWICE.search(low):
        return 2.0
    if _HALF.search(low):
        return 0.5
    times = _TIMES.search(low)
    return (number(times["n"] or times["zh"]) or None) if times else None
