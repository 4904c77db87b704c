"""The names of output files."""

from __future__ import annotations

import re
from pathlib import Path

from nemovideo.files.media_types import supported_extension
from nemovideo.files.safe_names import safe_name
from nemovideo.timeline.wording import clip

_WIDEST = 48
_SHORT_ID = 8
_WORD = re.compile(r"[^\W_]+")


def slug(prompt: str) -> str:
    """Return a prompt as a short file name without an extension: `a-panda-in-the-snow`.

    Letters of any script stay. At most 48 columns, cut between words if possible.
    """
    words = _WORD.findall(prompt.lower())
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else clip(word, _WIDEST, "")
        if clip(longer, _WIDEST, "") != longer:
            break
        name = longer
    return safe_name(name or "video")


def session_stem(session_id: str) -> str:
    """Return the file name, without an extension, of a session's video."""
    return f"nemovideo-{session_id[:_SHORT_ID]}"


def format_named(path: Path | None) -> str:
    """Return the format of a file by its extension; `mp4` if it has none or `path` is None."""
    return (supported_extension(path.name) if path is not None else None) or "mp4"


def free_path(folder: Path, stem: str, extension: str) -> Path:
    """Return an unused path in `folder`, with a number appended if need be."""
    path, number = folder / f"{stem}.{extension}", 1
    while path.exists() or path.is_symlink():
        number += 1
        path = folder / f"{stem}-{number}.{extension}"
    return path
