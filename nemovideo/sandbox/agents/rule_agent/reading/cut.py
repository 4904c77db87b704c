"""What a clause wants of the length: cut out, shorten, extend, split, play faster or slower."""

from __future__ import annotations

import re
from typing import Final, Literal

from nemovideo.sandbox.agents.rule_agent.instructions import (
    Cut,
    Instruction,
    SetLength,
    Speed,
    Split,
)
from nemovideo.sandbox.agents.rule_agent.reading.clip_selector import find_clips
from nemovideo.sandbox.agents.rule_agent.words.length_factors import length_factor
from nemovideo.sandbox.agents.rule_agent.words.numbers import (
    A_BIT,
    EN,
    LEFT,
    RIGHT,
    ZH,
    durations,
    either,
    number,
    percentage,
)
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import (
    TimeRange,
    find_range,
    find_time_range,
)

_CUT = either(
    r"cut|trim|remove|delete|chop|drop|shave|crop|lose|skip|clip off|take (?:\S+ ){0,4}?(?:out|off"
    "|away)|get rid of",
    "剪|切|裁|去掉|去除|删|砍|移除|不要",
)
_KEEP = either("keep|only use|use only|leave only|retain", "只?保留|只要|只留|留下")
_LENGTH_VERB = (
    "cut|trim|chop|shorten|extend|lengthen|make|reduce|crop|stretch|bring|get|want|set|limit|prolong"
    "|should|must|needs? to|be"
)
# "Make it last 3 seconds", and not "trim the last 3 seconds".
_LAST = "(?<!the )(?<!off )(?<!trim )(?<!cut )last"
_TO_LENGTH = re.compile(
    f"{LEFT}(?:{_LENGTH_VERB})(?![a-z]).*?(?:{LEFT}(?:to|at|under|be|for|{_LAST})(?![a-z])|(?:it|video"
    "|clip|film|movie|thing|everything|one|scene|shot|photo|image|picture|part"
    "|segment)(?: [0-9]+)?(?![a-z])) (?:down to |last |be |only |just |about |exactly |around "
    "|a total of )*$|(?:剪|砍|缩短?|裁|延长|加长|改|调整?|变|控制|压缩?|拉长|截|做|设置?|时长"
    "|长度)[^,。]{0,6}?(?:到|成|为|至|在|是)只?有?$"
)
_THEN_LENGTH = re.compile("(?:shorter|longer|[短长]一?[点些])[,，:] ?(?:to |到)?$")
LONGER: Final = either(
    "longer|extend|lengthen|prolong|stretch",
    "延长|加长|拉长|变长|[再多更]长|^长(?=[0-9零一二两三四五六七八九十]+ ?秒)|长一?点|久一?点",
)
SHORTER: Final = either(
    "shorter|shorten|off (?:of )?(?:each|every|all)",
    "缩短|变短|[再更]短|短一?点|短些|短(?=[0-9零一二两三四五六七八九十]+ ?秒)",
)
_SHORTENS: Final = either(
    "cut|trim|chop|crop|shorten|reduce|shorter", "剪|砍|裁|截|缩|压|[变更再]短"
)
BY_MS: Final = 2_000
_EACH = re.compile(
    f"{LEFT}(?:each|every|all(?: the)?) (?:photos?|images?|pictures?|clips?|scenes?|shots?|slides?)"
    f"{RIGHT}|{LEFT}(?:photos|images|pictures|clips|scenes|slides).*{LEFT}each{RIGHT}"
    "|每(?:一)?[张段个幅]|(?:所有|全部)(?:照片|图片|片段|镜头)都?"
)
_TO = re.compile(f"{LEFT}to (?:only |just |exactly )?$|[到成为至]$")
_SPLIT = either(
    r"split|divide|slice|(?:cut|chop)(?: \S+){0,4} (?:in|into) (?:two|half|2)",
    "拆分|拆成|分割|切开|剪开|切成两|分成两|一分为二|切一刀|切分|拆开",
)
_AT_TIME = re.compile(f"{LEFT}(?:cut|slice) (?:it |the (?:video|clip) )?at{RIGHT}")

_TIMES = re.compile(
    f"(?P<n>{EN}) ?(?:x{RIGHT}|times{RIGHT}|×)|{LEFT}[x×] ?(?P<x>{EN})|(?P<zh>{ZH}|半) ?倍"
)
# 快一倍 and 放慢一倍 add as much again: twice the speed, or half of it.
_ONE_FOLD = re.compile("(?:快|慢|加速|减速|提速)了?(?:一|1)倍(?!速)")
_SPEED = either(
    "speed|faster|slower|slow[- ]?mo(?:tion)?|slow(?:ed)? (?:it |this |that "
    r"|the (?:\S+ ){1,3})?down|slow (?:it|the)|fast[- ]forward|twice as fast|half as fast"
    "|[0-9.]+ ?x",
    "倍速|加速|减速|快放|慢放|慢动作|慢镜头|快进|放慢|调快|调慢|(?<![欢轻愉])快一?点|慢一?点|播放速度|速度|升格"
    "|变慢|变快|[零一二两三四五六七八九十0-9.半] ?倍",
)
_SLOW = either(
    "slow|slower|slowed|slow[- ]?mo(?:tion)?|half speed|half as fast|half the speed", "慢|减速|升格"
)
_FAST = either(r"faster|speed(?: \S+){0,4} up|fast[- ]forward|sped", "(?<![欢轻愉])快|加速")
_NORMAL = re.compile(f"{LEFT}(?:normal|original|regular) speed{RIGHT}|原速|正常速度|恢复速度|常速")
_MOTION = re.compile(f"{LEFT}slow[- ]?mo(?:tion)?{RIGHT}|慢动作|慢镜头|慢放|升格")


