"""Output of commands: results to stdout, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TextIO

from nemovideo.cli import display
from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.display.wrapping import wrap
from nemovideo.cli.error_output import error_line, error_object, was_interrupted
from nemovideo.security.printable_text import printable, printable_json

_HEADING = "Error: "


class StyledText(str):
    """Text with colours of our own, in which foreign text is already printable."""

    __slots__ = ()


@dataclass
class Output:
    """The output streams of one command. All text is made printable, except `StyledText`.

    Args:
        json: Write one JSON object per line to stdout, and no progress to stderr.
        quiet: Write no progress.
        debug: Write tracebacks with errors.
        color: False writes no colours, as does `NO_COLOR`.
    """

    json: bool = False
    quiet: bool = False
    debug: bool = False
    color: bool = True

    @property
    def shows_progress(self) -> bool:
        """Whether progress is written as text."""
        return not (self.json or self.quiet)

    @property
    def is_live(self) -> bool:
        """Whether progress is drawn in place."""
        return self.shows_progress and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    @cached_property
    def stderr_console(self) -> display.Console:
        return _console(stderr=True, color=self.color)

    @cached_property
    def stdout_console(self) -> display.Console:
        return _console(stderr=False, color=self.color)

    def note(self, text: str, style: str = "") -> None:
        """Write a line on stderr."""
        self.styled((wrap(printable(text), self.width) if self.is_live else text, style))

    def styled(self, *parts: tuple[str, str]) -> None:
        """Write a line in several styles on stderr; unstyled if it is no terminal."""
        if self.is_live:
            self.stderr_console.print(_assemble(*parts), soft_wrap=True)
        else:
            self.plain("".join(text for text, _ in parts).rstrip())

    def styled_result(self, *parts: tuple[str, str]) -> None:
        """Write a line in several styles on stdout; unstyled if it is no terminal."""
        if self.json:
            return
        if sys.stdout.isatty():
            self.stdout_console.print(_assemble(*parts), soft_wrap=True)
        else:
            _write_line("".join(text for text, _ in parts))

    def plain(self, text: str) -> None:
        """Write an unstyled line, or a `StyledText`, on stderr."""
        if self.shows_progress:
            _write_line(text, error=True)

    @contextmanager
    def spinner(self, text: str) -> Generator[None]:
        """Show `text` while the block runs: in place on a terminal, else as a line."""
        if self.is_live:
            spinner = "line" if self.is_ascii(error=True) else "dots"
            with self.stderr_console.status(_assemble((text, "")), spinner=spinner):
                yield
        else:
            self.note(f"{text}…")
            yield

    @property
    def stdout_width(self) -> int | None:
        """The width of stdout; None if it is no terminal, where nothing is cut off."""
        return self.width if sys.stdout.isatty() else None

    @property
    def width(self) -> int:
        """The width of the terminal; 80 if unknown."""
        return shutil.get_terminal_size().columns

    def colors(self, *, error: bool) -> bool:
        """Return True if stdout, or stderr with `error`, takes colours."""
        console = self.stderr_console if error else self.stdout_console
        return console.color_system is not None and not console.no_color

    def is_ascii(self, *, error: bool) -> bool:
        """Return True if stdout, or stderr with `error`, can write only ASCII."""
        stream = sys.stderr if error else sys.stdout
        return not (stream.encoding or "").lower().startswith("utf")

    def event(self, kind: str, /, **values: object) -> None:
        if self.json:
            self._object({"type": kind, **values})

    def result(self, text: str, /, **values: object) -> None:
        """Write the result: `text`, or with `--json` the values."""
        if self.json:
            self._object({"type": "result", **values})
        elif text:
            _write_line(text)

    def error(self, error: BaseException) -> None:
        """Write an error on stderr, and with `--json` also as an object on stdout."""
        if self.debug:
            _write_line("".join(traceback.format_exception(error)).rstrip(), error=True)
        if self.json:
            self._object(error_object(error))
        if not self.debug:
            self.print_error(error_line(error), heading="" if was_interrupted(error) else _HEADING)

    def print_error(self, line: str, heading: str = _HEADING) -> None:
        """Write an error line on stderr, even with `--quiet`."""
        heading = in_locale(heading)
        if self.is_live:
            wrapped = wrap(printable(f"{heading}{line}"), self.width).removeprefix(heading)
            parts = _assemble((heading, "bold red"), (wrapped, ""))
            self.stderr_console.print(parts, soft_wrap=True)
        else:
            _write_line(f"{heading}{line}", error=True)

    def _object(self, value: dict[str, object]) -> None:
        _write(printable_json(value), sys.stdout)


def _console(*, stderr: bool, color: bool) -> display.Console:
    return display.Console(
        stderr=stderr, no_color=None if color else True, highlight=False, emoji=False
    )


def _assemble(*parts: tuple[str, str]) -> display.Text:
    return display.Text.assemble(*((printable(text), style) for text, style in parts))


def _write_line(text: str, *, error: bool = False) -> None:
    shown = text if isinstance(text, StyledText) else printable(text)
    _write(shown, sys.stderr if error else sys.stdout)


def _write(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    # The reader of a pipe needs each line at once.
    stream.flush()
