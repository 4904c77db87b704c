"""The retry loop: sends a failed call again, as `protocol/retry_policy.py` decides."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import random
from typing import TYPE_CHECKING, TypeVar

import anyio

from nemovideo.auth.identity import Identity
from nemovideo.auth.tokens import TokenManager
from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.concurrency.imports import import_in_thread
from nemovideo.config.timing import Timing
from nemovideo.errors import Attempt, AuthenticationError, MissingClientIdError, NemoVideoError
from nemovideo.protocol.calls import Call, Replay
from nemovideo.protocol.retry_policy import (
    build_attempt,
    is_ambiguous,
    may_retry,
    retry_delay,
    was_rejected,
)
from nemovideo.security.redaction import Secret

if TYPE_CHECKING:
    from tenacity import RetryCallState

_logger = logging.getLogger("nemovideo")
_T = TypeVar("_T")


@dataclass(slots=True)
class AccountState:
    """What responses have shown about the account; shared by the clients derived from one."""

    requires_client_id: bool = False
    newest_task_id: str | None = None


@dataclass(slots=True)
class RetryState:
    """The attempts at one piece of work, and whether there may be another.

    Args:
        endpoint: for the log.
        timing: its back-off.
        retries: how many failures may be retried.
        replay: what may be sent again.
        once: whether a rejected request is sent again once at most.
        checked: whether the next attempt first finds out if the last one succeeded, so that an
            ambiguous failure may be retried too.
    """

    endpoint: str
    timing: Timing
    retries: int
    replay: Replay = Replay.SAFE
    once: bool = False
    checked: bool = False
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    failures: int = 0
    """Failed attempts, without those after which progress was made."""
    rejections: int = 0
    last_error: NemoVideoError | None = None
    ended: bool = False
    """Whether there is to be no further attempt, whatever the last error was."""

    def record(self, error: NemoVideoError, elapsed: float) -> None:
        """Add an attempt that failed with `error` after `elapsed` seconds."""
        _logger.debug("%s failed: %s", self.endpoint, type(error).__name__)
        self.attempts.append(build_attempt(len(self.attempts) + 1, elapsed, error))
        self.failures += 1
        self.rejections += was_rejected(error)
        self.last_error = error

    def allows_retry(self, error: NemoVideoError) -> bool:
        """Return True if there may be another attempt after `error`."""
        if self.ended:
            return False
        return (self.checked and is_ambiguous(error)) or self.has_retries_left(error)

    def has_retries_left(self, error: NemoVideoError) -> bool:
        """Return True if the request may be sent again after `error`."""
        ambiguous = self.checked and is_ambiguous(error)
        if not ambiguous and not may_retry(error, self.replay):
            return False
        if self.once and was_rejected(error):
            return self.rejections <= min(1, self.retries)
        return self.failures <= self.retries

    def delay(self, error: NemoVideoError) -> float:
        """Return the seconds to wait after `error`: the service's own, else a jittered back-off."""
        jitter = random()  # noqa: S311  # nothing to be kept secret
        return retry_delay(error, self.failures, self.timing, jitter)


async def retry_loop(
    attempt: Callable[[], Awaitable[_T]], state: RetryState, first: NemoVideoError
) -> _T:
    """Repeat an attempt that failed with `first` for as long as `state` allows.

    Args:
        attempt: makes one attempt and records its failure in `state`.

    Raises:
        NemoVideoError: the last attempt's.
    """
    if not state.allows_retry(first):
        raise first
    await import_in_thread("tenacity", anyio=False)
    from tenacity import AsyncRetrying, retry_if_exception  # loaded in a thread

    pending: NemoVideoError | None = first

    async def next_attempt() -> _T:
        nonlocal pending
        if pending is not None:  # the first attempt was made without tenacity
            failed, pending = pending, None
            raise failed
        return await attempt()

    def log_retry(retry: RetryCallState) -> None:
        seconds = 0.0 if retry.next_action is None else retry.next_action.sleep
        _logger.info("%s will be retried in %.1f s.", state.endpoint, seconds)

    retrying = AsyncRetrying(
        sleep=anyio.sleep,
        stop=lambda retry: not state.allows_retry(_error_of(retry)),
        wait=lambda retry: state.delay(_error_of(retry)),
        retry=retry_if_exception(_is_own_error),
        before_sleep=log_retry,
        reraise=True,
    )
    return await retrying(next_attempt)


@dataclass(slots=True)
class CallRetry:
    """Continues a call whose first attempt failed: as it is, then with new credentials.

    Args:
        call: what is sent.
        state: the attempts so far.
        token: the token of the first attempt.
    """

    call: Call
    state: RetryState
    token: Secret | None
    tokens: TokenManager
    identity: Identity
    account: AccountState

    async def run(self, attempt: Callable[[], Awaitable[_T]], first: NemoVideoError) -> _T:
        """Return the result of the first attempt that succeeds.

        Raises:
            NemoVideoError: the last attempt's.
        """
        try:
            return await retry_loop(attempt, self.state, first)
        except AuthenticationError as refusal:
            if came_from_callback(refusal) or self.token is None or not self.tokens.is_anonymous:
                raise
            await self.tokens.renew(self.token)
        except MissingClientIdError as refusal:
            if came_from_callback(refusal) or not self.call.authorized:
                raise  # the token manager's own call: it gets a new id there
            if self.account.requires_client_id:  # the service refused the id that was sent
                async with self.identity.with_new_id(refusal):
                    return await self._start_again(attempt)
            self.account.requires_client_id = True
        return await self._start_again(attempt)

    async def _start_again(self, attempt: Callable[[], Awaitable[_T]]) -> _T:
        try:
            return await attempt()
        except NemoVideoError as error:
            if came_from_callback(error):
                raise
            first = error
        return await retry_loop(attempt, self.state, first)


def _is_own_error(error: BaseException) -> bool:
    return isinstance(error, NemoVideoError) and not came_from_callback(error)


def _error_of(retry: RetryCallState) -> NemoVideoError:
    error = retry.outcome.exception() if retry.outcome is not None else None
    if isinstance(error, NemoVideoError):
        return error
    raise RuntimeError("only errors of our own are retried")
