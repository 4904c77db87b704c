"""A message that was cut off by a kill or by Ctrl-C, and what the chat and exports make of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Timing
from nemovideo.sandbox import Fault, Injection, Sandbox
from tests.cli.chat.test_terminal import CTRL_C, CTRL_D, ENTER, PROMPT
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
                    listed = await anyio.to_thread.run_sync(lambda: run("recover", "--list"))
                    stalled.release()
            assert f"Another process is at work on a message of session {killed}." in listed.err
            return outcome

    assert "Another process is at work on a message of this session" in anyio.run(hold).err


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def press_ctrl_c_in(injection: Injection) -> None:
    while not injection.hits:  # the screen is ahead of the request
        threading.Event().wait(0.01)
    press_ctrl_c()


@contextmanager
def interrupted_title(screen: Screen, service: Sandbox) -> Iterator[None]:
    """Type a message into the chat that is run meanwhile, and press Ctrl-C once it is sent."""
    beating = service.inject(Fault("messages.stream", "heartbeats"))
    screen.type(PROMPT, f"add the title 'Hello'{ENTER}")
    screen.when("Working", lambda: press_ctrl_c_in(beating))
    screen.type("charges for it", "")
    with beating:
        yield


@pytest.mark.parametrize("locale", ["C", "zh_CN.UTF-8"])
def test_recover_shows_the_film_that_came_of_an_interrupted_edit(
    run: Run,
    screen: Screen,
    service: Sandbox,
    session: str,
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
) -> None:
    with interrupted_title(screen, service):
        screen.type(PROMPT, CTRL_D)
        assert run("chat", session, on=screen).code == 0
    monkeypatch.setenv("LC_ALL", locale)
    recovered = run("recover")
    assert recovered.code == 0, recovered.err
    said = {
        "C": f"Session {session}: the message has ended. The film now:",
        "zh_CN.UTF-8": f"会话 {session}：消息已处理完，现在的影片：",
    }
    assert recovered.out.startswith(f"{said[locale]}\n")
    assert re.search("3[.] .*├.Hello. ─", recovered.out)


def test_a_message_that_ctrl_c_prevented_is_in_the_next_line_again(
    run: Run, screen: Screen, service: Sandbox, session: str
) -> None:
    before = count_turns(service, session)
    with interrupted_title(screen, service), ExitStack() as stack:
        stalled = Fault("states.retrieve", "stall")
        screen.when(PROMPT, lambda: stack.enter_context(service.inject(stalled)))
        screen.type("", f"make the title red{ENTER}")
        screen.when("The last message of this session has not ended.", press_ctrl_c)
        screen.type(f"nemovideo recover --forget {session}", "")
        screen.type("Not sent: “make the title red”.", "")
        screen.type("> make the title red", CTRL_C)
        screen.type(PROMPT, CTRL_D)
        outcome = run("chat", session, on=screen)
    assert outcome.code == 0, screen.shown
    assert count_turns(service, session) == before + 1


def test_after_ctrl_c_before_a_message_is_sent_nothing_is_claimed(
    run: Run, screen: Screen, service: Sandbox, session: str
) -> None:
    before = count_turns(service, session)
    stalled = service.inject(Fault("credits.retrieve", "stall"))
    screen.type(PROMPT, f"add the title 'Hello'{ENTER}")
    screen.when("Working", lambda: press_ctrl_c_in(stalled))
    screen.type("The message may not have been sent", "")
    screen.type(PROMPT, CTRL_D)
    with stalled:
        assert run("chat", session, on=screen).code == 0, screen.shown
    assert count_turns(service, session) == before


def test_after_ctrl_c_in_an_export_it_is_said_how_to_get_the_file(
    run: Run, screen: Screen, service: Sandbox, session: str, folder: Path
) -> None:
    stalled = service.inject(Fault("files.download", "stall"))
    screen.type(PROMPT, f"export as fox.mp4{ENTER}")
    screen.when("Exporting", lambda: press_ctrl_c_in(stalled))
    screen.type("Get its file", "")
    screen.type(PROMPT, f"/status{ENTER}")
    screen.type("Not saved yet:", "")
    screen.type(str(folder / "fox.mp4"), "")
    screen.type(PROMPT, CTRL_D)
    with stalled:
        assert run("chat", session, on=screen).code == 0, screen.shown
    assert f"Not saved yet: {folder / 'fox.mp4'}." in run("status", session).err
    assert run("recover").out == f"{folder / 'fox.mp4'}\n"
    assert "Not saved" not in run("status", session).err


def test_after_ctrl_c_the_next_message_waits_for_the_one_before(
    run: Run, screen: Screen, service: Sandbox, session: str
) -> None:
    before = count_turns(service, session)
    with interrupted_title(screen, service):
        screen.type(PROMPT, f"/status{ENTER}")
        screen.type("The last message of this session has not ended.", "")
        screen.type(PROMPT, CTRL_D)
        outcome = run("chat", session, on=screen)
    assert outcome.code == 0
    assert outcome.out.count('├"Hello" ─') == 1  # the film is not drawn a second time
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
