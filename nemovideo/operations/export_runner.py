"""From a draft to a finished render, and from a render to a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from nemovideo.concurrency.async_generators import unhooked
from nemovideo.concurrency.callbacks import Callback, came_from_callback
from nemovideo.errors import (
    APIConnectionError,
    APIError,
    RenderFailedError,
    RenderTimeoutError,
)
from nemovideo.events import Event, RenderProgress
from nemovideo.journal.entries import NewRender
from nemovideo.journal.recorder import MessageRecord
from nemovideo.models.renders import Render
from nemovideo.operations.silence_watchdog import SilenceWatchdog
from nemovideo.protocol.retry_policy import is_ambiguous
from nemovideo.resources.failure_messages import nothing_to_export, render_cancelled, render_failed
from nemovideo.resources.renders import lacks_url, new_render_id
from nemovideo.resources.resource_set import Resources
from nemovideo.timeline.draft import Draft

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

    @unhooked
    async def events(self) -> AsyncGenerator[Event]:
        """Start the render and yield how it moves on.

        Raises:
            NothingToExportError: the draft has no segments.
            RenderFailedError: the service gave it up, and the second try as well, or somebody
                cancelled it.
            RenderTimeoutError: it took longer than `Timing.render_limit`.
        """
        if not self.draft.is_ready:
            raise nothing_to_export(self.session_id)
        tried: list[str] = []
        try:
            for _ in range(_TRIES):
                tried.append(new_render_id())
                async with aclosing(self._try(tried[-1])) as looks:
                    async for event in looks:
                        yield event
                if await self._is_settled():
                    return
            raise await self._give_up()
        except BaseException as error:
            await self._leave(tried)
            attach_session_id(error, self.session_id)
            raise

    async def complete(self, on_event: Callback[Event] | None = None) -> Render:
        """Go through `events` to their end and return the completed render."""
        interval = self.resources.settings.timing.still_working
        async with (
            SilenceWatchdog(on_event, interval) as watchdog,
            aclosing(self.events()) as events,
        ):
            async for event in events:
                await watchdog.emit(event)
        return self._ended

    @unhooked
    async def _try(self, render_id: str) -> AsyncGenerator[Event]:
        journal, renders = self.resources.journal, self.resources.renders
        # Written down first: a process killed from here on finds the render by its id.
        await journal.begin_render(
            NewRender(
                id=render_id,
                session_id=self.session_id,
                format=self.format,
                quality=self.quality,
                target_path=self.target,
                message_id=None if self.message is None else self.message.id,
                replaces=self.render.id if self.render else self.replaces,
            )
        )
        try:
            self.render = await renders.submit(
                self.session_id, self.draft, self.format, self.quality, render_id
            )
        except APIError as error:
            if not is_ambiguous(error):  # refused, it never was
                await journal.update_render(render_id, phase="failed")
            raise
        await journal.update_render(render_id, phase="submitted")
        yield RenderProgress(self.render)
        if self.render.is_finished and not lacks_url(self.render):
            return
        async with aclosing(renders.follow(render_id, known=True)) as looks:
            async for render in looks:
                self.render = render.model_copy(update={"format": self.format})
                yield RenderProgress(self.render)

    async def _is_settled(self) -> bool:
        """Enter how a try ended. What has failed stays open until the next try is entered.

        Raises:
            RenderFailedError: somebody cancelled the render, so it is not tried again.
        """
        render, journal = self._ended, self.resources.journal
        if render.is_completed:
            await journal.update_render(render.id, phase="completed", url=render.url)
        elif await journal.was_cancelled(render):
            await journal.update_render(render.id, phase="cancelled")
            raise render_cancelled(render, self.session_id)
        return render.is_completed

    async def _give_up(self) -> RenderFailedError:
        await self.resources.journal.update_render(self._ended.id, phase="failed")
        return render_failed(self._ended, self.session_id)

    async def _leave(self, tried: Sequence[str]) -> None:
        """Leave to `recover` what may still finish, or has finished and was given to nobody."""
        done = self.render.id if self.render is not None and self.render.is_completed else None
        for render_id in tried:
            await self.resources.journal.update_render(
                render_id, phase="submitted" if render_id == done else None, release=True
            )

    @property
    def _ended(self) -> Render:
        if self.render is None:
            raise RuntimeError("a try that ends without an error has a render")
        return self.render


def attach_session_id(error: BaseException, session_id: str) -> None:
    """Tell with an error of an export which session it is about: the work in it is there."""
    if came_from_callback(error):
        return  # it may be of another client
    if isinstance(error, (APIError, APIConnectionError, RenderFailedError, RenderTimeoutError)):
        error.session_id = session_id
