"""What a clause wants of the texts: titles and subtitles in, out, elsewhere, larger, redder."""

from __future__ import annotations

import re
from dataclasses import replace

from nemovideo.sandbox.agents.rule_agent.instructions import (
    UNSAID,
    AddText,
    Answer,
    ChangeText,
    ClipSelector,
    Instruction,
    Lasting,
    RemoveText,
    Role,
    TextRef,
)
from nemovideo.sandbox.agents.rule_agent.reading.clip_selector import CLIP, CLIP_NOUN, find_clips
from nemovideo.sandbox.agents.rule_agent.reading.cut import BY_MS, LONGER, SHORTER
from nemovideo.sandbox.agents.rule_agent.reading.sound import MUSIC
from nemovideo.sandbox.agents.rule_agent.reading.title_text import (
    TITLE,
    about_text,
    content,
    named_words,
    orders_words,
    replacement,
    role_of,
    unclear_end,
)
from nemovideo.sandbox.agents.rule_agent.words.length_factors import length_factor
from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT, RIGHT, either, ordinals
from nemovideo.sandbox.agents.rule_agent.words.phrases import FILE, QUOTE, Message
from nemovideo.sandbox.agents.rule_agent.words.text_style import (
    find_color,
    find_position,
    find_size,
)
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import (
    TimeRange,
    find_time_range,
    find_until,
)

_REMOVE = either(
    r"remove|delete|drop|get rid of|no(?! *[,.!])|without|lose|strip|hide"
    r"|take (?:\S+ ){0,4}?(?:out|away|off)|erase|clear|don't want",
    "去掉|去除|删除?|删掉|不要|移除|取消|拿掉|隐藏|清除",
)
_CHANGE = either(
    "change|replace|rename|call|set|update|edit|make|rewrite|switch|turn",
    "改|换|变|设|修改|替换|更新|调",
)
_MOVE = either(
    "move|shift|position|put|place|relocate|bring|show|start|keep|stay|remain|delay|extend",
    "移|挪|放|置|调|显示|出现|持续|延长",
)
_ADD = either(
    "add|put|insert|show|display|write|include|give|create|place|overlay|want|need|with|have|use"
    "|end with|start with",
    "加|添|放|写|配|打上|显示|插入|上|来|要|叠加|用",
)
_PRONOUN = either(
    "it|that|this|them", "它|这个|这行|^(?:放(?!慢)|移|挪|改|换|调|颜色|字号|变|字体)"
)
_NEW = re.compile(
    f"{LEFT}(?:an?|another|one more) (?:[a-z]+ ){{0,2}}(?:title|subtitle|caption|heading|text"
    f"|text overlay|lower third){RIGHT}"
)
_ADDS = either("add|insert|write|create|include", "加(?!长|大|粗)|添加|插入|写上")
_LATER = either("later|delay|postpone", "推迟|延后|延迟|往后|晚")
_EARLIER = either("earlier|sooner", "提前|提早|往前|早")
_MOVE_IT = re.compile(
    f"{LEFT}(?:move|show|put|place|shift) (?:it|that|this){RIGHT}|移|挪|放(?!慢)|显示"
)
_TO_END = re.compile(
    f"{LEFT}(?:move|shift|put|place|bring|relocate){RIGHT}[^,.]* to the (?:very )?end{RIGHT}"
    "|(?:移|挪|放|调)[动]?到(?:最后面?|结尾|末尾|片尾)"
)
_ORDINALS = ("first", "second", "third", "last")
_CLIPS_EN = (
    f"(?:the |my |that |this )?(?:[a-z0-9-]+ ){{0,3}}?(?:{CLIP_NOUN}|{FILE}"
    "|(?:first|second|third|last)(?=[ ,.]*$| and ))"
)
_CLIPS_ZH = f"[^,。]{{0,8}}?(?:片段|镜头|场景|段|照片|图片|{FILE})"
_ON_CLIP = re.compile(
    f"{LEFT}(?:on|onto|over|under|in|during|for|to|across|throughout) (?P<en>{_CLIPS_EN}"
    f"(?:,? (?:and|or|plus|but not) {_CLIPS_EN})*)(?![a-z])"
    f"|(?:^|给|在|为)(?P<zh>{_CLIPS_ZH}(?:[和与跟及、]{_CLIPS_ZH})*)"
)
_OVER = re.compile(
    f"{LEFT}(?:on|onto|over|in|during|across|throughout|for|to|under) (?:the |my |that |this )?"
    "(?:[a-z]+ )?$|[给在为]$"
)
_HERE = re.compile("[a-z\u3400-\u9fff]{2,}? ?(?:那|这)[里儿段张个]")
_GRADE = either(
    "gra[dy]e|grading|luts?|filters?|contrast|brightness|saturation|exposure",
    "调色|滤镜|对比度|亮度|饱和度|曝光",
)
# "nap time on beach" may end with the clip that it is for; "Beach" alone is a title.
_PLACED = re.compile(" (?:on|over|under|in|during|for|at|to) |在|上$", re.IGNORECASE)
_PUT = re.compile(f"(?:put|show|display|place|write){RIGHT}|(?:放|显示|写)")


