"""Errors as one line, as JSON and as an exit code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import nemovideo
from nemovideo.cli.error_output import (
    InterruptedByUserError,
    error_line,
    error_object,
    for_command_line,
)
from nemovideo.errors import InsufficientCreditsError, NothingToExportError
from nemovideo.operations.settlement import _build_unfinished_error
from nemovideo.resources.failure_messages import build_paid_hint, export_call

PAID = "It may have been paid for:"
PACKAGE = Path(nemovideo.__file__).parent


def test_an_error_is_one_line_with_what_to_do() -> None:
    error = NothingToExportError("The timeline is\nempty.", hint="Say what to make first.")
    assert error_line(error) == "The timeline is empty. Say what to make first."


def test_chinese_sentences_follow_each_other_without_a_space() -> None:
    error = InterruptedByUserError("已中断。", hint="接着完成，请运行：nemovideo recover")
    assert error_line(error) == "已中断。接着完成，请运行：nemovideo recover"


def test_a_registration_link_is_whole() -> None:
    error = InsufficientCreditsError("No credits.", hint="Register: https://a.b/register?bind=u1")
    assert "?bind=u1" in error_line(error)


def test_an_operating_system_error_names_the_file() -> None:
    assert error_line(FileNotFoundError(2, "No such file", "a.mp4")) == "a.mp4: No such file."


def test_a_missing_module_has_its_own_message() -> None:
    assert error_line(ModuleNotFoundError("the sandbox needs av")) == "the sandbox needs av"


def test_an_internal_error_asks_for_a_report_and_shows_no_token() -> None:
    line = error_line(ValueError("nmv_usr_secret at https://a.b/c?signature=1"))
    assert "ValueError" in line
    assert "--debug" in line
    assert "secret" not in line
    assert "signature" not in line


@pytest.mark.parametrize(
    ("locale", "said"), [("C", "or give it up with "), ("zh_CN", "要放弃它：")]
)
def test_a_message_without_a_result_is_given_up_by_its_session(
    monkeypatch: pytest.MonkeyPatch, locale: str, said: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    error = _build_unfinished_error("s1", "under_way", 60)
    assert f"{said}nemovideo recover --forget s1" in error_line(error)


def test_the_object_of_an_error_has_class_message_and_hint() -> None:
    assert error_object(NothingToExportError("Empty.", hint="Fill it.")) == {
        "type": "error",
        "error": "NothingToExportError",
        "message": "Empty.",
        "hint": "Fill it.",
    }


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        (f"Try {export_call('s1')}.", "Try nemovideo export s1."),
        (f"{PAID} {build_paid_hint('s1').rpartition(': ')[2]}", f"{PAID} nemovideo status s1"),
        ("See client.recover()", "See nemovideo recover"),
        ("More than max_credits.", "More than --max-credits."),
        ("base_url is no address.", "--base-url is no address."),
        ("Open it with its task_id.", "Open it with its --task."),
    ],
)
def test_an_error_names_commands_and_options(python: str, typed: str) -> None:
    assert error_line(NothingToExportError("No.", hint=python)) == f"No. {typed}"


def said_in(path: Path) -> list[str]:
    """Return the texts of a file that are no docstrings, with `s1` for what is filled in."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented):
            node.body = [each for each in node.body if not _is_text(each)] or [ast.Pass()]
    return list(_texts(tree))


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        parts = (each.value if isinstance(each, ast.Constant) else "s1" for each in node.values)
        yield "".join(map(str, parts))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for each in ast.iter_child_nodes(node):
            yield from _texts(each)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_no_error_of_the_package_mentions_python_calls() -> None:
    left = []
    for path in PACKAGE.rglob("*.py"):
        # A notebook is Python, and the last is about its arguments, which no command has.
        if {"sandbox", "cli", "notebook", "argument_names.py"} & {*path.relative_to(PACKAGE).parts}:
            continue
        for text in said_in(path):
            called = re.search(r"(?<!\.)\b(?:client|project|item)\.[a-z_.]+\(", text)
            if called and re.search(r"\bawait\b|\w\(", for_command_line(text)):
                left.append(text)
    assert left == []
