"""Progress as plain lines and as JSON; `live_view` draws it on a terminal."""

from __future__ import annotations

import time
from typing import Self

from nemovideo.cli import display
from nemovideo.cli.display.output import Output
from nemovideo.cli.display.view import View
from nemovideo.events import (
    DownloadProgress,
    Event,
    Notice,
    Reconnecting,
    RenderProgress,
    SessionStarted,
    StateChanged,
    StillWorking,
    Text,
    ToolCall,
    ToolResult,
    UploadProgress,
)
from nemovideo.progress.tracker import Line, ProgressOptions, ProgressTracker, StageName

_STEP_PERCENT = 25
"""Between two lines about a render."""


class JsonView(View):
    """Writes each event as an object."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def event(self, event: Event) -> None:
        self._output.event(event.type, **event_values(event))


class PlainView(View):
    """Writes plain lines, for pipes and logs."""

    def __init__(self, output: Output, options: ProgressOptions) -> None:
        self._output = output
        self._options = options
        self._progress = ProgressTracker(options, time.monotonic)
        self._shown: tuple[StageName, float] = (options.phase, 0)

    def __enter__(self) -> Self:
        if not self._options.terse:
            self._output.note(f"{self._progress.stage.word}…")
        return self

    def event(self, event: Event) -> None:
        self._write(self._progress.update(event))
        self._write_stage()

    def finish(self) -> None:
        self._write(self._progress.finish())

    def __exit__(self, *_: object) -> None:
        """Write the incomplete last line of the agent's text."""
        self._write(self._progress.fail())

    def _write(self, lines: list[Line]) -> None:
        for line in lines:
            if line.kind != "text":
                self._output.note(line.text)
            elif not self._options.terse:  # the chat writes the whole reply to stdout
                self._output.note(f"  {line.text}".rstrip())

    def _write_stage(self) -> None:
        stage = self._progress.stage
        phase, percent = self._shown
        if stage.phase != phase:
            self._shown = stage.phase, 0
            self._output.note(f"{stage.word}…")
        elif stage.phase == "rendering" and percent + _STEP_PERCENT <= stage.done < 100:
            self._shown = phase, stage.done - stage.done % _STEP_PERCENT
            self._output.note(f"{stage.word} {stage.done:.0f} %")


def open_view(output: Output, options: ProgressOptions) -> View:
    if output.json:
        return JsonView(output)
    if output.quiet:
        return View()
    if output.is_live:
        return display.LiveView(output.stderr_console, options)
    return PlainView(output, options)


def event_values(event: Event) -> dict[str, object]:
    """Return the values of an event in `--json`; those of tools stay internal (section 5)."""
    match event:
        case Text(text) | Notice(text):
            return {"text": text}
        case SessionStarted(session_id, task_id, resumed):
            return {"session_id": session_id, "task_id": task_id, "resumed": resumed}
        case ToolCall(name) | ToolResult(name):
            return {"name": name}
        case StillWorking(elapsed):
            return {"elapsed": round(elapsed, 1)}
        case Reconnecting(reason, elapsed):
            return {"reason": reason, "elapsed": round(elapsed, 1)}
        case StateChanged(changes):
            return {"changes": [str(change) for change in changes]}
        case RenderProgress(render):
            return {
                "render_id": render.id,
                "status": render.status,
                "progress": render.progress,
            }
        case UploadProgress(sent, total):
            return {"sent": sent, "total": total}
        case DownloadProgress(received, total):
            return {"received": received, "total": total}
        case _:
            return {}
