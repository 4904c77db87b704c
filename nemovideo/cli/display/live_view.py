"""Progress drawn in place on a terminal, below the lines that scroll up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Self

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderResult
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from nemovideo.cli.display.view import View
from nemovideo.events import Event
from nemovideo.progress.tracker import Line, ProgressOptions, ProgressTracker, Stage
from nemovideo.progress.units import clock
from nemovideo.timeline.wording import clip, display_width

_FRAMES: Final = {False: "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", True: "|/-\\"}
_MARKS: Final = {False: ("✓", "━", "─"), True: ("*", "=", "-")}
_FRAMES_A_SECOND: Final = 10
_BAR_FROM: Final = 60
"""The smallest width with a bar."""
_WIDEST_BAR: Final = 32
_LABEL: Final = 12


def status_line(stage: Stage, since: float, now: float, width: int, ascii_only: bool) -> Text:
    """Return the current stage in one line of at most `width` columns."""
    frames = _FRAMES[ascii_only]
    frame = frames[int(now * _FRAMES_A_SECOND) % len(frames)]
    elapsed, detail = clock(now - since), stage.detail(now)
    line = Text.assemble((f"{frame} ", "cyan"), (stage.word, "bold"))
    if width >= _BAR_FROM and stage.fraction is not None:
        line.append(" " * max(1, _LABEL - display_width(line.plain)))
        line.append_text(progress_bar(stage.fraction, min(_WIDEST_BAR, width - 34), ascii_only))
    for text, style in ((detail, ""), (elapsed, "dim")):
        if text:
            line.append(f"  {text}", style)
    if display_width(line.plain) >= width:
        return Text(clip(f"{frame} {stage.word} {detail or elapsed}", width - 1))
    return line


def progress_bar(fraction: float, cells: int, ascii_only: bool) -> Text:
    """Return a bar of so many cells that is filled to a fraction."""
    _, full, rest = _MARKS[ascii_only]
    filled = round(fraction * cells)
    return Text.assemble((full * filled, "cyan"), (rest * (cells - filled), "dim"))


class Drawing:
    """Draws a view in place, ten times a second."""

    def __init__(self, view: ConsoleRenderable, console: Console) -> None:
        # Rich's own ticker may draw in the middle of a print, which leaves stray lines.
        self._live = Live(view, console=console, auto_refresh=False, transient=True)
        self.lock: threading.Lock = threading.Lock()
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def start(self) -> None:
        self._live.start(refresh=True)
        self._ticker.start()

    def stop(self, finish: Callable[[], object] = lambda: None) -> None:
        """Call `finish` after the last drawing, and clear what is drawn."""
        self._ended.set()
        self._ticker.join()
        finish()
        self._live.stop()

    def _tick(self) -> None:
        while not self._ended.wait(1 / _FRAMES_A_SECOND):
            with self.lock:
                self._live.refresh()


class LiveView(View):
    """Draws progress in place, ten times a second."""

    def __init__(self, console: Console, options: ProgressOptions) -> None:
        self._console = console
        self._progress = ProgressTracker(options, time.monotonic)
        self._ascii = not console.encoding.lower().startswith("utf")
        self._drawing = Drawing(self, console)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        progress, now = self._progress, time.monotonic()
        if progress.text.tail.strip():
            yield _agent_text(progress.text.tail)
        yield status_line(progress.stage, progress.started, now, options.max_width, self._ascii)

    def __enter__(self) -> Self:
        self._drawing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._drawing.stop(lambda: self._print(self._progress.fail))

    def event(self, event: Event) -> None:
        self._print(lambda: self._progress.update(event))

    def finish(self) -> None:
        self._print(self._progress.finish)

    def _print(self, advance: Callable[[], list[Line]]) -> None:
        with self._drawing.lock:
            for line in advance():
                self._console.print(self._draw(line))

    def _draw(self, line: Line) -> Text | Padding:
        if line.kind == "text":
            return _agent_text(line.text)
        if line.kind == "done":
            return Text.assemble((f"{_MARKS[self._ascii][0]} ", "green"), line.text)
        return Text(line.text, "dim")


def _agent_text(text: str) -> Padding:
    return Padding(Text(text), (0, 0, 0, 2))
