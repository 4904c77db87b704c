"""The results of the jobs of a batch, and of the batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar, get_args
from weakref import ref

from nemovideo._display import NotebookRepr
from nemovideo.compat.json_result import JSONResult, to_plain
from nemovideo.files.save_targets import RemotePath
from nemovideo.progress.tables import table
from nemovideo.progress.units import count

if TYPE_CHECKING:
    from nemovideo.batch.packed_videos import Place, VideoPacker
    from nemovideo.errors import NemoVideoError
    from nemovideo.operations.video import Video

Status: TypeAlias = Literal["done", "failed", "skipped", "in_doubt", "not_started"]
"""done · failed · skipped: it failed before, or another process is at work on it · in_doubt: it was
sent and its end is not known yet · not_started: nothing was sent."""

_STATUSES: Final[tuple[Status, ...]] = get_args(Status)
_MOST_ROWS: Final = 40
_NO_FIELDS: Final[Mapping[str, object]] = {}
OWN_FIELDS: Final = ("key", "index", "status", "error", "credits_used", "fields")
"""What an item holds for itself."""


class JobResult(NotebookRepr, JSONResult, ABC):
    """The result of one job, with all but the video."""

    __slots__ = OWN_FIELDS

    key: str
    """The job's key, its own or the one that was made of its content."""
    index: int
    """The job's place in the batch, from 0."""
    status: Status
    """The result."""
    error: NemoVideoError | None
    """Why there is no video, or no file."""
    credits_used: float | None
    """As `video.credits_used`: None where another job ran at the same time.

    The service tells the balance, and not what one session cost; the sum is the report's.
    """
    fields: Mapping[str, object]
    """What else came with the job: the other columns of its row."""

    @property
    @abstractmethod
    def path(self) -> Path | RemotePath | None:
        """Where the video was saved."""

    @property
    @abstractmethod
    def session_id(self) -> str | None:
        """The session that it was made in, once there was one."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return to_row(self, to_plain(getattr(self, "video", None)))

    def result(self) -> str:
        """Return what came of it as a text: the error, the path or the session."""
        if self.error is not None:
            return self.error.message
        if self.path is not None:
            return str(self.path)
        return f"session {self.session_id}" if self.session_id else ""

    def __repr__(self) -> str:
        what = self.error if self.error is not None else self.path
        return f"BatchItem({self.key}: {self.status}{'' if what is None else f', {what}'})"


class BatchItem(JobResult):
    """The result of one job. An error is a value here: it ends no other job.

    Example:
        ```python
        async for item in client.batch(jobs, out="films"):
            print(item.key, item.path or item.error)
        ```
    """

    __slots__ = ("_packed", "_packer", "_place", "_video")

    def __init__(
        self,
        *,
        key: str,
        index: int,
        status: Status,
        video: Video | None = None,
        path: Path | RemotePath | None = None,
        error: NemoVideoError | None = None,
        credits_used: float | None = None,
        session_id: str | None = None,
        fields: Mapping[str, object] | None = None,
        packer: VideoPacker | None = None,
    ) -> None:
        self.key = key
        self.index = index
        self.status: Status = status
        self.error = error
        self.credits_used = credits_used
        self.fields: Mapping[str, object] = fields or _NO_FIELDS
        self._place: Place | None = None if path is None else str(path), session_id
        self._packer: VideoPacker | None = None
        self._packed = b""
        self._video: Callable[[], Video | None] | None = None
        if video is not None and packer is not None:
            # A report may hold thousands, and few of them are ever looked at again.
            self._packer, self._packed = packer, packer.pack(self._place, video)
            self._place, self._video = None, ref(video, self._drop)
        elif video is not None:
            self._video = lambda: video

    def _drop(self, _: object) -> None:
        self._video = None

    @property
    def path(self) -> Path | RemotePath | None:
        """Where the video was saved."""
        path, _ = self._find_place()
        if path is None:
            return None
        return RemotePath(path) if "://" in path else Path(path)

    @property
    def session_id(self) -> str | None:
        """The session that it was made in, once there was one."""
        return self._find_place()[1]

    @property
    def video(self) -> Video | None:
        """The video, if there is one."""
        video = None if self._video is None else self._video()
        if video is None and self._packer is not None:
            video = self._packer.unpack_video(self._packed)
            self._video = ref(video, self._drop)
        return video

    def _find_place(self) -> Place:
        if self._packer is not None:
            return self._packer.unpack_place(self._packed)
        return self._place or (None, None)

    def __getstate__(self) -> dict[str, Any]:
        return {**plain_values(self), "video": self.video}

    def __setstate__(self, values: dict[str, Any]) -> None:
        BatchItem.__init__(self, **values)


def to_row(item: JobResult, video: object) -> dict[str, Any]:
    """Return an item as plain JSON values, with what is to stand for its video."""
    return {
        "key": item.key,
        "index": item.index,
        "status": item.status,
        "video": video,
        "path": None if item.path is None else str(item.path),
        "error": to_plain(item.error),
        "credits_used": item.credits_used,
        "session_id": item.session_id,
        "fields": dict(item.fields),
    }


def plain_values(item: JobResult) -> dict[str, Any]:
    """Return what an item holds apart from its video."""
    return {name: getattr(item, name) for name in (*OWN_FIELDS, "path", "session_id")}


_I = TypeVar("_I", bound=JobResult)


class Report(NotebookRepr, JSONResult, Generic[_I]):
    """The result of a batch: how many of each kind, and every job. It prints as a table."""

    items: list[_I]
    """Every job that the batch came to, in the order of the jobs."""
    credits_used: float | None
    """What this run of the batch cost, all jobs together: the balance before minus after.

    None where it could not be read, or where other work of the account ran at the same time, as far
    as this journal knows.
    """
    stopped_by: NemoVideoError | None
    """Why no more jobs were started, if that was so: the limit, the balance, a refused token."""

    def __init__(
        self,
        items: list[_I],
        credits_used: float | None = None,
        stopped_by: NemoVideoError | None = None,
    ) -> None:
        self.items = items
        self.credits_used = credits_used
        self.stopped_by = stopped_by

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
        """Return the counts in a line: `18 done, 2 failed, 1,800 credits in this run`."""
        counts = self.counts().items()
        shown = [f"{many:,} {status.replace('_', ' ')}" for status, many in counts if many]
        if self.credits_used is not None:
            shown.append(f"{count(self.credits_used, 'credit')} in this run")
        return ", ".join(shown or ["no jobs"])

    def __str__(self) -> str:
        rows, hidden = self.rows(), self.hidden_rows()
        lines = [table(("key", "status", "result"), rows)] if rows else []
        lines += [hidden] if hidden else []
        lines.append(self.summary())
        if self.stopped_by is not None:
            lines.append(f"No more were started: {self.stopped_by}")
        return "\n".join(lines)

    def rows(self) -> list[tuple[str, str, str]]:
        """Return what is shown of the jobs as the rows of a table."""
        return [
            (item.key, item.status.replace("_", " "), item.result()) for item in self.shown_items()
        ]

    def shown_items(self) -> list[_I]:
        """Return the items that are shown: of many, first those that did not come about."""
        shown = sorted(self.items, key=lambda item: item.status == "done")[:_MOST_ROWS]
        return sorted(shown, key=lambda item: item.index)

    def hidden_rows(self) -> str:
        """Return how many jobs are not shown, as a line; nothing for none."""
        hidden = len(self.items) - _MOST_ROWS
        return f"… and {hidden:,} more" if hidden > 0 else ""

    def __repr__(self) -> str:
        return f"BatchReport({self.summary()})"


class BatchReport(Report[BatchItem]):
    """The result of a batch: how many of each kind, and every job. It prints as a table.

    Example:
        ```python
        report = await client.batch(jobs, out="films")
        print(report)
        for item in report.items:
            if item.error:
                print(item.key, item.error)
        ```
    """
