"""When a request is repeated, and when a render is looked at again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo import Timing, errors
from nemovideo.errors import Attempt
from nemovideo.protocol.calls import Replay
from nemovideo.protocol.retry_policy import (
    backoff_delay,
    build_attempt,
    first_byte_timeout,
    is_ambiguous,
    is_transient_poll_error,
    may_retry,
    next_poll_delay,
    retry_delay,
    server_delay,
    url_poll_delay,
    was_rejected,
)


def api(
    kind: type[errors.APIError], status: int, retry_after: float | None = None
) -> errors.APIError:
    error = kind("x", status=status)
    error.retry_after = retry_after
    return error


REFUSED = errors.APIConnectionError("x", phase="connect")
BROKEN = [errors.APIConnectionError("x", phase=phase) for phase in ("send", "wait", "read")]
LATE = errors.APITimeoutError("x", phase="wait")


@pytest.mark.parametrize("replay", list(Replay))
def test_what_never_left_may_always_be_sent_again(replay: Replay) -> None:
    assert may_retry(REFUSED, replay)
    assert not is_ambiguous(REFUSED)


@pytest.mark.parametrize("error", [*BROKEN, LATE])
def test_what_may_have_arrived_is_repeated_unless_it_is_paid_for(
    error: errors.NemoVideoError,
) -> None:
    assert may_retry(error, Replay.SAFE)
    assert may_retry(error, Replay.KEYED)
    assert not may_retry(error, Replay.NEVER)
    assert is_ambiguous(error)


@pytest.mark.parametrize(
    ("error", "safe", "never"),
    [
        (api(errors.RateLimitError, 429), True, True),
        (api(errors.RateLimitError, 429, 120), True, True),
        (api(errors.RateLimitError, 429, 121), False, False),
        (api(errors.ServerError, 503, 0), True, True),
        (api(errors.ServerError, 503), True, False),
        (api(errors.ServerError, 500), True, False),
        (api(errors.ServerError, 500, 1), True, False),
        (api(errors.ServerError, 504, 200), False, False),
        (api(errors.BadRequestError, 408), True, False),
        (api(errors.BadRequestError, 400), False, False),
        (api(errors.PlanRequiredError, 402), False, False),
        (api(errors.NotFoundError, 404), False, False),
        (errors.DownloadError("x"), False, False),
    ],
)
def test_answers_that_are_repeated(error: errors.NemoVideoError, safe: bool, never: bool) -> None:
    assert may_retry(error, Replay.SAFE) is safe
    assert may_retry(error, Replay.KEYED) is safe
    assert may_retry(error, Replay.NEVER) is never


def test_a_refusal_is_an_answer_before_anything_was_done() -> None:
    assert was_rejected(api(errors.RateLimitError, 429))
    assert was_rejected(api(errors.ServerError, 503, 1))
    assert not was_rejected(api(errors.ServerError, 503))
    assert not was_rejected(REFUSED)


def test_the_service_says_how_long_to_wait() -> None:
    timing = Timing()
    assert server_delay(api(errors.RateLimitError, 429), timing) == 30
    assert server_delay(api(errors.RateLimitError, 429, 2), timing) == 2
    assert server_delay(api(errors.ServerError, 503, 5), timing) == 5
    assert server_delay(api(errors.ServerError, 500), timing) is None
    assert server_delay(REFUSED, timing) is None


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


def test_without_progress_a_look_comes_when_the_shortest_usual_render_is_done() -> None:
    assert next_poll_delay(0, 0, Timing()) == 2
    assert 7 + next_poll_delay(7, 0, Timing()) == 24.5
    assert 24.5 + next_poll_delay(24.5, 0, Timing()) == 30


def test_without_progress_later_intervals_grow_with_the_time_waited() -> None:
    assert next_poll_delay(60, 0, Timing()) == pytest.approx(10.2)
    assert next_poll_delay(300, 0, Timing()) == 30


@pytest.mark.parametrize("exponent", [None, 0.5, 1, 2])
def test_a_render_of_usual_length_is_noticed_soon_with_few_looks(exponent: float | None) -> None:
    late = 0.0
    for length in range(30, 90):
        now, looks = 0.0, 1
        while now < length:
            progress = 0 if exponent is None else 100 * (now / length) ** exponent
            now, looks = now + next_poll_delay(now, progress, Timing()), looks + 1
        assert looks <= 12
        late += (now - length) / length
    assert late / 60 <= 0.1


def test_a_render_that_is_nearly_done_is_looked_at_soon() -> None:
    assert next_poll_delay(10, 97, Timing()) == 2
    assert next_poll_delay(60, 97, Timing()) == pytest.approx(6.6)
    assert next_poll_delay(20, 50, Timing()) == pytest.approx(12)


def test_an_answer_may_begin_as_late_as_a_stream_may_be_silent() -> None:
    assert first_byte_timeout(Timing()) == 610
    assert first_byte_timeout(Timing(connect=1, heartbeat_limit=50)) == 51
    assert first_byte_timeout(Timing(connect=1, heartbeat_limit=50, stream_limit=20)) == 20


@pytest.mark.parametrize(
    ("error", "ambiguous", "missed"),
    [
        (api(errors.RateLimitError, 429), False, True),
        (api(errors.ServerError, 503, 1), False, True),
        (api(errors.ServerError, 503), True, True),
        (api(errors.ServerError, 500, 1), True, True),
        (api(errors.BadRequestError, 408), True, True),
        (errors.BadRequestError("x", status=200, code=408), True, False),
        (api(errors.BadRequestError, 400), False, False),
        (api(errors.APIError, 200), False, True),
        (errors.DownloadError("x"), False, False),
        (REFUSED, False, True),
        (LATE, True, True),
    ],
)
def test_what_may_have_been_done_and_what_is_only_looked_at_again(
    error: errors.NemoVideoError, ambiguous: bool, missed: bool
) -> None:
    assert is_ambiguous(error) is ambiguous
    assert is_transient_poll_error(error) is missed


def test_a_render_without_an_address_is_looked_at_less_and_less_often() -> None:
    assert [url_poll_delay(polls, Timing()) for polls in range(1, 7)] == [2, 4, 8, 16, 30, 30]


def test_a_wait_is_twice_as_long_after_each_failure_up_to_a_limit() -> None:
    timing = Timing(retry_initial=0.5, retry_max=3)
    assert [backoff_delay(tries, timing) for tries in range(6)] == [0.5, 0.5, 1, 2, 3, 3]
    assert backoff_delay(100_000, timing) == 3


def test_a_wait_that_the_service_names_is_kept_instead() -> None:
    timing = Timing(retry_initial=0.5, rate_limit_wait=7)
    assert retry_delay(api(errors.ServerError, 503, 0), 3, timing) == 0
    assert retry_delay(api(errors.RateLimitError, 429), 3, timing) == 7
    assert retry_delay(api(errors.ServerError, 500), 3, timing) == 2


def test_an_attempt_says_how_far_it_came() -> None:
    assert build_attempt(1, 0.5, REFUSED) == Attempt(1, 0.5, "connect", None, "APIConnectionError")
    refused = api(errors.ServerError, 503)
    assert build_attempt(2, 1, refused) == Attempt(2, 1, "read", 503, "ServerError")
    assert build_attempt(3, 2, None) == Attempt(3, 2, "read", None, None)


def test_a_report_changes_the_wait_within_bounds() -> None:
    assert next_poll_delay(40, 99.9, Timing()) == pytest.approx(4.4)
    assert next_poll_delay(100, 1, Timing()) == pytest.approx(22.1)
    assert next_poll_delay(60, 100, Timing()) == pytest.approx(10.2)
