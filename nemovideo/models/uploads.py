"""Uploaded files."""

from __future__ import annotations

from typing import ClassVar

from nemovideo.models.base import Model


class UploadedFile(Model):
    """An uploaded file, as the service describes it (wire-contract section 4)."""

    _repr_fields: ClassVar[tuple[str, ...]] = (
        "filename",
        "file_type",
        "duration",
        "width",
        "height",
    )

    filename: str = ""
    file_type: str | None = None
    """"video", "image" or "audio"."""
    cdn_url: str | None = None
    duration: float | None = None
    """Seconds."""
    width: int | None = None
    """Pixels."""
    height: int | None = None
    """Pixels."""
    fps: float | None = None
    hash: str | None = None
