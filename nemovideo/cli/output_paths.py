"""The names of output files."""

from __future__ import annotations

from pathlib import Path

from nemovideo.files.media_types import supported_extension
from nemovideo.files.save_targets import RemotePath, is_url, local_path

_SHORT_ID = 8


def session_stem(session_id: str) -> str:
    """Return the file name, without an extension, of a session's video."""
    return f"nemovideo-{session_id[:_SHORT_ID]}"


def parse_output(text: str) -> Path:
    if is_url(text):
        return RemotePath(str(text))
    return Path(local_path(text))


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
