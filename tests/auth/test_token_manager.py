"""How long a token is used, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nemovideo import errors
from nemovideo.auth.async_config_folder import AsyncConfigFolder
from nemovideo.auth.config_folder import ConfigFolder
from nemovideo.auth.identity import Identity
from nemovideo.auth.tokens import TokenManager
from nemovideo.config.settings import load_settings
from nemovideo.models.tokens import AnonymousToken

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 29, tzinfo=UTC)


class Account:
    """A token manager, its clock, and the service that it asks."""

    def __init__(self, folder: Path, lasts: timedelta | None) -> None:
        self.now = NOW
        self.lasts = lasts
        self.asked = 0
        self.failure: errors.NemoVideoError | None = None
        settings = load_settings(config_dir=folder)
        saved = AsyncConfigFolder(ConfigFolder(folder))
        identity = Identity(settings, saved)
        self.manager = TokenManager(settings, identity, saved, self._fetch, lambda: self.now)

    async def _fetch(self, client_id: str) -> AnonymousToken:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        expires_at = None if self.lasts is None else self.now + self.lasts
        return AnonymousToken.model_validate(
            {"token": f"nmv_usr_{self.asked}", "expires_at": expires_at}
        )

    async def token_after(self, **passed: float) -> str:
        self.now = NOW + timedelta(**passed)
        return (await self.manager.current()).reveal()


@pytest.fixture(params=[False, True], ids=["saved", "in memory"])
def build(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Account]:
    """Make an account, in a folder that can be used or not."""
    if request.param:
        (tmp_path / "config").write_text("in the way")
    return lambda lasts=None: Account(tmp_path / "config", lasts)


async def test_a_token_is_replaced_a_minute_before_it_expires(
    build: Callable[..., Account],
) -> None:
    account = build(timedelta(minutes=10))
    used = [await account.token_after(seconds=each) for each in (0, 539, 541, 600, 1080, 1082)]
    assert used == [f"nmv_usr_{number}" for number in (1, 1, 2, 2, 2, 3)]


async def test_a_token_of_unknown_life_is_used_for_a_week(build: Callable[..., Account]) -> None:
    account = build()
    used = [await account.token_after(days=each) for each in (0, 6.99, 7, 13.9, 14)]
    assert used == [f"nmv_usr_{number}" for number in (1, 1, 2, 2, 3)]


async def test_a_token_that_is_given_for_less_than_a_minute_is_used_all_the_same(
    build: Callable[..., Account],
) -> None:
    """One of the two clocks is wrong, and another token would be no better."""
    account = build(timedelta(seconds=30))
    used = [await account.token_after(seconds=each) for each in (0, 1, 120)]
    assert (used, account.asked) == (["nmv_usr_1"] * 3, 1)


async def test_an_old_token_is_used_where_no_other_is_to_be_had(
    build: Callable[..., Account],
) -> None:
    account = build(timedelta(minutes=10))
    await account.token_after(minutes=0)
    account.failure = errors.RateLimitError("no", status=429)
    used = [await account.token_after(minutes=each) for each in (20, 21)]
    assert (used, account.asked) == (["nmv_usr_1"] * 2, 2)


async def test_without_an_old_token_the_refusal_is_raised(build: Callable[..., Account]) -> None:
    account = build()
    account.failure = errors.RateLimitError("no", status=429)
    with pytest.raises(errors.RateLimitError):
        await account.token_after(minutes=0)
