"""A turn may end with a question to the person."""

from __future__ import annotations

import json

import pytest

from nemovideo.models.question import Question, QuestionItem, QuestionOption, parse_question
from nemovideo.protocol.agent import AgentEventDecoder

ASKED = {
    "title": "Before I start",
    "questions": [
        {
            "id": "style",
            "prompt": "Which style?",
            "options": [{"id": "a", "label": "Calm"}, {"id": "b", "label": "Lively"}],
            "allow_multiple": True,
        },
        {"id": 2, "prompt": "How long?"},
    ],
}
QUESTION = Question(
    "Before I start",
    (
        QuestionItem(
            "style",
            "Which style?",
            (QuestionOption("a", "Calm"), QuestionOption("b", "Lively")),
            True,
        ),
        QuestionItem("2", "How long?"),
    ),
)
CALL = {"functionCall": {"id": "1", "name": "ask_question", "args": ASKED}}


def fold_of(*payloads: object) -> AgentEventDecoder:
    fold = AgentEventDecoder()
    for each in payloads:
        fold.feed(json.dumps(each))
    fold.finish()
    return fold


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "tool_call", "name": "ask_question", "args": ASKED},
        {"content": {"parts": [CALL]}},
        {"type": "ask_question", **ASKED},
        {"type": "ask_question", "data": ASKED},
        {"type": "ask_question", "content": ASKED},
    ],
)
def test_a_question_is_read_in_every_shape(payload: object) -> None:
    fold = fold_of(payload, {"type": "text", "content": "Please tell me."})
    assert fold.question == QUESTION
    assert fold.text == "Please tell me."


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "turn_state", "state": "awaiting_input"},
        {"type": "state", "data": {"status": "Awaiting Input"}},
        {"author": "a", "turnState": "awaiting-user-input"},
        {"actions": {"stateDelta": {"turn_state": "AWAITING_INPUT"}}},
        {"type": "waiting for input"},
    ],
)
def test_a_turn_that_waits_for_the_person_is_a_question(payload: object) -> None:
    assert fold_of({"type": "text", "content": "Which style?"}, payload).question == Question()
    asked = {"type": "tool_call", "name": "ask_question", "args": ASKED}
    assert fold_of(asked, payload).question == QUESTION


@pytest.mark.parametrize(
    "payloads",
    [
        [{"type": "text", "content": "Done."}],
        [{"type": "turn_state", "state": "completed"}],
        [{"content": {"parts": [CALL]}, "partial": True}],
        [{"content": {"parts": [CALL]}}, {"type": "tool_call", "name": "make"}],
    ],
)
def test_a_turn_that_goes_on_or_ends_is_no_question(payloads: list[object]) -> None:
    assert fold_of(*payloads).question is None


def test_a_question_prints_as_it_is_asked() -> None:
    assert str(QUESTION) == "Before I start\nWhich style? (Calm / Lively)\nHow long?"
    assert str(Question()) == ""
    assert QUESTION.to_dict()["items"][0]["options"][1] == {"id": "b", "label": "Lively"}


@pytest.mark.parametrize(
    ("raw", "question"),
    [
        ({}, Question()),
        ({"title": 5, "questions": "x"}, Question()),
        ({"questions": [None, 5, {}, " ", {"prompt": ""}]}, Question()),
        ({"questions": ["Which?"]}, Question("", (QuestionItem("1", "Which?"),))),
        ({"question": "Which?"}, Question("", (QuestionItem("0", "Which?"),))),
        (
            {"questions": [{"text": "Which?", "options": ["Calm", " ", 5, {"id": 7}]}]},
            Question(
                "",
                (
                    QuestionItem(
                        "1", "Which?", (QuestionOption("Calm", "Calm"), QuestionOption("7", "7"))
                    ),
                ),
            ),
        ),
        (
            {"questions": [{"id": "a", "question": "Which?", "allowMultiple": True}]},
            Question("", (QuestionItem("a", "Which?", (), True),)),
        ),
    ],
)
def test_a_question_is_read_leniently(raw: dict[str, object], question: Question) -> None:
    assert parse_question(raw) == question
