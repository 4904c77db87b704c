"""The render queue: jobs wait, worker threads draw them, each can be cancelled."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nemovideo.sandbox.draft import as_ms, as_object
from nemovideo.sandbox.service.accounts import Service
from nemovideo.sandbox.service.agent import Spawn
from nemovideo.sandbox.service.signed_links import SignedLinks
from nemovideo.sandbox.storage.records import Json, Render

logger = logging.getLogger("nemovideo.sandbox")

FORMATS = ("mp4", "mov", "webm", "gif")
QUALITIES = ("low", "medium", "high")


class RenderedFile(Protocol):
    """What the studio says of a finished file."""

    @property
    def duration(self) -> float: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def size(self) -> int: ...


@dataclass
class _Job:
    render: Render
    stopped: bool = False
    drawn: float = 0.0
    started: float = 0.0
    due: float = 0.0


class RenderQueue:
    """Draws one render after the other, off the loop, and keeps their records up to date."""

    def __init__(
        self, service: Service, links: SignedLinks, spawn: Spawn, workers: int = 1
    ) -> None:
        self._service = service
        self._links = links
        self._spawn = spawn
        self._jobs: dict[str, _Job] = {}
        self._slots = asyncio.Semaphore(workers)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="nemovideo-render")

    def submit(self, render: Render) -> None:
        """Take a job; it is `pending` until a worker is free."""
        self._service.store.save(render)
        job = _Job(render)
        self._jobs[render.id] = job
        self._spawn(self._run(job))

    def resume(self) -> None:
        """Take up again what an earlier process left unfinished."""
        for render in list(self._service.store.renders.values()):
            if render.status in {"pending", "processing"}:
                render.status, render.progress = "pending", 0
                self.submit(render)

    def cancel(self, render: Render) -> None:
        """Stop a job; one that is already over stays what it is."""
        if render.status not in {"pending", "processing"}:
            return
        if (job := self._jobs.get(render.id)) is not None:
            job.stopped = True
        render.status, render.error = "failed", "Cancelled by the user"
        render.completed_at = self._service.clock.now()
        self._service.store.save(render)

    def refresh(self, render: Render) -> None:
        """Bring a running job's `progress` up to date."""
        job = self._jobs.get(render.id)
        if job is not None and render.status == "processing":
            waited = (self._service.clock.now() - job.started) / job.due if job.due else 1.0
            part = min(job.drawn, waited)
            render.progress = max(render.progress, min(99, round(part * 100)))

    def stop(self) -> None:
        """Tell every worker to leave off."""
        for job in self._jobs.values():
            job.stopped = True

    def close(self) -> None:
        """Wait for the worker threads to end; call it off the loop."""
        self.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _run(self, job: _Job) -> None:
        async with self._slots:
            if job.stopped or job.render.forced_status == "stuck":
                return
            try:
                job.render.status = "processing"
                self._service.store.save(job.render)
                await self._draw(job)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong, the job has failed
                self._finish(job, error)
            finally:
                self._jobs.pop(job.render.id, None)

    async def _draw(self, job: _Job) -> None:
        render = job.render
        file_id = secrets.token_hex(16)
        target = self._service.store.new_path(f"{file_id}.{render.format}")
        loop = asyncio.get_running_loop()
        job.started = self._service.clock.now()
        job.due = _service_seconds(render.draft) * self._service.clock.speed
        film = await loop.run_in_executor(self._threads, self._work(job, target))
        if render.forced_status == "failed":
            target.unlink(missing_ok=True)
            raise RuntimeError("Render worker ran out of memory")
        job.drawn = 1.0
        await self._wait_for_pace(job)
        if job.stopped:
            target.unlink(missing_ok=True)
            return
        render.file_id = self._links.register(
            target, f"{render.id}.{render.format}", file_id
        ).file_id
        render.duration, render.size = film.duration, film.size
        render.width, render.height = film.width, film.height
        self._finish(job, None)

    async def _wait_for_pace(self, job: _Job) -> None:
        """Take as long as the service does, scaled by the speed."""
        left = job.started + job.due - self._service.clock.now()
        if left > 0:
            await self._service.clock.pause(left / self._service.clock.speed)

    def _work(self, job: _Job, target: Path) -> Callable[[], RenderedFile]:
        """The blocking part, for a worker thread."""
        render = job.render
        media = self._media(render.session_id)

        def note(part: float) -> None:
            job.drawn = part

        def work() -> RenderedFile:
            # Here and not at the top: codecs and fonts take a third of a second to load.
            from nemovideo.sandbox import studio

            if self._service.settings.stub_renders or render.forced_status == "failed":
                width, height, seconds = _size(render.draft)
                return studio.stub(
                    target, width=width, height=height, duration=seconds, format=render.format
                )
            return studio.render(
                _limit_height(render.draft, self._service.settings.render_height),
                target,
                format=render.format,
                quality=render.quality,
                media=media,
                on_progress=note,
                should_stop=lambda: job.stopped,
            )

        return work

    def _media(self, session_id: str) -> dict[str, Path]:
        """The session's files by the names that a draft uses."""
        session = self._service.store.sessions.get(session_id)
        found = {a.filename: self._links.find(a.file_id) for a in session.assets} if session else {}
        return {name: file.path for name, file in found.items() if file is not None}

    def _finish(self, job: _Job, error: Exception | None) -> None:
        render = job.render
        if job.stopped:
            return
        if error is None:
            render.status, render.progress = "completed", 100
        else:
            logger.info("render %s failed: %s", render.id, error)
            render.status, render.error = "failed", str(error)
        render.completed_at = self._service.clock.now()
        self._service.store.save(render)


def _service_seconds(draft: Json) -> float:
    """How long the service renders this, in seconds: 30 to 90 (wire-contract section 4)."""
    return min(90.0, 30.0 + as_ms(draft.get("d")) / 1000)


def _limit_height(draft: Json, height: int | None) -> Json:
    """The draft with a picture of at most so many lines, in the same proportions."""
    meta = as_object(draft.get("m"))
    wide, tall, _ = _size(draft)
    if height is None or tall <= height:
        return draft
    return {**draft, "m": {**meta, "width": wide * height / tall, "height": height}}


def _size(draft: Json) -> tuple[int, int, float]:
    meta = as_object(draft.get("m"))
    width, height = as_ms(meta.get("width"), 1920), as_ms(meta.get("height"), 1080)
    return width, height, max(as_ms(draft.get("d"), 1000), 100) / 1000
