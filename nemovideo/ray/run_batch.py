"""A batch whose jobs run on the machines of a Ray cluster."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sized
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from nemovideo._client import AsyncNemoVideo
from nemovideo.batch.batch import run_with
from nemovideo.batch.item import BatchItem, BatchReport, plain_values
from nemovideo.batch.job_runner import DrawnJob, JobRunner, RateLimited, is_sent
from nemovideo.batch.jobs import Job, as_job
from nemovideo.blocking.portal import Portal
from nemovideo.errors import InvalidInputError, NemoVideoError
from nemovideo.files.arguments import listed
from nemovideo.files.save_targets import is_url
from nemovideo.ray.cluster import open_cluster, this_node
from nemovideo.ray.worker import Task, WorkerSetup
from nemovideo.ray.workers import WorkerLostError, Workers
from nemovideo.validation.arguments import check_count, check_string

if TYPE_CHECKING:
    from nemovideo.batch.batch import Batch
    from nemovideo.batch.request import BatchRequest
    from nemovideo.journal.entries import KeyEntry
    from nemovideo.resources.resource_set import Resources
    from nemovideo.security.redaction import Secret

_MOST_DEATHS: Final = 3
"""So many workers may die of one job before it is left alone."""


def run_batch(
    jobs: Iterable[str | Mapping[str, object] | Job]
    | AsyncIterable[str | Mapping[str, object] | Job],
    *,
    out: str | os.PathLike[str] | None,
    journal: str,
    workers: int = 4,
    concurrency: int = 4,
    max_credits: float | None = None,
    address: str | None = None,
) -> BatchReport:
    """Make many videos on the machines of a Ray cluster, and return the report at the end.

    It is `client.batch` with its jobs on other machines: the same keys, so that a second run sends
    only what was never sent, the same limit of credits, and the same `results.jsonl`. A worker that
    dies is replaced, and what it had sent is picked up by another. Settings are read from the
    environment here, and the workers get them. It works inside a running event loop, too.

    Args:
        jobs: as for `client.batch`. Files are paths that all machines can read, or bytes.
        out: a folder or a template that all machines can write to, or a URL.
        journal: `"postgresql://…"`, which all machines can reach.
        workers: how many processes.
        concurrency: how many jobs each of them runs at a time, at most.
        max_credits: for the whole batch.
        address: of the cluster, such as `"auto"` or `"10.0.0.1:6379"`; None is the one that runs on
            this machine, or a new one here.

    Raises:
        InvalidInputError: an argument is invalid; a journal that is not in PostgreSQL is one.
            Nothing was sent.
        NemoVideoError: Ray is not installed, there is no such cluster, or no worker starts.

    Example:
        ```python
        from nemovideo.ray import run_batch

        jobs = nemovideo.read_jobs("jobs.csv")
        report = run_batch(jobs, out="/films", journal="postgresql://db/nemo", workers=100)
        print(report)
        ```
    """
    portal, client = Portal(), AsyncNemoVideo(journal=check_shared(journal))
    batch = make_batch(client, jobs, out, workers, concurrency, max_credits)
    check_string(address, "address")
    try:
        with open_cluster(address):
            return portal.run(lambda: batch)
    finally:
        portal.run(client.aclose)
        portal.close()


def make_batch(
    client: AsyncNemoVideo,
    jobs: Iterable[str | Mapping[str, object] | Job]
    | AsyncIterable[str | Mapping[str, object] | Job],
    out: str | os.PathLike[str] | None,
    workers: int,
    concurrency: int,
    max_credits: float | None,
    retry_failed: bool = False,
) -> Batch:
    """Return a batch that runs in the cluster, once one is open."""
    for name, value in (("workers", workers), ("concurrency", concurrency)):
        check_count(value, name)
        if value == 0:
            accepted = ("a whole number from 1",)
            raise InvalidInputError(f"{name} is 0.", parameter=name, accepted=accepted)
    batch = client.batch(
        jobs,
        out=absolute(out),
        concurrency=workers * concurrency,
        max_credits=max_credits,
        retry_failed=retry_failed,
    )
    if isinstance(jobs, Iterable) and isinstance(jobs, Sized):  # may be gone through twice
        for job in jobs:
            _portable(as_job(job))
    return run_with(batch, partial(_make_runner, workers, concurrency, absolute(out)))


def check_shared(journal: object) -> str:
    """Return the URL of a journal that many machines can share.

    Raises:
        InvalidInputError: it is not one.
    """
    if isinstance(journal, str) and journal.startswith(("postgresql://", "postgres://")):
        return journal
    raise InvalidInputError(
        "journal is none that many machines share.",
        parameter="journal",
        accepted=("postgresql://user@host/database",),
        hint="Give the URL of a PostgreSQL database that all machines can reach.",
    )


def absolute(path: str | os.PathLike[str] | None) -> str | None:
    """Return a path that means the same in another process."""
    if path is None:
        return None
    text = os.fspath(path)
    if is_url(text):
        return str(text)
    return os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111


def _make_runner(
    workers: int,
    concurrency: int,
    out: str | None,
    resources: Resources,
    request: BatchRequest,
    on_event: object,
) -> RemoteRunner:
    del on_event
    runner = RemoteRunner.of(resources, request)
    runner.start = lambda: Workers(_setup(resources, request, concurrency, out), workers)
    return runner


class RemoteRunner(JobRunner):
    """Has the jobs of a batch run in the cluster."""

    start: Callable[[], Workers]
    workers: Workers | None = None

    async def run(self, drawn: DrawnJob) -> BatchItem | RateLimited:
        """Return what came of a job, however many workers die of it."""
        try:
            job = _portable(drawn.job)
        except InvalidInputError as error:
            return self._item(drawn, "failed", error=error)
        if self.workers is None:
            await self._find(drawn)  # if there is no such journal, it is said here and at once
        death: WorkerLostError | None = None
        for _ in range(_MOST_DEATHS):
            if self.workers is None:
                self.workers = self.start()
            task = Task(job, drawn.key, drawn.index, drawn.attempts, self.stopped_by)
            try:
                answer = await self.workers.run(task)
            except WorkerLostError as error:
                death = error
                continue
            drawn.attempts = answer.attempts
            self.count_elsewhere(answer.sent, answer.stopped_by)
            outcome = answer.outcome
            if isinstance(outcome, RateLimited):
                return outcome
            values = plain_values(outcome)
            values["fields"] = drawn.job.fields
            return BatchItem(**values, video=outcome.video, packer=self.packer)
        drawn.sent = await self._find_sent(drawn)
        item = await super().interrupt(drawn)
        item.error = NemoVideoError(
            f"{_MOST_DEATHS} workers died while they made this video. The last: {death}",
            hint="See the logs of Ray: memory may have run out. Run the batch again.",
        )
        return item

    async def interrupt(self, drawn: DrawnJob) -> BatchItem:
        """Return what is known of a job whose worker is ended."""
        if self.workers is not None:
            self.workers.kill()
        drawn.sent = await self._find_sent(drawn)
        return await super().interrupt(drawn)

    async def aclose(self) -> None:
        """End the workers."""
        if self.workers is not None:
            await self.workers.aclose()

    async def _find_sent(self, drawn: DrawnJob) -> KeyEntry | None:
        entry = await self._find(drawn)
        return entry if is_sent(entry) else None


def _setup(
    resources: Resources, request: BatchRequest, concurrency: int, out: str | None
) -> WorkerSetup:
    settings = resources.settings
    token, journal = settings.token, settings.journal
    client = {
        "token": None if token is None else token.reveal(),
        "client_id": settings.client_id,
        "base_url": settings.base_url,
        "web_url": settings.web_url,
        "source": settings.source,
        "source_version": settings.source_version,
        "platform": settings.platform,
        "timing": settings.timing,
        "max_retries": settings.max_retries,
        "journal": cast("Secret", journal).reveal(),
        "trust_env": settings.trust_env,
    }
    return WorkerSetup(
        client | {"config_dir": settings.config_dir} if token is None else client,
        this_node() if token is None else None,
        out,
        request.name,
        concurrency,
        request.max_credits,
        request.retry_failed,
    )


def _portable(job: Job) -> Job:
    """Return a job that means the same on another machine.

    Raises:
        InvalidInputError: one of its files is open here.
    """
    files: list[object] = []
    for file in cast("tuple[object, ...]", listed(job.files)):
        if isinstance(file, (str, os.PathLike)):
            files.append(absolute(cast("str | os.PathLike[str]", file)))
        elif _is_pair(file):
            files.append(file)
        else:
            raise InvalidInputError(
                "A file of a job is open in this process, and cannot be read on another machine.",
                parameter="files",
                accepted=("paths that all machines can read", "(name, bytes) pairs"),
            )
    path = job.path if job.path is None or is_url(job.path) else os.fspath(job.path)
    return replace(job, files=cast("tuple[str, ...]", tuple(files)), path=path, fields={})


def _is_pair(file: object) -> bool:
    return isinstance(file, tuple) and isinstance(cast("Any", file)[-1], (bytes, bytearray))
