"""The service's endpoint families, one thin method for each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.resources.credits import CreditsResource as CreditsResource
    from nemovideo.resources.messages import Messages as Messages
    from nemovideo.resources.renders import Renders as Renders
    from nemovideo.resources.renders import check_output as check_output
    from nemovideo.resources.sessions import Sessions as Sessions
    from nemovideo.resources.states import States as States
    from nemovideo.resources.tokens import Tokens as Tokens
    from nemovideo.resources.uploads import Uploads as Uploads

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.resources.credits": ["CreditsResource"],
        "nemovideo.resources.messages": ["Messages"],
        "nemovideo.resources.renders": ["Renders", "check_output"],
        "nemovideo.resources.sessions": ["Sessions"],
        "nemovideo.resources.states": ["States"],
        "nemovideo.resources.tokens": ["Tokens"],
        "nemovideo.resources.uploads": ["Uploads"],
    },
)
