"""Several files in one session: what is said of each, and which results are not its own."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from nemovideo.errors import InvalidInputError, NemoVideoError
from nemovideo.models.turn import Turn
from nemovideo.models.uploads import UploadedFile
from nemovideo.operations.each_file import build_message, check_result, filename_of, pair_up
from nemovideo.timeline.change import Change
from nemovideo.timeline.draft import Draft

OWN = UploadedFile(filename="b.mp4", cdn_url="https://cdn/files/b%20id/b.mp4?sig=1", hash="bb11")
OTHER = UploadedFile(filename="a.mp4", cdn_url="https://cdn/files/a-id/a.mp4?sig=2", hash="aa22")


def turn(*segments: dict[str, Any], text: str = "Done.", changed: bool = True) -> Turn:
    draft = Draft({"t": [{"tt": 0, "sg": list(segments)}], "d": 1000})
    changes = tuple(draft.timeline.diff(Draft().timeline)) if changed else ()
    assert all(isinstance(change, Change) for change in changes)
    return Turn(text, changes, draft, "stream", "s-1")


def segment(**fields: object) -> dict[str, Any]:
    return {"d": 1000, "m": fields}


def test_each_file_has_its_own_instruction_or_the_common_one() -> None:
    opened = io.BytesIO(b"x")
    given = ["a.mp4", Path("b.mp4"), ("c.mp4", b"x"), ("d.mp4", "mute it"), (opened, "trim it")]
    assert list(pair_up([*given, (("e.mp4", b"x"), "fade it")], "add music")) == [
        ("a.mp4", "add music"),
        (Path("b.mp4"), "add music"),
        (("c.mp4", b"x"), "add music"),
        ("d.mp4", "mute it"),
        (opened, "trim it"),
        (("e.mp4", b"x"), "fade it"),
    ]


def test_a_file_without_an_instruction_comes_with_the_error() -> None:
    (one, error), (two, other) = pair_up(["a.mp4", ("b.mp4", "  ")], None)
    assert (one, two) == ("a.mp4", "b.mp4")
    assert isinstance(error, InvalidInputError) and isinstance(other, InvalidInputError)
    assert error.parameter == "prompt"


def test_instructions_do_not_show_in_a_repr() -> None:
    ((_, instruction),) = pair_up([("a.mp4", "a secret wish")], None)
    message = build_message("a.mp4", str(instruction))
    assert "secret" not in repr((instruction, message))
    assert message.endswith("a secret wish")


@pytest.mark.parametrize(
    ("prompt", "said"),
    [("trim it", 'the uploaded file "b.mp4"'), ("剪到两秒", "上传的文件“b.mp4”")],
)
def test_the_message_names_the_file_that_is_meant(prompt: str, said: str) -> None:
    message = build_message("b.mp4", prompt)
    assert said in message and message.endswith(prompt)


def test_without_a_name_the_prompt_goes_alone() -> None:
    assert build_message("", "trim it") == "trim it"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("clips/a.mp4", "a.mp4"),
        (Path("clips/a.mp4"), "a.mp4"),
        (("a.mp4", b"x"), "a.mp4"),
        (io.BytesIO(b"x"), ""),
    ],
)
def test_a_file_goes_by_the_name_it_was_given_under(file: object, name: str) -> None:
    assert filename_of(file) == name


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "b.mp4"},
        {"asset": "b.mp4", "name": "beach"},
        {"source": {"url": "https://cdn/files/b%20id/b.mp4?sig=9"}},
        {"sources": ["bb11.bin"]},
        {"name": "beach", "source": "https://cdn/transcoded/7"},
        {},
    ],
)
def test_a_result_that_names_no_other_file_is_its_own(fields: dict[str, object]) -> None:
    check_result(turn(segment(**fields)), OWN, [OTHER])


@pytest.mark.parametrize(
    "fields",
    [{"name": "a.mp4"}, {"source": "https://cdn/files/a-id/a.mp4?sig=9"}, {"id": "aa22"}],
)
def test_a_result_that_names_another_file_is_an_error(fields: dict[str, object]) -> None:
    with pytest.raises(NemoVideoError, match=r"holds a\.mp4 instead of b\.mp4") as caught:
        check_result(turn(segment(**fields)), OWN, [OTHER])
    assert "s-1" in caught.value.message
    assert caught.value.hint == 'The agent said: "Done."'


def test_a_result_with_another_file_as_well_as_its_own_is_an_error() -> None:
    both = turn(segment(name="a.mp4"), segment(name="b.mp4"))
    with pytest.raises(NemoVideoError, match="as well as"):
        check_result(both, OWN, [OTHER])


def test_a_name_inside_a_longer_one_is_another_name() -> None:
    longer = UploadedFile(filename="my a.mp4")
    check_result(turn(segment(name="my a.mp4")), longer, [OTHER])
    check_result(turn(segment(name="data.mp4")), UploadedFile(filename="data.mp4"), [OTHER])


def test_words_on_the_screen_name_no_file() -> None:
    title = {"tt": 7, "sg": [segment(text="a.mp4")]}
    said = turn(segment(name="b.mp4"))
    said.draft.raw["t"].append(title)  # type: ignore[attr-defined]
    check_result(said, OWN, [OTHER])


def test_the_same_name_twice_is_no_other_file() -> None:
    check_result(turn(segment(name="b.mp4")), OWN, [OWN])


def test_a_generated_clip_is_not_the_file() -> None:
    with pytest.raises(NemoVideoError, match="a generated clip instead of"):
        check_result(turn(segment(name="panda", prompt="a panda")), OWN, [])
    check_result(turn(segment(name="b.mp4"), segment(prompt="a panda")), OWN, [])


@pytest.mark.parametrize(
    ("text", "hint"), [("", "Try other words."), ("no " * 200, 'The agent said: "no')]
)
def test_a_turn_that_changed_nothing_is_an_error(text: str, hint: str) -> None:
    with pytest.raises(NemoVideoError, match=r"changed nothing for b\.mp4") as caught:
        check_result(turn(segment(name="b.mp4"), text=text, changed=False), OWN, [])
    assert (caught.value.hint or "").startswith(hint)
    assert len(caught.value.hint or "") < 330
