"""A finished video on the page: a player, a still, or a link."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

from nemovideo.notebook.markup import data_uri, escape, image

INLINE_BYTES: Final = 8 * 2**20
"""The largest file that goes into the notebook itself, which grows by a third more."""

_MIMES: Final = {".mp4": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm"}


def film(path: Path | None) -> str:
    """Return a player for a saved file; a still for one that is too large; else nothing."""
    if path is None or not path.is_file():
        return ""
    if path.stat().st_size > INLINE_BYTES:
        return _still(path)
    if path.suffix.lower() == ".gif":
        return image("image/gif", path.read_bytes(), "still", path.name)
    mime = _MIMES.get(path.suffix.lower(), "video/mp4")
    source = data_uri(mime, path.read_bytes())
    return f'<video controls playsinline src="{source}" title="{escape(path.name)}"></video>'


def _still(path: Path) -> str:
    try:
        import av
        from av.error import FFmpegError
    except ModuleNotFoundError:
        return ""  # the extra `sandbox` brings it
    try:
        with av.open(str(path)) as container:
            frame: Any = next(container.decode(video=0))
    except (FFmpegError, StopIteration):
        return ""
    picture = frame.to_image()
    picture.thumbnail((960, 960))
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=80)
    return image("image/jpeg", jpeg.getvalue(), "still", f"First picture of {path.name}")
