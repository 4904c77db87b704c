"""Files that may be read, and names of files that are written."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from nemovideo.errors import InvalidInputError
from nemovideo.mcp.folders import check_input, chosen_stem, file_stem
from nemovideo.mcp.settings import load_server_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    (made / "clip.mp4").write_bytes(b"film")
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    return made


def test_a_file_in_a_folder_is_taken(folder: Path) -> None:
    assert check_input(str(folder / "clip.mp4"), [folder], "path") == folder / "clip.mp4"


def test_a_name_is_searched_in_the_folders(folder: Path) -> None:
    assert check_input("clip.mp4", [folder], "path") == folder / "clip.mp4"


def test_a_link_within_the_folders_is_followed(folder: Path) -> None:
    (folder / "link.mp4").symlink_to(folder / "clip.mp4")
    assert check_input(str(folder / "link.mp4"), [folder], "path") == folder / "clip.mp4"


def test_a_folder_that_is_a_link_is_itself_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(folder)
    given = tmp_path / "linked" / "clip.mp4"
    assert check_input(str(given), [tmp_path / "linked"], "path") == folder / "clip.mp4"


@pytest.mark.parametrize(
    "given",
    [
        "{folder}/../secret.mp4",
        "{folder}/out.mp4",
        "{folder}/away/secret.mp4",
        "../secret.mp4",
        "{folder}-2/clip.mp4",
        "{folder}",
        "{folder}/nothing.mp4",
        "{folder}/circle.mp4",
        "{folder}/pipe",
        "{folder}/socket",
        "/etc/passwd",
        "/proc/self/environ",
        "/proc/self/cwd/pyproject.toml",
        "/dev/zero",
        "file:///etc/passwd",
        "https://example.com/a.mp4",
        "~/.ssh/id_ed25519",
        "",
        " ",
        "a\0b",
        "x" * 10_000,
    ],
)
def test_anything_else_is_refused_and_reveals_nothing_of_what_is_there(
    folder: Path, tmp_path: Path, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "out.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "away").symlink_to(tmp_path)
    (folder / "circle.mp4").symlink_to(folder / "circle.mp4")
    other = tmp_path / "in-2"
    other.mkdir()
    (other / "clip.mp4").write_bytes(b"other")
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe")
        monkeypatch.chdir(folder)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
    with pytest.raises(InvalidInputError) as caught:
        check_input(given.format(folder=folder), [folder], "path")
    assert caught.value.parameter == "path"
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("given", ["/proc/self/environ", "/dev/zero", "/proc/version"])
def test_the_folders_of_the_system_are_refused_even_if_the_root_is_allowed(given: str) -> None:
    with pytest.raises(InvalidInputError):
        check_input(given, [Path("/")], "path")


@pytest.mark.parametrize(
    ("given", "stem"),
    [
        ("film.mp4", "film"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\film", "film"),
        ("", "video"),
        ("..", "video"),
        (".bashrc", "bashrc"),
        ("nul", "_nul"),
        ("a" * 300, "a" * 60),
    ],
)
def test_a_name_that_an_assistant_chose_stays_in_its_folder(given: str, stem: str) -> None:
    assert chosen_stem(given) == stem


def test_the_words_of_a_prompt_are_a_name() -> None:
    assert file_stem("A red fox, in the snow!") == "a-red-fox-in-the-snow"
    assert file_stem("雪地里的红狐狸") == "雪地里的红狐狸"
    assert file_stem("!?") == "video"


def test_folders_and_limits_are_read_from_the_environment(tmp_path: Path) -> None:
    settings = load_server_settings(
        {
            "NEMOVIDEO_MCP_FOLDERS": f"{tmp_path}{os.pathsep}{tmp_path}",
            "NEMOVIDEO_MCP_OUTPUT_DIR": str(tmp_path / "films"),
            "NEMOVIDEO_MCP_MAX_CREDITS": "250",
            "NEMOVIDEO_MCP_TOKEN": "a-token-of-the-owner",
        }
    )
    assert settings.folders == (tmp_path, tmp_path)
    assert settings.output_dir == tmp_path / "films"
    assert settings.max_credits == 250
    assert "owner" not in repr(settings)


def test_without_settings_a_project_folder_may_be_read_and_the_home_may_not(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_server_settings({}).folders == (tmp_path,)
    assert load_server_settings({}).output_dir == own_home / "NemoVideo"
    for folder in (own_home, Path(tmp_path.anchor)):
        monkeypatch.chdir(folder)
        assert load_server_settings({}).folders == ()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FOLDERS", "relative"),
        ("FOLDERS", "/nothing/here"),
        ("FOLDERS", "~nobody-of-that-name/x"),
        ("OUTPUT_DIR", "relative"),
        ("MAX_CREDITS", "much"),
        ("MAX_CREDITS", "-1"),
        ("MAX_CREDITS", "inf"),
        ("MAX_CREDITS", "nan"),
        ("TOKEN", "short"),
        ("TOKEN", "a token with a line break\n"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_server_settings({f"NEMOVIDEO_MCP_{variable}": value})
    assert caught.value.parameter == f"NEMOVIDEO_MCP_{variable}"
