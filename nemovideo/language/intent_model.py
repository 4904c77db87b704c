"""The trained model that tells what a clause is about: a linear one, over hashed n-grams.

`tests/language/train.py` makes its file; here are the features, which both need, and the scoring.
"""

from __future__ import annotations

import re
import zlib
from functools import cache
from importlib.resources import files
from itertools import pairwise, zip_longest
from typing import Final, Literal, NamedTuple, TypeAlias

from nemovideo.language.chinese_variants import TO_SIMPLIFIED

Label: TypeAlias = Literal[
    "export",
    "credits",
    "state",
    "upload",
    "content",  # something to make, change or answer
    "question",  # about a command, not one
    "negated",  # a command that is not to be carried out
    "filler",  # courtesy, praise, "once that is done"
    "introduces",  # says what a file is that comes along
]
"""What a clause is about."""

LABELS: Final[tuple[Label, ...]] = (
    *("export", "credits", "state", "upload", "content"),
    *("question", "negated", "filler", "introduces"),
)
BUCKETS: Final = 1 << 16
ROW: Final = len(LABELS)
"""Bytes of a bucket: a weight for each label, from 1 to 255."""
HEADER: Final = 64
"""Bytes before the weights: the digest of what it was trained on, as hexadecimal."""

_MASKS: Final = (
    (re.compile(r"https?://\S+"), "url"),
    (re.compile(r"[\w.\-/\\~]*\.(?:mp4|mov|webm|avi|mkv|jpe?g|png|gif|mp3|wav)\b"), "file.ext"),
    (re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|(?<!\w)'[^']+'(?!\w)"), "“”"),
    (re.compile(r"\d+"), "0"),
    (re.compile(r"\b(?:u+h+|u+m+|e+rm*|hm+|mm+)\b|^[嗯呃额啊](?!度)"), " "),
    (re.compile(r"[^\w?!'“”:&%]+"), " "),
    (re.compile(r"\b(\w+(?:'\w+)?)(?: \1\b)+"), r"\1"),
)
_WORD: Final = re.compile(r"[a-z0-9']+|[\u3400-\u9fff]|[?“:]")


class Scores(NamedTuple):
    """The best label of a clause, by how much it leads, and what came second."""

    label: Label
    margin: float
    second: Label


def normalize(text: str) -> str:
    """Write a clause as the model reads it: simplified, lower case, names and numbers masked."""
    text = text.translate(TO_SIMPLIFIED).lower().replace("’", "'").replace("？", "?")
    text = text.replace("：", ":").replace("！", "!")
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text.strip()


def features(text: str, *, has_files: bool) -> list[int]:
    """Return the buckets of a clause, sorted: n-grams of characters and of words."""
    clean = normalize(text)
    crc = zlib.crc32
    letters = [letter.encode() for letter in ("\x02", *clean, "\x03")]
    buckets: set[int] = set()
    add = buckets.add
    # Each n-gram goes on from the one that is a letter shorter.
    for one, two, three, four in zip_longest(letters, letters[1:], letters[2:], letters[3:]):
        add(check := crc(one))
        if two is not None:
            add(check := crc(two, check))
            if three is not None:
                add(check := crc(three, check))
                if four is not None:
                    add(crc(four, check))
    words = ["^", *_WORD.findall(clean), "$"]
    joined = [f"w {word}" for word in words]
    joined += [f"b {one} {two}" for one, two in pairwise(words)]
    joined += [f"s {one} {two}" for one, two in zip(words, words[2:], strict=False)]
    if has_files:
        joined += ["files", *(f"f {word}" for word in words)]
    buckets.update(crc(each.encode()) for each in joined)
    buckets.add(crc(b"bias"))
    return sorted({bucket % BUCKETS for bucket in buckets})


@cache
def _table() -> bytes:
    packed = files("nemovideo.language").joinpath("intent_model.bin").read_bytes()
    return zlib.decompress(packed[HEADER:])


def classify(text: str, *, has_files: bool = False) -> Scores:
    """Tell what a clause is about."""
    table, buckets = _table(), features(text, has_files=has_files)
    rows = b"".join([table[bucket * ROW : (bucket + 1) * ROW] for bucket in buckets])
    totals = [sum(rows[at::ROW]) for at in range(ROW)]
    ranked = sorted(range(len(LABELS)), key=lambda at: (-totals[at], at))
    lead = totals[ranked[0]] - totals[ranked[1]]
    return Scores(LABELS[ranked[0]], lead / len(buckets) ** 0.5, LABELS[ranked[1]])
