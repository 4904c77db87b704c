"""The clause model: its file, its corpus, and how well it tells clauses that it never saw."""

from __future__ import annotations

import zlib
from collections import Counter

import pytest

from nemovideo.language.linear_model import HEADER
from nemovideo.language.ui_instructions import BUCKETS, KINDS, Context, classify_clause, features
from tests.language.train_ui import MODEL, Clause, Example, digest, read_corpus, read_examples


@pytest.fixture(scope="module")
def clauses() -> list[Clause]:
    return read_corpus()


@pytest.fixture(scope="module")
def unseen(clauses: list[Clause]) -> list[Example]:
    return list(read_examples(clauses, "unseen"))


def test_the_file_was_trained_on_this_corpus_by_this_code() -> None:
    # `nox -s train` makes it again, bit for bit.
    assert MODEL.read_bytes()[:HEADER].decode() == digest()


def test_the_file_is_small_and_whole() -> None:
    assert MODEL.stat().st_size <= 500_000
    assert len(zlib.decompress(MODEL.read_bytes()[HEADER:])) == BUCKETS * len(KINDS)


@pytest.mark.slow
def test_the_corpus_is_large_and_in_both_languages(clauses: list[Clause]) -> None:
    lines = Counter(clause.language for clause in {each.base: each for each in clauses}.values())
    assert len({clause.text for clause in clauses}) >= 3000
    assert lines["en"] >= 500 and lines["zh"] >= 350


@pytest.mark.slow
def test_no_line_is_in_two_splits(clauses: list[Clause], unseen: list[Example]) -> None:
    splits = {clause.base: clause.split for clause in clauses}
    assert all(splits[clause.base] == clause.split for clause in clauses)
    assert len(unseen) >= 3000


def share(examples: list[Example], kind: str, wanted: object) -> float:
    found = [judge(each) for each in examples if each.kind == kind]
    return sum(each in wanted for each in found) / len(found)  # type: ignore[operator]


def judge(example: Example) -> str:
    return classify_clause(example.clause, example.context)


@pytest.mark.slow
def test_unseen_content_stays(unseen: list[Example]) -> None:
    assert share(unseen, "plain", ("plain", "lead")) >= 0.998


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "least"),
    [
        *[("more", 0.88), ("export", 0.95), ("state", 0.93), ("credits", 0.95)],
        *[("upload", 0.94), ("send", 0.9), ("page", 0.92)],
    ],
)
def test_unseen_instructions_are_found(unseen: list[Example], kind: str, least: float) -> None:
    assert share(unseen, kind, [each for each in KINDS if each != "plain"]) >= least


def test_the_buckets_are_the_same_on_every_machine() -> None:
    assert features("点 x", Context())[:4] == FIRST_BUCKETS


FIRST_BUCKETS = [3812, 5763, 7131, 7210]
