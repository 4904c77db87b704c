"""Progress of a batch as plain lines and as JSON; `batch_live_view` draws it on a terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nemovideo.cli import display
from nemovideo.cli.display.batch_view import BatchView, describe
from nemovideo.progress.batch_tracker import BatchTracker

if TYPE_CHECKING:
    from nemovideo.batch.item import BatchItem
    from nemovideo.cli.display.output import Output
    from nemovideo.events import JobEvent


class JsonBatchView(BatchView):
    """Writes each item as an object."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def item(self, item: BatchItem) -> None:
        self._output.event("item", **item.to_dict())


class PlainBatchView(BatchView):
    """Writes a line for each job that ends, for pipes and logs."""

    def __init__(self, output: Output, total: int) -> None:
        self._output = output
        self._tracker = BatchTracker(total, time.monotonic)

    def event(self, event: JobEvent) -> None:
        self._tracker.update(event)

    def item(self, item: BatchItem) -> None:
        elapsed = self._tracker.end_job(item.index)
        count = f"[{self._tracker.ended}/{self._tracker.total}]"
        self._output.note(f"{count} {describe(item, elapsed)}")


def open_batch_view(output: Output, total: int) -> BatchView:
    if output.json:
        return JsonBatchView(output)
    if output.quiet:
        return BatchView()
    if output.is_live:
        return display.LiveBatchView(output.stderr_console, total)
    return PlainBatchView(output, total)
