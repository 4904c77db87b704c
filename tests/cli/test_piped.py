"""`-o -`: the film on stdout."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nemovideo.sandbox import Fault, Sandbox
from tests.cli.conftest import Run, Screen

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(folder: Path, service: Sandbox) -> Start:
    """Start a command in a process of its own."""

    def begin(*arguments: str, **streams: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "nemovideo", *arguments, "--base-url", service.url]
        taken = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": folder}
        return subprocess.Popen(command, **{**taken, **streams})  # type: ignore[call-overload,no-any-return]  # chosen above

    return begin


def test_only_the_generated_video_goes_to_stdout(start: Start, folder: Path) -> None:
    with start("generate", "a 1-second fox", "-o", "-") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out[4:8] == b"ftyp"
    assert b"1. Video" in err
    assert b"nemovideo chat" in err
    assert list(folder.iterdir()) == []


def test_an_exported_film_has_the_bytes_that_a_file_has(
    start: Start, run: Run, session: str, folder: Path
) -> None:
    assert run("export", session, "-o", "fox.gif", "-q").code == 0
    with start("export", session, "-o", "-", "--format", "gif", "--quiet") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert out == (folder / "fox.gif").read_bytes()


@pytest.mark.parametrize("command", [["generate", "a fox"], ["export", "s1"]])
def test_json_and_a_video_cannot_both_go_to_stdout(run_alone: Run, command: list[str]) -> None:
    outcome = run_alone(*command, "-o", "-", "--json")
    assert outcome.code == 2
    assert outcome.last["error"] == "UsageError"


@pytest.mark.parametrize("command", [["generate", "a fox"], ["export", "s1"]])
def test_no_video_is_written_to_a_terminal(
    run_alone: Run, screen: Screen, command: list[str]
) -> None:
    outcome = run_alone(*command, "-o", "-", out=screen)
    assert outcome.code == 2
    assert "terminal" in outcome.err


def test_no_video_is_made_for_a_missing_stdout(
    run: Run, service: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = len(service.requests)
    monkeypatch.setattr(sys, "stdout", None)
    assert run("generate", "a fox", "-o", "-").code == 2
    assert len(service.requests) == sent


def test_a_full_disk_behind_stdout_is_an_error_that_names_the_session(
    start: Start, session: str
) -> None:
    writing = os.open("/dev/full", os.O_WRONLY)
    with start("export", session, "-o", "-", stdout=writing) as process:
        os.close(writing)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"nemovideo export {session} -o FILE --base-url" in err.decode()


def test_a_closed_pipe_is_no_error_message(start: Start, session: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with start("export", session, "-o", "-", "--quiet", stdout=writing) as process:
        os.close(writing)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, b"")


def test_a_broken_download_writes_nothing(start: Start, session: str, service: Sandbox) -> None:
    broken = [
        Fault(name, "status", status=404, times=9) for name in ("files.*", "renders.download")
    ]
    with service.inject(*broken), start("export", session, "-o", "-") as process:
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, b"")
