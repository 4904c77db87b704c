"""How long to wait before the next poll of a render."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo import Timing
from nemovideo.protocol.render_polling import next_poll_delay, url_poll_delay


@given(st.floats(0, 10_000), st.floats(0, 100))
def test_a_poll_comes_between_the_first_and_the_longest_interval(
    elapsed: float, progress: float
) -> None:
    timing = Timing()
    assert timing.poll_first <= next_poll_delay(elapsed, progress, timing) <= timing.poll_max


def test_one_switch_polls_every_30_s_as_documented() -> None:
    timing = Timing(poll_first=30)
    assert {next_poll_delay(at, progress, timing) for at in (0, 5, 90) for progress in (0, 99)} == {
        30
    }


def test_without_progress_a_poll_comes_when_the_shortest_usual_render_is_done() -> None:
    assert next_poll_delay(0, 0, Timing()) == 2
    assert 7 + next_poll_delay(7, 0, Timing()) == 24.5
    assert 24.5 + next_poll_delay(24.5, 0, Timing()) == 30


def test_without_progress_later_intervals_grow_with_the_time_waited() -> None:
    assert next_poll_delay(60, 0, Timing()) == pytest.approx(10.2)
    assert next_poll_delay(300, 0, Timing()) == 30


@pytest.mark.parametrize("exponent", [None, 0.5, 1, 2])
def test_a_render_of_usual_length_is_noticed_soon_with_few_polls(exponent: float | None) -> None:
    late = 0.0
    for length in range(30, 90):
        now, polls = 0.0, 1
        while now < length:
            progress = 0 if exponent is None else 100 * (now / length) ** exponent
            now, polls = now + next_poll_delay(now, progress, Timing()), polls + 1
        assert polls <= 12
        late += (now - length) / length
    assert late / 60 <= 0.1


def test_a_render_that_is_nearly_done_is_polled_soon() -> None:
    assert next_poll_delay(10, 97, Timing()) == 2
    assert next_poll_delay(60, 97, Timing()) == pytest.approx(6.6)
    assert next_poll_delay(20, 50, Timing()) == pytest.approx(12)


def test_a_render_without_a_url_is_polled_less_and_less_often() -> None:
    assert [url_poll_delay(polls, Timing()) for polls in range(1, 7)] == [2, 4, 8, 16, 30, 30]


def test_a_report_changes_the_wait_within_bounds() -> None:
    assert next_poll_delay(40, 99.9, Timing()) == pytest.approx(4.4)
    assert next_poll_delay(100, 1, Timing()) == pytest.approx(22.1)
    assert next_poll_delay(60, 100, Timing()) == pytest.approx(10.2)
