"""JSON objects in the data of an event: one, several, or something else; halves of characters."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo import events
from nemovideo.language.surrogates import ends_in_half, is_whole, repair, repair_escapes
from nemovideo.protocol.agent import AgentEventDecoder
from nemovideo.protocol.payloads import read_one, read_several

FOX, HIGH, LOW = "\U0001f98a", "\ud83e", "\udd8a"


def texts(*data: str) -> list[str]:
    fold = AgentEventDecoder()
    reported = fold.feed(*data) + fold.finish()
    return [event.text for event in reported if isinstance(event, events.Text)]


def typed(text: str) -> str:
    return json.dumps({"type": "text", "content": text})


def adk(text: str, **fields: object) -> str:
    return json.dumps({"content": {"parts": [{"text": text}]}, "author": "agent", **fields})


@pytest.mark.parametrize("between", ["\n", "\n\n", "\r\n", " ", "", ",\n", "\n  \t\n"])
def test_objects_that_follow_each_other_are_all_read(between: str) -> None:
    data = between.join([typed("One "), typed("two "), typed("three")])
    assert "".join(texts(data)) == "One two three"


@pytest.mark.parametrize("indent", [1, 4])
def test_an_object_over_several_lines_is_one(indent: int) -> None:
    pretty = json.dumps(json.loads(adk("Hello")), indent=indent)
    assert texts(pretty) == ["Hello"]
    assert texts(f"{pretty}\n{pretty}\n{typed(' you')}") == ["Hello", " you"]


def test_what_stands_between_objects_is_passed_on_as_it_came() -> None:
    fold = AgentEventDecoder()
    assert fold.feed(f"event: x\n{typed('Hello')}\n[DONE]\n{typed(' you')}\n{{broken") == [
        events.Unknown("event: x"),
        events.Text("Hello"),
        events.Unknown("[DONE]"),
        events.Text(" you"),
        events.Unknown("{broken"),
    ]


def test_an_object_within_a_broken_one_is_none() -> None:
    data = '{"type": "text",\n  {"type": "text", "content": "no"}\n}'
    assert AgentEventDecoder().feed(data) == [events.Unknown(data)]


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5))))
def test_lines_are_read_one_by_one(values: list[dict[str, object]]) -> None:
    found = read_several("\n".join(map(json.dumps, values)))
    assert [payload for payload, _ in found] == values
    assert [json.loads(source) for _, source in found] == values


@given(st.text(alphabet='{}[]":,\\n \n1'))
def test_whatever_comes_is_read_to_its_end(text: str) -> None:
    read_one(text)
    sources = [source for _, source in read_several(text)]
    assert all(sources)
    assert "".join("".join(sources).split()).replace(",", "") == "".join(text.split()).replace(
        ",", ""
    )


@pytest.mark.parametrize("line", ['{"a":', "{", '{"a":[1,', "[[", '{"a": 1} x'])
def test_reading_many_broken_lines_takes_no_longer_than_the_lines(line: str) -> None:
    began = time.thread_time()
    read_several("\n".join([line] * 20_000))
    assert time.thread_time() - began < 2


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ([f"A {HIGH}", f"{LOW} fox"], f"A {FOX} fox"),
        ([f"A {HIGH}", "", LOW], f"A {FOX}"),
        ([f"A {HIGH} fox"], "A \ufffd fox"),
        ([f"A {HIGH}", " fox"], "A \ufffd fox"),
        ([f"A {LOW}"], "A \ufffd"),
        ([f"A {HIGH}"], "A \ufffd"),
        ([HIGH, HIGH, LOW], f"\ufffd{FOX}"),
        ([HIGH + LOW], FOX),
    ],
)
def test_halves_of_characters_are_joined_or_replaced_in_every_shape(
    pieces: list[str], whole: str
) -> None:
    chunks = [adk(piece, partial=True) for piece in pieces]
    for data in ([*map(typed, pieces)], chunks, [*chunks, adk("".join(pieces))]):
        together, alone = texts(*data), AgentEventDecoder()
        reported = [event for each in data for event in alone.feed(each)] + alone.finish()
        assert "".join(together) == alone.text == whole
        assert all(is_whole(event.text) for event in reported if isinstance(event, events.Text))


def test_a_whole_text_completes_a_character_whose_second_half_never_came() -> None:
    said = texts(adk(f"A {HIGH}", partial=True), adk(f"A {FOX} fox"))
    assert "".join(said) == f"A {FOX} fox"


def test_nothing_else_holds_halves_of_characters_either() -> None:
    call = {"functionCall": {"name": f"cut{HIGH}", "args": {f"k{LOW}": [f"{HIGH}{LOW}{HIGH}"]}}}
    answer = {"functionResponse": {"name": "cut", "response": {"said": HIGH}}}
    reported = AgentEventDecoder().feed(
        json.dumps({"content": {"parts": [call, answer]}}),
        json.dumps({"type": "tool_result", "name": "cut", "result": LOW}),
        json.dumps({"type": "confetti", "n": HIGH}),
    )
    assert reported == [
        events.ToolCall("cut\ufffd", {"k\ufffd": [f"{FOX}\ufffd"]}),
        events.ToolResult("cut", {"said": "\ufffd"}),
        events.ToolResult("cut", "\ufffd"),
        events.Unknown({"type": "confetti", "n": "\ufffd"}),
    ]


def test_the_words_of_an_error_hold_no_halves() -> None:
    fold = AgentEventDecoder()
    for payload in ({"error": f"boom {HIGH}"}, {"errorCode": f"BAD{LOW}"}, {"code": 5, "msg": LOW}):
        with pytest.raises(Exception, match="\ufffd") as caught:
            fold.feed(json.dumps(payload))
        caught.value.message.encode()  # type: ignore[attr-defined]


def test_the_raw_draft_stays_as_it_came_and_reads_without_halves() -> None:
    draft = {"t": [{"tt": 7, "sg": [{"d": 1000, "m": {"text": f"a{HIGH}"}}]}]}
    fold = AgentEventDecoder()
    fold.feed(json.dumps({"actions": {"stateDelta": {"draft": draft}}}))
    assert fold.streamed_draft is not None
    assert fold.streamed_draft.raw == draft
    assert fold.streamed_draft.timeline.tracks[0].segments[0].text == "a\ufffd"


@given(st.text(alphabet=st.sampled_from([HIGH, LOW, *"a\\ud83e", FOX])))
def test_escapes_are_repaired_as_the_text_itself(text: str) -> None:
    fixed = json.loads(repair_escapes(json.dumps(text)))
    assert fixed == repair(text)
    assert is_whole(fixed)
    assert ends_in_half(text) == text.endswith(HIGH)


@pytest.mark.parametrize("space", ["", " ", "\u00a0"])
@pytest.mark.parametrize(
    "text",
    [
        '{"a": "\\ud83e"}',
        '{"a": "\\ud83e\\udd8a"}',
        '{"a": NaN}',
        "{}",
        '{"a": ' * 300 + "1" + "}" * 300,
    ],
)
def test_one_object_is_read_as_json_reads_it(text: str, space: str) -> None:
    found = AgentEventDecoder().feed(f"{space}{text}{space}")
    assert [repr(event.raw) for event in found if isinstance(event, events.Unknown)] == [
        repr(json.loads(text.replace('\\ud83e"', '\\ufffd"')))
    ]
