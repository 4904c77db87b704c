"""`nemovideo chat` on a terminal: editing, history, completion, Ctrl-C."""

from __future__ import annotations

import os

import pytest

from tests.cli.conftest import Run, Screen

ENTER, TAB, CTRL_C, CTRL_D, ESCAPE, UP = "\r", "\t", "\x03", "\x04", "\x1b", "\x1b[A"
PROMPT = "> "


@pytest.fixture(autouse=True)
def asked_where_it_stands(screen: Screen) -> None:
    """No terminal answers here, so nobody is to be asked."""
    os.environ["PROMPT_TOOLKIT_NO_CPR"] = "1"


def test_a_message_is_sent_with_enter_and_ctrl_d_leaves(
    run: Run, screen: Screen, session: str
) -> None:
    screen.type(PROMPT, f"add the title 'Hello'{ENTER}")
    screen.type("Hello", "")
    screen.type("now reads", "")
    screen.type(PROMPT, CTRL_D)
    outcome = run_on(screen, run, session)
    assert outcome == 0
    assert f"Go on with: nemovideo chat {session}" in screen.settle()


def run_on(screen: Screen, run: Run, session: str) -> int:
    """Run the chat with the screen as its stdin."""
    return run("chat", session, stdin=None).code
