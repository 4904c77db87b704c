"""Parses the lines of a chat: `/` commands, a few plain words, and messages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from nemovideo.cli.chat.named_exports import NamedExport, find_exports, has_unread_name
from nemovideo.cli.chat.named_places import NamedPlace, find_place
from nemovideo.cli.chat.typed_paths import (
    LONGEST,
    exists,
    find_pasted,
    find_paths,
    is_file,
    missing_paths,
)

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
_CHINESE: Final[dict[str, CommandName]] = {
    **dict.fromkeys(("帮助", "幫助", "说明", "說明"), "help"),
    **dict.fromkeys(("导出", "導出", "匯出", "下载", "下載"), "export"),
    **dict.fromkeys(("状态", "狀態", "时间线", "時間線"), "status"),
    **dict.fromkeys(("积分", "積分", "余额", "餘額", "點數"), "credits"),
    **dict.fromkeys(("上传", "上傳"), "upload"),
    **dict.fromkeys(("链接", "連結"), "link"),
    **dict.fromkeys(("会话", "會話"), "session"),
    **dict.fromkeys(("退出", "离开", "離開"), "quit"),
}
COMMAND_NAMES: Final[dict[str, CommandName]] = {**{name: name for name in COMMANDS}, **_CHINESE}
"""What can be typed after the slash, and what it stands for."""
UPLOAD: Final = re.compile(
    r"(?:(?:please|请|請|帮我|幫我)\s*)?(?:upload(?:\s+|$)|(?:上传|上傳)\s*)", re.IGNORECASE
)
"""The beginning of a line that may name files to upload."""


@dataclass(frozen=True)
class ParsedLine:
    """A command with its files, or a message if `command` is None.

    `unknown` is a `/` command that does not exist, `named` what exports are to be, and `place` the
    folder for them. `unread` is True where an export names files in a way that is not understood.
    """

    text: str
    command: CommandName | None = None
    paths: tuple[Path, ...] = ()
    unknown: str | None = None
    named: tuple[NamedExport, ...] = ()
    unread: bool = False
    place: NamedPlace | None = None


def parse_line(line: str, *, escapes: bool = os.sep == "/") -> ParsedLine:
    """Parse a line.

    Args:
        escapes: A backslash in a file name quotes the next letter; else it is a separator.
    """
    text = line.strip()
    plain = _PLAIN.get(text.lower())
    if plain is not None:
        return ParsedLine(text, plain)
    upload = UPLOAD.match(text)
    if upload is not None and len(text) <= LONGEST:
        # "upload my holiday photos" is a message; "upload beach.mp4" names a file.
        paths = find_paths(text[upload.end() :], escapes=escapes)
        if paths and all(map(is_file, paths)):
            return ParsedLine(text, "upload", paths)
        missing = missing_paths(text[upload.end() :], paths)
        return ParsedLine(text, "upload", missing) if missing else ParsedLine(text)
    if pasted := find_pasted(text, escapes=escapes):
        return ParsedLine(text, "upload", pasted)
    first, _, rest = text.partition(" ") if " " in text else text.partition("\u3000")
    if first[0:1] not in ("/", "／") or exists(Path(first)):
        place = find_place(text)
        rest = text if place is None else place.message
        named = find_exports(rest)
        unread = not named and has_unread_name(rest)
        return ParsedLine(rest, named=named, unread=unread, place=place)
    name = COMMAND_NAMES.get(first[1:].lower())
    if name is None:
        return ParsedLine(text, unknown=first)
    if name == "export" and (named := find_exports(f"export {rest}")):
        return ParsedLine(text, name, named=named)
    paths = find_paths(rest, escapes=escapes)
    return ParsedLine(text, name, paths, unread=name == "export" and len(paths) > 1)


def usage(language: str | None = None) -> str:
    file = "文件" if (language or "").startswith("zh") else "FILE"
    takes: dict[CommandName, str] = {"export": f" [{file}]", "upload": f" {file}…"}
    return "  ".join(f"/{name}{takes.get(name, '')}" for name in COMMANDS)


def join_lines(lines: Iterable[str]) -> str:
    r"""Join the lines of a message, without the `\` at their ends."""
    return "\n".join(line.removesuffix("\\") for line in lines)
