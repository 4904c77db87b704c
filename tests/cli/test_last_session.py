"""`last` in the place of a session, and what the shell completes there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nemovideo.sandbox import Sandbox
from tests.cli.conftest import Run


def make(run: Run, prompt: str, *options: str) -> str:
    made = run("generate", prompt, "--no-export", "--quiet", *options)
    assert made.code == 0, made.err
    return made.out.strip()


def test_last_is_the_session_that_was_used_last(run: Run) -> None:
    older, newer = make(run, "a 3-second fox"), make(run, "a 3-second panda")
    assert run("status", "last", "--json").last["session_id"] == newer
    assert run("export", "last", "-o", "panda.mp4", "--json").last["session_id"] == newer
    assert run("chat", older, stdin="add the title 'Hello'\n").code == 0
    assert run("link", "last", "--json").last["session_id"] == older
    assert run("chat", "last", stdin="/session\n").out.strip() == older


def test_last_works_for_uploads(run: Run, session: str, folder: Path) -> None:
    assert run("export", session, "-o", "clip.mp4", "-q").code == 0
    assert run("upload", "last", "clip.mp4", "--json").last["session_id"] == session


def test_without_one_the_error_says_how_to_make_it(run: Run) -> None:
    outcome = run("status", "last")
    assert outcome.code == 1
    assert "There is no last session" in outcome.err
    assert "nemovideo generate" in outcome.err


def test_another_service_has_another_last_session(run: Run, session: str) -> None:
    with Sandbox(stub_renders=True) as other:
        assert run("status", "last", "--base-url", other.url).code == 1


@pytest.mark.slow
def test_a_temporary_sandbox_has_no_last_session_and_says_why(run_alone: Run) -> None:
    outcome = run_alone("status", "last", "--sandbox")
    assert outcome.code == 1
    assert "--state-dir" in outcome.err


def complete(words: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("_NEMOVIDEO_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"nemovideo {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" "))))
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", f"nemovideo {words}")
    command = [Path(sys.executable).parent / "nemovideo"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("command", ["status", "chat", "export", "upload", "link"])
def test_the_shell_completes_sessions(
    run: Run, session: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    assert complete(f"{command} ", monkeypatch) == ["last", session]


def test_the_shell_completes_a_prefix(
    run: Run, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert complete(f"status {session[:3]}", monkeypatch) == [session]


def test_the_shell_completes_sessions_of_the_typed_base_url(
    run: Run, session: str, service: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = "--base-url http://127.0.0.1:1"
    assert complete(f"status {elsewhere} ", monkeypatch) == []
    assert complete(f"{elsewhere} status ", monkeypatch) == []
    assert complete("status --sandbox --state-dir box ", monkeypatch) == []
    monkeypatch.delenv("NEMO_API_URL")
    assert complete("status ", monkeypatch) == []
    assert complete(f"--base-url {service.url} status ", monkeypatch) == ["last", session]


def test_an_unreadable_journal_completes_nothing(
    run: Run, session: str, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    assert complete("status --base-url nonsense ", monkeypatch) == []
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own_home / "none"))
    assert complete("status ", monkeypatch) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "credits"), [([], "10,000"), (["--credits", "7"], "7"), (["--credits", "0"], "0")]
)
def test_the_sandbox_gives_credits_enough_or_as_many_as_wanted(
    run_alone: Run, options: list[str], credits: str
) -> None:
    for arguments in (["credits", "--sandbox", *options], ["--sandbox", *options, "credits"]):
        assert run_alone(*arguments).out == f"{credits} credits available\n"


def test_the_next_command_leads_to_the_same_place(run_alone: Run, service: Sandbox) -> None:
    made = run_alone("generate", "a 1-second fox", "--no-export", "--base-url", service.url)
    command = f"nemovideo chat {made.out.strip()} --base-url {service.url}"
    assert made.err.splitlines()[-1] == f"Edit it: {command}"


def test_the_next_command_can_be_pasted_whatever_is_in_it() -> None:
    from nemovideo.cli.options import Common

    common = Common(sandbox=True, state_dir=Path("my box"))
    assert common.command("chat", "s1; rm -rf") == (
        "nemovideo chat 's1; rm -rf' --sandbox --state-dir 'my box'"
    )
