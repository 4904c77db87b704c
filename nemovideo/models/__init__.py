"""What the service sends; each model is loaded, and pydantic with it, when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.models.credits import Credits as Credits
    from nemovideo.models.renders import Render as Render
    from nemovideo.models.renders import read_render as read_render
    from nemovideo.models.sessions import Session as Session
    from nemovideo.models.state import SessionState as SessionState
    from nemovideo.models.tokens import AnonymousToken as AnonymousToken
    from nemovideo.models.tokens import ClaimToken as ClaimToken
    from nemovideo.models.turn import Turn as Turn
    from nemovideo.models.uploads import UploadedFile as UploadedFile

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.models.credits": ["Credits"],
        "nemovideo.models.renders": ["Render", "read_render"],
        "nemovideo.models.sessions": ["Session"],
        "nemovideo.models.state": ["SessionState"],
        "nemovideo.models.tokens": ["AnonymousToken", "ClaimToken"],
        "nemovideo.models.turn": ["Turn"],
        "nemovideo.models.uploads": ["UploadedFile"],
    },
)
