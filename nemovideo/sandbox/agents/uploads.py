"""A file of a session, as an agent knows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Upload:
    """A file that the user uploaded to the session.

    Args:
        filename: the name by which a draft calls it.
        file_type: "video", "image" or "audio".
        duration: seconds, None for images and where it is not known.
        width: pixels, None where it is not known.
        height: pixels, None where it is not known.
        fps: frames a second, None where it is not known.
    """

    filename: str
    file_type: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
