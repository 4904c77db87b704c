"""Work with a key: done once, picked up where it was left, and its result given again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.errors import InvalidInputError, NotFoundError, SessionNotFoundError
from nemovideo.journal.keys import in_progress
from nemovideo.operations.settlement import read_last_draft, wait_for_render
from nemovideo.operations.video import Video

if TYPE_CHECKING:
    from nemovideo.journal.entries import (
        Entry,
        KeyEntry,
        KeyPhase,
        MessageEntry,
        NewWork,
        RenderEntry,
    )
    from nemovideo.resources.resource_set import Resources

_T = TypeVar("_T")

OPEN_MESSAGE = ("sending", "streaming", "interrupted")


class KeyedWork(ABC, Generic[_T]):
    """A call with a key, which is held in the journal while this is at work."""

    def __init__(self, resources: Resources, work: NewWork) -> None:
        self._resources = resources
        self._journal = resources.journal
        self._work = work

    async def run(self) -> _T:
        """Return the result, doing only what has not been done.

        Raises:
            InProgressError: a living process, or another task, is at work on it.
            InvalidInputError: it is the key of another request, or there is no journal.
            SessionNotFoundError: the session of what was sent is gone; the key is free again.
            NemoVideoError: the journal cannot be written, or as the call without a key.
        """
        entry = await self._claim()
        if entry.phase == "finished":
            return await self._restore(entry)
        try:
            result = await self._perform(entry)
        except BaseException:
            await self._journal.give_up_key(entry, *self._ending())
            raise
        await self._journal.give_up_key(entry, "finished", self._dump(result))
        return result

    async def _claim(self) -> KeyEntry:
        key = self._work.key
        if not self._journal.is_enabled:
            raise InvalidInputError(
                "A key needs the journal, and this client has none.",
                parameter="key",
                accepted=("no key", "a client with a journal"),
                hint="Make the client without journal=False.",
            )
        claim, entry = await self._journal.claim_key(self._work)
        if claim == "taken":
            raise in_progress(entry)
        if claim == "other":
            raise InvalidInputError(
                f"The key {key!r} was given to another request: {_DIFFERENCE[entry.kind]}.",
                parameter="key",
                accepted=("a key of its own for each piece of work",),
                hint=f"Choose another key, or free this one: await client.forget({key!r})",
            )
        return entry

    async def _perform(self, entry: KeyEntry) -> _T:
        if entry.phase == "new":
            return await self._begin(entry)
        message, render = await self._journal.find_entries(entry)
        if message is not None and message.phase == "failed" and render is None:
            return await self._begin(entry)  # it never left
        try:
            return await self._pick_up(entry, message, render)
        except SessionNotFoundError as error:
            if came_from_callback(error):
                raise
            await self._journal.give_up_key(entry)
            await self._journal.forget_key(entry.key)
            error.hint = f"What was made under the key is gone; the key is free. {error.hint or ''}"
            raise

    async def find_render(self, entry: KeyEntry, found: RenderEntry) -> Video | None:
        """Return a render that was found, once it has ended; None where it has to be made again."""
        if found.phase in ("failed", "cancelled"):
            return None
        try:
            if found.phase in ("submitting", "submitted"):
                await self.claim_unfinished(entry, found)
                render = await wait_for_render(self._resources, found)
            else:
                render = await self._resources.renders.retrieve(found.id)
                render = render.model_copy(update={"format": found.format})
            if render is None or not render.is_completed:
                return None
            draft = await read_last_draft(self._resources, found.session_id)
        except NotFoundError as error:
            if came_from_callback(error):
                raise
            return None
        except BaseException:
            await self._journal.update_render(found.id, release=True)
            raise
        return Video(self._resources, found.session_id, entry.task_id, "", draft, render)

    async def claim_unfinished(self, entry: KeyEntry, unfinished: Entry) -> None:
        """Claim what was sent under the key.

        Raises:
            InProgressError: `recover` is at work on it elsewhere.
        """
        if await self._journal.claim(unfinished) == "taken":
            raise in_progress(entry)

    @abstractmethod
    async def _begin(self, entry: KeyEntry) -> _T:
        """Do it: nothing was sent so far."""

    @abstractmethod
    async def _pick_up(
        self, entry: KeyEntry, message: MessageEntry | None, render: RenderEntry | None
    ) -> _T:
        """Go on with what was sent, without sending it again."""

    @abstractmethod
    async def _restore(self, entry: KeyEntry) -> _T:
        """Return the result of finished work."""

    @abstractmethod
    def _dump(self, result: _T) -> bytes:
        """Return a result as it is stored."""

    @abstractmethod
    def _ending(self) -> tuple[KeyPhase | None, bytes | None]:
        """Return what to enter when it has failed: its phase, None as it is, and its result."""


_DIFFERENCE = {
    "generate": "another prompt, other files or another language",
    "send": "another message, or another session",
    "export": "another session, format or quality",
}
