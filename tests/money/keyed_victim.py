"""A program whose processes make a video under a key, and kill themselves at a step they are told.

A step is just before and just after each request, and the first event of each type. Each line of
its input is a list of processes, which run at the same time; the answer is what each has printed.
They are forked, as importing would take most of their time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pkgutil import iter_modules

import anyio

import nemovideo
from nemovideo.events import Event
from nemovideo.transports import AiohttpTransport
from nemovideo.transports.base import Request, Response, StreamedResponse

PACKAGES = (
    *("auth", "compat", "concurrency", "config", "files", "journal", "models", "operations"),
    *("pipeline", "protocol", "resources", "security", "transports", "validation"),
)


class Steps:
    def __init__(self, last: int) -> None:
        self._left = last
        self._seen: set[str] = set()

    def event(self, event: Event) -> None:
        if event.type not in self._seen:
            self._seen.add(event.type)
            self(event.type)

    def __call__(self, name: str) -> None:
        if self._left == 0:
            print(name, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class StepTransport(AiohttpTransport):
    """The default transport, which counts."""

    def __init__(self, step: Steps) -> None:
        super().__init__()
        self._step = step

    async def send(self, request: Request) -> Response:
        self._step(f"before {request.method}")
        response = await super().send(request)
        self._step(f"after {request.method}")
        return response

    def stream(self, request: Request) -> AbstractAsyncContextManager[StreamedResponse]:
        return self._stepwise(request)

    @asynccontextmanager
    async def _stepwise(self, request: Request) -> AsyncGenerator[StreamedResponse]:
        self._step(f"before streaming {request.method}")
        async with super().stream(request) as response:
            self._step(f"answered {request.method}")
            yield response
        self._step(f"after streaming {request.method}")


async def main(url: str, folder: str, target: str, last: int) -> None:
    step = Steps(last)
    transport = StepTransport(step)
    timing = nemovideo.Timing(poll_first=0.05, poll_max=0.05)
    client = nemovideo.AsyncNemoVideo(
        base_url=url, config_dir=folder, timing=timing, transport=transport
    )
    async with transport, client:
        try:
            video = await client.generate(
                "a 2-second video of a panda",
                path=target or None,
                key="row-1",
                on_event=step.event,
            )
        except nemovideo.InProgressError as error:
            print(error.key, flush=True)
        else:
            print(video.render_id, flush=True)


def fork(environment: dict[str, str], arguments: tuple[str, str, str, int]) -> int:
    """Start a process, and return the end of a pipe that it prints to."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.environ.clear()
        os.environ.update(environment)
        os.dup2(writing, 1)
        try:
            anyio.run(main, *arguments)
        finally:
            os._exit(0)
    os.close(writing)
    return reading


def load() -> None:
    """Import what the first use of a client would: a fork has it."""
    import_module("anyio._backends._asyncio")
    import_module("aiohttp")
    import_module("nemovideo._client")
    for part in PACKAGES:
        package = import_module(f"nemovideo.{part}")
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)


if __name__ == "__main__":
    load()
    for line in sys.stdin:
        environment, processes = json.loads(line)
        said: list[str] = []
        for reading in [fork(environment, each) for each in processes]:
            with os.fdopen(reading) as pipe:
                said.append(pipe.read().strip())
            os.wait()
        print(json.dumps(said), flush=True)
