"""The application state that the routes share, and how it is built."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from nemovideo.sandbox.agents.rule_agent import RuleAgent
from nemovideo.sandbox.clips.maker import ClipMaker
from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.faults import FaultRegistry
from nemovideo.sandbox.request_log import RequestLog
from nemovideo.sandbox.service.accounts import Service
from nemovideo.sandbox.service.agent import AgentRunner
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
    agent: AgentRunner
    renders: RenderQueue
    tasks: set[asyncio.Task[None]]


def build_state(
    settings: Settings,
    clock: Clock,
    faults: FaultRegistry,
    request_log: RequestLog,
    store: Store,
    group: asyncio.TaskGroup,
) -> AppState:
    """Build the state on the running loop; turns and renders run in `group`."""
    tasks: set[asyncio.Task[None]] = set()

    def spawn(work: Coroutine[None, None, None]) -> None:
        task = group.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    service = Service(settings, store, clock)
    links = SignedLinks(store, clock, settings.link_seconds)
    server = settings.video_server
    clips = None if server is None else ClipMaker(server, store.folder / "clips")
    return AppState(
        settings=settings,
        clock=clock,
        faults=faults,
        request_log=request_log,
        store=store,
        service=service,
        links=links,
        uploads=UploadStorage(service, store, links),
        agent=AgentRunner(
            settings.agent or RuleAgent(settings.behavior),
            service,
            spawn,
            request_log.internal_errors,
            request_log.agent_errors,
        ),
        renders=RenderQueue(service, links, spawn, clips),
        tasks=tasks,
    )
