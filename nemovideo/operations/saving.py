"""Where a video is saved: its path checked first, its file downloaded at the end."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from nemovideo.concurrency.callbacks import ProgressCallback
from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import (
    InvalidInputError,
)
from nemovideo.files.download_target import check_target
from nemovideo.models.renders import Render
from nemovideo.resources.renders import (
    FORMATS,
)
from nemovideo.resources.resource_set import Resources


async def check_path(path: str | os.PathLike[str] | None, format: str = "mp4") -> Path | None:
    """Return where a video is to go, or refuse before anything is sent or charged."""
    if path is None:
        return None
    target = await run_in_thread(partial(check_target, path, f"video.{format}"))
    ending = target.suffix.lower().removeprefix(".")
    if ending in FORMATS and ending != format:
        raise InvalidInputError(
            f"The path ends in .{ending}, and the video is to be {format}.",
            parameter="path",
            accepted=(f".{format}",),
            hint=f'Change the name, or: await project.export(path, format="{ending}")',
        )
    return Path(path)


async def save_render(
    resources: Resources,
    render: Render,
    path: str | os.PathLike[str],
    on_progress: ProgressCallback | None = None,
) -> Path:
    """Download a completed render, and note in the journal that it is here."""
    try:
        await resources.journal.update_render(render.id, target=Path(path))
        saved = await resources.renders.download(render, path, on_progress)
    except BaseException:
        await resources.journal.update_render(render.id, release=True)
        raise
    await resources.journal.update_render(render.id, phase="downloaded")
    return saved
