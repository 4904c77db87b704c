"""Work that goes on in the server, whatever becomes of the call that began it."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

import anyio
from anyio.abc import TaskGroup

from nemovideo.concurrency.threads import run_in_thread, run_in_thread_shielded
from nemovideo.errors import InProgressError, NemoVideoError, SessionNotFoundError
from nemovideo.events import Event
from nemovideo.mcp.job_runner import run_request
from nemovideo.mcp.request_store import RequestStore, StoredRequest
from nemovideo.mcp.results import ErrorInfo, WorkResult
from nemovideo.mcp.tool_errors import error_info
from nemovideo.progress.tracker import ProgressOptions, ProgressTracker

if TYPE_CHECKING:
    from nemovideo._client import AsyncNemoVideo
    from nemovideo.mcp.settings import ServerSettings
    from nemovideo.operations.recovery import UnfinishedMessage, UnfinishedRender

_logger = logging.getLogger("nemovideo.mcp")

State: TypeAlias = Literal["running", "done", "failed", "interrupted"]
"""interrupted: an earlier server began it, and this one has not gone on with it."""

SAME_WORDS_SECONDS = 600
"""The same words again within this time are asked about instead of paid for."""
_NOTICE_SECONDS = 5.0
"""A client that waits hears of it at least this often: some give up in silence."""


class Job:
    """A piece of work, while this server knows of it."""

    def __init__(self, request: StoredRequest) -> None:
        self.request = request
        self.status: State = "running"
        self.is_elsewhere = False
        """Whether another process is at work on it."""
        self.error: BaseException | None = None
        self.failure: ErrorInfo | None = None
        self.result: WorkResult | None = None
        self._session_id = request.session_id
        self._tracker = ProgressTracker(ProgressOptions(saves=True), time.monotonic)
        self._changed = anyio.Event()

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.request.key

    @property
    def session_id(self) -> str | None:
        """Its session, once it is known."""
        return self._session_id

    @property
    def may_be_paid(self) -> bool:
        """Whether it is, or may be, paid for: all but what the service refused to begin."""
        return self.status != "failed" or self.request.is_accepted

    def update(self, event: Event) -> None:
        if event.type == "session_started":
            self._session_id = event.session_id
        elif event.type != "upload_progress" and not self.request.is_accepted:
            self.request.is_accepted = True
            self._wake()
        before = self._tracker.stage
        self._tracker.update(event)
        if self._tracker.stage != before:
            self._wake()

    def begin_session(self, session_id: str) -> None:
        self._session_id, self.request.is_accepted = session_id, True
        self._wake()

    def finish(self, result: WorkResult) -> None:
        self.status, self.result = "done", result
        self._wake()

    def fail(self, error: BaseException) -> None:
        self.status, self.error = "failed", error
        self.failure = error_info(error, self.session_id)
        self._wake()

    def restore(self) -> None:
        """Note what an earlier server wrote down of it."""
        stored = self.request
        if stored.result is not None:
            self.status, self.result = "done", WorkResult.model_validate(stored.result)
        elif stored.failure is not None:
            self.status, self.failure = "failed", ErrorInfo.model_validate(stored.failure)
        else:
            self.status = "interrupted"

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def changed(self) -> None:
        await self._changed.wait()

    async def changed_from(self, stage: str) -> None:
        """Wait until it has ended, or is at another stage."""
        while self.status == "running" and self.stage == stage:
            await self.changed()

    def report(self) -> WorkResult:
        if self.result is not None:
            return self.result
        result = WorkResult(
            key=self.key,
            session_id=self.session_id,
            status="failed" if self.status == "failed" else "running",
            stage=self.stage,
            credits_before=self.request.credits_before,
            next=f'wait_video(key="{self.key}")',
        )
        if self.failure is not None:
            result.error = self.failure
            result.next = _after_failure(self.failure, self.key)
            return result
        fraction = self._tracker.stage.fraction
        result.progress = None if fraction is None else round(fraction * 100, 1)
        return result

    @property
    def stage(self) -> str:
        if self.is_elsewhere:
            return "in progress in another process"
        return self._tracker.stage.word


def _after_failure(failure: ErrorInfo, key: str) -> str:
    if failure.error == SessionNotFoundError.__name__:
        return "The session is gone. Tell the person; a new video is a new start_video, with a yes."
    return (
        f'Tell the person. recover(key="{key}") looks for what was paid for and sends nothing'
        " again; do not call start_video with another key."
    )


class Jobs:
    """All work of one server.

    Args:
        client: What does the work.
        settings: What the owner allows.
        store: Where requests are written down.
        tasks: What the work runs in, longer than any call.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        client: AsyncNemoVideo,
        settings: ServerSettings,
        store: RequestStore,
        tasks: TaskGroup,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.client = client
        self.settings = settings
        self._store = store
        self._tasks = tasks
        self._clock = clock
        self._jobs: dict[str, Job] = {}

    async def load(self) -> None:
        """Read what other servers took on, earlier or meanwhile."""
        for request in await run_in_thread(self._store.all):
            self._jobs.setdefault(request.key, _restored(request))

    def all(self) -> list[Job]:
        return sorted(self._jobs.values(), key=lambda job: job.request.created_at)

    def known(self, key: str) -> Job | None:
        """Return the job with this key, as far as this server has heard of it."""
        return self._jobs.get(key)

    async def find(self, key: str) -> Job | None:
        """Return the job with this key, also if another server took it on meanwhile."""
        if key not in self._jobs:
            request = await run_in_thread(partial(self._store.load, key))
            if request is not None:
                self._jobs.setdefault(key, _restored(request))
        return self._jobs.get(key)

    def recent(self, request: StoredRequest) -> Job | None:
        """Return the latest job with the same words that was begun a short time ago."""
        since = self._clock() - SAME_WORDS_SECONDS
        same = [
            job
            for job in self.all()
            if job.request.created_at >= since
            and job.may_be_paid
            and job.request.words == request.words
        ]
        return same[-1] if same else None

    def export_under_way(self, session_id: str, stem: str) -> Job | None:
        """Return the export of a session under a name that has not ended, if nothing changed since.

        An assistant whose call was cut off calls again, and wants the same file.
        """
        same = [job for job in self.all() if job.request.session_id == session_id]
        for job in reversed(same):
            since, running = job.request.created_at, job.status in ("running", "interrupted")
            if job.request.kind == "export" and job.request.stem == stem and running:
                edits = [each for each in same if each.request.kind == "edit"]
                changed = any((each.request.ended_at or math.inf) >= since for each in edits)
                return None if changed else job
        return None

    def add(self, request: StoredRequest) -> Job:
        """Take on a piece of work, without beginning it; nothing is awaited here.

        So of two equal calls at the same time one adds it, and the other finds it.
        """
        request.created_at = self._clock()
        job = self._jobs[request.key] = Job(request)
        return job

    async def begin(self, job: Job) -> None:
        """Write a job down and let it run, even if the call is being cut off.

        Raises:
            NemoVideoError: it cannot be written down, so it is not started.
        """
        try:
            await run_in_thread_shielded(partial(self._store.save, job.request))
        except OSError as error:
            failure = NemoVideoError(
                f"Nothing was started: the request cannot be written down. {error}",
                hint="Make room in the config folder, or make it writable, and call again.",
            )
            job.fail(failure)
            raise failure from error
        self._tasks.start_soon(self._run, job)

    def go_on(self, job: Job) -> Job:
        """Go on with a job that an earlier server began, unless that has been done."""
        return self.resume(job) if job.status == "interrupted" else job

    def resume(self, job: Job) -> Job:
        """Go on with a job that no task is at work on, under its key; nothing is paid twice."""
        resumed = self._jobs[job.key] = Job(job.request)
        if job.session_id is not None:
            resumed.begin_session(job.session_id)
        self._tasks.start_soon(self._run, resumed)
        return resumed

    def resume_item(self, key: str, item: UnfinishedMessage | UnfinishedRender) -> Job:
        """Bring what the journal lists to its end."""
        job = self._jobs[key] = Job(StoredRequest(key, "video", session_id=item.session_id))
        self._tasks.start_soon(self._run, job, item)
        return job

    async def wait(
        self, job: Job, seconds: float, report: Callable[[float, str], Awaitable[None]]
    ) -> None:
        """Wait for the end of a job, but not longer than some seconds."""
        started = anyio.current_time()
        with anyio.move_on_after(seconds):
            while job.status == "running":
                with suppress(Exception):  # whoever called may be gone
                    await report(anyio.current_time() - started, _stage_line(job))
                stage = job.stage
                with anyio.move_on_after(_NOTICE_SECONDS):
                    await job.changed_from(stage)

    async def wait_for_session(self, job: Job, seconds: float) -> None:
        """Wait until the service has begun to answer a job, or it has ended."""
        with anyio.move_on_after(seconds):
            while job.status == "running" and not (job.session_id and job.request.is_accepted):
                await job.changed()

    async def _run(
        self, job: Job, item: UnfinishedMessage | UnfinishedRender | None = None
    ) -> None:
        request = job.request
        try:
            result = await self._complete(job, item)
        except Exception as error:
            if not isinstance(error, NemoVideoError):
                _logger.exception("%s failed", job.key)
            request.failure = error_info(error, job.session_id).model_dump()
            await self._write_down(job, item)
            job.fail(error)
            return
        # The signature in it is for a short time only, and for nobody who reads files.
        request.result = result.model_dump(mode="json", exclude_none=True, exclude={"url"})
        request.failure = None
        await self._write_down(job, item)
        job.finish(result)

    async def _write_down(
        self, job: Job, item: UnfinishedMessage | UnfinishedRender | None
    ) -> None:
        """Write down what came of a job; without that the next server asks the journal."""
        job.request.session_id, job.request.ended_at = job.session_id, self._clock()
        if item is None:
            try:
                await run_in_thread_shielded(partial(self._store.save, job.request))
            except OSError as error:
                _logger.warning("The result of %s cannot be stored: %s", job.key, error)

    async def _complete(
        self, job: Job, item: UnfinishedMessage | UnfinishedRender | None
    ) -> WorkResult:
        while True:
            try:
                return await run_request(self.client, self.settings, job, item)
            except InProgressError as error:
                job.is_elsewhere = True
                if error.session_id is not None:
                    job.begin_session(error.session_id)
                await anyio.sleep(_NOTICE_SECONDS)


def _stage_line(job: Job) -> str:
    progress = job.report().progress
    return job.stage if progress is None else f"{job.stage}, {progress:.0f} %"


def _restored(request: StoredRequest) -> Job:
    job = Job(request)
    job.restore()
    return job
