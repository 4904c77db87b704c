"""The command line as such: help, version, wrong usage, and what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nemovideo
from nemovideo.cli import main
from nemovideo.cli.app import app
from nemovideo.sandbox.__main__ import build_parser
from tests.cli.conftest import Run

COMMANDS = (
    *("generate", "chat", "upload", "export", "status", "credits", "renders"),
    *("recover", "link", "sandbox", "doctor"),
)


def test_version_is_the_packages(run_alone: Run) -> None:
    outcome = run_alone("--version")
    assert (outcome.code, outcome.out) == (0, f"nemovideo {nemovideo.__version__}\n")


def test_help_names_every_command(run_alone: Run) -> None:
    outcome = run_alone("--help")
    assert outcome.code == 0
    assert all(f" {name} " in outcome.out for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_has_an_example(run_alone: Run, command: str) -> None:
    outcome = run_alone(command, "--help")
    assert outcome.code == 0
    assert f"Example:  nemovideo {command}" in outcome.out


@pytest.mark.parametrize("command", [[], ["generate"], ["sandbox"]])
def test_help_names_no_type_for_a_flag(run_alone: Run, command: list[str]) -> None:
    assert "bool" not in run_alone(*command, "--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate"],
        ["generate", "a fox", "--nonsense"],
        ["nonsense"],
        ["export", "s1", "--format", "avi"],
        ["upload", "s1"],
        ["generate", "a fox", "--no-export", "-o", "fox.mp4"],
        ["generate", "a fox", "-o", "fox.gif"],
        ["export", "s1", "-o", "fox.avi"],
        ["sandbox", "--port", "70000"],
        ["--sandbox", "--base-url", "http://127.0.0.1:1", "credits"],
        ["credits", "--state-dir", "here"],
        ["credits", "--credits", "5"],
        ["credits", "--sandbox", "--credits", "-1"],
    ],
)
def test_wrong_usage_is_code_2_and_says_what_is_wrong(run_alone: Run, arguments: list[str]) -> None:
    outcome = run_alone(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Error: " in outcome.err


def test_wrong_usage_with_json_is_an_object_as_well(run_alone: Run) -> None:
    outcome = run_alone("generate", "--json")
    assert outcome.code == 2
    assert (outcome.last["type"], outcome.last["error"]) == ("error", "UsageError")
    assert "PROMPT" in outcome.last["message"]


def test_no_command_at_all_shows_the_help(run_alone: Run) -> None:
    assert run_alone().code == 2


def test_without_arguments_main_reads_those_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["nemovideo", "--version"])
    assert main() == 0


def test_a_missing_extra_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError(name='typer')")
    code = "import sys; sys.path.insert(0, sys.argv.pop()); from nemovideo.cli import main; "
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}sys.exit(main(['credits']))", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == 'The command line needs an extra: pip install "nemovideo[cli]"\n'


def test_another_missing_module_is_raised(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("import no_such_module")
    code = "import sys; sys.path.insert(0, sys.argv.pop()); from nemovideo.cli import main; "
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}main(['credits'])", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no_such_module" in ended.stderr


def test_python_m_shows_help_without_loading_what_sends_or_renders() -> None:
    code = (
        "import sys, runpy; sys.argv = ['nemovideo', '--help']\n"
        "try: runpy.run_module('nemovideo', run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "heavy = {'aiohttp', 'av', 'numpy', 'pydantic', 'prompt_toolkit'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "generate" in ended.stdout


def test_the_sandbox_command_has_the_options_of_the_sandbox_module() -> None:
    module = {option for action in build_parser()._actions for option in action.option_strings}
    command = next(each for each in app.registered_commands if each.name == "sandbox")
    parameters = command.callback.__signature__.parameters  # type: ignore[union-attr]  # set by us
    ours = {f"--{name.replace('_', '-')}" for name in parameters}
    assert module - {"-h", "--help"} <= ours


def test_completion_for_the_shell_can_be_shown(
    run_alone: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_NEMOVIDEO_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "nemovideo ge")
    monkeypatch.setenv("COMP_CWORD", "1")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "nemovideo ge")
    ended = subprocess.run(
        [Path(sys.executable).parent / "nemovideo"], capture_output=True, text=True, check=False
    )
    assert "generate" in ended.stdout
