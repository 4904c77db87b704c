"""Errors as one line with a hint, as JSON, and as an exit code."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.cli.chinese_help import locale_language
from nemovideo.cli.chinese_texts import chinese_hint, chinese_message
from nemovideo.errors import NemoVideoError
from nemovideo.security.redaction import redact

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130
"""The exit codes: done, a service or local error, wrong usage, Ctrl-C."""


class InterruptedByUserError(NemoVideoError):
    """Ctrl-C was pressed."""


def was_interrupted(error: BaseException) -> bool:
    return isinstance(error, InterruptedByUserError)


def error_line(error: BaseException) -> str:
    message, hint = error_message(error), _hint(error)
    if hint is not None and locale_language() is not None:
        hint = chinese_hint(error, hint)
    # Chinese sentences follow each other without a space.
    gap = "" if message.endswith("。") else " "
    return f"{message}{gap}{hint}" if hint else message


def error_message(error: BaseException) -> str:
    """Return what happened, in the language of the terminal."""
    message = _message(error)
    return message if locale_language() is None else chinese_message(error, message)


def error_object(error: BaseException) -> dict[str, object]:
    """Return an error as an object of `--json`."""
    return {
        "type": "error",
        "error": type(error).__name__,
        "message": _message(error),
        "hint": _hint(error),
    }


_CLI_TERMS: Final = (
    (r'await client\.open_project\("([^"]*)"\)\.export\([^)]*\)', r"nemovideo export \1"),
    (r'await client\.open_project\("([^"]*)"\)\.timeline\(\)', r"nemovideo status \1"),
    (r'await client\.renders\.wait\("[^"]*"\), or nemovideo recover', "nemovideo recover"),
    (r'await client\.renders\.download\("[^"]*", path\)', "nemovideo export SESSION -o FILE"),
    (r"await client\.recover\(\), then resume\(\) of the item", "nemovideo recover"),
    (r"(?:await )?client\.recover\(\)", "nemovideo recover"),
    (r"\bits forget\(\)", "nemovideo recover --forget SESSION"),
    (r"await client\.forget\(([^)]*)\)", r"nemovideo recover --forget \1"),
    (r'await project\.export\(path, format="(\w+)"\)', r"nemovideo export SESSION --format \1"),
    (r"\bretry_failed=True\b", "--retry-failed"),
    (r"\bmax_credits\b", "--max-credits"),
    (r"\bbase_url\b", "--base-url"),
    (r"\btask_id\b", "--task"),
    (r"\bsession_id\b", "SESSION"),
    (r"\bclient_id\b", "NEMO_CLIENT_ID"),
    (r"\bTiming\.(\w+)", r"the limit \1"),
)
"""Python calls and arguments in messages, and the commands and options that replace them."""


def for_command_line(text: str) -> str:
    """Return a message with commands and options in place of Python calls and arguments."""
    for pattern, replacement in _CLI_TERMS:
        text = re.sub(pattern, replacement, text)
    return text


_LOCAL: Final = re.compile(r"No connection to (?:127\.0\.0\.1|localhost):(\d+) could be opened")
_NOT_SERVED: Final = (
    "Nothing was sent. If the sandbox is meant, start it: nemovideo sandbox --port "
)


def _message(error: BaseException) -> str:
    if isinstance(error, NemoVideoError):
        return for_command_line(_one_line(error.message))
    if isinstance(error, OSError) and error.strerror:
        file = f"{error.filename}: " if error.filename else ""
        return _one_line(f"{file}{error.strerror}.")
    text = redact(str(error))  # of unknown origin, so it may contain a secret
    if isinstance(error, ModuleNotFoundError):
        return _one_line(text)
    return _one_line(f"Internal error in nemovideo: {type(error).__name__}: {text}.")


def _hint(error: BaseException) -> str | None:
    if isinstance(error, NemoVideoError):
        if error.hint is None:
            return None
        if found := _LOCAL.match(error.message):
            return f"{_NOT_SERVED}{found[1]}"
        session_id = getattr(error, "session_id", None) or "SESSION"
        return re.sub(r"\bSESSION\b", session_id, for_command_line(_one_line(error.hint)))
    if isinstance(error, (OSError, ModuleNotFoundError)):
        return None
    return "Run the command again with --debug, and report the output."


def _one_line(text: str) -> str:
    return " ".join(text.split())
