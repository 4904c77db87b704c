"""Where the jobs of a batch come from: checked at once where that is possible, drawn one by one."""

from __future__ import annotations

from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
)
from itertools import count
from os import PathLike
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from nemovideo.batch.job_keys import JobKeys, batch_digest
from nemovideo.batch.jobs import Job, JobFile, as_job
from nemovideo.errors import InvalidInputError

if TYPE_CHECKING:
    Given: TypeAlias = str | Mapping[str, object] | Mapping[Hashable, object] | Job

_ACCEPTED: Final = ("a list of prompts, mappings or Jobs", "read_jobs(path)", "an async iterable")


class JobSource:
    """The jobs of a batch, drawn as they are needed and never all held.

    Those of a collection or a file are checked here, before anything is sent.

    Raises:
        InvalidInputError: `jobs` is not several jobs, one of them is invalid, or two have the
            same key.
    """

    def __init__(self, jobs: object) -> None:
        self._jobs = _check_kind(jobs)
        self.total: int | None = None
        """How many there are, where that is known."""
        self.digest: str | None = None
        """What tells them from others, where that is known before they are drawn."""
        self.file: str | None = None
        """The name of the file that they are read from, if it is one."""
        self.folder: str | None = None
        """The folder of that file."""
        if isinstance(jobs, JobFile):
            self.total = len(jobs)
            if jobs.source != "-":
                self.digest, self.folder = jobs.digest[:16], jobs.folder
                self.file = PurePath(jobs.source).name
        elif isinstance(jobs, Collection):
            self.total = len(cast("Collection[object]", jobs))
            self.digest = batch_digest(_checked(cast("Collection[object]", jobs)))
        self._iterator: Iterator[object] | AsyncIterator[object] | None = None

    def __iter__(self) -> Iterator[Job]:
        """Go through the jobs apart from those that are drawn, where they can be had twice."""
        if self.total is not None:
            yield from map(as_job, cast("Iterable[object]", self._jobs))

    def job_keys(self) -> Iterator[str]:
        """Iterate over the keys of the jobs beside those that are drawn, as `__iter__`."""
        keys = JobKeys("", self.folder)
        return (keys.name_job(job, index) for index, job in enumerate(self))

    async def draw(self) -> object:
        """Return what stands for the next job.

        Raises:
            StopAsyncIteration: there are no more.
        """
        if self._iterator is None:
            jobs = self._jobs
            self._iterator = aiter(jobs) if isinstance(jobs, AsyncIterable) else iter(jobs)
        if isinstance(self._iterator, AsyncIterator):
            return await anext(self._iterator)
        try:
            return next(self._iterator)
        except StopIteration:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """Close the generator that the jobs came from, if it is one."""
        close = getattr(self._iterator, "aclose", None) or getattr(self._iterator, "close", None)
        closed = close() if close is not None else None
        if closed is not None:
            await closed


def _check_kind(jobs: object) -> Iterable[object] | AsyncIterable[object]:
    hint = None
    if isinstance(jobs, (str, Job, Mapping)):
        problem, hint = "is one job", "Put it into a list."
    elif isinstance(jobs, PathLike):
        problem, hint = "is a path", "Read it with nemovideo.read_jobs(path)."
    elif hasattr(jobs, "iterrows"):
        problem = "is a table, which goes through its columns"
        hint = 'Give its rows: table.to_dict("records").'
    elif isinstance(jobs, (bytes, bytearray)) or not isinstance(jobs, (Iterable, AsyncIterable)):
        problem = f"is of type {type(jobs).__name__}"
    else:
        return cast("Iterable[object] | AsyncIterable[object]", jobs)
    raise InvalidInputError(f"jobs {problem}.", parameter="jobs", accepted=_ACCEPTED, hint=hint)


def _checked(jobs: Collection[object]) -> Iterator[Job]:
    keys = JobKeys("")
    for index, given in zip(count(), jobs, strict=False):
        try:
            job = as_job(given)
        except InvalidInputError as error:
            raise InvalidInputError(
                f"Job {index} (from 0): {error.message}",
                parameter="jobs",
                accepted=error.accepted,
                hint="Nothing was sent.",
            ) from error
        keys.name_job(job, index)
        yield job
