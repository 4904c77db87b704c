"""A generation with a key."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING

from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import InvalidInputError
from nemovideo.files.save_targets import RemotePath, path_of
from nemovideo.files.sources import CHUNK_BYTES
from nemovideo.journal.entries import NewWork
from nemovideo.journal.recorder import MessageRecord
from nemovideo.operations.export_runner import ExportRun
from nemovideo.operations.generation_runner import GenerationRun, empty_result_error
from nemovideo.operations.keyed_work import OPEN_MESSAGE, KeyedWork
from nemovideo.operations.saving import check_path, save_render
from nemovideo.operations.settlement import settle_message
from nemovideo.operations.stored_results import dump_video, load_video
from nemovideo.operations.video import Video
from nemovideo.timeline.draft import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nemovideo.concurrency.emitted_values import Emit
    from nemovideo.events import Event
    from nemovideo.files.multipart import Part
    from nemovideo.journal.entries import KeyEntry, KeyPhase, MessageEntry, RenderEntry
    from nemovideo.models.renders import Render


class KeyedGeneration(KeyedWork[Video]):
    """Makes one video, once under its key."""

    def __init__(self, run: GenerationRun, work: NewWork, emit: Emit[Event]) -> None:
        super().__init__(run.resources, work)
        self._run = run
        self._emit = emit
        self._failed_free = False
        self._empty: Video | None = None

    @classmethod
    async def start(cls, run: GenerationRun, key: str, emit: Emit[Event]) -> Video:
        """Check the request, and return its video."""
        await run.prepare()
        request = run.request
        files = [] if run.form is None else await run_in_thread(partial(_digests, run.form.parts))
        content = json.dumps([request.prompt, files, list(request.urls), request.language])
        work = NewWork(key=key, kind="generate", request=content)
        return await cls(run, work, emit).run()

    async def _begin(self, entry: KeyEntry) -> Video:
        self._run.held = entry
        await check_path(self._run.request.path)  # now that it is to be made, nothing may be there
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
        video = None if render is None else await self.find_render(entry, render)
        if video is not None:
            await self._save(video)
            return video
        video = Video(self._resources, entry.session_id or "", entry.task_id, "", Draft())
        record = None
        try:
            if message is not None and message.phase in OPEN_MESSAGE:
                await self.take(entry, message)
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
        found = await settle_message(self._resources, message)
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
                target=self._target,
                message=record,
                replaces=None if replaced is None else replaced.id,
            )
            video.render = await run.run(self._emit)
            await self._save(video)
            return
        if record is not None:
            await record.mark("finished")
        if wanted or self._failed_free:
            self._empty = video
            raise empty_result_error(video)

    @property
    def _target(self) -> Path | None:
        path = self._run.request.path
        return None if path is None else path_of(path)

    async def _save(self, video: Video) -> None:
        """Fetch the file, unless it has been fetched."""
        render = video.render
        if render is None:
            raise RuntimeError("a video is saved once it is rendered")
        if self._target is None:
            await self._journal.update_render(render.id, release=True)
            return
        found = await self._journal.query(lambda journal: journal.find_render(render.id))
        saved = found.target_path if found is not None and found.phase == "downloaded" else None
        video.path = await self._file_there(render, saved)
        if video.path is None:
            await self._fetch(video, render)

    async def _fetch(self, video: Video, render: Render) -> None:
        path = self._run.request.path
        if path is not None:
            progress = self._run.report_download
            video.path = await save_render(self._resources, render, path, progress)
            await self._run.emit_transferred(self._emit)

    async def _file_there(self, render: Render, saved: Path | None) -> Path | None:
        """Return where the film is, if it was saved at the target and still is there."""
        target = self._target
        if target is None or saved is None:
            return None
        if isinstance(target, RemotePath) or isinstance(saved, RemotePath):
            return saved if target == saved and await self._is_taken() else None
        return await run_in_thread(partial(_same_file, target, saved, render))

    async def _is_taken(self) -> bool:
        """Return True if a file is at the URL, or if that cannot be found out."""
        try:
            await check_path(self._run.request.path)
        except InvalidInputError:
            return True
        return False

    async def _restore(self, entry: KeyEntry) -> Video:
        if entry.result is None:
            raise RuntimeError("what is finished has a result")
        video = load_video(self._resources, entry.result)
        if not self._run.request.export:
            return video
        if video.render is None:
            await self._complete(video, None, None)
        else:
            here = await self._file_there(video.render, video.path)
            if here is not None:
                return video
            # The link was stored without its signature.
            fresh = await self._resources.renders.retrieve(video.render.id)
            video.render = fresh.model_copy(update={"format": video.render.format})
            if self._target is None:
                return video
            await self._fetch(video, video.render)
        await self._journal.store_result(entry, dump_video(video))
        return video

    def _dump(self, result: Video) -> bytes:
        return dump_video(result)


def _same_file(target: Path, saved: Path, render: Render) -> Path | None:
    """Return the file that `target` means, a file or a folder, if it is the one that was saved."""

    def meant(path: Path) -> Path:
        return path / f"{render.id}.{render.format}" if path.is_dir() else path

    path = meant(target)
    return path if path.absolute() == meant(saved).absolute() and path.is_file() else None


def _digests(parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Return the names and digests of files."""
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
