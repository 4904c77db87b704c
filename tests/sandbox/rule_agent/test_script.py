"""How a turn is told: thoughts, tools, waits, drafts, words, and how often each happens."""

from __future__ import annotations

import re

import pytest

from nemovideo.language.catalogue import CHINESE, ENGLISH, Key
from nemovideo.language.ui_filter import rewrite_ui_talk
from nemovideo.sandbox.agents.interface import AgentBehavior, TurnKind
from nemovideo.sandbox.agents.rule_agent import respond
from nemovideo.sandbox.agents.rule_agent.context import Context
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import applied
from nemovideo.sandbox.agents.rule_agent.replies import SENTENCES, TRAILING_ISSUE, sentence
from nemovideo.sandbox.agents.rule_agent.words.phrases import tokenize
from nemovideo.sandbox.agents.steps import CallTool, EditDraft, Say, Think, Wait
from nemovideo.sandbox.agents.uploads import Upload
from nemovideo.sandbox.draft import Json
from tests.sandbox.rule_agent.conftest import Session

PROMPT = "a 10-second video of a panda walking through a bamboo forest"
NEVER = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
ALWAYS = AgentBehavior(silent=1, gui=1, trailing_issue=1, thoughts=1)


def made() -> Json:
    draft = respond(PROMPT, Context()).draft
    assert draft is not None
    return draft


def test_a_generation_has_two_stages_in_order() -> None:
    turn = respond(PROMPT, Context(), NEVER)
    kinds = [type(step) for step in turn.steps]
    assert kinds == [
        Say,
        CallTool,
        Wait,
        EditDraft,
        Say,
        CallTool,
        Wait,
        EditDraft,
        Say,
    ]
    assert 100 <= sum(step.seconds for step in turn.steps if isinstance(step, Wait)) <= 300


def test_a_generation_is_never_silent() -> None:
    assert respond(PROMPT, Context(), ALWAYS).text


def test_an_edit_calls_its_tool_waits_and_then_changes_the_draft() -> None:
    turn = respond("remove the music", Context(made(), turn=1), NEVER)
    assert [type(step) for step in turn.steps] == [CallTool, Wait, EditDraft, Say]
    wait = next(step for step in turn.steps if isinstance(step, Wait))
    assert 10 <= wait.seconds <= 30


def test_a_silent_edit_changes_the_draft_without_a_word() -> None:
    turn = respond("remove the music", Context(made(), turn=1), AgentBehavior(silent=1))
    assert (turn.kind, turn.text) == (TurnKind.EDIT, "")
    assert turn.draft is not None


def test_what_is_not_understood_is_never_silent() -> None:
    turn = respond("asdf", Context(made(), turn=1), ALWAYS)
    assert turn.text
    assert turn.draft is None


def test_about_three_edits_in_ten_are_silent() -> None:
    draft = made()
    scenes = [
        respond("remove the music", Context(draft, turn=n, seed=7), AgentBehavior())
        for n in range(400)
    ]
    assert 90 <= sum(not turn.text for turn in scenes) <= 150


def test_thoughts_come_first_and_only_as_often_as_the_behavior_says() -> None:
    assert isinstance(respond("asdf", Context(), ALWAYS).steps[0], Think)
    assert not any(isinstance(step, Think) for step in respond("asdf", Context(), NEVER).steps)


@pytest.mark.parametrize(
    ("message", "words"),
    [("remove the music", ("Click", "Open", "drag")), ("去掉音乐", ("点击", "打开", "拖拽"))],
)
def test_answers_speak_of_a_screen_in_the_language_of_the_message(
    message: str, words: tuple[str, ...]
) -> None:
    turn = respond(message, Context(made(), turn=1), AgentBehavior(silent=0, gui=1))
    assert any(word in turn.text for word in words)


def test_a_trailing_issue_follows_an_answer_that_stands() -> None:
    turn = respond(
        "remove the music", Context(made(), turn=1), AgentBehavior(silent=0, trailing_issue=1)
    )
    assert turn.draft is not None
    assert turn.text.endswith(TRAILING_ISSUE["en"])


@pytest.mark.parametrize(
    ("message", "charge"),
    [
        (f"start over: {PROMPT}", "clip"),
        ("remove the music", "edit"),
        ("then show a cat for 3 seconds", "clip"),
        ("hello", "none"),
        ("asdf", "none"),
    ],
)
def test_each_kind_names_its_charge(message: str, charge: str) -> None:
    assert respond(message, Context(made(), turn=1)).charge_kind == charge


FIELDS = (
    "name", "seconds", "scenes", "style", "percent", "plays", "what", "role", "text", "start",
    "end", "total", "factor", "count", "detail",
)  # fmt: skip


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_every_result_has_a_sentence_in_both_languages(key: str) -> None:
    values: dict[str, object] = dict.fromkeys(FIELDS, "x")
    english, chinese = (sentence(applied(key, **values), language) for language in ("en", "zh"))
    assert english
    assert chinese


# These speak of a button or of an upload, which the client says in its own words.
OF_A_SCREEN = {"nothing_yet", "no_uploads", "no_links", "export"}


@pytest.mark.parametrize("key", sorted(set(SENTENCES) - OF_A_SCREEN))
def test_the_client_shows_a_sentence_as_it_was_said(key: str) -> None:
    words = dict.fromkeys(
        ["name", "what", "detail", "role", "text", "style", "start", "end", "seconds", "total",
         "count", "percent", "factor", "plays"], "3",
    )  # fmt: skip
    for said in SENTENCES[key]:
        assert rewrite_ui_talk(said.format(**words)) == said.format(**words)


@pytest.mark.parametrize("title", ["早安，大海！", "Hi，there!", "夏天来了？"])
def test_a_quoted_title_keeps_the_punctuation_that_was_typed(title: str) -> None:
    assert tokenize(f"把标题改成“{title}”").quotes == (title,)


FILM = {"en": "make a 10 second video of a panda in the snow", "zh": "做一个10秒的视频：熊猫在雪地"}
SUGGESTED: list[tuple[Key, tuple[Upload, ...]]] = [
    ("step_music", ()),
    ("step_title", ()),
    ("step_add_music", ()),
    ("step_trim", ()),
    ("step_again", ()),
    ("be_specific", ()),
    ("step_edit", (Upload("trip.mp4", "video", 20.0, 1920, 1080, 30.0),)),
    ("step_captions", (Upload("trip.mp4", "video", 20.0, 1920, 1080, 30.0),)),
    ("step_slideshow", (Upload("a.png", "image", None, 800, 600),)),
    ("step_soundtrack", (Upload("song.mp3", "audio", 40.0),)),
]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("key", "files"), SUGGESTED)
def test_what_the_client_suggests_is_understood(
    key: Key, files: tuple[Upload, ...], language: str
) -> None:
    sentence = (ENGLISH if language == "en" else CHINESE)[key]
    found = re.search("“(.+?)”", sentence)
    assert found is not None
    session = Session(assets=files)
    if key == "step_soundtrack" or not files:
        session.send(FILM[language])
    turn = session.send(found[1].replace("{seconds}", "6"))
    if (key, language) == ("be_specific", "en"):
        assert "cannot adjust" in turn.text  # for the service's agent: this one says that it cannot
    else:
        assert turn.charge_kind in ("edit", "generate"), turn.text
