"""Finishing what an earlier process, or an earlier call, paid for and did not download."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from anyio import to_thread

from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.concurrency.single_flight import SingleFlight
from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import (
    DownloadError,
    InProgressError,
    NemoVideoError,
    SessionNotFoundError,
)
from nemovideo.files.save_targets import RemotePath
from nemovideo.journal.entries import MessageEntry
from nemovideo.journal.recorder import MessageRecord
from nemovideo.models.renders import Render
from nemovideo.models.turn import Turn
from nemovideo.operations.export_runner import ExportRun
from nemovideo.operations.recovered_file import download_name, place
from nemovideo.operations.saving import save_render
from nemovideo.operations.settlement import read_last_draft, settle_message, wait_for_render
from nemovideo.operations.video import Video, of_client
from nemovideo.resources.failure_messages import render_cancelled
from nemovideo.resources.resource_set import Resources
from nemovideo.timeline.draft import Draft
from nemovideo.timeline.draft_comparison import diff_drafts

if TYPE_CHECKING:
    from nemovideo.journal.entries import Entry, RenderEntry

_T = TypeVar("_T")

_logger = logging.getLogger("nemovideo")


class Unfinished(ABC, Generic[_T]):
    """Something that the journal knows to be unfinished."""

    kind: str
    """"message" or "render"."""
    session_id: str
    """The session that it belongs to."""
    created_at: datetime
    """When it was started, with a time zone."""
    target: Path | None
    """Where it was to be saved, and once it is resumed, where it was."""
    prompt_digest: str | None
    """Identifies its prompt within the same journal, if it is known."""
    key: str | None
    """The key that it was given, if any."""

    def __init__(self, resources: Resources, entry: Entry) -> None:
        self._resources = resources
        self.session_id = entry.session_id
        self.created_at = entry.created_at
        self.target = entry.target_path
        self.prompt_digest = entry.prompt_digest
        self.key = entry.key
        folder = resources.settings.config_dir
        self._single_flight: SingleFlight[_T] = SingleFlight.of(folder, self.kind, entry.id)

    @property
    def path(self) -> Path | None:
        """The same as `target`."""
        return self.target

    async def resume(self) -> _T:
        """Bring it to its end; afterwards it is not listed any more.

        A file that has appeared at its target in the meantime is not overwritten: the video is then
        saved under a free name in the same folder, which `target` has afterwards.

        Resumed a second time in this process, it returns the same result.

        Raises:
            InProgressError: another process is at work on it.
            SessionNotFoundError: its session is gone; from now on it is not listed any more.
            NemoVideoError: another process has finished it, or the service cannot be reached.
        """
        return self._own(await self._single_flight.run(self._resume_claimed))

    async def forget(self) -> None:
        """Discard it: it is no longer listed, and its key is free. Nothing is sent.

        Raises:
            InProgressError: it is in progress elsewhere.
            NemoVideoError: the journal cannot be written.
        """
        if await self._claim():
            await self._discard()
        if not self._resources.journal.available:
            raise NemoVideoError(
                f"This {self.kind} stays listed: the journal cannot be written.",
                hint="Mend that and try again.",
            )

    async def _resume_claimed(self) -> _T:
        if not await self._claim():
            raise NemoVideoError(
                f"This {self.kind} of session {self.session_id} is finished already.",
                hint="List again what is unfinished.",
            )
        try:
            return await self._resume()
        except SessionNotFoundError as error:
            if came_from_callback(error) or not await self._resources.journal.is_ours(self._entry):
                await self._release()
                raise
            await self._discard()
            error.hint = f"What was unfinished in it is not listed any more. {error.hint or ''}"
            raise
        except BaseException:
            await self._release()
            raise

    def _own(self, result: _T) -> _T:
        return result

    async def _claim(self) -> bool:
        """Claim it, and return True if it is still unfinished.

        Raises:
            InProgressError: it is in progress elsewhere.
        """
        claim = await self._resources.journal.claim(self._entry)
        if claim == "taken":
            raise InProgressError(
                f"This {self.kind} of session {self.session_id} is in progress elsewhere.",
                key=self.key,
                session_id=self.session_id,
                hint="Wait for it, or list the unfinished work again later.",
            )
        return claim == "ours"

    async def _save(self, render: Render, target: Path, replaceable: str | None) -> Path:
        """Fetch a file, and put it where it overwrites nothing newer."""
        renders, journal = self._resources.renders, self._resources.journal
        if isinstance(target, RemotePath):
            return await self._save_to_url(render, target)
        if await to_thread.run_sync(target.is_dir):
            return await save_render(self._resources, render, target)
        saved = await renders.download(render, download_name(target, render.id))
        try:
            path = await run_in_thread(partial(place, saved, target, replaceable))
        except OSError as error:
            raise DownloadError(
                f"The file is {saved}, and could not be put at {target}: {error.strerror}.",
                path=str(saved),
            ) from error
        await journal.update_render(render.id, phase="downloaded")
        if path != target:
            _logger.warning("%s is another file by now, so this one is %s.", target, path)
            self.target = path
        return path

    async def _save_to_url(self, render: Render, target: RemotePath) -> Path:
        try:
            return await save_render(self._resources, render, target)
        except DownloadError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
        stem, dot, ending = str(target).rpartition(".")
        free = RemotePath(f"{stem}-{render.id[-12:]}{dot}{ending}")
        self.target = await save_render(self._resources, render, free)
        _logger.warning("%s is another file by now, so this one is %s.", target, self.target)
        return self.target

    async def _discard(self) -> None:
        await self._end()
        if self.key is not None:
            await self._resources.journal.drop_key(self._entry)

    @abstractmethod
    async def _end(self) -> None: ...

    @property
    @abstractmethod
    def _entry(self) -> Entry: ...

    @abstractmethod
    async def _resume(self) -> _T: ...

    @abstractmethod
    async def _release(self) -> None: ...


class UnfinishedRender(Unfinished[Video]):
    """A render that was submitted, and whose file was not fetched."""

    kind = "render"

    def __init__(self, resources: Resources, entry: RenderEntry) -> None:
        super().__init__(resources, entry)
        self._render_entry = entry
        self.render_id: str = entry.id
        """Its id."""

    @property
    def _entry(self) -> Entry:
        return self._render_entry

    def _own(self, result: Video) -> Video:
        # It may be of another client in this process, which is closed before this one.
        return of_client(result, self._resources)

    async def _resume(self) -> Video:
        render = await wait_for_render(self._resources, self._render_entry)
        if render is not None and not render.is_completed:
            await self._check_wanted(render)
        if render is None or not render.is_completed:
            render = await self._render_again()
        path = None
        if self.target is not None:
            path = await self._save(render, self.target, self._render_entry.replaceable)
        draft = await read_last_draft(self._resources, self.session_id)
        return Video(self._resources, self.session_id, None, "", draft, render, path=path)

    async def _check_wanted(self, render: Render) -> None:
        journal = self._resources.journal
        if await journal.was_cancelled(render):
            await journal.update_render(self.render_id, phase="cancelled")
            raise render_cancelled(render, self.session_id)

    async def _render_again(self) -> Render:
        """Render the session's draft under a new id; it costs nothing."""
        entry = self._render_entry
        state = await self._resources.states.retrieve(self.session_id)
        run = ExportRun(
            self._resources,
            self.session_id,
            state.draft,
            entry.format,
            entry.quality,
            self.target,
            replaces=entry.id,
        )
        return await run.complete()

    async def _release(self) -> None:
        await self._resources.journal.update_render(self.render_id, release=True)

    async def _end(self) -> None:
        entry = self._render_entry
        await self._resources.journal.end_render(entry.id, entry.message_id)

    def __repr__(self) -> str:
        return f"render {self.render_id}{_purpose(self)}, {self._render_entry.phase} ({_ago(self)})"


