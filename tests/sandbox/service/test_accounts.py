"""Accounts, credits and the clock, without a server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.service.accounts import Service, draft_fingerprint
from nemovideo.sandbox.service.errors import APIError, bad_request
from nemovideo.sandbox.service.settings import Settings
from nemovideo.sandbox.storage.records import Account, TurnRecord
from nemovideo.sandbox.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def test_credits_frozen_by_a_killed_process_are_returned(store: Store) -> None:
    service = Service(Settings(), store, Clock())
    account = Account("user_1", None, available=0, frozen=100)
    store.save(account)
    session = service.create_session(account, "project", None)
    session.turns.append(TurnRecord("a panda", 0.0, "generate"))
    service.recover()
    assert (account.available, account.frozen) == (100, 0)
    assert session.turns[0].finished


def test_a_message_beyond_the_credits_freezes_nothing(store: Store) -> None:
    service = Service(Settings(credits=99), store, Clock())
    account = service.create_account(None)
    with pytest.raises(APIError, match="needs 100, 99 available"):
        service.reserve(account, 100)
    assert (account.available, account.frozen) == (99, 0)


def test_a_drafts_fingerprint_depends_on_number_types_and_not_on_field_order() -> None:
    assert draft_fingerprint({"a": 1, "b": 2}) == draft_fingerprint({"b": 2, "a": 1})
    assert draft_fingerprint({"a": 1}) != draft_fingerprint({"a": 1.0})


def test_an_error_with_its_own_status_keeps_it() -> None:
    assert bad_request("no").http_status("code", 0) == 400


def test_the_clock_only_moves_forward() -> None:
    clock = Clock()
    before = clock.now()
    clock.advance(60)
    assert clock.now() >= before + 60
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance(-1)


def test_a_wait_ends_when_its_time_is_over() -> None:
    async def main() -> None:
        clock = Clock(speed=0.001)
        clock.attach(asyncio.get_running_loop())
        await clock.pause(1)
        clock.detach()
        clock.advance(1)
        await clock.pause(1000)  # the loop is gone, so it does not wait

    asyncio.run(main())
