"""How a turn is told: thoughts, tools, waits, drafts, words, and how often each happens."""

from __future__ import annotations

import pytest

from nemovideo.sandbox.agents.rule_agent import (
    AgentBehavior,
    Context,
    Draft,
    Kind,
    Say,
    Think,
    Tool,
    Wait,
    direct,
)
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import note
from nemovideo.sandbox.agents.rule_agent.replies import SENTENCES, TROUBLE, sentence
from nemovideo.sandbox.draft import Json

PROMPT = "a 10-second video of a panda walking through a bamboo forest"
NEVER = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
ALWAYS = AgentBehavior(silent=1, gui=1, trailing_issue=1, thoughts=1)


def made() -> Json:
    draft = direct(PROMPT, Context()).draft
    assert draft is not None
    return draft


def test_a_generation_tells_its_two_stages_in_order() -> None:
    scene = direct(PROMPT, Context(), NEVER)
    kinds = [type(step) for step in scene.steps]
    assert kinds == [Say, Tool, Wait, Draft, Say, Tool, Wait, Draft, Say]
    assert 100 <= sum(step.seconds for step in scene.steps if isinstance(step, Wait)) <= 300


def test_a_generation_is_never_silent() -> None:
    assert direct(PROMPT, Context(), ALWAYS).text


def test_an_edit_calls_its_tool_waits_and_then_changes_the_draft() -> None:
    scene = direct("remove the music", Context(made(), turn=1), NEVER)
    assert [type(step) for step in scene.steps] == [Tool, Wait, Draft, Say]
    wait = next(step for step in scene.steps if isinstance(step, Wait))
    assert 10 <= wait.seconds <= 30


def test_a_silent_edit_changes_the_draft_without_a_word() -> None:
    scene = direct("remove the music", Context(made(), turn=1), AgentBehavior(silent=1))
    assert (scene.kind, scene.text) == (Kind.EDIT, "")
    assert scene.draft is not None


def test_what_is_not_understood_is_never_silent() -> None:
    scene = direct("asdf", Context(made(), turn=1), ALWAYS)
    assert scene.text
    assert scene.draft is None


def test_about_three_edits_in_ten_are_silent() -> None:
    draft = made()
    scenes = [
        direct("remove the music", Context(draft, turn=n, seed=7), AgentBehavior())
        for n in range(400)
    ]
    assert 90 <= sum(not scene.text for scene in scenes) <= 150


def test_thoughts_come_first_and_only_as_often_as_the_behavior_says() -> None:
    assert isinstance(direct("asdf", Context(), ALWAYS).steps[0], Think)
    assert not any(isinstance(step, Think) for step in direct("asdf", Context(), NEVER).steps)


@pytest.mark.parametrize(
    ("message", "words"),
    [("remove the music", ("Click", "Open", "drag")), ("去掉音乐", ("点击", "打开", "拖拽"))],
)
def test_answers_speak_of_a_screen_in_the_language_of_the_message(
    message: str, words: tuple[str, ...]
) -> None:
    scene = direct(message, Context(made(), turn=1), AgentBehavior(silent=0, gui=1))
    assert any(word in scene.text for word in words)


def test_a_trailing_issue_follows_an_answer_that_stands() -> None:
    scene = direct(
        "remove the music", Context(made(), turn=1), AgentBehavior(silent=0, trailing_issue=1)
    )
    assert scene.draft is not None
    assert scene.text.endswith(TROUBLE["en"])


@pytest.mark.parametrize(
    ("message", "charge"),
    [
        (PROMPT, "clip"),
        ("remove the music", "edit"),
        ("then show a cat for 3 seconds", "clip"),
        ("hello", "none"),
        ("asdf", "none"),
    ],
)
def test_each_kind_names_its_charge(message: str, charge: str) -> None:
    assert direct(message, Context(made(), turn=1)).charge_kind == charge


FIELDS = (
    "name", "seconds", "scenes", "look", "percent", "plays", "what", "role", "text", "start", "end",
    "total", "factor", "count", "detail",
)  # fmt: skip


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_every_note_has_words_in_both_languages(key: str) -> None:
    values: dict[str, object] = dict.fromkeys(FIELDS, "x")
    english, chinese = (sentence(note(key, **values), language) for language in ("en", "zh"))
    assert english
    assert chinese
