"""What a clause wants of the texts: titles and subtitles in, out, elsewhere, larger, redder."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from nemovideo.sandbox.director.instructions import (
    AddText,
    ChangeText,
    Instruction,
    RemoveText,
    Role,
    TextRef,
)
from nemovideo.sandbox.director.reading.sound import MUSIC
from nemovideo.sandbox.director.reading.which import CLIP
from nemovideo.sandbox.director.words.numbers import LEFT, RIGHT, ordinals
from nemovideo.sandbox.director.words.phrases import QUOTE, Utterance
from nemovideo.sandbox.director.words.spans import Span, find_span, without_times

TITLE: Final = re.compile(
    rf"{LEFT}(?:titles?|headings?|headlines?|opening text|title card){RIGHT}|标题|题目|片名|大字"
)
SUBTITLE: Final = re.compile(
    rf"{LEFT}(?:subtitles?|captions?|text overlays?|overlay text|lower thirds?|on-screen text"
    rf"|texts?|words|lettering|credits|fonts?){RIGHT}"
    r"|字幕|文字|文案|文本|说明文字|旁白文字|字体|字号"
)
_REMOVE = re.compile(
    rf"{LEFT}(?:remove|delete|drop|get rid of|no|without|lose|strip|hide|take (?:out|away|off)"
    rf"|erase|clear|don't want){RIGHT}"
    r"|去掉|去除|删除?|删掉|不要|移除|取消|拿掉|隐藏|清除"
)
_CHANGE = re.compile(
    rf"{LEFT}(?:change|replace|rename|set|update|edit|make|rewrite|switch|turn){RIGHT}|改|换|变|设"
    rf"|修改|替换|更新|调"
)
_MOVE = re.compile(
    rf"{LEFT}(?:move|shift|position|put|place|relocate|bring|show|start|keep|delay|extend){RIGHT}"
    rf"|移|挪|放|置|调|显示|出现|持续|延长"
)
_ADD = re.compile(
    rf"{LEFT}(?:add|put|insert|show|display|write|include|give|create|place|overlay|want|need|with"
    rf"|have|use|end with|start with){RIGHT}|加|添|放|写|配|打上|显示|插入|上|来|要|叠加|用"
)
_PRONOUN = re.compile(
    rf"{LEFT}(?:it|that|this|them){RIGHT}|它|这个|这行|^(?:放|移|挪|改|换|调|颜色|字号|变|字体)"
)
_NEW = re.compile(
    rf"{LEFT}(?:an?|another|one more) (?:[a-z]+ ){{0,2}}(?:title|subtitle|caption|heading|text"
    rf"|text overlay|lower third){RIGHT}"
)
_MOVE_IT = re.compile(rf"{LEFT}(?:move|show|put|place|shift) (?:it|that|this){RIGHT}|移|挪|放|显示")
_GRADE = re.compile(
    rf"{LEFT}(?:gra[dy]e|grading|luts?|filters?|contrast|brightness|saturation|exposure){RIGHT}"
    r"|调色|滤镜|对比度|亮度|饱和度|曝光"
)
_SAYS = re.compile(
    rf"{LEFT}(?:saying|that says|that reads|which says|which reads|reading|says?|reads?|called"
    rf"|named|with the (?:text|words?)|titled|entitled)(?![a-z]):? ?(?P<en>.+)$"
    r"|(?:内容|文字|文案)?(?:写着|写上|写|叫做?|名为|内容[为是:]|文字[为是:]|显示|说|为"
    r"|是)[:]? ?(?P<zh>[^,。]+)$"
)
_COLON = re.compile(r"[:] ?(?P<rest>[^:]+)$")
_TO = re.compile(
    rf"{LEFT}(?:to|into|with|as)(?![a-z]) (?P<en>.+)$|(?:改|换|变|改写|设置|设|修改|替换|更新)(?:成"
    rf"|为) ?(?P<zh>[^,。]+)$"
)
_NOUN_TEXT_ZH = re.compile(r"(?:标题|字幕|文字|题目|片名) ?(?P<zh>[^,。:的在放从改换移到]{1,30})$")
_POSITIONS: Final = (
    ("top", re.compile(
        rf"{LEFT}(?:top|upper|above|higher|(?:move|shift) (?:\S+ ){{1,3}}up){RIGHT}|[往向]上"
        rf"|上移|顶部|上方|上面|顶端|最上|上部")),
    ("bottom", re.compile(
        rf"{LEFT}(?:bottom|lower(?! third)|below|lower third){RIGHT}|底部|下方|下面|底端|最下"
        rf"|下部")),
    ("center", re.compile(
        rf"{LEFT}(?:cent(?:er|re)(?:ed|d)?|middle(?! of the (?:video|clip|timeline))){RIGHT}|居中"
        rf"|中央|正中|屏幕中间|画面中间|中间|中部")),
)  # fmt: skip
_SIZES: Final = (
    ("large", re.compile(
        rf"{LEFT}(?:bigger|larger|large|big|huge|enlarge){RIGHT}|大一?点|更大|放大|大号|大字|大些"
        rf"|变大")),
    ("small", re.compile(
        rf"{LEFT}(?:smaller|small|tiny|little(?! bit)|shrink){RIGHT}|小一?点|更小|缩小|小号|小字"
        rf"|小些|变小")),
    ("medium", re.compile(rf"{LEFT}(?:medium|normal size){RIGHT}|中号|正常大小")),
)  # fmt: skip
_COLORS: Final = (
    ("#ffffff", "(?<!and )white", "(?<!黑)白色?"), ("#000000", "black(?! and white)", "黑色|黑字"),
    ("#ff3b30", "red", "红色?"),
    ("#ffcc00", "yellow", "黄色?"), ("#34c759", "green", "绿色?"), ("#0a84ff", "blue", "蓝色?"),
    ("#ff9500", "orange", "橙色?|橘色"), ("#af52de", "purple|violet", "紫色?"),
    ("#ff2d92", "pink", "粉色?|粉红"),
    ("#ffd700", "gold|golden", "金色"), ("#8e8e93", "gr[ae]y|silver", "灰色?|银色"),
    ("#00c7be", "cyan|teal|turquoise", "青色"),
)  # fmt: skip
_COLOR_WORDS: Final = tuple(
    (value, re.compile(f"{LEFT}(?:{en}){RIGHT}|{zh}")) for value, en, zh in _COLORS
)
_HEX = re.compile("#[0-9a-f]{6}(?![0-9a-f])")
_DETAIL_EN = re.compile(
    r"[ ,]*(?<![a-z])(?:(?:in|at|on|to|near|and place it|placed|positioned) (?:the "
    r"|a )?(?:very )?(?:top|bottom|center|centre|middle|upper|lower|beginning|start"
    r"|end)(?:[ -](?:left|right|center|third|of the (?:screen|video|frame|picture)))?"
    r"|(?:in|with) (?:a )?(?:white|black|red|yellow|green|blue|orange|purple|pink|gold|golden"
    r"|gr[ae]y|silver|cyan|teal|big|large|small|bold|huge)(?: (?:letters|text|font|colou?r|type))?"
    r"|centered|for the|from|lasting|for|throughout|(?:in|at|for|during) the (?:first|last|opening"
    r"|final)|as an? (?:title|subtitle|caption))(?![a-z])[ ,]*$"
)


def about_text(low: str) -> bool:
    """Tell whether a clause speaks of titles or subtitles at all."""
    return TITLE.search(low) is not None or SUBTITLE.search(low) is not None


def read_text(clause: Utterance, *, focus: bool = False) -> tuple[Instruction, ...]:
    """Read instructions about texts from a clause.

    Args:
        clause: the clause.
        focus: True when the clause before spoke of a text, so that "it" means that text.
    """
    low = clause.low
    named = about_text(low)
    quoted = clause.quoted()
    other = MUSIC.search(low) or CLIP.search(low)
    pointing = focus and not other and _PRONOUN.search(low) is not None and _concerns(clause)
    written = bool(quoted) and _ADD.search(low) is not None
    if not (named or pointing or written):
        return ()
    if _REMOVE.search(low) and not re.search("(?:改|换)[成为]", low):
        wanted = _reference(clause, named)
        # "Remove the subtitle" means all there are; "remove it" means the one just spoken of.
        whole = named and wanted.words is None and wanted.index is None
        return (RemoveText(replace(wanted, every=wanted.every or whole)),)
    return _changed(clause, named) or _added(clause, named)


def _concerns(clause: Utterance) -> bool:
    """Tell whether "it" may be a text: a text has a place, a size and a colour; a film has not."""
    low = clause.low
    if _GRADE.search(low):
        return False
    said = _position(low) or _size(low) or _color(low) or clause.quoted()
    return bool(said or _MOVE_IT.search(low) or _REMOVE.search(low))


def _reference(clause: Utterance, named: bool) -> TextRef:
    low = clause.low
    title = TITLE.search(low) is not None
    every = re.search(
        rf"{LEFT}(?:all|every|both|texts|subtitles|captions|titles){RIGHT}|所有|全部|都", low
    )
    words = clause.quoted()
    counted = [index for index, _, _ in ordinals(low)] or _counted_texts(low)
    return TextRef(
        None if not named or _any_text(low) else "title" if title else "subtitle",
        words[0] if words else None,
        counted[0] if counted else None,
        every is not None,
    )


def _counted_texts(low: str) -> list[int]:
    return (
        [-1]
        if re.search(rf"{LEFT}last (?:title|subtitle|caption|text){RIGHT}|最后一?[条个行]", low)
        else []
    )


def _any_text(low: str) -> bool:
    return (
        TITLE.search(low) is None
        and re.search(
            rf"{LEFT}(?:texts?|words|text overlays?|fonts?){RIGHT}|文字|文本|字体|字号", low
        )
        is not None
    )


def _changed(clause: Utterance, named: bool) -> tuple[Instruction, ...]:
    """Read a change of texts that are there already."""
    low, quoted = clause.low, clause.quoted()
    changing = _CHANGE.search(low) is not None
    adding = re.search(
        rf"{LEFT}(?:add|insert|write|create|include){RIGHT}|加(?!长|大|粗)|添加|插入|写上", low
    )
    details = not quoted and _content(clause) is None
    adding = adding or (None if details else _NEW.search(low))
    if adding or not (changing or _MOVE.search(low) or not named or details):
        return ()
    said = _said(clause) if changing else None
    span, position, size, color = find_span(low), _position(low), _size(low), _color(low)
    old = clause.part(clause.text)
    reference = _reference(old, named)
    if len(quoted) > 1:
        return (ChangeText(TextRef(reference.role, quoted[0]), quoted[1]),)
    if said is None and quoted and not _points_at(clause):
        return ()
    if said is not None:
        reference = TextRef(reference.role, None, reference.index, reference.every)
    if said is None and not (span.said or position or size or color):
        return ()
    return (ChangeText(reference, said, span, position, size, color),)


def _points_at(clause: Utterance) -> bool:
    """Tell "move the title "Hello" to the top" from "put "Hello" at the top"."""
    return (
        re.search(
            rf"{LEFT}(?:the|that) [a-z ]*{QUOTE}|把[^,。]*{QUOTE}|将[^,。]*{QUOTE}", clause.low
        )
        is not None
    )


def _said(clause: Utterance) -> str | None:
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
    return None if not rest or _is_detail(rest.lower()) else _without_details(rest)


def _is_detail(low: str) -> bool:
    """Tell whether "to …" leads to a place, time, size or colour and not to new words."""
    bare = without_times(low)
    for _, pattern in (*_POSITIONS, *_SIZES, *_COLOR_WORDS):
        bare = pattern.sub(" ", bare)
    bare = re.sub(
        rf"{LEFT}(?:the|of|screen|at|in|to|end|start|beginning|frame|very|left|right|and|second"
        rf"|seconds|s|color|colour){RIGHT}|屏幕|画面|视频|的|处|第|字|色|[0-9#]",
        " ",
        bare,
    )
    return not re.search(r"[a-z\u3400-\u9fff\ue000-\ue0ff]", bare)


def _without_details(text: str) -> str:
    words = without_times(text)
    while (match := _DETAIL_EN.search(words.lower())) and match.start() > 0:
        words = words[: match.start()]
    return words.strip(" ,.;:")


def _added(clause: Utterance, named: bool) -> tuple[Instruction, ...]:
    low = clause.low
    role = _role(low)
    quotes = list(re.finditer(QUOTE, clause.text))
    if not quotes:
        return (_one(clause, role, _content(clause), clause.low),) if named else ()
    starts = [0, *(match.end() for match in quotes[:-1])]
    if len(quotes) == 1:
        return (_one(clause, role, clause.quoted()[0], low),)
    ends = [*(match.start() for match in quotes[1:]), len(low)]
    after = [low[match.end() : end] for match, end in zip(quotes, ends, strict=True)]
    before = [low[start : match.start()] for start, match in zip(starts, quotes, strict=True)]
    timed_after = sum(find_span(part).said for part in after)
    parts = after if timed_after >= sum(find_span(part).said for part in before) else before
    return tuple(
        _one(clause, role, text, part) for text, part in zip(clause.quoted(), parts, strict=True)
    )


def _role(low: str) -> Role:
    return "title" if TITLE.search(low) else "subtitle"


def _one(clause: Utterance, role: Role, text: str | None, details: str) -> AddText:
    span: Span = find_span(details)
    low = clause.low
    return AddText(role, text, span, _position(details) or _position(low), _size(low), _color(low))


def _content(clause: Utterance) -> str | None:
    """Return the words of a text given without quotation marks."""
    match = (
        _SAYS.search(clause.text) or _COLON.search(clause.text) or _NOUN_TEXT_ZH.search(clause.text)
    )
    words = next((group for group in match.groups() if group), "") if match else ""
    if clause.language == "zh":
        words = re.split("[,。;]", words)[0]
    if not words or _is_detail(words.lower()):
        return None
    return _without_details(clause.plain(words)) or None


def _position(low: str) -> str | None:
    return next((name for name, pattern in _POSITIONS if pattern.search(low)), None)


def _size(low: str) -> str | None:
    return next((name for name, pattern in _SIZES if pattern.search(low)), None)


def _color(low: str) -> str | None:
    exact = _HEX.search(low)
    if exact is not None:
        return exact[0]
    return next((value for value, pattern in _COLOR_WORDS if pattern.search(low)), None)
