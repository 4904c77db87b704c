"""How music is to sound: mood, tempo, instrument, and a name for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT, RIGHT, either

Row: TypeAlias = tuple[str, int, str, str, str, str, str]

# mood, tempo, instrument, English words, Chinese words, English name, Chinese name
_MOODS: Final[tuple[Row, ...]] = (
    ("lofi", 78, "piano", "lo-?fi|chill|chilled|chillhop", "lo-?fi|慵懒|低保真", "Lo-fi", "Lo-fi"),
    ("electronic", 124, "synth",
        "electronic|edm|techno|house|synthwave|synth|dance|club|trance", "电子|电音|舞曲|合成器",
        "Electronic", "电子音乐"),
    ("epic", 96, "strings",
        "epic|heroic|grand|orchestral|orchestra|dramatic|cinematic|majestic|trailer|powerful",
            "史诗|宏大|大气|震撼|磅礴|交响|激昂", "Epic Orchestra", "史诗配乐"),
    ("happy", 116, "guitar",
        "happy|happier|upbeat|more fun|cheerful|joyful|fun|bright|energetic|lively|playful"
        "|uplifting|pop|birthday|summer|funky|funny",
            "欢快|快乐|开心|轻快|活泼|愉快|动感|节奏感|欢乐|阳光|流行", "Happy Tune", "欢快旋律"),
    ("sad", 66, "piano",
        "sad|sadder|melancholy|melancholic|emotional|tearful|sorrowful",
            "悲伤|伤感|忧伤|悲情|催泪", "Sad Piano", "忧伤旋律"),
    ("dark", 84, "synth",
        "dark|darker|tense|scary|horror|suspense|suspenseful|ominous|mysterious|spooky",
            "黑暗|紧张|恐怖|悬疑|阴森|神秘", "Dark Tension", "悬疑配乐"),
    ("romantic", 76, "strings",
        "romantic|love|wedding|tender", "浪漫|爱情|温柔|婚礼", "Romantic Strings", "浪漫旋律"),
    ("jazz", 104, "piano", "jazz|jazzy|swing|bossa nova|blues", "爵士|蓝调", "Jazz", "爵士乐"),
    ("rock", 128, "guitar", "rock|metal|punk|hip-?hop|rap", "摇滚|嘻哈|说唱", "Rock", "摇滚乐"),
    ("calm", 72, "piano",
        "calm|calmer|calming|slower|relaxing|relaxed|peaceful|gentle|gentler|soft|softer|ambient"
        "|quiet|soothing|slow|meditation|meditative|classical|acoustic|dreamy|traditional|folk",
            "舒缓|轻柔|平静|安静|轻松|宁静|放松|柔和|古典|治愈|轻音乐|悠扬|古风|民谣|国风|唯美",
        "Calm", "舒缓"),
)  # fmt: skip
_INSTRUMENTS: Final = (
    ("piano", "pianos?|keys", "钢琴", "Piano"),
    ("guitar", "guitars?|ukulele", "吉他|尤克里里", "Guitar"),
    ("strings",
        "strings?|violins?|cello|orchestra|orchestral",
            "弦乐|小提琴|大提琴", "Strings"),
    ("synth", "synth|synthesi[sz]er|pads?", "合成器", "Synth"),
    ("drums", "drums?|percussion", "鼓", "Drums"),
    ("flute", "flutes?|whistle", "长笛|笛子|竹笛", "Flute"),
    ("bells", "bells?|music box|chimes?", "铃|八音盒", "Bells"),
)  # fmt: skip
_ZH_INSTRUMENT: Final = {
    "piano": "钢琴", "guitar": "吉他", "strings": "弦乐", "synth": "合成器", "drums": "鼓点",
    "flute": "长笛", "bells": "铃音",
}  # fmt: skip
_NOT_PLAYED: Final = either(
    "guzheng|pipa|erhu|harps?|harpsichord|saxophones?|sax|trumpets?|trombones?|accordions?"
    "|harmonicas?|organs?|clarinets?|oboes?|banjos?|sitars?|bagpipes?|xylophones?|marimba",
    "古筝|古琴|琵琶|二胡|扬琴|箜篌|唢呐|竖琴|萨克斯|小号|长号|圆号|手风琴|口琴|管风琴|单簧管|双簧管|马林巴|木琴",
)
_TEMPO = re.compile("(?<![0-9])([0-9]{2,3}) ?-?bpm")


@dataclass(frozen=True)
class Sound:
    """A style of music: `mood`, `tempo` in beats a minute, `instrument`, and what to call it."""

    mood: str
    tempo: int
    instrument: str
    name: str
    name_zh: str


def _word(english: str, chinese: str) -> re.Pattern[str]:
    return either(f"{english}", f"{chinese}")


_MOOD_WORDS: Final = tuple((_word(row[3], row[4]), row) for row in _MOODS)
_INSTRUMENT_WORDS: Final = tuple((_word(row[1], row[2]), row) for row in _INSTRUMENTS)


def not_played(low: str) -> str | None:
    """Return the instrument in a lower-case text that there is none of here."""
    match = _NOT_PLAYED.search(low)
    return match[0] if match else None


def find_sound(low: str) -> Sound | None:
    """Read a style of music from a lower-case text; None when it names none.

    Example:
        >>> find_sound("something epic at 140 bpm, with piano").tempo
        140
    """
    mood = next((row for words, row in _MOOD_WORDS if words.search(low)), None)
    instrument = next((row[0] for words, row in _INSTRUMENT_WORDS if words.search(low)), None)
    tempo = _TEMPO.search(low)
    if mood is None and instrument is None and tempo is None:
        return None
    base = sound_of(mood[0] if mood else "calm")
    beats = max(40, min(220, int(tempo[1]))) if tempo else base.tempo
    name, name_zh = (base.name, base.name_zh) if instrument is None else _named(mood, instrument)
    return Sound(base.mood, beats, instrument or base.instrument, name, name_zh)


def _named(mood: Row | None, instrument: str) -> tuple[str, str]:
    """Name music after its mood and the instrument asked for: "Happy Guitar", "欢快吉他"."""
    word, word_zh = (mood[5].split(" ")[0], mood[6]) if mood else ("", "")
    stem = word_zh.removesuffix("旋律").removesuffix("配乐")
    plain = "" if word.lower() == instrument else word
    return f"{plain} {instrument.capitalize()}".strip(), f"{stem}{_ZH_INSTRUMENT[instrument]}"


def sound_of(mood: str) -> Sound:
    """Return the usual music of a mood; of "calm" when the mood is unknown."""
    row = next((row for row in _MOODS if row[0] == mood), _MOODS[-1])
    name, name_zh = row[5], row[6]
    if name == "Calm":
        name, name_zh = "Calm Piano", "舒缓钢琴"
    return Sound(row[0], row[1], row[2], name, name_zh)


_BY_FAMILY: Final = {
    "city": "lofi", "space": "epic", "food": "happy", "animal": "calm", "sea": "calm",
    "landscape": "calm", "abstract": "electronic",
}  # fmt: skip


def fitting(family: str, style: tuple[str, ...], low: str) -> Sound:
    """Choose music for a picture where the prompt asks for none in particular."""
    if {"neon", "cyberpunk"} & set(style):
        return sound_of("electronic")
    if re.search(rf"{LEFT}(?:epic|battle|storm|war|dragon){RIGHT}|战斗|史诗|震撼", low):
        return sound_of("epic")
    if re.search(
        rf"{LEFT}(?:danc|play|jump|party|birthday|funny|cute)|跳舞|玩耍|生日|可爱|搞笑", low
    ):
        return sound_of("happy")
    return sound_of(_BY_FAMILY.get(family, "calm"))
