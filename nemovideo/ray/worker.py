"""A process that makes videos for a batch that another process runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import anyio

from nemovideo._client import AsyncNemoVideo
from nemovideo._version import __version__
from nemovideo.batch.batch import make_job_runner
from nemovideo.batch.item import BatchItem
from nemovideo.batch.job_runner import DrawnJob, JobRunner, RateLimited
from nemovideo.errors import InProgressError, InvalidInputError
from nemovideo.ray.cluster import this_node

if TYPE_CHECKING:
    from nemovideo.batch.jobs import Job
    from nemovideo.errors import NemoVideoError

PATIENCE: Final = 90.0
"""Seconds for which a job waits that another process has: its lease runs out if that has died."""

_PAUSE: Final = 2.0


@dataclass
class PatientRunner(JobRunner):
    """Runs jobs that a worker may have begun that has died since, at any time of the batch."""

    was_reached: bool = True

    async def run(self, drawn: DrawnJob) -> BatchItem | RateLimited:
        """Return what came of a job, once no worker is at work on it that may be dead."""
        give_up_at = anyio.current_time() + PATIENCE
        while True:
            outcome = await super().run(drawn)
            if not isinstance(outcome.error, InProgressError):
                return outcome
            if anyio.current_time() >= give_up_at:
                return outcome
            await anyio.sleep(_PAUSE)


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker needs to work for one batch."""

    client: Mapping[str, Any] = field(repr=False)
    """The options of its client. A token and a password may be among them."""
    node: str | None
    """The only node on which it may be; None where the token makes the account the same on all."""
    out: str | None
    name: str
    concurrency: int
    max_credits: float | None
    retry_failed: bool


@dataclass(frozen=True)
class Task:
    """One job for a worker."""

    job: Job
    key: str
    index: int
    attempts: int
    stopped_by: NemoVideoError | None


@dataclass(frozen=True)
class Answer:
    """The result of a job, and what it means for the others."""

    outcome: BatchItem | RateLimited
    attempts: int
    sent: int
    """How many messages the worker has sent since its last answer."""
    stopped_by: NemoVideoError | None


class Worker:
    """What runs in the processes of the cluster, as an actor with a loop of its own."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._setup = setup
        self._client = AsyncNemoVideo(**setup.client)
        batch = self._client.batch(
            (),
            out=setup.out,
            max_credits=setup.max_credits,
            retry_failed=setup.retry_failed,
            name=setup.name,
        )
        self._runner = make_job_runner(batch, PatientRunner.of)

    async def version(self) -> str:
        """Return the version of nemovideo here.

        Raises:
            InvalidInputError: on this machine it would be another account.
        """
        self._check_node()
        return __version__

    async def run(self, task: Task) -> Answer:
        """Run one job; what was sent before is not sent again."""
        self._check_node()
        self._runner.stopped_by = self._runner.stopped_by or task.stopped_by
        drawn = DrawnJob(task.job, task.key, task.index, task.attempts)
        outcome = await self._runner.run(drawn)
        sent, self._runner.sent = self._runner.sent, 0
        return Answer(outcome, drawn.attempts, sent, self._runner.stopped_by)

    async def close(self) -> None:
        await self._client.aclose()

    def _check_node(self) -> None:
        node = self._setup.node
        if node is not None and node != this_node():
            raise no_token()


def no_token() -> InvalidInputError:
    """Return the error for several machines without a token."""
    return InvalidInputError(
        "There is no token, so that each machine would make an account of its own.",
        parameter="NEMO_TOKEN",
        accepted=("a token, set where the batch is started",),
        hint="Set NEMO_TOKEN, or use one machine.",
    )
