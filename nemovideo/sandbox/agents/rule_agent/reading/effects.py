"""What a clause wants of fades and of transitions between clips."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, Literal

from nemovideo.sandbox.agents.rule_agent.instructions import (
    ANY,
    Answer,
    ClipSelector,
    Fade,
    Fit,
    Instruction,
    Restyle,
    Transition,
)
from nemovideo.sandbox.agents.rule_agent.reading.clip_selector import find_clips
from nemovideo.sandbox.agents.rule_agent.reading.sound import FADE, MUSIC, REMOVE
from nemovideo.sandbox.agents.rule_agent.reading.title_text import SUBTITLE, TITLE, about_text
from nemovideo.sandbox.agents.rule_agent.words.numbers import EN, LEFT, RIGHT, durations, either
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message
from nemovideo.sandbox.agents.rule_agent.words.visual_style import VisualStyle, find_visual_style

TRANSITION = either(
    "cross[- ]?fad(?:e|es|ing)|cross[- ]?dissol(?:ve|ves|ving)|dissolv(?:e|es|ing)|transitions?"
    "|blend between|fade between",
    "之间[^,。]*[淡渐]|转场|叠化|溶解|淡化|过渡|溶接",
)
# "Fade to black in the last 2 seconds" fades nothing in.
_TIME = f"(?:(?:{EN} )?(?:seconds?|secs?)|[0-9.]+ ?s|end|middle){RIGHT}"
_IN = either(
    f"fad(?:e|es|ing)[^,.]*?[ -]in(?! (?:the (?:very )?)?(?:(?:last|final|first|opening) )?{_TIME})"
    "|from black|in and out|up from",
    "淡入|渐显|渐入|渐强|从黑",
)
_OUT = either(
    "fad(?:e|es|ing)[^,.]*?[ -]out|to black|in and out|in/out|away",
    "淡出|渐隐|渐出|渐黑|渐弱|黑场|变黑",
)
_AT_START = re.compile(f"{LEFT}(?:at|in) the (?:beginning|start)|开头|片头|开始")
_AT_END = re.compile(f"{LEFT}(?:at|in) the end|结尾|片尾|最后|末尾|结束")
_ALL = either("everything", "音画|全部")
_SEEN_EN: Final = "(?:(?:the|whole) )*(?:pictures?|videos?|films?|movies?|images?|visuals?)"
_HEARD_EN: Final = "(?:(?:the|its|background) )*(?:music|sounds?|soundtrack|audio|songs?)"
_TEXT_EN: Final = "(?:the )?(?:titles?|captions?|subtitles?|texts?)"
_AND_EN: Final = "(?:,? ?(?:and|plus|&|as well as|(?:together|along) with)(?: also)?|,) "
_SEEN_ZH: Final = "(?:画面|视频|影片|图像)"
_HEARD_ZH: Final = "(?:背景)?(?:声音|音乐|配乐|音频|歌曲?)"
_TEXT_ZH: Final = "(?:标题|字幕|文字)"
_AND_ZH: Final = "(?:和|与|跟|以?及|还有|连同|[、,])"


def _joined(one: tuple[str, str], other: tuple[str, str]) -> re.Pattern[str]:
    """Compile "one and other" and "other and one"."""
    english, chinese = (
        f"{a}{joint}{b}|{b}{joint}{a}"
        for a, joint, b in zip(one, (_AND_EN, _AND_ZH), other, strict=True)
    )
    return either(english, chinese)


_BOTH: Final = _joined((_SEEN_EN, _SEEN_ZH), (_HEARD_EN, _HEARD_ZH))
_WITH_TEXT: Final = _joined(
    (f"(?:{_SEEN_EN}|{_HEARD_EN})", f"(?:{_SEEN_ZH}|{_HEARD_ZH})"), (_TEXT_EN, _TEXT_ZH)
)
# "The music in and the picture out" is one fade and another.
_APART: Final = _joined(
    (f"{_SEEN_EN} (?:in|out)", f"{_SEEN_ZH}[淡渐].?"),
    (f"(?:fade )?{_HEARD_EN}(?: (?:in|out))", f"{_HEARD_ZH}[淡渐].?"),
)
# "The picture" that fades at the end, or with the music, is that of the film, and no photo in it.
_PICTURE: Final = re.compile(
    f"(?<!my )(?<!our )(?<!this )(?<!that )(?<!each )(?<!every ){LEFT}picture{RIGHT}"
)
_INTO: Final = either("between|into|before", "之间|中间")
_IT = re.compile(f"{LEFT}it{RIGHT}|它")
_STYLE_VERB = either(
    "make|change|turn|set|add|switch|apply|give|use|zoom|pan|put|have|let|go|want|push|pull|style"
    "|filter|more",
    "改|换|变|加|调|让|设|用|镜头|滤镜|要|下|来",
)

_COVER: Final = either(
    "fill (?:up )?the (?:screen|frame|picture)|(?:no|without|remove|get rid of"
    "|instead of) (?:the )?(?:black )?(?:bars|borders|edges)",
    "[铺填充占]满|(?:去掉|去除|不要|没有)(?:上下|左右|两边)?的?黑[边框]",
)
_CONTAIN: Final = either(
    "show (?:all of|the whole|the entire|the full) (?:picture|photo|image|clip|frame)|(?:letterbox"
    "|don't crop|do not crop|without cropping)(?: it| them)?",
    "完整显示|不要裁[剪切]|显示完整",
)


def read_effect(clause: Message, *, music: bool = False) -> Instruction | None:
    """Read fades and transitions; None if the clause has neither.

    Args:
        clause: the clause.
        music: True when the clause before spoke of music, so that "it" is the music.
    """
    low = clause.low
    if TRANSITION.search(low):
        return _transition(clause)
    if FADE.search(low):
        return _fade(clause, music)
    return None


def _transition(clause: Message) -> Instruction:
    low = clause.low
    found = durations(low)
    crossing = re.search(rf"{LEFT}(?:cross|dissol|blend)|叠化|溶|交叉", low) is not None
    fading = not crossing and (FADE.search(low) or "淡化" in low)
    return Transition(
        "fade" if fading else "crossdissolve",
        found[0].ms if found else None,
        REMOVE.search(low) is not None,
        _led_into(clause),
    )


def _led_into(clause: Message) -> ClipSelector:
    """A transition "between clips 1 and 2" leads into clip 2."""
    selector = find_clips(clause)
    if selector.indexes and (len(selector.indexes) > 1 or _INTO.search(clause.low)):
        return replace(selector, indexes=(max(selector.indexes),))
    return ANY


def _fade(clause: Message, music: bool) -> Instruction:
    low = clause.low
    if any(sign.search(low) for sign in (_BOTH, _AT_START, _AT_END)):
        low = _PICTURE.sub("video", low)
    if _WITH_TEXT.search(low) or _APART.search(low):
        return Answer("unclear_part", clause.plain())
    target = _target(low)
    found = durations(low)
    into, out = _IN.search(low) is not None, _OUT.search(low) is not None
    if not (into or out):
        into, out = _AT_START.search(low) is not None, _AT_END.search(low) is not None
    neither = not (into or out)
    selector = find_clips(clause)
    if selector == ClipSelector(kind="image", one=True) and low != clause.low:
        selector = ANY
    return Fade(
        "music" if music and _IT.search(low) and target == "picture" else target,
        into or neither,
        out or neither,
        found[0].ms if found else None,
        REMOVE.search(low) is not None,
        selector,
        "title" if TITLE.search(low) and not SUBTITLE.search(low) else None,
    )


def _target(low: str) -> Literal["picture", "music", "text", "both", "all"]:
    if _BOTH.search(low):
        return "both" if MUSIC.search(low) else "all"
    if _ALL.search(low):
        return "all"
    if about_text(low):
        return "text"
    return (
        "music"
        if MUSIC.search(low) or re.search(rf"{LEFT}(?:audio|sound){RIGHT}|声音", low)
        else "picture"
    )


def read_visual_style(clause: Message) -> Instruction | None:
    """Read a request for another time of day, weather, camera or style."""
    low = clause.low
    style = _wanted(low)
    bare = len(low.split()) <= 4 and len(low) <= 24
    if not style.given or not (_STYLE_VERB.search(low) or bare):
        return None
    return Restyle(style, find_clips(clause))


def _wanted(low: str) -> VisualStyle:
    """Read the look after "from … to …" and "instead of": only what is to be."""
    target = re.sub(
        rf"{LEFT}(?:from|instead of) .*?(?= to {RIGHT}|$)|(?:从|由|把|将).*?(?=变|改|换)", " ", low
    )
    stopped = re.search(
        rf"{LEFT}(?:stop|no|remove|without|no more) (?:the )?(?:rain|snow|fog|mist|clouds)|(?:不要"
        rf"|去掉|停)[^,。]?(?:雨|雪|雾)",
        low,
    )
    style = find_visual_style(target)
    return VisualStyle(style.time, "clear", style.camera, style.styles) if stopped else style


def read_fit(clause: Message) -> Instruction | None:
    """Read "fill the screen" and "不要黑边"; an upload that is only now named is placed so."""
    if clause.named():
        return None
    selector = find_clips(clause)
    # "The whole picture" is no photo among the clips.
    meant = ANY if selector.kind else selector
    if _COVER.search(clause.low):
        return Fit("cover", meant)
    return Fit("contain", meant) if _CONTAIN.search(clause.low) else None
