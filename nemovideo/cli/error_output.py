"""How an error is told: in one line with what to do, as JSON, and as an exit code."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.errors import NemoVideoError
from nemovideo.security.redaction import redact

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130
"""The exit codes: done, a service or local error, wrong usage, Ctrl-C."""


class InterruptedByUserError(NemoVideoError):
    """Ctrl-C was pressed."""


def was_interrupted(error: BaseException) -> bool:
    """Say whether Ctrl-C ended the command, which is no fault of anything."""
    return isinstance(error, InterruptedByUserError)


def error_line(error: BaseException) -> str:
    """Return what happened and what to do about it, in one line."""
    message, hint = _message(error), _hint(error)
    # Chinese sentences follow each other without a space.
    gap = "" if message.endswith("。") else " "
    return f"{message}{gap}{hint}" if hint else message


def error_object(error: BaseException) -> dict[str, object]:
    """Return an error as the last object of `--json`."""
    return {
        "type": "error",
        "error": type(error).__name__,
        "message": _message(error),
        "hint": _hint(error),
    }


_AS_TYPED: Final = (
    (r'await client\.open_project\("([^"]*)"\)\.export\([^)]*\)', r"nemovideo export \1"),
    (r'await client\.open_project\("([^"]*)"\)\.timeline\(\)', r"nemovideo status \1"),
    (r'await client\.renders\.wait\("[^"]*"\), or nemovideo recover', "nemovideo recover"),
    (r'await client\.renders\.download\("[^"]*", path\)', "nemovideo export SESSION -o FILE"),
    (r"(?:await )?client\.recover\(\)", "nemovideo recover"),
    (r'await project\.export\(path, format="(\w+)"\)', r"nemovideo export SESSION --format \1"),
    (r"\bmax_credits\b", "--max-credits"),
    (r"\bbase_url\b", "--base-url"),
    (r"\btask_id\b", "--task"),
    (r"\bsession_id\b", "SESSION"),
    (r"\bclient_id\b", "NEMO_CLIENT_ID"),
    (r"\bTiming\.(\w+)", r"the limit \1"),
)
"""What is written in Python, and how it is typed here."""


def as_typed(text: str) -> str:
    """Return what an error says with commands and options in the place of calls and arguments."""
    for pattern, typed in _AS_TYPED:
        text = re.sub(pattern, typed, text)
    return text


def _message(error: BaseException) -> str:
    if isinstance(error, NemoVideoError):
        return as_typed(_one_line(error.message))
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return _one_line(f"{place}{error.strerror}.")
    told = redact(str(error))  # not written by this package, so it may hold anything
    if isinstance(error, ModuleNotFoundError):
        return _one_line(told)
    return _one_line(f"Something went wrong inside nemovideo: {type(error).__name__}: {told}.")


def _hint(error: BaseException) -> str | None:
    if isinstance(error, NemoVideoError):
        return None if error.hint is None else as_typed(_one_line(error.hint))
    if isinstance(error, (OSError, ModuleNotFoundError)):
        return None
    return "Run the command again with --debug, and report what it prints."


def _one_line(text: str) -> str:
    return " ".join(text.split())
