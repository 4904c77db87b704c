"""NemoVideo for Python: a prompt in, a real 1080p MP4 out.

This file is a table of contents. Every name is loaded when it is first used, so that importing the
package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemovideo import errors, events, sse
    from nemovideo._blocking.client import NemoVideo
    from nemovideo._client import AsyncNemoVideo
    from nemovideo._config import Timing
    from nemovideo._generation import Generation
    from nemovideo._project import Project, Sending
    from nemovideo._recover import UnfinishedMessage, UnfinishedRender
    from nemovideo._version import __version__
    from nemovideo._video import Video
    from nemovideo.errors import (
        AgentError,
        APIConnectionError,
        APIError,
        APITimeoutError,
        Attempt,
        AuthenticationError,
        BadRequestError,
        DownloadError,
        FileTooLargeError,
        InProgressError,
        InsufficientCreditsError,
        InvalidInputError,
        MissingClientIdError,
        NemoVideoError,
        NotFoundError,
        NothingToExportError,
        PlanRequiredError,
        RateLimitError,
        RenderFailedError,
        RenderTimeoutError,
        ServerError,
        SessionNotFoundError,
        StreamInterruptedError,
        UnsupportedFileError,
    )
    from nemovideo.models.changes import Change
    from nemovideo.models.credits import Credits
    from nemovideo.models.draft import Draft
    from nemovideo.models.question import Question, QuestionItem, QuestionOption
    from nemovideo.models.renders import Render
    from nemovideo.models.sessions import Session
    from nemovideo.models.state import SessionState
    from nemovideo.models.timeline import Segment, Timeline, Track
    from nemovideo.models.tokens import AnonymousToken, ClaimToken
    from nemovideo.models.turn import Turn
    from nemovideo.models.uploads import UploadedFile

_HOMES = {
    "_blocking.client": ("NemoVideo",),
    "_client": ("AsyncNemoVideo",),
    "_config": ("Timing",),
    "_generation": ("Generation",),
    "_project": ("Project", "Sending"),
    "_recover": ("UnfinishedMessage", "UnfinishedRender"),
    "_version": ("__version__",),
    "_video": ("Video",),
    "errors": (
        "APIConnectionError",
        "APIError",
        "APITimeoutError",
        "AgentError",
        "Attempt",
        "AuthenticationError",
        "BadRequestError",
        "DownloadError",
        "FileTooLargeError",
        "InProgressError",
        "InsufficientCreditsError",
        "InvalidInputError",
        "MissingClientIdError",
        "NemoVideoError",
        "NotFoundError",
        "NothingToExportError",
        "PlanRequiredError",
        "RateLimitError",
        "RenderFailedError",
        "RenderTimeoutError",
        "ServerError",
        "SessionNotFoundError",
        "StreamInterruptedError",
        "UnsupportedFileError",
    ),
    "models.changes": ("Change",),
    "models.credits": ("Credits",),
    "models.draft": ("Draft",),
    "models.question": ("Question", "QuestionItem", "QuestionOption"),
    "models.renders": ("Render",),
    "models.sessions": ("Session",),
    "models.state": ("SessionState",),
    "models.timeline": ("Segment", "Timeline", "Track"),
    "models.tokens": ("AnonymousToken", "ClaimToken"),
    "models.turn": ("Turn",),
    "models.uploads": ("UploadedFile",),
}
_MODULES = ("errors", "events", "sse")
_LAZY = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "AgentError",
    "AnonymousToken",
    "AsyncNemoVideo",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "Change",
    "ClaimToken",
    "Credits",
    "DownloadError",
    "Draft",
    "FileTooLargeError",
    "Generation",
    "InProgressError",
    "InsufficientCreditsError",
    "InvalidInputError",
    "MissingClientIdError",
    "NemoVideo",
    "NemoVideoError",
    "NotFoundError",
    "NothingToExportError",
    "PlanRequiredError",
    "Project",
    "Question",
    "QuestionItem",
    "QuestionOption",
    "RateLimitError",
    "Render",
    "RenderFailedError",
    "RenderTimeoutError",
    "Segment",
    "Sending",
    "ServerError",
    "Session",
    "SessionNotFoundError",
    "SessionState",
    "StreamInterruptedError",
    "Timeline",
    "Timing",
    "Track",
    "Turn",
    "UnfinishedMessage",
    "UnfinishedRender",
    "UnsupportedFileError",
    "UploadedFile",
    "Video",
    "__version__",
    "errors",
    "events",
    "sse",
]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value  # the next use finds it without this detour
    return value


def __dir__() -> list[str]:
    return __all__
