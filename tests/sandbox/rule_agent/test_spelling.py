"""Slips of the keyboard are read as what was meant; words that exist are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.sandbox.agents.rule_agent.words.spelling import respell
from tests.sandbox.rule_agent.conftest import Session, outline


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("remvoe the titel", "remove the title"),
        ("add a subtilte", "add a subtitle"),
        ("the musik", "the music"),
        ("two secnds", "two seconds"),
        ("repeeat it", "repeat it"),
        ("Titel in yellow", "title in yellow"),
        ("a vido.", "a video."),
    ],
)
def test_one_slip_is_put_right(written: str, meant: str) -> None:
    assert respell(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "a remote island with tiles",
        "change the title to Musik",
        "add a title that says titel",
        "put vidoe.mp4 at the end",
        "a photon in a minuet",
        "标题 titel-x",
    ],
)
def test_other_words_names_and_texts_are_left_alone(written: str) -> None:
    assert respell(written) == written


@given(st.text(max_size=60))
def test_any_text_can_be_read_twice(text: str) -> None:
    assert respell(respell(text)) == respell(text)


@pytest.mark.parametrize(
    ("prompt", "line"),
    [
        ("add a titel that says Hello World", "title 0-3 Hello World"),
        ("shorten the vidoe to 6 secnds", "video 0-6 cat sleeping"),
    ],
)
def test_a_request_with_a_typo_is_executed(prompt: str, line: str, two_scenes: Session) -> None:
    two_scenes.send(prompt)
    assert any(found.startswith(line) for found in outline(two_scenes.draft))
