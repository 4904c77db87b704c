"""The words of titles and subtitles, with and without quotation marks."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import Role
from nemovideo.sandbox.agents.rule_agent.words.length_factors import length_factor
from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT, RIGHT, either
from nemovideo.sandbox.agents.rule_agent.words.phrases import QUOTE, VERBS, Message
from nemovideo.sandbox.agents.rule_agent.words.text_style import without_style
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import without_times

TITLE: Final = either("titles?|headings?|headlines?|opening text|title card", "标题|题目|片名|大字")
SUBTITLE: Final = either(
    "subtitles?|captions?|text overlays?|overlay text|lower thirds?|on-screen text|texts?|words"
    "|lettering|credits|fonts?",
    "字幕|文字|文案|文本|说明文字|旁白文字|字体|字号",
)
_SAYS = re.compile(
    f"{LEFT}(?:saying|that says|that reads|which says|which reads|reading|says?|reads?|called|named"
    "|with the (?:text|words?)|titled|entitled)(?![a-z]):? ?(?P<en>.+)$|(?:内容|文字|文案)?(?:写着"
    "|写上|写成|写|叫做?|名为|内容[为是:]|文字[为是:]|显示|说|为|是)[:]? ?(?P<zh>[^,。]+)$"
)
_COLON = re.compile("(?<![0-9]): ?(?P<rest>[^:]+)$")
_TO = re.compile(
    f"{LEFT}(?:to|into|with|as|call (?:it|this|that))(?![a-z]) (?P<en>.+)$|(?:改|换|变|改写|设置|设"
    "|修改|替换|更新)(?:成|为) ?(?P<zh>[^,。]+)$"
)
_NOUN_TEXT_ZH = re.compile(
    "(?:标题|字幕|文字|题目|片名)(?! ?(?:后|消失|结束|出现|停|持续|太|再|不|很|往|向|要|应该|可以"
    "|和|跟|与|[长短久大小](?=一?[点些])|用(?=.{1,2}色))) ?(?P<zh>[^,。:的在放从改换移到]{1,30})$"
)
_NOUN_TEXT_EN = re.compile(
    "(?i:(?<![a-z])(?:title|subtitle|caption|heading|headline|text overlay|lower third|text"
    "|words),? (?!(?:to|in|on|at|for|from|with|over|under|by|of|as|about|between|during|into|near"
    "|like|and|or|but|if|so|that|which|who|when|where|while|before|after|until|is|are|was|should"
    "|must|can|please|pls|too|also|again|now|later|here|there|twice|once|back|up|down|away"
    "|automatically|track|line|card|animation|effect|overlay|style|colou?r|font|size|only|instead"
    "|throughout|saying|says|reading|reads|called|titled)(?![a-z])))(?P<en>(?:[^,.;:]"
    "|:(?=[0-5][0-9]))+)$"
)
_ORDERED = re.compile(
    "(?i:(?:write|type)(?: out)?) (?!(?:a|an|the|some|it|this|that|me|something|in|on"
    "|at)(?![a-z]))(?P<en>[^,;]+)$"
    "|在?(?:最后|结尾|片尾|末尾|开头|片头)?再?写上:? ?(?P<zh>[^,。;:]+)(?:,.*)?$"
)
_WRITES = re.compile(f"(?:add|insert|write|create|include|overlay){RIGHT}")
_DETAIL_EN = re.compile(
    "[ ,]*(?<![a-z])(?:(?:in|at|on|to|near|and place it|placed|positioned) (?:the "
    "|a )?(?:very )?(?:top|bottom|center|centre|middle|upper|lower|beginning|start"
    "|end)(?:[ -](?:left|right|center|third|of the (?:screen|video|frame|picture)))?|(?:in"
    "|with) (?:a )?(?:white|black|red|yellow|green|blue|orange|purple|pink|gold|golden|gr[ae]y"
    "|silver|cyan|teal|big|large|small|bold|huge)(?: (?:letters|text|font|colou?r|type))?|centered"
    "|for the|from|lasting|for|throughout|(?:in|at|for|during) the (?:first|last|opening|final)"
    "|as an? (?:title|subtitle|caption)|instead|please|pls|too|as well|again)(?![a-z])[ ,]*$"
)


def about_text(low: str) -> bool:
    """Return True if a clause mentions titles or subtitles."""
    return TITLE.search(low) is not None or SUBTITLE.search(low) is not None


def role_of(low: str) -> Role:
    """Return the role of the text that a clause mentions."""
    return "title" if TITLE.search(low) else "subtitle"


def replacement(clause: Message) -> str | None:
    """Return the new words of a text that a clause changes, None where it keeps them."""
    low = clause.low
    match = re.search(
        rf"(?:{LEFT}(?:to|into|say|says|read|with|as)(?![a-z])|[成为是]|:)[^{QUOTE[1:-1]}]{{0,"
        rf"12}}(?P<q>{QUOTE})",
        low,
    )
    if match is not None:
        return clause.quoted(match["q"])[0]
    if clause.quoted():
        return None
    worded = _TO.search(clause.text) or _SAYS.search(clause.text)
    rest = (worded["en"] or worded["zh"]).strip() if worded else ""
    if not rest or _is_detail(rest.lower()) or length_factor(low):
        return None
    return _without_details(rest)


def _is_detail(low: str) -> bool:
    """Return True if "to …" leads to a place, time, size or colour and not to new words."""
    bare = re.sub(
        rf"{LEFT}(?:the|of|screen|at|in|to|end|start|beginning|frame|very|left|right|and|second"
        rf"|seconds|s|color|colour|dark|light|bright|deep|pale|shade|of){RIGHT}|深|浅|亮|暗|淡|屏幕|画面|视频|的|处|第|字|色|[0-9#]",
        " ",
        without_style(without_times(low)),
    )
    return not re.search(r"[a-z\u3400-\u9fff\ue000-\ue0ff]", bare)


def _without_details(text: str) -> str:
    """Take the details off the end; a time within the words is one of them."""
    words = re.sub(r"\s+", " ", text).strip()
    while True:
        timeless = without_times(words)
        match = _DETAIL_EN.search(words.lower())
        if timeless and timeless != words and words.startswith(timeless):
            words = timeless
        elif match is not None and match.start() > 0:
            words = words[: match.start()]
        else:
            return words.strip(" ,.;:")


def content(clause: Message) -> str | None:
    """Return the words of a text given without quotation marks."""
    match = (
        _SAYS.search(clause.text)
        or _COLON.search(clause.text)
        or _NOUN_TEXT_ZH.search(clause.text)
        or named_words(clause)
        or _ORDERED.match(clause.text)
    )
    words = next((group for group in match.groups() if group), "") if match else ""
    if clause.language == "zh":
        words = re.split("[,。;]", words)[0]
    if not words or _is_detail(words.lower()):
        return None
    return _without_details(clause.plain(words)) or None


def orders_words(clause: Message) -> bool:
    """Return True if a clause is "write …" with words but without the noun of a text."""
    return _ORDERED.match(clause.text) is not None


def named_words(clause: Message) -> re.Match[str] | None:
    """Find the words right after their noun: "add the subtitle Good night"."""
    match = _NOUN_TEXT_EN.search(clause.text)
    if match is None:
        return None
    # "Show the title longer" speaks of a title that is there; "Show the title Longer" names one.
    return match if _WRITES.match(clause.low) or match["en"][0].isupper() else None


# Words without quotation marks may hold an order of their own, or end in a detail.
_ORDER_WITHIN: Final = re.compile(
    f"(?<![A-Za-z])(?:but|except|instead|unless|if|each|then|not|and (?:{VERBS})|as well)(?![a-z])"
    "|也|[不别没]|除了|然后|并且|但|改成|换成|去掉|如果"
)


_LAST_WORD: Final = re.compile("(?<= )[a-z]+$|[大小红白黑黄蓝绿][号字色]?$")


def unclear_end(words: str) -> bool:
    """Return True if words without quotation marks may not all be meant to be shown."""
    last = _LAST_WORD.search(words)
    styled = last is not None and not without_style(last[0]).strip()
    return styled or _ORDER_WITHIN.search(words) is not None
