"""A message that was cut off by a kill or by Ctrl-C, and what the chat and exports make of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Timing
from nemovideo.sandbox import Fault, Sandbox
from tests.cli.chat.test_terminal import CTRL_D, ENTER, PROMPT
from tests.cli.conftest import Outcome, Run, Screen

FOX = "a 3-second video of a red fox"
WAITS = Timing(poll_first=0.02, poll_max=0.05, silent_recheck=0.01, recovery_waits=(0.02,) * 5)


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nemovideo.cli.client_context._PACED", WAITS)


@pytest.fixture
def killed(run: Run, service: Sandbox) -> str:
    """A session whose first message was sent by a process that was killed meanwhile."""
    command = [sys.executable, "-m", "nemovideo", "generate", FOX, "--json", "--no-export"]
    with (
        service.inject(Fault("messages.stream", "heartbeats")),
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim,
    ):
        assert victim.stdout is not None
        started = next(line for line in victim.stdout if "session_id" in line)
        next(line for line in victim.stdout if "heartbeat" in line)
        victim.send_signal(signal.SIGKILL)
    session = json.loads(started)["session_id"]
    assert isinstance(session, str)
    return session


def count_turns(service: Sandbox, session: str) -> int:
    return next(len(each.turns) for each in service.sessions if each.session_id == session)


def test_after_a_kill_exports_warn_and_the_chat_picks_the_message_up(
    run: Run, service: Sandbox, killed: str
) -> None:
    warning = f"A message of session {killed} has not ended: the film may not be complete yet."
    assert warning in run("export", killed).err
    assert warning in run("status", killed).err
    named = run("chat", stdin="/help\n").err
    assert f"Not finished yet: {killed}. Pick the work up again with: nemovideo recover" in named
    outcome = run("chat", "last", stdin="export\n")
    assert outcome.code == 0, outcome.err
    assert "The last message of this session has not ended." in outcome.err
    ended, exported = outcome.out.split("Exported to")
    assert "The last message has ended. The film now:" in ended
    assert "1. Video  ├red fox ─" in ended
    assert exported
    assert "may not be complete" not in outcome.err
    assert "has not ended" not in run("chat", killed, stdin="/session\n").err
    assert count_turns(service, killed) == 1


def test_what_another_process_is_working_on_is_reported(
    run: Run, service: Sandbox, killed: str
) -> None:
    async def hold() -> Outcome:
        async with AsyncNemoVideo(base_url=service.url, timing=WAITS) as client:
            (item,) = await client.recover()
            with service.inject(Fault("states.retrieve", "stall", times=1)) as stalled:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(item.resume)
                    while not stalled.hits:
                        await anyio.lowlevel.checkpoint()
                    outcome = await anyio.to_thread.run_sync(
                        lambda: run("chat", killed, stdin="/session\n")
                    )
                    stalled.release()
            return outcome

    assert "Another process is at work on a message of this session" in anyio.run(hold).err


def test_after_ctrl_c_the_next_message_waits_for_the_one_before(
    run: Run, screen: Screen, service: Sandbox, session: str
) -> None:
    before = count_turns(service, session)
    beating = service.inject(Fault("messages.stream", "heartbeats"))

    def interrupt() -> None:
        while not beating.hits:  # "Working" is shown before the message is sent
            threading.Event().wait(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    screen.type(PROMPT, f"add the title 'Hello'{ENTER}")
    screen.when("Working", interrupt)
    screen.type("Stopped.", "")
    screen.type(PROMPT, f"/status{ENTER}")
    screen.type("The last message of this session has not ended.", "")
    screen.type(PROMPT, CTRL_D)
    with beating:
        outcome = run("chat", session, on=screen)
    assert outcome.code == 0
    assert "The last message has ended." in outcome.out
    assert '├"Hello" ─' in outcome.out
    assert count_turns(service, session) == before + 1


def test_a_journal_that_cannot_be_used_keeps_nobody_from_working(
    run: Run, session: str, own_home: Path
) -> None:
    folder = own_home / ".config" / "nemovideo"
    for each in folder.glob("journal.sqlite3*"):
        each.unlink()
    (folder / "journal.sqlite3").mkdir()
    outcome = run("chat", session, stdin="add the title 'Hello'\n/status\nexport\n")
    assert outcome.code == 0, outcome.err
    assert '├"Hello" ─' in outcome.out
    assert "Exported to" in outcome.out
    assert outcome.err.count("so unfinished work is not known") == 1
