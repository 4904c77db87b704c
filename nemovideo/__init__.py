"""NemoVideo for Python: a prompt in, a real 1080p MP4 out.

This file is a table of contents. Every name is loaded when it is first used, so that importing the
package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemovideo import blocking, errors, events, sandbox, sse, testing, transports
    from nemovideo._client import AsyncNemoVideo
    from nemovideo._version import __version__
    from nemovideo.batch.batch import Batch
    from nemovideo.batch.item import BatchItem, BatchReport
    from nemovideo.batch.jobs import Job, read_jobs
    from nemovideo.blocking.client import NemoVideo
    from nemovideo.cli.display.script_progress import show_progress
    from nemovideo.config.timing import Timing
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
    from nemovideo.files.inputs import FileInput
    from nemovideo.models.credits import Credits
    from nemovideo.models.question import Question, QuestionItem, QuestionOption
    from nemovideo.models.renders import Render
    from nemovideo.models.sessions import Session
    from nemovideo.models.state import SessionState
    from nemovideo.models.tokens import AnonymousToken, ClaimToken
    from nemovideo.models.turn import Turn
    from nemovideo.models.uploads import UploadedFile
    from nemovideo.operations.generation import Generation
    from nemovideo.operations.message import PendingTurn
    from nemovideo.operations.project import FileResult, Project
    from nemovideo.operations.recovery import UnfinishedMessage, UnfinishedRender
    from nemovideo.operations.reply import Reply
    from nemovideo.operations.video import Video
    from nemovideo.resources.messages import MessageStream
    from nemovideo.resources.renders import Format, Quality
    from nemovideo.timeline.change import Change
    from nemovideo.timeline.draft import Draft
    from nemovideo.timeline.elements import Segment, Track
    from nemovideo.timeline.timeline import Timeline

_HOMES = {
    "batch.batch": ("Batch",),
    "batch.item": ("BatchItem", "BatchReport"),
    "batch.jobs": ("Job", "read_jobs"),
    "blocking.client": ("NemoVideo",),
    "cli.display.script_progress": ("show_progress",),
    "_client": ("AsyncNemoVideo",),
    "config.timing": ("Timing",),
    "operations.generation": ("Generation",),
    "files.inputs": ("FileInput",),
    "operations.message": ("PendingTurn",),
    "operations.project": ("FileResult", "Project"),
    "operations.reply": ("Reply",),
    "resources.messages": ("MessageStream",),
    "resources.renders": ("Format", "Quality"),
    "operations.recovery": ("UnfinishedMessage", "UnfinishedRender"),
    "_version": ("__version__",),
    "operations.video": ("Video",),
    "timeline.change": ("Change",),
    "models.credits": ("Credits",),
    "timeline.draft": ("Draft",),
    "models.question": ("Question", "QuestionItem", "QuestionOption"),
    "models.renders": ("Render",),
    "models.sessions": ("Session",),
    "models.state": ("SessionState",),
    "timeline.elements": ("Segment", "Track"),
    "timeline.timeline": ("Timeline",),
    "models.tokens": ("AnonymousToken", "ClaimToken"),
    "models.turn": ("Turn",),
    "models.uploads": ("UploadedFile",),
}
_MODULES = ("blocking", "errors", "events", "sandbox", "sse", "testing", "transports")
_LAZY = {name: home for home, names in _HOMES.items() for name in names}
"""All but the errors."""

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
    "Batch",
    "BatchItem",
    "BatchReport",
    "Change",
    "ClaimToken",
    "Credits",
    "DownloadError",
    "Draft",
    "FileInput",
    "FileResult",
    "FileTooLargeError",
    "Format",
    "Generation",
    "InProgressError",
    "InsufficientCreditsError",
    "InvalidInputError",
    "Job",
    "MessageStream",
    "MissingClientIdError",
    "NemoVideo",
    "NemoVideoError",
    "NotFoundError",
    "NothingToExportError",
    "PendingTurn",
    "PlanRequiredError",
    "Project",
    "Quality",
    "Question",
    "QuestionItem",
    "QuestionOption",
    "RateLimitError",
    "Render",
    "RenderFailedError",
    "RenderTimeoutError",
    "Reply",
    "Segment",
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
    "blocking",
    "errors",
    "events",
    "read_jobs",
    "sandbox",
    "show_progress",
    "sse",
    "testing",
    "transports",
]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_LAZY.get(name, 'errors')}"), name)
    globals()[name] = value  # the next use finds it without this detour
    return value


def __dir__() -> list[str]:
    return __all__
