"""Processes in a Ray cluster, each with a worker, and replaced when they die."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import anyio

from nemovideo._version import __version__
from nemovideo.errors import NemoVideoError
from nemovideo.ray.cluster import NO_REPEATS, load_ray
from nemovideo.ray.worker import Answer, Task, Worker, WorkerSetup

_CLOSE_SECONDS: Final = 5


class WorkerLostError(Exception):
    """The process at work on a job is gone, or cannot be reached."""


@dataclass(eq=False)
class _Place:
    """A place for a worker, which may die and be replaced."""

    actor: Any
    running: int = 0


class Workers:
    """So many processes in the cluster, each of which takes several jobs at a time.

    Args:
        setup: what each of them needs.
        count: how many there are.
    """

    def __init__(self, setup: WorkerSetup, count: int) -> None:
        self._ray = load_ray()
        self._setup = setup
        self._count = count
        self._places: list[_Place] = []
        self._mutex = anyio.Lock()
        self._make_actor = self._ray.remote(
            # They wait more than they compute; without SPREAD all would be on one machine.
            num_cpus=0,
            scheduling_strategy="SPREAD",
            max_concurrency=setup.concurrency + 1,
            **NO_REPEATS,
        )(Worker)

    async def run(self, task: Task) -> Answer:
        """Have a job run by the worker with the fewest.

        Raises:
            WorkerLostError: it died meanwhile. Another has its place.
            NemoVideoError: no worker can be started; or what the worker raised.
        """
        await self._start()
        place = min(self._places, key=lambda place: place.running)
        actor = place.actor
        place.running += 1
        try:
            answer: Answer = await self._result(actor.run.remote(task))
        except self._ray.exceptions.RayActorError as error:
            if place.actor is actor:
                self._kill(actor)  # it may be alive where the network is not
                place.actor = self._make_actor.remote(self._setup)
            raise WorkerLostError(str(error).splitlines()[0]) from error
        finally:
            place.running -= 1
        return answer

    async def _start(self) -> None:
        async with self._mutex:
            if self._places:
                return
            actors = [self._make_actor.remote(self._setup) for _ in range(self._count)]
            try:
                versions = {await self._result(actor.version.remote()) for actor in actors}
            except self._ray.exceptions.RayError as error:
                raise _unstartable(error) from error
            if versions != {__version__}:
                raise NemoVideoError(
                    f"The workers have nemovideo {', '.join(versions)}, and here is {__version__}.",
                    hint="Install the same version on all machines.",
                )
            self._places = [_Place(actor) for actor in actors]

    async def _result(self, reference: Any) -> Any:
        try:
            return await reference
        except self._ray.exceptions.RayTaskError as error:
            raise (error.cause if isinstance(error.cause, NemoVideoError) else error) from error

    async def aclose(self) -> None:
        """Have the workers close what is open, and end them."""
        places, self._places = self._places, []
        closing = [place.actor.close.remote() for place in places]
        with anyio.move_on_after(_CLOSE_SECONDS):
            for each in closing:
                with suppress(self._ray.exceptions.RayError):
                    await each
        for place in places:
            self._kill(place.actor)

    def kill(self) -> None:
        """End the workers where they are: what they have sent is in the journal."""
        places, self._places = self._places, []
        for place in places:
            self._kill(place.actor)

    def _kill(self, actor: Any) -> None:
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(actor, no_restart=True)


def _unstartable(error: BaseException) -> NemoVideoError:
    last = str(error).strip().splitlines()[-1:]
    return NemoVideoError(
        f"No worker can be started: {''.join(last)}",
        hint='Each machine needs: pip install "nemovideo[ray]"',
    )
