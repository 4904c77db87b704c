"""A finished video in a notebook: a player, or a still image."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

from nemovideo.notebook.markup import data_url, escape, image

INLINE_BYTES: Final = 8 * 2**20
"""The largest file that is embedded in the notebook, where it takes a third more."""

_MIMES: Final = {".mp4": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm"}


def video_player(path: Path | None) -> str:
    """Return a player for a saved file, or a still image if it is too large."""
    if path is None or not path.is_file():
        return ""
    if path.stat().st_size > INLINE_BYTES:
        return _still(path)
    if path.suffix.lower() == ".gif":
        return image("image/gif", path.read_bytes(), "still", path.name)
    mime = _MIMES.get(path.suffix.lower(), "video/mp4")
    source = data_url(mime, path.read_bytes())
    return f'<video controls playsinline src="{source}" title="{escape(path.name)}"></video>'


def _still(path: Path) -> str:
    try:
        # An optional dependency, of the extra `sandbox`.
        import av
        from av.error import FFmpegError
    except ModuleNotFoundError:
        return ""
    try:
        with av.open(str(path)) as container:
            frame: Any = next(container.decode(video=0))
    except (FFmpegError, StopIteration):
        return ""
    still = frame.to_image()
    still.thumbnail((960, 960))
    jpeg = io.BytesIO()
    still.save(jpeg, "JPEG", quality=80)
    return image("image/jpeg", jpeg.getvalue(), "still", f"First frame of {path.name}")
