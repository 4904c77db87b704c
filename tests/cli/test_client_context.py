"""The sandbox of one command, the sandbox command, and how a command ends early."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nemovideo.cli.client_context import PERSISTENT_PORTS
from nemovideo.sandbox import Fault, Sandbox
from tests.cli.conftest import Run, Screen


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Press Ctrl-C as soon as a sandbox stands."""
    standing = threading.Event()
    begin = Sandbox.__enter__

    def enter(sandbox: Sandbox) -> Sandbox:
        started = begin(sandbox)
        standing.set()
        return started

    def interrupt() -> None:
        assert standing.wait(60)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Sandbox, "__enter__", enter)
    thread = threading.Thread(target=interrupt)
    thread.start()
    yield
    thread.join()


@pytest.mark.usefixtures("interrupted")
def test_the_sandbox_runs_until_ctrl_c(run_alone: Run) -> None:
    outcome = run_alone("sandbox", "--port", "0", "--stub-renders", "--sse-shape", "adk")
    assert outcome.code == 0
    assert "NEMO_API_URL=http://127.0.0.1:" in outcome.out


@pytest.mark.usefixtures("interrupted")
def test_a_sandbox_stores_its_state_in_the_given_folder(run_alone: Run, folder: Path) -> None:
    outcome = run_alone("sandbox", "--port", "0", "--state-dir", "kept")
    assert outcome.code == 0
    assert "State is stored in kept." in outcome.out
    assert (folder / "kept").is_dir()


def test_a_folder_keeps_its_port_which_is_reported_where_it_is_in_use(
    run_alone: Run, folder: Path
) -> None:
    assert run_alone("credits", "--sandbox", "--state-dir", "kept").code == 0
    port = int((folder / "kept" / "port").read_text("utf-8"))
    assert port in PERSISTENT_PORTS
    with socket.socket() as taken:
        # Else it is refused as well where a connection has ended there a moment ago.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # somebody else has it: as good
            taken.bind(("127.0.0.1", port))
            taken.listen()
        outcome = run_alone("credits", "--sandbox", "--state-dir", "kept")
        other = run_alone("credits", "--sandbox", "--state-dir", "other")
    assert outcome.code == 1
    assert f"--base-url http://127.0.0.1:{port}" in outcome.err
    assert other.code == 0


def test_ctrl_c_in_a_temporary_sandbox_says_that_it_has_ended(
    run_alone: Run, screen: Screen
) -> None:
    screen.when("Rendering", lambda: os.kill(os.getpid(), signal.SIGINT))
    arguments = ("generate", "a 20-second video of a panda", "-o", "p.mp4", "--sandbox")
    outcome = run_alone(*arguments, on=screen)
    assert outcome.code == 130
    assert "Its sandbox is gone; add --state-dir DIR" in screen.settle()


@pytest.mark.slow
def test_an_interrupted_message_is_recovered_with_its_file(
    run_alone: Run, service: Sandbox, screen: Screen, folder: Path
) -> None:
    at = ("--base-url", service.url)
    screen.when("Ready", lambda: os.kill(os.getpid(), signal.SIGINT))
    with service.inject(Fault("messages.stream", "stall", events=2)):
        outcome = run_alone("generate", "a 3-second fox", "-o", "fox.mp4", *at, on=screen)
    assert outcome.code == 130
    assert f"nemovideo recover --base-url {service.url}" in screen.settle()
    recovered = run_alone("recover", *at)
    assert (recovered.code, recovered.out) == (0, f"{folder / 'fox.mp4'}\n")
    assert (folder / "fox.mp4").exists()


def test_an_interrupted_message_without_a_file_is_reported_by_its_changes(
    run_alone: Run, service: Sandbox, screen: Screen
) -> None:
    at = ("--base-url", service.url)
    screen.when("Ready", lambda: os.kill(os.getpid(), signal.SIGINT))
    with service.inject(Fault("messages.stream", "stall", events=2)):
        run_alone("generate", "a 3-second fox", "--no-export", *at, on=screen)
    recovered = run_alone("recover", *at)
    assert recovered.code == 0, recovered.err
    assert "Video added" in recovered.out


def test_where_credits_lack_the_folder_that_keeps_the_balance_is_named(run_alone: Run) -> None:
    folder = ("--sandbox", "--state-dir", "kept", "--credits", "5")
    outcome = run_alone("generate", "a fox", *folder)
    assert outcome.code == 1
    assert outcome.err.endswith(
        "What --state-dir has stored stays, the balance as well: name a new folder.\n"
    )
