"""Which uploads a clause refers to: "this photo", "these clips", "it", 它, 这两段视频."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nemovideo.sandbox.agents.rule_agent.words.lexicon import find_terms
from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT, RIGHT, either
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message
from nemovideo.sandbox.agents.uploads import Upload

_NOUNS_EN: Final = (
    ("image", "photo(?:graph)?s?|pictures?|images?|pics?|selfies?|screenshots?|logos?|drawings?"
              "|paintings?|jpe?gs?|pngs?|gifs?|stickers?|stills?"),
    ("video", "clips?|videos?|footage|recordings?|movies?|films?|shots?|mp4s?"),
    ("audio", "songs?|audio(?: (?:file|track)s?)?|audios|music|mp3s?|tracks?|tunes?|sounds?"
              "|voice[- ]?overs?|melod(?:y|ies)|beats?"),
    ("any", "files?|uploads?|media|materials?|assets?|attachments?"),
)  # fmt: skip
_NOUNS_ZH: Final = (
    ("image", "照片|图片|圖片|相片|图像|截图|图(?![案书层标上])|圖(?![案書層標上])|表情包|动图"),
    ("video", "视频|視頻|影片|片段|录像|录屏|段(?!落)"),
    ("audio", "歌曲?|音乐|音樂|音频|录音|曲子|配乐|bgm|mp3"),
    ("any", "素材|文件|附件"),
)
_DET_EN: Final = (
    r"(?:(?:all|both|each|every one) (?:of )?)?(?:this|that|these|those|the|my|our|uploaded"
    r"|attached|all|both|two|three|four|five|(?:i|we) uploaded)"
)
_DET_ZH: Final = (
    r"(?:(?:[这這那]|我的?|我?刚才?|我?(?:上传|上傳|发|發|传|给你)的?|所有的?|全部的?|每|附件的?)+"
    r"[一二两兩三四五几幾0-9]?[张張段个個首些条條幅]?的?|[两兩三四五几幾][张張段个個首条條幅])"
)
# What is to be made is called a video as well: "the video of a fox", "这个视频要有海".
_NOUN_EN: Final = tuple(
    (kind, re.compile(
f"{LEFT}{_DET_EN}(?![a-z]) (?:(?!of|with|and|in|on|to|into"
f"|from)[a-z0-9'-]+ ){{0,2}}?(?P<noun>{words}){RIGHT}(?! (?:of|about|showing|where"
f"|in which){RIGHT})"
))
    for kind, words in _NOUNS_EN
)  # fmt: skip
_NOUN_ZH: Final = tuple(
    (kind, re.compile(
f"(?:{_DET_ZH}|(?:^|[把将將用拿给給让讓对對和与与跟及、])){{1,2}}(?P<noun>{words})"
))
    for kind, words in _NOUNS_ZH
)  # fmt: skip
_MANY_EN: Final = either(
    "these|those|all|both|two|three|four|five|each|every", "(?:s|footage|media)$"
)
_ONE_ZH: Final = re.compile("(?:[这這那]一?|[上这]一)[张張段个個首条條幅]")
_PRONOUN_EN: Final = (
    r"(?:(?:all|both|each) of )?(?:it|this|that|these|those|them|both|all|everything|the two"
    r"|the lot|(?:what|the (?:one|ones|thing|things|file|files)(?: that)?)"
    r" (?:i|we)(?:'ve| have)?(?: just)? (?:uploaded|sent|attached|shared|gave you|added"
    r"|provided)(?: you)?|(?:one|those) i (?:uploaded|sent))"
)
_WORKING_EN: Final = (
    "make|turn|animate|convert|transform|use|using|combine|merge|join|edit|bring|let|put|stitch"
    "|splice|string|concatenate|cut|create|render|polish|improve|enhance|work with|start with|mix"
    "|begin with|blend|assemble|compile|take|get|process|play|show|import|fix up|do something with"
)
_LEADING_EN: Final = re.compile(
    f"{LEFT}(?:{_WORKING_EN})(?: (?:up|only|just))? {_PRONOUN_EN}(?: together| up)?(?= (?:a|an|as"
    "|in|into|to|for|with|and|by|one|move|come|alive|dance|up|look|something|out|on|black|more"
    "|please|now)(?![a-z])|[ ,.!?]*$)"
)
_SOURCE_EN: Final = re.compile(
    f"{LEFT}(?:from|of|with|using|out of|based on) {_PRONOUN_EN}(?=[ ,.!?]*$|[,.;!]| (?:with|and|in"
    "|for|at|as|please|plus|lasting|to|together)(?![a-z]))"
)
_PRONOUN_ZH: Final = re.compile(
    "(?:[把将將用拿给給让讓使]|就用|使用)(?:它们?|它們?|[这這那](?:[个個段张張首些两兩]|$)"
    "|我?(?:上传|上傳|发|發|传)的)|^(?:合并|合起来|拼接|拼起来|连起来|接起来|串起来|合成)(?:它们?"
    "|一下|起来)?$|^(?:[两兩三][个個张張段])?(?:都|全部?)(?:用上?|要|放上去?)$|(?:做|变|變|转|剪"
    "|制作)成(?:一个|一段|个)?[^,。]{0,6}?(?:视频|短片|影片|影片|動畫|动画)$|动起来$"
)
_MANY_PRONOUN: Final = either(
    "these|those|them|both|all|everything|the two|the lot", "们|們|些|都|全|两|兩"
)
# "The video shows a fox" describes what is to be made.
_PRODUCT: Final = re.compile("the (?:video|film|movie|clip|shot)s?$")
_NUMBERED: Final = either("first|second|third|fourth|last|next|previous", "第.|最后一")


@dataclass(frozen=True)
class UploadReference:
    """The uploads that a clause refers to.

    Args:
        visual: photos and clips.
        audio: songs and recordings.
        as_sound: True if the audio was called a song, and not just among "these files".
    """

    visual: tuple[str, ...] = ()
    audio: tuple[str, ...] = ()
    as_sound: bool = False

    def __bool__(self) -> bool:
        return bool(self.visual or self.audio)


def find_uploads(
    clause: Message, assets: Sequence[Upload], *, nothing_else: bool, named: Sequence[str] = ()
) -> UploadReference:
    """Find the uploads that a clause refers to.

    Args:
        clause: the clause.
        assets: the uploads that may be meant.
        nothing_else: True while the timeline is empty, so that "it" can only be an upload.
        named: the uploads that the message names elsewhere; they are meant before all others.
    """
    low = clause.low
    if files := clause.named():
        named_ones = {asset.filename: asset for asset in assets}
        return _by_medium([named_ones[name] for name in files if name in named_ones], as_sound=True)
    if named:
        assets = [each for each in assets if each.filename in named or each.file_type == "audio"]
    found: list[Upload] = []
    nouns = _nouns(low)
    for kind, noun in nouns:
        fitting = [asset for asset in assets if _is(asset, kind)]
        if not fitting and kind in ("image", "video"):
            # A moving picture is called a clip, and a clip a picture.
            fitting = [asset for asset in assets if asset.file_type != "audio"]
        several = _MANY_EN.search(noun) if noun.isascii() else not _ONE_ZH.search(noun)
        found += fitting if several else fitting[-1:]
    pronoun = _spoken(low) if nothing_else else None
    shown = any(asset.file_type != "audio" for asset in found)
    if pronoun is not None and (not found or (_MANY_PRONOUN.search(pronoun) and not shown)):
        visual = [asset for asset in assets if asset.file_type != "audio"]
        whole = list(assets) if _MANY_PRONOUN.search(pronoun) or not visual else visual
        found += whole
    as_sound = any(kind == "audio" for kind, _ in nouns)
    return _by_medium([asset for asset in assets if asset in found], as_sound=as_sound)


def mentions_pictures(clause: Message) -> bool:
    """Return True if a clause refers to a photo or clip, and names no other subject."""
    low = clause.low
    at_hand = any(kind != "audio" and not words.startswith("the ") for kind, words in _nouns(low))
    return at_hand and not find_terms(low)


def _nouns(low: str) -> list[tuple[str, str]]:
    """List the kinds of upload that are mentioned, each with its words."""
    return [
        (kind, match[0])
        for kind, pattern in (*_NOUN_EN, *_NOUN_ZH)
        for match in pattern.finditer(low)
        if not _NUMBERED.search(match[0]) and not (_PRODUCT.match(match[0]) and find_terms(low))
    ]


def _spoken(low: str) -> str | None:
    for pattern in (_LEADING_EN, _SOURCE_EN, _PRONOUN_ZH):
        if match := pattern.search(low):
            return match[0]
    return None


def _is(asset: Upload, kind: str) -> bool:
    return kind in ("any", asset.file_type)


def _by_medium(found: Sequence[Upload], *, as_sound: bool) -> UploadReference:
    visual = tuple(asset.filename for asset in found if asset.file_type != "audio")
    audio = tuple(asset.filename for asset in found if asset.file_type == "audio")
    return UploadReference(visual, audio, as_sound)
