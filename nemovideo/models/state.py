"""What a session holds: the draft and all that it was made from."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, field_serializer, field_validator

from nemovideo.models.base import Model
from nemovideo.timeline.draft import Draft


class SessionState(Model):
    """The state of a session (wire-contract section 4)."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    _repr_fields: ClassVar[tuple[str, ...]] = ("session_id", "draft")

    session_id: str | None = None
    task_id: str | None = None
    user_id: str | None = None
    draft: Draft = Draft({})
    video_infos: Any = None
    generated_media: Any = None
    canvas_config: Any = None
    video_analyses: Any = None

    @field_validator("draft", mode="before")
    @classmethod
    def _read_draft(cls, value: object) -> Draft:
        return value if isinstance(value, Draft) else Draft.parse(value)

    @field_serializer("draft")
    def _write_draft(self, draft: Draft) -> dict[str, object]:
        return draft.raw
