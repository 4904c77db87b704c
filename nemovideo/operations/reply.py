"""The result of one message of a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nemovideo.compat.json_result import JSONResult
from nemovideo.compat.library_internals import hide_dataclass
from nemovideo.errors import NemoVideoError
from nemovideo.language.intent import Route
from nemovideo.models.credits import Credits
from nemovideo.models.turn import Turn
from nemovideo.models.uploads import UploadedFile
from nemovideo.timeline.timeline import Timeline

if TYPE_CHECKING:
    from nemovideo.operations.video import Video


@hide_dataclass
@dataclass(frozen=True)
class Reply(JSONResult):
    """The result of one message of a person.

    `route` says how it was understood, `text` is ready to be shown, and the result is in the field
    of that name. A message that asks for several things has each in `parts`, in order; the
    reply itself is then the last of them, with the text of all. When one of them fails and others
    have been done before, those are there, and `error` and `text` say what went wrong.
    """

    route: Route
    text: str
    reason: str = ""
    """Why the message was taken for this."""
    turn: Turn | None = None
    video: Video | None = None
    credits: Credits | None = None
    timeline: Timeline | None = None
    uploads: tuple[UploadedFile, ...] = ()
    parts: tuple[Reply, ...] = field(default=(), repr=False)
    error: NemoVideoError | None = None
    """What stopped the last part, where others had been done before it."""

    def __str__(self) -> str:
        return self.text
