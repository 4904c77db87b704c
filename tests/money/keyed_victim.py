"""A program that makes a video under a key, and kills itself at a step that it was told.

A step is just before and just after each request, and the first event of each type.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio

import nemovideo
from nemovideo.events import Event
from nemovideo.transports import AiohttpTransport
from nemovideo.transports.base import Request, Response, StreamedResponse


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
    async def _stepwise(self, request: Request) -> AsyncIterator[StreamedResponse]:
        self._step(f"before streaming {request.method}")
        async with super().stream(request) as response:
            self._step(f"answered {request.method}")
            yield response
        self._step(f"after streaming {request.method}")


async def main(url: str, journal: str, folder: str, target: str, last: int) -> None:
    step = Steps(last)
    transport = StepTransport(step)
    timing = nemovideo.Timing(poll_first=0.05, poll_max=0.05)
    client = nemovideo.AsyncNemoVideo(
        base_url=url,
        config_dir=folder,
        timing=timing,
        transport=transport,
        journal=journal or True,
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
            print(json.dumps({"error": "InProgressError", "key": error.key}), flush=True)
        else:
            print(json.dumps({"done": video.render_id}), flush=True)


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:5], int(sys.argv[5]))
