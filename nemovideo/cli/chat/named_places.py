"""Folders that people name in an export: "export it to my desktop", "导出到桌面"."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

from nemovideo.cli.chat.named_exports import VERB, find_exports
from nemovideo.cli.chat.typed_paths import exists
from nemovideo.language.intent import route

_NAMES: Final = {
    "Desktop": "desktop|桌面",
    "Downloads": "downloads?|下[载載](?:文件[夹夾]|[资資]料[夹夾]|目[录錄])?",
    "Documents": "documents|(?:我的)?文[档檔]|文件[夹夾]",
    "Pictures": "pictures|[图圖]片(?:文件[夹夾]|[资資]料[夹夾]|目[录錄])",
    "Videos": "videos|movies|(?:[视視][频頻]|影片)(?:文件[夹夾]|[资資]料[夹夾]|目[录錄])",
}
_PLACE: Final = re.compile(
    r"\s*(?:(?:[到至在]|存[到在进進])\s*|\b(?:to|on|onto|in|into)\s+)(?:我的|(?:my|the)\s+)?"
    rf"(?P<name>{'|'.join(f'(?P<{key}>{words})' for key, words in _NAMES.items())}"
    r"|(?P<path>(?:~|\.\.?|[a-z]:)?[/\\][^\s,，。]*|~))"
    r"(?:\s+folder\b)?(?:[里裡上中](?!面?[有的加放]))?(?=$|[\s,，。.!！?？吧]|并|然[后後])",
    re.IGNORECASE,
)
_NEAR: Final = 40
_ORDER: Final = re.compile(rf"(?:{VERB.pattern})[^，。；;!！?？\n]*\Z", re.IGNORECASE)
"""An order to export, of which a folder is the end."""
_XDG: Final = re.compile(r'^XDG_(\w+)_DIR="(.*)"$', re.MULTILINE)
_XDG_NAMES: Final = {"Downloads": "DOWNLOAD"}
_CHINESE: Final = {
    "Desktop": "桌面",
    "Downloads": "下载",
    "Documents": "文档",
    "Pictures": "图片",
    "Videos": "视频",
}


class NamedPlace(NamedTuple):
    """A folder that a message names, which is None where there is none; `message` is the rest."""

    message: str
    name: str
    folder: Path | None


def find_place(message: str) -> NamedPlace | None:
    """Return the folder that a message has the video exported to, if it names one."""
    for found in _PLACE.finditer(message):
        rest = f"{message[: found.start()]}{message[found.end() :]}"
        ordered = _ORDER.search(message, max(0, found.start() - _NEAR), found.start())
        if ordered is None or not (find_exports(rest) or _has_export(rest)):
            continue
        if (typed := found["path"]) is not None:
            path = Path(typed).expanduser()
            # Else it is the path of a file, in a folder or not.
            if not path.suffix:
                return NamedPlace(rest, typed, path if path.is_dir() else None)
            continue
        key = next(key for key in _NAMES if found[key])
        return NamedPlace(rest, found["name"], _folder(key))
    return None


def place_path(path: Path) -> Path:
    """Return a path with the folder of the desktop that it begins with, if it names one."""
    path = Path(str(path).replace("／", "/"))
    first, *rest = path.parts or ("",)
    if rest and not exists(Path(first)):
        for key, words in _NAMES.items():
            if re.fullmatch(words, first, re.IGNORECASE):
                return (_folder(key) or Path(first)).joinpath(*rest)
    return path


def _has_export(message: str) -> bool:
    return any(each.route == "export" and each.certain for each in route(message))


def _folder(key: str) -> Path | None:
    """Return where the user has a folder of the desktop: as it is set, or by its usual names."""
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "user-dirs.dirs"
    try:
        chosen = dict(_XDG.findall(config.read_text("utf-8")))
    except (OSError, ValueError):
        chosen = {}
    names = [chosen.get(_XDG_NAMES.get(key, key.upper()), "").replace("$HOME", str(home))]
    names += [key, "Movies" if key == "Videos" else key, _CHINESE[key]]
    paths = [home / name for name in names if name]
    return next((path for path in paths if path != home and exists(path) and path.is_dir()), None)
