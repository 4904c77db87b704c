"""Names of the videos of a batch: safe, in their folder, and nothing is overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nemovideo import InvalidInputError
from nemovideo.batch.output_names import OutputNames


def test_a_folder_gets_files_called_by_their_keys(tmp_path: Path) -> None:
    names = OutputNames(tmp_path / "films", "autumn")
    names.prepare()
    assert names.choose("row-17", 17) == tmp_path / "films" / "row-17.mp4"


def test_a_job_without_a_key_of_its_own_is_called_by_its_prompt(tmp_path: Path) -> None:
    names = OutputNames(tmp_path, "autumn")
    assert names.choose("3f2a", 2, "A red fox, in snow!").name == "002-a-red-fox-in-snow.mp4"


def test_a_template_may_have_the_key_the_index_and_the_name(tmp_path: Path) -> None:
    names = OutputNames(f"{tmp_path}/{{name}}/{{index:03}}-{{key}}", "autumn")
    assert names.folder == tmp_path
    assert names.choose("fox", 7, "ignored") == tmp_path / "autumn" / "007-fox.mp4"
    assert (tmp_path / "autumn").is_dir()


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("films/{key}/../../x.mp4", "has .. in it"),
        ("../{key}.mp4", "has .. in it"),
        ("films/{prompt}.mp4", "has {prompt} in it"),
        ("films/{key.__class__}.mp4", "has {key.__class__} in it"),
        ("films/{key!r}.mp4", "has {key} in it"),
        ("films/{}.mp4", "has {} in it"),
        ("films/{index:1000000000}-{key}", "has {index:1000000000} in it"),
        ("films/{key:{index}}.mp4", "in it"),
        ("films/{key.mp4", "is not a template"),
        ("films/}.mp4", "is not a template"),
        ("films/{name}.mp4", "gives all videos one name"),
        ("films/{key}.mov", "does not end in .mp4"),
        ("films/fox.mp4", "names one file"),
    ],
)
def test_a_name_that_cannot_be_meant_is_refused(out: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        OutputNames(out, "autumn")
    assert said in caught.value.message
    assert caught.value.parameter == "out"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "films").write_text("")
    with pytest.raises(InvalidInputError, match="out is a file"):
        OutputNames(tmp_path / "films", "autumn")
    for out in (tmp_path / "films" / "more", tmp_path / "films" / "{key}.mp4"):
        with pytest.raises(InvalidInputError, match="out cannot be made"):
            OutputNames(out, "autumn").check()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has other rights")
def test_a_folder_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        OutputNames("/proc/films", "autumn").check()
    assert caught.value.parameter == "out"


def test_reading_the_folder_makes_nothing(tmp_path: Path) -> None:
    OutputNames(tmp_path / "films" / "more", "autumn").check()
    OutputNames(tmp_path, "autumn").check()
    assert [*tmp_path.iterdir()] == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "fox.mp4").write_text("mine")
    (tmp_path / "fox-2.mp4").symlink_to(tmp_path / "nowhere")
    names = OutputNames(tmp_path, "autumn")
    chosen = [names.choose(key, index) for index, key in enumerate(["fox", "fox", "cat", "CAT"])]
    assert [path.name for path in chosen] == ["fox-3.mp4", "fox-4.mp4", "cat.mp4", "CAT-2.mp4"]


def test_a_path_of_a_job_is_in_the_folder_unless_it_is_absolute(tmp_path: Path) -> None:
    names = OutputNames(tmp_path / "films", "autumn")
    assert names.place("forest/fox.mp4") == tmp_path / "films" / "forest" / "fox.mp4"
    assert names.place(tmp_path / "fox.mp4") == tmp_path / "fox.mp4"
    with pytest.raises(InvalidInputError, match="leaves the folder") as caught:
        names.place("../fox.mp4")
    assert caught.value.parameter == "path"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.text(min_size=1, max_size=200), st.integers(0, 10**6))
def test_whatever_the_key_the_file_is_in_the_folder(tmp_path: Path, key: str, index: int) -> None:
    path = OutputNames(tmp_path, "autumn").choose(key, index)
    assert path.parent == tmp_path
    assert path.suffix == ".mp4"
    path.touch()
    path.unlink()
