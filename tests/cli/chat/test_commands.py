"""What a line typed into the chat asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.cli.chat.named_places import place_path
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


@pytest.mark.parametrize(
    "typed",
    [
        "上传　素材/海边 日落.png",
        "上传素材/海边 日落.png",
        "上传 素材／海边　日落．png",
        "上传 “素材/海边 日落.png”",
        "/上传 素材/海边 日落.png",
        "请上传 '素材/海边 日落.png'",
        r"upload 素材/海边\ 日落.png",
        "'{}/素材/海边 日落.png'",
    ],
)
def test_a_path_is_found_as_people_type_and_paste_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.chdir(tmp_path)
    sea = Path("素材", "海边 日落.png")
    sea.parent.mkdir()
    sea.touch()
    line = parse_line(typed.format(tmp_path), escapes=True)
    assert (line.command, [each.absolute() for each in line.paths]) == ("upload", [sea.absolute()])


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("上传 没有 这个.jpg", "没有 这个.jpg"),
        ("upload nosuch.mp4 and make it short", "nosuch.mp4"),
        ("/none/such.png", "/none/such.png"),
        ("~nosuchuser/fox.mp4", None),
        ("upload ~nosuchuser/fox.mp4", "~nosuchuser/fox.mp4"),
        ("export to ~nosuchuser/fox.mp4", None),
        ("upload my holiday photos", None),
        ("upload https://example.org/fox.mp4", None),
        ("上传我的照片", None),
        ("导出小猫.gif", None),
    ],
)
def test_a_path_that_is_not_there_is_no_message(typed: str, name: str | None) -> None:
    line = parse_line(typed)
    assert (line.command, line.paths) == ((None, ()) if name is None else ("upload", (Path(name),)))


@pytest.mark.parametrize(
    ("typed", "command"),
    [("/状态", "status"), ("／状态", "status"), ("/导出", "export"), ("／help", "help")],
)
def test_a_command_may_be_chinese(typed: str, command: str) -> None:
    assert parse_line(typed).command == command


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("导出到桌面", "桌面"),
        ("加标题“你好”，然后导出到桌面", "桌面"),
        ("导出gif到桌面", "桌面"),
        ("export as a gif to my desktop", "desktop"),
        ("export it to ~/nosuch", "~/nosuch"),
        ("加一个杯子在桌面上，然后导出", None),
        ("put a lamp on the desktop and export it", None),
        ("不要导出到桌面", None),
        ("导出到桌面/film.mp4", None),
    ],
)
def test_a_folder_is_named_by_the_order_to_export_alone(message: str, name: str | None) -> None:
    place = parse_line(message).place
    assert (None if place is None else place.name) == name


def test_a_path_may_begin_with_a_folder_of_the_desktop(own_home: Path) -> None:
    (own_home / "Schreibtisch").mkdir()
    (own_home / ".config").mkdir(exist_ok=True)
    chosen = own_home / ".config" / "user-dirs.dirs"
    chosen.write_text('XDG_DESKTOP_DIR="$HOME/Schreibtisch"\n')
    assert place_path(Path("桌面", "fox.mp4")) == own_home / "Schreibtisch" / "fox.mp4"
    assert place_path(Path("第二天／fox.mp4")) == Path("第二天", "fox.mp4")


def test_the_usage_names_every_command() -> None:
    assert all(f"/{name}" in usage() for name in COMMANDS)


@given(st.text())
def test_any_line_can_be_read(text: str) -> None:
    assert parse_line(text).text == text.strip()


@pytest.mark.parametrize(
    ("message", "files"),
    [
        ("帮我存成 小猫动图.gif", ["小猫动图.gif"]),
        ("导出为 “我的 电影”.gif", ["我的 电影.gif"]),
        ("导出为 我的 电影.mov", ["我的 电影.mov"]),
        ("导出成MP4，名字叫“我家的猫”", ["我家的猫.mp4"]),
        ("导出gif，文件名小猫动图", ["小猫动图.gif"]),
        ("export it as a gif named kitten", ["kitten.gif"]),
        ("再导出一个gif，名字叫 小猫动图", ["小猫动图.gif"]),
        ("导出为动图", ["gif"]),
        ("先导出mp4，再导出gif", ["mp4", "gif"]),
        ("/export 甲.gif 乙.mp4", ["甲.gif", "乙.mp4"]),
        ("导出甲.gif和乙.mp4", ["甲.gif", "乙.mp4"]),
        ("cut it to 5 seconds and export it as fox.gif", ["fox.gif"]),
        ("please export a.gif", ["a.gif"]),
        ("can you export it as a.gif?", ["a.gif"]),
        ("export it, then add a title and save as fox.gif", ["fox.gif"]),
        ("don't export it as fox.gif", []),
        ("不要导出gif", []),
    ],
)
def test_an_export_is_named_as_people_say_it(message: str, files: list[str]) -> None:
    named = parse_line(message).named
    assert [str(each.path or each.format) for each in named] == files


@pytest.mark.parametrize("text", ["export ", "导出", "and export as a b ", "甲.gif和", "/a b.jpg "])
def test_a_long_message_is_searched_for_names_at_its_end_only(text: str) -> None:
    # By a pattern that goes through all of it from each verb this would take minutes.
    assert parse_line(f"a panda {text * 20_000}").named == ()
