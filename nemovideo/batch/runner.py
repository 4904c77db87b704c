"""Runs a batch: draws jobs as they are needed, as many at a time as the service takes."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import anyio
from anyio.lowlevel import checkpoint

from nemovideo.batch.concurrency_limit import ConcurrencyLimit
from nemovideo.batch.item import BatchItem, BatchReport
from nemovideo.batch.job_keys import JobKeys
from nemovideo.batch.job_runner import DrawnJob, JobRunner, MakeRunner, RateLimited
from nemovideo.batch.jobs import Job, as_job
from nemovideo.batch.plan import warn_of_unknown
from nemovideo.batch.results_file import NAME, RemoteResultsFile, ResultsFile
from nemovideo.concurrency.callbacks import run_callback
from nemovideo.concurrency.threads import run_in_thread, run_in_thread_shielded
from nemovideo.errors import InvalidInputError
from nemovideo.protocol.message_outcome import spent_between
from nemovideo.resources.resource_set import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anyio.abc import TaskGroup

    from nemovideo.batch.request import BatchRequest
    from nemovideo.events import JobEvent
    from nemovideo.journal.entries import MessageCounts
    from nemovideo.transports.base import Response

_logger = logging.getLogger("nemovideo")

_TOO_MANY_REQUESTS: Final = 429
_TICK: Final = 1.0
"""Seconds at most between two drawings of a batch on which nothing happens."""
_limit_generation: ContextVar[int] = ContextVar("limit_generation")


class BatchObserver(Protocol):
    """Shows a batch that runs. Nothing that it does ends the batch."""

    def event(self, event: JobEvent) -> None:
        """Show an event of a job."""
        ...

    def item(self, item: BatchItem) -> None:
        """Show that a job has ended."""
        ...

    def tick(self) -> None:
        """Show that time passes, and the last event that came too soon after another."""
        ...


class BatchRunner:
    """One run of a batch.

    A job is begun only while somebody waits for an item, so that nothing new is paid for when a
    loop over the batch has been left.

    Args:
        resources: those of the client.
        request: what the user asks for.
        observer: shows it while it runs.
        make_runner: of the jobs, where they do not run here.
    """

    def __init__(
        self,
        resources: Resources,
        request: BatchRequest,
        observer: BatchObserver | None = None,
        make_runner: MakeRunner | None = None,
    ) -> None:
        self._limit = ConcurrencyLimit(request.concurrency)
        self._resources = _watched(resources, self._limit)
        self._request = request
        self._source = request.source
        self._keys = JobKeys(request.name, request.source.folder)
        self._names = request.names
        self._results: ResultsFile | RemoteResultsFile | None = None
        self._observer = observer
        is_heard = request.on_event is not None or observer is not None
        self._jobs = (make_runner or JobRunner.of)(
            self._resources, request, self._call if is_heard else None
        )
        self._jobs.on_waiting = self._notify
        self.report: BatchReport = BatchReport([])
        self.has_ended: bool = False
        self.error: Exception | None = None
        """What a callback or the source of the jobs raised, for whoever waits for the batch."""
        self._items: deque[BatchItem] = deque()
        self._waiting = 0
        """How many wait for an item; while it is 0, no job is begun."""
        self._wants_all = False
        self._running: set[DrawnJob] = set()
        self._again: deque[DrawnJob] = deque()
        self._drawn = 0
        self._exhausted = False
        self._paused_until = 0.0
        self._warned_of = -1
        self._results_failed = False
        self._unwritten: list[BatchItem] = []
        self._writing = anyio.Lock()
        self._changed = anyio.Event()
        self._scope = anyio.CancelScope()

    async def run(self) -> None:
        """Run all jobs, or those that are asked for."""
        resources = self._resources
        try:
            with self._scope:
                await self._prepare()
                counted = await resources.journal.count_messages()
                before = await resources.read_available_credits()
                async with anyio.create_task_group() as tasks:
                    await self._dispatch(tasks)
                self.report.credits_used = await self._read_spent(counted, before)
        except Exception as error:  # noqa: BLE001  # raised where the batch is waited for
            self._fail(error)
        finally:
            await self._finish()

    async def next_item(self) -> BatchItem | None:
        """Wait for the next item; None at the end."""
        self._waiting += 1
        self._notify()
        try:
            while not self._items and not self.has_ended:
                await self._changed.wait()
        finally:
            self._waiting -= 1
        if self._items:
            return self._items.popleft()
        self._raise()
        return None

    async def wait(self) -> None:
        """Run all jobs, and wait for their end."""
        self._wants_all = True
        self._notify()
        while not self.has_ended:
            with anyio.move_on_after(None if self._observer is None else _TICK):
                await self._changed.wait()
            if self._observer is not None:
                self._observer.tick()
        self._items.clear()
        self._raise()

    def cancel(self) -> None:
        """Begin no job any more, and leave those that run to the next run."""
        self._scope.cancel()

    def stop_starting(self) -> None:
        """Begin no job any more, and end with those that run."""
        self._exhausted = True
        self._again.clear()
        self._notify()

    def _raise(self) -> None:
        if self.error is not None:
            raise self.error

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    # Drawing

    async def _prepare(self) -> None:
        if self._request.saves:
            await run_in_thread(self._names.prepare)
            results = _results_of(self._request)
            await self._write(results.open)
            if not self._results_failed:
                self._results = results
                await warn_of_unknown(results.path, self._keys, self._resources.journal)

    async def _dispatch(self, tasks: TaskGroup) -> None:
        while await self._wait_for_turn():
            drawn = self._again.popleft() if self._again else await self._draw()
            if drawn is not None:
                drawn.limit_generation = self._limit.generation
                self._running.add(drawn)
                tasks.start_soon(self._run_job, drawn)
                # It gets on its way before the next: those that begin at one instant would all
                # wait for the service at one instant, and all hold its answers at another.
                await checkpoint()

    async def _wait_for_turn(self) -> bool:
        """Wait until a job may begin; False once none is left, or none may begin any more."""
        while self.error is None:
            if self._jobs.stopped_by is not None and self._source.total is None:
                self._exhausted = True  # there may be no end to them
            if self._exhausted and not self._again and not self._running:
                return False
            pause = self._paused_until - anyio.current_time()
            has_job = bool(self._again) or not self._exhausted
            is_wanted = self._wants_all or self._waiting > len(self._items)
            if has_job and is_wanted and pause <= 0 and self._has_slot():
                return True
            changed = self._changed
            with anyio.move_on_after(pause if pause > 0 else None):
                await changed.wait()
        return False

    def _has_slot(self) -> bool:
        """Whether another job may run. As many more may wait for what an earlier run has sent."""
        allowed = self._limit.allowed
        waiting = sum(drawn.waits for drawn in self._running)
        return len(self._running) - min(waiting, allowed) < allowed

    async def _draw(self) -> DrawnJob | None:
        """Return the next job; None if there is none, or it is invalid."""
        try:
            given = await self._source.draw()
        except StopAsyncIteration:
            self._exhausted = True
            return None
        except Exception as error:  # noqa: BLE001  # raised where the batch is waited for
            self._fail(error)
            return None
        index, self._drawn = self._drawn, self._drawn + 1
        try:
            job = as_job(given)
            return DrawnJob(job, self._keys.name_job(job, index), index)
        except InvalidInputError as error:
            fields: Mapping[str, object] = given.fields if isinstance(given, Job) else {}
            key = given.key if isinstance(given, Job) and given.key else f"job-{index}"
            await self._add(
                BatchItem(key=key, index=index, status="failed", error=error, fields=fields)
            )
            return None

    # Running

    async def _run_job(self, drawn: DrawnJob) -> None:
        _limit_generation.set(drawn.limit_generation)
        try:
            outcome = await self._jobs.run(drawn)
            if isinstance(outcome, RateLimited):
                self._slow_down(drawn, outcome)
            else:
                if outcome.status == "done":
                    self._limit.increase()
                await self._add(outcome)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._add(await self._jobs.interrupt(drawn))
            raise
        except Exception as error:  # noqa: BLE001  # the others go on to their end
            self._fail(error)
        finally:
            self._running.discard(drawn)
            self._notify()

    def _slow_down(self, drawn: DrawnJob, limited: RateLimited) -> None:
        timing = self._resources.settings.timing
        wait = limited.error.retry_after
        wait = timing.rate_limit_wait if wait is None else wait
        self._limit.decrease(drawn.limit_generation)
        self._paused_until = max(self._paused_until, anyio.current_time() + wait)
        self._again.append(drawn)
        if drawn.limit_generation > self._warned_of:
            self._warned_of = drawn.limit_generation
            _logger.warning(
                "The service answered with 429: the batch goes on in %g s, with %d at a time.",
                wait,
                self._limit.allowed,
            )

    async def _call(self, event: JobEvent) -> None:
        """Call the user's function; when it fails, paid jobs go on."""
        if self._observer is not None:
            self._observer.event(event)
        if self.error is not None:
            return
        try:
            await run_callback(self._request.on_event, event)
        except Exception as error:  # noqa: BLE001  # raised where the batch is waited for
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.error = self.error or error
        self._notify()

    # Results

    async def _add(self, item: BatchItem) -> None:
        self.report.items.append(item)
        if self._observer is not None:
            self._observer.item(item)
        self.report.stopped_by = self._jobs.stopped_by
        self._unwritten.append(item)
        await self._write_lines()
        if not self._wants_all:
            self._items.append(item)
        self._notify()

    async def _write_lines(self) -> None:
        """Write the lines of the jobs that have ended, those of a crowd at once."""
        with anyio.CancelScope(shield=True):
            async with self._writing:
                items, self._unwritten = self._unwritten, []
                if items and self._results is not None:
                    await self._write(partial(self._results.append, *items))

    async def _write(self, work: Callable[[], None]) -> None:
        """Write to the results file, which is never worth a video."""
        try:
            await run_in_thread_shielded(work)
        except (OSError, InvalidInputError) as error:
            if not self._results_failed:
                _logger.warning("The results file of the batch cannot be written: %s", error)
            self._results_failed = True

    async def _read_spent(
        self, counted: MessageCounts | None, before: float | None
    ) -> float | None:
        """Return what the batch cost, None where others may have spent at the same time."""
        if counted is None or before is None or counted.running or self.report.in_doubt:
            return None
        left = await self._resources.read_available_credits()
        since = await self._resources.journal.count_messages(counted.newest)
        if left is None or since is None or since.entered != self._jobs.sent:
            return None
        return spent_between(before, left)

    async def _finish(self) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await self._source.aclose()
                await self._jobs.aclose()
                await self._write_lines()
                if self._results is not None:
                    await self._write(self._results.close)
            except Exception as error:  # noqa: BLE001  # of the generator that the jobs came from
                self._fail(error)
            self.report.items.sort(key=lambda item: item.index)
            self.has_ended = True
            self._notify()


def _results_of(request: BatchRequest) -> ResultsFile | RemoteResultsFile:
    names, file = request.names, request.source.file
    if names.url:
        return RemoteResultsFile(names.locate_url(NAME), request.name, file)
    return ResultsFile(names.folder, request.name, file)


def _watched(resources: Resources, limit: ConcurrencyLimit) -> Resources:
    """Return resources whose answers with 429 lower the limit at once, repeated or not."""
    before = resources.settings.on_response

    async def on_response(response: Response) -> None:
        if response.status == _TOO_MANY_REQUESTS:
            limit.decrease(_limit_generation.get(-1))
        await run_callback(before, response)

    settings = replace(resources.settings, on_response=on_response)
    pipeline = resources.pipeline.with_settings(settings)
    return Resources(pipeline, resources.journal, resources.open_operations)
