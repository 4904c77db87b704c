"""`nemovideo chat` in a pipe: one message a line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nemovideo.sandbox import Sandbox
from tests.cli.conftest import Run


def test_a_conversation_from_a_pipe(run: Run, folder: Path) -> None:
    outcome = run(
        "chat",
        stdin="a 3-second video of a red fox\n"
        "\n"
        "add the title \\\n'Hello'\n"
        "/status\nhow many credits do I have left?\nexport\n",
    )
    assert outcome.code == 0, outcome.err
    assert "Your 3-second video is ready: red fox." in outcome.out
    assert '"Red Fox" → "Hello"' in outcome.out
    assert '3. Title  ├"Hello" ─' in outcome.out
    assert "You have 99,900 credits." in outcome.out
    # It is called after its title, and the folder is named, but no link that expires.
    assert outcome.out.endswith(f"Exported to {folder / 'hello.mp4'}\n")
    assert (folder / "hello.mp4").exists()
    assert "Your 3-second" not in outcome.err


def test_each_reply_is_an_object_with_json(run: Run, session: str) -> None:
    outcome = run("chat", session, "--json", stdin="/credits\n/session\n/status\n/link\n/help\n")
    replies = [each for each in outcome.objects if each["type"] == "reply"]
    assert [each["route"] for each in replies] == ["credits", "session", "state", "link", "help"]
    assert outcome.last == {"type": "result", "session_id": session}


def test_an_error_is_reported_and_the_chat_continues(run: Run, session: str) -> None:
    outcome = run("chat", session, stdin="/exprot\n/session\n")
    assert outcome.code == 0
    assert "There is no /exprot." in outcome.err
    assert outcome.out == f"{session}\n"


def test_a_last_message_that_fails_is_code_1(run: Run, session: str) -> None:
    outcome = run("chat", session, "--json", stdin="/exprot\n")
    assert outcome.code == 1
    assert [each["type"] for each in outcome.objects] == ["failed", "result"]


def test_an_unknown_session_is_refused_before_anything_is_typed(run: Run) -> None:
    outcome = run("chat", "nope", "--json", stdin="/exprot\n")
    assert outcome.code == 1
    assert [each["error"] for each in outcome.objects] == ["SessionNotFoundError"]


def test_a_chinese_chat_has_chinese_help(run: Run, session: str) -> None:
    outcome = run("chat", session, stdin="积分\n/exprot\n")
    assert "Error: 没有 /exprot 这个命令。/help 列出所有命令；" in outcome.err


def test_quit_ends_it(run: Run, session: str) -> None:
    assert run("chat", session, stdin="quit\n/session\n").out == ""


def test_files_are_uploaded(run: Run, session: str, folder: Path) -> None:
    outcome = run("chat", session, stdin="/export clip.mp4\n/upload clip.mp4\n/upload\n")
    assert outcome.code == 0, outcome.err
    assert (folder / "clip.mp4").exists()
    assert "Uploaded: clip.mp4" in outcome.out
    assert "Which file?" in outcome.out


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("export as film.gif", "film.gif"),
        ("导出为 成片.gif", "成片.gif"),
        ("下载为成片.mov", "成片.mov"),
        ("please export it to out/film.mov", "out/film.mov"),
        ("导出成 gif", "red-fox.gif"),
        ('export it as "my fox.mov"', "my fox.mov"),
        ("/export film.mov", "film.mov"),
        ("/export webm", "red-fox.webm"),
    ],
)
def test_an_export_keeps_the_name_and_the_format_that_a_message_names(
    run: Run, session: str, folder: Path, message: str, name: str
) -> None:
    (folder / "out").mkdir()
    outcome = run("chat", session, stdin=f"{message}\n")
    assert (outcome.code, outcome.err.count("Error")) == (0, 0), outcome.err
    head = (folder / name).read_bytes()[:12]
    assert head.startswith(b"GIF8") == name.endswith(".gif")
    assert (b"ftypqt" in head) == name.endswith(".mov")


@pytest.mark.parametrize(
    ("message", "name"),
    [("导出到桌面", "red-fox.mp4"), ("export fox.gif to my desktop", "fox.gif")],
)
def test_an_export_goes_to_the_folder_that_is_named_or_is_refused(
    run: Run, session: str, folder: Path, own_home: Path, message: str, name: str
) -> None:
    refused = run("chat", session, stdin=f"{message}\n")
    assert (refused.code, list(folder.iterdir())) == (1, [])
    assert re.search("There is no folder desktop here|这里没有“桌面”", refused.err)
    (own_home / "桌面").mkdir()
    outcome = run("chat", session, stdin=f"{message}\n")
    assert outcome.out.rstrip().endswith(str(own_home / "桌面" / name))
    assert (own_home / "桌面" / name).stat().st_size


@pytest.mark.parametrize("typed", ["上传 素材/没有 这个.jpg", "上传没有.jpg", "upload nosuch.mp4"])
def test_a_file_to_upload_that_is_not_there_is_named_and_nothing_is_sent(
    run: Run, service: Sandbox, session: str, typed: str
) -> None:
    def turns() -> int:
        return sum(len(each.turns) for each in service.sessions)

    before = turns()
    outcome = run("chat", session, stdin=f"{typed}\n")
    name = re.sub("^(上传|upload) ?", "", typed)
    assert f"There is no file {name}." in outcome.err
    assert (outcome.code, turns()) == (1, before)


def test_several_exports_are_all_made_and_a_name_that_is_not_read_is_answered(
    run: Run, session: str, folder: Path
) -> None:
    outcome = run("chat", session, stdin="导出为 我的 甲.gif 和 乙.mp4\n/export 丙 丁.gif\n")
    assert outcome.code == 1
    assert {each.name for each in folder.iterdir()} == {"我的 甲.gif", "乙.mp4"}
    assert "导出小猫动图.gif" in outcome.err


def test_a_format_that_no_video_is_exported_in_is_named(run: Run, session: str) -> None:
    outcome = run("chat", session, stdin="export as film.avi\n")
    assert outcome.code == 1
    assert "No video is exported as film.avi: let it end in .mp4, .mov" in outcome.err


def test_an_empty_pipe_asks_for_nothing(run: Run) -> None:
    outcome = run("chat", "--json", stdin="")
    assert outcome.objects == [{"type": "result", "session_id": None}]


def test_chinese_is_answered_in_chinese(run: Run) -> None:
    outcome = run("chat", stdin="一只狐狸，3 秒\n还剩多少积分？\n/help\n")
    assert "您还有 99,900 积分。" in outcome.out
    assert "用您自己的话" in outcome.out
