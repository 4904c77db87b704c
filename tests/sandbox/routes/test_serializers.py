"""Both payload shapes of the stream and their mixture, as bytes on the wire."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.sandbox import AgentBehavior
from nemovideo.sandbox.routes.serializers import encode_event, heartbeat
from nemovideo.sandbox.service.agent import text_chunks
from nemovideo.sandbox.service.turn_events import Heartbeat, Thought, TurnEnded


@pytest.fixture
def events(visit: Any) -> Any:
    """The events of one generation in a given shape."""

    def read(shape: str) -> list[Any]:
        caller = visit(sse_shape=shape, behavior=AgentBehavior(thoughts=1, trailing_issue=0))
        return list(caller.say(caller.open_session()).events)

    return read


def test_the_typed_shape_has_its_four_kinds(events: Any) -> None:
    kinds = {event["type"] for event in events("typed")}
    assert kinds == {"text", "tool_call", "tool_result", "heartbeat"}


def test_the_adk_shape_repeats_its_chunks_in_one_event(events: Any) -> None:
    texts, chunks = [], []
    for event in events("adk"):
        for part in event.get("content", {}).get("parts", []):
            if "text" not in part or part.get("thought"):
                continue
            (chunks if event.get("partial") else texts).append(part["text"])
    assert "".join(chunks) == "".join(texts) != ""


def test_the_adk_shape_carries_thoughts_calls_drafts_and_an_end(events: Any) -> None:
    found = events("adk")
    parts = [part for event in found for part in event.get("content", {}).get("parts", [])]
    assert any(part.get("thought") for part in parts)
    calls = {part["functionCall"]["id"] for part in parts if "functionCall" in part}
    results = {part["functionResponse"]["id"] for part in parts if "functionResponse" in part}
    assert calls == results != set()
    drafts = [event["actions"]["stateDelta"].get("draft") for event in found]
    assert [draft["d"] for draft in drafts if draft] == [10000, 10000]
    assert found[-1]["turnComplete"] is True


def test_the_mixed_shape_has_both(events: Any) -> None:
    found = events("mixed")
    assert any("type" in event for event in found)
    assert any("invocationId" in event for event in found)


def test_heartbeats_have_every_documented_form() -> None:
    typed = {heartbeat(number, "typed") for number in range(6)}
    assert typed == {b'data: {"type": "heartbeat"}\n\n', b"data:\n\n", b": keep-alive\n\n"}
    assert {heartbeat(number, "adk") for number in range(6)} < typed


@pytest.mark.parametrize("event", [Thought("hm"), TurnEnded()])
def test_the_typed_shape_has_no_event_for_thoughts_and_ends(event: Any) -> None:
    assert encode_event(0, event, "typed", "t", 0.0) is None


def test_a_heartbeat_is_sent_in_every_shape() -> None:
    shapes: tuple[Any, ...] = ("typed", "adk", "mixed")
    assert all(encode_event(0, Heartbeat(0), shape, "t", 0.0) for shape in shapes)


@given(st.text())
def test_the_chunks_of_a_text_make_the_text(text: str) -> None:
    assert "".join(text_chunks(text)) == text
