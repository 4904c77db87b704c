"""Clocks that no test waits for: as soon as everybody sleeps, it is the time of the first to wake.

Only for tests without threads and sockets, for which such a clock does not wait.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


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
    from trio.testing import MockClock

    return backend, {"clock": MockClock(autojump_threshold=0)}
