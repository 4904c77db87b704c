"""Makes `nemovideo/language/intent_model.bin` of its corpus, the same on every machine."""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nemovideo.language import chinese_variants, intent_model, linear_model
from nemovideo.language.intent_model import BUCKETS, LABELS, Label, features
from tests.language import perceptron

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
MODEL = Path(intent_model.__file__).with_suffix(".bin")
EPOCHS = 20
ORDERS = 3
MARGIN = 4
"""How far a label must lead for each feature."""
CAREFUL = 6
"""How far what starts nothing must lead an export, which starts work."""
QUIET = frozenset({"content", "question", "negated"})


class Row(NamedTuple):
    """A labelled message: `label` has several joined by `+` where it asks for several things."""

    text: str
    label: str
    kind: str
    language: str
    split: str

    @property
    def has_files(self) -> bool:
        return self.kind == "files"


def read_corpus() -> list[Row]:
    """Read every row, in the order of the files."""
    rows: list[Row] = []
    for path in sorted(CORPUS.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            table = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            next(table)
            rows += [Row(*line) for line in table]
    return rows


def digest() -> str:
    """Return what the model is made of: the corpus, this file and the features."""
    total = hashlib.sha256()
    modules = (chinese_variants, intent_model, linear_model, perceptron)
    sources = [__file__, *(str(module.__file__) for module in modules)]
    for path in (*sorted(CORPUS.iterdir()), *map(Path, sources)):
        # A checkout on Windows may have other line ends.
        total.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return total.hexdigest()


_COURTESY = re.compile(
    r"\b(?:please|pls|plz|thanks|thank you|thx|u+m+|u+h+|erm|hey|so|okay|ok|now|just|like|hi|hello"
    r"|kindly|could|can|you|would|me|the|my|a|it|i|to|want)\b"
    r"|谢谢|您好|[吧吗嘛呢啊呀了的请麻烦您你我帮一下个嗯呃额那就]"
)


def skeleton(text: str) -> str:
    """Return what is left of a sentence without courtesies: the same for all its variants."""
    bare = _COURTESY.sub(" ", text.lower())
    return re.sub(r"[\W_]+", "", bare) or text.lower()


_COMMANDS = frozenset({"export", "credits", "state", "upload"})
_BEFORE = {
    "en": (
        *("please ", "hey ", "ok ", "so ", "um ", "okay so uh ", "hi, ", "now ", "well "),
        *("alright ", "yo ", "great, ", "and "),
    ),
    "zh": (
        "请",
        "麻烦",
        "那个",
        "嗯",
        "好的，",
        "你好，",
        "亲，",
        "现在",
        "那",
        "然后",
        "呃那个",
        "再",
    ),
}
_AFTER = {
    "en": (
        *(" please", " thanks", " now", " 🙏", " pls", "!", "!!", " asap", ".", " thank you"),
        *(" ok?", " real quick", " then", " mate"),
    ),
    "zh": ("谢谢", "吧", "哈", "呗", "！", "🙏", "。", "啊", "呀", "，谢谢啦", "哦", "了"),
}
_POLITE = ("can you ", "could you ", "could you please ", "would you ", "i want you to ", "let's ")
_SAME_SOUND = {
    word[0]: word[1:]
    for word in (
        *(
            "导到倒道岛刀",
            "出初处除厨",
            "下吓夏虾",
            "载在再栽",
            "积基机集及",
            "分份粉纷",
            "余于鱼雨",
        ),
        *("额鄂饿鹅俄", "进近金今紧", "度渡读杜肚", "状壮装", "态太泰", "视试是事", "频屏品平"),
        *("文闻问", "件见建健", "成程城", "片偏骗篇", "渲宣选", "染然", "保宝报", "存村", "轨鬼归"),
        *("上尚", "传船穿转", "时是石", "间见键", "吗嘛妈", "做作坐", "剩省胜", "发法", "点店典"),
    )
}
_NEIGHBOURS = {
    letter: near
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for letter, near in zip(row, row[1:] + row[-2], strict=True)
}


def _chance(text: str, salt: str, count: int) -> int:
    """Return a number below `count`, the same at every run."""
    return zlib.crc32(f"{salt}|{text}".encode()) % count


def _slip(word: str, salt: str) -> str:
    at = 1 + _chance(word, salt, len(word) - 2)
    kind = _chance(word, salt + "kind", 4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + _NEIGHBOURS.get(word[at], word[at]) + word[at + 1 :]


def _every_slip(word: str) -> Iterator[str]:
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
        yield word[:at] + word[at] + word[at:]


_NAMING = re.compile("export|downl|uplo|credit|balan|stat|rend|timel|progr|track|import|attac")


def misspell(text: str, salt: str) -> str:
    """Make one slip of the keys in the longest word, or take a character of the same sound."""
    sounds = [at for at, letter in enumerate(text) if letter in _SAME_SOUND]
    if sounds:
        at = sounds[_chance(text, salt, len(sounds))]
        wrong = _SAME_SOUND[text[at]]
        return text[:at] + wrong[_chance(text, f"{salt} sound", len(wrong))] + text[at + 1 :]
    words = re.findall(r"[a-z]{4,}", text)
    if not words:
        return text
    named = [word for word in words if _NAMING.match(word)]
    word = named[0] if named else max(words, key=len)
    return text.replace(word, _slip(word, salt), 1)


def variants(row: Row) -> Iterator[str]:
    """Yield a sentence of the corpus, then other ways in which it could have been typed."""
    text, language = row.text, row.language[:2]
    yield text
    free = row.kind not in ("hypothetical", "report") and row.label not in ("filler", "introduces")
    if not free:
        return
    before, after = _BEFORE[language], _AFTER[language]
    yield before[_chance(text, "before", len(before))] + text
    yield text + after[_chance(text, "after", len(after))]
    if row.label == "content":
        yield misspell(text, "one")
    if row.label in _COMMANDS or row.label == "negated":
        first = before[_chance(text, "first", len(before))]
        yield first + text + after[_chance(text, "last", len(after))]
        yield misspell(text, "one")
        yield misspell(text, "two")
        yield misspell(text, "three")
        if re.fullmatch("[a-z]{5,}", text):
            yield from _every_slip(text)
    if language == "en" and re.match(
        r"(?:export|download|render|save|send|add|make|put|cut|change|"
        r"remove|show|list|check|trim|turn|use|upload|delete)\b",
        text,
    ):
        yield _POLITE[_chance(text, "polite", len(_POLITE))] + text


_KEYWORDS = {
    "en": ("export", "download", "save", "render", "credits", "balance", "status", "upload"),
    "zh": ("导出", "下载", "保存", "渲染", "积分", "余额", "状态", "上传"),
}


def mentions(row: Row) -> Iterator[str]:
    """Yield a subject with a word of a command beside it, which makes no command of it."""
    if row.label == "content" and row.kind == "terse":
        language = row.language[:2]
        words, space = _KEYWORDS[language], " " if language == "en" else ""
        yield words[_chance(row.text, "head", len(words))] + space + row.text
        yield row.text + space + words[_chance(row.text, "tail", len(words))]


def grammar(unseen: frozenset[str]) -> Iterator[tuple[str, Label, bool]]:
    """Yield sentences made of slots, without any that is a variant of an unseen one.

    A line of `grammar.txt` has what they are about, how many to make, and the slots of the
    sentence; with `files`, files come along.
    """
    lines = (CORPUS / "grammar.txt").read_text("utf-8").splitlines()
    for number, (labels, count, slots) in enumerate(line.split("\t") for line in lines):
        label: Label = next(each for each in LABELS if each == labels.removeprefix("files "))
        options = [slot.split("|") for slot in slots.split(";")]
        made: set[str] = set()
        for attempt in range(int(count) * 4):
            salt = f"{number} {attempt}"
            picked = [words[_chance(salt, str(at), len(words))] for at, words in enumerate(options)]
            space = " " if slots.isascii() else ""
            text = space.join(filter(None, picked)).replace(" ?", "?")
            if skeleton(text) not in unseen and len(made) < int(count):
                made.add(text)
        for text in sorted(made):
            yield text, label, labels.startswith("files ")


def excerpts(rows: list[Row]) -> Iterator[str]:
    """Yield a word or two of the creative sentences that no command holds: what is unknown."""
    known = {word for row in rows if row.label != "content" for word in _words(row.text)}
    for row in rows:
        if row.label == "content" and row.split == "train":
            words = _words(row.text)
            for size in (1, 2):
                at = _chance(row.text, f"excerpt {size}", max(1, len(words) - size + 1))
                part = words[at : at + size]
                if part and not known & set(part):
                    yield (" " if row.language == "en" else "").join(part)


_NAMES_NOTHING = re.compile(
    r"export|render|download|save|send|give|get|file|mp4|link|ship|show|credit|balance|upload|have"
    r"|导|下载|渲染|出|存|发|给|文件|链接|积分|余额|传|匯|載|片"
)


_ASKING = re.compile(
    r"please|pls|thank|kind|mind|ok|alright|right|谢|麻烦|好|行|可以", re.IGNORECASE
)
"""The courtesies that end a question: ", please?"."""


def courtesies(rows: list[Row]) -> Iterator[str]:
    """Yield the parts of commands that name no command: "looks great", before ", export"."""
    for row in rows:
        if row.split == "train" and row.label in _COMMANDS:
            parts = re.split(r"[,.!?，。！？]\s*", row.text)
            if len(parts) > 1 and _NAMES_NOTHING.search(parts[-1].lower()):
                yield from (part for part in parts[:-1] if part and _is_courtesy(part))
        if row.split == "train" and row.label == "filler" and _ASKING.search(row.text):
            yield f"{row.text}?"


def _is_courtesy(part: str) -> bool:
    return not _NAMES_NOTHING.search(part.lower())


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']{3,}|[\u3400-\u9fff]{2}", text.lower())


def examples(rows: list[Row]) -> Iterator[tuple[list[int], int]]:
    """Yield the buckets and the label of everything that is trained on."""
    unseen = frozenset(skeleton(row.text) for row in rows if row.split == "unseen")
    for row in rows:
        if row.split == "train" and row.label in LABELS:
            for text in dict.fromkeys((*variants(row), *mentions(row))):
                if skeleton(text) not in unseen:
                    yield features(text, has_files=row.has_files), LABELS.index(row.label)
    for text, label, has_files in grammar(unseen):
        yield features(text, has_files=has_files), LABELS.index(label)
    for text in excerpts(rows):
        yield features(text, has_files=False), LABELS.index("content")
    for text in dict.fromkeys(courtesies(rows)):
        if skeleton(text) not in unseen:
            yield features(text, has_files=False), LABELS.index("filler")


def train(rows: list[Row]) -> npt.NDArray[np.uint8]:
    """Return the weights, a row for each bucket, as whole numbers from 1 to 255."""
    margins = np.full((len(LABELS), len(LABELS)), MARGIN)
    for label in QUIET:
        margins[LABELS.index(label), LABELS.index("export")] = CAREFUL
    np.fill_diagonal(margins, 0)
    data = [(np.array(buckets), label) for buckets, label in examples(rows)]
    return perceptron.train(data, margins, buckets=BUCKETS, epochs=EPOCHS, orders=ORDERS)


def main() -> int:
    """Write the model, or with `--check` only tell whether it is what the corpus makes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    weights = train(read_corpus())
    made = digest().encode() + zlib.compress(weights.tobytes(), 9)
    if check:
        return 0 if MODEL.read_bytes() == made else 1
    MODEL.write_bytes(made)
    print(f"{len(made)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
