"""Both payload shapes become the same events; text exactly once."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nemovideo import errors, events
from nemovideo.protocol.agent import AgentEventDecoder
from nemovideo.timeline.draft import Draft

DRAFT = {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"name": "a"}}]}]}


def feed(
    *payloads: object, draft: Draft | None = None
) -> tuple[list[events.Event], AgentEventDecoder]:
    fold = AgentEventDecoder(draft)
    reported = [event for each in payloads for event in fold.feed(json.dumps(each))]
    return reported + fold.finish(), fold


def adk(*texts: str, **fields: object) -> dict[str, object]:
    return {"content": {"role": "model", "parts": [{"text": text} for text in texts]}, **fields}


def words(reported: list[events.Event]) -> str:
    return "".join(event.text for event in reported if isinstance(event, events.Text))


def test_typed_payloads_become_events() -> None:
    reported, _ = feed(
        {"type": "text", "content": "Hello"},
        {"type": "tool_call", "name": "cut", "args": {"ms": 5}},
        {"type": "tool_result", "name": "cut", "result": {"ok": True}},
        {"type": "heartbeat"},
        {"type": "confetti", "n": 3},
    )
    assert reported == [
        events.Text("Hello"),
        events.ToolCall("cut", {"ms": 5}),
        events.ToolResult("cut", {"ok": True}),
        events.Heartbeat(),
        events.Unknown({"type": "confetti", "n": 3}),
    ]


def test_adk_parts_become_events_and_thoughts_become_nothing() -> None:
    parts = [
        {"text": "thinking…", "thought": True},
        {"text": "Done."},
        {"functionCall": {"id": "1", "name": "cut", "args": {"ms": 5}}},
        {"functionResponse": {"id": "1", "name": "cut", "response": {"ok": True}}},
    ]
    reported, fold = feed({"content": {"parts": parts}})
    assert reported == [
        events.Text("Done."),
        events.ToolCall("cut", {"ms": 5}),
        events.ToolResult("cut", {"ok": True}),
    ]
    assert fold.text == "Done."


@pytest.mark.parametrize(
    "payloads",
    [
        [adk("Hel", partial=True), adk("lo", partial=True), adk("Hello")],
        [adk("Hel", partial=True), adk("lo", partial=True), adk("Hel", "lo")],
        [adk("Hel", partial=True), adk("Hello")],
        [adk("Hello")],
        [adk("Hello", id="1"), adk("Hello", id="1")],
        [adk("Hello", partial=True), adk("Hello "), adk("Hello ")],
        [{"type": "text", "content": "Hel"}, {"type": "text", "content": "lo"}, adk("Hello")],
        [{"type": "text", "content": "Hel"}, adk("lo", partial=True), adk("lo")],
        [{"type": "text", "content": "Hel"}, adk("lo", partial=True), adk("Hello")],
        [adk("Hel", partial=True), {"type": "text", "content": "lo"}, adk("Hello")],
    ],
)
def test_text_is_emitted_once(payloads: list[object]) -> None:
    reported, fold = feed(*payloads)
    assert words(reported) == fold.text
    assert fold.text.strip() == "Hello"


def test_two_answers_of_one_turn_are_both_emitted() -> None:
    reported, _ = feed(
        adk("One. ", partial=True),
        adk("One. "),
        {"content": {"parts": [{"functionCall": {"name": "cut"}}]}},
        adk("Two.", partial=True),
        adk("Two."),
    )
    assert words(reported) == "One. Two."


def test_a_repeated_function_call_is_emitted_once() -> None:
    call = {"content": {"parts": [{"functionCall": {"id": "1", "name": "cut"}}]}}
    reported, _ = feed({**call, "partial": True}, call)
    assert reported == [events.ToolCall("cut", {})]


def test_a_state_delta_lists_what_changed() -> None:
    reported, fold = feed({"actions": {"stateDelta": {"draft": DRAFT}}}, draft=Draft())
    assert isinstance(reported[0], events.StateChanged)
    assert len(reported[0].changes) == 1
    assert fold.draft == Draft(DRAFT)


def test_an_equal_state_delta_is_no_event() -> None:
    reported, _ = feed({"actions": {"stateDelta": {"draft": DRAFT}}}, draft=Draft(DRAFT))
    assert reported == []


def test_a_state_delta_without_a_known_draft_only_says_that_it_changed() -> None:
    reported, _ = feed({"actions": {"stateDelta": {"draft": DRAFT}}})
    assert reported == [events.StateChanged()]


@pytest.mark.parametrize("data", ["", "  ", "\n"])
def test_empty_data_is_a_sign_of_life(data: str) -> None:
    assert AgentEventDecoder().feed(data) == [events.Heartbeat()]


@pytest.mark.parametrize("data", ["garbage", "[1]", "3", '"x"', "{", "[" * 100_000])
def test_what_is_no_payload_is_passed_on_as_it_came(data: str) -> None:
    assert AgentEventDecoder().feed(data) == [events.Unknown(data)]


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"error": "RuntimeError: boom", "error_details": {}}, errors.AgentError),
        ({"errorCode": "SAFETY", "errorMessage": "not that"}, errors.AgentError),
        ({"error_code": "recitation"}, errors.AgentError),
        ({"errorCode": "FinishReason.MALFORMED_FUNCTION_CALL"}, errors.AgentError),
        ({"author": "a", "finishReason": "PROHIBITED_CONTENT"}, errors.AgentError),
        ({"errorMessage": "no more quota"}, errors.AgentError),
        ({"errorCode": "STOP", "error": "boom"}, errors.AgentError),
        ({"type": "error", "content": "boom"}, errors.AgentError),
        ({"code": 2001, "message": "no credits"}, errors.InsufficientCreditsError),
        ({"code": 1002}, errors.SessionNotFoundError),
        ({"type": "error", "code": 2001}, errors.InsufficientCreditsError),
        ({"code": 500, "message": "boom"}, errors.AgentError),
        ({"code": 400, "message": "no client id"}, errors.AgentError),
        ({"error": "tool: session not found", "code": 404}, errors.AgentError),
    ],
)
def test_an_error_inside_the_stream_is_raised_with_the_text_so_far(
    payload: object, kind: type[errors.APIError]
) -> None:
    fold = AgentEventDecoder()
    fold.feed('{"type": "text", "content": "I was about to"}')
    with pytest.raises(errors.APIError) as caught:
        fold.feed(json.dumps(payload))
    assert type(caught.value) is kind
    if isinstance(caught.value, errors.AgentError):
        assert caught.value.text == "I was about to"


def test_text_that_comes_with_an_error_is_in_the_error() -> None:
    with pytest.raises(errors.AgentError) as caught:
        feed(adk("Half a sen", errorCode="BLOCKLIST"))
    assert caught.value.text == "Half a sen"


def test_the_apology_behind_an_answer_is_dropped() -> None:
    reported, fold = feed(
        {"type": "text", "content": "Your video is ready. "},
        {"type": "text", "content": "I encountered a temporary issue."},
    )
    assert words(reported) == fold.text == "Your video is ready."


def test_an_answer_that_is_only_an_apology_stays() -> None:
    reported, _ = feed({"type": "text", "content": "I encountered a temporary issue."})
    assert words(reported) == "I encountered a temporary issue."


def test_text_that_comes_together_is_emitted_piece_by_piece() -> None:
    pieces = ["Your ", "", "video ", "is ready."]
    payloads = [json.dumps({"type": "text", "content": piece}) for piece in pieces]
    reported = AgentEventDecoder().feed(
        *payloads, '{"type": "heartbeat"}', payloads[0], payloads[-1]
    )
    assert reported == [
        *(events.Text("Your "), events.Text("video "), events.Text("is ready.")),
        events.Heartbeat(),
        *(events.Text("Your "), events.Text("is ready.")),
    ]


def test_events_before_an_error_and_with_it_are_pending() -> None:
    fold = AgentEventDecoder()
    said = '{"type": "text", "content": "Done. I encoun"}'
    error = json.dumps(adk("Sorry", error="boom"))
    with pytest.raises(errors.AgentError) as caught:
        fold.feed(said, '{"type": "heartbeat"}', error, said)
    assert fold.pending_events == [
        *(events.Text("Done."), events.Heartbeat(), events.Text(" I encounSorry")),
    ]
    assert caught.value.text == fold.text == "Done. I encounSorry"


@pytest.mark.parametrize(
    ("later", "message"),
    [
        ([{"error": "first"}, {"error": "second"}], '"first"'),
        ([{"type": "error"}, {"error": "first"}, {"error": "second"}], '"first"'),
        ([{"error": "first"}, {"type": "error"}], '"first"'),
    ],
)
def test_the_first_words_about_an_error_explain_it(later: list[object], message: str) -> None:
    with pytest.raises(errors.AgentError) as caught:
        AgentEventDecoder().feed(*map(json.dumps, later))
    assert message in caught.value.message


def test_a_code_of_the_service_that_comes_with_an_error_says_what_it_was() -> None:
    together = ({"error": "it broke"}, {"code": 2001, "message": "no credits"})
    with pytest.raises(errors.InsufficientCreditsError):
        AgentEventDecoder().feed(*map(json.dumps, together))


def test_the_last_finish_reason_counts() -> None:
    fold = AgentEventDecoder()
    for payload in (adk("a", finishReason="MAX_TOKENS"), adk("b")):
        fold.feed(json.dumps(payload))
    assert fold.finish_reason == "MAX_TOKENS"


KEYS = st.sampled_from(
    [
        *("type", "content", "parts", "text", "partial", "thought", "functionCall", "actions"),
        *("functionResponse", "stateDelta", "draft", "t", "sg", "error", "errorCode", "code", "id"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)
PAYLOADS = st.dictionaries(KEYS, JSON, max_size=5)


@given(st.lists(PAYLOADS | JSON, max_size=5))
def test_arbitrary_json_never_escapes_the_error_tree(payloads: list[object]) -> None:
    try:
        reported, fold = feed(*payloads)
    except errors.NemoVideoError:
        return
    assert words(reported) == fold.text


TYPED = st.sampled_from(["Done.", " ", "I", " encountered a temporary", " issue.", "", "Two "]).map(
    lambda piece: {"type": "text", "content": piece}
)
OTHERS: list[dict[str, object]] = [
    *({"type": "heartbeat"}, {"type": "tool_call", "name": "cut"}, {"actions": {}}),
    *(adk("Hel", partial=True), adk("lo", partial=True), adk("Hello"), adk("Done.")),
]


def joined(reported: list[events.Event]) -> list[events.Event]:
    """Return the events with texts that follow each other as one."""
    found: list[events.Event] = []
    for event in reported:
        if isinstance(event, events.Text) and found and isinstance(found[-1], events.Text):
            found[-1] = events.Text(found[-1].text + event.text)
        else:
            found.append(event)
    return found


@given(st.lists(st.one_of(TYPED, st.sampled_from(OTHERS)), max_size=10), st.integers(1, 10))
def test_payloads_that_come_together_give_the_same_events_as_one_by_one(
    payloads: list[dict[str, object]], size: int
) -> None:
    data = [json.dumps(each) for each in payloads]
    fold = AgentEventDecoder()
    reported = [
        event
        for start in range(0, len(data), size)
        for event in fold.feed(*data[start : start + size])
    ]
    alone, _ = feed(*payloads)
    assert joined(reported + fold.finish()) == joined(alone)


PARTS = st.sampled_from(
    [
        *({"text": "\ud83e"}, {"text": "fox", "more": 1}),
        *({"text": "\udd8a"}, {"text": ""}, {"text": "hm", "thought": True}, {"text": 7}, "text"),
        {"functionCall": {"name": "cut", "willContinue": True}},
    ]
)
ACTIONS = st.sampled_from([{"stateDelta": {"draft": DRAFT}}, {"stateDelta": {}}, {}, 5, None])
NAMED = {
    "author": st.sampled_from(["a", "b", 5]),
    "branch": st.sampled_from(["x", None]),
    "actions": ACTIONS,
    "id": st.sampled_from(["1", "2"]),
}
TEXTS = st.sampled_from([{"text": "Hel"}, {"text": "lo. I"}])
ONE_TEXT = (TEXTS | PARTS).map(lambda part: {"parts": [part]})
CHUNKS = st.fixed_dictionaries({"content": ONE_TEXT, "partial": st.just(True), **NAMED})
OTHER_CONTENTS = [None, "text", ["parts"], {"parts": {"text": 1}}, {"parts": []}]
WHOLES = st.fixed_dictionaries(
    {
        "content": ONE_TEXT | st.sampled_from(OTHER_CONTENTS),
        "partial": st.sampled_from([True, 1, False]),
        "turnComplete": st.booleans(),
    },
    optional={**NAMED, "errorCode": st.sampled_from(["STOP", "BOOM"])},
)


def with_more(value: object) -> object:
    """Return a payload with a field more in each object, so that nothing is a text alone."""
    if isinstance(value, dict):
        return {**{key: with_more(each) for key, each in value.items()}, "unheard_of": 1}
    return [with_more(each) for each in value] if isinstance(value, list) else value


def outcome(payloads: list[object], size: int) -> tuple[object, ...]:
    data, fold, reported = [json.dumps(each) for each in payloads], AgentEventDecoder(), []
    try:
        for start in range(0, len(data), size):
            reported += fold.feed(*data[start : start + size])
    except errors.APIError as error:
        reported += [*fold.pending_events, error.message]
    facts = (fold.is_cut, fold.is_complete, fold.streamed_draft is None, fold.finish_reason)
    return joined([*reported, *fold.finish()]), fold.text, *facts


@example([adk("Hel", partial=True, errorCode="BOOM")], 1)
@example([adk("Hel", partial=True, turnComplete=True), adk("lo", partial=True)], 2)
@given(st.lists(CHUNKS | WHOLES, min_size=1, max_size=6), st.integers(1, 6))
def test_parts_of_a_text_give_the_same_events_as_by_all_the_rules(
    payloads: list[object], size: int
) -> None:
    by_the_rules = [with_more(each) for each in payloads]
    assert outcome(payloads, size) == outcome(by_the_rules, size)
