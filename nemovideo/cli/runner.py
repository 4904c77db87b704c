"""Runs one command: its event loop, its client, and what becomes of its errors."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypeAlias

from nemovideo.cli.client_context import CommandContext, open_command_context
from nemovideo.cli.display.output import Output
from nemovideo.cli.error_output import DONE, FAILED, INTERRUPTED, InterruptedByUserError, as_typed
from nemovideo.cli.options import Common, refuse_contradictions
from nemovideo.language.sentences import localize

Body: TypeAlias = Callable[[CommandContext, Output], Awaitable[int | None]]
"""What a command does; returns the exit code, None for 0."""


def run(common: Common, body: Body, *, resumable: bool = False, language: str | None = None) -> int:
    """Run a command's body on a client, and return the exit code.

    Args:
        resumable: what it begins outlives it, and can be picked up with `nemovideo recover`.
        language: of what is said when it is interrupted; None is English.
    """
    refuse_contradictions(common)
    import anyio

    output = common.output()

    async def work() -> int:
        async with open_command_context(common) as context:
            return await body(context, output) or DONE

    try:
        with _listening_to_log(output):
            return anyio.run(work)
    except KeyboardInterrupt as error:
        told = _resumption(common, language) if resumable else None
        interruption = InterruptedByUserError(localize("interrupted", language), hint=told)
        interruption.__cause__ = error
        output.error(interruption)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  # the last stop: what is left is told in one line
        output.error(error)
        return FAILED


def _resumption(common: Common, language: str | None) -> str:
    if common.is_temporary:
        return localize("resume_needs_folder", language)
    return localize("resume_with", language, command=common.command("recover"))


class _ToOutput(logging.Handler):
    def __init__(self, output: Output) -> None:
        super().__init__(logging.DEBUG if output.debug else logging.WARNING)
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        self._output.note(as_typed(record.getMessage()), style="dim")


@contextmanager
def _listening_to_log(output: Output) -> Generator[None]:
    """Show what the package logs: warnings, and everything with `--debug`."""
    logger, handler = logging.getLogger("nemovideo"), _ToOutput(output)
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
