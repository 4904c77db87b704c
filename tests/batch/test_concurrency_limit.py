"""The limit of a batch: halved by a 429, raised again slowly, never beyond what the user set."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nemovideo.batch.concurrency_limit import ConcurrencyLimit


def test_a_429_halves_the_limit() -> None:
    limit = ConcurrencyLimit(8)
    limit.decrease(limit.generation)
    assert limit.allowed == 4


def test_all_jobs_of_one_overload_halve_the_limit_once() -> None:
    limit = ConcurrencyLimit(8)
    at_start = limit.generation
    for _ in range(8):
        limit.decrease(at_start)
    assert limit.allowed == 4
    limit.decrease(limit.generation)
    assert limit.allowed == 2


def test_as_many_successes_as_may_run_raise_the_limit_by_one() -> None:
    limit = ConcurrencyLimit(100)
    limit.decrease(limit.generation)
    for _ in range(50):
        limit.increase()
    assert limit.allowed == 50  # a little less than 51: the limit grew meanwhile
    limit.increase()
    assert limit.allowed == 51


@given(st.integers(1, 500), st.lists(st.booleans(), max_size=200))
def test_the_limit_stays_between_one_and_what_the_user_set(most: int, ends: list[bool]) -> None:
    limit = ConcurrencyLimit(most)
    for succeeded in ends:
        if succeeded:
            limit.increase()
        else:
            limit.decrease(limit.generation)
        assert 1 <= limit.allowed <= most
