"""Names of files that are written: safe ones for what a service named, ones beside a target."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from pathlib import Path

# Most file systems stop at 255 bytes; what `temp_name` adds must fit as well.
_NAME_LIMIT_BYTES = 200

# What Windows or a shell reads as something else than a letter of a name.
_SPECIAL = re.compile(r'[<>:"/\\|?*]')
# Windows opens the device whatever ending follows: NUL.mp4 is NUL.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])", re.IGNORECASE)
_TEMP_ENDING = re.compile(r"[0-9a-f]{8}\.part")


def safe_name(name: str) -> str:
    """Return `name` as a file name that stays in its folder on every system.

    Separators, control and invisible characters become `_`; dots and spaces at the ends go, and
    names of Windows devices get a `_` in front. At most 200 bytes, the ending kept; never empty.

    Example:
        ```python
        safe_name("../../etc/passwd")  # "_.._etc_passwd"
        ```
    """
    visible = "".join(map(_visible, unicodedata.normalize("NFC", name)))
    plain = _SPECIAL.sub("_", visible).strip(" .") or "video"
    # A leading "-" is an option to most command lines.
    if plain.startswith("-") or _DEVICES.fullmatch(plain.split(".")[0].rstrip()):
        plain = f"_{plain}"
    return _shorten(plain)


def _visible(letter: str) -> str:
    category = unicodedata.category(letter)
    # Half a surrogate cannot be written; a direction mark makes "4pm.exe" look like "exe.mp4".
    return " " if category == "Zs" else "_" if category[0] in "CZ" else letter


def _shorten(name: str) -> str:
    if len(name.encode()) <= _NAME_LIMIT_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 16:
        stem, dot, ending = name, "", ""
    limit = _NAME_LIMIT_BYTES - len((dot + ending).encode())
    return stem.encode()[:limit].decode(errors="ignore").rstrip(" .") + dot + ending


def temp_name(final: Path) -> Path:
    """Return a new name beside `final` for the file while it is incomplete."""
    return final.with_name(f"{_temp_prefix(final)}{secrets.token_hex(4)}.part")


def temp_files(final: Path) -> list[Path]:
    """Return the files beside `final` that have such a name. Blocks."""
    prefix = _temp_prefix(final)
    # Every save looks through the folder, in which a batch may have thousands of videos.
    with os.scandir(final.parent) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(prefix)]
    return [final.with_name(name) for name in names if _TEMP_ENDING.fullmatch(name, len(prefix))]


def _temp_prefix(final: Path) -> str:
    # The whole of a long name would not fit with what is added.
    name = os.fsdecode(os.fsencode(final.name)[:_NAME_LIMIT_BYTES])
    if os.name != "posix" or not name.isprintable():
        name = safe_name(name)
    return f".{name}."
