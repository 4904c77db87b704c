"""Whether a message was alone, as far as this client and its journal know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from time import time

import pytest

from nemovideo import AsyncNemoVideo, Timing
from nemovideo.journal.recorder import Keeping, MessageRecord

pytestmark = pytest.mark.anyio
SOON_OVER = Timing(stream_limit=1e-9, heartbeat_limit=1e-9)


@pytest.fixture(params=[True, False], ids=["journal", "none"])
async def keeping(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Keeping]:
    client = AsyncNemoVideo(config_dir=tmp_path / "config", journal=request.param)
    async with client:
        yield client._resources.keeping


async def begin(keeping: Keeping, *, read_at: float | None = None) -> MessageRecord:
    return await keeping.begin_message("s1", None, "a panda", balance_read_at=read_at)


async def test_one_after_another_are_alone(keeping: Keeping) -> None:
    for _ in range(3):
        record = await begin(keeping)
        assert not await keeping.had_overlap(record.id)
        await record.mark("finished")


async def test_at_the_same_time_none_is_alone(keeping: Keeping) -> None:
    first = await begin(keeping)
    second = await begin(keeping)
    assert await keeping.had_overlap(first.id)
    await first.mark("finished")
    assert await keeping.had_overlap(second.id)
    await second.mark("failed")
    third = await begin(keeping)
    assert not await keeping.had_overlap(third.id)


async def test_one_whose_end_is_not_known_may_cost_something_still(keeping: Keeping) -> None:
    for record in (await begin(keeping), await begin(keeping)):
        await record.mark("interrupted")
    assert await keeping.had_overlap((await begin(keeping)).id)


async def test_one_whose_end_is_not_known_costs_nothing_after_its_time(tmp_path: Path) -> None:
    client = AsyncNemoVideo(config_dir=tmp_path / "config", timing=SOON_OVER)
    async with client:
        keeping = client._resources.keeping
        await (await begin(keeping)).release()
        assert not await keeping.had_overlap((await begin(keeping)).id)


async def test_one_that_ended_after_the_balance_was_read_counts(keeping: Keeping) -> None:
    first, read_at = await begin(keeping), time()
    await first.mark("finished")
    assert await keeping.had_overlap((await begin(keeping, read_at=read_at)).id)


async def test_a_render_ends_what_its_message_may_cost(keeping: Keeping) -> None:
    record = await begin(keeping)
    await keeping.begin_render("render_1", "s1", "mp4", "high", None, message=record)
    assert not await keeping.had_overlap((await begin(keeping)).id)


async def test_another_client_is_seen_through_the_journal(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    async with AsyncNemoVideo(config_dir=folder) as one, AsyncNemoVideo(config_dir=folder) as two:
        first = await begin(one._resources.keeping)
        second = await begin(two._resources.keeping)
        assert await one._resources.keeping.had_overlap(first.id)
        assert await two._resources.keeping.had_overlap(second.id)


async def test_other_accounts_in_one_journal_do_not_count(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    async with (
        AsyncNemoVideo(config_dir=folder, token="nmv_usr_A") as one,
        AsyncNemoVideo(config_dir=folder, token="nmv_usr_B") as two,
        AsyncNemoVideo(
            config_dir=folder, client_id="7c9e6679-7425-40de-944b-e07fc1f90ae7"
        ) as three,
    ):
        for client in (one, two, three):
            keeping = client._resources.keeping
            assert not await keeping.had_overlap((await begin(keeping)).id)
