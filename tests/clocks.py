"""The clock of an event loop, which goes on by itself and as far ahead as a test says.

What is about a limit of time sets one of minutes, which no machine is too slow for, and lets it run
out when all that comes before has happened.
"""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
import trio
from trio.testing import MockClock

LIMIT = 600.0


def with_clock(backend: str) -> tuple[str, dict[str, Any]]:
    """Name a backend whose clock may be moved."""
    return backend, {"clock": MockClock(rate=1)} if backend == "trio" else {}


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Both backends, for the tests of a file that imports this."""
    return with_clock(request.param)


def jump(seconds: float = LIMIT) -> None:
    """Move the running loop's clock ahead."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        clock = trio.lowlevel.current_clock()
        assert isinstance(clock, MockClock)
        clock.jump(seconds)
    else:
        before = loop.time
        loop.time = lambda: before() + seconds  # type: ignore[method-assign]  # of this loop only


async def run_out() -> None:
    """Let the limits of the running loop run out once what is under way has happened.

    In steps: a limit of silence begins anew with whatever comes between them.
    """
    for _ in range(6):
        for _ in range(10):
            await anyio.sleep(0.005)  # a socket tells nobody that all has come
        jump(LIMIT / 3)
    await anyio.sleep(30)
    raise AssertionError("What was to run out of time goes on.")
