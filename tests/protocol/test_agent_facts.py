"""What a stream that is over says about the turn: the facts by which it is judged."""

from __future__ import annotations

import json

import pytest

from nemovideo import errors
from nemovideo.protocol.agent import AgentEventDecoder
from nemovideo.timeline.draft import Draft

DRAFT = {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"name": "a"}}]}]}
HEARTBEAT = {"type": "heartbeat"}
TYPED = {"type": "text", "content": "Done."}


def adk(*texts: str, **fields: object) -> dict[str, object]:
    parts = [{"text": text} for text in texts]
    return {"content": {"role": "model", "parts": parts}, "author": "nemo_agent", **fields}


def call(**fields: object) -> dict[str, object]:
    parts = [{"functionCall": {"id": "1", "name": "cut", **fields}}]
    return {"content": {"parts": parts}, "author": "nemo_agent"}


def fold_of(*payloads: object, draft: Draft | None = None) -> AgentEventDecoder:
    fold = AgentEventDecoder(draft)
    for each in payloads:
        fold.feed(json.dumps(each))
    fold.finish()
    return fold


@pytest.mark.parametrize(
    "payloads",
    [
        [adk("Done.", turnComplete=True)],
        [adk("Done."), {"author": "nemo_agent", "turn_complete": True}],
        [adk("Do", partial=True), {"author": "nemo_agent", "turnComplete": True}],
        [adk("Done.", turnComplete=True), HEARTBEAT],
        [adk("Done.", turnComplete=True), {"author": "nemo_agent", "content": None}],
        [TYPED, {"turnComplete": True}],
    ],
)
def test_a_turn_marked_as_complete_is_complete_and_not_cut(payloads: list[object]) -> None:
    fold = fold_of(*payloads)
    assert fold.is_complete
    assert not fold.is_cut


@pytest.mark.parametrize(
    "payloads",
    [
        [adk("Done.")],
        [TYPED],
        [adk("Done.", turnComplete=False)],
        [adk("One.", turnComplete=True), adk("Two.")],
        [adk("One.", turnComplete=True), adk("Tw", partial=True)],
        [adk("One.", turnComplete=True), TYPED],
        [adk("One.", turnComplete=True), call()],
        [adk("One.", turnComplete=True), {"actions": {"stateDelta": {"draft": DRAFT}}}],
        [adk("One.", turnComplete=True), {"type": "confetti"}],
        [adk("One.", turnComplete=True, interrupted=True)],
        [adk("One.", interrupted=True), {"author": "nemo_agent", "turnComplete": True}],
    ],
)
def test_a_turn_is_not_complete_unless_the_mark_comes_last(payloads: list[object]) -> None:
    assert not fold_of(*payloads).is_complete


@pytest.mark.parametrize(
    "payloads",
    [
        [adk("Adding the ", partial=True)],
        [adk("One."), adk("Two", partial=True)],
        [adk("Adding", partial=True), {"actions": {"stateDelta": {"draft": DRAFT}}}],
        [adk("Adding", partial=True, finishReason="STOP")],
        [adk("Adding", partial=True), adk("Another agent.", author="other")],
        [adk("Adding", partial=True, branch="a"), adk("Another branch.", branch="b")],
        [{**call(args={}), "partial": True}],
        [call(willContinue=True)],
        [call(partialArgs=[{"jsonPath": "$.x", "stringValue": "a"}])],
        [{"content": {"parts": [{"text": "hm", "thought": True}]}, "partial": True}],
        [adk("Adding", interrupted=True)],
        [adk("One.", turnComplete=True), adk("Tw", partial=True)],
    ],
)
def test_what_was_never_repeated_as_a_whole_is_cut(payloads: list[object]) -> None:
    assert fold_of(*payloads).is_cut


