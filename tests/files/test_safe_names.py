"""Safe names: whatever a service calls a file, it stays in its folder on every system."""

from __future__ import annotations

import ntpath
import sys
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nemovideo.files.safe_names import safe_name, temp_files, temp_name


def is_reserved(name: str) -> bool:
    """Say whether Windows keeps `name` for a device."""
    if sys.version_info >= (3, 13):
        return ntpath.isreserved(name)
    return PureWindowsPath(name).is_reserved()


NASTY = st.text() | st.lists(
    st.sampled_from(
        ["..", "/", "\\", "con", "NUL", ".", " ", "-", "a", ".mp4", "\u202e", "é", "😀"]
    ),
).map("".join)


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("render_1.mp4", "render_1.mp4"),
        ("熊猫 走过竹林.mp4", "熊猫 走过竹林.mp4"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\boot.ini", "_.._boot.ini"),
        ("C:\\clip.mp4", "C__clip.mp4"),
        ("clip.mp4:hidden", "clip.mp4_hidden"),
        ("..", "video"),
        ("", "video"),
        (" . ", "video"),
        (".bashrc", "bashrc"),
        ("-rf.mp4", "_-rf.mp4"),
        ("NUL.mp4", "_NUL.mp4"),
        ("com1", "_com1"),
        ("con .tar.gz", "_con .tar.gz"),
        ("console.mp4", "console.mp4"),
        ("a\nb\0c.mp4", "a_b_c.mp4"),
        ("gpj.\u202e4pm", "gpj._4pm"),
        ("half\ud800.mp4", "half_.mp4"),
        ("no\u00a0break.mp4", "no break.mp4"),
    ],
)
def test_a_name_is_made_safe(given_name: str, expected: str) -> None:
    assert safe_name(given_name) == expected


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("熊" * 100 + ".mp4") == "熊" * 65 + ".mp4"


def test_a_long_name_without_an_ending_is_cut() -> None:
    assert safe_name("a" * 300) == "a" * 200
    assert safe_name("a." + "b" * 300) == "a." + "b" * 198


@given(NASTY)
@example("con." + "x" * 300)
def test_any_name_stays_in_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert safe == safe.strip(" .")
    assert len(safe.encode()) <= 200
    for flavour in (PurePosixPath, PureWindowsPath):
        path = flavour("folder") / safe
        assert path.parent == flavour("folder")
        assert path.name == safe
    assert not is_reserved(safe)
    assert not any(unicodedata.category(letter)[0] == "C" for letter in safe)


@given(NASTY)
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert safe_name(safe_name(name)) == safe_name(name)


@given(st.text(min_size=1).filter(lambda name: not set(name) & {"/", "\0"}) | st.just("熊" * 85))
def test_a_part_is_a_hidden_file_in_its_targets_folder_and_recognised(name: str) -> None:
    with TemporaryDirectory() as folder:
        final = Path(folder) / name
        try:
            final.name.encode()
        except UnicodeEncodeError:
            return
        if final == Path(folder) or final.name == "..":
            return
        part = temp_name(final)
        assert part.parent == final.parent
        assert part.name.startswith(".")
        assert len(part.name.encode()) <= 255
        part.touch()
        assert temp_files(final) == [part]


def test_a_part_of_another_target_is_not_recognised(tmp_path: Path) -> None:
    for other in ("panda.mp4.mp4", "pandaxmp4"):
        temp_name(tmp_path / other).touch()
    (tmp_path / ".panda.mp4.12345678.part.mp4").touch()
    assert temp_files(tmp_path / "panda.mp4") == []
