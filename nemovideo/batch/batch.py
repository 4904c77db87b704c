"""Many videos from a list of jobs: what a user holds while they are made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Generator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nemovideo.batch.item import BatchItem, BatchReport
from nemovideo.concurrency.imports import import_in_thread
from nemovideo.operations.live_display import is_notebook, shorten_interruption

if TYPE_CHECKING:
    from nemovideo.batch.job_runner import JobRunner, MakeRunner
    from nemovideo.batch.plan import BatchPlan
    from nemovideo.batch.request import BatchRequest
    from nemovideo.batch.runner import BatchObserver
    from nemovideo.batch.running import RunningBatch
    from nemovideo.resources.resource_set import Resources


class Batch(AsyncIterator[BatchItem], Awaitable[BatchReport]):
    """Many videos on their way: iterate over it for each as it ends, or await it for the report.

    Nothing is sent until then. While it is iterated, a job begins only when the next item is asked
    for: a loop that is left pays for nothing more, and what runs goes on to its end. It ends in the
    event loop in which it was started.

    Example:
        ```python
        async for item in client.batch(nemovideo.read_jobs("jobs.csv"), out="films"):
            print(item.key, item.path or item.error)
        ```
    """

    def __init__(self, resources: Resources, request: BatchRequest) -> None:
        self._resources = resources
        self._request = request
        self._running: RunningBatch | None = None
        self._make_runner: MakeRunner | None = None

    @property
    def name(self) -> str:
        """The name under which the keys of all jobs stand in the journal."""
        return self._request.name

    @property
    def total(self) -> int | None:
        """How many jobs there are; None where they come one by one."""
        return self._request.source.total

    @property
    def report(self) -> BatchReport:
        """The report so far: also of a batch that was interrupted."""
        return BatchReport([]) if self._running is None else self._running.runner.report

    async def plan(self) -> BatchPlan:
        """Return what it would do if it was run now, and what that costs. Nothing is sent.

        Raises:
            InvalidInputError: the jobs come one by one, and are not known before.
            NemoVideoError: the journal cannot be read.

        Example:
            ```python
            plan = await client.batch(jobs, out="films").plan()
            print(plan.to_send, plan.credits)
            ```
        """
        await import_in_thread("nemovideo.batch.plan")
        from nemovideo.batch.plan import make_plan  # loaded in a thread

        return await make_plan(self._request, self._resources.journal)

    def __aiter__(self) -> Batch:
        return self

    async def __anext__(self) -> BatchItem:
        running = await self._begin()
        try:
            item = await running.wait_for(running.runner.next_item())
        except BaseException as error:
            shorten_interruption(error)
            raise
        if item is None:
            raise StopAsyncIteration
        return item

    def __await__(self) -> Generator[Any, Any, BatchReport]:
        return self._complete().__await__()

    async def _complete(self) -> BatchReport:
        display = None
        if self._running is None and is_notebook():
            await import_in_thread("nemovideo.notebook")
            display = import_module("nemovideo.notebook").new_batch_display(self.total)
        running = await self._begin(display)
        try:
            await running.wait_for(running.runner.wait())
        except BaseException as error:
            shorten_interruption(error, shown=display is not None)
            raise
        finally:
            if display is not None:
                display.finish(running.runner.report)
        return running.runner.report

    async def aclose(self) -> None:
        """Begin no job any more, and leave those that run to the next run of the batch."""
        if self._running is not None:
            await self._running.aclose()

    async def _begin(self, observer: BatchObserver | None = None) -> RunningBatch:
        if self._running is None:
            await import_in_thread("nemovideo.batch.running")
        if self._running is None:
            from nemovideo.batch.running import RunningBatch  # loaded in a thread

            self._running = RunningBatch(
                self._resources, self._request, observer, self._make_runner
            )
            self._running.stop_when_collected(self)
        self._running.check_loop()
        return self._running

    def __repr__(self) -> str:
        so_far = "not started" if self._running is None else self.report.summary()
        return f"Batch({self.name}: {so_far})"


def run_with(batch: Batch, make_runner: MakeRunner) -> Batch:
    """Return `batch`, to be run by what `make_runner` makes, as `nemovideo.ray` does."""
    batch._make_runner = make_runner  # pyright: ignore[reportPrivateUsage]  # no user needs it
    return batch


def make_job_runner(batch: Batch, make_runner: MakeRunner) -> JobRunner:
    """Return what runs single jobs of `batch` in a process of their own; `make_runner` makes it."""
    resources = batch._resources  # pyright: ignore[reportPrivateUsage]  # as above
    return make_runner(resources, batch._request, None)  # pyright: ignore[reportPrivateUsage]
