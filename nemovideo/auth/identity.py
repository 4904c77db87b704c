"""Who asks: the client id, and the headers that say which integration it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from nemovideo._config import Settings
from nemovideo._threads import to_the_end
from nemovideo._version import __version__
from nemovideo.auth.store import ConfigFolder, StoreUnavailable

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


class SavedThings:
    """The config folder for async callers; in memory, with one warning, where it cannot be used."""

    def __init__(self, folder: ConfigFolder) -> None:
        self.folder = folder
        self.available = True

    async def run(self, work: Callable[[], _T], otherwise: _T) -> _T:
        """Do `work` on the folder in a thread, or return `otherwise` where it cannot be done."""
        if not self.available:
            return otherwise
        try:
            return await to_the_end(work)
        except StoreUnavailable as error:
            self.available = False
            _logger.warning(
                "The config folder cannot be used, so nothing is saved beyond this process: %s",
                error,
            )
            return otherwise


class Identity:
    """The client id: the one given, the saved one, else a new one, saved for the next process."""

    def __init__(self, settings: Settings, saved: SavedThings) -> None:
        self._saved = saved
        self._client_id = settings.client_id

    async def client_id(self) -> str:
        """Return the client id, making and saving it where there is none yet."""
        if self._client_id is None:
            self._client_id = await self._saved.run(self._saved.folder.read_client_id, None)
        return self._client_id or await self.replace()

    async def replace(self) -> str:
        """Make, save and return a new client id: the service wants one, or refused the old one."""
        import uuid  # slow to import, and a client id is made once

        fresh = str(uuid.uuid4())
        self._client_id = fresh
        await self._saved.run(lambda: self._saved.folder.write_client_id(fresh), None)
        return fresh
