"""Who asks: the client id, and the headers that say which integration it is."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from nemovideo._version import __version__
from nemovideo.auth.config_folder import PATIENCE, ConfigFolder, StoreUnavailable
from nemovideo.concurrency.threads import run_in_thread
from nemovideo.config.settings import Settings
from nemovideo.errors import MissingClientIdError

_logger = logging.getLogger("nemovideo.auth")
_T = TypeVar("_T")


def build_attribution(settings: Settings) -> dict[str, str]:
    """Return the headers that every request to the service carries (wire-contract section 2)."""
    return {
        "user-agent": f"nemovideo-python/{__version__}",
        "accept": "application/json",
        "x-skill-source": settings.source,
        "x-skill-version": settings.source_version,
        "x-skill-platform": settings.platform,
        **settings.extra_headers,
    }


class AsyncConfigFolder:
    """The config folder for async callers; in memory, with one warning, where it cannot be used.

    What could not be saved is kept, and saved by `save_again` as soon as that can be done.
    """

    def __init__(self, folder: ConfigFolder) -> None:
        self.folder = folder
        self.available = True
        self._unsaved: dict[str, Callable[[float], object]] = {}

    @property
    def is_behind(self) -> bool:
        """Whether something is still to be saved."""
        return bool(self._unsaved)

    async def run(self, work: Callable[[], _T]) -> _T | None:
        """Do `work` on the folder in a thread, or return None where it cannot be done."""
        try:
            return await run_in_thread(work)
        except StoreUnavailable as error:
            if self.available:
                _logger.warning(
                    "The config folder cannot be used, so nothing is saved beyond this process"
                    " until it can: %s",
                    error,
                )
            self.available = False
            return None

    async def save(self, what: str, work: Callable[[float], object]) -> None:
        """Save something with `work`, which takes the seconds that it may wait for a lock."""
        # Not behind yet: whoever tried to save it beside this would find the lock taken.
        self._unsaved.pop(what, None)
        await self._save(what, work, PATIENCE)

    async def save_again(self) -> None:
        """Try once more what could not be saved, without waiting for anybody."""
        for what in tuple(self._unsaved):
            work = self._unsaved.pop(what, None)  # another task may be at it
            if work is not None:
                await self._save(what, work, 0)

    async def _save(self, what: str, work: Callable[[float], object], patience: float) -> None:
        done = None
        try:
            done = await self.run(partial(_done, work, patience))
        finally:
            if done:
                self.available = True
            else:
                self._unsaved.setdefault(what, work)  # unless there is a newer one


def _done(work: Callable[[float], object], patience: float) -> bool:
    work(patience)
    return True


class Identity:
    """The client id: the one given, the saved one, else a new one, saved for the next process."""

    def __init__(self, settings: Settings, saved: AsyncConfigFolder) -> None:
        self._saved = saved
        self._client_id = settings.client_id
        self._is_tried = False

    async def client_id(self) -> str:
        """Return the client id, making and saving it where there is none yet."""
        if self._client_id is None:
            self._keep(await self._saved.run(self._saved.folder.read_client_id))
        if self._client_id is None:
            fresh = self._client_id = _new_id()
            await self._save(fresh, refused=None)
        return self._client_id

    def _keep(self, found: str | None) -> None:
        # Another task may have made one meanwhile.
        self._client_id = self._client_id or found

    @asynccontextmanager
    async def another(self, refusal: MissingClientIdError) -> AsyncGenerator[None]:
        """Have a request that failed sent with a new client id, once in the life of a client.

        It is saved, and used from then on, only where the request goes well: then it was the old
        one that was refused, and not the request.

        Raises:
            MissingClientIdError: the `refusal`, where another id was tried before.
        """
        if self._is_tried:
            raise refusal
        self._is_tried = True
        refused, fresh = self._client_id, _new_id()
        self._client_id = fresh
        try:
            yield
        except BaseException:
            self._client_id = refused
            raise
        await self._save(fresh, refused)

    async def _save(self, fresh: str, refused: str | None) -> None:
        def save(patience: float) -> None:
            standing = self._saved.folder.write_client_id(fresh, refused, patience)
            if self._client_id == fresh:
                self._client_id = standing

        await self._saved.save("client_id", save)


def _new_id() -> str:
    import uuid  # slow to import, and a client id is made once

    return str(uuid.uuid4())
