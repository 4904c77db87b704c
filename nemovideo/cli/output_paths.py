"""What a video is called when nobody named it."""

from __future__ import annotations

import re
from pathlib import Path

from nemovideo.files.media_types import supported_extension
from nemovideo.files.safe_names import safe_name
from nemovideo.timeline.wording import clip

_WIDEST = 48
_WORD = re.compile(r"[^\W_]+")


def slug(prompt: str) -> str:
    """Return a prompt as a short file name without an ending: `a-panda-in-the-snow`.

    Letters of any script stay; at most 48 columns, cut between words where there are any.
    """
    words = _WORD.findall(prompt.lower())
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else clip(word, _WIDEST, "")
        if clip(longer, _WIDEST, "") != longer:
            break
        name = longer
    return safe_name(name or "video")


def format_named(path: Path | None) -> str:
    """Return the format that a file name asks for: its ending, `mp4` where that tells of none.

    Args:
        path: None where nobody named the file.
    """
    return (supported_extension(path.name) if path is not None else None) or "mp4"


def free_path(folder: Path, stem: str, ending: str) -> Path:
    """Return a path in `folder` where nothing is yet: a number is appended while there is."""
    path, number = folder / f"{stem}.{ending}", 1
    while path.exists() or path.is_symlink():
        number += 1
        path = folder / f"{stem}-{number}.{ending}"
    return path
