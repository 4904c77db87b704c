"""The render queue: jobs wait for a worker thread; each can be cancelled."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo.sandbox.clips.conform import MadeClip, asset_name, conform
from nemovideo.sandbox.clips.maker import ClipError, ClipMaker
from nemovideo.sandbox.clips.request import generated, request_of, requests_of
from nemovideo.sandbox.draft import as_ms, meta, own_meta
from nemovideo.sandbox.quoting import shortened
from nemovideo.sandbox.service.accounts import Service
from nemovideo.sandbox.service.agent import Spawn
from nemovideo.sandbox.service.signed_links import SignedLinks
from nemovideo.sandbox.storage.records import Json, Render

if TYPE_CHECKING:
    from nemovideo.sandbox.studio import RenderResult

logger: logging.Logger = logging.getLogger("nemovideo.sandbox")

FORMATS = ("mp4", "mov", "webm", "gif")
QUALITIES = ("low", "medium", "high")
_CLIPS_SHARE = 0.9
"""The part of a render's progress that the making of its clips is, where there are some to make."""


@dataclass
class _Job:
    render: Render
    cancelled: bool = False
    done: float = 0.0
    """The part that is done, from 0 to 1."""
    drawn_from: float = 0.0
    """The part that was done when the drawing began."""
    clips: dict[str, MadeClip] = field(default_factory=dict[str, MadeClip])
    started_at: float = 0.0
    service_time: float = 0.0
    """How long the job takes at least, in seconds: the service's pace, scaled by the speed."""


