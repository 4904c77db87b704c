"""Whether every word of a clause was read; what nothing came of was not understood.

A word was read if the clause means something else without it. Otherwise it must be one that only
fills a sentence, or that says again what the instruction says. A number, a negation, a condition
and an exception are neither, so none of them is dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import (
    AddText,
    ChangeText,
    ClipSelector,
    Cut,
    Delete,
    Fade,
    Fit,
    Instruction,
    Montage,
    Mute,
    Place,
    RemoveMusic,
    RemoveText,
    Repeat,
    Restyle,
    RetimeMusic,
    Reverse,
    SetLength,
    SetMusic,
    SetVolume,
    Speed,
    Split,
    Swap,
    Transition,
    Undo,
)
from nemovideo.sandbox.agents.rule_agent.words.numbers import EN, LEFT, ZH, number
from nemovideo.sandbox.agents.rule_agent.words.phrases import FILE, QUOTE, Message

_NOUNS: Final = "clips?|scenes?|shots?|segments?|parts?|photos?|images?|pictures?|videos?"
_FILLER: Final = (
    "a|an|the|this|that|these|those|them|it|its|it's|i|i'd|you|u|your|my|our|me|us|we|please|pls|plz"
    "|kindly|can|could|would|will|want|like|need|let|let's|just|only|so|to|of|in|on|at|for|from"
    "|with|by|and|then|now|also|too|as|well|be|is|are|should|shall|do|make|put|set|give|ok|okay"
    "|thanks|thank|bit|little|some|very|altogether|completely|h+m+|um|uh|there|here|seconds?|secs?|minutes?"
    f"|one(?! (?:[a-z-]+ )?(?:{_NOUNS}|songs?|titles?|captions?|seconds?|minutes?|more|of)"
    "(?![a-z]))",
    "请|帮我|麻烦|给|我|想|要|你|能|可以|把|将|了|的|吧|吗|呢|啊|这|那|它们?|在|就|来|让|也|还|再|先"
    "|好|只|行|谢谢|上|里|稍微|一下|一[点些]|从|到|至|用|为|成|是|和|与|第|秒|(?<!第)一?[个段张首条句行]|之间",
)
_CLIP: Final = (
    "clips?|scenes?|shots?|segments?|parts?|videos?|one",
    "片段|镜头|场景|画面|视频|素材",
)
_PHOTO: Final = ("photos?|images?|pictures?|pics?", "照片|图片")
_FILM: Final = (
    "videos?|films?|movies?|clips|scenes|(?:whole|entire) (?:thing|video|film)",
    "整[体部个]?|视频|影片|短片|片子|画面|(?<=[两三四五几][个段])片段|(?<=[两三四五几][个段])镜头|所有片段",
)
_ALL: Final = ("all|whole|entire|everything", "所有|全部|都|全")
_TIME: Final = (
    "start(?:s|ing)?|begin(?:s|ning)?|end(?:s|ing)?|stop|until|till|before|over|last(?:s|ing)?",
    "开始|结束|持续|显示",
)
_TEXT: Final = (
    "text|card|words|captions?|subtitles?|saying|says|that reads|screen|show|display|write|rename"
    "|call|name",
    "显示|字幕|文字|写|[两三四五六]个字|加上?|添加",
)
_MUSIC: Final = (
    "music|background|song|track|sound|audio|volume|level",
    "背景|音乐|配乐|音量|声音|大|小",
)
_USE: Final = (
    "use|using|all|order|add|insert|play|take|together|into|timeline|uploaded|attached|uploads?|files?|footage"
    "|out|life|come|reel|slideshow|montage|teaser|(?:short )?film|movie|background|recording|voice"
    "|under(?:neath)?|jpe?g|png|mp4",
    "上传|文件|素材|一起|起来|时间线|做|剪辑?|合并?|拼接?|串|接|动起|拿|短片|影片|预告片|广告|背景|停留|当|图|圖|張|這|转|变",
)
# What says again what an instruction of a kind says anyhow, and whom it does it to.
_REDUNDANT: Final[tuple[tuple[tuple[type, ...], tuple[str, str]], ...]] = (
    (
        (Cut, Fade, Fit, Repeat, Restyle, SetLength, Speed, Split, AddText, Reverse, Transition),
        _FILM,
    ),
    (
        (Mute, RemoveMusic, RemoveText, Repeat, Restyle, SetVolume, Speed, Transition, Undo,
         Delete), _ALL,
    ),
    ((AddText, ChangeText, Fade, RetimeMusic, SetMusic), _TIME),
    ((AddText, ChangeText, RemoveText), _TEXT),
    ((Mute, Place, RemoveMusic, RetimeMusic, SetMusic, SetVolume), _MUSIC),
    ((Montage, Place), _USE),
    ((Montage,), _CLIP),
    ((Montage,), _PHOTO),
    ((Montage,), ("", "都|片子|成片|视频")),
    ((Montage,), ("camera|any|slow(?:ly)?|gentl[ey]", "镜头|慢慢|轻轻")),
    ((Place, AddText, Transition, Fade, SetMusic), ("add|put|new", "加[上点]?|添加|配上?(?!乐)")),
    ((AddText, ChangeText), ("instead", "")),
    ((ChangeText,), (
        "change|move|delay|stay|colou?r|size|font|position",
        "改|换|移动?|颜色|字号|字体|时间|画面|屏幕|缩短|延长")),
    ((Cut,), (
        "off|out|between|part|section|cut|trim|delete|remove|everything",
        "部分|内容|剪掉?|[去删移]除|去掉|删掉?")),
    ((Delete, RemoveText, RemoveMusic), ("", "[删移去]除掉?|删?掉")),
    ((Delete,), ("", "[以之]?外")),
    ((Fade,), (
        "out|black|picture|together|both(?= (?:the )?(?:picture|video|film|music|sound|audio))",
        "黑|画面|背景|效果|一起|同时|都(?=一?起?淡)|[结片]尾(?![的那这一])(?=[^,。]{0,14}淡出)"
        "|[开片]头(?![的那这一])(?=[^,。]{0,14}淡入)")),
    ((Fit,), (
        "black|bars|screen|frame|fill|whole|crop|don't|again|instead|show|picture", "黑边|铺满")),
    ((Montage,), (
        "combine|join|merge|stitch|edit|cut|turn|convert|animate|create|build|produce|generate"
        "|bring"
        "|start|alive|move|single|new|cross|crossfades?|transitions?|after", "")),
    ((Place,), (
        "corner|frame|none of the others|(?<=under )(?:everything|it all)",
        "其他的?都不[用要]|放上去?")),
    ((Repeat,), ("long|until", "一遍|次|遍|循环|重复|播放")),
    ((Restyle,), (
        "change|turn|look|looks|style|painting|filter|camera|slowly|gently|colou?rs?|tones?",
        "[改变调]|风格|镜头|效果|慢慢|缓缓|平移|[加来下]点|时分|色调|颜色")),
    ((SetLength,), (
        "down|last|long|length|total|exactly|trim|cut|shorten|(?:it )?all(?! [a-z]+s )",
        "总?时?长|长度|剪短?|缩短?|总共?|改|设")),
    ((SetMusic,), (
        "something|change|replace|play|use|include|bgm|instead|piano",
        "换|改|配|来|放|曲子?|钢琴|风格|欢快|[轻明]快|舒缓|安静|动感")),
    ((SetVolume,), (
        "lower|raise|turn|up|down|loud|quiet", "[调改变]|降低?|提高|高|低|点|太|吵|响")),
    ((Speed,), (
        "play|speed|up|down|slow(?:[- ]?mo(?:tion)?)?|faster|slower|half", "播放|速度?|调|放|倍")),
    ((Split,), ("half|two|cut", "")),
    ((Reverse,), ("order", "顺序|排[列序]")),
    ((Swap,), ("position|places|first|last", "位置|顺序|[交对互调]?[换调]")),
    ((Transition,), (
        "between|join|(?:each|every) (?:clip|scene|pair)|transitions?|cross",
        "之间|每|几段|片段|镜头|转场|过渡|叠化|淡化|淡[入出]|效果")),
    ((Undo,), (
        "undo|last|changes?|steps?|edits?|things?|back|was|before|leave|go|no|sorry|oops|wait|ah|oh",
        "上一步|退回|撤[销回消]|回退|还原|恢复|操作|刚才|不对")),
)  # fmt: skip
# Only what takes away can be meant by a "no"; all else would do what is not to be done.
_TAKE_AWAY: Final = (
    RemoveMusic, RemoveText, Delete, Cut, Mute, Fit, Restyle, Fade, Transition, Montage, Undo,
)  # fmt: skip
_DENIES: Final = re.compile(
    "no|not|never|none|nothing|neither|nor|without|cannot|[a-z]+n't|if|unless|[不别]|没有?|如果|要是|除非"
)
_DIGITS: Final = re.compile("[0-9]+|[零〇一二两三四五六七八九十百]+")
_TOKEN: Final = re.compile(
    f"(?<![0-9a-z])-(?=[0-9])|[0-9]+(?:[.:][0-9]+)*(?:%|[a-z]+)?|[a-z]+(?:'[a-z]+)*|{QUOTE}|{FILE}"
    "|[零〇一二两三四五六七八九十百]+|除非|除了?|如果|要是|没有?|但是?|[不别只仅各每都全才或而若]"
    "|(?P<sign>[㐀-鿿])"
)
_SIGNS: Final = re.compile("[㐀-鿿]{3,}")
_COUNTED: Final = re.compile(f" ?(?:(?:[a-z]+ )?(?:{_NOUNS}|files|uploads)(?![a-z])|[个段张首])")


def unread(
    clause: Message,
    found: Sequence[Instruction],
    read: Callable[[Message], Sequence[Instruction]],
    clips: int,
    *,
    photos: bool,
) -> str:
    """Return the stretch of a clause that what was read does not depend on; "" if there is none.

    Args:
        clause: the clause.
        found: what was read from it.
        read: reads a clause.
        clips: how many clips the timeline has.
        photos: True if those are all photos.
    """
    text = clause.text
    files = [one.files for one in found if isinstance(one, Montage | Place)]
    counts = {len(each) or clips for each in files} or {clips}
    used = {name for each in files for name in each}
    used |= {name for one in found for each in _selectors(one) for name in each.files}
    takes_away = any(isinstance(one, _TAKE_AWAY) for one in found)
    idle = [
        (start, end)
        for whole in _open_words(clause.low, found, clips, photos=photos)
        for start, end in _pieces(clause.low, *whole)
        if not (_is_count(clause.low, start, end, counts) or clause.meant_by(start, end) in used)
        and (
            (_DENIES.fullmatch(text[start:end].lower()) and not takes_away)
            or read(clause.part(_without(text, start, end))) == found
        )
    ]
    return clause.plain(text[idle[0][0] : idle[-1][1]]) if idle else ""


def _without(text: str, start: int, end: int) -> str:
    """Take a word out of a text, or put another number in the place of one."""
    word = text[start:end].lower()
    if _DIGITS.match(word):
        other = _DIGITS.sub(lambda match: _other(match[0]), word)
    elif re.fullmatch(EN, word):
        other = "three" if word != "three" else "four"
    else:
        return f"{text[:start].rstrip(' ')} {text[end:].lstrip(' ')}".strip()
    return text[:start] + other + text[end:]


def _other(digits: str) -> str:
    one, two = ("3", "4") if digits.isascii() else ("三", "四")
    return two if digits == one else one


def _is_count(low: str, start: int, end: int, counts: set[int]) -> bool:
    """Return True for "the two clips" where there are two."""
    word = low[start:end]
    is_number = re.fullmatch(EN, word) or re.fullmatch(ZH, word)
    return is_number is not None and _COUNTED.match(low, end) is not None and number(word) in counts


def _pieces(low: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a stretch of signs, between which nothing shows where a word ends, in two."""
    yield start, end
    if not _SIGNS.fullmatch(low, start, end):
        return
    for middle in range(start + 1, end):
        yield from (one for one in ((start, middle), (middle, end)) if one[1] - one[0] > 1)


