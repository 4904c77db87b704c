"""The sandbox's clock: a test can move it, and the service's waits can be scaled."""

import asyncio
import time


class Clock:
    """Time that a test can move.

    `now()` is the real time plus everything that `advance` has added, so tokens, rate limits and
    signed URLs expire on demand. The service's waits are multiplied by `speed`: 0 does not wait at
    all, 1 is the service's pace, 0.1 a tenth of its waits. Moving the clock also ends the waits
    that it passes.

    Example: `sandbox.clock.advance(7 * 24 * 3600)` lets every token expire.
    """

    def __init__(self, speed: float = 0.0) -> None:
        if not speed >= 0:  # `not`: refuses NaN as well
            raise ValueError("speed must not be negative: 0 adds no waiting, 1 is the real pace")
        self.speed = speed
        self._offset = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._moved: asyncio.Event | None = None

    def now(self) -> float:
        """Return the sandbox's time, in seconds since the epoch."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`; safe to call from any thread."""
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self._offset += seconds
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._wake)

    async def pause(self, seconds: float) -> None:
        """Wait as long as the service would: `seconds`, scaled by `speed`."""
        deadline = self.now() + seconds * self.speed
        while (moved := self._moved) is not None and (left := deadline - self.now()) > 0:
            try:
                await asyncio.wait_for(moved.wait(), left)
            except TimeoutError:
                return

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Bind the waits to the server's loop."""
        self._loop, self._moved = loop, asyncio.Event()

    def detach(self) -> None:
        """Drop the loop, which is about to close."""
        self._loop = self._moved = None

    def _wake(self) -> None:
        if self._moved is not None:
            self._moved.set()
            self._moved = asyncio.Event()
