"""Progress in scripts: `on_event=nemovideo.show_progress()`."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import nemovideo
from nemovideo import NemoVideo
from nemovideo.errors import SessionNotFoundError
from nemovideo.events import RenderProgress, Text
from nemovideo.models.renders import Render
from nemovideo.sandbox import Sandbox
from tests.cli.conftest import Screen

PROMPT = "a 3-second video of a red fox"


@pytest.fixture
def client(service: Sandbox, tmp_path: Path) -> Iterator[NemoVideo]:
    with NemoVideo(base_url=service.url, config_dir=tmp_path / "config") as made:
        yield made


def test_a_pipe_gets_plain_lines(
    client: NemoVideo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = nemovideo.show_progress()
    video = client.generate(PROMPT, path=tmp_path / "fox.mp4", on_event=progress)
    out, err = capsys.readouterr()
    assert out == ""
    for part in ("Connecting…", "Your 3-second video", "Rendered", "Downloading…", "Saved"):
        assert part in err
    client.open_project(video.session_id).send("add the title 'Hello'", on_event=progress)
    assert capsys.readouterr().err.endswith("Answered\n")


def test_its_own_words_are_chinese_where_asked(
    client: NemoVideo, capsys: pytest.CaptureFixture[str]
) -> None:
    client.generate("一只狐狸, 3秒", export=False, on_event=nemovideo.show_progress("zh"))
    assert "正在连接…" in capsys.readouterr().err


def test_nothing_is_complete_where_an_error_ended_it(
    client: NemoVideo, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", screen.stderr)
    with pytest.raises(SessionNotFoundError):
        client.open_project("no-such").send("hi", on_event=nemovideo.show_progress())
    assert "Answered" not in screen.settle()


def test_a_terminal_is_given_back_when_the_answer_is_there(
    client: NemoVideo, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", screen.stderr)
    video = client.generate(PROMPT, on_event=nemovideo.show_progress())
    client.open_project(video.session_id).send(
        "add the title 'Hello'", on_event=nemovideo.show_progress()
    )
    assert not [thread for thread in threading.enumerate() if "_tick" in thread.name]
    shown = screen.settle()
    assert "Rendering" in shown
    assert "\x1b[?25h" in shown[shown.rindex("\x1b[?25l") :], "the cursor is hidden"


def test_two_at_once_do_not_draw_over_each_other(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", screen.stderr)
    first, second = nemovideo.show_progress(), nemovideo.show_progress()
    rendered = RenderProgress(Render(id="r", status="completed", progress=100))
    for progress in (first, second):
        progress(Text("Working on it.\n"))
    for progress in (first, second):
        progress(rendered)
    shown = screen.settle()
    assert shown.count("Working on it.") == 2
    assert shown.count("Rendered") == 2


def test_a_terminal_that_is_gone_ends_no_paid_work(
    client: NemoVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with contextlib.suppress(BrokenPipeError), os.fdopen(writer, "w", encoding="utf-8") as gone:
        monkeypatch.setattr(sys, "stderr", gone)
        video = client.generate(PROMPT, on_event=nemovideo.show_progress())
    assert video.url


def test_each_job_of_a_batch_has_its_lines(
    client: NemoVideo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [nemovideo.Job(PROMPT, key="fox"), nemovideo.Job("a cat", key="cat")]
    client.batch(jobs, out=tmp_path / "films", on_event=nemovideo.show_progress())
    lines = capsys.readouterr().err.splitlines()
    for key in ("fox", "cat"):
        own = [line.split(" (")[0] for line in lines if line.startswith(f"{key}: ")]
        assert own == [f"{key}: Connecting…", f"{key}: Rendered", f"{key}: Saved"]
    assert len(lines) == 6
