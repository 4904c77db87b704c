"""Agents that answer side by side: no text lost, none twice, each in one piece."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo import events
from nemovideo.protocol.agent import AgentEventDecoder

Payload = dict[str, object]


def said(text: str, author: str | None = "a", **fields: object) -> Payload:
    named = {} if author is None else {"author": author}
    return {"content": {"role": "model", "parts": [{"text": text}]}, **named, **fields}


def part(text: str, author: str | None = "a", **fields: object) -> Payload:
    return said(text, author, partial=True, **fields)


def fold_of(payloads: Sequence[Payload]) -> AgentEventDecoder:
    fold = AgentEventDecoder()
    reported = [event for each in payloads for event in fold.feed(json.dumps(each))] + fold.finish()
    assert "".join(event.text for event in reported if isinstance(event, events.Text)) == fold.text
    return fold


@pytest.mark.parametrize(
    "payloads",
    [
        # The chunks of one are the beginning of the other's text.
        [part("One "), said("One more.", "b"), said("One fox.")],
        [part("One "), part("One ", "b"), said("One fox."), said("One more.", "b")],
        [part("One "), part("One more.", "b"), said("One more.", "b"), said("One fox.")],
        [part("One "), part("On", "b"), part("fox."), part("e mo", "b"), said("One more.", "b"),
         said("One fox.")],
        [part("One fox."), part("One more.", "b")],
        [part("One "), said("One more.", "b"), part("fox.")],
        [part("One "), said("One more.", "b", id="1"), said("One more.", "b", id="1"),
         said("One fox.")],
    ],
)  # fmt: skip
def test_each_agents_text_is_in_one_piece(payloads: list[Payload]) -> None:
    assert fold_of(payloads).text == "One fox.One more."


def test_one_agent_in_two_branches_is_two() -> None:
    fold = fold_of(
        [
            *(part("One ", branch="x"), part("One ", branch="y")),
            *(said("One more.", branch="y"), said("One fox.", branch="x")),
        ]
    )
    assert fold.text == "One fox.One more."


def test_two_agents_may_say_the_same() -> None:
    assert fold_of([said("Done."), said("Done.", "b")]).text == "Done.Done."
    assert fold_of([part("Done."), part("Done.", "b"), said("Done."), said("Done.", "b")]).text == (
        "Done.Done."
    )


def test_the_first_goes_on_while_the_second_waits() -> None:
    fold = AgentEventDecoder()
    assert fold.feed(json.dumps(part("One"))) == [events.Text("One")]
    assert fold.feed(json.dumps(part("Two", "b"))) == []
    assert fold.feed(json.dumps(part(" fox"))) == [events.Text(" fox")]
    assert fold.feed(json.dumps(said("One fox."))) == [events.Text("."), events.Text("Two")]
    assert fold.feed(json.dumps(part("foxes", "b"))) == [events.Text("foxes")]


def test_an_agent_that_goes_on_with_a_tool_lets_the_others_speak() -> None:
    call = {"content": {"parts": [{"functionCall": {"name": "cut"}}]}, "author": "a"}
    fold = AgentEventDecoder()
    for each in (part("One "), part("Two ", "b")):
        fold.feed(json.dumps(each))
    assert fold.feed(json.dumps(call)) == [events.Text(" Two"), events.ToolCall("cut", {})]


def test_buffered_text_is_in_the_answer_when_an_error_comes() -> None:
    fold = AgentEventDecoder()
    for each in (part("One "), part("Two ", "b"), said("Three", "c")):
        fold.feed(json.dumps(each))
    with pytest.raises(Exception, match="boom"):
        fold.feed('{"error": "boom"}')
    assert fold.text == "One Two Three"


@pytest.mark.parametrize(
    "payloads",
    [
        [part("Hel", None), said("Hello")],
        [part("Hel"), said("Hello", None)],
        [part("Hel"), part("lo", None), said("Hello")],
        [{"type": "text", "content": "Hel"}, part("lo"), said("Hello")],
        [part("Hel"), {"type": "text", "content": "lo"}, said("Hello")],
        [{"type": "text", "content": "Hello"}, said("Hello")],
    ],
)
def test_a_text_is_emitted_once_where_an_event_does_not_name_its_agent(
    payloads: list[Payload],
) -> None:
    assert fold_of(payloads).text == "Hello"


def test_an_answer_given_again_after_a_tool_is_an_answer() -> None:
    call = {"content": {"parts": [{"functionCall": {"name": "cut"}}]}, "author": "a"}
    assert fold_of([said("Done."), call, said("Done.")]).text == "Done.Done."


@pytest.mark.parametrize(
    ("payloads", "text"),
    [
        # Only an event that comes twice is passed over, and not an answer that begins anew.
        ([said("Hello", id="1"), said("Hello", id="1")], "Hello"),
        ([said("Hello"), part("Hel"), said("Hello")], "HelloHello"),
        ([part("Hello"), said("Hello"), said("Hello there", id="2")], "HelloHello there"),
        ([part("One"), said("One"), part("Two"), said("Two")], "OneTwo"),
        # What is repeated may be less than all that was said, or have other spaces.
        ([part("One. "), part("Two."), said("Two.")], "One. Two."),
        ([part("Hello there"), said("Hello")], "Hello there"),
        ([part(" Hello "), said("Hello")], "Hello"),
        ([part("Hello"), said(" Hello")], "Hello"),
        ([part("\nHello"), said("Hello\n")], "Hello"),
    ],
)
def test_text_that_was_emitted_in_part_is_not_emitted_again(
    payloads: list[Payload], text: str
) -> None:
    assert fold_of(payloads).text.strip() == text


words = st.text(alphabet="ab \U0001f98a", min_size=1, max_size=8)


@st.composite
def answers(draw: st.DrawFn) -> tuple[dict[str, str], list[Payload]]:
    """What some agents say, and their events in any order that keeps each one's own."""
    agents = {f"agent {number}": f"<{number}>" for number in range(draw(st.integers(1, 4)))}
    queues: dict[str, list[Payload]] = {}
    for name in agents:
        agents[name] += draw(words)
        cuts = draw(st.lists(st.integers(0, len(agents[name])), max_size=4).map(sorted))
        pieces = [agents[name][a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
        thought = {"content": {"parts": [{"text": "hm", "thought": True}]}, "author": name}
        chunks = [part(piece, name) for piece in pieces if piece]
        queues[name] = [thought, *chunks, said(agents[name], name)]
        if not draw(st.booleans()):
            queues[name] = [said(agents[name], name)]
    order = draw(st.permutations([name for name, queue in queues.items() for _ in queue]))
    return agents, [queues[name].pop(0) for name in order]


@given(answers(), st.integers(1, 8))
def test_in_any_order_each_text_is_emitted_once_and_in_one_piece(
    given_: tuple[dict[str, str], list[Payload]], size: int
) -> None:
    agents, payloads = given_
    fold = fold_of(payloads)
    left = fold.text
    for text in agents.values():
        assert left.count(text) == 1
        left = left.replace(text, "")
    assert left == ""
    assert not fold.is_cut
    together = AgentEventDecoder()
    data = [json.dumps(each) for each in payloads]
    for start in range(0, len(data), size):
        together.feed("\n".join(data[start : start + size]))
    together.finish()
    assert together.text == fold.text
