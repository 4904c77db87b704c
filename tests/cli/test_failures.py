"""How errors are told."""

from __future__ import annotations

from nemovideo.cli.failures import InterruptedByUserError, error_line, error_object
from nemovideo.errors import InsufficientCreditsError, NothingToExportError


def test_an_error_is_one_line_with_what_to_do() -> None:
    error = NothingToExportError("The timeline is\nempty.", hint="Say what to make first.")
    assert error_line(error) == "The timeline is empty. Say what to make first."


def test_chinese_sentences_follow_each_other_without_a_space() -> None:
    error = InterruptedByUserError("已中断。", hint="接着完成，请运行：nemovideo recover")
    assert error_line(error) == "已中断。接着完成，请运行：nemovideo recover"


def test_a_registration_link_is_whole() -> None:
    error = InsufficientCreditsError("No credits.", hint="Register: https://a.b/register?bind=u1")
    assert "?bind=u1" in error_line(error)


def test_an_operating_system_error_names_the_place() -> None:
    assert error_line(FileNotFoundError(2, "No such file", "a.mp4")) == "a.mp4: No such file."


def test_a_missing_module_is_told_as_it_says_itself() -> None:
    assert error_line(ModuleNotFoundError("the sandbox needs av")) == "the sandbox needs av"


def test_a_fault_of_ours_asks_for_a_report_and_shows_no_token() -> None:
    line = error_line(ValueError("nmv_usr_secret at https://a.b/c?signature=1"))
    assert "ValueError" in line
    assert "--debug" in line
    assert "secret" not in line
    assert "signature" not in line


def test_the_object_of_an_error_has_class_message_and_hint() -> None:
    assert error_object(NothingToExportError("Empty.", hint="Fill it.")) == {
        "type": "error",
        "error": "NothingToExportError",
        "message": "Empty.",
        "hint": "Fill it.",
    }
