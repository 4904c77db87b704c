"""What is left on the screen of a real terminal, as tmux draws it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nemovideo.sandbox import Fault, Sandbox
from nemovideo.timeline.wording import display_width

TMUX = shutil.which("tmux")
PATIENCE = 60
pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not installed")


class Pane:
    """A shell in a terminal of its own."""

    def __init__(self, width: int, folder: Path, service: Sandbox) -> None:
        self._socket = f"nemovideo-{uuid.uuid4().hex}"
        self._environment = os.environ | {
            "LANG": "C.UTF-8",
            "NEMO_API_URL": service.url,
            "NEMO_WEB_URL": service.web_url,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        size = ("-x", str(width), "-y", "40")
        self._tmux("new-session", "-d", *size, "-c", str(folder), "bash --norc -i")
        # What is typed before the shell reads is echoed twice.
        self.wait_for(r".*[$#]$")

    def _tmux(self, *arguments: str) -> str:
        command = [TMUX or "tmux", "-L", self._socket, "-f", "/dev/null", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, env=self._environment
        ).stdout

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def press(self, key: str) -> None:
        self._tmux("send-keys", key)

    @property
    def lines(self) -> list[str]:
        """What the screen shows, without what is empty at its end."""
        return self._tmux("capture-pane", "-p").rstrip().split("\n")

    def wait_for(self, pattern: str) -> list[str]:
        """Return the lines as soon as one of them begins with what `pattern` matches."""
        deadline = time.monotonic() + PATIENCE
        shown = self.lines
        while not any(re.match(pattern, line) for line in shown):
            assert time.monotonic() < deadline, f"no {pattern!r} in {shown}"
            time.sleep(0.05)  # a terminal tells nobody that it has drawn something
            shown = self.lines
        return shown

    @property
    def title(self) -> str:
        """What the terminal's window is called."""
        return self._tmux("display-message", "-p", "#{pane_title}").strip()

    def close(self) -> None:
        self._tmux("kill-server")


@pytest.fixture
def open_pane(folder: Path, service: Sandbox) -> Iterator[Callable[[int], Pane]]:
    """Open terminals of a given width; they are closed at the end."""
    panes: list[Pane] = []

    def open_one(width: int) -> Pane:
        panes.append(Pane(width, folder, service))
        return panes[-1]

    yield open_one
    for pane in panes:
        pane.close()


def run(pane: Pane, *arguments: str) -> None:
    """Run a command line on a cleared screen, and then tell its exit code."""
    pane.type(f"clear; nemovideo {shlex.join(arguments)}; echo code $?\n")


def test_a_generation_leaves_its_lines_and_nothing_else(
    open_pane: Callable[[int], Pane],
) -> None:
    pane = open_pane(80)
    pane.type(
        "clear; nemovideo generate 'a 3-second video of a red fox' -o fox.mp4; echo code $?\n"
    )
    shown = pane.wait_for(r"code \d")
    assert shown[0].startswith("✓ Ready")
    assert [line for line in shown if line.startswith(("✓", "code"))][1:] == [
        "✓ Answered",
        next(line for line in shown if line.startswith("✓ Rendered")),
        next(line for line in shown if line.startswith("✓ Saved (")),
        "code 0",
    ]
    spoken = shown[1 : shown.index("✓ Answered")]
    assert all(line.startswith("  ") or not line for line in spoken)
    assert "1. Video  ├red fox" in "\n".join(shown)
    assert shown[shown.index("code 0") - 1] == "fox.mp4"


def test_no_line_wraps_on_a_narrow_terminal_with_chinese_letters(
    open_pane: Callable[[int], Pane],
) -> None:
    pane = open_pane(40)
    run(pane, "generate", "一只熊猫在竹林里散步，3 秒", "--no-export")
    shown = pane.wait_for("code 0")
    assert max(map(display_width, shown)) <= 40
    assert [line[:2] for line in shown if line.startswith(("1.", "2.", "3."))] == ["1.", "2.", "3."]
    assert shown.count("✓ 已回复") == 1


def test_ctrl_c_restores_the_terminal_and_names_the_next_command(
    open_pane: Callable[[int], Pane], folder: Path, service: Sandbox
) -> None:
    pane = open_pane(80)
    with service.inject(Fault("messages.stream", "stall", events=3)):
        pane.type(
            "clear; nemovideo generate 'a 3-second video of a fox' -o fox.mp4; echo code $?\n"
        )
        pane.wait_for("✓ Ready")
        pane.press("C-c")
        shown = pane.wait_for("code 130")
    assert "Interrupted. Pick the work up again with: nemovideo recover" in shown
    assert not any(line.startswith(("⠋", "⠙", "⠹", "⠸")) for line in shown)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_next_command_and_the_path_end_a_generation_at_any_width(
    open_pane: Callable[[int], Pane], width: int
) -> None:
    pane = open_pane(width)
    run(pane, "generate", "a 2-second fox", "-o", "fox.mp4", "--no-color")
    shown = pane.wait_for(r"code \d")
    assert max(map(display_width, shown)) <= width
    assert shown[-3:-1] == ["fox.mp4", "code 0"]
    assert re.search(r"Edit it: nemovideo chat [0-9a-f-]{36}fox.mp4", "".join(shown))


def test_the_findings_of_doctor_fit_the_terminal(open_pane: Callable[[int], Pane]) -> None:
    pane = open_pane(60)
    run(pane, "doctor")
    shown = pane.wait_for("code 0")
    assert [line for line in shown if line.startswith("✓ service")]
    assert "Healthy." in shown


def test_text_of_the_service_cannot_change_screen_or_title(
    open_pane: Callable[[int], Pane], service: Sandbox
) -> None:
    pane = open_pane(80)
    evil = "no \x1b[2J\x1b]0;pwned\x07\x1b[8m\rfox"
    with service.inject(Fault("credits.retrieve", "code", code=400, message=evil)):
        run(pane, "credits")
        shown = pane.wait_for("code 1")
    assert [line for line in shown if line.startswith("Error: ") and "fox" in line]
    assert pane.title != "pwned"
