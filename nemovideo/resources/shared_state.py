"""What a client and those made of it by `with_options` have in common."""

from __future__ import annotations

import weakref
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from nemovideo.concurrency.event_loop import current_async_library
from nemovideo.concurrency.imports import RESPONSE_MODELS, import_in_thread, prefetch_import
from nemovideo.config.settings import Settings
from nemovideo.transports.default import default_transport

if TYPE_CHECKING:
    from nemovideo.resources.resource_set import OpenOperation, Resources
    from nemovideo.transports.base import Transport


TRANSPORT_MODULES = {
    "asyncio": "nemovideo.transports._aiohttp_requests",
    "trio": "nemovideo.transports.httpx",
}


class SharedState:
    """What a client and those made of it by `with_options` have in common."""

    def __init__(self, transport: Transport | None, settings: Settings) -> None:
        self._settings = settings
        self._roots: dict[str, Resources] = {}
        self._users: set[weakref.ref[object]] = set()
        self._given = transport
        self._made: dict[str, Transport] = {}
        self._prepared: set[str] = set()
        # A token that is not given comes from a file or the service, once for all tasks: that is
        # done over anyio.
        self._needs_anyio = settings.token is None

    def prepare(self) -> Awaitable[None] | None:
        """Load what sends a call, in a thread; None where that is done."""
        running = current_async_library()
        return None if running in self._prepared else self._load(running)

    async def _load(self, running: str) -> None:
        carrier = () if self._given is not None else (TRANSPORT_MODULES[running],)
        await import_in_thread(*carrier, anyio=self._needs_anyio)
        # The answer takes longer than this, as a rule: the service is an ocean away.
        prefetch_import(RESPONSE_MODELS)
        self._prepared.add(running)

    def transport(self) -> Transport:
        if self._given is not None:
            return self._given
        # One for each async library: a client may serve asyncio.run and trio.run in turn.
        running = current_async_library()
        return self._made.get(running) or self._make(running)

    def _make(self, running: str) -> Transport:
        made = default_transport(trust_env=self._settings.trust_env)
        return self._made.setdefault(running, made)  # whichever thread comes first

    @property
    def root(self) -> Resources:
        """Those of the client that the others were made of: one, whichever thread comes first."""
        return self._root or self._roots.setdefault("root", self._build_root())

    @property
    def _root(self) -> Resources | None:
        return self._roots.get("root")

    def _build_root(self) -> Resources:
        from nemovideo.resources.resource_set import Resources  # late: no need to build a client

        return Resources.open(self._settings, self.transport, self.prepare)

    @property
    def open_operations(self) -> tuple[OpenOperation, ...]:
        return () if self._root is None else tuple(self._root.open_operations)

    @property
    def has_token(self) -> bool:
        known = self._root is not None and self._root.pipeline.tokens.has_token
        return known or self._settings.token is not None

    def join(self, client: object) -> None:
        """Register a client as a user (weakly referenced)."""
        self._users.add(weakref.ref(client, self._users.discard))

    def leave(self, client: object) -> None:
        self._users.discard(weakref.ref(client))

    def has_others(self, client: object) -> bool:
        return any(user() is not client for user in tuple(self._users))

    async def aclose(self) -> None:
        try:
            if self._root is not None:
                await self._root.pipeline.tokens.aclose()
            while self._made:
                _, transport = self._made.popitem()
                await transport.aclose()
        finally:
            if self._root is not None:
                await self._root.journal.aclose()
