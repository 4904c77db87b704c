"""Routing: accuracy on sentences that were never trained on, and what may start nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.language.intent import Intent, route
from tests.language.train import Row, read_corpus

FREE = {"export", "credits", "state", "upload"}
ROUTES = {
    "content": "message",
    "question": "message",
    "filler": "message",
    "negated": "state",
    "introduces": "upload",
}
UNSEEN = [row for row in read_corpus() if row.split == "unseen"]


def routes(message: str, *, has_files: bool = False) -> str:
    return "+".join(intent.route for intent in route(message, has_files=has_files))


def expected(row: Row) -> set[str]:
    if row.label == "question":
        return {"message", "credits", "state"}
    return {"+".join(ROUTES.get(label, label) for label in row.label.split("+"))}


def is_right(row: Row) -> bool:
    return routes(row.text, has_files=row.has_files) in expected(row)


def started_exports(rows: Iterable[Row]) -> list[str]:
    return [
        row.text
        for row in rows
        for intent in route(row.text, has_files=row.has_files)
        if intent.route == "export" and intent.certain
    ]


def test_at_least_94_percent_of_the_unseen_messages_are_routed_as_labelled() -> None:
    right = [is_right(row) for row in UNSEEN]
    assert sum(right) / len(right) >= 0.94


def test_at_least_85_percent_of_each_kind_are_routed_as_labelled() -> None:
    kinds = defaultdict[str, list[bool]](list)
    for row in UNSEEN:
        kinds[row.kind].append(is_right(row))
    low = {kind: sum(right) / len(right) for kind, right in kinds.items()}
    assert {kind: share for kind, share in low.items() if share < 0.85} == {}


def test_no_creative_request_starts_an_export() -> None:
    assert started_exports(row for row in UNSEEN if row.label == "content") == []


def test_no_creative_request_that_holds_a_command_word_is_taken_for_a_command() -> None:
    traps = [row for row in UNSEEN if row.kind == "trap"]
    assert [row.text for row in traps if routes(row.text) != "message"] == []


def test_no_question_and_no_negation_starts_an_export() -> None:
    kinds = ("question", "hypothetical", "negation")
    assert started_exports(row for row in UNSEEN if row.kind in kinds) == []


def test_no_negation_is_sent_as_an_order() -> None:
    negated = [row for row in UNSEEN if row.label == "negated"]
    assert [row.text for row in negated if routes(row.text) == "message"] == []


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
def test_the_words_of_the_contract_are_certain(message: str, expected: str) -> None:
    assert routes(message) == expected
    assert all(intent.certain for intent in route(message))


@pytest.mark.parametrize(
    "message", ["EXPORT!", " Status? ", "導出", "“导出”", "`status`", "'credits'"]
)
def test_a_keyword_is_certain_however_it_is_written(message: str) -> None:
    (intent,) = route(message)
    assert intent.route in FREE and intent.certain


@pytest.mark.parametrize(
    "message",
    [
        *("don't export yet", "cancel the export", "export it later", "export? no"),
        *("先别导出", "以后再下载", "等一下再导出", "算了，不导出了"),
    ],
)
def test_a_request_not_to_do_something_shows_the_state(message: str) -> None:
    (intent,) = route(message)
    assert intent.route == "state" and intent.negated
    assert "nothing is started" in intent.reason


def test_a_negated_command_next_to_a_query_is_reported_too() -> None:
    (intent,) = route("don't export, just show my credits")
    assert (intent.route, intent.negated) == ("credits", True)


@pytest.mark.parametrize(
    "message",
    [
        "how much would it cost to make it 60 seconds and then export it?",
        "如果导出以后再改标题，会重复扣费吗",
        "下载之后项目还在吗",
        "怎么把视频下载到电脑",
        "where do I download it?",
        "does exporting cost credits, and can I export it twice?",
        "where do uploaded clips go?",
        "客户满意的话我可能就下载",
    ],
)
def test_no_part_of_a_question_is_an_order(message: str) -> None:
    assert routes(message) in ("message", "credits", "state")


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


def test_an_order_word_parts_edits_and_names_no_part_of_a_film() -> None:
    assert routes("换个封面，然后加字幕，完了导出") == "message+export"
    assert routes("把最后的影片给我下载") == "export"


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
        "我下载之后发现没有字幕",
        "save the cat from the tree in scene two",
        "给我来个小猫视频",
        'write "export"',
        "add text saying hello, export it",
        "voiceover: upload your clip, then download the result",
        "show tracks, cinematic, snow",
        "a video on how to check your credit balance",
        "don't show the credits at the end",
    ],
)
def test_a_mention_is_content(message: str) -> None:
    assert routes(message) == "message"


@pytest.mark.parametrize("message", ["", "   ", "🎬", "thanks", "ok", "…", "123"])
def test_what_names_no_command_is_a_message(message: str) -> None:
    assert routes(message) == "message"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("", "upload"),
        ("here is my photo", "upload"),
        ("here's my footage from Bali", "upload"),
        ("这是我家猫的视频", "upload"),
        ("don't export yet", "upload"),
        ("status", "upload+state"),
        ("upload this and make it faster", "message"),
        ("here's my footage from Bali, make a trailer of it", "message"),
        ("Grandma's 80th birthday, Lisbon, May 2023", "upload"),
        ("slow, dreamy, lots of blue", "message"),
        ("make it faster and then export", "message+export"),
    ],
)
def test_files_come_with_an_instruction_or_with_an_introduction(
    message: str, expected: str
) -> None:
    assert routes(message, has_files=True) == expected


@pytest.mark.parametrize(
    "message", ["exprot", "exportt", "dowload", "uplaod", "staus", "crdits", "tiemline", "balence"]
)
def test_a_slip_of_the_keys_does_not_hide_a_command(message: str) -> None:
    assert route(message)[0].route in FREE


def test_few_exports_are_uncertain() -> None:
    exports = [row for row in UNSEEN if row.label == "export" and is_right(row)]
    assert len(started_exports(exports)) / len(exports) >= 0.9


def test_the_same_command_twice_is_one() -> None:
    assert routes("export. Export it!") == "export"


@given(st.text(), st.booleans())
def test_any_text_is_routed_and_explained(message: str, has_files: bool) -> None:
    found = route(message, has_files=has_files)
    assert found
    for intent in found:
        assert intent.text in message
        assert intent.reason.endswith(".")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("export the video once you've turned the last clip black and white", "message+export"),
        ("once you've added captions, export and tell me my balance", "message+export+credits"),
        ("cut the intro, mute the wind, and download it when you're done", "message+export"),
        ("export as soon as the subtitles are in French", "message+export"),
        ("before you export, tell me how many credits I've got", "credits+export"),
        ("only export after you've shown me the timeline", "state+export"),
        ("export it, but swap the song for a waltz before that", "message+export"),
        (
            "add captions, export, and let me know what credits are left after",
            "message+export+credits",
        ),
        ("two things: what's my balance, and can you export the film?", "credits+export"),
        ("not only export it but also tell me my credits", "export+credits"),
        ("export it and don't forget to tell me my balance", "export+credits"),
        ("export the film as well as telling me my balance", "export+credits"),
        ("dim the lamp, and once you're through with that, I'd like the file", "message+export"),
        ("kindly export the clip, having first removed the beep", "message+export"),
        ("给我导出视频，对了，导出前把静音那段剪掉", "message+export"),
        ("片尾加个二维码就可以导出了", "message+export"),
        ("导出之前先把标题换成红色", "message+export"),
        ("导出，不过在那之前先把水印去掉", "message+export"),
        ("等你把配音换成女声，就直接给我导出", "message+export"),
        ("换完配乐就导出，导出完跟我说还有多少积分", "message+export+credits"),
        ("下载之后告诉我还剩多少积分", "export+credits"),
        ("我的积分够再做一条三十秒的吗？", "credits"),
    ],
)
def test_requests_that_time_ties_together_come_in_the_order_that_is_meant(
    message: str, expected: str
) -> None:
    assert routes(message) == expected


def test_an_edit_behind_its_export_is_sent_to_the_agent() -> None:
    edit, export = route("export the film once you trim the intro")
    assert (edit.text, export.text) == ("trim the intro", "export the film")


def test_an_export_that_is_only_named_as_a_time_is_not_started() -> None:
    assert [intent.certain for intent in route("before exporting, trim the intro")] == [True, False]
    assert [intent.certain for intent in route("导出前，先剪掉片头")] == [True, False]


@pytest.mark.parametrize(
    "message",
    [
        *("can I still cut it after you export?", "before you export, is the logo on?"),
        *("when you export, do the captions stay?", "did you export it after you cut the intro?"),
        *("don't export until you've fixed the title", "once my boss approves, export it"),
        *(
            "how many credits will I have after you export?",
            "only if the captions are in, export it",
        ),
        *("once you've added captions, will it cost credits to export?", "等客户点头，再导出"),
        *(
            "a merchant weighs the coffee before exporting it",
            "maybe export after adding captions?",
        ),
        *("before downloading the app, the boy looks around", "要是我上传一首歌，能配上去吗？"),
        *(
            "were you to export it before adding the logo, could we still add it?",
            "就算改完了也别导出",
        ),
        *("导出完还可以接着改吗？", "导出之前要先加字幕吗？", "字幕加好之前先别下载"),
        *("老人下载之前先把眼镜擦干净的画面", "先不要导出，我再看看", "别在加字幕之前导出"),
    ],
)
def test_a_time_that_is_asked_about_refused_or_mentioned_starts_nothing(message: str) -> None:
    assert {intent.route for intent in route(message)} <= {"message", "credits", "state"}


EDITS = ("make the panda dance", "把标题改成红色")
PIECES = ["export", ",", ".", "and", "导出", "积分", "then", "，然后", *EDITS]


@given(st.lists(st.sampled_from(PIECES)))
def test_an_edit_is_never_lost(pieces: list[str]) -> None:
    message = " ".join(pieces)
    paid = " ".join(intent.text for intent in route(message) if intent.route == "message")
    for edit in EDITS:
        assert message.count(edit) == paid.count(edit)
