"""Waiting for what tells nobody that it has come."""

from __future__ import annotations

from collections.abc import Callable

import anyio


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds. A test that waits in vain is ended by its own limit of time."""
    while not holds():
        await anyio.sleep(0.01)
