"""Event loops whose clocks obey a test.

`with_clock` gives a clock that goes on by itself and as far ahead as a test says. What is about a
limit of time sets one of minutes, which no machine is too slow for, and lets it run out when all
that comes before has happened.

`virtual` gives a clock that nobody waits for: as soon as everybody sleeps, it is the time of the
first to wake. Only for tests without threads and sockets, for which such a clock does not wait.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

import anyio
import pytest
import trio
from trio.testing import MockClock

LIMIT = 600.0


class _MovableLoop(asyncio.SelectorEventLoop):
    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


def with_clock(backend: str) -> tuple[str, dict[str, Any]]:
    """Return what the fixture `anyio_backend` gives for a clock that `jump` moves."""
    if backend == "asyncio":
        return backend, {"loop_factory": _MovableLoop}
    return backend, {"clock": MockClock(rate=1)}


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
        assert isinstance(loop, _MovableLoop)
        loop.ahead += seconds


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


class _Impatient(selectors.DefaultSelector):
    """Takes it that time passes where there is nothing to select."""

    moment = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        found = super().select(0)
        if not found:
            self.moment += timeout
        return found


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.moment


def virtual(backend: str) -> tuple[str, dict[str, Any]]:
    """Return what the fixture `anyio_backend` gives for a test on a virtual clock."""
    if backend == "asyncio":
        return backend, {"loop_factory": _VirtualLoop}
    return backend, {"clock": MockClock(autojump_threshold=0)}
