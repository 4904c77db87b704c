from __future__ import annotations

import copy
import math
import pickle

import pytest
from hypothesis import given
from pydantic import BaseModel

from nemovideo.timeline.draft import Draft
from tests.timeline.drafts import anything, drafts, one_segment, sample


@pytest.mark.parametrize("value", [None, 5, "text", [], [{"t": []}], True])
def test_any_other_value_is_an_empty_draft(value: object) -> None:
    draft = Draft.parse(value)

    assert draft.raw == {}
    assert not draft
    assert not draft.is_ready


def test_the_json_is_not_copied() -> None:
    raw = {"d": 10000.0, "x": [1, {"y": None}], "t": []}

    assert Draft.parse(raw).raw is raw
    assert Draft.parse(raw).to_dict() is raw


def test_a_draft_parses_to_itself() -> None:
    draft = Draft({"d": 1})

    assert Draft.parse(draft) is draft


@pytest.mark.parametrize(
    ("raw", "ready"),
    [
        ({}, False),
        ({"t": None}, False),
        ({"t": []}, False),
        ({"t": [{"tt": 0}]}, False),
        ({"t": [{"tt": 0, "sg": []}]}, False),
        ({"t": [{"sg": {"d": 1}}]}, False),
        ({"t": [{"sg": [None, 5, "clip"]}]}, False),
        ({"t": [{"sg": []}, {"sg": [{}]}]}, True),
    ],
)
def test_ready_means_a_track_with_a_segment(raw: dict, ready: bool) -> None:
    assert Draft(raw).is_ready is ready


def test_drafts_are_equal_by_their_json() -> None:
    assert Draft(sample("edited")) == Draft(sample("edited"))
    assert Draft({"d": 1}) != Draft({"d": 2})
    assert Draft({}) != {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"d": 1, "updated_at": 1}, {"d": 1, "updated_at": 2}),
        ({"v": 1, "m": {"savedAt": 1}}, {"v": 2, "m": {"savedAt": 2}}),
        ({"t": [{"id": "a", "sg": []}]}, {"t": [{"id": "b", "sg": []}]}),
        ({"t": [{"sg": [{"id": 1, "d": 5}]}]}, {"t": [{"sg": [{"id": 2, "d": 5}]}]}),
        ({"m": {"gain": math.nan}}, {"m": {"gain": -math.nan}}),
        ({"x": [1, {"y": [math.nan]}]}, {"x": [1, {"y": [float("nan")]}]}),
        ({"t": [{"sg": [None]}]}, {"t": [{"sg": []}]}),
        ({}, {"t": []}),
        ({"x": None}, {}),
    ],
)
def test_invisible_changes_are_no_difference(old: dict, new: dict) -> None:
    assert not Draft(old).differs_from(Draft(new))
    assert Draft(new).timeline.diff(Draft(old).timeline) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, one_segment(d=1000)),
        (one_segment(d=1000), one_segment(d=2000)),
        (one_segment(d=1000, m={"name": "A"}), one_segment(d=1000, m={"name": "B"})),
        ({"x": [math.nan, 1]}, {"x": [math.nan, 2]}),
        ({"x": [1]}, {"x": [1, 1]}),
        ({"m": {"gain": math.nan}}, {"m": {"gain": 1}}),
    ],
)
def test_visible_and_unknown_changes_are_a_difference(old: dict, new: dict) -> None:
    assert Draft(old).differs_from(Draft(new))
    assert Draft(new).timeline.diff(Draft(old).timeline)


@given(drafts, drafts)
def test_drafts_differ_exactly_if_their_diff_is_not_empty(old: dict, new: dict) -> None:
    changes = Draft(new).timeline.diff(Draft(old).timeline)
    assert Draft(new).differs_from(Draft(old)) == bool(changes)


@given(anything)
def test_a_draft_does_not_differ_from_its_copy(value: object) -> None:
    assert not Draft.parse(value).differs_from(Draft.parse(copy.deepcopy(value)))


def test_a_draft_cannot_be_hashed() -> None:
    with pytest.raises(TypeError):
        hash(Draft({}))


def test_a_draft_survives_pickle_after_its_timeline_was_read() -> None:
    draft = Draft(sample("edited"))
    assert draft.timeline is draft.timeline

    again = pickle.loads(pickle.dumps(draft))

    assert again == draft
    assert again.timeline == draft.timeline


def test_the_repr_is_the_summary() -> None:
    assert repr(Draft(one_segment(d=1000, m={"name": "A"}))) == (
        "Draft(Timeline (1 track): 1. Video: A (0-1s))"
    )


def test_a_pydantic_model_reads_and_writes_it_unchanged() -> None:
    class State(BaseModel):
        draft: Draft

    raw = sample("edited")

    state = State.model_validate({"draft": raw})

    assert state.draft.raw is raw
    assert state.model_dump(mode="json")["draft"] == raw


@given(anything)
def test_any_json_is_read_without_error_or_modification(value: object) -> None:
    before = copy.deepcopy(value)

    draft = Draft.parse(value)
    timeline = draft.timeline

    for text in (str(timeline), timeline.details("zh"), repr(draft), timeline.to_text()):
        text.encode()
    timeline.to_svg().encode()
    timeline.to_dict()
    timeline.to_srt()
    assert isinstance(draft.is_ready, bool)
    assert value == before