def read_text(
    clause: Message, *, focus: bool = False, topic: Role | None = None
) -> tuple[Instruction, ...]:
    """Read instructions about texts from a clause.

    Args:
        clause: the clause.
        focus: True when the clause before changed a text, so that "it" may mean that text.
        topic: the text that the clause before only named, so that "it" can mean nothing else.
    """
    low = clause.low
    named = about_text(low)
    quoted = clause.quoted()
    other = MUSIC.search(low) or CLIP.search(low)
    meant = topic is not None or (focus and _concerns(clause))
    pointing = meant and not other and _PRONOUN.search(low) is not None
    written = (bool(quoted) and _ADD.search(low) is not None) or orders_words(clause)
    if not (named or pointing or written):
        return ()
    until = find_until(low) if named else None
    if _REMOVE.search(low) and until is None and not re.search("(?:改|换)[成为]", low):
        wanted = _reference(clause, named, topic)
        # "Remove the subtitle" means all there are; "remove it" means the one just mentioned.
        whole = named and wanted.words is None and wanted.index is None
        return (RemoveText(replace(wanted, every=wanted.every or whole)),)
    found = _changed(clause, named, topic) or _added(clause)
    if not quoted and any(
        isinstance(one, AddText | ChangeText)
        and one.text
        and (unclear_end(one.text) or (_PLACED.search(one.text) and clause.part(one.text).meant()))
        for one in found
    ):
        return (Answer("quote_words"),)
    return found


def _concerns(clause: Message) -> bool:
    """Return True if "it" may be a text, which unlike a video has position, size and colour."""
    low = clause.low
    if _GRADE.search(low):
        return False
    message = find_position(low) or find_size(low) or find_color(low) or clause.quoted()
    return bool(message or _MOVE_IT.search(low) or _REMOVE.search(low))


