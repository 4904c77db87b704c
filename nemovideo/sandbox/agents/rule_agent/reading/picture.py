"""A description of a picture becomes a shot: who, where, when, in what weather and style."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import Shot
from nemovideo.sandbox.agents.rule_agent.reading import title
from nemovideo.sandbox.agents.rule_agent.words.lexicon import Found, find_terms
from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT, RIGHT, durations
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message, lower
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import without_times
from nemovideo.sandbox.agents.rule_agent.words.visual_style import (
    CAMERAS,
    STYLES,
    VisualStyle,
    find_visual_style,
    without_format,
)

VERB_EN: Final = (
    "generate|regenerate|re-generate|create|make|render|produce|shoot|film|build|design|draw"
    "|animate|give me|show me|show|prepare|compose"
)
_MAKE_ZH: Final = "导出|生成|制作|创建|做|拍摄?|创作|来|画|产生|制造|弄|整|出"
_VIDEO_EN: Final = (
    "videos?|clips?|films?|movies?|animations?|footage|shots?|scenes?|reels?|shorts?|sequences?"
    "|time[- ]?lapses?|tiktoks?|ads?|commercials?|vlogs?|trailers?|documentar(?:y|ies)|intros?"
    "|segments?|montages?"
)
_LEAD_EN = re.compile(
    f"^(?:(?:{VERB_EN}){RIGHT} ?)?(?:[a-z0-9'&,-]+ ){{0,10}}?(?:{_VIDEO_EN}){RIGHT},?(?: (?:of"
    "|about|showing|that shows|which shows|featuring|with|where|in which|depicting|on)(?![a-z])"
    "| ?[:–]) ?"
)
_VERB_LEAD_EN = re.compile(
    f"^(?:(?:{VERB_EN}){RIGHT} ?)?(?:us |me )?(?:(?:a|an|another|one|some|the|my|new|short|long"
    f"|brief|quick|more){RIGHT} ?)*"
)
_VIDEO_END_EN = re.compile(f" ?{LEFT}(?:{_VIDEO_EN}){RIGHT}(?= *(?:,|$))")
_LINK_EN = re.compile(
    f"^(?:an? (?=of|about))?(?:(?:about|of|showing|featuring|for|with|where|that|on){RIGHT} ?)+"
)
_PLATFORM = re.compile(
    rf"(?:^| )(?:for|on) (?:instagram|youtube|facebook|twitter|social media|my (?:channel|feed)"
    rf"|stories)(?: stories| feed)?{RIGHT}",
    re.IGNORECASE,
)
_LEAD_ZH = re.compile(
    f"^(?:(?:请|帮我|给我)?(?:{_MAKE_ZH})(?:成|出)?(?:一[个段条部张]"
    "|[个段条部])?)?(?:(?:一?[个段条部])?(?:的)?[^,。的]{0,8}?(?:短?视频|短片|影片|动画|片段|片子"
    "|镜头|画面)(?:[,:。]|[是]|关于|内容[是为]?|主题[是为]?|展示|讲述?)+)?"
)
_VERB_ZH = re.compile(f"^(?:{_MAKE_ZH})(?:成|出)?(?:一[个段条部张]|[个段条部])?(?=的)")
_TAIL_ZH = re.compile(
    "(?:的|为主题的|主题的)?(?:广告|宣传|科普|搞笑|风景|创意|教学|产品|旅行|小)?(?:短?视频|短片"
    "|影片|动画片?|片段|片子|镜头|画面|场景)(?:讲解|介绍)?[,。 ]*$"
)
_ARTICLE = re.compile(f"^(?:(?:a|an|the|some|one|two|three|my|our|his|her|its|this|that){RIGHT} )+")
_MEASURE = re.compile(
    "(?:[一二两三四五六七八九十几数0-9]+|这|那)(?:只|个|条|匹|头|群|位|名|座|片|朵|辆|艘|架|颗|棵"
    "|株|杯|盘|碗|幅|段|些|轮|道|束)"
)
_PREPOSITION: Final = (
    "through|in|on|at|over|across|along|under|beside|near|by|around|inside|above|within|into|past"
    "|down|up|against"
    "|beneath|behind|among|between|amid|from|towards?|outside"
)  # fmt: skip
_PLACE_EN = re.compile(
    f"{LEFT}(?:{_PREPOSITION}) (?:(?:a|an|the|some|its|his|her|their){RIGHT}"
    f" )?(?P<place>[a-z' -]+?)(?=$|[^a-z' -]| (?:{_PREPOSITION}|with|while|during|and|as|where|that"
    f"|who|which){RIGHT})"
)
_PLACE_ZH = re.compile(
    "在(?P<place>[^,。的在]{1,10}?)(?:里面?|中间?|上面?|下面?|旁边?|边|内|间|前面?|后面?)"
)
_HEAD_EN = re.compile(
    f"^(?P<head>[a-z0-9' -]+?)(?=$|[^a-z0-9' -]| (?:[a-z]+ing|{_PREPOSITION}|with|while|and|as|who"
    f"|that|which|is|are){RIGHT})"
)
_HEAD_ZH = re.compile("^(?P<head>[^,。的在]{1,8}?)(?=$|[,。]|在|正在|[走跑跳飞游吃喝看玩坐站睡])")
_NOT_A_PLACE: Final = {
    "night", "dawn", "sunset", "sunrise", "dusk", "day", "morning", "evening", "noon", "rain",
    "fog", "mist", "slow motion", "style", "background", "love", "motion",
}  # fmt: skip
_EXTRA: Final = (
    r"music|soundtrack|song|bgm|background music|audio|sound|title|subtitles?|captions?|text"
    r"|heading|fade[a-z -]*|dissolve"
    # "With a guitar" may be in the picture.
    r"|(?:calm|soft|gentle|soothing|relaxing|quiet|upbeat|lively|cheerful)"
    r" (?:piano|guitar|strings|drums|synth)"
)
_JOINT = (
    r"(?<![a-z])(?:with|and|plus|featuring|including|without|but|has|having|set to|over"
    r"|to)(?![a-z])"
)
EXTRAS: Final = re.compile(
    rf"(?:\s*,\s*(?:{_JOINT}\s+)?|\s+{_JOINT}\s+)(?P<extra>(?:(?!(?<![a-z])(?:with|walking"
    f"|of a)(?![a-z]))[^,.;]){{0,60}}?(?<![a-z])(?:{_EXTRA})(?![a-z])[^,.;]*)"
)
_STYLE_TAIL = re.compile(
    "[, ]*(?<![a-z])in (?:the |a )?style of [a-z -]+|(?:,| )(?:in|with|shot in|using)? ?(?:an? "
    "|the )?(?:[a-z0-9-]+ ){0,2}(?:style|look|mood|atmosphere|aesthetic|vibe|feel|tones?|colou?rs"
    "|lighting|camera|shot)(?![a-z])|,? ?[^,。]{0,6}?(?:风格|画风|质感|氛围)"
)


def describe(clause: Message) -> str:
    """Strip a request down to its picture: "make a 5s clip of a cat" → "a cat"."""
    text = _PLATFORM.sub("", without_format(without_times(without_extras(clause.text))))
    text = _describe_zh(text) if clause.language == "zh" else _describe_en(text)
    styled = _STYLE_TAIL.sub("", text)
    text = styled if len(styled) > 2 else text
    text = re.sub("[\ue000-\ue3ff]", " ", text)
    text = _DANGLING.sub("", text)
    parts = [part for part in re.split(r"\s*[,;:.!?]\s*", text) if part.strip(" -")]
    remaining = [part.strip(" -。") for part in parts if not _only_style(part)]
    return re.sub(r"\s+", " ", ", ".join(remaining or parts[:1])).strip()


_DANGLING = re.compile(
    r"(?:^| )(?:for|in|on|at|of|with|and|lasting|to|a|an|the)(?= *(?:,|$))", re.IGNORECASE
)


def _only_style(part: str) -> bool:
    """Return True if a part between commas is only about camera and style."""
    rest = lower(part)
    for _, pattern in (*CAMERAS, *STYLES):
        rest = pattern.sub(" ", rest)
    rest = re.sub(
        rf"{LEFT}(?:slow|slowly|smooth|gentle|gently|camera|shot|style|lighting|look|very|and|a|an"
        rf"|the|with|in){RIGHT}|风格|镜头|画面|的|缓慢|慢慢",
        " ",
        rest,
    )
    return rest.strip() == ""


def without_extras(text: str) -> str:
    """Take requests for music and texts out of a prompt."""
    time_ranges = [match.span() for match in EXTRAS.finditer(lower(text))]
    for start, end in reversed(time_ranges):
        text = text[:start] + text[end:]
    return text


def _describe_en(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip(" ,.-")
    low = lower(text)
    lead = _LEAD_EN.match(low)
    if lead is not None and lead.end() < len(text):
        text = text[lead.end() :]
    else:
        bare = _VERB_LEAD_EN.match(low)
        verb = bare is not None and re.match(rf"(?:{VERB_EN}){RIGHT}", low) is not None
        text = text[bare.end() :] if bare is not None and verb else text
        cut = _VIDEO_END_EN.search(lower(text))
        text = text if cut is None else text[: cut.start()] + text[cut.end() :]
    link = _LINK_EN.match(lower(text))
    return text[link.end() :] if link else text


def _describe_zh(text: str) -> str:
    text = re.sub(r"(?<=[^a-zA-Z0-9]) +| +(?=[^a-zA-Z0-9])", "", _MEASURE.sub("", text))
    text = re.sub("^(?:[,。的:]|一共|总共|时长)+", "", text).rstrip(",。:")
    lead = _LEAD_ZH.match(text)
    if lead is not None and lead.end() < len(text) and not find_terms(lead.group()):
        text = text[lead.end() :]
    elif lead is not None and (verb := _VERB_ZH.match(text)) is not None:
        text = re.sub("的?(?:短?视频|短片|影片|片子)(?=,)", "", text[verb.end() :], count=1)
    text = text.strip(" ,。的:")
    tail = _TAIL_ZH.search(text)
    text = text[: tail.start()] if tail is not None else text
    text = re.sub("的(?:短?视频|短片|影片|片子)(?=,)", "", text, count=1)
    text = re.sub("(?:,|^)(?:一共|总共|时长|大约|大概)+(?=,|$)", "", text)
    return re.sub(
        "^(?:生成|制作|创建|创作|关于|有关|展示|内容[是为]|主题[是为]|先是|是|有)",
        "",
        text.strip(" ,。的:"),
    )


# What is not to be seen is no part of the picture.
NEGATED: Final = re.compile(
    rf",? ?(?:(?:but|and|with) )?{LEFT}(?:no|not|never|without|except(?: for)?|avoid|instead of"
    r"|(?:do not|don't) (?:show|include|add|draw)) [^,.;:!?]+?"
    r"(?=[,.;:!?]|$| (?:but|in|at|on|with|while)(?![a-z]))"
    "|[,，]?(?:但|也)?(?:不要有?|没有|不能有|别有|别|不出现|不下)[^,。;、的]{1,8}的?",
    re.IGNORECASE,
)


def read_shot(clause: Message, *, length: int | None = None) -> Shot | None:
    """Read a shot from a request; None when it describes nothing."""
    wanted = clause.part(NEGATED.sub("", without_extras(clause.text)))
    picture = describe(wanted)
    low = lower(picture)
    if not re.search(r"[a-z\u3400-\u9fff]", low):
        return None
    terms = find_terms(low)
    subject = _subject(low, terms)
    setting = _setting(low, terms, subject)
    family = _family(terms, subject)
    return Shot(
        prompt=clause.plain().strip(),
        family=family,
        subject=subject[:80],
        setting=setting[:80],
        style=_settled(find_visual_style(wanted.low), family),
        name=title.name(picture, clause.language),
        title=title.title(picture, _written(low, terms, subject), setting, clause.language),
        length=length if length is not None else _length(clause),
    )


def _length(clause: Message) -> int | None:
    found = durations(clause.low)
    return found[0].ms if found else None


def _settled(style: VisualStyle, family: str) -> VisualStyle:
    time = style.time or ("night" if family == "space" else "day")
    return VisualStyle(time, style.weather or "clear", style.camera, style.styles)


# Who acts comes before where it is; what is only a shape or a light comes last.
_RANK: Final = {"thing": 0, "person": 0, "place": 1, "effect": 2}


# 月亮下, 樱花树旁: next to what something happens, and not who acts.
_NEAR_ZH = re.compile("[下旁里中](?!山|水|雨|雪|海|去)")


def _leading(terms: list[Found], low: str) -> Found | None:
    ranked = sorted(terms, key=lambda item: (_rank(item, low), item.start))
    return ranked[0] if ranked else None


def _rank(item: Found, low: str) -> int:
    placed = item.term.role == "thing" and _NEAR_ZH.match(low, item.end)
    return _RANK["place"] if placed else _RANK[item.term.role]


# "A drive through the desert" shows the desert, and "a wedding in Paris" a wedding.
_VIEWS: Final = re.compile(
    f"{LEFT}(?:views?|scenes?|scenery|shots?|footage|drive|walk|ride|journey|trip|tour|flight"
    f"|flyover|days?|life|light|sunlight|wind|breeze|calm|panorama|beauty|nature|loop|film){RIGHT}$"
)


def _subject(low: str, terms: list[Found]) -> str:
    known = _leading(terms, low)
    text = _ARTICLE.sub("", low)
    match = (_HEAD_EN if text[:1].isascii() else _HEAD_ZH).match(text)
    head = (match["head"] if match else text).strip()
    if known is None:
        return head
    elsewhere = known.term.role == "place" and match is not None and text[:1].isascii()
    if elsewhere and not (find_terms(head) or find_visual_style(head).given or _VIEWS.search(head)):
        return head
    return known.term.name


def _written(low: str, terms: list[Found], subject: str) -> str:
    """Return the subject in the prompt's own words: "planets" where it is known as "planet"."""
    return next((item.written for item in terms if item.term.name == subject), subject)


def _setting(low: str, terms: list[Found], subject: str) -> str:
    places = [
        item.term.name for item in terms if item.term.role == "place" and item.term.name != subject
    ]
    if places:
        return places[0]
    found = _PLACE_EN.search(low) or _PLACE_ZH.search(low)
    place = found["place"].strip() if found else ""
    known = {item.term.name for item in find_terms(place)}
    if place in _NOT_A_PLACE or subject in {place, *known} or place.endswith(" style"):
        return ""
    return place


def _family(terms: list[Found], subject: str) -> str:
    lead = next((item.term for item in terms if item.term.name == subject), None)
    if lead is not None and lead.role != "person":
        return lead.family
    place = next((item.term for item in terms if item.term.role == "place"), None)
    if place is not None:
        return place.family
    return lead.family if lead is not None else "abstract"
