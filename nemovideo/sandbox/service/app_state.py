"""The parts of one sandbox, put together for its routes."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.faults import FaultRegistry
from nemovideo.sandbox.request_log import RequestLog
from nemovideo.sandbox.service.accounts import Service
from nemovideo.sandbox.service.agent import Agent
from nemovideo.sandbox.service.render_queue import RenderQueue
from nemovideo.sandbox.service.settings import Settings
from nemovideo.sandbox.service.signed_links import SignedLinks
from nemovideo.sandbox.service.upload_storage import UploadStorage
from nemovideo.sandbox.storage.store import Store


@dataclass(frozen=True)
class AppState:
    """Everything that the routes of one sandbox share."""

    settings: Settings
    clock: Clock
    faults: FaultRegistry
    request_log: RequestLog
    store: Store
    service: Service
    links: SignedLinks
    uploads: UploadStorage
    agent: Agent
    renders: RenderQueue
    running: set[asyncio.Task[None]]

    def cancel_tasks(self) -> None:
        """Cancel every turn and render that still runs."""
        for task in self.running:
            task.cancel()


def build_state(
    settings: Settings,
    clock: Clock,
    faults: FaultRegistry,
    request_log: RequestLog,
    store: Store,
    tasks: asyncio.TaskGroup,
) -> AppState:
    """Build the parts on the running loop; turns and renders run in `tasks`."""

    running: set[asyncio.Task[None]] = set()

    def spawn(work: Coroutine[None, None, None]) -> object:
        task = tasks.create_task(work)
        running.add(task)
        task.add_done_callback(running.discard)
        return task

    service = Service(settings, store, clock)
    links = SignedLinks(store, clock, settings.link_seconds)
    return AppState(
        settings=settings,
        clock=clock,
        faults=faults,
        request_log=request_log,
        store=store,
        service=service,
        links=links,
        uploads=UploadStorage(service, store, links),
        agent=Agent(service, spawn, request_log.internal_errors),
        renders=RenderQueue(service, links, spawn),
        running=running,
    )