def _reference(clause: Message, named: bool, topic: Role | None) -> TextRef:
    low = clause.low
    every = re.search(
        rf"{LEFT}(?:all|every|both|texts|subtitles|captions|titles){RIGHT}|所有|全部|都", low
    )
    words = clause.quoted()
    counted = [index for index, _, _ in ordinals(low)] or _counted_texts(low)
    return TextRef(
        topic if not named else None if _any_text(low) else role_of(low),
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


def _changed(clause: Message, named: bool, topic: Role | None) -> tuple[Instruction, ...]:
    """Read a change of texts that are there already."""
    low, quoted = clause.low, clause.quoted()
    if _adding(clause, named):
        return ()
    reference = _reference(clause, named, topic)
    if len(quoted) > 1:
        return (ChangeText(TextRef(reference.role, quoted[0]), quoted[1]),)
    message = replacement(clause) if _CHANGE.search(low) else None
    if message is not None:
        reference = replace(reference, words=None)
    elif quoted and not _points_at(clause):
        return ()
    rest = low.replace(message.lower(), " ") if message is not None else low
    edit = ChangeText(
        reference, message, _span(rest), find_position(rest), find_size(rest), find_color(rest),
        None if message is not None else _lasting(rest), _later(rest), _PUT.match(low) is not None,
    )  # fmt: skip
    if edit.lasting is not None or edit.later:
        return (replace(edit, span=UNSAID),)
    changes = (edit.text is not None, edit.span.given, edit.position, edit.size, edit.color)
    return (edit,) if any(changes) else ()


def _adding(clause: Message, named: bool) -> bool:
    """Return True if a clause asks for a new text, and not for a change of one that is there."""
    low = clause.low
    changing = _CHANGE.search(low) is not None
    details = not clause.quoted() and content(clause) is None
    if _TO_END.search(low) and not details:
        return False
    if _ADDS.search(low) or (not details and _NEW.search(low)):
        return True
    if named_words(clause) and not changing:
        return True
    return named and not (changing or _MOVE.search(low) or details)


def _span(low: str) -> TimeRange:
    if _TO_END.search(low):
        return TimeRange("end")
    return find_until(low) or find_time_range(low)


def _lasting(low: str) -> Lasting | None:
    """Read "twice as long" and "2 seconds shorter"; None when a text is to last so long exactly."""
    span = _span(low)
    factor = length_factor(low)
    if factor is not None:
        return Lasting(factor)
    longer, shorter = LONGER.search(low) is not None, SHORTER.search(low) is not None
    if not (longer or shorter) or span.anchor != "unsaid":
        return None
    by = span.length or BY_MS
    return Lasting(by=by if longer else -by)


def _later(low: str) -> int:
    """Read by how many milliseconds a text is to be seen later; negative is earlier."""
    span = _span(low)
    by = span.length if span.anchor == "unsaid" else None
    return (by if _LATER.search(low) else -by if _EARLIER.search(low) else 0) if by else 0


def _points_at(clause: Message) -> bool:
    """Tell "move the title "Hello" to the top" from "put "Hello" at the top"."""
    return (
        re.search(
            rf"{LEFT}(?:the|that) [a-z ]*{QUOTE}|把[^,。]*{QUOTE}|将[^,。]*{QUOTE}", clause.low
        )
        is not None
    )


def _added(clause: Message) -> tuple[Instruction, ...]:
    low = clause.low
    role = role_of(low)
    quotes = list(re.finditer(QUOTE, clause.text))
    if not quotes:
        words = content(clause)
        if not words and not (about_text(low) and _ADD.search(low)):
            return ()
        details = low.replace(words.lower(), " ") if words else low
        return (_one(clause, role, words, details),)
    starts = [0, *(match.end() for match in quotes[:-1])]
    if len(quotes) == 1:
        return (_one(clause, role, clause.quoted()[0], low),)
    ends = [*(match.start() for match in quotes[1:]), len(low)]
    after = [low[match.end() : end] for match, end in zip(quotes, ends, strict=True)]
    before = [low[start : match.start()] for start, match in zip(starts, quotes, strict=True)]
    parts = after if _placed(after) >= _placed(before) else before
    roles: list[Role] = [role_of(before[0]) if about_text(before[0]) else role]
    for lead in before[1:]:
        roles.append(role_of(lead) if about_text(lead) else roles[-1])
    added = tuple(
        replace(_one(clause, own, text, part), selector=_on_clip(clause.part(part), None))
        for own, text, part in zip(roles, clause.quoted(), parts, strict=True)
    )
    # Two texts of a kind in one place would replace each other.
    places = {(one.role, one.span, one.position, repr(one.selector)) for one in added}
    return added if len(places) == len(added) else ()


def _placed(parts: list[str]) -> int:
    """Return how many parts of a clause say when or over which clip."""
    return sum(find_time_range(part).given or _ON_CLIP.search(part) is not None for part in parts)


def _one(clause: Message, role: Role, text: str | None, details: str) -> AddText:
    low = details if text and text.lower() in clause.low else clause.low
    return AddText(
        role,
        text,
        find_time_range(details),
        find_position(details) or find_position(low),
        find_size(low),
        find_color(low),
        _on_clip(clause, text),
    )


def _on_clip(clause: Message, words: str | None) -> ClipSelector:
    """Read over which clip a text is to be seen."""
    bare = clause.text.replace(words, " ") if words else clause.text
    match = _ON_CLIP.search(clause.part(bare).low)
    if match is None:
        over = [
            name
            for position, name in clause.part(bare).mentions()
            if _OVER.search(bare[:position].lower()) or _HERE.match(bare[position:].lower())
        ]
        return ClipSelector(files=tuple(over))
    part = bare[match.start("en") : match.end("en")] or bare[match.start("zh") : match.end("zh")]
    return find_clips(clause.part(f"{part} clip" if part.endswith(_ORDINALS) else part))
