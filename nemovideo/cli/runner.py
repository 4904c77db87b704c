"""Runs one command: its event loop, its client, its errors."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import anyio

from nemovideo.cli.chinese_help import locale_language
from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.client_context import CommandContext, open_command_context
from nemovideo.cli.display.output import Output
from nemovideo.cli.error_output import (
    DONE,
    FAILED,
    INTERRUPTED,
    InterruptedByUserError,
    for_command_line,
)
from nemovideo.cli.options import Common, check_options
from nemovideo.errors import InsufficientCreditsError
from nemovideo.language.sentences import localize

_STORED = "What --state-dir has stored stays, the balance as well: name a new folder."

Body: TypeAlias = Callable[[CommandContext, Output], Awaitable[int | None]]
"""The async part of a command; returns the exit code, None for 0."""


def run(
    common: Common,
    body: Body,
    *,
    resume_with: Sequence[str] = (),
    language: str | None = None,
    journal: str | None = None,
) -> int:
    """Run the body of a command, and return the exit code.

    Args:
        resume_with: The command that continues it after an interruption, if there is one.
        language: Of the message about an interruption; None is that of the terminal.
        journal: Where the client's journal is; None is the default.
    """
    check_options(common)
    output = common.output()

    async def work() -> int:
        async with open_command_context(common, journal) as context:
            return await body(context, output) or DONE

    try:
        with _log_to_output(output):
            return anyio.run(work)
    except KeyboardInterrupt as error:
        hint = _resumption_hint(common, resume_with, language) if resume_with else None
        interruption = InterruptedByUserError(
            localize("interrupted", language or locale_language()), hint=hint
        )
        interruption.__cause__ = error
        output.error(interruption)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  # every error is printed in one line
        if common.state_dir is not None and isinstance(error, InsufficientCreditsError):
            error.hint = f"{error.hint} {_STORED}"
        output.error(error)
        return FAILED


def _resumption_hint(common: Common, command: Sequence[str], language: str | None) -> str:
    language = language or locale_language()
    if common.is_temporary:
        return localize("resume_needs_folder", language)
    return localize("resume_with", language, command=common.command(*command))


class _OutputHandler(logging.Handler):
    def __init__(self, output: Output) -> None:
        super().__init__(logging.DEBUG if output.debug else logging.WARNING)
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        self._output.note(in_locale(for_command_line(record.getMessage())), style="dim")


@contextmanager
def _log_to_output(output: Output) -> Generator[None]:
    """Print the package's warnings, and its whole log with `--debug`."""
    logger, handler = logging.getLogger("nemovideo"), _OutputHandler(output)
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    if output.debug:
        logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before
