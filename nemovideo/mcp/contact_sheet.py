"""Pictures of a video, small enough for the context of an assistant."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo.concurrency.threads import run_in_thread_until_cancelled
from nemovideo.files.film_frames import check_media, draw_contact_sheet

if TYPE_CHECKING:
    from PIL.Image import Image

LIMIT_BYTES = 150_000
_COLUMNS, _ROWS = 4, 2
_QUALITIES = (85, 70, 50, 30)


async def read_contact_sheet(path: Path) -> bytes:
    """Return pictures from all parts of a video as one JPEG of at most 150 KB."""
    return await run_in_thread_until_cancelled(partial(_draw, path))


def _draw(path: Path, check_cancelled: Callable[[], None]) -> bytes:
    check_media()
    sheet = draw_contact_sheet(path, check_cancelled, columns=_COLUMNS, rows=_ROWS)
    while True:
        for quality in _QUALITIES:
            data = _encode(sheet, quality)
            if len(data) <= LIMIT_BYTES:
                return data
        sheet = sheet.resize((max(1, sheet.width // 2), max(1, sheet.height // 2)))


def _encode(sheet: Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
