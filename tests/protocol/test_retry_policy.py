"""What may be sent again, and after how long."""

from __future__ import annotations

import pytest

from nemovideo import Timing, errors
from nemovideo.errors import Attempt
from nemovideo.protocol.calls import Replay
from nemovideo.protocol.retry_policy import (
    backoff_delay,
    build_attempt,
    is_ambiguous,
    is_transient_poll_error,
    may_retry,
    retry_delay,
    server_delay,
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
def test_what_may_have_been_done_and_what_is_only_polled_again(
    error: errors.NemoVideoError, ambiguous: bool, missed: bool
) -> None:
    assert is_ambiguous(error) is ambiguous
    assert is_transient_poll_error(error) is missed


def test_a_wait_is_twice_as_long_after_each_failure_up_to_a_limit() -> None:
    timing = Timing(retry_initial=0.5, retry_max=3)
    assert [backoff_delay(tries, timing) for tries in range(6)] == [0.5, 0.5, 1, 2, 3, 3]
    assert backoff_delay(100_000, timing) == 3


def test_a_wait_that_the_service_names_replaces_the_back_off() -> None:
    timing = Timing(retry_initial=0.5, rate_limit_wait=7)
    assert retry_delay(api(errors.ServerError, 503, 0), 3, timing) == 0
    assert retry_delay(api(errors.RateLimitError, 429), 3, timing) == 7
    assert retry_delay(api(errors.ServerError, 500), 3, timing) == 2


def test_an_attempt_says_how_far_it_came() -> None:
    assert build_attempt(1, 0.5, REFUSED) == Attempt(1, 0.5, "connect", None, "APIConnectionError")
    refused = api(errors.ServerError, 503)
    assert build_attempt(2, 1, refused) == Attempt(2, 1, "read", 503, "ServerError")
    assert build_attempt(3, 2, None) == Attempt(3, 2, "read", None, None)
