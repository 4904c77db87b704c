"""What came of each job of a batch, and of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from nemovideo._display import NotebookRepr
from nemovideo.compat.json_result import JSONResult, to_plain
from nemovideo.compat.library_internals import hide_dataclass
from nemovideo.progress.tables import table
from nemovideo.progress.units import count

if TYPE_CHECKING:
    from nemovideo.errors import NemoVideoError
    from nemovideo.operations.video import Video

Status: TypeAlias = Literal["done", "failed", "skipped", "in_doubt", "not_started"]
"""done · failed · skipped: it failed before, or another process is at work on it · in_doubt: it was
sent and its end is not known yet · not_started: nothing was sent."""

_STATUSES: Final[tuple[Status, ...]] = get_args(Status)
_MOST_ROWS: Final = 40


@hide_dataclass
@dataclass(eq=False, slots=True)
class BatchItem(NotebookRepr, JSONResult):
    """What came of one job. An error is a value here: it ends no other job.

    Example:
        ```python
        async for item in client.batch(jobs, out="films"):
            print(item.key, item.path or item.error)
        ```
    """

    key: str
    """The job's key, its own or the one that was made of its content."""
    index: int
    """The job's place in the batch, from 0."""
    status: Status
    """What came of it."""
    video: Video | None = field(default=None, repr=False)
    """The video, if there is one."""
    path: Path | None = None
    """Where it was saved."""
    error: NemoVideoError | None = None
    """Why there is no video, or no file."""
    credits_used: float | None = None
    """As `video.credits_used`: None where other work ran at the same time."""
    session_id: str | None = None
    """The session that it was made in, once there was one."""
    fields: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    """What else came with the job: the other columns of its row."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "key": self.key,
            "index": self.index,
            "status": self.status,
            "video": to_plain(self.video),
            "path": None if self.path is None else str(self.path),
            "error": to_plain(self.error),
            "credits_used": self.credits_used,
            "session_id": self.session_id,
            "fields": dict(self.fields),
        }


@hide_dataclass
@dataclass(eq=False)
class BatchReport(NotebookRepr, JSONResult):
    """What came of a batch: how many of each kind, and every job.

    It prints as a table.

    Example:
        ```python
        report = await client.batch(jobs, out="films")
        print(report)
        for item in report.items:
            if item.error:
                print(item.key, item.error)
        ```
    """

    items: list[BatchItem] = field(default_factory=list[BatchItem], repr=False)
    """Every job that the batch came to, in the order of the jobs."""
    credits_used: float | None = None
    """What the whole batch cost in this run: the balance before minus after.

    None where it could not be read, or where other work of the account ran at the same time, as far
    as this journal knows.
    """
    stopped_by: NemoVideoError | None = None
    """Why no more jobs were begun, if that was so: the limit, the balance, a refused token."""

    @property
    def done(self) -> int:
        """How many videos there are."""
        return self._count("done")

    @property
    def failed(self) -> int:
        """How many jobs failed."""
        return self._count("failed")

    @property
    def skipped(self) -> int:
        """How many failed in an earlier run, or are another process's at this time."""
        return self._count("skipped")

    @property
    def in_doubt(self) -> int:
        """How many were sent without an end that is known; the next run picks them up."""
        return self._count("in_doubt")

    @property
    def not_started(self) -> int:
        """For how many nothing was sent; the next run does."""
        return self._count("not_started")

    @property
    def is_complete(self) -> bool:
        """Whether there is a video of every job."""
        return self.stopped_by is None and self.done == len(self.items)

    def _count(self, status: Status) -> int:
        return sum(item.status == status for item in self.items)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the items."""
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __bool__(self) -> bool:
        return True

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            **self.counts(),
            "credits_used": self.credits_used,
            "stopped_by": to_plain(self.stopped_by),
            "items": [item.to_dict() for item in self.items],
        }

    def counts(self) -> dict[str, int]:
        """Return how many jobs there are of each status."""
        counted = Counter(item.status for item in self.items)
        return {status: counted[status] for status in _STATUSES}

    def summary(self) -> str:
        """Return the counts in a line: `18 done, 2 failed, 1,800 credits`."""
        words = [f"{many:,} {status.replace('_', ' ')}" for status, many in self.counts().items()]
        shown = [word for word in words if not word.startswith("0 ")] or ["nothing to do"]
        if self.credits_used is not None:
            shown.append(count(self.credits_used, "credit"))
        return ", ".join(shown)

    def __str__(self) -> str:
        # What did not come about first: among thousands nobody would find it.
        ordered = sorted(self.items, key=lambda item: item.status == "done")
        lines = [self.summary()]
        if ordered:
            lines.insert(0, table(("key", "status", "result"), _rows(ordered[:_MOST_ROWS])))
        if len(ordered) > _MOST_ROWS:
            lines.insert(1, f"… and {len(ordered) - _MOST_ROWS:,} more")
        if self.stopped_by is not None:
            lines.append(f"No more were begun: {self.stopped_by}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"BatchReport({self.summary()})"


def _rows(items: list[BatchItem]) -> list[tuple[str, str, str]]:
    return [
        (item.key, item.status.replace("_", " "), _result(item))
        for item in sorted(items, key=lambda item: item.index)
    ]


def _result(item: BatchItem) -> str:
    if item.error is not None:
        return item.error.message
    if item.path is not None:
        return str(item.path)
    return (item.video.url if item.video else None) or item.session_id or ""
