"""A command line that is run in this process, a sandbox for it, and terminals of two kinds."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pytest

from nemovideo.cli import main
from nemovideo.sandbox import AgentBehavior, Sandbox


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The lines of stdout as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        """The last line of stdout as JSON."""
        return self.objects[-1]


Run = Callable[..., Outcome]


@pytest.fixture
def anyio_backend() -> str:
    """The command line runs on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def service() -> Iterator[Sandbox]:
    """One sandbox for all, with credits enough and an agent that always answers."""
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with Sandbox(
        stub_renders=True, behavior=behavior, credits=100_000, token_limit=1000
    ) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    made = tmp_path / "work"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def run_alone(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run a command line in an empty folder, in a pipe with `stdin` in it, or `on` a terminal.

    Results go to a pipe there too, unless they go `out` to a terminal.
    """

    def run(
        *arguments: str, stdin: str = "", on: Screen | None = None, out: Screen | None = None
    ) -> Outcome:
        capfd.readouterr()
        with monkeypatch.context() as patch:
            # Not earlier: pytest sets these anew when a test begins.
            patch.setattr(sys, "stdin", on.stdin if on else io.StringIO(stdin))
            if on is not None:
                patch.setattr(sys, "stderr", on.stderr)
            if out is not None:
                patch.setattr(sys, "stdout", out.stderr)
            code = main(arguments)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def run(run_alone: Run, service: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line against the sandbox, as its address is in the environment."""
    monkeypatch.setenv("NEMO_API_URL", service.url)
    monkeypatch.setenv("NEMO_WEB_URL", service.web_url)
    return run_alone


@pytest.fixture
def session(run: Run) -> str:
    """A session with a three-second video in it that has not been rendered."""
    made = run("generate", "a 3-second video of a red fox", "--no-export", "--quiet")
    assert made.code == 0, made.err
    return made.out.strip()


@dataclass
class Screen:
    """A terminal that can be a command's stdin and stderr, and somebody who types on it."""

    master: int
    stdin: TextIO
    stderr: TextIO
    shown: str = ""
    _due: list[tuple[str, Callable[[], object]]] = field(default_factory=list)

    def when(self, text: str, act: Callable[[], object]) -> None:
        """Do `act` once `text` has been shown since the last such time."""
        self._due.append((text, act))

    def type(self, text: str, keys: str) -> None:
        """Type `keys` once `text` has been shown since the last such time."""
        self.when(text, lambda: os.write(self.master, keys.encode()))

    def settle(self) -> str:
        """Return all that was shown, once everything that was written has arrived."""
        arrived = threading.Event()
        self.when("\N{SYMBOL FOR END OF TEXT}", arrived.set)
        self.stderr.write("\N{SYMBOL FOR END OF TEXT}")
        self.stderr.flush()
        assert arrived.wait(30), f"still waiting for {self._due[0][0]!r} in {self.shown!r}"
        return self.shown

    def follow(self) -> None:
        """Read what is shown until the terminal is closed."""
        since, rest = 0, b""
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            rest += data
            self.shown = rest.decode(errors="replace")
            while self._due and (found := self.shown.find(self._due[0][0], since)) >= 0:
                text, act = self._due.pop(0)
                since = found + len(text)
                act()


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """A terminal of 80 columns."""
    # Not at the top: on Windows, tests without a terminal can be run.
    import pty
    import termios

    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (40, 80))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PROMPT_TOOLKIT_NO_CPR", "1")  # nobody here can say where the cursor is
    monkeypatch.delenv("NO_COLOR", raising=False)
    with (
        open(slave, encoding="utf-8", closefd=False) as stdin,
        open(slave, "w", encoding="utf-8", closefd=False) as stderr,
    ):
        made = Screen(master, stdin, stderr)
        follower = threading.Thread(target=made.follow)
        follower.start()
        yield made
    os.close(slave)
    follower.join()
    os.close(master)
