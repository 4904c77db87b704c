"""Videos for the rows of a Ray dataset."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from nemovideo._client import AsyncNemoVideo
from nemovideo.batch.batch import run_with
from nemovideo.batch.item import BatchItem
from nemovideo.batch.job_keys import content_digest
from nemovideo.batch.jobs import Job, as_job
from nemovideo.blocking.portal import Portal
from nemovideo.errors import InvalidInputError
from nemovideo.ray.cluster import NO_REPEATS, has_one_node
from nemovideo.ray.run_batch import absolute, check_shared
from nemovideo.ray.worker import PatientRunner, no_token

_SERVICE = ("NEMO_API_URL", "NEMO_WEB_URL")
_RESULTS = ("key", "status", "path", "error", "credits_used", "session_id")


class GenerateVideos:
    """Makes a video of each row: a callable class for `ray.data.Dataset.map_batches`.

    Rows have the columns of `read_jobs`: `prompt`, and if you like `key`, `files`, `urls`,
    `language`, `path`. They come back with `key`, `status`, `path`, `error`, `credits_used` and
    `session_id`, empty or NaN where there is none. One row that fails ends no other. Each row has a
    key, so that none is paid for twice, however often Ray runs it; rows without one that are equal
    are one video.

    Args:
        out: a folder or a template that all machines can write to, or a URL.
        journal: `"postgresql://…"`, which all machines can reach.
        concurrency: how many run at a time in each worker, at most.
        max_credits: for all rows, in all workers.
        name: under which all keys stand; by default made of `out`. Another name is other work, and
            paid for again.
        token: the same for all workers; `NEMO_TOKEN` on each machine, if None.

    Raises:
        InvalidInputError: an argument is invalid; a journal that is not in PostgreSQL is one.

    Example:
        ```python
        videos = ray.data.read_csv("jobs.csv").map_batches(
            GenerateVideos,
            fn_constructor_kwargs={"out": "/films", "journal": "postgresql://db/nemo"},
            **GenerateVideos.ray_options(workers=4),
        )
        videos.write_parquet("results")
        ```
    """

    def __init__(
        self,
        *,
        out: str | os.PathLike[str],
        journal: str,
        concurrency: int = 4,
        max_credits: float | None = None,
        name: str | None = None,
        token: str | None = None,
    ) -> None:
        self._client = AsyncNemoVideo(journal=check_shared(journal), token=token)
        self._options: dict[str, Any] = {
            "out": absolute(out),
            "concurrency": concurrency,
            "max_credits": max_credits,
            "name": name or self._client.batch(iter(()), out=absolute(out)).name,
        }
        self._client.batch((), **self._options)  # refuses now what it cannot do later
        if token is None and not os.environ.get("NEMO_TOKEN") and not has_one_node():
            raise no_token()
        self._portal = Portal()

    @staticmethod
    def ray_options(workers: int = 4, batch_size: int = 16) -> dict[str, Any]:
        """Return the arguments of `map_batches` under which Ray repeats nothing by itself.

        The service is the one that the environment names here. By default Ray starts killed workers
        again and repeats what they did. That would not pay
        twice either, because of the keys; but so a job that kills its worker stays visible. Run the
        same again to go on.

        Args:
            workers: how many processes.
            batch_size: how many rows a worker takes at a time; more than its `concurrency`.

        Example:
            >>> GenerateVideos.ray_options(workers=2)["max_restarts"]
            0
        """
        # What leads to a sandbox here leads there on the workers, too; no secret is among these.
        service = {name: os.environ[name] for name in _SERVICE if name in os.environ}
        return {
            "concurrency": workers,
            "batch_size": batch_size,
            "num_cpus": 0,
            **({"runtime_env": {"env_vars": service}} if service else {}),
            **NO_REPEATS,
        }

    def __call__(self, batch: object) -> dict[str, list[object]]:
        """Make a video of each row, and return the rows with what came of them."""
        rows = _rows(batch)
        jobs: dict[str, Job] = {}
        made = [_read(row, jobs) for row in rows]
        report = self._portal.run(
            lambda: run_with(
                self._client.batch(list(jobs.values()), **self._options), PatientRunner.of
            )
        )
        items = {item.key: item for item in report.items}
        results = [
            {**row, **_result(each if isinstance(each, BatchItem) else items[each])}
            for row, each in zip(rows, made, strict=True)
        ]
        columns = dict.fromkeys([*(rows[0] if rows else ()), *_RESULTS])
        return {column: [row[column] for row in results] for column in columns}


def _read(row: Mapping[str, Any], jobs: dict[str, Job]) -> str | BatchItem:
    """Add the job of a row to those that are wanted, and return its key, or why it is none."""
    try:
        job = as_job(row)
        key = job.key or content_digest(job)
        job = replace(job, key=key, fields={})
        if jobs.setdefault(key, job) != job:
            raise InvalidInputError("Another row with other content has this key.", parameter="key")
    except InvalidInputError as error:
        return BatchItem(key=str(row.get("key") or ""), index=0, status="failed", error=error)
    return key


def _rows(batch: Any) -> list[dict[str, Any]]:
    """Return the rows of a batch in any of Ray's formats."""
    if isinstance(batch, Mapping):
        arrays = cast("Mapping[str, Any]", batch)
        columns = {name: _plain(values) for name, values in arrays.items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if hasattr(batch, "to_pylist"):
        return list(batch.to_pylist())
    return list(batch.to_dict("records"))


def _plain(values: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", values.tolist() if hasattr(values, "tolist") else values)


def _result(item: BatchItem) -> dict[str, Any]:
    # Of one type in all blocks, which Ray asks for.
    used = item.credits_used
    return {
        "key": item.key,
        "status": item.status,
        "path": "" if item.path is None else str(item.path),
        "error": "" if item.error is None else str(item.error),
        "credits_used": math.nan if used is None else float(used),
        "session_id": item.session_id or "",
    }
