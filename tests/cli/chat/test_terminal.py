"""`nemovideo chat` on a terminal: editing, history, completion, Ctrl-C."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from nemovideo.cli.chat.terminal_input import ChatCompleter
from nemovideo.operations.ask import spoken_parts
from nemovideo.sandbox import Fault, Sandbox
from tests.cli.conftest import Run, Screen

ENTER, TAB, CTRL_C, CTRL_D, ALT_ENTER, UP = "\r", "\t", "\x03", "\x04", "\x1b\r", "\x1b[A"
PROMPT = "\x1b[?2004h"
"""Signals the start of a prompt to the terminal."""


def test_a_message_is_answered_and_ctrl_d_leaves(run: Run, screen: Screen, session: str) -> None:
    screen.type(PROMPT, f"add the title 'Hello'{ENTER}")
    screen.type("now reads", "")
    screen.type(PROMPT, CTRL_D)
    outcome = run("chat", session, on=screen)
    assert outcome.code == 0
    assert f"Go on with: nemovideo chat {session}" in screen.settle()
    assert "Red Fox · 3s · 1920x1080 · 3 tracks" in screen.shown  # the film that it opens with
    # What the agent said was on the screen; what changed follows.
    assert '"Red Fox" → "Hello"' in outcome.out


def test_the_history_is_readable_by_its_owner_only(
    run: Run, screen: Screen, session: str, own_home: Path
) -> None:
    screen.type(PROMPT, f"/session{ENTER}")
    screen.type(PROMPT, UP + ENTER)
    screen.type(PROMPT, CTRL_D)
    outcome = run("chat", session, on=screen)
    assert outcome.out.split() == [session, session]
    history = own_home / ".config" / "nemovideo" / "history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "+/session" in history.read_text()


def test_an_unwritable_history_does_not_stop_the_chat(
    run: Run, screen: Screen, own_home: Path, service: Sandbox
) -> None:
    (own_home / ".config").mkdir(exist_ok=True)
    (own_home / ".config" / "nemovideo").write_text("in the way")
    screen.type(PROMPT, f"/credits{ENTER}")
    screen.type(PROMPT, CTRL_D)
    assert "100,000" in run("chat", on=screen).out


def test_commands_and_file_names_are_completed(
    run: Run, screen: Screen, session: str, folder: Path
) -> None:
    (folder / "clip.mp4").write_bytes(b"")
    screen.type(PROMPT, f"/sess{TAB}")
    screen.type("ion", ENTER)
    screen.type(PROMPT, f"/upload cl{TAB}")
    screen.type("ip.mp4", CTRL_C)
    screen.type(PROMPT, CTRL_D)
    assert run("chat", session, on=screen).out.split() == [session]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("/upload sea", "\\ side.png"),
        ("上传 sea", "\\ side.png"),
        ('upload "sea', " side.png"),
        ("/上传 clip.mp4 sea\\ s", "ide.png"),
        ("/upload sea s", "ide.png"),
        ("/状", "/状态"),
    ],
)
def test_what_is_completed_is_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, typed: str, completed: str
) -> None:
    (folder / "sea side.png").touch()
    found = ChatCompleter().get_completions(Document(typed), CompleteEvent())
    assert [each.text for each in found] == [completed]


def test_alt_enter_and_a_backslash_begin_a_new_line(
    run: Run, screen: Screen, service: Sandbox, session: str
) -> None:
    screen.type(PROMPT, f"add the title{ALT_ENTER}'Hello'\\{ENTER}in red{ENTER}")
    screen.type(PROMPT, CTRL_D)
    assert run("chat", session, on=screen).code == 0
    sent = [turn.text for each in service.sessions for turn in each.turns]
    assert "add the title\n'Hello'\nin red" in sent


def test_ctrl_c_at_the_prompt_leaves_only_when_it_is_pressed_twice(
    run: Run, screen: Screen, session: str
) -> None:
    screen.type(PROMPT, CTRL_C)
    screen.type(PROMPT, f"half a message{ALT_ENTER}and more{CTRL_C}")
    screen.type(PROMPT, f"/session{ENTER}")
    screen.type(PROMPT, CTRL_C)
    screen.type(PROMPT, CTRL_C)
    outcome = run("chat", session, on=screen)
    assert (outcome.code, outcome.out.split()) == (0, [session])
    assert screen.settle().count("Ctrl-C again") == 2


def test_while_a_session_is_opened_the_screen_says_so(
    run: Run, screen: Screen, service: Sandbox, session: str
) -> None:
    with service.inject(Fault("states.retrieve", "stall")) as stalled:
        screen.when("Connecting", stalled.release)
        screen.type(PROMPT, CTRL_D)
        assert run("chat", session, on=screen).code == 0


def test_ctrl_c_stops_the_turn_and_not_the_chat(
    run: Run, screen: Screen, service: Sandbox, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise NotImplementedError

    # As on Windows, where no event loop of asyncio handles signals.
    monkeypatch.setattr("anyio.open_signal_receiver", refuse)
    screen.type(PROMPT, f"/status{ENTER}")
    screen.when("Working", lambda: os.kill(os.getpid(), signal.SIGINT))
    screen.type("Stopped.", "")
    screen.type(PROMPT, f"/session{ENTER}")
    screen.type(PROMPT, CTRL_D)
    with service.inject(Fault("states.retrieve", "stall", after=1)):
        outcome = run("chat", session, on=screen)
    assert (outcome.code, outcome.out.split()) == (0, [session])


def test_what_the_agent_said_is_not_repeated_where_a_hint_in_it_is_acted_on() -> None:
    said = "标题已改。轨道内容随时可以查看。 还有一句。"
    assert spoken_parts(said) == ["标题已改。", "还有一句。"]
