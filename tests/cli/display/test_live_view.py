"""What a terminal shows while a command runs."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from nemovideo.cli.display.live_view import LiveView, status_line
from nemovideo.events import Heartbeat, RenderProgress, StillWorking, Text
from nemovideo.models.renders import Render
from nemovideo.progress.tracker import ProgressOptions, Stage, StageName
from nemovideo.sandbox import Fault, Sandbox
from nemovideo.timeline.wording import display_width
from tests.cli.conftest import Run, Screen

PHASES: list[StageName] = [
    *("connecting", "uploading", "working", "reconnecting", "rendering", "downloading"),
]


def test_a_wide_terminal_shows_a_bar() -> None:
    line = status_line(Stage("rendering", 0, 50, 100), 0, 8, 80, ascii_only=False).plain
    assert line == f"⠋ Rendering {'━' * 16}{'─' * 16}  50 %  0:08"


def test_a_narrow_one_has_none() -> None:
    line = status_line(Stage("rendering", 0, 50, 100), 0, 8, 40, ascii_only=False).plain
    assert line == "⠋ Rendering  50 %  0:08"


def test_a_terminal_without_unicode_gets_ascii() -> None:
    line = status_line(Stage("rendering", 0, 50, 100), 0, 8, 80, ascii_only=True).plain
    assert line.isascii()
    assert "=" * 16 in line


@given(
    st.sampled_from(PHASES),
    st.floats(0, 1e12),
    st.floats(0, 1e12),
    st.floats(0, 1e6),
    st.integers(10, 200),
    st.booleans(),
)
def test_the_status_line_never_wraps(
    phase: StageName, done: float, total: float, now: float, width: int, ascii_only: bool
) -> None:
    line = status_line(Stage(phase, 0, done, total), 0, now, width, ascii_only).plain
    assert "\n" not in line
    assert display_width(line) < width


def drawn(language: str | None, *events: Text | Heartbeat | StillWorking | RenderProgress) -> str:
    """Return what stays on a terminal of 40 columns."""
    file = io.StringIO()
    console = Console(file=file, width=40, force_terminal=True, color_system=None)
    with LiveView(console, ProgressOptions(language)) as view:
        for event in events:
            view.event(event)
        view.finish()
    return file.getvalue()


def test_markup_in_what_the_agent_says_is_text() -> None:
    assert "[red]hello[/red] :smile:" in drawn("en", Text("[red]hello[/red] :smile:\nmore to come"))


def test_silence_is_shown_above_the_live_line() -> None:
    assert "⏳ Still working… (2 min)" in drawn("en", Heartbeat(), StillWorking(120))


def test_a_render_that_stays_is_no_download() -> None:
    shown = drawn("en", RenderProgress(Render(id="r", status="completed", progress=100)))
    assert "✓ Rendered" in shown
    assert "Saved" not in shown


def test_a_generation_is_drawn_from_connecting_to_the_timeline(
    run: Run, screen: Screen, folder: Path
) -> None:
    outcome = run("generate", "a 3-second video of a red fox", "-o", "fox.mp4", on=screen)
    assert (outcome.code, outcome.out) == (0, "fox.mp4\n")
    shown = screen.settle()
    for part in ("Connecting", "Ready", "Your 3-second video", "Rendering", "Saved", "1. Video"):
        assert part in shown
    assert "\x1b[?25h" in shown[shown.rindex("\x1b[?25l") :], "the cursor is hidden"


def test_no_color_has_no_colours(
    run: Run, screen: Screen, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    run("generate", "a 3-second video of a red fox", "--no-export", on=screen)
    assert not [code for code in range(30, 38) if f"\x1b[{code}m" in screen.settle()]


def test_an_error_stands_out_in_one_line(run: Run, screen: Screen) -> None:
    assert run("status", "nope", on=screen).code == 1
    assert "Error: " in screen.settle()


def test_a_dumb_terminal_gets_plain_lines(
    run: Run, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    run("generate", "a 3-second video of a red fox", "--no-export", on=screen)
    shown = screen.settle()
    assert "Connecting…\r\nReady" in shown
    assert "\x1b" not in shown


def test_waiting_is_shown_in_place(
    run: Run, screen: Screen, service: Sandbox, session: str, folder: Path
) -> None:
    faults = [
        Fault(name, "status", status=404, times=9) for name in ("files.*", "renders.download")
    ]
    with service.inject(*faults):
        assert run("export", session, "-o", "fox.mp4", "-q").code == 1
    assert run("recover", on=screen).code == 0
    assert "Finishing the render" in screen.settle()


def test_ctrl_c_leaves_no_partial_file_and_says_how_to_continue(
    run: Run, screen: Screen, service: Sandbox, session: str, folder: Path
) -> None:
    screen.when("Rendering", lambda: os.kill(os.getpid(), signal.SIGINT))
    with service.inject(Fault("renders.create", "stuck_render")):
        outcome = run("export", session, "-o", "fox.mp4", on=screen)
    assert (outcome.code, outcome.out) == (130, "")
    assert list(folder.iterdir()) == []
    assert "Interrupted. Pick the work up again with: nemovideo recover" in screen.settle()
    assert "fox.mp4" in run("recover", "--list").out


def test_ctrl_c_with_json_is_an_error_object(
    run: Run, service: Sandbox, screen: Screen, session: str
) -> None:
    asked = len(service.requests)

    def interrupt() -> None:
        while not any(each.path.endswith("/latest") for each in service.requests[asked:]):
            time.sleep(0.01)  # the sandbox tells nobody that a request has come
        os.kill(os.getpid(), signal.SIGINT)

    with service.inject(Fault("states.retrieve", "stall")):
        threading.Thread(target=interrupt, daemon=True).start()
        outcome = run("status", session, "--json")
    assert outcome.code == 130
    assert outcome.last == {
        "type": "error",
        "error": "InterruptedByUserError",
        "message": "Interrupted.",
        "hint": None,
    }


def test_the_incomplete_line_is_above_the_status_line() -> None:
    file = io.StringIO()
    console = Console(file=file, width=40, force_terminal=True, color_system=None)
    view = LiveView(console, ProgressOptions("en"))
    view.event(Text("The fox is red and it runs"))
    console.print(view)
    said, status = file.getvalue().splitlines()[-2:]
    assert said.startswith("  The fox is red")
    assert "Working" in status
