"""What a video is called when nobody named it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.cli.output_paths import free_path
from nemovideo.progress.file_stem import slug
from nemovideo.timeline.wording import display_width


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A panda, in the snow!", "a-panda-in-the-snow"),
        ("一只熊猫在竹林里散步", "一只熊猫在竹林里散步"),
        ("…!?", "video"),
        ("../../etc/passwd", "etc-passwd"),
        ("con", "_con"),
    ],
)
def test_slug_keeps_words_of_any_script(prompt: str, name: str) -> None:
    assert slug(prompt) == name


def test_slug_is_cut_between_words() -> None:
    assert slug("panda " * 30) == "-".join(["panda"] * 8)


@given(st.text(max_size=200))
def test_slug_is_always_a_short_name_without_separators(prompt: str) -> None:
    name = slug(prompt)
    assert name
    assert "/" not in name
    assert not name.startswith((".", "-"))
    assert display_width(name) <= 50


def test_a_free_name_is_taken_as_it_is(tmp_path: Path) -> None:
    assert free_path(tmp_path, "fox", "mp4") == tmp_path / "fox.mp4"


def test_a_number_is_appended_while_the_name_is_taken(tmp_path: Path) -> None:
    (tmp_path / "fox.mp4").touch()
    (tmp_path / "fox-2.mp4").symlink_to("nowhere")
    assert free_path(tmp_path, "fox", "mp4") == tmp_path / "fox-3.mp4"
