"""The trained model: its file, its corpus, and that no unseen sentence was trained on."""

from __future__ import annotations

import zlib
from collections import Counter

import pytest

from nemovideo.language.intent_model import BUCKETS, LABELS, classify, features, normalize
from nemovideo.language.linear_model import HEADER
from tests.language.train import MODEL, digest, grammar, read_corpus, skeleton, variants

ROWS = read_corpus()


def test_the_file_was_trained_on_this_corpus_by_this_code() -> None:
    # `nox -s train` makes it again, bit for bit.
    assert MODEL.read_bytes()[:HEADER].decode() == digest()


def test_the_file_is_small_and_whole() -> None:
    assert MODEL.stat().st_size <= 500_000
    assert len(zlib.decompress(MODEL.read_bytes()[HEADER:])) == BUCKETS * len(LABELS)


def test_the_corpus_is_large_and_in_three_scripts() -> None:
    assert len(ROWS) >= 3000
    assert len({(row.text.lower(), row.has_files) for row in ROWS}) == len(ROWS)
    languages = Counter(row.language for row in ROWS)
    assert languages["en"] >= 1500 and languages["zh"] >= 1200 and languages["zh-TW"] >= 150


def test_no_variant_of_an_unseen_sentence_is_trained_on() -> None:
    unseen = frozenset(skeleton(row.text) for row in ROWS if row.split == "unseen")
    trained = {skeleton(row.text) for row in ROWS if row.split == "train"}
    assert unseen & trained == set()
    assert [text for text, _, _ in grammar(unseen) if skeleton(text) in unseen] == []


def test_the_variants_of_a_sentence_are_the_same_at_every_run() -> None:
    row = next(row for row in ROWS if row.text == "send me the file")
    assert list(variants(row)) == list(variants(row))
    assert len(set(variants(row))) >= 5


def test_the_buckets_are_the_same_on_every_machine() -> None:
    assert features("导 x", has_files=False)[:4] == FIRST_BUCKETS


FIRST_BUCKETS = [5338, 5763, 7210, 7328]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("匯出影片", "汇出影片"),
        ("Save it as PANDA.mp4", "save it as fox.mov"),
        ('write "export" on it', "write “导出” on it"),
        ("um export uh it", "export it"),
        ("what's what's the status", "what’s the status"),
        ("download ⬇️ https://a.example/b", "download url"),
    ],
)
def test_what_makes_no_difference_is_read_alike(text: str, same: str) -> None:
    assert normalize(text) == normalize(same)


def test_a_label_comes_with_how_much_it_leads() -> None:
    sure, unsure = classify("export the video"), classify("xyzzy")
    assert sure.label == "export" and sure.second != "export"
    assert sure.margin > unsure.margin >= 0
