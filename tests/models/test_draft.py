from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from pydantic import BaseModel

from nemovideo.models.draft import Draft

from .drafts import anything, one_segment, sample


@pytest.mark.parametrize("value", [None, 5, "text", [], [{"t": []}], True])
def test_what_is_not_an_object_is_an_empty_draft(value: object) -> None:
    draft = Draft.parse(value)

    assert draft.raw == {}
    assert not draft
    assert not draft.is_ready


def test_the_json_is_kept_as_it_came_not_copied() -> None:
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
        ({"t": [{"sg": []}, {"sg": [{}]}]}, True),
    ],
)
def test_ready_means_a_track_with_a_segment(raw: dict, ready: bool) -> None:
    assert Draft(raw).is_ready is ready


def test_drafts_are_equal_by_their_json() -> None:
    assert Draft(sample("edited")) == Draft(sample("edited"))
    assert Draft({"d": 1}) != Draft({"d": 2})
    assert Draft({}) != {}


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
def test_any_json_can_be_read_and_is_left_alone(value: object) -> None:
    before = copy.deepcopy(value)

    draft = Draft.parse(value)
    timeline = draft.timeline

    for text in (str(timeline), timeline.long("zh"), repr(draft), timeline.to_text()):
        text.encode()
    timeline.to_svg().encode()
    timeline.to_dict()
    timeline.to_srt()
    assert isinstance(draft.is_ready, bool)
    assert value == before
