"""Keys and budgets in the journal: what the database alone decides, between many processes."""

from __future__ import annotations

import math
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from nemovideo import InProgressError, NemoVideoError
from nemovideo.config.settings import load_settings
from nemovideo.journal.entries import KeyEntry, NewMessage, NewWork
from nemovideo.journal.recorder import JournalRecorder

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("journal_url")]
WORK = NewWork(key="row-1", kind="generate", request="a panda")


def build(folder: Path) -> JournalRecorder:
    return JournalRecorder(load_settings(config_dir=folder))


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[JournalRecorder]:
    recorder = build(tmp_path)
    yield recorder
    await recorder.aclose()


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[JournalRecorder]:
    """The recorder of another client on the same journal."""
    other = build(tmp_path)
    yield other
    await other.aclose()


async def state(recorder: JournalRecorder) -> tuple[str, bool]:
    entry = await recorder.find_key("row-1")
    assert entry is not None
    return entry.phase, entry.running


async def take(recorder: JournalRecorder) -> KeyEntry:
    claim, entry = await recorder.claim_key(WORK)
    assert claim == "ours"
    return entry


def message(entry: KeyEntry) -> NewMessage:
    return NewMessage(session_id="s1", prompt="a panda", task_id="t1")


async def test_how_far_a_key_has_come_can_be_asked(
    recorder: JournalRecorder, other: JournalRecorder
) -> None:
    assert await other.find_key("row-1") is None
    entry = await take(recorder)
    assert await state(other) == ("new", True)
    await recorder.begin_message(message(entry), key_entry=entry)
    assert await state(other) == ("sent", True)
    await recorder.give_up_key(entry)
    assert await state(other) == ("sent", False)
    await recorder.give_up_key(entry, "failed")
    assert await state(other) == ("failed", False)
    await recorder.give_up_key(entry, "finished", b"result")
    assert await state(other) == ("finished", False)


async def test_a_key_that_is_claimed_is_taken_for_everybody(
    recorder: JournalRecorder, other: JournalRecorder
) -> None:
    entry = await take(recorder)
    assert (await recorder.claim_key(WORK))[0] == "taken"
    assert (await other.claim_key(WORK))[0] == "taken"
    await recorder.give_up_key(entry)
    assert (await other.claim_key(WORK))[0] == "ours"


async def test_who_has_lost_a_key_can_send_nothing_under_it(
    recorder: JournalRecorder, other: JournalRecorder
) -> None:
    entry = await take(recorder)
    await recorder.give_up_key(entry)  # as if its process had been taken for dead
    taken = await take(other)
    with pytest.raises(InProgressError):
        await recorder.begin_message(message(entry), key_entry=entry)
    await recorder.give_up_key(entry, "finished", b"late")
    assert await state(other) == ("new", True)
    await other.begin_message(message(taken), key_entry=taken)
    assert await state(other) == ("sent", True)


async def test_a_forgotten_key_can_send_nothing(
    recorder: JournalRecorder, other: JournalRecorder
) -> None:
    entry = await take(recorder)
    with pytest.raises(InProgressError):
        await other.forget_key("row-1")
    await recorder.give_up_key(entry)
    assert await other.forget_key("row-1")
    with pytest.raises(InProgressError):
        await recorder.begin_message(message(entry), key_entry=entry)


async def read_keys(recorder: JournalRecorder) -> list[dict[str, object]]:
    return await recorder.query(
        lambda journal: journal.transact(
            lambda db: list(map(dict, db.execute("SELECT * FROM keys")))
        )
    )


async def test_another_request_is_distinguished_and_the_texts_are_not_stored(
    recorder: JournalRecorder,
) -> None:
    await take(recorder)
    assert (await recorder.claim_key(replace(WORK, request="a cat")))[0] == "other"
    assert (await recorder.claim_key(replace(WORK, kind="send")))[0] == "other"
    await recorder.aclose()
    content = str(await read_keys(recorder))
    assert "row-1" in content
    assert "a panda" not in content


@pytest.mark.parametrize("journal_url", ["sqlite"], indirect=True)
async def test_nothing_is_claimed_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").mkdir()
    recorder = build(tmp_path)
    with pytest.raises(NemoVideoError, match="cannot be written"):
        await recorder.claim_key(WORK)
    await recorder.aclose()


@pytest.mark.parametrize("journal_url", ["sqlite"], indirect=True)
async def test_a_finished_key_stays_for_ninety_days(
    recorder: JournalRecorder, tmp_path: Path
) -> None:
    from nemovideo.journal.journal import Journal

    entry = await take(recorder)
    await recorder.give_up_key(entry, "finished", b"result")
    await recorder.aclose()
    now = entry.updated_at.timestamp()
    for days, there in ((89, True), (91, False)):
        later = now + days * 86_400
        journal = Journal(tmp_path / "journal.sqlite3", lambda later=later: later)
        assert journal.recent_renders("https://nowhere") == []  # which opens it, and prunes
        journal.close()
        assert (await recorder.find_key("row-1") is not None) == there


# Budgets


async def test_reservations_never_pass_the_limit(
    recorder: JournalRecorder, other: JournalRecorder
) -> None:
    assert await recorder.reserve("batch", "1", 100, 250)
    assert await other.reserve("batch", "2", 100, 250)
    assert not await other.reserve("batch", "3", 100, 250)
    assert await other.reserve("another batch", "3", 100, 250)
    await recorder.release("batch", "2")
    assert await other.reserve("batch", "3", 100, 250)


async def test_a_job_that_reserves_again_is_counted_once(recorder: JournalRecorder) -> None:
    for _ in range(3):
        assert await recorder.reserve("batch", "1", 100, 100)
    assert await recorder.reserve("batch", "1", 130, math.inf)  # what it cost in the end
    assert not await recorder.reserve("batch", "2", 1, 100)


RESERVE = """
import sys, anyio
from pathlib import Path
from nemovideo.config.settings import load_settings
from nemovideo.journal.recorder import JournalRecorder

async def main():
    recorder = JournalRecorder(load_settings(config_dir=sys.argv[1]))
    sys.stdin.readline()
    got = [n for n in range(10) if await recorder.reserve("b", f"{sys.argv[2]}-{n}", 10, 300)]
    print(len(got))
    await recorder.aclose()

anyio.run(main)
"""


@pytest.mark.process
async def test_eight_processes_reserve_no_more_than_there_is(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RESERVE, str(tmp_path)]
    processes = [await anyio.open_process([*command, str(each)], stderr=None) for each in range(8)]
    for process in processes:
        assert process.stdin is not None
        await process.stdin.send(b"\n")
    reserved = 0
    for process in processes:
        async with process:
            assert process.stdout is not None
            reserved += int(b"".join([piece async for piece in process.stdout]))
    assert reserved == 30