def _open_words(
    low: str, found: Sequence[Instruction], clips: int, *, photos: bool
) -> Iterator[tuple[int, int]]:
    """Find the words that are neither fillers nor redundant: (start, end) of each."""
    pointed = any(each.given for one in found for each in _selectors(one))
    known = _known(frozenset(map(type, found)), pointed or clips < 2, pointed or photos)
    covered = {at for match in known.finditer(low) for at in range(*match.span())}
    start, end, joins = -1, -1, False
    for match in _TOKEN.finditer(low):
        if match.start() in covered:
            continue
        if match.start() == end and match["sign"] and joins:
            end = match.end()
            continue
        if end >= 0:
            yield start, end
        start, end = match.span()
        joins = match["sign"] is not None
    if end >= 0:
        yield start, end


def _selectors(one: Instruction) -> list[ClipSelector]:
    return [value for value in vars(one).values() if isinstance(value, ClipSelector)]


@cache
def _known(kinds: frozenset[type], clip: bool, photo: bool) -> re.Pattern[str]:
    """Compile what an instruction of these kinds may hold besides; a noun says whom it is about."""
    rows = [_FILLER, *(row for types, row in _REDUNDANT if kinds.intersection(types))]
    rows += [_CLIP] if clip else []
    rows += [_PHOTO] if photo else []
    english = "|".join(en for en, _ in rows if en)
    chinese = sorted({zh for _, row in rows for zh in row.split("|") if zh}, key=len, reverse=True)
    return re.compile(f"{LEFT}(?:{english})(?:'s)?(?![a-z'])|{'|'.join(chinese)}")
