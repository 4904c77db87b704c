"""The trained model that tells what a clause is about: a linear one, over hashed n-grams.

`tests/language/train.py` makes its file; here are the features, which both need.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple, TypeAlias

from nemovideo.language.chinese_variants import TO_SIMPLIFIED
from nemovideo.language.linear_model import (
    LinearModel,
    letter_ngrams,
    split_words,
    to_buckets,
    word_ngrams,
)

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
_MODEL: Final = LinearModel("intent_model.bin", LABELS)

_MASKS: Final = (
    (re.compile(r"https?://\S+"), "url"),
    (re.compile(r"[\w.\-/\\~]*\.(?:mp4|mov|webm|avi|mkv|jpe?g|png|gif|mp3|wav)\b"), "file.ext"),
    (re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|(?<!\w)'[^']+'(?!\w)"), "“”"),
    (re.compile(r"\d+"), "0"),
    (re.compile(r"\b(?:u+h+|u+m+|e+rm*|hm+|mm+)\b|^[嗯呃额啊](?!度)"), " "),
    (re.compile(r"[^\w?!'“”:&%]+"), " "),
    (re.compile(r"\b(\w+(?:'\w+)?)(?: \1\b)+"), r"\1"),
)


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
    names = [*word_ngrams(clean), "bias"]
    if has_files:
        names += ["files", *(f"f {word}" for word in split_words(clean))]
    return to_buckets(letter_ngrams(clean), names, BUCKETS)


def classify(text: str, *, has_files: bool = False) -> Scores:
    """Tell what a clause is about."""
    buckets = features(text, has_files=has_files)
    (best, most), (second, less), *_ = _MODEL.score(buckets).items()
    return Scores(best, (most - less) / len(buckets) ** 0.5, second)
