"""The retry policy: what may be sent again, and after how long.

How often is `max_retries` in `config/settings.py`; the loop is in `pipeline/retry.py`.
"""

from __future__ import annotations

from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.config.timing import Timing
from nemovideo.errors import (
    APIConnectionError,
    APIError,
    Attempt,
    NemoVideoError,
    Phase,
    RateLimitError,
    ServerError,
)
from nemovideo.protocol.calls import Replay

RETRY_AFTER_CAP = 120.0
"""Asked to wait longer than this, the error is raised at once (wire-contract section 3)."""


def may_retry(error: NemoVideoError, replay: Replay) -> bool:
    """Return True if a request that ended with `error` may be sent once more.

    A paid message only where the service certainly did not act: no connection was opened, or it
    refused with 429 or with 503 and a time to come back. (1001 and 1002 are not repeats of the
    same request: the token or the session is another one.)
    """
    if came_from_callback(error):
        return False
    if isinstance(error, APIConnectionError):
        return error.phase == "connect" or replay is not Replay.NEVER
    if not isinstance(error, APIError) or (error.retry_after or 0) > RETRY_AFTER_CAP:
        return False
    if replay is Replay.NEVER:
        return was_rejected(error)
    return isinstance(error, (RateLimitError, ServerError)) or error.status == 408


def was_rejected(error: NemoVideoError) -> bool:
    """Return True if the service answered that it did not even begin."""
    if isinstance(error, RateLimitError):
        return True
    return isinstance(error, ServerError) and error.status == 503 and error.retry_after is not None


def is_ambiguous(error: NemoVideoError) -> bool:
    """Return True if the service may have acted on the request that ended with `error`."""
    if came_from_callback(error):
        return True  # it says nothing of the request, which may have been answered
    if isinstance(error, APIConnectionError):
        return error.phase != "connect"
    if isinstance(error, ServerError):
        return not was_rejected(error)
    return isinstance(error, APIError) and 408 in (error.status, error.code)


def is_transient_poll_error(error: NemoVideoError) -> bool:
    """Return True if a failed poll should simply be repeated; the job runs on."""
    if came_from_callback(error):
        return False
    if isinstance(error, (APIConnectionError, RateLimitError, ServerError)):
        return True
    # Without a code it is the poll that failed: a failed job is reported in a response.
    return isinstance(error, APIError) and (error.status == 408 or type(error) is APIError)


def build_attempt(number: int, elapsed: float, error: BaseException | None) -> Attempt:
    """Return the record of one attempt that ended with `error`.

    Args:
        number: from 1.
        elapsed: how many seconds it took.
        error: None if no response came.
    """
    phase: Phase = error.phase if isinstance(error, APIConnectionError) else "read"
    status = error.status if isinstance(error, APIError) else None
    return Attempt(number, elapsed, phase, status, None if error is None else type(error).__name__)


def server_delay(error: NemoVideoError, timing: Timing) -> float | None:
    """Return the wait that the service asks for, in the response or its documentation."""
    if not isinstance(error, APIError):
        return None
    if error.retry_after is not None:
        return error.retry_after
    return timing.rate_limit_wait if isinstance(error, RateLimitError) else None


def retry_delay(error: NemoVideoError, failures: int, timing: Timing, jitter: float = 0) -> float:
    """Return the seconds to wait after an attempt that ended with `error`.

    Args:
        error: the last attempt's.
        failures: failed attempts in a row.
        timing: the back-off.
        jitter: from 0 to 1, so that clients that failed together do not return together.
    """
    delay = server_delay(error, timing)
    if delay is not None:
        return min(delay, RETRY_AFTER_CAP)
    return backoff_delay(failures, timing) + jitter * timing.retry_initial


def backoff_delay(failures: int, timing: Timing) -> float:
    """Return the exponential back-off after `failures` failed attempts in a row."""
    return min(timing.retry_max, timing.retry_initial * 2.0 ** min(max(failures, 1) - 1, 60))
