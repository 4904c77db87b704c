"""Parses the lines of a chat: `/` commands, a few plain words, and messages."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from nemovideo.files.media_types import supported_extension
from nemovideo.language.intent import route

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
_EXPORT_NAME: Final = re.compile(
    r"""(?P<before>.*?(?:export|save|download|render|导出|導出|匯出|汇出|下载|下載|保存|渲染|输出|輸出).*?)
    (?:\s+(?:as|to|into|in|under)(?:\s+an?)?\s+|\s*(?:成为|存为|存到|名为|叫做|成(?!片|品)|[为為到至叫])\s*|\s*)
    (?:["“'‘「](?P<quoted>[^"”'’」]+\.\w{2,4})["”'’」]
      |(?P<name>[^\s"“”'‘’，,。]*[^\s"“”'‘’，,。/\\]\.[a-z][a-z0-9]{2,3})
      |(?P<format>\b(?:mp4|mov|webm|gif)))
    \s*(?:files?|formats?|格式|文件|please|吧|谢谢|[.。!！]|\s)*""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL | re.ASCII,
)
"""A message that ends in the name or the format of a file to export."""
_ORDER: Final = re.compile(
    r"""[\s,，。;；]*(?:(?:please|then|now|first|and|also)\b\s*
      |[请請]|[帮幫]我|麻[烦煩]|把(?:视频|影片|它|这个|這個)|再|先|然[后後]|最[后後]|就|[和与與]|以及|、)*\s*
    (?:(?:export|save|download|render)\b|[导導]出|[匯汇]出|下[载載]|保存|另存|渲染|[输輸]出|存)
    (?:\s*(?:(?:it|this|that|(?:the|my)\s+(?:video|film|clip)|an?)\b|一[个個份]
      |(?:视频|影片|成片)(?=\s*[为為成到])))*
    \s*(?P<into>as(?:\s+an?)?\b|(?:to|into|in)(?:\s+an?)?\b|成[为為]|存[为為]|[为為成到至叫]|名[为為])?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
"""An order to export, up to the file that it names."""
_NAMED: Final = r"""["“'‘「](?P<{0}quoted>[^"”'’」/\\]+)["”'’」](?P<{0}ending>\.[a-z0-9]{{3,4}})?"""
_FILE: Final = re.compile(
    rf"""(?:{_NAMED.format("")}
      |(?P<name>[^\s"“”'‘’，,。、]+?\.[a-z][a-z0-9]{{2,3}})
      |(?P<blanks>[^"“”'‘’，,。、]+?\.[a-z][a-z0-9]{{2,3}})
      |(?P<format>mp4|mov|webm|gif|[动動][图圖])(?:\s*(?:files?\b|文件|格式|[视視][频頻]))?
        (?:[\s,，]*(?:named|called|(?:文件|[档檔])?名(?:字|[为為])?[叫是为為]?|叫做?|取名|命名[为為])[\s:：]*
          (?:{_NAMED.format("called_")}|(?P<called>[^\s"“”'‘’，,。、]+)))?
    )(?![\w.\-])""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
"""A file to export to: its name, its format, or its format and then its name."""
_AND: Final = re.compile(r"\s*(?:[,，、]|和|与|與|以及|and\b)?\s*", re.IGNORECASE)
_END: Final = re.compile(r"\s*(?:please|吧|[谢謝]{2}|[.。!！,，]|\s)*", re.IGNORECASE)
_JOINED: Final = re.compile(r"\b(?:as|to|and|then|into)\b", re.IGNORECASE)
_VIDEO_NAME: Final = re.compile(r"\.(?:mp4|mov|webm|gif)(?![a-z0-9])", re.IGNORECASE)
_UPLOAD_WORDS: Final = ("upload", "上传")


@dataclass(frozen=True)
class NamedExport:
    """An export whose file or format a message names; `message` is the rest of it."""

    message: str
    format: str
    path: Path | None = None


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
        named = _ordered_exports(text)
        if not named and (last := named_export(text)):
            named = (last,)
        return ParsedLine(text, named=named, unread=not named and _is_unread_export(text))
    if first.lower() == "/export" and (named := _ordered_exports(f"export {rest}")):
        return ParsedLine(text, "export", named=named)
    for name in COMMANDS:
        if first[1:].lower() == name:
            paths = _parse_paths(rest, escapes=escapes)
            return ParsedLine(text, name, paths, unread=name == "export" and len(paths) > 1)
    return ParsedLine(text, unknown=first)


def named_export(message: str) -> NamedExport | None:
    """Return the file or the format in which a message asks for the video, if it does.

    `format` is the extension of the file, which may be none that videos are exported in.

    Example:
        >>> named_export("cut it to 5 seconds and export it as fox.gif").path
        PosixPath('fox.gif')
    """
    found = _EXPORT_NAME.fullmatch(message.strip())
    if found is None:
        return None
    name = found["quoted"] or found["name"]
    ending = (found["format"] or "").lower() if name is None else supported_extension(name)
    intents = route(found["before"])
    if not ending or not any(each.route == "export" and each.certain for each in intents):
        return None
    return NamedExport(found["before"], ending, None if name is None else Path(name).expanduser())


def _ordered_exports(message: str) -> tuple[NamedExport, ...]:
    """Return the files of a message that orders nothing but to export them; empty for others."""
    order = _ORDER.match(message)
    if order is None:
        return ()
    found: list[NamedExport] = []
    end, into = order.end(), order["into"]
    while file := _FILE.match(message, end):
        if file["blanks"] and (into is None or _JOINED.search(file["blanks"])):
            return ()
        if (named := _named_file(file)) is None:
            return ()
        found.append(named)
        if _END.fullmatch(message, file.end()):
            return tuple(found)
        if again := _ORDER.match(message, file.end()):
            end, into = again.end(), again["into"]
        elif again := _AND.match(message, file.end()):
            end, into = again.end(), None
    return ()


def _named_file(file: re.Match[str]) -> NamedExport | None:
    kind = (file["format"] or "").lower()
    kind = kind if kind.isascii() else "gif"
    name = file["name"] or file["blanks"] or file["called"] or ""
    for prefix in ("", "called_"):
        if file[f"{prefix}quoted"]:
            name = file[f"{prefix}quoted"] + (file[f"{prefix}ending"] or "")
    if not name:
        return NamedExport("export", kind)
    if kind and supported_extension(name) is None:
        name = f"{name}.{kind}"
    ending = supported_extension(name)
    return None if ending is None else NamedExport("export", ending, Path(name).expanduser())


def _is_unread_export(message: str) -> bool:
    intents = route(message)
    only_export = all(each.route == "export" and each.certain for each in intents)
    return only_export and _VIDEO_NAME.search(message) is not None


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
