"""What a batch would do, found out from the journal alone."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from nemovideo.batch.job_keys import JobKeys
from nemovideo.batch.job_runner import has_failed, is_sent
from nemovideo.batch.results_file import NAME, find_finished
from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import InvalidInputError
from nemovideo.operations.request import CLIP_CREDITS
from nemovideo.progress.units import count

if TYPE_CHECKING:
    from pathlib import Path

    from nemovideo.batch.request import BatchRequest
    from nemovideo.journal.recorder import JournalRecorder

_logger = logging.getLogger("nemovideo")


@dataclass(frozen=True)
class BatchPlan:
    """What a batch would do if it was run now."""

    total: int
    """How many jobs there are."""
    to_send: int
    """For how many a message would be sent, and paid for."""
    picked_up: int
    """How many were sent before: they are finished, or picked up where they are."""
    skipped: int
    """How many failed before, without a charge, and are not retried."""
    credits: int
    """What the messages would cost, as far as that is known before: 100 for each."""


async def make_plan(request: BatchRequest, journal: JournalRecorder) -> BatchPlan:
    """Return what a batch would do. Nothing is sent.

    Raises:
        InvalidInputError: the jobs come one by one, and are not known before; or the place for
            the videos cannot be written.
        NemoVideoError: the journal cannot be read.
    """
    keys = JobKeys(request.name, request.source.folder)
    if request.names.url:
        await run_in_thread(request.names.prepare)
    elif request.saves:
        await warn_of_unknown(request.names.folder / NAME, keys, journal)
    if request.source.total is None:
        raise InvalidInputError(
            "The jobs come one by one, so that it is not known what is to be done.",
            parameter="jobs",
            accepted=("a list", "read_jobs(path)"),
        )
    to_send = picked_up = skipped = 0
    for index, job in enumerate(request.source):
        entry = None
        if journal.is_enabled:
            entry = await journal.find_key(keys.journal_key(keys.name_job(job, index)))
        if entry is None or (request.retry_failed and await has_failed(entry)):
            to_send += 1
        elif entry.running or is_sent(entry):
            picked_up += 1
        elif entry.phase == "failed":
            skipped += 1
        else:
            to_send += 1
    total = to_send + picked_up + skipped
    return BatchPlan(total, to_send, picked_up, skipped, to_send * CLIP_CREDITS)


async def warn_of_unknown(results: Path, keys: JobKeys, journal: JournalRecorder) -> None:
    """Say once that a folder has videos of a batch which the journal does not know here."""
    if keys.name in journal.warned_batches:
        return
    finished = await run_in_thread(partial(find_finished, results, keys.name))
    if not finished:
        return
    unknown = {*map(keys.journal_key, finished)} - await journal.known_keys(f"{keys.name}/")
    if unknown:
        journal.warned_batches.add(keys.name)
        _logger.warning(
            "This folder has %s of the batch made at another address of the service, by another"
            " account or with another journal: what is not known here is made, and paid for,"
            " again.",
            count(len(unknown), "video"),
        )
