"""The file of a video that was made under a key: fetched where it is not there already."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import InvalidInputError
from nemovideo.files.save_targets import RemotePath, path_of
from nemovideo.operations.saving import check_path, save_render

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from nemovideo.concurrency.callbacks import ProgressCallback
    from nemovideo.models.renders import Render
    from nemovideo.operations.video import Video
    from nemovideo.resources.resource_set import Resources


class KeyedFile:
    """Where the caller wants the file.

    Args:
        path: as the caller gave it; None to leave the file with the service.
    """

    def __init__(
        self,
        resources: Resources,
        path: str | os.PathLike[str] | None,
        on_progress: ProgressCallback,
    ) -> None:
        self._resources = resources
        self._path = path
        self._on_progress = on_progress
        self.target: Path | None = None if path is None else path_of(path)

    async def save(self, video: Video, render: Render) -> None:
        """Fetch the file of a render that was picked up, unless it has been fetched."""
        journal = self._resources.journal
        if self.target is None:
            await journal.update_render(render.id, release=True)
            return
        found = await journal.query(lambda journal: journal.find_render(render.id))
        saved = found.target_path if found is not None and found.phase == "downloaded" else None
        video.path = await self._find(render, saved)
        if video.path is None:
            await self._fetch(video, render)

    async def restore(self, video: Video, render: Render) -> bool:
        """Complete a video that was stored, and return whether its file was fetched again."""
        found = await self._find(render, video.path)
        if found is not None:
            video.path = found
            return False
        # The link was stored without its signature.
        fresh = await self._resources.renders.retrieve(render.id)
        video.render = fresh.model_copy(update={"format": render.format})
        await self._fetch(video, video.render)
        return self.target is not None

    async def _fetch(self, video: Video, render: Render) -> None:
        if self._path is not None:
            video.path = await save_render(self._resources, render, self._path, self._on_progress)

    async def _find(self, render: Render, saved: Path | None) -> Path | None:
        """Return where the file is, if it was saved at the target and still is there."""
        target = self.target
        if target is None or saved is None:
            return None
        if isinstance(target, RemotePath) or isinstance(saved, RemotePath):
            return saved if target == saved and await self._is_taken() else None
        return await run_in_thread(partial(_same_file, target, saved, render))

    async def _is_taken(self) -> bool:
        """Return True if a file is at the URL, or if that cannot be found out."""
        try:
            await check_path(self._path)
        except InvalidInputError:
            return True
        return False


def _same_file(target: Path, saved: Path, render: Render) -> Path | None:
    """Return the file that `target` means, a file or a folder, if it is the one that was saved."""

    def resolve(path: Path) -> Path:
        return path / f"{render.id}.{render.format}" if path.is_dir() else path

    path = resolve(target)
    return path if path.absolute() == resolve(saved).absolute() and path.is_file() else None
