"""What a clause wants to see again: a clip doubled, the video played twice."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import Instruction, Repeat
from nemovideo.sandbox.agents.rule_agent.reading.clip_selector import CLIP, find_clips
from nemovideo.sandbox.agents.rule_agent.reading.sound import MUSIC
from nemovideo.sandbox.agents.rule_agent.reading.title_text import about_text
from nemovideo.sandbox.agents.rule_agent.words.numbers import (
    EN,
    LEFT,
    RIGHT,
    ZH,
    durations,
    either,
    number,
)
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message

_COPY: Final = re.compile(
    f"^(?:duplicate|copy|clone|double up){RIGHT}|^make (?:an?|another|{EN}) (?:exact )?(?:copy"
    f"|copies|duplicates?){RIGHT}|复制|拷贝|克隆"
)
_REPEAT: Final = re.compile(
    f"^(?:repeat|loop|replay){RIGHT}|{LEFT}(?:make|let|have) .*{LEFT}(?:repeat|loop){RIGHT}"
    "|^(?:重复|循环)|(?:把|将|让|给)[^,。]*(?:重复|循环)|(?:片段|镜头|段|视频|它)(?:重复|循环)"
)
_PLAY: Final = re.compile(
    f"{LEFT}(?:play|show|run|appear)s?{RIGHT}|播放?|放|显示|出现|重复|循环|来"
)
_ONCE_MORE: Final = either("again|once more|one more time|another time", "再[^,。]{0,4}[次遍]")
_TIMES: Final = re.compile(
    f"{LEFT}(?:(?P<twice>twice)|(?P<thrice>thrice)|(?P<n>{EN}) (?:times|(?:exact )?copies)){RIGHT}"
    f"(?! (?:as|(?:the )?speed|faster|slower|longer|shorter|louder|quieter){RIGHT})|(?P<zh>{ZH}"
    ") ?(?:次|遍|份|回)"
)
_AT_END: Final = re.compile(
    f"{LEFT}(?:to|at|on|onto) the (?:very )?end{RIGHT}|最后面?$|末尾|结尾|片尾"
)
_UNTIL: Final = re.compile(f"{LEFT}(?:until|till|to|for){RIGHT}[^,.]*$|到|满|够")
_MOST: Final = 20


def read_repeat(clause: Message) -> Instruction | None:
    """Read "duplicate clip 2", "play it twice", "第一段重复三遍"."""
    low = clause.low
    if MUSIC.search(low) or about_text(low) or clause.quoted():
        return None
    plays = _plays(low)
    if plays is None or plays < 2:
        return None
    selector = find_clips(clause)
    length = _UNTIL.search(low[: found[0].start]) if (found := durations(low)) else None
    if length is not None and not selector.given:
        return Repeat(fill=found[0].ms)
    one = not selector.given and CLIP.search(low) is not None
    return Repeat(selector, min(plays, _MOST), one=one, at_end=_AT_END.search(low) is not None)


def _plays(low: str) -> int | None:
    """Return how often the pictures are to be shown in all; None if the clause does not say."""
    times = _counted(low)
    if _COPY.search(low):
        # Two copies are two more: three in all.
        return 1 + (times or 1)
    if _PLAY.search(low) and _ONCE_MORE.search(low):
        return 2
    if _REPEAT.search(low) or (times and _PLAY.search(low)):
        return times or 2
    return None


def _counted(low: str) -> int | None:
    match = _TIMES.search(low)
    if match is None:
        return None
    if match["twice"] or match["thrice"]:
        return 2 if match["twice"] else 3
    return int(number(match["n"] or match["zh"]))