class RenderQueue:
    """Runs the renders in worker threads and updates their records."""

    def __init__(
        self,
        service: Service,
        links: SignedLinks,
        spawn: Spawn,
        clips: ClipMaker | None = None,
    ) -> None:
        self._service = service
        self._links = links
        self._spawn = spawn
        self._clips = clips
        self._jobs: dict[str, _Job] = {}
        self._workers = asyncio.Semaphore(1)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="nemovideo-render")

    def submit(self, render: Render) -> None:
        """Queue a render; it is `pending` until a worker is free."""
        self._service.store.save(render)
        job = _Job(render)
        self._jobs[render.id] = job
        self._spawn(self._run(job))

    def resume(self) -> None:
        """Queue again what an earlier process left unfinished."""
        for render in list(self._service.store.renders.values()):
            if render.status in {"pending", "processing"}:
                render.status, render.progress = "pending", 0
                self.submit(render)

    def cancel(self, render: Render) -> None:
        if render.status not in {"pending", "processing"}:
            return
        if (job := self._jobs.get(render.id)) is not None:
            job.cancelled = True
        render.status, render.error = "failed", "Cancelled by the user"
        render.completed_at = self._service.clock.now()
        self._service.store.save(render)

    def refresh(self, render: Render) -> None:
        job = self._jobs.get(render.id)
        if job is not None and render.status == "processing":
            elapsed = self._service.clock.now() - job.started_at
            part = min(job.done, elapsed / job.service_time if job.service_time else 1.0)
            render.progress = max(render.progress, min(99, round(part * 100)))

    def stop(self) -> None:
        """Cancel every job, but leave the records: `resume` continues them."""
        for job in self._jobs.values():
            job.cancelled = True

    def close(self) -> None:
        """Stop, and wait for the worker threads to end; blocks."""
        self.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _run(self, job: _Job) -> None:
        try:
            is_drawn = not self._service.settings.stub_renders and job.render.forced_status is None
            if self._clips is not None and is_drawn:
                await self._make_clips(job, self._clips)
            async with self._workers:
                if job.cancelled or job.render.forced_status == "stuck":
                    return
                self._process(job)
                await self._render(job)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the render has failed
            self._finish(job, error)
        finally:
            self._jobs.pop(job.render.id, None)

    def _process(self, job: _Job) -> None:
        job.render.status = "processing"
        self._service.store.save(job.render)

    async def _make_clips(self, job: _Job, maker: ClipMaker) -> None:
        """Have the clips of a render made, and write down which could not be."""
        if not (requests := requests_of(job.render.draft, maker.server)):
            return
        self._process(job)
        job.render.notes.clear()
        errors: dict[str, str] = {}
        for number, request in enumerate(requests):

            def on_progress(part: float, number: int = number) -> None:
                if job.cancelled:
                    raise RuntimeError("the render was cancelled")
                job.drawn_from = _CLIPS_SHARE
                job.done = _CLIPS_SHARE * (number + part) / len(requests)

            try:
                job.clips[request.key] = await maker.make(request, on_progress)
            except ClipError as error:
                logger.warning("the clip %r is drawn instead. %s", request.name, error)
                errors[request.key] = str(error)
                shown = f'The clip "{shortened(request.name)}" is a drawn picture.'
                job.render.notes.append(f"{shown} {error}")
            job.done = job.drawn_from * (number + 1) / len(requests)
        self._note_in_draft(job, maker, {request.key for request in requests}, errors)

    def _note_in_draft(
        self, job: _Job, maker: ClipMaker, keys: set[str], errors: dict[str, str]
    ) -> None:
        """Write into the session's draft why a picture is drawn, and take out what holds no more.

        The draft stays the same object: a turn that runs compares it with the one it leaves.
        """
        session = self._service.store.sessions.get(job.render.session_id)
        if session is None or session.draft is None:
            return
        changed = False
        for item in generated(session.draft):
            key = request_of(item, session.draft, maker.server).key
            fields = own_meta(item.node)
            if key in keys and fields.get("clip_error") != errors.get(key):
                fields.pop("clip_error", None)
                fields.update({"clip_error": errors[key]} if key in errors else {})
                changed = True
        if changed:
            self._service.record_draft(session, session.draft)
            self._service.store.save(session)

    async def _render(self, job: _Job) -> None:
        render, clock = job.render, self._service.clock
        file_id = secrets.token_hex(16)
        target = self._service.store.new_path(f"{file_id}.{render.format}")
        job.started_at = clock.now()
        # The service takes 30 to 90 seconds (wire-contract section 4).
        seconds = min(90.0, 30.0 + as_ms(render.draft.get("d")) / 1000)
        job.service_time = seconds * clock.speed
        work = self._blocking_work(job, target)
        file = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        if render.forced_status == "failed":
            target.unlink(missing_ok=True)
            raise RuntimeError("Render worker ran out of memory")
        job.done = 1.0
        left = job.started_at + job.service_time - clock.now()
        if left > 0:
            await clock.pause(left / clock.speed)
        if job.cancelled:
            target.unlink(missing_ok=True)
            return
        filename = f"{render.id}.{render.format}"
        render.file_id = self._links.register(target, filename, file_id).file_id
        render.duration, render.size = file.duration, file.size
        render.width, render.height = file.width, file.height
        self._finish(job, None)

    def _blocking_work(self, job: _Job, target: Path) -> "Callable[[], RenderResult]":
        """Return the work of the worker thread, which reads nothing of the store."""
        render, settings = job.render, self._service.settings
        draft, media = render.draft, self._media(render.session_id)
        if self._clips is not None:
            draft = conform(draft, self._clips.server, job.clips)
            media |= {asset_name(key): self._clips.path_of(key) for key in job.clips}

        def on_progress(part: float) -> None:
            job.done = job.drawn_from + (1 - job.drawn_from) * part

        def work() -> "RenderResult":
            # Here and not at the top: codecs and fonts take a third of a second to load.
            import nemovideo.sandbox.studio as studio

            if settings.stub_renders or render.forced_status == "failed":
                width, height = _size(render.draft)
                duration = max(as_ms(render.draft.get("d"), 1000), 100) / 1000
                return studio.stub(
                    target, width=width, height=height, duration=duration, format=render.format
                )
            return studio.render(
                _limit_height(draft, settings.render_height),
                target,
                format=render.format,
                quality=render.quality,
                media=media,
                on_progress=on_progress,
                should_stop=lambda: job.cancelled,
            )

        return work

    def _media(self, session_id: str) -> dict[str, Path]:
        """Return the paths of the session's files by the names that a draft uses."""
        session = self._service.store.sessions.get(session_id)
        found = {a.filename: self._links.find(a.file_id) for a in session.assets} if session else {}
        path_of = self._service.store.path_of
        return {name: path_of(file) for name, file in found.items() if file is not None}

    def _finish(self, job: _Job, error: Exception | None) -> None:
        render = job.render
        if job.cancelled:
            return
        if error is None:
            render.status, render.progress = "completed", 100
        else:
            logger.info("render %s failed: %s", render.id, error)
            render.status, render.error = "failed", str(error)
        render.completed_at = self._service.clock.now()
        self._service.store.save(render)


def _limit_height(draft: Json, height: int | None) -> Json:
    """Return the draft with a picture of at most this height, in the same proportions."""
    wide, tall = _size(draft)
    if height is None or tall <= height:
        return draft
    return {**draft, "m": {**meta(draft), "width": wide * height / tall, "height": height}}


def _size(draft: Json) -> tuple[int, int]:
    fields = meta(draft)
    return as_ms(fields.get("width"), 1920), as_ms(fields.get("height"), 1080)
