"""Which clip is meant: "the second scene", "最后一段", "beach.mp4", "the cat"."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import ClipSelector
from nemovideo.sandbox.agents.rule_agent.words.lexicon import find_terms
from nemovideo.sandbox.agents.rule_agent.words.numbers import (
    EN,
    LEFT,
    NUMBER,
    ORDINALS,
    RIGHT,
    ZH,
    either,
    number,
    ordinals,
)
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message

CLIP_NOUN: Final = "clips?|scenes?|segments?|shots?|parts?|pieces?|photos?|images?|pictures?"
CLIP: Final = either(
    CLIP_NOUN,
    "片段|镜头|场景|画面|素材|照片|图片|[这那第一二三四五两]段|段视频",
)
_PAIR = re.compile(
    f"{LEFT}(?:clips?|scenes?|segments?|shots?|parts?|photos?) (?P<a>{NUMBER}) (?:and|&"
    f"|with) (?P<b>{NUMBER}){RIGHT}|(?<!第)(?P<za>{ZH}) ?[和与跟、&] ?(?P<zb>{ZH}"
    ") ?号?[个段]?(?:片段|视频|镜头|场景|画面|照片|图片|段)"
)
_COUNTED = re.compile(
    f"{LEFT}(?:first|(?P<last>last|final)) (?P<n>{EN}) (?:clips|scenes|segments|shots|parts|photos"
    f"|images|pictures){RIGHT}|(?:前|(?P<zlast>最?后))(?P<zn>{ZH})(?:个|段|张)(?:片段|镜头|场景"
    "|画面|素材|照片|图片|视频)?"
)
_MIDDLE = re.compile(
    f"{LEFT}middle (?:clip|scene|segment|shot|part|photo|image|picture|one){RIGHT}|(?:最?中间"
    "|正中)的?(?:那|这)?一?(?:个|段|张)(?:片段|视频|镜头|场景|照片|图片)?"
)
_JOINED = re.compile(
    f"(?:[ ,、&]|(?:and|or|the|with|for|to|from|by|plus|then|one|{CLIP_NOUN}|videos?){RIGHT}"
    "|[和与跟及或到的个段张号]|片段|镜头|场景|画面|视频|照片|图片|还有|以及)*"
)
_WHOLE = either(
    "(?:whole|entire) (?:film|video|movie|thing)|everything", "整[个段部条]?(?:片|视频|影片)|全片"
)
_MOST_CLIPS: Final = 100
_OF = re.compile(
    f"{LEFT}(?:clips?|scenes?|segments?|shots?|parts?|photos?) (?:with|of|showing|about) (?:the "
    "|an? )?(?P<name>[a-z ]+)"
)
_SUBJECT = re.compile(
    f"{LEFT}(?P<name>[a-z ]+?) (?:clip|scene|segment|shot|part|photo)s?{RIGHT}"
    "|(?P<zh>[^,。把将的]{1,6})的?(?:片段|镜头|场景|画面|那段)"
)
# "My clip" is an upload, and none that was generated.
_MINE: Final = re.compile(
    f"{LEFT}(?:my|our)(?: own)? (?:clip|recording)(?P<many>s)?{RIGHT}"
    "|我(?:自己)?(?:上传|拍)?的(?P<zh>那[段个])?(?:片段|素材)"
)
_IMAGE: Final = either("photos?|images?|pictures?|pics?", "照片|图片")
_IMAGES: Final = either(
    "photos|images|pictures|pics|(?:each|every) (?:photo|image|picture|pic)",
    "[些几两二三四五六]张?(?:照片|图片)|(?:照片|图片)[^,。]{0,4}[都全各每]|(?:所有|全部|每)[^,。]{0,3}(?:照片|图片)",
)
_NUMBERED: Final = (
    f"(?:{'|'.join(ORDINALS)}|last|final|[0-9]+(?:st|nd|rd|th)|(?:first|last|final) {EN})"
)
# "The first photo" is the first of the photos, and no clip before it.
_COUNTED_KINDS: Final = tuple(
    (
        kind,
        re.compile(
            f"{LEFT}{_NUMBERED} (?:{en}){RIGHT}|{LEFT}(?:{en}) (?:number |#)?{EN}{RIGHT}"
            f"|(?:第{ZH}|最后一?|[前后]{ZH})(?:{zh})|(?:照片|图片){ZH}"
        ),
    )
    for kind, en, zh in (
        ("image", "photos?|images?|pictures?|pics?", "张|[个幅](?:照片|图片)"),
        ("video", "videos?", "[个段条]视频"),
    )
)  # fmt: skip


def find_clips(clause: Message) -> ClipSelector:
    """Read which clips a clause points at; an empty selector if none."""
    low = clause.low
    pair = _PAIR.search(low)
    found = ordinals(low)
    counted = [index for index, _, _ in found]
    if pair is not None:
        both = (pair["a"] or pair["za"], pair["b"] or pair["zb"])
        counted = [max(0, int(number(one)) - 1) for one in both]
    if several := _COUNTED.search(low):
        count = min(_MOST_CLIPS, int(number(several["n"] or several["zn"])))
        from_end = several["last"] or several["zlast"]
        indexes = tuple(range(-count, 0) if from_end else range(count))
        return ClipSelector(indexes, kind=_counted_kind(low, 1))
    if counted:
        gaps = [low[one[2] : other[1]] for one, other in pairwise(found)]
        # "The first snowy and the second sunny" says of each something of its own.
        joined = all(_JOINED.fullmatch(gap) for gap in gaps)
        return ClipSelector(
            tuple(counted), kind=_counted_kind(low, len(counted)) if joined else "mixed"
        )
    if files := clause.named():
        return ClipSelector(files=tuple(files))
    if (meant := clause.meant()) and not _WHOLE.search(low):
        return ClipSelector(files=tuple(meant))
    return ClipSelector(middle=True) if _MIDDLE.search(low) else _described(low)


def _described(low: str) -> ClipSelector:
    of, match = _OF.search(low), _SUBJECT.search(low)
    found = find_terms(of["name"]) if of else []
    if not found and match is not None:
        found = find_terms(match["name"] or match["zh"])
    if found:
        return ClipSelector(subject=found[-1].term.name)
    if (mine := _MINE.search(low)) is not None:
        return ClipSelector(kind="upload", one=not mine["many"])
    if _IMAGE.search(low):
        return ClipSelector(kind="image", one=_IMAGES.search(low) is None)
    return ClipSelector()


def _counted_kind(low: str, count: int) -> str | None:
    """Return the kind of clip that all the numbers of a clause count; "mixed" for several."""
    kinds = [kind for kind, words in _COUNTED_KINDS for _ in words.finditer(low)]
    if not kinds:
        return None
    return kinds[0] if len(kinds) >= count and len(set(kinds)) == 1 else "mixed"
