"""Progress on the terminal for plain scripts, which are no command of ours."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.util import find_spec

from nemovideo.cli.display.output import Output
from nemovideo.cli.display.view import View
from nemovideo.cli.display.views import PlainView, open_view
from nemovideo.concurrency.callbacks import DisplayCallback
from nemovideo.errors import InvalidInputError
from nemovideo.events import DownloadProgress, Event, JobEvent, RenderProgress
from nemovideo.progress.tracker import ProgressOptions, ProgressTracker, StageName

_logger = logging.getLogger("nemovideo")

_live_lock = threading.Lock()
"""Held by the one display that draws in place: two would draw over each other."""


def show_progress(language: str | None = None) -> Callable[[Event | JobEvent], None]:
    """Return an `on_event` that shows on stderr what an operation is doing (extra `cli`).

    On a terminal it draws the current stage in place, with a bar where the length is known, and
    what the agent says above it; elsewhere it writes plain lines. It is for one operation at a
    time and may be used again for the next one. Where several run at once, each takes its own: the
    first draws in place, the others write lines. For a batch, too, each job has lines of its own.

    Args:
        language: of the SDK's own words: English, or Chinese for `"zh"`.

    Raises:
        InvalidInputError: the extra `cli` is not installed.

    Example:
        ```python
        video = await client.generate("a panda in the snow", on_event=nemovideo.show_progress())
        ```
    """
    if find_spec("rich") is None:
        raise InvalidInputError(
            "Progress on a terminal takes rich.",
            parameter="show_progress",
            hint='Install it: pip install "nemovideo[cli]"',
        )
    return ScriptProgress(language)


class ScriptProgress(DisplayCallback):
    """Shows one operation at a time, in a view that is open from its first event to its end."""

    def __init__(self, language: str | None) -> None:
        self._language = language
        self._view: View | None = None
        self._holds_terminal = False
        self._jobs: dict[int, ProgressTracker] = {}

    def __call__(self, event: Event | JobEvent, /) -> None:
        if isinstance(event, JobEvent):
            with _logged():
                self._note_job(event)
            return
        with _logged():
            self._draw(event)
        if _is_last(event):
            self.finish(None)

    def _draw(self, event: Event) -> None:
        if self._view is None:
            self._open("downloading" if isinstance(event, DownloadProgress) else "connecting")
        if self._view is not None:
            self._view.event(event)

    def _note_job(self, job: JobEvent) -> None:
        """Write a line where a job of a batch begins, and where it has come to its files."""
        tracker = self._jobs.get(job.index)
        if tracker is None and _is_last(job.event):
            return  # it has ended, and says so again
        if tracker is None:
            options = ProgressOptions(self._language, saves=True, terse=True)
            tracker = self._jobs[job.index] = ProgressTracker(options, time.monotonic)
            Output().note(f"{job.key}: {tracker.stage.word}…")
        lines = tracker.update(job.event)
        if isinstance(job.event, DownloadProgress) and _is_last(job.event):
            lines += tracker.finish()
            del self._jobs[job.index]
        for line in lines:
            if line.kind != "text":
                Output().note(f"{job.key}: {line.text}")

    def finish(self, error: BaseException | None) -> None:
        """Stop drawing, with the last stage as complete unless there is an error."""
        view, self._view = self._view, None
        if view is None:
            return
        atexit.unregister(self._close)
        with _logged():
            if error is None:
                view.finish()
        with _logged():
            view.__exit__()
        if self._holds_terminal:
            self._holds_terminal = False
            _live_lock.release()

    def _close(self) -> None:
        """Give the terminal its cursor back where an operation of several steps broke off."""
        self.finish(InterruptedError())

    def _open(self, phase: StageName) -> None:
        output, options = Output(), ProgressOptions(self._language, phase)
        self._holds_terminal = output.is_live and _live_lock.acquire(blocking=False)
        view = open_view(output, options) if self._holds_terminal else PlainView(output, options)
        self._view = view.__enter__()
        atexit.register(self._close)


@contextmanager
def _logged() -> Generator[None]:
    """Log an error of the drawing: paid work must not end because of its display."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # a terminal that is gone, say
        _logger.debug("The progress was not shown: %r", error)


def _is_last(event: Event) -> bool:
    """Return True where nothing, or only a download, can follow."""
    match event:
        case DownloadProgress(received, total):
            return 0 < total <= received
        case RenderProgress(render):
            return render.is_completed
        case _:
            return False
