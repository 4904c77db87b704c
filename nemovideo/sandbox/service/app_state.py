"""The parts of one sandbox, put together for its routes."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.faults import FaultBoard
from nemovideo.sandbox.request_log import Log
from nemovideo.sandbox.service.accounts import House
from nemovideo.sandbox.service.agent import Agent
from nemovideo.sandbox.service.render_queue import RenderQueue
from nemovideo.sandbox.service.settings import Rules
from nemovideo.sandbox.service.signed_links import Links
from nemovideo.sandbox.service.upload_storage import Intake
from nemovideo.sandbox.storage.store import Store


@dataclass(frozen=True)
class Wiring:
    """Everything that the routes of one sandbox share."""

    rules: Rules
    clock: Clock
    board: FaultBoard
    log: Log
    store: Store
    house: House
    links: Links
    intake: Intake
    agent: Agent
    renders: RenderQueue
    running: set[asyncio.Task[None]]

    def cancel_tasks(self) -> None:
        """Cancel every turn and render that still runs."""
        for task in self.running:
            task.cancel()


def wire(
    rules: Rules,
    clock: Clock,
    board: FaultBoard,
    log: Log,
    store: Store,
    tasks: asyncio.TaskGroup,
) -> Wiring:
    """Build the parts on the running loop; turns and renders run in `tasks`."""

    running: set[asyncio.Task[None]] = set()

    def spawn(work: Coroutine[None, None, None]) -> object:
        task = tasks.create_task(work)
        running.add(task)
        task.add_done_callback(running.discard)
        return task

    house = House(rules, store, clock)
    links = Links(store, clock, rules.link_seconds)
    return Wiring(
        rules=rules,
        clock=clock,
        board=board,
        log=log,
        store=store,
        house=house,
        links=links,
        intake=Intake(house, store, links),
        agent=Agent(house, spawn, log.breakdowns),
        renders=RenderQueue(house, links, spawn),
        running=running,
    )
