"""Renders: a draft on its way to a file."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from nemovideo.models.base import Model

Format: TypeAlias = Literal["mp4", "mov", "webm", "gif"]
Quality: TypeAlias = Literal["low", "medium", "high"]


class Render(Model):
    """One render job (wire-contract section 4)."""

    _brief: ClassVar[tuple[str, ...]] = ("id", "status", "progress", "error")

    id: str
    """Chosen by the client; unique for ever."""
    status: str = "pending"
    """"pending", "processing", "completed", "failed", or a word that is new."""
    progress: float = 0
    """0 to 100."""
    url: str | None = None
    """Where the file is, once the render is completed."""
    error: str | None = None
    """What the service says went wrong."""
    duration: float | None = None
    """Seconds, where the service says."""
    size: int | None = None
    """Bytes, where the service says."""
    format: str = "mp4"
    """The container that was asked for."""

    @property
    def is_completed(self) -> bool:
        """Whether the file is there."""
        return self.status == "completed"

    @property
    def is_failed(self) -> bool:
        """Whether the service gave it up, or was told to."""
        return self.is_cancelled or self.status in {"failed", "error"}

    @property
    def is_cancelled(self) -> bool:
        """Whether the service says that it was told to stop."""
        return self.status in {"cancelled", "canceled"}

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.is_completed or self.is_failed
