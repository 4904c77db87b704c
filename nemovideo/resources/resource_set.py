"""All resources over one pipeline, and the operations that use them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

import anyio

from nemovideo import resources
from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.errors import APIConnectionError, APIError
from nemovideo.journal.recorder import JournalRecorder
from nemovideo.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from nemovideo.config.settings import Settings
    from nemovideo.resources.credits import CreditsResource
    from nemovideo.resources.messages import Messages
    from nemovideo.resources.renders import Renders
    from nemovideo.resources.sessions import Sessions
    from nemovideo.resources.states import States
    from nemovideo.resources.tokens import Tokens
    from nemovideo.resources.uploads import Uploads
    from nemovideo.transports.base import Transport


class OpenOperation(Protocol):
    """An operation that was started and has not ended."""

    @property
    def resources(self) -> Resources:
        """Those of the client that started it."""
        ...

    async def aclose(self, *, waiting: bool) -> None:
        """Stop and close what is open; not `waiting`, leave a step in progress alone."""
        ...


class OpenOperations:
    """The operations that a client has started, weakly referenced."""

    def __init__(self) -> None:
        self._works: WeakValueDictionary[int, OpenOperation] = WeakValueDictionary()
        self._leftovers: set[OpenOperation] = set()

    def add(self, work: OpenOperation) -> None:
        self._works[id(work)] = work

    def keep(self, leftover: OpenOperation) -> None:
        """Add the rest of an operation that is garbage, until it is closed."""
        self._leftovers.add(leftover)

    def discard(self, work: OpenOperation) -> None:
        self._works.pop(id(work), None)
        self._leftovers.discard(work)

    def __iter__(self) -> Iterator[OpenOperation]:
        # Copies, as other threads begin and end work meanwhile.
        works = [found() for found in self._works.valuerefs()]
        return iter([*self._leftovers.copy(), *(work for work in works if work is not None)])


class Resources:
    """All resources over one pipeline, each created on first use."""

    def __init__(
        self,
        pipeline: Pipeline,
        journal: JournalRecorder,
        open_operations: OpenOperations | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.journal = journal
        self.open_operations: OpenOperations = (
            OpenOperations() if open_operations is None else open_operations
        )
        """Operations of this client and of those derived from it, closed with the client."""

    @classmethod
    def open(
        cls,
        settings: Settings,
        transport: Callable[[], Transport],
        prepare: Callable[[], Awaitable[None] | None],
    ) -> Resources:
        pipeline = Pipeline(settings, transport, prepare)
        journal = JournalRecorder(settings, lambda: not pipeline.config_folder.available)
        return cls(pipeline, journal)

    def with_settings(self, settings: Settings) -> Resources:
        """Return these with other settings, over the same connections, token and journal."""
        return Resources(self.pipeline.with_settings(settings), self.journal, self.open_operations)

    @property
    def settings(self) -> Settings:
        return self.pipeline.settings

    @cached_property
    def tokens(self) -> Tokens:
        return resources.Tokens(self.pipeline)

    @cached_property
    def sessions(self) -> Sessions:
        return resources.Sessions(self.pipeline)

    @cached_property
    def messages(self) -> Messages:
        return resources.Messages(self.pipeline, self.states, self.journal)

    @cached_property
    def uploads(self) -> Uploads:
        return resources.Uploads(self.pipeline, self.states)

    @cached_property
    def credits(self) -> CreditsResource:
        return resources.CreditsResource(self.pipeline)

    @cached_property
    def states(self) -> States:
        return resources.States(self.pipeline)

    @cached_property
    def renders(self) -> Renders:
        return resources.Renders(self.pipeline, self.journal)

    async def read_available_credits(self) -> float | None:
        """Return the available credits, or None if they cannot be read at once.

        The balance is optional information: one short try, never a reason to stop or wait.
        """
        with anyio.move_on_after(self.settings.timing.connect):
            try:
                return (await self.credits.poll()).available
            except (APIConnectionError, APIError) as error:
                if came_from_callback(error):
                    raise
        return None
