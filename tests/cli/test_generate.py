"""`nemovideo generate`, in a pipe."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import pytest

from nemovideo.sandbox import Fault, Sandbox
from tests.cli.conftest import Run, Screen

FOX = "a 3-second video of a red fox"


def test_the_path_is_all_that_goes_to_stdout(run: Run, folder: Path) -> None:
    outcome = run("generate", FOX, "-o", "fox.mp4")
    assert (outcome.code, outcome.out) == (0, "fox.mp4\n")
    assert (folder / "fox.mp4").read_bytes()[4:8] == b"ftyp"
    assert [path.name for path in folder.iterdir()] == ["fox.mp4"]
    lines = outcome.err.splitlines()
    stages = ["Connecting…", "Ready", "Working…", "Answered", "Rendering…", "Downloading…"]
    # A stage of a second or more says how long it took.
    shown = [re.sub(r" \([\d.]+ s\)$", "", line) for line in lines]
    assert [line for line in shown if line in stages] == stages
    assert "1. Video  ├red fox ─" in outcome.err
    assert "\x1b" not in outcome.err
    assert lines[-2].startswith("3 s, ")
    assert lines[-2].endswith(", 100 credits used")
    assert re.fullmatch(r"Edit it: nemovideo chat [0-9a-f-]{36}", lines[-1])


def test_json_is_a_line_for_each_event_and_a_result(run: Run, folder: Path) -> None:
    (folder / "a-3-second-video-of-a-red-fox.mp4").write_bytes(b"mine")
    outcome = run("--json", "generate", FOX)
    assert (outcome.code, outcome.err) == (0, "")
    kinds = [each["type"] for each in outcome.objects]
    assert {"text", "tool_call", "state_changed", "render_progress"} <= set(kinds)
    assert kinds[-1] == "result"
    assert kinds.count("result") == 1
    # Without -o a name is found that is free.
    assert outcome.last["path"] == "a-3-second-video-of-a-red-fox-2.mp4"
    assert outcome.last["size_bytes"] == Path(outcome.last["path"]).stat().st_size
    assert outcome.last["credits_used"] == 100
    assert outcome.last["timeline"]["duration_ms"] == 3000
    assert (folder / "a-3-second-video-of-a-red-fox.mp4").read_bytes() == b"mine"
    assert "nmv_usr" not in outcome.out


def test_the_same_command_with_a_key_pays_once_and_gives_the_same_file(
    run: Run, service: Sandbox, folder: Path
) -> None:
    def messages() -> int:
        return sum(len(session.turns) for session in service.sessions)

    before = messages()
    for _ in range(2):
        outcome = run("generate", FOX, "--key", "row-1")
        assert (outcome.code, outcome.out) == (0, "a-3-second-video-of-a-red-fox.mp4\n")
    other = run("generate", "a 3-second video of a cat", "--key", "row-1", "--json")
    assert (other.code, other.last["error"]) == (1, "InvalidInputError")
    assert len(list(folder.iterdir())) == 1
    assert messages() == before + 1
    freed = run("recover", "--forget", "row-1")
    assert (freed.code, freed.out) == (0, "Free again: the key row-1\n")
    assert run("recover", "--forget", "row-1").code == 1


def test_json_has_only_the_names_of_tools(run: Run) -> None:
    outcome = run("--json", "generate", FOX, "--no-export")
    calls = [each for each in outcome.objects if each["type"] in ("tool_call", "tool_result")]
    assert calls
    assert all(set(each) == {"type", "name"} for each in calls)


def test_no_export_prints_the_session_and_saves_nothing(run: Run, folder: Path) -> None:
    outcome = run("generate", FOX, "--no-export", "--quiet")
    assert outcome.code == 0
    assert outcome.err == ""
    assert len(outcome.out.strip()) == 36
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([FOX, "-o", "none/fox.mp4"], "The folder none does not exist."),
        ([" "], "prompt is empty"),
        ([FOX, "--file", "none.mp4"], "none.mp4"),
        ([FOX, "--file", "notes.txt"], "notes.txt"),
    ],
)
def test_invalid_arguments_are_refused_before_sending(
    run: Run, service: Sandbox, folder: Path, arguments: list[str], said: str
) -> None:
    (folder / "notes.txt").write_text("hello")
    sent = len([each for each in service.requests if each.path == "/run_sse"])
    outcome = run("generate", *arguments)
    assert (outcome.code, outcome.out) == (1, "")
    assert said in outcome.err
    assert len([each for each in service.requests if each.path == "/run_sse"]) == sent


def test_max_credits_refuses_what_costs_more(run: Run) -> None:
    outcome = run("generate", FOX, "--max-credits", "50", "--json")
    assert outcome.code == 1
    assert outcome.last["error"] == "InsufficientCreditsError"
    assert "Nothing was sent" in outcome.last["hint"]


def test_an_error_is_one_line_on_stderr_and_no_traceback(run: Run, service: Sandbox) -> None:
    with service.inject(Fault("messages.stream", "code", code=2001)):
        outcome = run("generate", FOX)
    assert outcome.code == 1
    errors = [line for line in outcome.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert "--credits N" in errors[0]
    assert "Traceback" not in outcome.err


def test_debug_shows_the_traceback_and_the_log(run_alone: Run) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        outcome = run_alone("credits", "--debug", "--base-url", url)
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert "APIConnectionError" in outcome.err


@pytest.mark.slow
def test_an_embedded_sandbox_serves_one_command_and_leaves_nothing(
    run_alone: Run, folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_real")
    outcome = run_alone("generate", "a 1-second video of a red fox", "-o", "fox.mp4", "--sandbox")
    assert (outcome.code, outcome.out) == (0, "fox.mp4\n")
    assert "add --state-dir DIR to go on" in outcome.err
    assert list(own_home.iterdir()) == []


def test_a_chinese_prompt_names_the_file_and_the_tracks(run: Run) -> None:
    outcome = run("generate", "一只狐狸，3 秒", "--no-export")
    assert outcome.code == 0
    assert "1. 视频" in outcome.err


def test_a_chinese_prompt_is_answered_in_chinese_throughout(run: Run) -> None:
    outcome = run("generate", "做一段3秒的熊猫视频", "--no-export")
    assert outcome.code == 0
    assert not {"Connecting…", "Ready", "Answered"} & set(outcome.err.splitlines())
    assert "正在连接…" in outcome.err
    assert outcome.err.splitlines()[-2] == "3 秒、用了 100 积分"
    assert outcome.err.splitlines()[-1].startswith("继续修改，请运行：nemovideo chat ")


def test_the_output_may_be_a_url(run: Run, folder: Path, memory: Any) -> None:
    outcome = run("generate", FOX, "-o", "memory://films/fox.mp4")
    assert (outcome.code, outcome.out) == (0, "memory://films/fox.mp4\n")
    assert memory.cat_file("/films/fox.mp4")[4:8] == b"ftyp"
    exported = run("export", "last", "-o", "memory://films/fox.gif", "--json")
    assert exported.last["path"] == "memory://films/fox.gif"
    assert memory.cat_file("/films/fox.gif")[:3] == b"GIF"
    taken = run("export", "last", "-o", "memory://films/fox.gif")
    assert taken.code == 1
    assert "there already" in taken.err
    assert list(folder.iterdir()) == []


def test_a_prompt_without_quotes_is_refused_with_what_to_type(run: Run) -> None:
    outcome = run("generate", "a", "red", "fox")
    assert outcome.code == 2
    assert 'in quotes: "a panda in the snow"' in outcome.err


def test_a_wrong_argument_is_refused_before_any_stage_is_shown(run: Run) -> None:
    outcome = run("generate", "a red fox", "--language", "klingon")
    assert outcome.err.startswith("Error: language is no language tag.")


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_a_file_that_was_not_made_here_is_replaced_only_with_consent(
    run: Run, screen: Screen, service: Sandbox, folder: Path, answer: str, code: int
) -> None:
    (folder / "fox.mp4").write_bytes(b"mine")
    screen.type("Replace it?", f"{answer}\n")
    before = len(service.sessions)
    outcome = run("generate", "a 3-second video of a red fox", "-o", "fox.mp4", on=screen)
    assert outcome.code == code
    replaced = (folder / "fox.mp4").read_bytes() != b"mine"
    assert (replaced, len(service.sessions) - before) == (answer == "y", code == 0)


def test_its_own_file_and_a_forced_one_are_replaced_without_a_question(
    run: Run, screen: Screen, folder: Path
) -> None:
    (folder / "fox.mp4").write_bytes(b"mine")
    generate = ("generate", "a 3-second video of a red fox", "-o", "fox.mp4")
    assert run(*generate, "--force", on=screen).code == 0
    assert run(*generate, on=screen).code == 0
    assert "Replace it?" not in screen.settle()
