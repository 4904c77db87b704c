"""The render queue: jobs wait for a worker thread; each can be cancelled."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo.sandbox.draft import as_ms, meta
from nemovideo.sandbox.service.accounts import Service
from nemovideo.sandbox.service.agent import Spawn
from nemovideo.sandbox.service.signed_links import SignedLinks
from nemovideo.sandbox.storage.records import Json, Render

if TYPE_CHECKING:
    from nemovideo.sandbox.studio import RenderResult

logger: logging.Logger = logging.getLogger("nemovideo.sandbox")

FORMATS = ("mp4", "mov", "webm", "gif")
QUALITIES = ("low", "medium", "high")


@dataclass
class _Job:
    render: Render
    cancelled: bool = False
    encoded: float = 0.0
    """The part that is encoded, from 0 to 1."""
    started_at: float = 0.0
    service_time: float = 0.0
    """How long the job takes at least, in seconds: the service's pace, scaled by the speed."""


class RenderQueue:
    """Runs the renders in worker threads and updates their records."""

    def __init__(
        self, service: Service, links: SignedLinks, spawn: Spawn, workers: int = 1
    ) -> None:
        self._service = service
        self._links = links
        self._spawn = spawn
        self._jobs: dict[str, _Job] = {}
        self._workers = asyncio.Semaphore(workers)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="nemovideo-render")

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
        """Cancel a render that has not ended."""
        if render.status not in {"pending", "processing"}:
            return
        if (job := self._jobs.get(render.id)) is not None:
            job.cancelled = True
        render.status, render.error = "failed", "Cancelled by the user"
        render.completed_at = self._service.clock.now()
        self._service.store.save(render)

    def refresh(self, render: Render) -> None:
        """Update the `progress` of a running render."""
        job = self._jobs.get(render.id)
        if job is not None and render.status == "processing":
            elapsed = self._service.clock.now() - job.started_at
            part = min(job.encoded, elapsed / job.service_time if job.service_time else 1.0)
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
        async with self._workers:
            if job.cancelled or job.render.forced_status == "stuck":
                return
            try:
                job.render.status = "processing"
                self._service.store.save(job.render)
                await self._render(job)
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the render has failed
                self._finish(job, error)
            finally:
                self._jobs.pop(job.render.id, None)

    async def _render(self, job: _Job) -> None:
        render, clock = job.render, self._service.clock
        file_id = secrets.token_hex(16)
        target = self._service.store.new_path(f"{file_id}.{render.format}")
        job.started_at = clock.now()
        job.service_time = _service_seconds(render.draft) * clock.speed
        work = self._blocking_work(job, target)
        file = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        if render.forced_status == "failed":
            target.unlink(missing_ok=True)
            raise RuntimeError("Render worker ran out of memory")
        job.encoded = 1.0
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
        media = self._media(render.session_id)

        def on_progress(part: float) -> None:
            job.encoded = part

        def work() -> "RenderResult":
            # Here and not at the top: codecs and fonts take a third of a second to load.
            from nemovideo.sandbox.studio import render as render_draft
            from nemovideo.sandbox.studio import stub

            if settings.stub_renders or render.forced_status == "failed":
                width, height = _size(render.draft)
                duration = max(as_ms(render.draft.get("d"), 1000), 100) / 1000
                return stub(
                    target, width=width, height=height, duration=duration, format=render.format
                )
            return render_draft(
                _limit_height(render.draft, settings.render_height),
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


def _service_seconds(draft: Json) -> float:
    """Return how long the service renders this: 30 to 90 seconds (wire-contract section 4)."""
    return min(90.0, 30.0 + as_ms(draft.get("d")) / 1000)


def _limit_height(draft: Json, height: int | None) -> Json:
    """Return the draft with a picture of at most this height, in the same proportions."""
    wide, tall = _size(draft)
    if height is None or tall <= height:
        return draft
    return {**draft, "m": {**meta(draft), "width": wide * height / tall, "height": height}}


def _size(draft: Json) -> tuple[int, int]:
    fields = meta(draft)
    return as_ms(fields.get("width"), 1920), as_ms(fields.get("height"), 1080)
