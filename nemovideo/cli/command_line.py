"""Runs one command line, and reports what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import typer

from nemovideo.cli.app import app
from nemovideo.cli.chinese_help import locale_language, translate_command
from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.display.output import Output
from nemovideo.cli.error_output import DONE, MISUSED


@runtime_checkable
class _UsageError(Protocol):
    """What Typer raises for a wrong command line, in all its versions."""

    exit_code: int

    def show(self) -> None: ...

    def format_message(self) -> str: ...


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        command = typer.main.get_command(app)
        if locale_language() is not None:
            translate_command(command)
        code: object = command(list(arguments), standalone_mode=False, prog_name="nemovideo")
    except Exception as error:
        if not isinstance(error, _UsageError):
            raise
        if (message := in_locale(error.format_message())) == error.format_message():
            error.show()
        else:
            Output().print_error(message)
            Output().note(in_locale("See: nemovideo --help"))
        if "extra argument" in error.format_message():
            text = in_locale('Put a text of several words in quotes: "a panda in the snow"')
            sys.stderr.write(f"{text}\n")
        if "--json" in arguments:
            Output(json=True).event(
                "error",
                error="UsageError",
                message=error.format_message(),
                hint="See: nemovideo --help",
            )
        return MISUSED
    return code if isinstance(code, int) else DONE