def read_speed(clause: Message) -> Instruction | None:
    """Read a change of speed: "2x", "slow motion", "1.5倍速"."""
    low = clause.low
    if not _SPEED.search(low) or length_factor(low) or (_SLOW.search(low) and _FAST.search(low)):
        return None
    selector = find_clips(clause)
    if _NORMAL.search(low):
        return Speed(1.0, relative=False, selector=selector)
    factor = _factor(low)
    if factor is None or not 0.05 <= factor <= 20:
        return None
    relative = (
        re.search(rf"{LEFT}(?:faster|slower|up|down){RIGHT}|快|慢|加速|减速", low) is not None
    )
    return Speed(factor, relative=relative and percentage(low) is None, selector=selector)


def _factor(low: str) -> float | None:
    slow = _SLOW.search(low) is not None
    times = _TIMES.search(low)
    if times is not None:
        value = 0.5 if times["zh"] == "半" else number(times["n"] or times["x"] or times["zh"])
        if _ONE_FOLD.search(low):
            value = 2.0
        return 1 / value if slow and value > 1 else value or None
    share = percentage(low)
    if share is not None:
        by = re.search(rf"{LEFT}(?:by){RIGHT}|(?:加速|减速|加快|放慢|提高|降低)(?!到|至|为)", low)
        return (1 - share if slow else 1 + share) if by else share
    return _worded_factor(low, slow)


def _worded_factor(low: str, slow: bool) -> float | None:
    if re.search(rf"{LEFT}(?:double|twice){RIGHT}|加倍", low):
        return 2.0
    if re.search(rf"{LEFT}half{RIGHT}|一半|半速", low):
        return 0.5
    if slow:
        return 0.8 if A_BIT.search(low) and not _MOTION.search(low) else 0.5
    return (1.25 if A_BIT.search(low) else 1.5) if _FAST.search(low) else None


def read_split(clause: Message) -> Instruction | None:
    """Read a request to cut a clip in two."""
    low = clause.low
    if not (_SPLIT.search(low) or _AT_TIME.search(low)):
        return None
    found = durations(low)
    span = find_time_range(low)
    at = span.start if span.anchor == "at" and found else found[0].ms if found else None
    return Split(at, find_clips(clause))


def read_cut(clause: Message) -> Instruction | None:
    """Read a request to take something out, or to make the video shorter or longer."""
    low = clause.low
    if _KEEP.search(low):
        remaining = find_time_range(low)
        return Cut(remaining, find_clips(clause), keep=True) if _bounded(remaining) else None
    return _length(clause) or _cut_out(clause)


def _bounded(span: TimeRange) -> bool:
    return span.length is not None or span.open_end or span.share is not None


def _cut_out(clause: Message) -> Instruction | None:
    span = find_time_range(clause.low)
    if not _CUT.search(clause.low) or not _bounded(span) or span.anchor in ("unsaid", "whole"):
        return None
    if _EACH.search(clause.low):
        return Cut(span, each=True)
    return Cut(span, find_clips(clause))


def _length(clause: Message) -> Instruction | None:
    low = clause.low
    selector = find_clips(clause)
    found = durations(low)
    factor = length_factor(low)
    if factor is not None:
        return SetLength(selector=selector, each=_EACH.search(low) is not None, factor=factor)
    longer, shorter = LONGER.search(low) is not None, SHORTER.search(low) is not None
    exact = bool(found) and _TO.search(low[: found[0].start]) is not None
    takes = _CUT.search(low) and find_time_range(low).anchor != "unsaid" and not exact
    if found and _EACH.search(low) and not takes:
        by = None if exact else found[0].ms if longer else -found[0].ms if shorter else None
        length = found[0].ms if by is None else None
        return SetLength(length, by, selector, each=True, only=_only(low))
    to = next((item for item in found if _TO_LENGTH.search(low[: item.start])), None)
    if to is not None and find_range(low) is None and not _relative(low):
        return SetLength(length=to.ms, selector=selector, only=_only(low))
    if (longer or shorter) and found and _THEN_LENGTH.search(low[: found[0].start]):
        return SetLength(length=found[0].ms, selector=selector)
    if longer or shorter:
        amount = found[0].ms if found else BY_MS
        return SetLength(by=amount if longer else -amount, selector=selector)
    return None


def _only(low: str) -> Literal["shorter", "longer"] | None:
    return "shorter" if _SHORTENS.search(low) else "longer" if LONGER.search(low) else None


def _relative(low: str) -> bool:
    return re.search(rf"{LEFT}(?:longer|shorter|by){RIGHT}|秒(?:短|长)", low) is not None
