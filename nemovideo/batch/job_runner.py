"""One job of a batch, from what the journal knows of it to what came of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeAlias, TypeGuard

import anyio

from nemovideo.batch.budget import Budget
from nemovideo.batch.item import BatchItem, Status
from nemovideo.batch.job_keys import JobKeys
from nemovideo.batch.packed_videos import VideoPacker
from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import (
    APIConnectionError,
    AuthenticationError,
    InProgressError,
    InsufficientCreditsError,
    InvalidInputError,
    MissingClientIdError,
    NemoVideoError,
    NothingToExportError,
    PlanRequiredError,
    RateLimitError,
    RenderTimeoutError,
    ServerError,
    StreamInterruptedError,
)
from nemovideo.events import Event, JobEvent
from nemovideo.files.save_targets import RemotePath
from nemovideo.operations.generation import Generation
from nemovideo.operations.recovered_file import download_name, place
from nemovideo.operations.request import GenerationRequest
from nemovideo.operations.stored_results import load_video, made_nothing
from nemovideo.security.redaction import Secret

if TYPE_CHECKING:
    from nemovideo.batch.jobs import Job
    from nemovideo.batch.output_names import OutputNames
    from nemovideo.batch.request import BatchRequest
    from nemovideo.journal.entries import KeyEntry
    from nemovideo.operations.video import Video
    from nemovideo.resources.resource_set import Resources

_logger = logging.getLogger("nemovideo")

JOURNAL_PATIENCE: Final = 900.0
"""Seconds that a job waits for a shared journal that cannot be reached."""

_PAUSES: Final = (0.5, 1.0, 2.0, 5.0)

_DOWNLOADS_AT_ONCE: Final = 32
"""Each has some of its file in memory, and more than a line takes do not make it faster."""

MOST_ATTEMPTS: Final = 5
"""How often a job is begun that the service answers with 429."""

_STOPPING: Final = (
    InsufficientCreditsError,
    AuthenticationError,
    MissingClientIdError,
    PlanRequiredError,
)
"""What the next job would meet as well."""

_NEVER_SENT: Final = (
    InsufficientCreditsError,
    AuthenticationError,
    MissingClientIdError,
    RateLimitError,
    ServerError,
    APIConnectionError,
    StreamInterruptedError,
)
"""What says nothing of the job itself, so that the next run begins it."""

_UNKNOWN_END: Final = (
    StreamInterruptedError,
    RenderTimeoutError,
    APIConnectionError,
    ServerError,
    RateLimitError,
)
"""With these, what was sent may still come to something."""


@dataclass(eq=False)
class DrawnJob:
    """A job that was drawn from its batch, and how far it has come in this run."""

    job: Job
    key: str
    index: int
    attempts: int = 0
    limit_generation: int = 0
    """As of the `ConcurrencyLimit` when it was begun."""
    sent: KeyEntry | None = None
    """The entry of its key, where the journal had it as sent already."""
    generation: Generation | None = field(default=None, repr=False)

    @property
    def waits(self) -> bool:
        """Whether it sends nothing, and waits for what an earlier run has sent."""
        return self.sent is not None and self.sent.phase == "sent"


@dataclass(frozen=True)
class _Destination:
    """Where a video is to be saved.

    Args:
        path: where `generate` saves it; None does not.
        is_at: where it was saved before, and is.
        belongs_at: where it goes from `path`, unless a file of other content is there.
        is_checked: whether it was seen that `path` can be written.
    """

    path: Path | None
    is_at: Path | None = None
    belongs_at: Path | None = None
    is_checked: bool = False


@dataclass(frozen=True)
class RateLimited:
    """A job that the service answered with 429: it is to be begun again, later."""

    error: RateLimitError


OnEvent: TypeAlias = "Callable[[JobEvent], Awaitable[None]] | None"


@dataclass
class JobRunner:
    """Runs the jobs of one batch, each on its own.

    Args:
        resources: those of the client.
        keys: how the journal calls the jobs.
        names: where the videos are saved.
        saves: whether those are saved that have no path of their own.
        budget: what the batch may cost.
        retry_failed: whether what failed for certain without a charge is retried.
        on_event: called with each event of each job.
        packer: holds the videos of the report.
    """

    resources: Resources
    keys: JobKeys
    names: OutputNames
    saves: bool
    budget: Budget
    retry_failed: bool
    on_event: OnEvent
    packer: VideoPacker
    on_waiting: Callable[[], object] = lambda: None
    """Called when a job is found that waits for what an earlier run has sent."""
    stopped_by: NemoVideoError | None = None
    """Why nothing new is sent any more. What was sent before is still picked up."""
    sent: int = 0
    """How many messages were sent in this run."""
    was_reached: bool = False
    """Whether the journal was reached before: one that never was may be named wrongly."""

    _has_warned: bool = False
    _downloading: anyio.Semaphore = field(
        init=False, default_factory=lambda: anyio.Semaphore(_DOWNLOADS_AT_ONCE)
    )

    @classmethod
    def of(
        cls,
        resources: Resources,
        request: BatchRequest,
        on_event: OnEvent = None,
    ) -> Self:
        """Return what runs the jobs of the batch that is asked for."""
        return cls(
            resources,
            JobKeys(request.name, request.source.folder),
            request.names,
            request.saves,
            Budget(resources.journal, request.name, request.max_credits),
            request.retry_failed,
            on_event,
            VideoPacker(resources),
        )

    async def run(self, drawn: DrawnJob) -> BatchItem | RateLimited:
        """Return what came of a job; sent is only what never was.

        While the journal that many machines share is away, it waits: nothing is sent without it.

        Raises:
            NemoVideoError: it was never there, or is away for too long.
        """
        give_up_at = anyio.current_time() + JOURNAL_PATIENCE
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            try:
                outcome = await self._run(drawn)
                error = outcome.error
            except NemoVideoError as unwritten:
                outcome, error = None, unwritten
            is_away = self._is_away(error)
            if not is_away and outcome is not None:
                self.was_reached = True
                return outcome
            if error is not None and not (
                is_away and self.was_reached and anyio.current_time() < give_up_at
            ):
                raise error
            if not self._has_warned:
                _logger.warning("The batch waits until the journal is back. %s", error)
            self._has_warned = True
            await anyio.sleep(pause)
        raise AssertionError  # the pauses have no end

    def _is_away(self, error: NemoVideoError | None) -> bool:
        """Whether an error says that a shared journal cannot be reached."""
        is_shared = isinstance(self.resources.settings.journal, Secret)
        # The errors of the service, which are of other classes, may have such a cause as well.
        return is_shared and type(error) is NemoVideoError and isinstance(error.__cause__, OSError)

    async def _run(self, drawn: DrawnJob) -> BatchItem | RateLimited:
        entry, is_reserved = await self._find_or_reserve(drawn)
        if self.retry_failed and drawn.attempts == 0 and entry and await has_failed(entry):
            await self.resources.journal.reopen_key(entry)
            entry = await self._find(drawn)
        drawn.sent = entry if is_sent(entry) else None
        if drawn.waits:
            self.on_waiting()
        drawn.generation = None
        drawn.attempts += 1
        if entry is not None and entry.phase == "failed" and not self._repeats(drawn):
            return self._item(drawn, "skipped", error=_failed_before(entry))
        is_new = drawn.sent is None and not (entry is not None and entry.running)
        if is_new and not is_reserved and not await self._reserve(drawn):
            if drawn.attempts > 1:
                await self.budget.release(self._journal_key(drawn))
            return self._item(drawn, "not_started", error=self.stopped_by)
        try:
            return await self._generate(drawn, entry)
        except NemoVideoError as error:
            return await self._fail(drawn, error)

    async def interrupt(self, drawn: DrawnJob) -> BatchItem:
        """Return what is known of a job that is being cancelled. Called shielded."""
        generation, sent = drawn.generation, drawn.sent
        if sent is None and not (generation is not None and generation.was_sent):
            await self.budget.release(self._journal_key(drawn))
            return self._item(drawn, "not_started")
        session_id = (generation and generation.session_id) or (sent and sent.session_id) or ""
        journal = self.resources.journal
        hint = "Run the batch again: it goes on with it, and does not pay twice."
        error = StreamInterruptedError(
            "Its message was sent, and its result stays there.",
            session_id=session_id,
            possibly_billed=True,
            hint=hint if journal.is_enabled else journal.recovery_hint(session_id),
        )
        return self._item(drawn, "in_doubt", error=error)

    async def aclose(self) -> None:
        """Close what was opened for it."""

    def _repeats(self, drawn: DrawnJob) -> bool:
        """Whether a job is begun that has failed for certain without a charge."""
        return self.retry_failed or drawn.attempts > 1

    async def _find_or_reserve(self, drawn: DrawnJob) -> tuple[KeyEntry | None, bool]:
        """Return how far a job has come, or reserve what it may cost, and whether that was done."""
        if self.stopped_by is not None:
            return await self._find(drawn), False
        try:
            entry = await self.budget.find_or_reserve(self._journal_key(drawn))
        except InsufficientCreditsError as error:
            self._stop(error)
            return None, False
        return entry, entry is None

    async def _reserve(self, drawn: DrawnJob) -> bool:
        """Reserve what a job may cost; False if it is not to be begun."""
        if self.stopped_by is not None:
            return False
        try:
            await self.budget.reserve(self._journal_key(drawn))
        except InsufficientCreditsError as error:
            # What others have reserved meanwhile goes on.
            self._stop(error)
            return False
        return True

    def count_elsewhere(self, sent: int, stopped_by: NemoVideoError | None) -> None:
        """Add what another process did for this run."""
        self.sent += sent
        self.stopped_by = self.stopped_by or stopped_by

    def _stop(self, error: NemoVideoError) -> None:
        if self.stopped_by is None:
            self.stopped_by = error

    async def _generate(self, drawn: DrawnJob, entry: KeyEntry | None) -> BatchItem:
        job = drawn.job
        destination = await self._choose_path(drawn, entry)
        request = GenerationRequest(
            job.prompt,
            tuple(job.files),
            tuple(job.urls),
            job.language,
            path=destination.path,
            is_path_checked=destination.is_checked,
            downloading=self._downloading,
            key=self._journal_key(drawn) if self.resources.journal.is_enabled else None,
        )
        on_event = None if self.on_event is None else partial(self._emit, drawn, self.on_event)
        generation = Generation(self.resources, request, on_event, displayed=False)
        drawn.generation = generation
        try:
            video = await generation
        finally:
            self.sent += generation.was_sent
            if destination.path is not None:
                self.names.release(destination.path)
        await self._put(destination, video)
        await self.budget.settle(self._journal_key(drawn), video.credits_used)
        return self._item(drawn, "done", video=video)

    async def _emit(
        self, drawn: DrawnJob, on_event: Callable[[JobEvent], Awaitable[None]], event: Event
    ) -> None:
        await on_event(JobEvent(drawn.key, drawn.index, event))

    async def _fail(self, drawn: DrawnJob, error: NemoVideoError) -> BatchItem | RateLimited:
        """Return what came of a job that raised an error."""
        if isinstance(error, InProgressError):
            # Its reservation is that of the worker that has it.
            error.message = "Another process is at work on it."
            error.hint = "Wait for it, and run the batch again."
            return self._item(drawn, "skipped", error=error)
        key, journal = self._journal_key(drawn), self.resources.journal
        entry = await self._find(drawn)
        if journal.is_enabled:
            is_free = entry is None or entry.phase in ("new", "failed")
        else:
            is_free = drawn.generation is None or not drawn.generation.was_sent
        if isinstance(error, _STOPPING):
            self._stop(error)
        may_repeat = drawn.attempts < MOST_ATTEMPTS and (is_free or journal.is_enabled)
        if isinstance(error, RateLimitError) and may_repeat:
            return RateLimited(error)
        status: Status = "failed"
        if is_free:
            await self.budget.release(key)
            if entry is not None and isinstance(error, _NEVER_SENT):
                await journal.forget_key(key)
            if isinstance(error, _STOPPING):
                status = "not_started"
        elif isinstance(error, NothingToExportError) and entry and entry.phase == "finished":
            again = f"await client.forget({key!r})"
            if await has_failed(entry):
                again = "retry_failed=True"
            error.hint = f"{error.hint} To retry it all the same: {again}."
        elif isinstance(error, _UNKNOWN_END) and (entry is None or entry.phase == "sent"):
            status = "in_doubt"
        path = None
        if isinstance(error, InvalidInputError) and error.parameter == "key" and entry is not None:
            error.message = (
                f"The key {drawn.key!r} was given to another prompt, other files or another"
                " language."
            )
            error.hint = f"Choose another key, or free this one: await client.forget({key!r})"
            # What it has is not lost from the results.
            found, is_saved = await self._find_path(entry)
            if found is not None and is_saved:
                path = self.names.locate(found, drawn.job.path)
        return self._item(drawn, status, error=error, path=path)

    async def _find(self, drawn: DrawnJob) -> KeyEntry | None:
        if not self.resources.journal.is_enabled:
            return None
        return await self.resources.journal.find_key(self._journal_key(drawn))

    def _journal_key(self, drawn: DrawnJob) -> str:
        return self.keys.journal_key(drawn.key)

    async def _choose_path(self, drawn: DrawnJob, entry: KeyEntry | None) -> _Destination:
        """Return where a job's video goes: where an earlier run has it, or to a free name."""
        names, job = self.names, drawn.job
        found, is_saved = await self._find_path(entry)
        before = None if found is None else names.locate(found, job.path)
        if entry is not None and before is not None:
            if isinstance(before, RemotePath):
                return _Destination(before)  # where nothing is ever replaced
            if not await run_in_thread(partial(os.path.lexists, before)):
                return _Destination(before)
            if is_saved:
                # Where the result says that its file is, nothing is asked for. Elsewhere, the file
                # is not to be fetched over what is there.
                is_stored = await run_in_thread(partial(self._is_stored_at, entry, before))
                return _Destination(before if is_stored else None, is_at=before)
            # Its process was killed before it wrote down that this is the film, if it is.
            untaken = download_name(before, f"{entry.message_id}")
            return _Destination(untaken, belongs_at=before)
        if job.path is not None:
            return _Destination(await run_in_thread(partial(names.place, job.path)))
        if not self.saves:
            return _Destination(None)
        prompt = job.prompt if job.key is None else ""
        choose = partial(names.choose, drawn.key, drawn.index, prompt)
        return _Destination(await run_in_thread(choose), is_checked=True)

    def _is_stored_at(self, entry: KeyEntry, path: Path) -> bool:
        """Whether a finished job's result has its file at `path`, and it is there; blocks."""
        if entry.phase != "finished" or entry.result is None or not path.is_file():
            return False
        stored = load_video(self.resources, entry.result).path
        return isinstance(stored, Path) and stored.absolute() == path.absolute()

    async def _find_path(self, entry: KeyEntry | None) -> tuple[Path | None, bool]:
        """Return where an earlier run saved a job's video, or was to, and whether it did."""
        if entry is None or entry.phase not in ("sent", "finished"):
            return None, False
        message, render = await self.resources.journal.find_entries(entry)
        found = render or message
        if found is not None and isinstance(found.target_path, Path):
            is_saved = render is not None and render.phase == "downloaded"
            return found.target_path, is_saved
        saved = None if entry.result is None else load_video(self.resources, entry.result).path
        return (saved, True) if isinstance(saved, Path) else (None, False)

    async def _put(self, destination: _Destination, video: Video) -> None:
        """Note where a video is, and bring it there."""
        if destination.is_at is not None:
            video.path = destination.is_at
        elif destination.belongs_at is not None and isinstance(video.path, Path):
            move = partial(place, video.path, destination.belongs_at, None)
            video.path = await run_in_thread(move)
            if video.render is not None:
                await self.resources.journal.update_render(
                    video.render.id, phase="downloaded", target=video.path
                )

    def _item(
        self,
        drawn: DrawnJob,
        status: Status,
        *,
        error: NemoVideoError | None = None,
        video: Video | None = None,
        path: Path | RemotePath | None = None,
    ) -> BatchItem:
        generation = drawn.generation
        session_id = getattr(error if video is None else video, "session_id", None)
        return BatchItem(
            key=drawn.key,
            index=drawn.index,
            status=status,
            path=path if video is None else video.path,
            error=error,
            credits_used=None if video is None else video.credits_used,
            session_id=session_id or (generation and generation.session_id) or None,
            fields=drawn.job.fields,
            video=video,
            packer=self.packer,
        )


async def has_failed(entry: KeyEntry) -> bool:
    """Whether a job failed for certain without a charge."""
    if entry.phase != "finished" or entry.result is None:
        return entry.phase == "failed"
    return await run_in_thread(partial(made_nothing, entry.result))


def is_sent(entry: KeyEntry | None) -> TypeGuard[KeyEntry]:
    """Whether the journal has the message of a job as sent."""
    return entry is not None and entry.phase in ("sent", "finished")


def _failed_before(entry: KeyEntry) -> NemoVideoError:
    return NemoVideoError(
        f"This job failed in an earlier run, at {entry.updated_at:%Y-%m-%d %H:%M} UTC, without a"
        " charge.",
        hint="To retry it: retry_failed=True.",
    )


MakeRunner: TypeAlias = "Callable[[Resources, BatchRequest, OnEvent], JobRunner]"
"""Makes what runs the jobs of one batch: here, or on other machines."""
