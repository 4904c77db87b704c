"""What all calls of one server share."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from nemovideo._client import AsyncNemoVideo
from nemovideo.mcp.jobs import Jobs
from nemovideo.mcp.request_store import RequestStore
from nemovideo.mcp.settings import ServerSettings
from nemovideo.mcp.uploads import Uploads


@dataclass
class ServerState:
    """The client, the work in progress, and what was asked about spending.

    Args:
        client: The client of the service.
        settings: What the owner allows.
        jobs: The work in progress.
        uploads: The files on their way.
    """

    client: AsyncNemoVideo
    settings: ServerSettings
    jobs: Jobs
    uploads: Uploads
    spent_without_asking: float = 0
    """What was spent under the owner's limit, without asking."""
    offered_keys: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """The words of what would be paid a second time, and the key under which it may be."""
    questions: dict[tuple[str, str], tuple[str, bool]] = field(
        default_factory=dict[tuple[str, str], tuple[str, bool]]
    )
    """By words and key: what the person was asked, and whether it was about a second time.

    A client of the protocol of 2026 is asked in one round and answers in the next, and its answer
    holds for a question of the same wording only; the balance in it may change meanwhile.
    """


@asynccontextmanager
async def open_state(
    client: AsyncNemoVideo,
    settings: ServerSettings,
    *,
    base_url: str,
    config_dir: Path,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[ServerState]:
    """Open what the calls share; what still runs at the end is left to the next server."""
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        jobs = Jobs(client, settings, RequestStore(config_dir, base_url, clock), tasks, clock)
        await jobs.load()
        try:
            yield ServerState(client, settings, jobs, Uploads(client, tasks))
        except Exception as error:  # noqa: BLE001  # raised below: the task group would wrap it
            failure = error
        finally:
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
