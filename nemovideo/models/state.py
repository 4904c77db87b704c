"""The state of a session: its draft and media."""

from __future__ import annotations

from typing import Any, ClassVar

from nemovideo.models.base import Model
from nemovideo.timeline.draft import Draft


class SessionState(Model):
    """The state of a session (wire-contract section 4)."""

    _repr_fields: ClassVar[tuple[str, ...]] = ("session_id", "draft")

    session_id: str | None = None
    task_id: str | None = None
    user_id: str | None = None
    draft: Draft = Draft({})
    video_infos: Any = None
    generated_media: Any = None
    canvas_config: Any = None
    video_analyses: Any = None
