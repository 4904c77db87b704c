"""Parses the lines of a chat: `/` commands, a few plain words, and messages."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from nemovideo.cli.chat.named_exports import NamedExport, find_exports, has_unread_name

CommandName: TypeAlias = Literal[
    "help", "export", "status", "credits", "upload", "link", "session", "quit"
]

COMMANDS: Final[dict[CommandName, str]] = {
    "help": "list what you can ask and type",
    "export": "render the video and save it",
    "status": "show the timeline",
    "credits": "show how many credits are left",
    "upload": "add videos, images or sounds",
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
class ParsedLine:
    """A command with its files, or a message if `command` is None.

    `unknown` is a `/` command that does not exist, `named` what exports are to be. `unread` is True
    where an export names files in a way that is not understood.
    """

    text: str
    command: CommandName | None = None
    paths: tuple[Path, ...] = ()
    unknown: str | None = None
    named: tuple[NamedExport, ...] = ()
    unread: bool = False


def parse_line(line: str, *, escapes: bool = os.sep == "/") -> ParsedLine:
    """Parse a line.

    Args:
        escapes: A backslash in a file name quotes the next letter; else it is a separator.
    """
    text = line.strip()
    plain = _PLAIN.get(text.lower())
    if plain is not None:
        return ParsedLine(text, plain)
    first, _, rest = text.partition(" ")
    if first.lower() in _UPLOAD_WORDS:
        # "upload my holiday photos" is a message; "upload beach.mp4" names a file.
        paths = _parse_paths(rest, escapes=escapes)
        return ParsedLine(text, "upload", paths) if _are_files(paths) else ParsedLine(text)
    if not text.startswith("/") or Path(first).exists():
        named = find_exports(text)
        return ParsedLine(text, named=named, unread=not named and has_unread_name(text))
    if first.lower() == "/export" and (named := find_exports(f"export {rest}")):
        return ParsedLine(text, "export", named=named)
    for name in COMMANDS:
        if first[1:].lower() == name:
            paths = _parse_paths(rest, escapes=escapes)
            return ParsedLine(text, name, paths, unread=name == "export" and len(paths) > 1)
    return ParsedLine(text, unknown=first)


def _are_files(paths: tuple[Path, ...]) -> bool:
    return bool(paths) and all(path.is_file() for path in paths)


def _parse_paths(text: str, *, escapes: bool) -> tuple[Path, ...]:
    """Split file names; quotes and escapes protect spaces, and a stray quote is a letter."""
    words = shlex.shlex(text, posix=True)
    words.whitespace_split, words.commenters = True, ""
    words.escape = "\\" if escapes else ""
    try:
        names = list(words)
    except ValueError:
        names = text.split()
    return tuple(Path(name).expanduser() for name in names)


def usage(language: str | None = None) -> str:
    file = "文件" if (language or "").startswith("zh") else "FILE"
    takes: dict[CommandName, str] = {"export": f" [{file}]", "upload": f" {file}…"}
    return "  ".join(f"/{name}{takes.get(name, '')}" for name in COMMANDS)


def join_lines(lines: Iterable[str]) -> str:
    r"""Join the lines of a message, without the `\` at their ends."""
    return "\n".join(line.removesuffix("\\") for line in lines)
