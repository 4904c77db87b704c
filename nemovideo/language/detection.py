"""Detects which language a text is written in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_SCRIPTS: Final = (
    # Language that the script means on its own, first and last code point.
    ("ja", 0x3040, 0x30FF),
    ("zh", 0x3400, 0x4DBF),
    ("zh", 0x4E00, 0x9FFF),
    ("ko", 0xAC00, 0xD7A3),
    ("ko", 0x1100, 0x11FF),
    ("ru", 0x0400, 0x04FF),
    ("el", 0x0370, 0x03FF),
    ("he", 0x0590, 0x05FF),
    ("ar", 0x0600, 0x06FF),
    ("hi", 0x0900, 0x097F),
    ("th", 0x0E00, 0x0E7F),
)

_SIMPLIFIED: Final = frozenset(
    "这个们来对说时会为学国过后么还长开问题样点让电话车马东乐频视头图导输画辑转边变声轨网见现给换"
    "气没经动员间关门书买卖飞鱼鸟龙术录请帮调条级红绿蓝黄觉爱听读写万与云阳阴场带应"
)
_TRADITIONAL: Final = frozenset(
    "這個們來對說時會為學國過後麼還長開問題樣點讓電話車馬東樂頻視頭圖導輸畫輯轉邊變聲軌網見現給換"
    "氣沒經動員間關門書買賣飛魚鳥龍術錄請幫調條級紅綠藍黃覺愛聽讀寫萬與雲陽陰場帶應"
)

_FREQUENT_TEXT: Final[Mapping[str, str]] = {
    "en": (
        "the a an and of to in with for it is my me i make add please how what this that do don't"
        " can you on at from video export status credits upload download balance show put cut"
        " remove music title clip second seconds change have not create generate background"
    ),
    "es": (
        "el la los las un una unos y de del en con por para que mi es haz hazme añade quiero al"
        " vídeo música título segundos cuántos créditos exporta cómo"
    ),
    "fr": (
        "le la les un une des et du de en avec pour que mon ma est fais ajoute je veux au aux sur"
        " vidéo musique titre secondes combien crédits exporte une"
    ),
    "de": (
        "der die das ein eine einen und mit für von im ist mein mache füge ich bitte zu dem den wie"
        " viele nicht auf musik titel sekunden hinzu erstelle"
    ),
    "pt": (
        "o os as um uma e de do da em com por para que meu é faça adicione quero ao no na"
        " vídeo música título segundos quantos créditos você não"
    ),
    "it": (
        "il lo la gli un una e di del della in con per che mio è fai aggiungi voglio al sul"
        " musica titolo secondi quanti crediti esporta crea"
    ),
    "nl": ("de het een en van met voor in is mijn maak voeg ik op dat wil toe hoeveel muziek"),
    "id": ("yang dan di dengan untuk saya buat buatkan tambahkan ini itu tolong"),
    "tr": ("bir ve için ile bu yap ekle videoyu müzik lütfen nasıl kaç saniye"),
    "vi": ("một và của cho với tôi là có thêm tạo này hãy nhạc trong giây"),
    "pl": ("i w z na do dla jest zrób dodaj mój proszę jak się nie muzykę ile"),
}
_FREQUENT: Final = {name: frozenset(words.split()) for name, words in _FREQUENT_TEXT.items()}
_CHINESE_GRAMMAR: Final = frozenset("的了一把请請帮幫我给給吗嗎在是和个個加做还還来來让讓到要")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CONTENT: Final = re.compile(r'"[^"]*"|“[^”]*”|「[^」]*」|《[^》]*》|`[^`]*`|https?://\S+')


def detect(text: str) -> str | None:
    """Tell the language that a text is written in, by its script and its frequent words.

    What stands in quotation marks and links is content and does not count, unless there is nothing
    else.

    Args:
        text: What a person typed, of any length.

    Returns:
        A tag as the service takes it: `en`, `zh-CN`, `zh-TW`, `ja`, `ko`, `ru`, `es`, …; None when
        the text does not tell (numbers, a bare name).

    Example:
        >>> detect("把音乐调小一点"), detect("make it shorter"), detect("123")
        ('zh-CN', 'en', None)
    """
    own_words = _CONTENT.sub(" ", text)
    return _detect_words(own_words) or (_detect_words(text) if own_words != text else None)


def _detect_words(text: str) -> str | None:
    scripts, latin_words = _count(text)
    foreign = max(scripts, key=lambda name: scripts[name], default=None)
    latin, latin_weight = _latin_language(latin_words)
    if foreign is None or (latin is not None and latin_weight > scripts[foreign]):
        return latin
    if foreign == "zh":
        return _chinese_or_japanese(text, kana="ja" in scripts)
    return _within_script(foreign, text)


def _count(text: str) -> tuple[dict[str, float], list[str]]:
    scripts: dict[str, float] = {}
    for character in text:
        name = _script(ord(character))
        if name is not None:
            # A word takes about two characters of these scripts; grammar tells more than a noun.
            weight = 1.0 if character in _CHINESE_GRAMMAR else 0.5
            scripts[name] = scripts.get(name, 0.0) + weight
    latin_words = [word.replace("’", "'") for word in _WORD.findall(text.lower())]
    return scripts, [word for word in latin_words if _script(ord(word[0])) is None]


def _script(code_point: int) -> str | None:
    if code_point < 0x370:
        return None
    return next((name for name, low, high in _SCRIPTS if low <= code_point <= high), None)


def _latin_language(words: list[str]) -> tuple[str | None, float]:
    hits = {name: sum(word in known for word in words) for name, known in _FREQUENT.items()}
    best = max(hits, key=lambda name: hits[name])
    return (best, len(words) + hits[best]) if hits[best] else (None, 0.0)


def _chinese_or_japanese(text: str, *, kana: bool) -> str:
    if kana:
        return "ja"
    traditional = sum(character in _TRADITIONAL for character in text)
    simplified = sum(character in _SIMPLIFIED for character in text)
    return "zh-TW" if traditional > simplified else "zh-CN"


def _within_script(name: str, text: str) -> str:
    if name == "ru" and any(character in "їієґЇІЄҐ" for character in text):
        return "uk"
    if name == "ar" and any(character in "پچژگ" for character in text):
        return "fa"
    return name
