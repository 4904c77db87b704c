"""From a draft to a finished render, and from a render to a file."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo._disk import check_target
from nemovideo._keeping import MessageRecord
from nemovideo._nesting import nested
from nemovideo._observers import ByteObserver
from nemovideo._threads import to_the_end
from nemovideo.errors import APIError, InvalidInputError
from nemovideo.events import Event, RenderProgress
from nemovideo.models.draft import Draft
from nemovideo.models.renders import Render
from nemovideo.protocol.schedule import is_ambiguous
from nemovideo.resources import Resources
from nemovideo.resources.renders import FORMATS, new_render_id, nothing_to_export, render_failed

if TYPE_CHECKING:
    from nemovideo._journal import RenderPhase

_TRIES = 2
"""A failed render is tried once more, under a new id (wire-contract section 4)."""


@dataclass
class ExportRun:
    """Renders one draft; `render` is set when `events` has ended."""

    resources: Resources
    session_id: str
    draft: Draft
    format: str = "mp4"
    quality: str = "high"
    target: Path | None = None
    message: MessageRecord | None = None
    replaces: str | None = None
    render: Render | None = None

    @nested
    async def events(self) -> AsyncGenerator[Event]:
        """Start the render and yield how it moves on.

        Raises:
            NothingToExportError: the draft has no segments.
            RenderFailedError: the service gave it up, and the second try as well.
            RenderTimeoutError: it took longer than `Timing.render_limit`.
        """
        if not self.draft.is_ready:
            raise nothing_to_export(self.session_id)
        for _ in range(_TRIES):
            async with aclosing(self._try(new_render_id())) as looks:
                async for event in looks:
                    yield event
            if self.render is not None and self.render.is_completed:
                return
        raise render_failed(self.render.id if self.render else "", self.render)

    @nested
    async def _try(self, render_id: str) -> AsyncGenerator[Event]:
        keeping = self.resources.keeping
        # Written down first: a process killed from here on finds the render by its id.
        try:
            await keeping.begin_render(
                render_id,
                self.session_id,
                self.format,
                self.quality,
                self.target,
                message=self.message,
                replaces=self.render.id if self.render else self.replaces,
            )
            self.render = await self.resources.renders.submit(
                self.session_id, self.draft, self.format, self.quality, render_id
            )
            await keeping.update_render(render_id, phase="submitted")
            yield RenderProgress(self.render)
            if not self.render.is_finished:
                async with aclosing(self._watch(render_id)) as looks:
                    async for event in looks:
                        yield event
        except BaseException as error:
            # Refused, it never was; otherwise it may still finish, and is left for `recover`.
            refused = isinstance(error, APIError) and not is_ambiguous(error)
            await keeping.update_render(
                render_id, phase="failed" if refused else None, release=True
            )
            raise
        phase: RenderPhase = "completed" if self.render.is_completed else "failed"
        await keeping.update_render(render_id, phase=phase, url=self.render.url)

    @nested
    async def _watch(self, render_id: str) -> AsyncGenerator[Event]:
        async with aclosing(self.resources.renders.watch(render_id, known=True)) as looks:
            async for render in looks:
                self.render = render.model_copy(update={"format": self.format})
                yield RenderProgress(self.render)


async def check_path(path: str | os.PathLike[str] | None, format: str = "mp4") -> Path | None:
    """Return where a video is to go, or refuse before anything is sent or charged."""
    if path is None:
        return None
    target = await to_the_end(partial(check_target, path, f"video.{format}"))
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
    on_progress: ByteObserver | None = None,
) -> Path:
    """Download a completed render, and note in the journal that it is here."""
    await resources.keeping.update_render(render.id, target=Path(path))
    try:
        saved = await resources.renders.download(render, path, on_progress)
    except BaseException:
        await resources.keeping.update_render(render.id, release=True)
        raise
    await resources.keeping.update_render(render.id, phase="downloaded")
    return saved
