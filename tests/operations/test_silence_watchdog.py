"""Notices while no event comes, on a clock that nobody waits for."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest

from nemovideo import events
from nemovideo.events import Event, StillWorking
from nemovideo.operations.silence_watchdog import SilenceWatchdog
from tests.clocks import virtual

pytestmark = pytest.mark.anyio
TEXT = events.Text("a")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return virtual(request.param)


class Recorder:
    """Keeps what the callback was told, and when; it may take its time, or fail."""

    def __init__(self, *, takes: float = 0, fails_at: int = 0) -> None:
        self.at: list[tuple[float, Event]] = []
        self._takes, self._fails_at = takes, fails_at
        self._began = anyio.current_time()

    async def __call__(self, event: Event) -> None:
        self.at.append((round(anyio.current_time() - self._began, 3), event))
        if len(self.at) == self._fails_at:
            raise KeyError("mine")
        await anyio.sleep(self._takes)


async def test_a_notice_comes_after_each_interval_without_an_event() -> None:
    await anyio.sleep(1000)
    recorder = Recorder()
    async with SilenceWatchdog(recorder, 100) as watchdog:
        await anyio.sleep(50)
        await watchdog.emit(TEXT)
        await anyio.sleep(250)
    await anyio.sleep(500)
    assert recorder.at == [(50, TEXT), (155, StillWorking(155)), (260, StillWorking(260))]


async def test_an_event_that_is_a_notice_counts_from_the_beginning() -> None:
    await anyio.sleep(1000)
    recorder = Recorder()
    async with SilenceWatchdog(recorder, 100) as watchdog:
        await anyio.sleep(60)
        await watchdog.emit(StillWorking(5))
        await anyio.sleep(60)
        await watchdog.emit(StillWorking(5))
    assert recorder.at == [(60, StillWorking(60)), (120, StillWorking(120))]


async def test_the_interval_begins_when_a_slow_callback_has_ended() -> None:
    recorder = Recorder(takes=70)
    async with SilenceWatchdog(recorder, 100) as watchdog:
        await watchdog.emit(TEXT)
        await anyio.sleep(400)
    assert [moment for moment, _ in recorder.at] == [0, 175, 350]


async def test_the_callback_is_never_called_while_it_is_at_work() -> None:
    recorder = Recorder(takes=70)
    async with SilenceWatchdog(recorder, 100) as watchdog:
        await anyio.sleep(110)
        await watchdog.emit(TEXT)
    assert recorder.at == [(105, StillWorking(105)), (175, TEXT)]


async def test_what_the_callback_raises_at_a_notice_ends_the_work_and_comes_out_as_it_is() -> None:
    recorder = Recorder(fails_at=1)
    with pytest.raises(KeyError, match="mine"):
        async with SilenceWatchdog(recorder, 100):
            await anyio.sleep(10_000)
    assert anyio.current_time() < 1000


async def test_what_the_work_raises_comes_out_as_it_is() -> None:
    recorder = Recorder()
    with pytest.raises(KeyError, match="the work's"):
        async with SilenceWatchdog(recorder, 100):
            raise KeyError("the work's")


async def test_the_work_ends_when_a_notice_that_is_under_way_has_ended() -> None:
    recorder = Recorder(takes=70)
    async with SilenceWatchdog(recorder, 100):
        await anyio.sleep(110)
    assert anyio.current_time() == pytest.approx(175)


async def test_cancelled_while_a_notice_is_under_way_it_is_cancelled() -> None:
    recorder, went_on = Recorder(takes=1000), False
    with anyio.move_on_after(200) as scope:
        async with SilenceWatchdog(recorder, 100):
            await anyio.sleep(110)
        went_on = True
    assert scope.cancelled_caught
    assert not went_on
    assert anyio.current_time() == pytest.approx(200)


@pytest.mark.parametrize("anyio_backend", [virtual("asyncio")])
async def test_a_task_that_is_cancelled_while_a_notice_is_under_way_stays_cancelled() -> None:
    recorder, went_on = Recorder(takes=1000), []

    async def work() -> None:
        async with SilenceWatchdog(recorder, 100):
            await anyio.sleep(110)
        went_on.append(True)

    task = asyncio.create_task(work())
    await anyio.sleep(200)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert not went_on


async def test_cancelled_from_inside_it_is_cancelled() -> None:
    recorder = Recorder()
    with anyio.CancelScope() as scope:
        async with SilenceWatchdog(recorder, 100):
            scope.cancel()
            await anyio.sleep(10)
    assert scope.cancelled_caught
    assert recorder.at == []


@pytest.mark.parametrize("interval", [0, 100])
async def test_without_an_interval_or_a_callback_nothing_is_watched(interval: float) -> None:
    recorder = Recorder()
    async with SilenceWatchdog(recorder if interval == 0 else None, interval) as watchdog:
        await watchdog.emit(TEXT)
        await anyio.sleep(1000)
    assert recorder.at == ([(0, TEXT)] if interval == 0 else [])
