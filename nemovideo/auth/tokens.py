"""The token: the one given, the saved one, or a new anonymous one; made once for all callers."""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import anyio

from nemovideo.auth.async_config_folder import AsyncConfigFolder
from nemovideo.auth.config_folder import FileLock, SavedToken
from nemovideo.auth.identity import Identity
from nemovideo.concurrency.background_tasks import BackgroundTask
from nemovideo.concurrency.threads import run_in_thread_shielded
from nemovideo.config.settings import Settings
from nemovideo.errors import MissingClientIdError, NemoVideoError, RateLimitError
from nemovideo.security.redaction import Secret

if TYPE_CHECKING:
    from nemovideo.models.tokens import AnonymousToken

LIFETIME = timedelta(days=7)
"""The lifetime of a token whose expiry in the reply is of no use (wire-contract section 4)."""

_MARGIN = timedelta(minutes=1)
"""A token that is about to expire is replaced before it is used, not after it fails."""

_FIRST_PAUSE, _MAX_PAUSE = 0.02, 0.5
"""Seconds between two attempts at a lock that another task, thread or process holds."""

_GRACE = 0.5
"""Seconds that a cancelled caller waits for the request for a token, which then goes on."""

_CLOSE_GRACE = 5.0
"""Seconds that closing the client waits for it."""

_T = TypeVar("_T")

Fetch: TypeAlias = "Callable[[str], Awaitable[AnonymousToken]]"
"""Requests a token, given the client id."""


def _now() -> datetime:
    return datetime.now(UTC)


