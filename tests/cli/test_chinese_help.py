"""Help, results and errors under a Chinese locale."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nemovideo import errors
from nemovideo.cli.chinese_texts import chinese_hint, chinese_message
from nemovideo.sandbox import Fault, Sandbox
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


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("generat", "没有 'generat' 这个命令。您要的是 'generate' 吗？"),
        ("generate", "缺少参数 'PROMPT'。"),
        ("generate a panda", "请加上引号"),
        ("generate fox --max-credits 5", "积分，超过了 --max-credits"),
        ("generate fox -o none/fox.mp4", "文件夹 none 不存在。请先建好它"),
        ("generate fox -o render/fox.mp4", "文件夹 render 不存在。"),
        ("export last -o fox.avi", "视频不能导出为 fox.avi"),
        ("chat nosuch", "服务中没有这个会话（服务的说明：“Session not found”）。请检查它的 id"),
        ("status ｌａｓｔ", "没有最近的会话"),
        ("upload nosuch nosuch.mp4", "没有文件 nosuch.mp4。"),
        ("batch nosuch.csv -o out", "nosuch.csv 无法读取：没有这个文件或文件夹。"),
        ("batch jobs.csv -o out", "jobs.csv 第 2 行：提示词（prompt）是空的。没有发送任何内容。"),
        ("credits --base-url http://127.0.0.1:1", "请先启动它：nemovideo sandbox --port 1"),
        ("recover --forget nosuch", "没有名为 nosuch 的 key"),
    ],
)
def test_an_error_is_chinese(run: Run, folder: Path, command: str, said: str) -> None:
    (folder / "jobs.csv").write_text("prompt,key\n,a\n")
    outcome = run(*command.split())
    assert outcome.code in (1, 2)
    assert said in outcome.err
    assert outcome.err.count("错误：") == 1
    assert not re.search("Error|[a-z]+ [a-z]+ [a-z]+ ", outcome.err)


@pytest.mark.parametrize("name", errors.__all__)
def test_an_error_of_which_only_the_class_is_known_is_chinese(name: str) -> None:
    cls = getattr(errors, name)
    if not issubclass(cls, errors.NemoVideoError):
        return
    error = cls.__new__(cls)
    error.__dict__.update(code=None, status=503, endpoint=None)
    assert "。" in chinese_message(error, "Something new.")
    if cls not in (errors.NemoVideoError, errors.InvalidInputError):
        assert chinese_hint(error, "Do something.").startswith(tuple("请它渲token再支"))


def test_doctor_speaks_chinese(run: Run) -> None:
    found = run("doctor").out
    assert re.search("服务 +http://127.0.0.1:[0-9]+ 有答复", found)
    assert not re.search("[a-z] [a-z]+ [a-z]", found.replace("pip install", ""))


def test_a_batch_is_planned_and_reported_in_chinese(run: Run, service: Sandbox) -> None:
    with service.inject(Fault("messages.stream", "code", code=4001)):
        outcome = run("batch", "-", "-o", "out", stdin="a 3-second fox\na 3-second cat\n")
    assert "2 个任务：2 个要发送\n最多花 200 积分，剩余 " in outcome.err
    assert re.search("失败.*: 服务不支持这种文件（", outcome.err)
    assert re.search(r"名称 \(key\) +状态 +结果", outcome.out)
    assert re.search("完成 1，失败 1", outcome.out)
    assert not ENGLISH_WORDS.search(outcome.err + outcome.out)


def test_renders_credits_and_what_is_unfinished_are_shown_in_chinese(
    run: Run, service: Sandbox
) -> None:
    assert run("credits").out.startswith("可用积分：")
    assert "没有未完成的工作。" in run("recover").err
    gone = [
        Fault(f"{each}.download", "status", status=404, times=9) for each in ("files", "renders")
    ]
    with service.inject(*gone):
        assert run("generate", "a 3-second video of a fox", "-o", "fox.mp4").code == 1
    assert re.search("时间 +内容 +会话", run("recover", "--list").out)
    assert "正在接着完成会话" in run("recover").err
    assert re.search("刚刚 +已保存 .* fox.mp4", run("renders").out)
