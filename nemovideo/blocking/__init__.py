"""The blocking client, and the blocking forms of what it returns, loaded on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.blocking.batch import Batch, BatchItem, BatchReport
    from nemovideo.blocking.client import NemoVideo
    from nemovideo.blocking.messages import MessageStream
    from nemovideo.blocking.operations import Generation, PendingTurn
    from nemovideo.blocking.project import FileResult, Project, Reply
    from nemovideo.blocking.recovery import UnfinishedMessage, UnfinishedRender
    from nemovideo.blocking.video import Video

__all__ = [
    "Batch",
    "BatchItem",
    "BatchReport",
    "FileResult",
    "Generation",
    "MessageStream",
    "NemoVideo",
    "PendingTurn",
    "Project",
    "Reply",
    "UnfinishedMessage",
    "UnfinishedRender",
    "Video",
]

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.blocking.batch": ["Batch", "BatchItem", "BatchReport"],
        "nemovideo.blocking.client": ["NemoVideo"],
        "nemovideo.blocking.messages": ["MessageStream"],
        "nemovideo.blocking.operations": ["Generation", "PendingTurn"],
        "nemovideo.blocking.project": ["FileResult", "Project", "Reply"],
        "nemovideo.blocking.recovery": ["UnfinishedMessage", "UnfinishedRender"],
        "nemovideo.blocking.video": ["Video"],
    },
)


def __dir__() -> list[str]:
    return __all__
