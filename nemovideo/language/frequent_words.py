"""What languages are told apart by: frequent words, and characters of one Chinese script only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nemovideo.language.chinese_variants import TO_SIMPLIFIED

SIMPLIFIED: Final = frozenset(map(chr, TO_SIMPLIFIED.values())) | {"见", "辑"}
TRADITIONAL: Final = frozenset(map(chr, TO_SIMPLIFIED)) | {"見", "輯"}

FREQUENT_WORDS: Final[Mapping[str, str]] = {
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
