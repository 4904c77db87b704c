"""Whether a message was alone, as far as this client and its journal know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from time import time

import pytest

from nemovideo import AsyncNemoVideo, Timing
from nemovideo.journal.entries import NewMessage, NewRender
from nemovideo.journal.recorder import JournalRecorder, MessageRecord

pytestmark = pytest.mark.anyio
SOON_OVER = Timing(stream_limit=1e-9, heartbeat_limit=1e-9)


everywhere = pytest.mark.parametrize(
    ("journal_url", "journal"),
    [("sqlite", True), ("postgres", True), ("sqlite", False)],
    indirect=True,
    ids=["sqlite", "postgres", "none"],
)


@pytest.fixture
async def journal(
    request: pytest.FixtureRequest, journal_url: str, tmp_path: Path
) -> AsyncIterator[JournalRecorder]:
    client = AsyncNemoVideo(config_dir=tmp_path / "config", journal=request.param)
    async with client:
        yield client._resources.journal


async def begin(journal: JournalRecorder, *, read_at: float | None = None) -> MessageRecord:
    return await journal.begin_message(
        NewMessage(session_id="s1", prompt="a panda", balance_read_at=read_at)
    )


@everywhere
async def test_one_after_another_are_alone(journal: JournalRecorder) -> None:
    for _ in range(3):
        record = await begin(journal)
        assert not await journal.had_overlap(record.id)
        await record.mark("finished")


@everywhere
async def test_at_the_same_time_none_is_alone(journal: JournalRecorder) -> None:
    first = await begin(journal)
    second = await begin(journal)
    assert await journal.had_overlap(first.id)
    await first.mark("finished")
    assert await journal.had_overlap(second.id)
    await second.mark("failed")
    third = await begin(journal)
    assert not await journal.had_overlap(third.id)


@everywhere
async def test_one_whose_end_is_not_known_may_cost_something_still(
    journal: JournalRecorder,
) -> None:
    for record in (await begin(journal), await begin(journal)):
        await record.mark("interrupted")
    assert await journal.had_overlap((await begin(journal)).id)


async def test_one_whose_end_is_not_known_costs_nothing_after_its_time(tmp_path: Path) -> None:
    client = AsyncNemoVideo(config_dir=tmp_path / "config", timing=SOON_OVER)
    async with client:
        journal = client._resources.journal
        await (await begin(journal)).release()
        assert not await journal.had_overlap((await begin(journal)).id)


@everywhere
async def test_one_that_ended_after_the_balance_was_read_counts(journal: JournalRecorder) -> None:
    first, read_at = await begin(journal), time()
    await first.mark("finished")
    assert await journal.had_overlap((await begin(journal, read_at=read_at)).id)


@everywhere
async def test_a_render_ends_what_its_message_may_cost(journal: JournalRecorder) -> None:
    record = await begin(journal)
    await journal.begin_render(NewRender(id="render_1", session_id="s1", message_id=record.id))
    assert not await journal.had_overlap((await begin(journal)).id)


@pytest.mark.usefixtures("journal_url")
async def test_another_client_is_seen_through_the_journal(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    async with AsyncNemoVideo(config_dir=folder) as one, AsyncNemoVideo(config_dir=folder) as two:
        first = await begin(one._resources.journal)
        second = await begin(two._resources.journal)
        assert await one._resources.journal.had_overlap(first.id)
        assert await two._resources.journal.had_overlap(second.id)


@pytest.mark.usefixtures("journal_url")
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
            journal = client._resources.journal
            assert not await journal.had_overlap((await begin(journal)).id)
