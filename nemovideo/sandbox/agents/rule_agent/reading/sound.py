"""What a clause wants of the sound: music in, out, changed, louder, softer, silent."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import (
    ANY,
    Answer,
    Instruction,
    Mute,
    RemoveMusic,
    RetimeMusic,
    SetMusic,
    SetVolume,
    Target,
)
from nemovideo.sandbox.agents.rule_agent.reading.clip_selector import find_clips
from nemovideo.sandbox.agents.rule_agent.words.numbers import A_BIT, LEFT, RIGHT, either, percentage
from nemovideo.sandbox.agents.rule_agent.words.phrases import FILE, Message
from nemovideo.sandbox.agents.rule_agent.words.sounds import find_sound, not_played
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import find_time_range, find_until

MUSIC: Final = either(
    "background music|music|soundtrack|song|bgm|score|tunes?|melody|beats?|background track"
    "|audio track|music track",
    "背景音乐|音乐|配乐|bgm|旋律|歌|(?<!作)曲(?![线折奇])|(?:爵士|摇滚|电子|古典|流行|轻|民)乐",
)
_CLIP_SOUND = either(
    "original (?:sound|audio|volume)|(?:clips?|videos?|footage)(?:'s|'?s?)? (?:own )?(?:sound"
    "|audio|volume|noise)|(?:sound|audio|volume|noise) (?:of|from|in) (?:the "
    r"|my )?(?:\w+ )?(?:clips?|videos?|footage|scene)|background noise|voices?",
    "原声|原音|视频(?:的)?声音|视频(?:的)?音量|人声|片段(?:的)?(?:声音|音量)|同期声",
)
_SOUND = either("volume|sound|audio|loudness", "音量|声音")
REMOVE = either(
    r"remove|delete|drop|get rid of|cut|kill|no(?! *[,.!])|without|lose|strip|turn(?: \S+){0,6}?"
    " off|take (?:it |that |this |them )?(?:out|away|off)|erase|stop|don't want|scrap",
    "去掉|去除|删除?|删掉|不要|移除|取消|关掉|关闭|拿掉|别加|无需|清除",
)
_LOWER = either(
    r"lower|reduce|decrease|quieter|softer|turn(?: \S+){0,4} down|turn down|less loud|quiet down"
    r"|soften|bring(?: \S+){0,3} down|down|duck|too loud",
    "调低|降低|调小|减小|减弱|小一?点|小点|小些|轻一?点|小声|低一?点|低点|太大|太响|太吵|降",
)
_RAISE = either(
    r"raise|increase|louder|turn(?: \S+){0,4} up|turn up|boost|bring(?: \S+){0,3} up|amplify|up"
    "|too quiet|too soft",
    "调高|提高|调大|增大|加大|放大|增强|大一?点|大点|大些|大声|响一?点|高一?点|高点|太小|太轻|升高",
)
_MUTE = either(
    "mute|silence|silent|mute it",
    "静音|消音|(?:去掉|关掉|关闭|去除|删除|不要)(?:视频|片段)?的?(?:声音|原声|原音)|(?:声音|原声"
    "|原音)都?(?:关掉|关闭|关了|去掉|删掉|去除|不要)",
)
_NO_SOUND = re.compile(
    f"{LEFT}(?:remove|no|turn off|cut) (?:the |all )?(?:sound|audio){RIGHT}|{LEFT}"
    rf"turn (?:the )?(?:sound|audio)(?: \S+){{0,5}} off{RIGHT}"
)
_UNMUTE = either(
    "unmute|un-mute|restore (?:the )?(?:sound|audio)",
    "取消静音|恢复(?:原声|声音|原音)|打开(?:原声|声音)",
)
_MUSIC_VERB = either(
    "add|put|give|play|use|set|change|replace|swap|switch|make|include|want|need|with|insert|try"
    "|lay",
    "加|配|放|换|改|用|来|要|添|设|变|当|作",
)
# "Let the music die away with the picture" speaks of music that is there.
_THE_MUSIC = either("(?:the|that|this) (?:background )?(?:music|song|soundtrack|tune|melody)")
_SUPPLIES = either(
    "add|put|play|use|change|replace|swap|switch|include|insert|try|lay|more|less|another|different"
)
_SHALL_BE = either("make|set|turn|want|need|should|must|be|with|like|prefer|give")
_ADD_MUSIC = either("add|insert|include|lay", "加(?![大强高])|添|插入|配(?!乐|音)|来[一点首段]")
_LOT = either("a lot|much|way|significantly|far", "很多|大幅|许多|不少")
_HALF = re.compile(f"{LEFT}(?:half|halve)(?! (?:a|minute|second)){RIGHT}|一半|减半")
_DOUBLE = either("double|twice", "一倍|两倍|加倍")
_FULL = either("full volume|maximum|max", "最大")
_TO = re.compile(f"{LEFT}(?:to|at|=){RIGHT} ?[0-9]|到|至|成|为|设|[:=]|(?:音量|volume) ?[0-9]")
# "Music at 50" can only mean percent.
_BARE_LEVEL = re.compile(
    f"{LEFT}(?:at|to) (?P<n>[0-9]{{2,3}})(?![0-9:.])(?! ?-?(?:s|secs?|seconds?|m|min|minutes?|bpm"
    f"|ms|x|times){RIGHT})"
)
_MORE = either("more|less|something|another|different")
_PRONOUN = either("it|that|this|one|something", "它|^(?:去掉|删|换|改|调|关|拿掉|移除)")
_ELSEWHERE = either("to|on|onto|in|into|at|with|when|before|after|for|until|by|over|under|while")
FADE = re.compile(
    f"{LEFT}fad(?:e|es|ing)(?:-?(?:in|out))?{RIGHT}|淡入|淡出|渐显|渐隐|渐黑|黑场|渐入|渐出|渐强"
    "|渐弱"
)
_PLAYS = re.compile(
    f"{LEFT}(?:start|begin|play|come in|kick in|enter|run|move|shift)(?:s|ing)?{RIGHT}|开始|响起"
    "|进来|播放|移到|挪到|放到"
)

# "With calm guitar" is music; "with a guitar" may be in the picture.
_PLAYED = re.compile(
    "^配(?![音字])"
    "|^(?:with|add) (?:calm|soft|gentle|soothing|relaxing|quiet|upbeat|lively|cheerful)"
    " (?:piano|guitar|strings|drums|synth)$"
)


def read_sound(clause: Message, *, topic: bool = False) -> Instruction | None:
    """Read an instruction about sound from a clause; None when it is about something else.

    Args:
        clause: the clause.
        topic: True when the clause before only named the music, so that "it" is the music.
    """
    low = clause.low
    if FADE.search(low) and not REMOVE.search(low):
        return None
    music = (
        MUSIC.search(low) is not None
        or (topic and _PRONOUN.search(low) is not None)
        or (_PLAYED.search(low) is not None and (find_sound(low) or not_played(low)) is not None)
    )
    if music and _ADD_MUSIC.search(low) and not REMOVE.search(low):
        return _silence(clause) or _music(clause) or _loudness(clause, music)
    if music and (timed := _timing(low)) is not None:
        return timed
    return _silence(clause) or _loudness(clause, music) or (_music(clause) if music else None)


def _timing(low: str) -> Instruction | None:
    """Read when the music that there is starts or stops."""
    until = find_until(low)
    if until is not None:
        return RetimeMusic(until)
    span = find_time_range(low)
    timed = span.anchor in ("at", "end", "middle") and find_sound(low) is None
    return RetimeMusic(span) if timed and _PLAYS.search(low) else None


def _silence(clause: Message) -> Instruction | None:
    low = clause.low
    selector = find_clips(clause)
    if _MUTE.search(low) and find_time_range(low).given:
        return Answer("no_partial_volume")
    if _UNMUTE.search(low):
        return Mute(_target(low, "all"), on=False, selector=selector)
    if _MUTE.search(low) or (_CLIP_SOUND.search(low) and REMOVE.search(low)):
        return Mute(_target(low, "all"), selector=selector)
    if _NO_SOUND.search(low):
        return Mute("all", selector=selector)
    return None


def _target(low: str, otherwise: Target) -> Target:
    if _CLIP_SOUND.search(low):
        return "clips"
    return "music" if MUSIC.search(low) else otherwise


def _loudness(clause: Message, music: bool) -> Instruction | None:
    low = clause.low
    if not (music or _SOUND.search(low) or _CLIP_SOUND.search(low) or _bare_loudness(low)):
        return None
    if REMOVE.search(low) and not _SOUND.search(low):
        return None
    selector = find_clips(clause)
    target = _target(low, "clips" if selector.given else "it")
    level, factor = _level(low)
    if level is None and factor is None:
        return None
    if find_time_range(low).given:
        return Answer("no_partial_volume")
    return SetVolume(target, level, factor, selector if target == "clips" else ANY)


def _bare_loudness(low: str) -> bool:
    bare = (
        rf"{LEFT}(?:louder|quieter|softer|turn (?:it|that|this) (?:up|down)|too loud"
        rf"|too quiet){RIGHT}|大声|小声|太吵|太响"
    )
    return re.search(bare, low) is not None


def _level(low: str) -> tuple[float | None, float | None]:
    """Return (level, factor): what the volume is to be, or by what it is to be multiplied."""
    down, up = _LOWER.search(low) is not None, _RAISE.search(low) is not None
    share = percentage(low)
    if share is not None:
        if (down or up) and not _TO.search(low):
            return None, max(0.0, 1 - share) if down else 1 + share
        return min(share, 2.0), None
    bare = _BARE_LEVEL.search(low)
    if bare is not None:
        return min(int(bare["n"]) / 100, 2.0), None
    return _worded_level(low, down, up)


def _worded_level(low: str, down: bool, up: bool) -> tuple[float | None, float | None]:
    if re.search(rf"{LEFT}half volume{RIGHT}", low):
        return 0.5, None
    if _HALF.search(low):
        return None, 0.5
    if _DOUBLE.search(low):
        return None, 2.0
    if _FULL.search(low):
        return 1.0, None
    if not (down or up):
        return None, None
    strength = 0.8 if A_BIT.search(low) else 0.4 if _LOT.search(low) else 0.6
    return None, strength if down else 1 / strength


def _takes_music(low: str) -> bool:
    """Tell "cut the music" from "cut the pictures to the music"."""
    named = list(MUSIC.finditer(low))
    return not named or any(
        not _ELSEWHERE.search(low[min(verb.end(), noun.end()) : max(verb.start(), noun.start())])
        for verb in REMOVE.finditer(low)
        for noun in named
    )


def _music(clause: Message) -> Instruction | None:
    low = clause.low
    sound = find_sound(low)
    if REMOVE.search(low) and not re.search(rf"{LEFT}(?:replace|change|instead){RIGHT}|换|改", low):
        return RemoveMusic() if _takes_music(low) else None
    if re.search(FILE, clause.text):
        return None
    if (instrument := not_played(low)) is not None:
        return Answer("no_instrument", instrument)
    if sound is None and not (_MUSIC_VERB.search(low) or _MORE.search(low)):
        return None
    supplies = _SUPPLIES.search(low) or (sound is not None and _SHALL_BE.search(low))
    if _THE_MUSIC.search(low) and not supplies:
        return None
    return SetMusic(sound, find_time_range(low), percentage(low))
