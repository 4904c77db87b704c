"""Progress of a batch on a terminal: a bar for all, and a line for each job that runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from nemovideo.cli.chinese_help import locale_language
from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.display.batch_view import BatchView, describe
from nemovideo.cli.display.live_view import Drawing, progress_bar, status_line
from nemovideo.language.sentences import localize
from nemovideo.progress.batch_tracker import BatchTracker
from nemovideo.progress.units import clock
from nemovideo.security.printable_text import printable
from nemovideo.timeline.wording import clip, pad

if TYPE_CHECKING:
    from nemovideo.batch.item import BatchItem
    from nemovideo.events import JobEvent

_WIDEST_KEY: Final = 20
_WIDEST_BAR: Final = 32
_MARKS: Final = {"done": ("✓", "green"), "failed": ("✗", "red")}
_OTHER_LINES: Final = 4
"""Of the terminal's height, what the jobs that run leave free."""


class LiveBatchView(BatchView):
    """Draws the progress of a batch in place, ten times a second; ended jobs scroll up."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._tracker = BatchTracker(total, time.monotonic, language=locale_language())
        self._ascii = not console.encoding.lower().startswith("utf")
        self._drawing = Drawing(self, console)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        tracker, now, width = self._tracker, time.monotonic(), options.max_width
        yield self._overall(now, width)
        most = max(1, console.height - _OTHER_LINES)
        running = sorted(tracker.running.items())
        label = min(_WIDEST_KEY, width // 3)
        for _, (key, job) in running[:most]:
            line = Text(f"  {pad(clip(printable(key), label), label)} ")
            rest = width - label - 3
            line.append_text(status_line(job.stage, job.started, now, rest, self._ascii))
            yield line
        if len(running) > most:
            yield Text("  " + in_locale(f"and {len(running) - most} more"), "dim")

    def _overall(self, now: float, width: int) -> Text:
        tracker = self._tracker
        counted = (
            tracker.counted if locale_language() is None else tracker.counted.replace(" of ", "/")
        )
        line = Text.assemble((f"{counted} ", "bold"))
        bar = min(_WIDEST_BAR, width - 40)
        if bar > 0:
            line.append_text(progress_bar(tracker.fraction, bar, self._ascii))
        line.append(f"  {clock(now - tracker.started)}", "dim")
        left = tracker.seconds_left
        if left is not None:
            took = localize("time_taken", locale_language(), elapsed=max(left, 1))
            line.append("  " + in_locale(f"about {took} left"))
        line.truncate(width - 1)
        return line

    def __enter__(self) -> Self:
        self._drawing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._drawing.stop()

    def event(self, event: JobEvent) -> None:
        """Note an event; the next frame draws it."""
        with self._drawing.lock:
            self._tracker.update(event)

    def item(self, item: BatchItem) -> None:
        with self._drawing.lock:
            elapsed = self._tracker.end_job(item.index)
            mark, style = _MARKS.get(item.status, ("·", "yellow"))
            mark = "*" if self._ascii else mark
            text = printable(" ".join(describe(item, elapsed).split()))
            self._console.print(Text.assemble((f"{mark} ", style), text), soft_wrap=True)
