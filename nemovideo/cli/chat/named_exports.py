"""The files that a message asks the video for: "export it as fox.gif", "导出甲.gif和乙.mp4"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from nemovideo.cli.chat.typed_paths import expand
from nemovideo.files.media_types import supported_extension
from nemovideo.language.intent import route

_LONGEST: Final = 200
"""An order to export is so long at most, and ends the message."""
_LONGEST_OBJECT: Final = 60

_LEAD: Final = re.compile(
    r"""(?:[\s,，。;；、]|(?:please|then|now|first|and|also)\b|[请請]|[帮幫]我|麻[烦煩]
      |把(?:视频|影片|它|这个|這個)|再|先|然[后後]|最[后後]|就|[和与與]|以及)*""",
    re.IGNORECASE | re.VERBOSE,
)
"""What an order may begin with."""
VERB: Final = re.compile(
    r"\b(?:export|save|download|render)\b|[导導]出|[匯汇]出|下[载載]|保存|另存|渲染|[输輸]出|存",
    re.IGNORECASE,
)
"""What asks for an export."""
_OBJECT: Final = re.compile(
    r"""(?:\s*(?:(?:it|this|that|(?:the|my)\s+(?:video|film|clip)|an?(?!\.))\b|一[个個份]
      |(?:视频|影片|成片)(?=\s*[为為成到])))*""",
    re.IGNORECASE | re.VERBOSE,
)
_INTO: Final = re.compile(
    r"""\s*(?:\b(?:as|to|into|in|under)\b(?:\s+an?\b(?!\.))?
      |成[为為]|存[为為到]|名[为為]|叫做|成(?!片|品)|[为為到至叫])\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTED: Final = (
    r"""["“'‘「](?P<{0}quoted>[^"”'’」/\\]+)["”'’」](?P<{0}ending>\.[a-z0-9]{{3,4}})?"""
)
_FILE: Final = re.compile(
    rf"""\s*(?:{_QUOTED.format("")}
      |(?P<name>[^\s"“”'‘’，,。、]+?\.[a-z][a-z0-9]{{2,3}})
      |(?P<blanks>[^"“”'‘’，,。、]+?\.[a-z][a-z0-9]{{2,3}})
      |(?P<format>mp4|mov|webm|gif|[动動][图圖])(?:\s*(?:files?\b|文件|格式|[视視][频頻]))?
        (?:[\s,，]*(?:named|called|(?:文件|[档檔])?名(?:字|[为為])?[叫是为為]?|叫做?|取名|命名[为為])[\s:：]*
          (?:{_QUOTED.format("called_")}|(?P<called>[^\s"“”'‘’，,。、]+)))?
    )(?![\w.\-])""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
"""A file to export to: its name, its format, or its format and then its name."""
_AND: Final = re.compile(r"\s*(?:[,，、]|和|与|與|以及|and\b)?\s*", re.IGNORECASE)
_END: Final = re.compile(r"(?:please|吧|[谢謝]{2}|[.。!！?？,，]|\s)*", re.IGNORECASE)
_JOINED: Final = re.compile(r"\b(?:as|to|and|then|into)\b", re.IGNORECASE)
_VIDEO_NAME: Final = re.compile(r"\.(?:mp4|mov|webm|gif)(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True)
class NamedExport:
    """An export whose file or format a message names; `message` is the rest of it.

    `format` is the extension of the file, which may be none that videos are exported in.
    """

    message: str
    format: str
    path: Path | None = None


class _Place(NamedTuple):
    """Where in a message a file may be named, behind a verb."""

    end: int
    start: int
    has_into: bool
    """Whether there is an "as" or "to" before it, so that its name may have blanks."""
    is_next: bool
    """Whether nothing but the object stands between the verb and it."""


def find_exports(message: str) -> tuple[NamedExport, ...]:
    """Return the files and formats in which a message asks for the video, in order.

    Example:
        >>> find_exports("cut it to 5 seconds and export it as fox.gif")[0].path
        PosixPath('fox.gif')
    """
    text = message.strip()
    for verb in VERB.finditer(text, max(0, len(text) - _LONGEST)):
        for place in _places(text, verb.end()):
            if files := _read_files(text, place):
                if place.is_next and _LEAD.fullmatch(text, 0, verb.start()):
                    return files
                before = text[: place.end].rstrip()
                # "Don't export it as fox.gif" is no order, and an edit stands before this one.
                if any(each.route == "export" and each.certain for each in route(before)):
                    return (replace(files[0], message=before), *files[1:])
    return ()


def has_unread_name(message: str) -> bool:
    """Return True if a message only asks for an export, and has a file's name in it."""
    return _VIDEO_NAME.search(message) is not None and all(
        each.route == "export" and each.certain for each in route(message)
    )


def _places(text: str, verb_end: int) -> Iterator[_Place]:
    yield (first := _next_place(text, verb_end))
    for into in _INTO.finditer(text, verb_end, verb_end + _LONGEST_OBJECT):
        if into.start() != first.end:
            yield _Place(into.start(), into.end(), has_into=True, is_next=False)


def _next_place(text: str, verb_end: int) -> _Place:
    thing = _OBJECT.match(text, verb_end)
    end = verb_end if thing is None else thing.end()
    into = _INTO.match(text, end)
    return _Place(end, end if into is None else into.end(), into is not None, is_next=True)


def _read_files(text: str, place: _Place) -> tuple[NamedExport, ...]:
    """Read the files that are named from a place to the end of a message; empty if that is no list.

    Another verb may stand between them.
    """
    found: list[NamedExport] = []
    while file := _FILE.match(text, place.start):
        blanks = file["blanks"]
        if blanks and (not place.has_into or _JOINED.search(blanks)):
            return ()
        if (named := _name(file)) is None:
            return ()
        found.append(named)
        if _END.fullmatch(text, file.end()):
            return tuple(found)
        lead = _LEAD.match(text, file.end())
        again = None if lead is None else VERB.match(text, lead.end())
        joint = _AND.match(text, file.end())
        if again is not None:
            place = _next_place(text, again.end())
        elif joint is not None:
            place = _Place(file.end(), joint.end(), has_into=False, is_next=True)
    return ()


def _name(file: re.Match[str]) -> NamedExport | None:
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
    return None if ending is None else NamedExport("export", ending, expand(name))
