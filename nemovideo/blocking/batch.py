"""Batches, for programs without async."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nemovideo.batch.item import OWN_FIELDS, JobResult, Report
from nemovideo.blocking.iterators import SyncIteration
from nemovideo.blocking.portal import CallbackRelay, Portal
from nemovideo.blocking.video import Video

if TYPE_CHECKING:
    from nemovideo.batch import batch, item
    from nemovideo.batch.plan import BatchPlan
    from nemovideo.files.save_targets import RemotePath


class BatchItem(JobResult):
    """The result of one job. An error is a value here: it ends no other job.

    Example:
        ```python
        for item in client.batch(jobs, out="films"):
            print(item.key, item.path or item.error)
        ```
    """

    __slots__ = ("_item", "_portal")

    def __init__(self, portal: Portal | None, item: item.BatchItem) -> None:
        for name in OWN_FIELDS:
            setattr(self, name, getattr(item, name))
        self._portal = portal
        self._item = item

    @property
    def path(self) -> Path | RemotePath | None:
        """Where the video was saved."""
        return self._item.path

    @property
    def session_id(self) -> str | None:
        """The session that it was made in, once there was one."""
        return self._item.session_id

    @property
    def video(self) -> Video | None:
        """The video, if there is one."""
        video = self._item.video
        return None if video is None else Video(self._portal, video)

    def __getstate__(self) -> dict[str, Any]:
        return {"portal": None, "item": self._item}

    def __setstate__(self, values: dict[str, Any]) -> None:
        BatchItem.__init__(self, **values)


class BatchReport(Report[BatchItem]):
    """The result of a batch: how many of each kind, and every job. It prints as a table.

    Example:
        ```python
        report = client.batch(jobs, out="films")
        print(report)
        for item in report.items:
            if item.error:
                print(item.key, item.error)
        ```
    """


class Batch:
    """Many videos that are being made: iterate over it for each as it ends.

    Nothing is sent until then, and a job begins only while the next item is asked for.

    Example:
        ```python
        for item in client.batch_stream(nemovideo.read_jobs("jobs.csv"), out="films"):
            print(item.key, item.path or item.error)
        ```
    """

    def __init__(
        self, portal: Portal, source: batch.Batch, relay: CallbackRelay | None = None
    ) -> None:
        self._portal = portal
        self._source = source
        self._relay = relay
        self._items = SyncIteration(portal, source, relay)
        portal.register(source)

    @property
    def name(self) -> str:
        """The name under which the keys of all jobs stand in the journal."""
        return self._source.name

    @property
    def total(self) -> int | None:
        """How many jobs there are; None where they come one by one."""
        return self._source.total

    @property
    def report(self) -> BatchReport:
        """The report so far: also of a batch that was interrupted."""
        found = self._source.report
        items = [BatchItem(self._portal, each) for each in found.items]
        return BatchReport(items, found.credits_used, found.stopped_by)

    def plan(self) -> BatchPlan:
        """Return what it would do if it was run now, and what that costs. Nothing is sent.

        Raises:
            InvalidInputError: the jobs come one by one, and are not known before.
            NemoVideoError: the journal cannot be read.

        Example:
            ```python
            plan = client.batch(jobs, out="films").plan()
            print(plan.to_send, plan.credits)
            ```
        """
        return self._portal.run(self._source.plan)

    def wait(self) -> BatchReport:
        """Run to the end and return the report, ignoring the items."""
        self._portal.run(lambda: self._source, self._relay)
        return self.report

    def close(self) -> None:
        """Begin no job any more, and leave those that run to the next run of the batch."""
        self._portal.run(self._source.aclose)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> BatchItem:
        return BatchItem(self._portal, next(self._items))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Leaving the block cancels nothing: what runs is paid for.
        return None

    def __repr__(self) -> str:
        return repr(self._source)
