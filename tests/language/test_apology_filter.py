"""A trailing apology is dropped in all its forms, and nothing else, however the text is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nemovideo.language.apology_filter import (
    _LONGEST,  # pyright: ignore[reportPrivateUsage]  # the shortcuts must agree with the phrases
    ApologyFilter,
    _phrases,  # pyright: ignore[reportPrivateUsage]
)

ANSWER = "Your video is ready."


def read(*pieces: str) -> str:
    trouble = ApologyFilter()
    return "".join(map(trouble.feed, pieces)) + trouble.finish()


def test_every_form_is_dropped_behind_an_answer() -> None:
    for phrase in _phrases():
        said = f"{ANSWER} {phrase.capitalize()} issue."
        assert read(said) == ANSWER, phrase


def test_every_form_is_buffered_wherever_it_is_cut() -> None:
    for phrase in _phrases()[::7]:
        for count in range(1, len(phrase) + 1):
            trouble = ApologyFilter()
            assert trouble.feed(f"{ANSWER}   {phrase[:count]}") == ANSWER, phrase[:count]


def test_every_form_fits_the_characters_that_are_compared() -> None:
    assert max(map(len, _phrases())) < _LONGEST


def test_a_text_that_is_cut_before_its_third_letter_is_buffered() -> None:
    assert [ApologyFilter().feed(start) for start in ("I", "We", "我")] == ["", "", ""]


def test_an_apology_that_goes_on_is_no_apology() -> None:
    said = f"{ANSWER} I encountered a temporary issue. The second clip is missing."
    assert read(*said) == said


PIECES = st.sampled_from(
    [
        *(
            ANSWER,
            "Done",
            ".",
            "。",
            "!\n",
            " ",
            "   ",
            "I",
            "i",
            "We",
            "sorry, ",
            "I’m ",
            "'",
            "K",
        ),
        *("I’ve encountered a temporary", "However, we encountered a brief", "encountered a "),
        *(
            "我",
            "系统",
            "抱歉，",
            "遇到了一个临时",
            " issue.",
            "问题。",
            " Please try again.",
            "请重试。",
        ),
        *(" The clip is warm", "ing", "a" * 60),
    ]
)


@given(st.lists(PIECES, max_size=8).map("".join), st.lists(st.integers(0, 200), max_size=6))
@example("Done. I encountered a temporary issue.", [5, 6, 7, 8])
@example("抱歉\x00\x1e我遇到临时$", [3, 5, 7])
def test_it_reads_the_same_however_it_is_cut(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[start:end] for start, end in pairwise(places)]
    assert read(*pieces) == read(text) == read(*text)


@given(st.lists(st.lists(PIECES, min_size=1, max_size=5), max_size=4))
@example([["Done. ", "I", " encountered a temporary"], [" issue.", " Please", " wait."]])
@example([["Done.", "  "], [" ", " "], ["a"]])
def test_pieces_that_come_together_are_shown_as_one_by_one(runs: list[list[str]]) -> None:
    together, alone = ApologyFilter(), ApologyFilter()
    for run in runs:
        assert "".join(together.feed_run(run)) == "".join(map(alone.feed, run))
    assert together.finish() == alone.finish()


def test_pieces_that_come_together_are_shown_as_they_were_cut() -> None:
    trouble = ApologyFilter()
    assert trouble.feed_run(["One, ", "two", "  "]) == ["One, ", "two"]
    assert trouble.feed_run(["three. ", "I encountered", " a tempor"]) == ["  three."]
    assert trouble.feed_run(["al cut.", " Good"]) == [" I encountered a temporal cut.", " Good"]


def test_a_sentence_with_more_detail_is_no_apology() -> None:
    said = f"{ANSWER} I encountered a temporary issue{' with the second clip' * 20}."
    assert read(said) == read(*said) == said


@pytest.mark.parametrize(("length", "is_apology"), [(299, True), (300, True), (301, False)])
def test_an_apology_has_three_hundred_characters_at_most(length: int, is_apology: bool) -> None:
    apology = "I encountered a temporary " + "x" * (length - 27) + "."
    said = f"{ANSWER} {apology}"
    assert len(apology) == length
    assert read(said) == read(*said) == (ANSWER if is_apology else said)


@pytest.mark.parametrize("said", ["I’ve encountered a temporary issue.", "I’m sorry, but {}", "{}"])
def test_an_apology_with_a_typographic_apostrophe_is_one(said: str) -> None:
    said = said.format("we’ve encountered a temporary issue. Let’s wait.")
    assert read(f"{ANSWER} {said}") == read(*f"{ANSWER} {said}") == ANSWER


def test_a_letter_with_spaces_behind_it_is_no_apology() -> None:
    trouble = ApologyFilter()
    assert trouble.feed(f"{ANSWER} W ") == f"{ANSWER} W"