@pytest.mark.parametrize(
    "payloads",
    [
        [],
        [TYPED],
        [adk("Hel", partial=True), adk("Hello")],
        [adk("Hel", partial=True), {"author": "nemo_agent", "errorCode": "STOP"}],
        [{**call(args={}), "partial": True}, call(args={"ms": 5})],
        [adk("One. ", partial=True), adk("One. "), adk("Tw", partial=True), adk("Two.")],
        [adk(partial=True)],
        [adk("Adding", interrupted=True), adk("Added.")],
    ],
)
def test_what_was_repeated_or_came_whole_is_not_cut(payloads: list[object]) -> None:
    assert not fold_of(*payloads).is_cut


@pytest.mark.parametrize(
    "reason",
    ["STOP", "stop", "FinishReason.STOP", "FINISH_REASON_UNSPECIFIED", "NONE", "", None, 0, False],
)
@pytest.mark.parametrize("name", ["errorCode", "error_code"])
def test_a_good_end_is_no_error(name: str, reason: object) -> None:
    fold = fold_of(adk("Done."), {"author": "nemo_agent", name: reason, "actions": {}})
    assert fold.text == "Done."
    assert fold.failure is None


@pytest.mark.parametrize(
    "payload",
    [
        {"errorCode": "MAX_TOKENS"},
        {"error_code": "max_tokens", "error_message": "too long"},
        {"finishReason": "MAX_TOKENS"},
        {"finish_reason": "LENGTH"},
    ],
)
def test_a_text_of_the_greatest_length_is_no_error_but_says_so(payload: dict[str, object]) -> None:
    fold = fold_of(adk("A long sto", partial=True), adk("A long story that", **payload))
    assert fold.text == "A long story that"
    assert fold.finish_reason in ("MAX_TOKENS", "LENGTH")
    assert fold.failure is None
    assert not fold.is_cut


def test_a_finish_reason_that_is_an_error_is_ignored_in_an_event_with_an_answer() -> None:
    assert fold_of(adk("Done.", finishReason="OTHER")).failure is None


def test_an_error_is_a_fact_too() -> None:
    fold = AgentEventDecoder()
    with pytest.raises(errors.AgentError) as caught:
        fold.feed('{"errorCode": "SAFETY"}')
    assert fold.failure is caught.value
    assert "SAFETY" in caught.value.message


def test_only_a_draft_of_the_stream_is_its_streamed_draft() -> None:
    before = Draft({"t": []})
    assert fold_of(TYPED, draft=before).streamed_draft is None
    fold = fold_of({"actions": {"state_delta": {"draft": DRAFT}}}, draft=before)
    assert fold.streamed_draft == fold.draft == Draft(DRAFT)


def test_what_comes_along_with_an_error_and_explains_it_better_is_the_error() -> None:
    for first, second, kind, said in (
        ({"errorCode": "OTHER"}, {"error": "no more quota"}, errors.AgentError, "no more quota"),
        ({"error": "boom"}, {"code": 2001}, errors.InsufficientCreditsError, "credits"),
        ({"error": "boom"}, {"errorCode": "OTHER"}, errors.AgentError, "boom"),
        ({"error": "boom"}, {"error": "later"}, errors.AgentError, "boom"),
        ({"error": "boom"}, TYPED, errors.AgentError, "boom"),
    ):
        for data in ((json.dumps(first), json.dumps(second)), (f"{first}\n{second}",)):
            fold = AgentEventDecoder()
            with pytest.raises(errors.APIError) as caught:
                fold.feed(*(each.replace("'", '"') for each in data))
            assert type(caught.value) is kind
            assert said in caught.value.message


def test_a_draft_that_comes_along_with_an_error_is_known() -> None:
    fold = AgentEventDecoder(Draft())
    delta = json.dumps({"actions": {"stateDelta": {"draft": DRAFT}}})
    with pytest.raises(errors.AgentError):
        fold.feed('{"error": "boom"}', "garbage", delta)
    assert fold.streamed_draft == Draft(DRAFT)