class UnfinishedMessage(Unfinished[Turn]):
    """A message whose answer was lost."""

    kind = "message"

    def __init__(self, resources: Resources, entry: MessageEntry) -> None:
        super().__init__(resources, entry)
        self._message_entry = entry
        self.task_id: str | None = entry.task_id
        """The task of the session, where it is known."""

    @property
    def _entry(self) -> Entry:
        return self._message_entry

    async def _resume(self) -> Turn:
        settled = await settle_message(self._resources, self._message_entry)
        draft, before = settled.draft, settled.before
        changes = () if before is None else await diff_drafts(draft, before)
        record = MessageRecord(self._resources.journal, self._message_entry.id)
        if self._message_entry.export and self.target is not None and draft.is_ready:
            await self._export(draft, record, self.target)
        # Under its key it is sent again where it is certain that nothing came of it.
        await record.mark("failed" if settled.is_free else "finished")
        return Turn("", changes, draft, "state", self.session_id)

    async def _export(self, draft: Draft, record: MessageRecord, target: Path) -> None:
        run = ExportRun(self._resources, self.session_id, draft, target=target, message=record)
        render = await run.complete()
        try:
            await self._save(render, target, self._message_entry.replaceable)
        except BaseException:
            await self._resources.journal.update_render(render.id, release=True)
            raise

    async def _release(self) -> None:
        await self._resources.journal.update_message(self._message_entry.id, release=True)

    async def _end(self) -> None:
        await self._resources.journal.update_message(self._message_entry.id, phase="finished")

    def __repr__(self) -> str:
        where = f"{self.session_id}{_purpose(self)}"
        return f"message in session {where}, {self._message_entry.phase} ({_ago(self)})"


def _purpose(item: Unfinished[_T]) -> str:
    target = f" for {item.target}" if item.target else ""
    return f"{target}, key {item.key!r}" if item.key else target


def _ago(item: Unfinished[_T]) -> str:
    minutes = int((datetime.now(UTC) - item.created_at).total_seconds() // 60)
    return "just now" if minutes < 1 else f"{minutes} min ago"


async def list_unfinished(
    resources: Resources,
) -> list[UnfinishedRender | UnfinishedMessage]:
    return [
        UnfinishedMessage(resources, entry)
        if isinstance(entry, MessageEntry)
        else UnfinishedRender(resources, entry)
        for entry in await resources.journal.unfinished()
    ]
