"""The token: the one given, the saved one, else a new anonymous one; made once, whoever asks."""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import anyio

from nemovideo.auth.config_folder import FileLock, SavedToken
from nemovideo.auth.identity import AsyncConfigFolder, Identity
from nemovideo.concurrency.background_tasks import BackgroundTask
from nemovideo.concurrency.threads import run_in_thread_shielded
from nemovideo.config.settings import Settings
from nemovideo.errors import MissingClientIdError, NemoVideoError, RateLimitError
from nemovideo.security.redaction import Secret

if TYPE_CHECKING:
    from nemovideo.models.tokens import AnonymousToken

LIFETIME = timedelta(days=7)
"""How long a token works where the service's word for it is no use (wire-contract section 4)."""

_MARGIN = timedelta(minutes=1)
"""A token that is about to expire is replaced before it is used, not after it failed."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
"""Seconds between two tries of a lock that another task, thread or process holds."""

_GRACE = 0.5
"""Seconds that a cancelled caller gives the request for a token, which then goes on without it."""

_CLOSING = 5.0
"""Seconds that closing the client gives it."""

_T = TypeVar("_T")

Fetch: TypeAlias = "Callable[[str], Awaitable[AnonymousToken]]"
"""Asks the service for a token, given the client id."""


def _now() -> datetime:
    return datetime.now(UTC)


class TokenManager:
    """Holds the token of a client. Safe for tasks, threads with their own loops, and processes.

    Args:
        fetch: asks the service for a new anonymous token.
        now: the clock.
    """

    def __init__(
        self,
        settings: Settings,
        identity: Identity,
        saved: AsyncConfigFolder,
        fetch: Fetch,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._saved = saved
        self._fetch = fetch
        self._now = now
        self._mutex = threading.Lock()
        self._pid = os.getpid()
        self._flights = 0
        self._failure: NemoVideoError | None = None
        self._flight: BackgroundTask[Any] | None = None
        self._current = None if settings.token is None else SavedToken(settings.token)
        self.user_id: str | None = None
        """Whose token it is, as far as the service has said."""

    @property
    def is_anonymous(self) -> bool:
        """Whether the token is one that this client may replace."""
        return self._settings.token is None

    @property
    def is_known(self) -> bool:
        """Whether there is a token in memory."""
        return self._current is not None

    def cached(self) -> Secret | None:
        """Return the token if it can be used as it is, and nothing is left to be saved."""
        return None if self._saved.is_behind else self._held()

    def _held(self) -> Secret | None:
        current = self._current
        if current is None or (current.expires_at is not None and self._is_old(current)):
            return None
        return current.token

    async def current(self) -> Secret:
        """Return the token to send, making one where there is none or it has expired.

        Raises:
            NemoVideoError: the service gave no token.
        """
        if self._saved.is_behind:
            await self._saved.save_again()
        return self._held() or await self._single_flight(self._load_or_create, self._held)

    async def renew(self, refused: Secret) -> Secret:
        """Replace a token that the service refused, unless somebody already did.

        Raises:
            NemoVideoError: the service gave no token.
        """

        def renewed() -> Secret | None:
            held = self._current
            return None if held is None or held.token == refused else held.token

        async def replace() -> Secret:
            saved = await self._read()
            if saved is not None and saved.token != refused and not self._is_old(saved):
                return self._hold(saved)
            return await self._create()

        return await self._single_flight(replace, renewed)

    async def create(self) -> AnonymousToken:
        """Ask for a new anonymous token, save it, and use it unless the user gave one."""
        for pause in _pauses():
            if self._try_turn():
                break
            await self._wait_for_turn(pause)
        return await self._exclusive(self._request)

    async def aclose(self) -> None:
        """Give a request for a token that nobody waits for any more the time to end."""
        if self._flight is not None and not self._flight.has_ended:
            await self._flight.settle(_CLOSING)

    def learn_user(self, user_id: str | None) -> None:
        """Note whose token it is."""
        self.user_id = user_id or self.user_id

    def _is_old(self, token: SavedToken) -> bool:
        return token.is_expired(self._now() + _MARGIN)

    def _hold(self, token: SavedToken) -> Secret:
        self._current = token
        self.learn_user(token.user_id)
        return token.token

    async def _load_or_create(self) -> Secret:
        saved = await self._read()
        if saved is not None and not self._is_old(saved):
            return self._hold(saved)
        try:
            return await self._create()
        except RateLimitError:
            older = self._current or saved
            if older is None:
                raise
            # There is one token a week. Where this machine's clock is ahead, the old one is good
            # still; and where it is not, the service says so.
            return self._hold(replace(older, expires_at=None))

    async def _read(self) -> SavedToken | None:
        base_url = self._settings.base_url
        saved = await self._saved.run(lambda: self._saved.folder.read_token(base_url))
        wanted = self._settings.client_id
        if saved is None or (wanted and saved.client_id and saved.client_id != wanted):
            return None
        return saved

    async def _create(self) -> Secret:
        await self._request()
        if self._current is None:
            raise RuntimeError("a token that was just made is held")
        return self._current.token

    async def _request(self) -> AnonymousToken:
        client_id = await self._identity.client_id()
        try:
            made = await self._fetch(client_id)
        except MissingClientIdError as refusal:
            async with self._identity.another(refusal):
                client_id = await self._identity.client_id()
                made = await self._fetch(client_id)
        base_url, now = self._settings.base_url, self._now()
        expires_at = made.expires_at
        if expires_at is None or expires_at <= now + _MARGIN:
            # A new token that has expired says that one of the two clocks is wrong. Asking for
            # another would give the same; whether it works is for the service to say.
            expires_at = now + LIFETIME
        secret = Secret(made.token.get_secret_value())
        token = SavedToken(secret, expires_at, made.user_id, client_id)
        if self.is_anonymous:
            self._hold(token)

        def write(patience: float) -> None:
            if not self.is_anonymous or self._current is token:  # else there is a newer one
                self._saved.folder.write_token(base_url, token, now, patience)

        await self._saved.save("token", write)
        return made

    async def _single_flight(
        self, make: Callable[[], Awaitable[Secret]], made: Callable[[], Secret | None]
    ) -> Secret:
        """Run `make` alone; those who waited meanwhile share its outcome, a failure included.

        Args:
            make: brings a token.
            made: returns the token that another caller has brought meanwhile.
        """
        flight = self._flights

        async def fly() -> Secret:
            self._flights += 1
            self._failure = None
            try:
                return await make()
            except NemoVideoError as error:
                self._failure = error
                raise

        for pause in _pauses():
            has_turn = self._try_turn()
            # Not before it is saved: a program may end with what this returns.
            has_ended = self._flight is None or self._flight.has_ended
            shared = made() if has_ended else None
            failure = self._failure if has_ended and self._flights != flight else None
            if has_turn and shared is None and failure is None:
                break
            if has_turn:
                self._mutex.release()
            if shared is not None:
                return shared
            if failure is not None:
                raise copy(failure)
            await self._wait_for_turn(pause)
        return await self._exclusive(fly)

    async def _exclusive(self, make: Callable[[], Awaitable[_T]]) -> _T:
        """Run `make` while no other process does; the caller has taken its turn.

        The service gives a client one token a week: once asked for, its answer is kept, whatever
        becomes of who waits for it.
        """
        mutex = self._mutex
        lock = self._saved.folder.lock()
        try:
            await self._acquire_process_lock(lock)
        except BaseException:
            # Held or not: cancelled at the wrong moment, nobody can tell.
            await run_in_thread_shielded(lock.release)
            mutex.release()
            raise

        def release() -> None:
            lock.release()
            mutex.release()

        flight = BackgroundTask(make, release)
        self._flight = flight
        return await flight.wait(_GRACE)

    def _try_turn(self) -> bool:
        """Take the mutex if no task or thread of this process has it, and return whether so."""
        if self._pid != os.getpid():  # a fork copied the lock, perhaps while it was held
            self._mutex, self._pid, self._flight = threading.Lock(), os.getpid(), None
        return self._mutex.acquire(blocking=False)

    async def _wait_for_turn(self, pause: float) -> None:
        # Tried, not waited for: a blocking wait would hold up the loop, and one in a thread could
        # not be cancelled.
        flight = self._flight
        if flight is None:
            await anyio.sleep(pause)
            return
        # A loop that was stopped in the middle must not stop all the others.
        if flight.is_lost:
            flight.release()
        await flight.wait_for_end(pause)

    async def _acquire_process_lock(self, lock: FileLock) -> None:
        timing = self._settings.timing
        give_up = anyio.current_time() + 2 * timing.request + timing.rate_limit_wait
        for pause in _pauses():
            held = await self._saved.run(lock.try_acquire)
            # A process that was stopped while it holds the lock must not stop all the others.
            if held is not False or anyio.current_time() >= give_up:
                return
            await anyio.sleep(pause)


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(1.5 * pause, _LONGEST_PAUSE)
