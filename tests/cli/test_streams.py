"""A command whose standard streams are missing, closed, full, or read by nobody."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nemovideo.cli import main
from nemovideo.cli.streams import standard_streams
from nemovideo.sandbox import Sandbox

pytestmark = pytest.mark.skipif(os.name != "posix", reason="descriptors are closed by a shell")

Shell = Callable[..., "subprocess.CompletedProcess[str]"]

MISSING = [
    ">&-",
    "2>&-",
    "<&-",
    ">&- 2>&-",
    "<&- >&- 2>&-",
    ">/dev/full",
    "2>/dev/full",
    ">/dev/full 2>&1",
    "</dev/full >&- 2>/dev/full",
]


@pytest.fixture
def shell(folder: Path, service: Sandbox) -> Shell:
    """Run a command line in a shell, with a redirection behind it."""

    def run(*arguments: str, behind: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nemovideo", *arguments, "--base-url", service.url]
        return subprocess.run(
            f"exec {shlex.join(command)} {behind}",
            shell=True,
            cwd=folder,
            input="",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.mark.parametrize("redirection", MISSING)
def test_a_video_is_made_with_any_standard_streams(
    shell: Shell, folder: Path, redirection: str
) -> None:
    ended = shell("generate", "a 1-second fox", "-o", "fox.mp4", behind=redirection)
    assert ended.returncode == 0, ended.stderr
    assert (folder / "fox.mp4").read_bytes()[4:8] == b"ftyp"
    assert "Traceback" not in ended.stderr
    assert [path.name for path in folder.iterdir()] == ["fox.mp4"]


@pytest.mark.parametrize("redirection", ["<&-", "<&- >&-", "<&- >&- 2>&-"])
def test_a_chat_without_stdin_ends_at_once(shell: Shell, redirection: str) -> None:
    ended = shell("chat", behind=redirection)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe_is_no_error(
    service: Sandbox, unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "nemovideo", "credits", "--base-url", service.url]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_slow_reader_of_a_non_blocking_pipe_gets_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with subprocess.Popen(
            [sys.executable, "-c", "import sys; print(len(sys.stdin.buffer.read()))"],
            stdin=reader,
            stdout=subprocess.PIPE,
        ) as slow:
            with standard_streams():
                sys.stdout.write("x" * 1_000_000)
            stream.close()
            assert slow.communicate()[0] == b"1000000\n"


@pytest.mark.parametrize("name", ["stdout", "stderr", "stdin"])
def test_a_missing_stream_is_missing_again_afterwards(
    monkeypatch: pytest.MonkeyPatch, name: str, service: Sandbox
) -> None:
    monkeypatch.setattr(sys, name, None)
    assert main(["credits", "--base-url", service.url]) == 0
    assert getattr(sys, name) is None


def test_nothing_is_written_to_a_closed_stream(
    monkeypatch: pytest.MonkeyPatch, service: Sandbox
) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    assert main(["credits", "--base-url", service.url]) == 0


def test_a_stream_of_another_kind_is_written_as_it_is(
    monkeypatch: pytest.MonkeyPatch, service: Sandbox
) -> None:
    own = io.StringIO()
    monkeypatch.setattr(sys, "stdout", own)
    assert main(["credits", "--json", "--base-url", service.url]) == 0
    assert json.loads(own.getvalue())["type"] == "result"


def test_a_sandbox_without_streams_serves(folder: Path) -> None:
    code = (
        "import os, signal, sys, threading, time; sys.stdout = sys.stderr = None\n"
        "from nemovideo.sandbox.__main__ import main\n"
        "def stop():\n"
        "    while not callable(signal.getsignal(signal.SIGTERM)): time.sleep(0.01)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "threading.Thread(target=stop).start()\n"
        "sys.exit(main(['--port', '0']))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
