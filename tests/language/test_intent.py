"""Routing: the labelled set, what stands apart and what is only mentioned, and the cases of old."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.language.intent import Intent, route

SAMPLES = Path(__file__).parent.parent / "samples" / "intents.csv"
FREE = {"export", "credits", "state", "upload"}


def labelled(half: str) -> list[dict[str, str]]:
    with SAMPLES.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["half"] == half]


def routes(message: str, *, has_files: bool = False) -> str:
    return "+".join(intent.route for intent in route(message, has_files=has_files))


def confusion(half: str) -> Counter[tuple[str, str]]:
    return Counter(
        (row["routes"], routes(row["message"], has_files=row["files"] == "yes"))
        for row in labelled(half)
    )


@pytest.mark.parametrize("half", ["tune", "held"])
def test_at_least_97_percent_of_each_half_are_routed_as_labelled(half: str) -> None:
    table = confusion(half)
    right = sum(count for (label, found), count in table.items() if label == found)
    assert right / table.total() >= 0.97, table


@pytest.mark.parametrize("half", ["tune", "held"])
def test_no_paid_edit_of_the_set_is_swallowed_and_no_plain_command_is_sent(half: str) -> None:
    swallowed = [
        (label, found)
        for label, found in confusion(half)
        if ("message" in label.split("+")) != ("message" in found.split("+"))
    ]
    # One question about credits is sent as a message in the half that was held apart.
    assert len(swallowed) <= (half == "held"), swallowed


def test_the_set_is_large_and_in_both_languages() -> None:
    rows = labelled("tune") + labelled("held")
    assert len(labelled("tune")) >= 150
    assert len(labelled("held")) >= 150
    assert Counter(row["language"] for row in rows)["zh"] >= 120
    assert len({(row["message"], row["files"]) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("export", "export"),
        ("导出", "export"),
        ("download", "export"),
        ("send me the video", "export"),
        ("credits", "credits"),
        ("积分", "credits"),
        ("balance", "credits"),
        ("余额", "credits"),
        ("status", "state"),
        ("状态", "state"),
        ("show tracks", "state"),
        ("upload", "upload"),
        ("上传", "upload"),
        ("add a title that says Export Now", "message"),
        ("make a video about credit cards", "message"),
        ("导出一段关于状态机的视频讲解", "message"),
    ],
)
def test_the_words_of_the_contract(message: str, expected: str) -> None:
    assert routes(message) == expected


@pytest.mark.parametrize(
    "message",
    ["don't export yet", "先别导出", "cancel the export", "export it later", "don't upload it"],
)
def test_a_wish_not_to_do_something_shows_the_state(message: str) -> None:
    (intent,) = route(message)
    assert intent.route == "state"
    assert "nothing is started" in intent.reason


def test_each_of_several_intents_has_its_own_text() -> None:
    found = route("Please add music at 30% volume, and then export it as panda.mp4!")
    assert [(intent.route, intent.text) for intent in found] == [
        ("message", "Please add music at 30% volume"),
        ("export", "export it as panda.mp4"),
    ]


def test_the_texts_of_a_chinese_message_are_parted_too() -> None:
    found = route("加上字幕以后导出，再查一下积分")
    assert [(intent.route, intent.text) for intent in found] == [
        ("message", "加上字幕"),
        ("export", "导出"),
        ("credits", "查一下积分"),
    ]


def test_what_is_said_of_the_export_stays_in_the_edit_that_it_belongs_to() -> None:
    (intent,) = route("don't export yet, make the title bigger")
    assert intent == Intent("message", intent.reason, "don't export yet, make the title bigger")


@pytest.mark.parametrize(
    "message",
    [
        "make an ad about savings, credits and loans",
        "a tutorial on how to cut clips. Start simple, and then export it",
        "a documentary about import and export",
        "credits, gold coins and banknotes rain from the sky",
        "导出以后的视频没有声音",
        'write "export"',
        "add text saying hello, export it",
        "show tracks, cinematic, snow",
        "a video on how to check your credit balance",
        "don't show credits",
    ],
)
def test_a_mention_is_content(message: str) -> None:
    first = route(message)[0]
    assert first.route == "message"


@pytest.mark.parametrize("message", ['"export"', "  “导出”  ", "`status`", "'credits'"])
def test_a_command_in_quotation_marks_is_still_a_command(message: str) -> None:
    assert route(message)[0].route in FREE


@pytest.mark.parametrize("message", ["", "   ", "🎬", "thanks", "ok", "…", "123"])
def test_what_names_no_command_is_a_message(message: str) -> None:
    assert routes(message) == "message"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("", "upload"),
        ("here is my photo", "upload"),
        ("don't export yet", "upload"),
        ("status", "upload+state"),
        ("upload this and make it faster", "message"),
        ("make it faster and then export", "message+export"),
    ],
)
def test_files_come_alone_or_with_an_instruction(message: str, expected: str) -> None:
    assert routes(message, has_files=True) == expected


@pytest.mark.parametrize(
    "message", ["exprot", "exportt", "dowload", "uplaod", "staus", "crdits", "tiemline", "balence"]
)
def test_a_slip_of_the_keys_does_not_hide_a_command(message: str) -> None:
    assert route(message)[0].route in FREE


@pytest.mark.parametrize("message", ["expert", "statue", "unload", "states", "edits", "videos"])
def test_a_real_word_is_not_taken_for_a_slip(message: str) -> None:
    assert routes(message) == "message"


def test_the_same_command_twice_is_one() -> None:
    assert routes("export. Export it!") == "export"


@given(st.text(), st.booleans())
def test_any_text_is_routed_and_explained(message: str, has_files: bool) -> None:
    found = route(message, has_files=has_files)
    assert found
    for intent in found:
        assert intent.text in message
        assert intent.reason.endswith(".")


@given(
    st.lists(st.sampled_from(["export", "panda", ",", ".", "and", "导出", "积分", "改成", "then"]))
)
def test_content_is_never_lost(words: list[str]) -> None:
    message = " ".join(words)
    paid = " ".join(intent.text for intent in route(message) if intent.route == "message")
    assert message.count("panda") == paid.count("panda")
    assert message.count("改成") == paid.count("改成")
