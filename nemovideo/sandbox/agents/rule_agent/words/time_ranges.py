"""When on the timeline: "from 2 to 5 seconds", "at the end", "最后3秒"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from nemovideo.sandbox.agents.rule_agent.words.numbers import (
    DURATION,
    LEFT,
    NUMBER,
    RIGHT,
    ZH,
    durations,
    either,
    number,
)

Anchor: TypeAlias = Literal["at", "end", "middle", "until", "whole", "unsaid"]

_UNIT = r"(?: ?-?(?:seconds?|secs?|s)(?![a-z])| ?秒钟?)"
_CLOCK = r"[0-9]{1,2}:[0-5][0-9]"
_RANGE = re.compile(
    f"(?P<lead>(?:{LEFT}(?:from|between|seconds?) |从|第)*)(?:the )?(?P<a>{_CLOCK}|{NUMBER})(?P<ua>"
    f"{_UNIT})?(?: ?(?:to|until|till|and|through|-|–|—|~|(?:显示|持续|一直|播放)?(?:到"
    f"|至)) ?)(?:the )?(?:第|seconds? )?(?P<b>{_CLOCK}|{NUMBER})(?P<ub>{_UNIT})?"
)
# "Clip two to 8 seconds" numbers a clip.
_CLIP = re.compile(
    f"{LEFT}(?:clips?|scenes?|shots?|segments?|parts?|photos?|videos?) (?:number |#)?$"
)
_HALF_RANGE = re.compile(
    f"(?:{LEFT}from|从) ?(?:the )?(?:第)?(?P<a>{NUMBER}){_UNIT}? ?(?:to|until|till|到"
    "|至) ?(?:the )?(?:very )?(?:end|结尾|最后|结束|末尾)"
)
_REST = re.compile(
    f"{LEFT}(?:everything|anything|all|the rest) (?:(?P<after>after|from|past|beyond)|before"
    f"|until) (?:the )?(?:{_CLOCK}|{NUMBER}{_UNIT})|第?(?:{_CLOCK}|{ZH}"
    " ?秒钟?)(?:(?P<zafter>[之以]后|后面)|[之以]前|前面)的?(?:内容|部分|画面|视频)?[都全]"
)
_FROM_UNTIL = re.compile(
    f"{LEFT}(?:start|begin|appear|show)(?:s|ing|ning)?(?: up)?(?: at)? (?P<a>{_CLOCK}|{NUMBER})"
    f"{_UNIT}?,? (?:and )?(?:to )?(?:end|stop|finish|disappear)(?:s|ing|es)?(?: at)? (?P<b>{_CLOCK}"
    f"|{NUMBER}){_UNIT}?{RIGHT}|第?(?P<za>{_CLOCK}|{NUMBER}) ?秒?(?:处|时)?(?:开始"
    f"|出现)(?:显示)?[,到至]?第?(?P<zb>{_CLOCK}|{NUMBER}) ?秒?(?:处|时)?(?:结束|消失)"
)
# "Make the caption last 3 seconds" says how long, and not when.
_NOT_TO_LAST = "".join(
    f"(?<!{LEFT}{word} )"
    for word in (
        "title", "caption", "subtitle", "text", "words", "it", "that", "this", "them", "clip",
        "music", "song", "should", "must", "shall", "will", "could", "can", "only", "to",
    )
)  # fmt: skip
_LAST = re.compile(
    f"{LEFT}(?:{_NOT_TO_LAST}last|final|closing)(?: of)? $|(?:最后|末尾|结尾|片尾|倒数|后)的?$"
)
_FIRST = re.compile(f"{LEFT}(?:first|opening|initial) $|(?:前|开头|最前|片头|头|开始)的?$")
_AT = re.compile(
    f"{LEFT}(?:at|from|after|starting at|starting from|@|to) (?:the )?$|第$|(?:在|从)$"
)
_UNTIL = re.compile(
    f"{LEFT}(?:until|till|(?:extend|lengthen|keep)[^,.]* to)(?: the)? $|(?:显示|延长|持续|一直|直"
    "|停留)到第?$"
)
_AT_AFTER = re.compile(
    " mark| in(?=$|[,.])| into (?:it|the)(?![a-z])|处|的?时候|时(?!间)|开始|的?位置"
)
_START = re.compile(
    f"{LEFT}(?:at|from|in|to|on|near|off) the (?:very )?(?:beginning|start|opening|front){RIGHT}|"
    f"{LEFT}(?:opening|intro|beginning){RIGHT}|开头|片头|开始的?(?:时候|处|位置)|最开始|开始处"
    "|一开始|最前面?"
)
_END = re.compile(
    f"{LEFT}(?:at|near|to|in|on|off|from) the (?:very )?end{RIGHT}|{LEFT}(?:ending|closing|outro"
    f"|finish){RIGHT}|结尾|片尾|末尾|最后面?|结束的?时候|结束处"
)
_WHOLE = either(
    "throughout|whole|entire|all the time|all along|the full (?:video|length)|from start to (?:end"
    "|finish)",
    "全程|整个视频|整段视频|一直|从头到尾|始终",
)
_MIDDLE = either(
    "halfway(?: through)?|midway|(?:in|at) the middle of the (?:video|clip|timeline)",
    "视频中间|中间位置|中段|一半处|中间(?:剪|切|分)|从中间",
)
_SHARES: Final = (
    (("half", "半段", "半部分", "一半", "半"), 0.5),
    (("third", "三分之一"), 1 / 3),
    (("quarter", "四分之一"), 0.25),
)
_SHARE = re.compile(
    f"{LEFT}(?:first|opening|(?P<end>last|second(?= half)|final|latter)) (?P<part>half|third"
    f"|quarter){RIGHT}|(?:前|(?P<zend>最?后))面?的?(?P<zpart>半段|半部分|一半|半|三分之一|四分之一)"
)
_UNTIL_END: Final = re.compile(
    f"{LEFT}(?:until|till|to) the (?:very )?end{RIGHT}|(?:显示|持续|一直|停留|保持)[到至](?:最后"
    "|结尾|结束|片尾|末尾)"
)
_BEFORE_END: Final = re.compile(f" before (?:the |it )?(?:very )?(?:end|finish)s?{RIGHT}")
_EARLY: Final = re.compile("(?:(?:结束|结尾|片尾)之?前|提前|提早)$")
_STOPS: Final = re.compile("结束|停|消失")
_ENDS: Final = re.compile(
    rf"{LEFT}(?:disappear|vanish|go away|hide|end|stop|finish|remove)(?:s|es)?(?: \S+){{0,4}} (?:at"
    "|after|by)(?: the)? $|(?:消失|结束|停止?|隐藏)(?:在|于)?第?$"
)
_ENDING: Final = re.compile(
    "(?:之?后|处|时|的时候)[^,。0-9]{0,6}(?:消失|结束|停|隐藏|去掉)|(?:消失|结束|停)"
)
_LASTING: Final = re.compile(
    f"{LEFT}(?:for|lasting|lasts|over)(?: the)? $|(?:持续|显示|停留|长度?|时长)(?:为)?$"
)


@dataclass(frozen=True)
class TimeRange:
    """A stretch of the timeline as a person gives it.

    Args:
        anchor: where it hangs: "at" `start`, at the "end", in the "middle", from where it is
            "until" `start`, the "whole", "unsaid".
        start: milliseconds, for "at" and "until"; for that, a negative one counts from the end.
        length: milliseconds, None if not given.
        open_end: True for "from 3 seconds to the end".
        share: how long as a fraction of the whole, for "the first half".
    """

    anchor: Anchor = "unsaid"
    start: int = 0
    length: int | None = None
    open_end: bool = False
    share: float | None = None

    @property
    def given(self) -> bool:
        """Return True if the text gave any time at all."""
        return self.anchor != "unsaid" or self.length is not None

    def resolve(self, total: int, length: int, start: int = 0) -> tuple[int, int]:
        """Return (start, length) in milliseconds on a timeline `total` long.

        Args:
            total: the length of the timeline.
            length: how long, if that was not given.
            start: where it starts, if that was not given.
        """
        if self.anchor == "whole":
            return 0, total
        if self.anchor == "until":
            last = min(total, self.start) if self.start >= 0 else max(1, total + self.start)
            first = start if start < last else 0
            return first, last - first
        if self.share is not None:
            length = round(total * self.share)
        lasting = min(total, length if self.length is None else self.length)
        starts: dict[Anchor, int] = {
            "at": self.start,
            "end": total - lasting,
            "middle": (total - lasting) // 2,
        }
        first = max(0, min(starts.get(self.anchor, start), total - 1))
        return first, total - first if self.open_end else min(lasting, total - first)


# No video is as long as this; a span is cut at the end of its video.
TO_END: Final = TimeRange("until", 10**9)


def find_until(low: str) -> TimeRange | None:
    """Find "disappears after 2 seconds" and "第5秒消失"; None when nothing is to end."""
    if find_range(low) is not None:
        return None
    if _UNTIL_END.search(low):
        return TO_END
    for item in durations(low):
        before, after = low[: item.start], low[item.end :]
        if _BEFORE_END.match(after) or (_EARLY.search(before) and _STOPS.search(low)):
            return TimeRange("until", -item.ms)
    ends = (
        item.ms
        for item in durations(low)
        if _ENDS.search(low[: item.start]) or _ENDING.match(low[item.end :])
    )
    return next((TimeRange("until", ms) for ms in ends if ms), None)


def find_range(low: str) -> tuple[TimeRange, int, int] | None:
    """Find "from 2 to 5 seconds" and its kind; (span, start, end of the words) or None."""
    rest = _REST.search(low)
    if rest is not None:
        found = durations(rest.group())[0].ms
        after = rest["after"] or rest["zafter"]
        span = TimeRange("at", found, open_end=True) if after else TimeRange("at", length=found)
        return span, rest.start(), rest.end()
    half = _HALF_RANGE.search(low)
    if half is not None:
        return TimeRange("at", _point(half["a"]), open_end=True), half.start(), half.end()
    return _from_until(low) or _between(low)


def _from_until(low: str) -> tuple[TimeRange, int, int] | None:
    """Find "starts at 5s and ends at 9s"."""
    match = _FROM_UNTIL.search(low)
    if match is None:
        return None
    first, last = _point(match["a"] or match["za"]), _point(match["b"] or match["zb"])
    return (
        (TimeRange("at", first, last - first), match.start(), match.end()) if last > first else None
    )


def _between(low: str) -> tuple[TimeRange, int, int] | None:
    for match in _RANGE.finditer(low):
        # Without a unit or a clock time it is a count ("2 to 5 clips"), not a time.
        timed = match["ua"] or match["ub"] or ":" in match["b"] or "second" in match["lead"]
        counts = _CLIP.search(low[: match.start()]) and not (match["ua"] or match["lead"])
        if not timed or match.group() == "9:16" or counts:
            continue
        first, last = _point(match["a"]), _point(match["b"])
        if last > first:
            return TimeRange("at", first, last - first), match.start(), match.end()
    return None


def _point(word: str) -> int:
    if ":" in word:
        minutes, seconds = word.split(":")
        return (int(minutes) * 60 + int(seconds)) * 1000
    return round(number(word) * 1000)


def find_time_range(low: str) -> TimeRange:
    """Read when something is to be, from a lower-case text.

    Example:
        >>> find_span("show it for 4 seconds at the end")
        Span(anchor='end', start=0, length=4000, open_end=False)
    """
    ranged = find_range(low)
    if ranged is not None:
        return ranged[0]
    if _WHOLE.search(low):
        return TimeRange("whole")
    return _shared(low) or _single(low)


def _shared(low: str) -> TimeRange | None:
    """Read "the first half" and "后三分之一"."""
    match = _SHARE.search(low)
    if match is None:
        return None
    word = match["part"] or match["zpart"]
    share = next(value for words, value in _SHARES if word in words)
    return TimeRange("end" if match["end"] or match["zend"] else "at", share=share)


def _single(low: str) -> TimeRange:
    anchor: Anchor = "unsaid"
    start, length = 0, None
    for item in durations(low):
        before, after = low[: item.start], low[item.end :]
        if _LAST.search(before):
            anchor, length = "end", item.ms
        elif _FIRST.search(before) or _UNTIL.search(before):
            anchor, length = "at", item.ms
        elif not _LASTING.search(before) and (_AT.search(before) or _AT_AFTER.match(after)):
            anchor, start = "at", item.ms
        else:
            length = item.ms
    return TimeRange(anchor if anchor != "unsaid" else _anchor(low), start, length)


def _anchor(low: str) -> Anchor:
    if _END.search(low):
        return "end"
    if _START.search(low):
        return "at"
    return "middle" if _MIDDLE.search(low) else "unsaid"


_LASTED: Final = re.compile(
    rf"(?:{LEFT}(?:(?:starting |beginning )?(?:at|from)|after|until|till|for|lasting|during|within)"
    r"(?: the)?(?: (?:first|last|final|next))? )?"
    rf"(?:{DURATION.pattern})(?:[ -]?long(?![a-z]))?",
    re.IGNORECASE,
)


def without_times(text: str) -> str:
    """Take ranges, durations and anchors out of a text, to leave what it talks about."""
    low = text.lower()
    cut = text if len(low) == len(text) else low
    ranged = find_range(low)
    if ranged is not None:
        cut = cut[: ranged[1]] + cut[ranged[2] :]
    for pattern in (_LASTED, _WHOLE, _START, _END):
        cut = re.sub(pattern.pattern, " ", cut, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", cut).strip()
