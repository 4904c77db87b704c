"""What a coroutine emits, one value at a time, and how it is ended."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
import trio

from nemovideo.concurrency.async_generators import closed_by_loop, unhooked
from nemovideo.concurrency.emitted_values import Emit, EmittedValues, emit

ENDED: list[str] = []


@pytest.fixture(autouse=True)
def _ended() -> None:
    ENDED.clear()


async def deep(emit: Emit[int]) -> None:
    await anyio.lowlevel.checkpoint()
    await emit(2)


async def count(emit: Emit[int]) -> str:
    try:
        await emit(1)
        await deep(emit)
        await anyio.lowlevel.checkpoint()
        return "all"
    finally:
        with anyio.CancelScope(shield=True):  # trio cancels what it closes at its end
            await anyio.lowlevel.checkpoint()
        ENDED.append("count")


@pytest.mark.anyio
async def test_values_come_from_any_depth_and_the_result_at_the_end() -> None:
    values = EmittedValues[int, str](count(emit))
    assert [value async for value in values] == [1, 2]
    assert (values.result, ENDED) == ("all", ["count"])
    assert [value async for value in values] == []


@pytest.mark.anyio
async def test_closed_in_the_middle_it_cleans_up_and_gives_nothing_more() -> None:
    values = EmittedValues[int, str](count(emit))
    assert await anext(values) == 1
    await values.aclose()
    await values.aclose()
    assert (values.result, ENDED) == (None, ["count"])
    assert [value async for value in values] == []


@pytest.mark.anyio
async def test_closed_before_its_first_step_it_does_nothing() -> None:
    values = EmittedValues[int, str](count(emit))
    await values.aclose()
    assert ENDED == []


@pytest.mark.anyio
async def test_what_emits_while_it_is_closed_is_an_error() -> None:
    async def stubborn(emit: Emit[int]) -> None:
        try:
            await emit(1)
        finally:
            await emit(2)

    values = EmittedValues[int, None](stubborn(emit))
    await anext(values)
    with pytest.raises(RuntimeError, match="was being closed"):
        await values.aclose()


@pytest.mark.anyio
async def test_cancelled_in_a_step_it_cleans_up() -> None:
    async def wait(emit: Emit[int]) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ENDED.append("wait")

    async def step() -> None:
        await anext(values)

    values = EmittedValues[int, None](wait(emit))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(step)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert ENDED == ["wait"]


@pytest.mark.parametrize("run", [asyncio.run, trio.run])
def test_the_end_of_the_loop_closes_it(run: Callable[..., object]) -> None:
    async def leave() -> object:
        values = EmittedValues[int, str](count(emit))
        closer = closed_by_loop(values)
        await anext(closer)
        await anext(values)
        return closer

    run(leave) if run is trio.run else run(leave())  # type: ignore[arg-type]  # two signatures
    gc.collect()
    assert ENDED == ["count"]


@asynccontextmanager
@unhooked
async def context() -> AsyncGenerator[int]:
    try:
        yield 0
    except ValueError:
        ENDED.append("error")
        raise
    finally:
        await anyio.lowlevel.checkpoint()
        ENDED.append("context")


@pytest.mark.anyio
async def test_contexts_within_it_end_before_it() -> None:
    async def nest(emit: Emit[int]) -> None:
        try:
            async with context() as zero:
                await emit(zero)
        finally:
            ENDED.append("nest")

    values = EmittedValues[int, None](nest(emit))
    assert await anext(values) == 0
    await values.aclose()
    assert ENDED == ["context", "nest"]


@pytest.mark.anyio
async def test_an_unhooked_context_sees_the_error() -> None:
    with pytest.raises(ValueError, match="boom"):
        async with context():
            raise ValueError("boom")
    assert ENDED == ["error", "context"]


@pytest.mark.anyio
async def test_an_unhooked_generator_that_never_began_is_closed_without_a_step() -> None:
    @unhooked
    async def one() -> AsyncGenerator[int]:
        ENDED.append("began")
        yield 1

    await one().aclose()
    assert ENDED == []
