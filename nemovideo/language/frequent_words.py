"""What languages are told apart by: frequent words, and characters of one Chinese script only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SIMPLIFIED: Final = frozenset(
    "这个们来对说时会为学国过后么还长开问题样点让电话车马东乐频视头图导输画辑转边变声轨网见现给换"
    "气没经动员间关门书买卖飞鱼鸟龙术录请帮调条级红绿蓝黄觉爱听读写万与云阳阴场带应"
)
TRADITIONAL: Final = frozenset(
    "這個們來對說時會為學國過後麼還長開問題樣點讓電話車馬東樂頻視頭圖導輸畫輯轉邊變聲軌網見現給換"
    "氣沒經動員間關門書買賣飛魚鳥龍術錄請幫調條級紅綠藍黃覺愛聽讀寫萬與雲陽陰場帶應"
)

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
