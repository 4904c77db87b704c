"""The wrappers of what the async client returns, each module loaded on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.blocking.batch import Batch as Batch
    from nemovideo.blocking.operations import Generation as Generation
    from nemovideo.blocking.portal import CallbackRelay as CallbackRelay
    from nemovideo.blocking.portal import Portal as Portal
    from nemovideo.blocking.project import Project as Project
    from nemovideo.blocking.recovery import wrap as wrap
    from nemovideo.blocking.resources import CreditsResource as CreditsResource
    from nemovideo.blocking.resources import Messages as Messages
    from nemovideo.blocking.resources import Renders as Renders
    from nemovideo.blocking.resources import Sessions as Sessions
    from nemovideo.blocking.resources import States as States
    from nemovideo.blocking.resources import Tokens as Tokens
    from nemovideo.blocking.resources import Uploads as Uploads
    from nemovideo.blocking.video import Video as Video

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.blocking.batch": ["Batch"],
        "nemovideo.blocking.operations": ["Generation"],
        "nemovideo.blocking.portal": ["CallbackRelay", "Portal"],
        "nemovideo.blocking.project": ["Project"],
        "nemovideo.blocking.recovery": ["wrap"],
        "nemovideo.blocking.resources": [
            *("CreditsResource", "Messages", "Renders", "Sessions", "States", "Tokens", "Uploads")
        ],
        "nemovideo.blocking.video": ["Video"],
    },
)
