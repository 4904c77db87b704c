"""A trained linear model over hashed n-grams: its features, its file and its scores."""

from __future__ import annotations

import pkgutil
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise, zip_longest
from typing import Final, Generic, LiteralString, TypeVar

_Label = TypeVar("_Label", bound=LiteralString)

HEADER: Final = 64
"""Bytes before the weights: the digest of what it was trained on, as hexadecimal."""

_WORD: Final = re.compile(r"[a-z0-9'+⌘]+|[\u3400-\u9fff]|[?“:→]")


def letter_ngrams(text: str) -> Iterator[int]:
    """Yield the checksum of each run of one to four letters, the ends of the text included."""
    crc = zlib.crc32
    letters = [letter.encode() for letter in ("\x02", *text, "\x03")]
    # Each run goes on from the one that is a letter shorter.
    for one, two, three, four in zip_longest(letters, letters[1:], letters[2:], letters[3:]):
        yield (check := crc(one))
        if two is not None:
            yield (check := crc(two, check))
            if three is not None:
                yield (check := crc(three, check))
                if four is not None:
                    yield crc(four, check)


def word_ngrams(text: str) -> list[str]:
    """Return the words, their pairs, and the pairs with one word left out between them."""
    words = split_words(text)
    return [
        *(f"w {word}" for word in words),
        *(f"b {one} {two}" for one, two in pairwise(words)),
        *(f"s {one} {two}" for one, two in zip(words, words[2:], strict=False)),
    ]


def split_words(text: str) -> list[str]:
    """Return the words of a text between a mark for its beginning and one for its end."""
    return ["^", *_WORD.findall(text), "$"]


def to_buckets(checksums: Iterable[int], names: Iterable[str], count: int) -> list[int]:
    """Return the buckets of features, sorted: of checksums, and of names that have none yet."""
    found = {check % count for check in checksums}
    found.update(zlib.crc32(name.encode()) % count for name in names)
    return sorted(found)


def read_data(name: str) -> bytes:
    """Return a file beside this one; `importlib.resources` takes longer to load than a model."""
    return pkgutil.get_data("nemovideo.language", name) or b""


class LinearModel(Generic[_Label]):
    """The weights of a file beside this one, loaded when they are first asked for.

    Args:
        name: The file. It has a byte for each label in each bucket, a weight from 1 to 255.
        labels: What a text may be, in the order of the weights.
    """

    def __init__(self, name: str, labels: Sequence[_Label]) -> None:
        self._name = name
        self._labels = labels

    @cached_property
    def _table(self) -> bytes:
        return zlib.decompress(read_data(self._name)[HEADER:])

    def score(self, buckets: Sequence[int]) -> dict[_Label, int]:
        """Return how much speaks for each label, the best first."""
        row, table = len(self._labels), self._table
        rows = b"".join([table[bucket * row : (bucket + 1) * row] for bucket in buckets])
        totals = {label: sum(rows[at::row]) for at, label in enumerate(self._labels)}
        return dict(sorted(totals.items(), key=lambda item: -item[1]))
