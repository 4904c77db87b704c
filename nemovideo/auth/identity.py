"""The client id, and the headers that identify the integration."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

from nemovideo._version import USER_AGENT
from nemovideo.auth.async_config_folder import AsyncConfigFolder
from nemovideo.config.settings import Settings
from nemovideo.errors import MissingClientIdError


def build_attribution(settings: Settings) -> dict[str, str]:
    """Return the headers that every request to the service carries (wire-contract section 2)."""
    return {
        "user-agent": USER_AGENT,
        "accept": "application/json",
        "x-skill-source": settings.source,
        "x-skill-version": settings.source_version,
        "x-skill-platform": settings.platform,
        **settings.extra_headers,
    }


class Identity:
    """The client id: the one given, the saved one, or a new one, saved for the next process."""

    def __init__(self, settings: Settings, config_folder: AsyncConfigFolder) -> None:
        self._config_folder = config_folder
        self._client_id = settings.client_id
        self._has_tried_another = False

    async def client_id(self) -> str:
        """Return the client id, made and saved if there is none yet."""
        if self._client_id is None:
            saved = await self._config_folder.run(self._config_folder.folder.read_client_id)
            self._adopt(saved)
        if self._client_id is None:
            fresh = self._client_id = _new_id()
            await self._save(fresh, refused=None)
        return self._client_id

    def _adopt(self, saved: str | None) -> None:
        self._client_id = self._client_id or saved  # another task may have made one meanwhile

    @asynccontextmanager
    async def with_new_id(self, refusal: MissingClientIdError) -> AsyncGenerator[None]:
        """Use a new client id for a request within the block, once in the life of a client.

        It is saved only if the request succeeds: then the old id was refused, and not the request.

        Raises:
            MissingClientIdError: the `refusal`, if another id was tried before.
        """
        if self._has_tried_another:
            raise refusal
        self._has_tried_another = True
        refused, fresh = self._client_id, _new_id()
        self._client_id = fresh
        try:
            yield
        except BaseException:
            self._client_id = refused
            raise
        await self._save(fresh, refused)

    async def _save(self, fresh: str, refused: str | None) -> None:
        def save(timeout: float) -> None:
            existing = self._config_folder.folder.write_client_id(fresh, refused, timeout)
            if self._client_id == fresh:
                self._client_id = existing

        await self._config_folder.save("client_id", save)


def _new_id() -> str:
    return str(uuid4())
