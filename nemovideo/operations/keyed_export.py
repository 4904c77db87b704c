"""An export with a key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nemovideo.journal.entries import NewWork
from nemovideo.operations.export_runner import ExportRun
from nemovideo.operations.keyed_file import KeyedFile
from nemovideo.operations.keyed_work import KeyedWork
from nemovideo.operations.saving import check_path
from nemovideo.operations.stored_results import dump_video, load_video
from nemovideo.operations.video import Video

if TYPE_CHECKING:
    import os

    from nemovideo.concurrency.callbacks import Callback, ProgressCallback
    from nemovideo.events import Event
    from nemovideo.journal.entries import KeyEntry, KeyPhase, MessageEntry, RenderEntry
    from nemovideo.resources.resource_set import Resources


class KeyedExport(KeyedWork[Video]):
    """Renders one timeline, once under its key."""

    def __init__(
        self,
        resources: Resources,
        session_id: str,
        task_id: str | None,
        key: str,
        format: str,
        quality: str,
        path: str | os.PathLike[str] | None,
        on_event: Callback[Event] | None,
        on_progress: ProgressCallback,
    ) -> None:
        content = json.dumps([session_id, format, quality])
        work = NewWork(key=key, kind="export", request=content, session_id=session_id)
        super().__init__(resources, work)
        self._session_id, self._task_id = session_id, task_id
        self._output = (format, quality)
        self._path = path
        self._on_event = on_event
        self._file = KeyedFile(resources, path, on_progress)

    async def _begin(self, entry: KeyEntry) -> Video:
        await check_path(self._path, self._output[0])
        return await self._export(entry, None)

    async def _export(self, entry: KeyEntry, replaced: RenderEntry | None) -> Video:
        state = await self._resources.states.retrieve(self._session_id)
        run = ExportRun(
            self._resources,
            self._session_id,
            state.draft,
            *self._output,
            self._file.target,
            replaces=None if replaced is None else replaced.id,
            key_entry=entry,
        )
        render = await run.complete(self._on_event)
        video = Video(self._resources, self._session_id, self._task_id, "", state.draft, render)
        await self._file.save(video, render)
        return video

    async def _pick_up(
        self, entry: KeyEntry, message: MessageEntry | None, render: RenderEntry | None
    ) -> Video:
        video = None if render is None else await self.find_render(entry, render)
        if video is None or video.render is None:
            return await self._export(entry, render)
        video.task_id = self._task_id
        await self._file.save(video, video.render)
        return video

    async def _restore(self, entry: KeyEntry) -> Video:
        if entry.result is None:
            raise RuntimeError("what is finished has a result")
        video = load_video(self._resources, entry.result)
        if video.render is not None and await self._file.restore(video, video.render):
            await self._journal.store_result(entry, dump_video(video))
        return video

    def _dump(self, result: Video) -> bytes:
        return dump_video(result)

    def _ending(self) -> tuple[KeyPhase | None, bytes | None]:
        return None, None  # it costs nothing: what was begun is picked up, or made again
