"""Deadlines of a task that waits again and again."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from typing import Any

import anyio
import pytest

from nemovideo.transports._asyncio_deadline import ReusableDeadline
from tests.clocks import jump, with_clock

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return with_clock("asyncio")


async def never() -> bytes:
    await asyncio.Event().wait()
    return b""


async def some() -> bytes:
    await asyncio.sleep(0)
    return b"some"


async def wait(
    deadline: ReusableDeadline, what: Coroutine[Any, Any, bytes], until: float
) -> bytes | None:
    with deadline.until(until):
        return await what
    return None


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_what_comes_before_the_deadline_is_returned() -> None:
    deadline = ReusableDeadline()
    assert await wait(deadline, some(), now() + 60) == b"some"
    deadline.close()


async def test_a_deadline_that_comes_first_ends_the_wait_and_nothing_else() -> None:
    deadline = ReusableDeadline()
    assert await wait(deadline, never(), now()) is None
    assert await wait(deadline, never(), now()) is None
    assert await wait(deadline, some(), now() + 60) == b"some"
    deadline.close()


async def test_a_timer_that_goes_off_early_waits_for_the_deadline_that_moved_on() -> None:
    deadline = ReusableDeadline()
    assert await wait(deadline, some(), now() + 60) == b"some"
    waiting = asyncio.create_task(wait(deadline, never(), now() + 120))
    await asyncio.sleep(0)
    jump(60)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    jump(60)
    assert await waiting is None
    deadline.close()


async def test_a_timer_that_goes_off_while_nobody_waits_does_nothing() -> None:
    deadline = ReusableDeadline()
    assert await wait(deadline, some(), now()) in {b"some", None}
    for _ in range(5):
        await asyncio.sleep(0)
    assert await wait(deadline, some(), math.inf) == b"some"


async def test_a_nearer_deadline_replaces_a_farther_one() -> None:
    deadline = ReusableDeadline()
    assert await wait(deadline, some(), now() + 600) == b"some"
    assert await wait(deadline, never(), now()) is None
    deadline.close()


async def test_a_cancelled_task_is_cancelled() -> None:
    deadline = ReusableDeadline()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await wait(deadline, never(), now() + 60)
    assert scope.cancelled_caught
    deadline.close()


async def test_a_cancellation_together_with_the_deadline_is_not_lost() -> None:
    deadline = ReusableDeadline()
    waiting = asyncio.create_task(wait(deadline, never(), now() + 60))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(60, waiting.cancel)
    jump(120)  # both are due in the same turn, the deadline first
    with pytest.raises(asyncio.CancelledError):
        await waiting
    deadline.close()