class TokenManager:
    """The token of a client. Safe for tasks, threads with their own loops, and processes.

    Args:
        fetch: requests a new anonymous token.
        now: the clock.
    """

    def __init__(
        self,
        settings: Settings,
        identity: Identity,
        config_folder: AsyncConfigFolder,
        fetch: Fetch,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._config_folder = config_folder
        self._fetch = fetch
        self._now = now
        self._mutex = threading.Lock()
        self._pid = os.getpid()
        self._attempts = 0
        self._failure: NemoVideoError | None = None
        self._making: BackgroundTask[Any] | None = None
        self._current = None if settings.token is None else SavedToken(settings.token)
        self.user_id: str | None = None
        """The user of the token, as far as the service has said."""

    @property
    def is_anonymous(self) -> bool:
        """Whether this client may replace the token."""
        return self._settings.token is None

    @property
    def has_token(self) -> bool:
        return self._current is not None

    def cached(self) -> Secret | None:
        """Return the token if it can be used and nothing is pending, else None."""
        return None if self._config_folder.has_pending else self._usable()

    def _usable(self) -> Secret | None:
        current = self._current
        if current is None or (current.expires_at is not None and self._is_expired(current)):
            return None
        return current.token

    async def current(self) -> Secret:
        """Return the token to send, made if there is none or it has expired."""
        if self._config_folder.has_pending:
            await self._config_folder.save_pending()
        return self._usable() or await self._single_flight(self._load_or_create, self._usable)

    async def renew(self, refused: Secret) -> Secret:
        """Replace a token that the service refused, unless that was done already."""

        def renewed() -> Secret | None:
            current = self._current
            return None if current is None or current.token == refused else current.token

        async def replace() -> Secret:
            saved = await self._read()
            if saved is not None and saved.token != refused and not self._is_expired(saved):
                return self._use(saved)
            return await self._create()

        return await self._single_flight(replace, renewed)

    async def create(self) -> AnonymousToken:
        """Request a new anonymous token, save it, and use it unless the user gave one."""
        for pause in _pauses():
            if self._try_mutex():
                break
            await self._wait_for_mutex(pause)
        return await self._exclusive(self._request)

    async def aclose(self) -> None:
        """Wait a moment for a request for a token that was abandoned."""
        if self._making is not None and not self._making.has_ended:
            await self._making.settle(_CLOSE_GRACE)

    def remember_user(self, user_id: str | None) -> None:
        self.user_id = user_id or self.user_id

    def _is_expired(self, token: SavedToken) -> bool:
        return token.is_expired(self._now() + _MARGIN)

    def _use(self, token: SavedToken) -> Secret:
        self._current = token
        self.remember_user(token.user_id)
        return token.token

    async def _load_or_create(self) -> Secret:
        saved = await self._read()
        if saved is not None and not self._is_expired(saved):
            return self._use(saved)
        try:
            return await self._create()
        except RateLimitError:
            older = self._current or saved
            if older is None:
                raise
            # There is one token a week. If this machine's clock is ahead, the old one still works;
            # if not, the service says so.
            return self._use(replace(older, expires_at=None))

    async def _read(self) -> SavedToken | None:
        base_url = self._settings.base_url
        folder = self._config_folder.folder
        saved = await self._config_folder.run(lambda: folder.read_token(base_url))
        wanted = self._settings.client_id
        if saved is None or (wanted and saved.client_id and saved.client_id != wanted):
            return None
        return saved

    async def _create(self) -> Secret:
        await self._request()
        if self._current is None:
            raise RuntimeError("a token was made and is not there")
        return self._current.token

    async def _request(self) -> AnonymousToken:
        client_id = await self._identity.client_id()
        try:
            made = await self._fetch(client_id)
        except MissingClientIdError as refusal:
            async with self._identity.with_new_id(refusal):
                client_id = await self._identity.client_id()
                made = await self._fetch(client_id)
        base_url, now = self._settings.base_url, self._now()
        expires_at = made.expires_at
        if expires_at is None or expires_at <= now + _MARGIN:
            # One of the two clocks is wrong. Another token would be the same; whether this one
            # works is for the service to say.
            expires_at = now + LIFETIME
        secret = Secret(made.token.get_secret_value())
        token = SavedToken(secret, expires_at, made.user_id, client_id)
        if self.is_anonymous:
            self._use(token)

        def write(timeout: float) -> None:
            if not self.is_anonymous or self._current is token:  # else there is a newer one
                self._config_folder.folder.write_token(base_url, token, now, timeout)

        await self._config_folder.save("token", write)
        return made

    async def _single_flight(
        self, make: Callable[[], Awaitable[Secret]], made: Callable[[], Secret | None]
    ) -> Secret:
        """Run `make` for one caller at a time; those that wait share its result or error.

        Args:
            make: returns a token.
            made: returns the token that another caller has made meanwhile.
        """
        attempts = self._attempts

        async def attempt() -> Secret:
            self._attempts += 1
            self._failure = None
            try:
                return await make()
            except NemoVideoError as error:
                self._failure = error
                raise

        for pause in _pauses():
            acquired = self._try_mutex()
            # Not before it is saved: a program may end with this call.
            has_ended = self._making is None or self._making.has_ended
            shared = made() if has_ended else None
            failure = self._failure if has_ended and self._attempts != attempts else None
            if acquired and shared is None and failure is None:
                break
            if acquired:
                self._mutex.release()
            if shared is not None:
                return shared
            if failure is not None:
                raise copy(failure)
            await self._wait_for_mutex(pause)
        return await self._exclusive(attempt)

    async def _exclusive(self, make: Callable[[], Awaitable[_T]]) -> _T:
        """Run `make` while no other process does; the caller holds the mutex.

        The service gives a client one token a week: once requested, it is saved, even if the
        caller is cancelled.
        """
        mutex = self._mutex
        lock = self._config_folder.folder.lock()
        try:
            await self._acquire_process_lock(lock)
        except BaseException:
            # Whether it was acquired is not known, if cancelled at that moment.
            await run_in_thread_shielded(lock.release)
            mutex.release()
            raise

        def release() -> None:
            lock.release()
            mutex.release()

        making = BackgroundTask(make, release)
        self._making = making
        return await making.wait(_GRACE)

    def _try_mutex(self) -> bool:
        """Acquire the mutex if it is free in this process, and return whether it was."""
        if self._pid != os.getpid():  # a fork copied it, perhaps locked
            self._mutex, self._pid, self._making = threading.Lock(), os.getpid(), None
        return self._mutex.acquire(blocking=False)

    async def _wait_for_mutex(self, pause: float) -> None:
        # A blocking wait would block the loop, and one in a thread could not be cancelled.
        making = self._making
        if making is None:
            await anyio.sleep(pause)
            return
        # A loop that was stopped meanwhile must not block all the others.
        if making.is_lost:
            making.release()
        await making.wait_for_end(pause)

    async def _acquire_process_lock(self, lock: FileLock) -> None:
        timing = self._settings.timing
        deadline = anyio.current_time() + 2 * timing.request + timing.rate_limit_wait
        for pause in _pauses():
            acquired = await self._config_folder.run(lock.try_acquire)
            # A process that was stopped while it holds the lock must not block all the others.
            if acquired is not False or anyio.current_time() >= deadline:
                return
            await anyio.sleep(pause)


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(1.5 * pause, _MAX_PAUSE)
