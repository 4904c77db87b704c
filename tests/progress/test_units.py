"""Sizes, times and amounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.progress.units import ago, amount, clock, count, size, span

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count_bytes", "text"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (1024, "1 KB"),
        (3_355_443, "3.2 MB"),
        (500 * 2**20, "500 MB"),
        (2**20 - 1, "1 MB"),
        (3 * 2**40, "3 TB"),
    ],
)
def test_size_is_written_as_people_do(count_bytes: int, text: str) -> None:
    assert size(count_bytes) == text


@given(st.floats(0, 2**50))
def test_size_never_takes_more_than_eight_columns(count_bytes: float) -> None:
    assert len(size(count_bytes)) <= 8


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.9, "0:07"), (760, "12:40"), (3723, "1:02:03"), (0, "0:00")]
)
def test_clock_is_elapsed_time(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (2.5, "2.5 s"),
        (10, "10 s"),
        (9.97, "10 s"),
        (150, "2 min 30 s"),
        (120, "2 min"),
        (11_100, "3 h 5 min"),
        (518_400, "6 days"),
    ],
)
def test_span_is_a_duration(seconds: float, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=5, minutes=59), "5 h ago"),
    ],
)
def test_ago_counts_back_for_a_day(passed: timedelta, text: str) -> None:
    assert ago(NOW - passed, NOW) == text


def test_ago_gives_the_date_of_what_is_older() -> None:
    assert ago(NOW - timedelta(days=3), NOW).startswith("2026-02-26 ")


def test_amount_has_no_trailing_zeros() -> None:
    assert (amount(100), amount(12.5), amount(1234.567)) == ("100", "12.5", "1,234.57")


def test_count_has_a_plural() -> None:
    assert (count(1, "credit"), count(0, "credit")) == ("1 credit", "0 credits")
