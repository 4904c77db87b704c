"""How far a generation or an export is: events in, one stage and what is worth a line out."""

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
    "connecting", "uploading", "working", "reconnecting", "rendering", "downloading"
]

_GOING: Final[dict[StageName, StageKey]] = {
    "connecting": "stage_connecting",
    "uploading": "stage_uploading",
    "working": "stage_working",
    "reconnecting": "stage_reconnecting",
    "rendering": "stage_rendering",
    "downloading": "stage_downloading",
}
_DONE: Final[dict[StageName, StageKey]] = {
    "connecting": "connected",
    "uploading": "files_sent",
    "working": "answered",
    "reconnecting": "found",
    "rendering": "rendered",
    "downloading": "saved",
}
_MOVING: Final = frozenset({"uploading", "downloading"})
_WITH_FILES: Final = _MOVING | {"rendering"}


@dataclass(frozen=True)
class Stage:
    """What is going on: `done` of `total` (both 0 where nobody knows), since `started`."""

    phase: StageName
    started: float
    done: float = 0
    total: float = 0
    language: str | None = None

    @property
    def word(self) -> str:
        """What it is called while it goes on."""
        return localize(_GOING[self.phase], self.language)

    @property
    def fraction(self) -> float | None:
        """How much of it is done, from 0 to 1, where that is known."""
        return min(self.done / self.total, 1) if self.total else None

    def detail(self, now: float) -> str:
        """Return its figures: per cent, bytes, speed."""
        if self.phase == "rendering":
            return f"{self.done:.0f} %"
        if self.phase not in _MOVING or not self.total:
            return ""
        if not self.done:
            return size(self.total)
        whole = f" of {size(self.total)}"
        elapsed = now - self.started
        speed = f", {size(self.done / elapsed)}/s" if elapsed >= 1 else ""
        return f"{size(self.done)}{whole}{speed}"


Kind: TypeAlias = Literal["done", "text", "notice"]


@dataclass(frozen=True)
class Line:
    """A line that stays: a finished stage, something the agent said, or other news."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class ProgressOptions:
    """What kind of work is watched.

    Args:
        language: of the SDK's own sentences; None takes English.
        phase: how it begins.
        saves: a finished render is downloaded.
        terse: tell of no stage that ended, but of those that made or moved a file.
    """

    language: str | None = None
    phase: StageName = "connecting"
    saves: bool = False
    terse: bool = False


class ProgressTracker:
    """Follows one piece of work by its events.

    Args:
        options: what kind of work it is.
        now: the clock, in seconds.
    """

    def __init__(self, options: ProgressOptions, now: Callable[[], float]) -> None:
        self._options = options
        self._now = now
        self.talk = LineBuffer(options.language)
        self.started = now()
        self.stage = Stage(options.phase, self.started, language=options.language)

    def update(self, event: Event) -> list[Line]:
        """Take in an event, and return the lines that it is worth."""
        match event:
            case Text(text):
                return [*self._enter("working"), *self._say(self.talk.feed(text))]
            case Heartbeat() | ToolCall() | ToolResult():
                return self._enter("working")
            case StillWorking(elapsed):
                notice = localize("still_working", self._options.language, elapsed=elapsed)
                return [*self._enter("working"), Line("notice", notice)]
            case Reconnecting(_, elapsed):
                if self.stage.phase == "reconnecting":
                    return []
                notice = localize("reconnecting", self._options.language, elapsed=elapsed)
                return [*self._enter("reconnecting"), Line("notice", notice)]
            case Notice(text):
                return [Line("notice", line) for line in printable(text).splitlines()]
            case RenderProgress(render):
                lines = self._enter("rendering", render.progress, 100)
                if render.is_completed and self._options.saves:
                    lines += self._enter("downloading", 0, render.size or 0)
                return lines
            case UploadProgress(sent, total):
                return self._enter("uploading", sent, total)
            case DownloadProgress(received, total):
                return self._enter("downloading", received, total)
            case _:
                return []

    def finish(self) -> list[Line]:
        """Take in that all is done."""
        return self._leave()

    def fail(self) -> list[Line]:
        """Take in that it goes no further: what the agent had begun to localize is told."""
        return self._say(self.talk.finish())

    def _enter(self, phase: StageName, done: float = 0, total: float = 0) -> list[Line]:
        if self.stage.phase == phase:
            self.stage = replace(self.stage, done=done, total=total)
            return []
        lines = self._leave()
        self.stage = Stage(phase, self._now(), done, total, self._options.language)
        return lines

    def _leave(self) -> list[Line]:
        """End the stage at hand, with the rest of what was said in it."""
        stage, elapsed = self.stage, self._now() - self.stage.started
        said = self._say(self.talk.finish())
        if self._options.terse and stage.phase not in _WITH_FILES:
            return said
        figures = [size(stage.total)] if stage.total and stage.phase in _MOVING else []
        if elapsed >= 1:
            figures.append(localize("time_taken", stage.language, elapsed=elapsed))
        aside = f" ({', '.join(figures)})" if figures else ""
        return [*said, Line("done", localize(_DONE[stage.phase], stage.language) + aside)]

    def _say(self, lines: list[str]) -> list[Line]:
        return [Line("text", line) for line in lines]
