"""What a line typed into the chat asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.cli.chat.slash_commands import COMMANDS, ParsedLine, parse_line, usage


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_read_in_any_case(name: str) -> None:
    assert parse_line(f" /{name.upper()} ").command == name


@pytest.mark.parametrize(
    ("text", "command"), [("help", "help"), ("帮助", "help"), ("Exit", "quit"), ("退出", "quit")]
)
def test_plain_words_that_stand_alone_are_commands(text: str, command: str) -> None:
    assert parse_line(text).command == command


def test_other_text_is_unchanged() -> None:
    assert parse_line("make it quit smoking") == ParsedLine("make it quit smoking")


def test_an_unknown_command_is_reported() -> None:
    assert parse_line("/exprot a.mp4").unknown == "/exprot"


def test_a_path_is_no_command() -> None:
    assert parse_line("/etc is a folder").unknown is None


def test_file_names_may_be_quoted_and_begin_at_home(own_home: Path) -> None:
    assert parse_line('/upload "my clip.mp4" ~/b.jpg').paths == (
        Path("my clip.mp4"),
        own_home / "b.jpg",
    )


def test_a_backslash_keeps_a_space_in_a_file_name() -> None:
    assert parse_line(r"/upload my\ clip.mp4", escapes=True).paths == (Path("my clip.mp4"),)


def test_a_backslash_is_a_separator_where_file_names_have_it() -> None:
    typed = parse_line(r'/upload C:\films\fox.mp4 "C:\my films\new.mp4"', escapes=False)
    assert typed.paths == (Path(r"C:\films\fox.mp4"), Path(r"C:\my films\new.mp4"))


def test_a_stray_quote_is_a_letter() -> None:
    assert parse_line("/upload it's.mp4").paths == (Path("it's.mp4"),)


def test_upload_in_words_names_files_only_where_there_are_such(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.touch()
    assert parse_line(f"upload {clip}").paths == (clip,)
    assert parse_line(f"上传 {clip}").command == "upload"
    assert parse_line("upload my holiday photos").command is None


def test_the_usage_names_every_command() -> None:
    assert all(f"/{name}" in usage() for name in COMMANDS)


@given(st.text())
def test_any_line_can_be_read(text: str) -> None:
    assert parse_line(text).text == text.strip()
