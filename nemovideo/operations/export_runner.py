"""From a draft to a finished render, and from a render to a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nemovideo.concurrency.callbacks import Callback, came_from_callback
from nemovideo.concurrency.emitted_values import Emit
from nemovideo.errors import (
    APIConnectionError,
    APIError,
    RenderFailedError,
    RenderTimeoutError,
)
from nemovideo.events import Event, RenderProgress
from nemovideo.journal.entries import KeyEntry, NewRender
from nemovideo.journal.recorder import MessageRecord
from nemovideo.models.renders import Render
from nemovideo.operations.silence_watchdog import SilenceWatchdog
from nemovideo.protocol.retry_policy import is_ambiguous
from nemovideo.resources.failure_messages import nothing_to_export, render_cancelled, render_failed
from nemovideo.resources.renders import (
    lacks_url,
    new_render_id,
    poll_render,
    submit_render,
)
from nemovideo.resources.resource_set import Resources
from nemovideo.timeline.draft import Draft

_TRIES = 2
"""A failed render is tried once more, under a new id (wire-contract section 4)."""


@dataclass
class ExportRun:
    """Renders one draft."""

    resources: Resources
    session_id: str
    draft: Draft
    format: str = "mp4"
    quality: str = "high"
    target: Path | None = None
    message: MessageRecord | None = None
    replaces: str | None = None
    render: Render | None = None
    key_entry: KeyEntry | None = None
    """The entry of its key, which the caller holds."""

    async def run(self, emit: Emit[Event]) -> Render:
        """Start the render, emit how it progresses, and return it completed.

        Raises:
            NothingToExportError: the draft has no segments.
            RenderFailedError: the service reported it as failed, the second one as well, or
                was cancelled.
            RenderTimeoutError: it took longer than `Timing.render_limit`.
        """
        if not self.draft.is_ready:
            raise nothing_to_export(self.session_id)
        tried: list[str] = []
        try:
            while True:
                tried.append(new_render_id())
                self.render = render = await self._try(emit, tried[-1])
                if await self._is_completed(render):
                    return render
                if len(tried) == _TRIES:
                    await self.resources.journal.update_render(tried[-1], phase="failed")
                    raise render_failed(render, self.session_id)
        except BaseException as error:
            await self._release(tried)
            attach_session_id(error, self.session_id)
            raise

    async def complete(self, on_event: Callback[Event] | None = None) -> Render:
        """Run it outside of an operation; `on_event` is called with each event."""
        interval = self.resources.settings.timing.still_working
        async with SilenceWatchdog(on_event, interval) as watchdog:
            return await self.run(watchdog.emit)

    async def _try(self, emit: Emit[Event], render_id: str) -> Render:
        async def report(render: Render) -> None:
            self.render = self._with_format(render)
            await emit(RenderProgress(self.render))

        journal, pipeline = self.resources.journal, self.resources.pipeline
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
            ),
            self.key_entry,
        )
        try:
            render = await submit_render(
                pipeline, self.session_id, self.draft, self.format, self.quality, render_id
            )
        except APIError as error:
            if not is_ambiguous(error):  # refused, it never was
                await journal.update_render(render_id, phase="failed")
            raise
        await journal.update_render(render_id, phase="submitted")
        await report(render)
        if not render.is_finished or lacks_url(render):
            render = await poll_render(pipeline, render_id, report, known=True)
        return self._with_format(render)

    def _with_format(self, render: Render) -> Render:
        if render.format == self.format:
            return render
        return render.model_copy(update={"format": self.format})

    async def _is_completed(self, render: Render) -> bool:
        """Record how a try ended. What has failed stays open until the next try is recorded.

        Raises:
            RenderFailedError: the render was cancelled, so it is not tried again.
        """
        journal = self.resources.journal
        if render.is_completed:
            await journal.update_render(render.id, phase="completed", url=render.url)
        elif await journal.was_cancelled(render):
            await journal.update_render(render.id, phase="cancelled")
            raise render_cancelled(render, self.session_id)
        return render.is_completed

    async def _release(self, tried: Sequence[str]) -> None:
        """Leave to `recover` what may still finish, or has finished without being returned."""
        done = self.render.id if self.render is not None and self.render.is_completed else None
        for render_id in tried:
            await self.resources.journal.update_render(
                render_id, phase="submitted" if render_id == done else None, release=True
            )


def attach_session_id(error: BaseException, session_id: str) -> None:
    """Add to an error of an export which session it is about: what was made is there."""
    if came_from_callback(error):
        return  # it may be of another client
    if isinstance(error, (APIError, APIConnectionError, RenderFailedError, RenderTimeoutError)):
        error.session_id = session_id
