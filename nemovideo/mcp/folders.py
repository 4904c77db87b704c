"""Which files may be read, and names for files that are written.

The arguments come from a language model, which may repeat what a web page told it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from nemovideo.errors import InvalidInputError
from nemovideo.files.safe_names import safe_name

_SYSTEM_FOLDERS = tuple(Path(each) for each in ("/proc", "/sys", "/dev"))
"""What lies here is no file of a person, even if the owner allows the root."""
_LONGEST_STEM = 40
_LONGEST_NAME = 60
_WORD = re.compile(r"[^\W_]+")


def check_input(given: str, folders: Sequence[Path], parameter: str) -> Path:
    """Return the file that may be uploaded under a path, with every link resolved."""
    path = Path(given)
    if "\0" in given or not given.strip() or ".." in path.parts or "://" in given:
        raise _refused(parameter, "is not the absolute path of a file", folders)
    try:
        candidates = [path] if path.is_absolute() else [folder / path for folder in folders]
        found = [file for each in candidates if (file := _resolve(each, folders)) is not None]
    except (OSError, ValueError, RuntimeError):  # too long, or links that lead in a circle
        found = []
    # One message for what is not there and for what is not allowed: it tells nothing of the rest.
    if not found:
        raise _refused(parameter, "is not a file in a folder that may be read", folders)
    return found[0]


def _resolve(path: Path, folders: Sequence[Path]) -> Path | None:
    real = Path(os.path.realpath(path, strict=False))
    allowed = any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)
    if not allowed or any(real.is_relative_to(folder) for folder in _SYSTEM_FOLDERS):
        return None
    try:
        # Pipes, sockets and devices would never end.
        return real if stat.S_ISREG(real.lstat().st_mode) else None
    except OSError:
        return None


def _refused(parameter: str, problem: str, folders: Sequence[Path]) -> InvalidInputError:
    names = tuple(map(str, folders))
    return InvalidInputError(
        f"{parameter} {problem}.",
        parameter=parameter,
        accepted=tuple(f"a file in {name}" for name in names),
        hint=(
            f"Ask the person to copy the file into {' or '.join(names)}; the owner of the server"
            " allows other folders with NEMOVIDEO_MCP_FOLDERS."
        ),
    )


def file_stem(text: str, fallback: str = "video") -> str:
    """Return some words as the name of a file without its ending."""
    name = ""
    for word in _WORD.findall(text.lower()):
        longer = f"{name}-{word}" if name else word[:_LONGEST_STEM]
        if len(longer) > _LONGEST_STEM:
            break
        name = longer
    return safe_name(name or fallback)


def chosen_stem(name: str) -> str:
    """Return the name that an assistant chose for a file, without its ending and any folder."""
    last = re.split(r"[/\\]", name.strip())[-1]
    stem = re.sub(r"\.(?:mp4|mov|webm|gif)$", "", last, flags=re.IGNORECASE)
    return safe_name(stem)[:_LONGEST_NAME].strip(" .") or "video"


def short_digest(*parts: str) -> str:
    """Return a few characters that differ wherever the parts do."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:8]
