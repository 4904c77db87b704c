"""Where a video is saved: its target checked first, its file downloaded at the end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import overload

from nemovideo.concurrency.callbacks import ProgressCallback
from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import InvalidInputError
from nemovideo.files.file_objects import check_file_object
from nemovideo.files.save_targets import SaveTarget, path_of
from nemovideo.models.renders import Render
from nemovideo.resources.download import download_into, download_render, open_place
from nemovideo.resources.renders import FORMATS, Format
from nemovideo.resources.resource_set import Resources


def format_of(path: str | os.PathLike[str] | None) -> Format:
    """Return the format that a name ends in; `mp4` where it ends in none."""
    # `check_path` refuses what is no path.
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else ""
    ending = name.rpartition(".")[2].lower()
    formats: dict[str, Format] = {each: each for each in FORMATS}
    return formats.get(ending, "mp4")


async def check_path(
    path: str | os.PathLike[str] | None, format: str = "mp4", *, new: bool = True
) -> Path | None:
    """Return where a video is to go, or refuse before anything is sent or charged.

    Args:
        new: refuse a URL at which there is a file, as it would not be replaced.
    """
    if path is None:
        return None
    place = await open_place(path, f"video.{format}")
    if not isinstance(place, Path):
        if new:
            await run_in_thread(place.check)
        name = place.url
    else:
        name = place.name
    ending = name.rpartition(".")[2].lower()
    if ending in FORMATS and ending != format:
        raise InvalidInputError(
            f"The path ends in .{ending}, and the video is to be {format}.",
            parameter="path",
            accepted=(f".{format}",),
            hint=f'Change the name, or: await project.export(path, format="{ending}")',
        )
    return path_of(path)


async def check_target(target: SaveTarget, format: str) -> None:
    """Refuse a target that a video cannot be saved to, before it is rendered."""
    if not isinstance(target, (str, os.PathLike)):
        await check_file_object(target)
        return
    try:
        await check_path(target, format, new=False)
    except InvalidInputError as error:
        error.parameter = "target"
        raise


@overload
async def save_render(
    resources: Resources,
    render: Render,
    target: str | os.PathLike[str],
    on_progress: ProgressCallback | None = None,
) -> Path: ...


@overload
async def save_render(
    resources: Resources,
    render: Render,
    target: SaveTarget,
    on_progress: ProgressCallback | None = None,
) -> Path | None: ...


async def save_render(
    resources: Resources,
    render: Render,
    target: SaveTarget,
    on_progress: ProgressCallback | None = None,
) -> Path | None:
    """Download a completed render, and note in the journal that it is here.

    Returns:
        Where it is; None for a file object.
    """
    pipeline, journal = resources.pipeline, resources.journal
    try:
        await journal.update_render(render.id, target=path_of(target))
        if isinstance(target, (str, os.PathLike)):
            saved = await download_render(pipeline, render, target, on_progress)
        else:
            saved = None
            await download_into(pipeline, render, target, on_progress)
    except BaseException:
        await journal.update_render(render.id, release=True)
        raise
    await journal.update_render(render.id, phase="downloaded")
    return saved
