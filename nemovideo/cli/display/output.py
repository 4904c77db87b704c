"""Where a command writes: results to stdout, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from nemovideo.cli.error_output import error_line, error_object, was_interrupted
from nemovideo.security.printable_text import printable, printable_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class StyledText(str):
    """A text with colours of our own, in which what is foreign has been made printable."""

    __slots__ = ()


@dataclass
class Output:
    """The two streams of one command, and the only way to them.

    What is foreign (the agent's words, names, errors) is made printable here; `StyledText` stays.

    Args:
        json: write nothing to stdout but one JSON object per line, and no progress to stderr.
        quiet: no progress and no talk.
        debug: tracebacks with errors.
        color: False writes no colours; so do `NO_COLOR` and what is no terminal.
    """

    json: bool = False
    quiet: bool = False
    debug: bool = False
    color: bool = True

    @property
    def talks(self) -> bool:
        """Whether progress and talk are wanted as text."""
        return not (self.json or self.quiet)

    @property
    def is_live(self) -> bool:
        """Whether progress may be drawn in place."""
        return self.talks and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    @cached_property
    def screen(self) -> Console:
        """Rich's console on stderr."""
        return _console(stderr=True, color=self.color)

    @cached_property
    def page(self) -> Console:
        """Rich's console on stdout, for results that are tables and drawings."""
        return _console(stderr=False, color=self.color)

    def note(self, text: str, style: str = "") -> None:
        """Write a line for the person who watches, on stderr."""
        self.styled((text, style))

    def styled(self, *parts: tuple[str, str]) -> None:
        """Write a line of several styles on stderr; without any where that is no terminal."""
        if self.is_live:
            self.screen.print(_assemble(*parts), soft_wrap=True)
        else:
            self.plain("".join(text for text, _ in parts).rstrip())

    def finding(self, *parts: tuple[str, str]) -> None:
        """Write a line of a result in several styles; without any where stdout is no terminal."""
        if self.json:
            return
        if sys.stdout.isatty():
            self.page.print(_assemble(*parts), soft_wrap=True)
        else:
            _write_line("".join(text for text, _ in parts))

    def plain(self, text: str) -> None:
        """Write a line without a style, or one that is painted already, on stderr."""
        if self.talks:
            _write_line(text, error=True)

    @contextmanager
    def waiting(self, text: str) -> Generator[None]:
        """Say what is being waited for: in place on a terminal, in a line elsewhere."""
        if self.is_live:
            spinner = "line" if self.is_ascii(error=True) else "dots"
            with self.screen.status(_assemble((text, "")), spinner=spinner):
                yield
        else:
            self.note(f"{text}…")
            yield

    @property
    def page_width(self) -> int | None:
        """How wide a table on stdout may be; None in a pipe, where nothing is cut off."""
        return self.width if sys.stdout.isatty() else None

    @property
    def width(self) -> int:
        """How many columns there are; 80 where nobody knows."""
        return shutil.get_terminal_size().columns

    def colors(self, *, error: bool) -> bool:
        """Say whether stdout, or stderr with `error`, takes colours."""
        console = self.screen if error else self.page
        return console.color_system is not None and not console.no_color

    def is_ascii(self, *, error: bool) -> bool:
        """Say whether stdout, or stderr with `error`, can write nothing but ASCII."""
        stream = sys.stderr if error else sys.stdout
        return not (stream.encoding or "").lower().startswith("utf")

    def event(self, kind: str, /, **values: object) -> None:
        """Write an event, with `--json` only."""
        if self.json:
            self._object({"type": kind, **values})

    def result(self, text: str, /, **values: object) -> None:
        """Write what the command was run for: `text`, or with `--json` the values."""
        if self.json:
            self._object({"type": "result", **values})
        elif text:
            _write_line(text)

    def error(self, error: BaseException) -> None:
        """Write an error: one line on stderr, and with `--json` the last object on stdout."""
        if self.debug:
            _write_line("".join(traceback.format_exception(error)).rstrip(), error=True)
        if self.json:
            self._object(error_object(error))
        if not self.debug:
            self.complain(error_line(error), heading="" if was_interrupted(error) else "Error: ")

    def complain(self, line: str, heading: str = "Error: ") -> None:
        """Write an error line on stderr, even where nothing else is wanted there."""
        if self.is_live:
            self.screen.print(_assemble((heading, "bold red"), (line, "")), soft_wrap=True)
        else:
            _write_line(f"{heading}{line}", error=True)

    def _object(self, value: dict[str, object]) -> None:
        _write(printable_json(value), sys.stdout)


def _console(*, stderr: bool, color: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, no_color=None if color else True, highlight=False, emoji=False)


def _assemble(*parts: tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*((printable(text), style) for text, style in parts))


def _write_line(text: str, *, error: bool = False) -> None:
    shown = text if isinstance(text, StyledText) else printable(text)
    _write(shown, sys.stderr if error else sys.stdout)


def _write(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    # Whoever reads a pipe wants each line as it comes.
    stream.flush()
