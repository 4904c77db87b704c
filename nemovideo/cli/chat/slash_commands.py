"""What a line typed into the chat asks for: a `/` command, one of a few plain words, or talk."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

CommandName: TypeAlias = Literal[
    "help", "export", "status", "credits", "upload", "link", "session", "quit"
]

COMMANDS: Final[dict[CommandName, str]] = {
    "help": "show what can be said and typed",
    "export": "render the video and save it",
    "status": "show the timeline",
    "credits": "show how many credits are left",
    "upload": "add videos, pictures or sounds",
    "link": "make a link that opens this session in a browser",
    "session": "show this session's id",
    "quit": "leave; so does Ctrl-D",
}
"""Each `/` command, with what it does."""

_PLAIN: Final[dict[str, CommandName]] = {
    "help": "help",
    "帮助": "help",
    "quit": "quit",
    "exit": "quit",
    "退出": "quit",
}
_UPLOAD_WORDS: Final = ("upload", "上传")


@dataclass(frozen=True)
class Typed:
    """A line that was read: a command with the files it names, or talk, where `command` is None.

    `unknown` is a `/` command that there is none of.
    """

    text: str
    command: CommandName | None = None
    paths: tuple[Path, ...] = ()
    unknown: str | None = None


def read_line(line: str, *, escapes: bool = os.sep == "/") -> Typed:
    """Read what was typed.

    Args:
        escapes: a backslash in a file name keeps the next letter as it is; else it is a separator.
    """
    text = line.strip()
    plain = _PLAIN.get(text.lower())
    if plain is not None:
        return Typed(text, plain)
    first, _, rest = text.partition(" ")
    if first.lower() in _UPLOAD_WORDS:
        # "upload my holiday photos" is talk; "upload beach.mp4" names a file.
        paths = _read_paths(rest, escapes=escapes)
        return Typed(text, "upload", paths) if _are_files(paths) else Typed(text)
    if not text.startswith("/") or Path(first).exists():
        return Typed(text)
    for name in COMMANDS:
        if first[1:].lower() == name:
            return Typed(text, name, _read_paths(rest, escapes=escapes))
    return Typed(text, unknown=first)


def _are_files(paths: tuple[Path, ...]) -> bool:
    return bool(paths) and all(path.is_file() for path in paths)


def _read_paths(text: str, *, escapes: bool) -> tuple[Path, ...]:
    """Return file names, where quotes and escapes keep spaces in; a stray quote is a letter."""
    words = shlex.shlex(text, posix=True)
    words.whitespace_split, words.commenters = True, ""
    words.escape = "\\" if escapes else ""
    try:
        names = list(words)
    except ValueError:
        names = text.split()
    return tuple(Path(name).expanduser() for name in names)


def usage() -> str:
    """Return every `/` command in one line."""
    takes: dict[CommandName, str] = {"export": " [FILE]", "upload": " FILE…"}
    return "  ".join(f"/{name}{takes.get(name, '')}" for name in COMMANDS)
