"""Tool calls of the agent: previews are none, a call is told once, with its arguments."""

from __future__ import annotations

import json

import pytest

from nemovideo import events
from nemovideo.protocol.agent import AgentEventDecoder

PIECES = [{"jsonPath": "$.prompt", "stringValue": "a fox"}]


def call(ident: str | None = "1", /, *, partial: bool = False, **fields: object) -> object:
    part = {"functionCall": {"id": ident, "name": "make", **fields}}
    marked = {"partial": True} if partial else {}
    return {"content": {"parts": [part]}, "author": "a", **marked}


def reported(*payloads: object) -> list[events.Event]:
    fold = AgentEventDecoder()
    return [event for each in payloads for event in fold.feed(json.dumps(each))] + fold.finish()


@pytest.mark.parametrize(
    "previews",
    [
        [],
        [call("1", partial=True, willContinue=True)],
        [call("1", partial=True, partialArgs=PIECES, willContinue=True), call(partial=True)],
        [call("7", partial=True, args={})],
        [call(None, partial=True, args={"prompt": "a"})],
        [call("1", willContinue=True), call("1", partialArgs=PIECES)],
        [call("1", will_continue=True), call("1", partial_args=PIECES)],
        [{"content": {"parts": [{"functionCall": {}}]}, "partial": True}],
        [{"type": "tool_call", "name": "make", "args": {}, "partial": True}],
    ],
)
@pytest.mark.parametrize("ident", ["1", "2", None])
def test_previews_are_no_calls(previews: list[object], ident: str | None) -> None:
    assert reported(*previews, call(ident, args={"prompt": "a fox"})) == [
        events.ToolCall("make", {"prompt": "a fox"})
    ]


def test_an_error_of_a_tool_is_its_result_and_none_of_the_agent() -> None:
    answer = {"functionResponse": {"name": "make", "response": {"error": "boom"}}}
    assert reported(
        {"type": "tool_result", "name": "make", "result": None, "error": "boom", "code": 500},
        {"content": {"parts": [answer]}},
    ) == [events.ToolResult("make", None), events.ToolResult("make", {"error": "boom"})]


def test_two_calls_without_ids_are_two() -> None:
    twice = [call(None, args={"n": 1}), call(None, args={"n": 1})]
    assert len(reported(*twice)) == 2


def test_an_event_that_comes_twice_gives_its_calls_once() -> None:
    event = {"id": "e", **call(None, args={"n": 1})}  # type: ignore[dict-item]
    assert len(reported(event, event)) == 1
    other = {"id": "e", **call(None, args={"n": 2})}  # type: ignore[dict-item]
    assert len(reported(event, other)) == 2


ASKED = {"type": "tool_call", "name": "make", "args": {}}
ANSWERED = {"type": "tool_result", "name": "make"}
RESPONSE = {"content": {"parts": [{"functionResponse": {"name": "make", "response": {}}}]}}


@pytest.mark.parametrize(
    ("payloads", "at_work"),
    [
        ([], False),
        ([ASKED], True),
        ([ASKED, ANSWERED], False),
        ([ASKED, RESPONSE], False),
        ([call("1"), call("2"), RESPONSE], True),
        ([call("1"), call("2"), ANSWERED, RESPONSE], False),
        ([ANSWERED, RESPONSE, ASKED], True),
        ([call("1"), {"turnComplete": True, "author": "a"}], False),
    ],
)
def test_a_tool_is_at_work_from_its_call_to_its_result(
    payloads: list[object], at_work: bool
) -> None:
    fold = AgentEventDecoder()
    for each in payloads:
        fold.feed(json.dumps(each))
    assert fold.is_tool_at_work is at_work


@pytest.mark.parametrize(
    "content",
    [None, {"parts": None}, {"parts": []}, {"parts": [None, 5, "x", {}]}, {"parts": {"text": "x"}}],
)
@pytest.mark.parametrize("fields", [{}, {"partial": True}, {"actions": None}])
def test_an_event_without_parts_gives_no_call(content: object, fields: dict[str, object]) -> None:
    assert reported({"content": content, "author": "a", **fields}) == []


def test_keys_in_snake_case_are_read_alike() -> None:
    parts = [
        {"function_call": {"id": "1", "name": "make", "args": {"n": 1}}},
        {"function_response": {"id": "1", "name": "make", "response": {"ok": True}}},
    ]
    assert reported({"content": {"parts": parts}, "invocation_id": "e"}) == [
        events.ToolCall("make", {"n": 1}),
        events.ToolResult("make", {"ok": True}),
    ]


@pytest.mark.parametrize(
    "payload",
    [
        {"data": {"text": "Hello"}},
        {"code": 0, "data": {"text": "Hello"}},
        {"type": "text", "data": {"text": "Hello"}},
        {"type": "text", "content": None, "data": {"text": "Hello"}},
        {"type": "message", "data": {"text": "Hello"}},
        {"type": "text", "text": "Hello"},
        {"content": "Hello"},
        {"author": "a", "data": {"text": "Hello"}},
    ],
)
def test_text_is_found_wherever_it_stands(payload: object) -> None:
    assert reported(payload) == [events.Text("Hello")]


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "thinking", "data": {"text": "hm"}},
        {"type": "reasoning", "data": {"text": "hm"}},
        {"data": {"text": "hm", "thought": True}},
        {"type": "text", "content": "", "data": {}},
        {"type": "status", "data": {"text": "working"}},
        {"type": "text", "data": "hm"},
    ],
)
def test_what_is_not_for_the_user_is_no_text(payload: object) -> None:
    assert not any(isinstance(event, events.Text) for event in reported(payload))
