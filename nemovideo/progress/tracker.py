"""Follows an operation by its events: the current stage, and lines to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from nemovideo.events import (
    DownloadProgress,
    Event,
    Heartbeat,
    Notice,
    Reconnecting,
    RenderProgress,
    SessionStarted,
    StillWorking,
    Text,
    ToolCall,
    ToolResult,
    UploadProgress,
)
from nemovideo.language.catalogue import StageKey
from nemovideo.language.sentences import localize
from nemovideo.progress.line_buffer import LineBuffer
from nemovideo.progress.units import size
from nemovideo.security.printable_text import printable

StageName: TypeAlias = Literal[
    "connecting", "resuming", "uploading", "working", "reconnecting", "rendering", "downloading"
]

_WORDS: Final[dict[StageName, StageKey]] = {
    "connecting": "stage_connecting",
    "resuming": "stage_resuming",
    "uploading": "stage_uploading",
    "working": "stage_working",
    "reconnecting": "stage_reconnecting",
    "rendering": "stage_rendering",
    "downloading": "stage_downloading",
}
_WORDS_DONE: Final[dict[StageName, StageKey]] = {
    "connecting": "connected",
    "resuming": "found",
    "uploading": "files_sent",
    "working": "answered",
    "reconnecting": "found",
    "rendering": "rendered",
    "downloading": "saved",
}
_TRANSFERS: Final = frozenset({"uploading", "downloading"})
_STAGES_WITH_FILES: Final = _TRANSFERS | {"rendering"}


@dataclass(frozen=True)
class Stage:
    """The current stage: `done` of `total` (0 if unknown), since `started`."""

    phase: StageName
    started: float
    done: float = 0
    total: float = 0
    language: str | None = None

    @property
    def word(self) -> str:
        return localize(_WORDS[self.phase], self.language)

    @property
    def fraction(self) -> float | None:
        """The completed part, from 0 to 1; None if unknown."""
        return min(self.done / self.total, 1) if self.total else None

    def detail(self, now: float) -> str:
        """Return per cent, bytes or speed."""
        if self.phase == "rendering":
            return f"{self.done:.0f} %"
        if self.phase not in _TRANSFERS or not self.total:
            return ""
        if not self.done:
            return size(self.total)
        elapsed = now - self.started
        speed = f", {size(self.done / elapsed)}/s" if elapsed >= 1 else ""
        done = localize("done_of", self.language, done=self.done, total=self.total)
        return f"{done}{speed}"


Kind: TypeAlias = Literal["done", "text", "notice"]


@dataclass(frozen=True)
class Line:
    """A line to show: a finished stage, text of the agent, or a notice."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class ProgressOptions:
    """How an operation is followed.

    Args:
        language: Of the SDK's own sentences; None is English.
        phase: The first stage.
        saves: A finished render is downloaded.
        terse: Of the finished stages, show only those with a file.
        chat: The commands of the chat can be typed.
    """

    language: str | None = None
    phase: StageName = "connecting"
    saves: bool = False
    terse: bool = False
    chat: bool = False


class ProgressTracker:
    """Follows one operation by its events.

    Args:
        options: How it is followed.
        now: The clock, in seconds.
    """

    def __init__(self, options: ProgressOptions, now: Callable[[], float]) -> None:
        self._options = options
        self._now = now
        self.text: LineBuffer = LineBuffer(chat=options.chat)
        self.started: float = now()
        self.stage: Stage = Stage(options.phase, self.started, language=options.language)

    def update(self, event: Event) -> list[Line]:
        match event:
            case Text():
                return [*self._set_stage("working"), *_text_lines(self.text.feed(event))]
            case SessionStarted(resumed=True):
                return self._set_stage("resuming")
            case Heartbeat() | ToolCall() | ToolResult():
                return self._set_stage("working")
            case StillWorking(elapsed):
                notice = localize("still_working", self._options.language, elapsed=elapsed)
                stage: StageName = "resuming" if self.stage.phase == "resuming" else "working"
                return [*self._set_stage(stage), Line("notice", notice)]
            case Reconnecting(_, elapsed):
                if self.stage.phase == "reconnecting":
                    return []
                notice = localize("reconnecting", self._options.language, elapsed=elapsed)
                return [*self._set_stage("reconnecting"), Line("notice", notice)]
            case Notice(text):
                return [Line("notice", line) for line in printable(text).splitlines()]
            case RenderProgress(render):
                lines = self._set_stage("rendering", render.progress, 100)
                if render.is_completed and self._options.saves:
                    lines += self._set_stage("downloading", 0, render.size or 0)
                return lines
            case UploadProgress(sent, total):
                return self._set_stage("uploading", sent, total)
            case DownloadProgress(received, total):
                return self._set_stage("downloading", received, total)
            case _:
                return []

    def finish(self) -> list[Line]:
        """End the last stage, and return the lines to show."""
        return self._end_stage()

    def fail(self) -> list[Line]:
        r"""Return the rest of the agent\'s text."""
        return _text_lines(self.text.finish())

    def _set_stage(self, phase: StageName, done: float = 0, total: float = 0) -> list[Line]:
        if self.stage.phase == phase:
            self.stage = replace(self.stage, done=done, total=total)
            return []
        lines = self._end_stage()
        self.stage = Stage(phase, self._now(), done, total, self._options.language)
        return lines

    def _end_stage(self) -> list[Line]:
        """End the current stage; return the rest of the text, then the finished stage."""
        stage, elapsed = self.stage, self._now() - self.stage.started
        text = self.fail()
        if self._options.terse and stage.phase not in _STAGES_WITH_FILES:
            return text
        figures = [size(stage.total)] if stage.total and stage.phase in _TRANSFERS else []
        if elapsed >= 1:
            figures.append(localize("time_taken", stage.language, elapsed=elapsed))
        suffix = f" ({', '.join(figures)})" if figures else ""
        return [*text, Line("done", localize(_WORDS_DONE[stage.phase], stage.language) + suffix)]


def _text_lines(lines: list[str]) -> list[Line]:
    return [Line("text", line) for line in lines]
