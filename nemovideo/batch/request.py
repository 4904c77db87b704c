"""What a user asks `batch` for."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nemovideo.batch.output_names import OutputNames
from nemovideo.batch.results_file import find_batches
from nemovideo.batch.source import JobSource
from nemovideo.errors import InvalidInputError
from nemovideo.files.save_targets import is_url
from nemovideo.operations.request import CLIP_CREDITS
from nemovideo.validation.arguments import (
    check_callback,
    check_count,
    check_flag,
    check_key,
    check_number,
)

if TYPE_CHECKING:
    from nemovideo.concurrency.callbacks import Callback
    from nemovideo.events import JobEvent

_LONGEST_NAME: Final = 100
"""Half of a key: the rest is for what each job is called."""


@dataclass(frozen=True)
class BatchRequest:
    """What a user asks `batch` for, checked."""

    source: JobSource = field(repr=False)
    name: str
    names: OutputNames
    saves: bool
    """Whether every video is saved, and `results.jsonl` written."""
    concurrency: int
    max_credits: float | None
    retry_failed: bool
    on_event: Callback[JobEvent] | None = field(repr=False)

    @classmethod
    def of(
        cls,
        jobs: object,
        *,
        out: str | os.PathLike[str] | None,
        concurrency: int,
        max_credits: float | None,
        retry_failed: bool,
        name: str | None,
        on_event: Callback[JobEvent] | None,
    ) -> BatchRequest:
        """Return a request of checked arguments.

        Raises:
            InvalidInputError: an argument, or a job that is known already, is invalid.
        """
        check_count(concurrency, "concurrency")
        if concurrency == 0:
            raise InvalidInputError(
                "concurrency is 0.",
                parameter="concurrency",
                accepted=("a whole number from 1",),
                hint="With 1, one job runs after the other.",
            )
        if max_credits is not None:
            check_number(max_credits, "max_credits", endless=True)
            if max_credits < CLIP_CREDITS:
                raise InvalidInputError(
                    f"max_credits is {max_credits:g}, and one video may cost {CLIP_CREDITS}.",
                    parameter="max_credits",
                    accepted=(f"a number from {CLIP_CREDITS}", "None"),
                )
        check_flag(retry_failed, "retry_failed")
        check_callback(on_event, "on_event")
        if name is not None and len(check_key(name, "name")) > _LONGEST_NAME:
            raise InvalidInputError(
                f"name has {len(name)} characters.",
                parameter="name",
                accepted=(f"a text of 1 to {_LONGEST_NAME} characters",),
            )
        names = OutputNames("." if out is None else out)
        if out is not None:
            names.check()
        source = JobSource(jobs)
        chosen = name or _of_earlier_run(source, names, out) or source.digest or _of_place(out)
        names.name = chosen
        return cls(
            source, chosen, names, out is not None, concurrency, max_credits, retry_failed, on_event
        )


def _of_earlier_run(
    source: JobSource, names: OutputNames, out: str | os.PathLike[str] | None
) -> str | None:
    """Return the name of the batch that the folder has results of: of this file, or this list."""
    if out is None or names.url:
        return None
    by_source, by_key = find_batches(names.folder)
    if source.file is not None:
        found = by_source.get(source.file)
    else:
        found = next((by_key[key] for key in source.job_keys() if key in by_key), None)
    return found if found and found.isprintable() and len(found) <= _LONGEST_NAME else None


def _of_place(out: str | os.PathLike[str] | None) -> str:
    """Return a name for jobs that are not known before they are drawn: by where they go."""
    place = "" if out is None else os.fspath(out)
    place = place if is_url(place) else str(Path.cwd() / place)
    return hashlib.sha256(f"jobs of {place}".encode(errors="replace")).hexdigest()[:16]
