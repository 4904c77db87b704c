"""Help under a Chinese locale."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.chat.test_terminal import CTRL_D, PROMPT
from tests.cli.conftest import Run, Screen

COMMANDS = (
    *("generate", "batch", "chat", "upload", "export", "status", "link", "credits", "renders"),
    *("recover", "doctor", "verify", "mcp", "skill", "sandbox"),
)
ENGLISH_WORDS = re.compile(r"[a-z]+ [a-z]+ [a-z]+")


@pytest.fixture(autouse=True)
def chinese_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LC_MESSAGES", "zh_CN.UTF-8")
    monkeypatch.setenv("COLUMNS", "160")


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_has_no_english_sentence(run: Run, command: tuple[str, ...]) -> None:
    outcome = run(*command, "--help")
    lines = [
        line for line in outcome.out.splitlines() if "例：" not in line and "Usage" not in line
    ]
    assert not [line for line in lines if ENGLISH_WORDS.search(line)]
    assert "选项" in outcome.out


def test_no_text_is_cut_off_on_a_narrow_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("generate", "recover", "sandbox"):
        assert not re.search("(?<!…)… *│\n", run(name, "--help").out)


def test_a_chat_begins_in_chinese(run: Run, screen: Screen) -> None:
    screen.type("想做什么", "")
    screen.type(PROMPT, CTRL_D)
    assert run("chat", on=screen).code == 0


def test_another_locale_gets_english(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert "Make a video from a prompt and save it." in run("--help").out


def test_a_session_is_shown_and_exported_in_chinese(run: Run, tmp_path: Path) -> None:
    assert run("generate", "a 3-second video of a fox", "--no-export").code == 0
    assert "条轨道" in run("status", "last").out
    exported = run("export", "last", "-o", str(tmp_path / "fox.mp4"))
    assert "正在连接…" in exported.err
    assert "继续修改" in exported.err
