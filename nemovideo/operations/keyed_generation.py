"""A generation with a key."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING

from nemovideo.concurrency.threads import run_in_thread
from nemovideo.events import SessionStarted
from nemovideo.files.save_targets import is_url
from nemovideo.files.sources import CHUNK_BYTES
from nemovideo.journal.entries import NewWork
from nemovideo.journal.recorder import MessageRecord
from nemovideo.operations.export_runner import ExportRun
from nemovideo.operations.generation_runner import GenerationRun, empty_result_error
from nemovideo.operations.keyed_file import KeyedFile
from nemovideo.operations.keyed_work import OPEN_MESSAGE, KeyedWork
from nemovideo.operations.saving import check_path
from nemovideo.operations.settlement import settle_message
from nemovideo.operations.stored_results import dump_video, load_video
from nemovideo.operations.video import Video
from nemovideo.resources.failure_messages import build_untraced
from nemovideo.timeline.draft import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo.concurrency.emitted_values import Emit
    from nemovideo.events import Event
    from nemovideo.files.multipart import Part
    from nemovideo.journal.entries import KeyEntry, KeyPhase, MessageEntry, RenderEntry
    from nemovideo.models.renders import Render

_MAYBE_PAID = (
    "No answer of the agent is known, and it may have been paid for: under this key it is not sent"
    " again."
)


class KeyedGeneration(KeyedWork[Video]):
    """Makes one video, once under its key."""

    def __init__(self, run: GenerationRun, work: NewWork, emit: Emit[Event]) -> None:
        super().__init__(run.resources, work)
        self._run = run
        self._emit = emit
        self._file = KeyedFile(run.resources, run.request.path, run.report_download)
        self._failed_free = False
        self._empty: Video | None = None

    @classmethod
    async def start(cls, run: GenerationRun, key: str, emit: Emit[Event]) -> Video:
        await run.prepare()
        request = run.request
        files = [] if run.form is None else await run_in_thread(partial(_digests, run.form.parts))
        work = NewWork(  # not in a local variable: a traceback may show those
            key=key,
            kind="generate",
            request=json.dumps([request.prompt, files, list(request.urls), request.language]),
        )
        return await cls(run, work, emit).run()

    async def _claim(self) -> KeyEntry:
        entry = self._run.claimed = await super()._claim()
        return entry

    async def _begin(self, entry: KeyEntry) -> Video:
        self._run.key_entry = entry
        if is_url(self._run.request.path):
            await check_path(self._run.request.path)  # now that it is made, nothing may be there
        return await self._run.produce(self._emit)

    def _ending(self) -> tuple[KeyPhase | None, bytes | None]:
        turn = self._run.turn
        if turn is not None and turn.is_free:
            self._failed_free = True
        if self._failed_free:
            return "failed", None
        empty = self._empty or self._run.empty
        # It is over, and made nothing: asked again, it says so again.
        return (None, None) if empty is None else ("finished", dump_video(empty))

    async def _pick_up(
        self, entry: KeyEntry, message: MessageEntry | None, render: RenderEntry | None
    ) -> Video:
        if entry.session_id is not None:
            await self._emit(SessionStarted(entry.session_id, entry.task_id, resumed=True))
        video = None if render is None else await self.find_render(entry, render)
        if video is not None and video.render is not None:
            await self._save(video, video.render)
            return video
        video = Video(self._resources, entry.session_id or "", entry.task_id, "", Draft())
        record = None
        try:
            if message is not None and message.phase in OPEN_MESSAGE:
                await self.claim_unfinished(entry, message)
                record = MessageRecord(self._journal, message.id)
            if record is None or message is None or render is not None:
                video.draft = (await self._resources.states.retrieve(video.session_id)).draft
            else:
                await self._settle(message, video)
            await self._complete(video, record, render)
        except BaseException:
            if record is not None:
                await record.release()
            raise
        return video

    async def _settle(self, message: MessageEntry, video: Video) -> None:
        """Find out what a message came to whose end is not known."""
        found = await settle_message(self._resources, message, self._emit)
        video.draft, video.credits_used = found.draft, found.spent
        self._failed_free = found.is_free

    async def _complete(
        self, video: Video, record: MessageRecord | None, replaced: RenderEntry | None
    ) -> None:
        """Render and save it, as far as that is wanted; its message ends."""
        wanted = self._run.request.export
        if wanted and video.draft.is_ready:
            run = ExportRun(
                self._resources,
                video.session_id,
                video.draft,
                target=self._file.target,
                message=record,
                replaces=None if replaced is None else replaced.id,
            )
            video.render = await run.run(self._emit)
            await self._save(video, video.render)
            return
        if record is not None:
            await record.mark("failed" if self._failed_free else "finished")
        if self._failed_free:
            raise build_untraced(video.session_id, has_key=True)
        if wanted:
            self._empty = video
            error = empty_result_error(video)
            if not video.text and video.credits_used is None:
                error.hint = _MAYBE_PAID
            raise error

    async def _save(self, video: Video, render: Render) -> None:
        await self._file.save(video, render)
        await self._run.emit_transferred(self._emit)

    async def _restore(self, entry: KeyEntry) -> Video:
        if entry.result is None:
            raise RuntimeError("what is finished has a result")
        video = load_video(self._resources, entry.result)
        await self._emit(SessionStarted(video.session_id, video.task_id))
        if not self._run.request.export:
            return video
        if video.render is None:
            await self._complete(video, None, None)
        elif not await self._file.restore(video, video.render):
            return video
        await self._run.emit_transferred(self._emit)
        await self._journal.store_result(entry, dump_video(video))
        return video

    def _dump(self, result: Video) -> bytes:
        return dump_video(result)


def _digests(parts: Sequence[Part]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for part in parts:
        digest = hashlib.blake2b(digest_size=32)
        file = part.source.open()
        try:
            while piece := file.read(CHUNK_BYTES):
                digest.update(piece)
        finally:
            if part.source.owned:
                file.close()
        found.append((part.name, digest.hexdigest()))
    return found
