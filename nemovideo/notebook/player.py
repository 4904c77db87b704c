"""A finished video in a notebook: a player, or pictures from all its parts."""

from __future__ import annotations

import io
import logging
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
from anyio import to_thread

from nemovideo.errors import NemoVideoError
from nemovideo.files.film_frames import check_media, draw_contact_sheet
from nemovideo.notebook.markup import data_url, escape, image
from nemovideo.operations.video import Video

if TYPE_CHECKING:
    from PIL.Image import Image

INLINE_BYTES: Final = 8 * 2**20
"""The largest file that is embedded in the notebook, where it takes a third more."""

_FETCH_LIMIT: Final = 60
"""Seconds after which a card is shown without pictures."""

_MAX_SHEETS: Final = 32
_COLUMNS, _ROWS = 4, 2

_MIMES: Final = {".mp4": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm"}


_logger = logging.getLogger("nemovideo")

_sheets: OrderedDict[str, bytes] = OrderedDict()
"""The JPEG of each video that is not saved, by the id of its render: a card is drawn at once."""


async def fetch_contact_sheet(video: Video) -> bool:
    """Fetch what the card of a video that is not saved shows of it; return whether that is new."""
    render_id = video.render_id
    if render_id is None or render_id in _sheets or await to_thread.run_sync(is_here, video.path):
        return False
    try:
        with anyio.fail_after(_FETCH_LIMIT):
            _sheets[render_id] = _jpeg(await video.contact_sheet(_COLUMNS, _ROWS))
    except (NemoVideoError, TimeoutError, OSError) as error:
        _logger.debug("The notebook shows no pictures of the video: %r", error)
        return False
    while len(_sheets) > _MAX_SHEETS:
        _sheets.popitem(last=False)
    return True


def is_here(path: Path | None) -> bool:
    """Return True if a video was saved on this machine, and still is there."""
    return path is not None and path.is_file()


def video_preview(path: Path | None, render_id: str | None) -> str:
    """Return a player for a saved file, or pictures if it is too large or not saved."""
    if path is not None and is_here(path):
        return video_player(path)
    sheet = _sheets.get(render_id or "")
    return "" if sheet is None else image("image/jpeg", sheet, "still", "Pictures from the video")


def video_player(path: Path) -> str:
    """Return a player for a file, or pictures from it if it is too large."""
    if path.stat().st_size > INLINE_BYTES:
        return _still(path)
    if path.suffix.lower() == ".gif":
        return image("image/gif", path.read_bytes(), "still", path.name)
    mime = _MIMES.get(path.suffix.lower(), "video/mp4")
    source = data_url(mime, path.read_bytes())
    return f'<video controls playsinline src="{source}" title="{escape(path.name)}"></video>'


def _still(path: Path) -> str:
    try:
        check_media()
        sheet = draw_contact_sheet(path, lambda: None, columns=_COLUMNS, rows=_ROWS)
    except NemoVideoError:
        return ""
    return image("image/jpeg", _jpeg(sheet), "still", f"Pictures from {path.name}")


def _jpeg(picture: Image) -> bytes:
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=80)
    return jpeg.getvalue()
