"""The blocking client, and the blocking twins of what waits. Loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemovideo.blocking.client import NemoVideo
    from nemovideo.blocking.messages import MessageStream
    from nemovideo.blocking.operations import Generation, Sending
    from nemovideo.blocking.project import Outcome, Project, Reply
    from nemovideo.blocking.recovery import UnfinishedMessage, UnfinishedRender
    from nemovideo.blocking.video import Video

__all__ = [
    "Generation",
    "MessageStream",
    "NemoVideo",
    "Outcome",
    "Project",
    "Reply",
    "Sending",
    "UnfinishedMessage",
    "UnfinishedRender",
    "Video",
]

_HOMES = {
    "client": ("NemoVideo",),
    "messages": ("MessageStream",),
    "project": ("Outcome", "Project", "Reply"),
    "recovery": ("UnfinishedMessage", "UnfinishedRender"),
    "video": ("Video",),
    "operations": ("Generation", "Sending"),
}
_LAZY = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)


def __dir__() -> list[str]:
    return __all__
