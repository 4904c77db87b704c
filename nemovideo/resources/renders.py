"""Renders."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import anyio

from nemovideo import models, timeline
from nemovideo.concurrency.callbacks import (
    Callback,
    ProgressCallback,
    came_from_callback,
    run_callback,
)
from nemovideo.concurrency.emitted_values import Emit, EmittedValues, emit
from nemovideo.errors import (
    APIError,
    BadRequestError,
    InvalidInputError,
    NemoVideoError,
    NotFoundError,
)
from nemovideo.journal.entries import NewRender
from nemovideo.models.validate import read_model
from nemovideo.protocol.calls import (
    Call,
    build_cancel_render,
    build_create_render,
    build_retrieve_render,
)
from nemovideo.protocol.render_polling import next_poll_delay, url_poll_delay
from nemovideo.protocol.retry_policy import (
    RETRY_AFTER_CAP,
    is_ambiguous,
    is_transient_poll_error,
    server_delay,
)
from nemovideo.resources.failure_messages import nothing_to_export, render_failed, render_timeout
from nemovideo.timeline.draft_comparison import run_sized
from nemovideo.validation.arguments import check_callback, check_flag, check_id, check_kind

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nemovideo.journal.entries import RenderPhase
    from nemovideo.journal.recorder import JournalRecorder
    from nemovideo.models.renders import Render
    from nemovideo.pipeline.pipeline import Pipeline
    from nemovideo.timeline.draft import Draft

Format: TypeAlias = Literal["mp4", "mov", "webm", "gif"]
"""A container that the service renders."""

Quality: TypeAlias = Literal["low", "medium", "high"]
"""How good a render looks, and how large its file is."""

FORMATS: tuple[Format, ...] = get_args(Format)
QUALITIES: tuple[Quality, ...] = get_args(Quality)

_REPEATED = re.compile(r"already|duplicate|repeated|\bexists\b|in use|taken|重复|已存在")
"""What is said of an id that is there."""

_URL_POLLS = 4
"""How often a completed render is polled again until its URL is known."""


def new_render_id() -> str:
    """Return an id that no other render has, ever."""
    return f"render_{uuid.uuid4().hex}"


class Renders:
    """`client.renders`: from a draft to a file. Rendering costs no credits."""

    def __init__(self, pipeline: Pipeline, journal: JournalRecorder) -> None:
        self._pipeline = pipeline
        self._journal = journal

    async def create(
        self,
        session_id: str,
        draft: Draft | Mapping[str, object],
        *,
        format: Format = "mp4",
        quality: Quality = "high",
        render_id: str | None = None,
    ) -> Render:
        """Start a render (wire-contract section 4).

        When the client is closed or its process ends before the render was seen finished, or when
        waiting for it failed, `client.recover` lists it.

        Args:
            session_id: whose draft it is.
            draft: as the state has it; it goes out number for number.
            format: "mp4", "mov", "webm" or "gif".
            quality: "low", "medium" or "high".
            render_id: an id of your own. The same id is the same render: an id that the service
                already has returns that render.

        Raises:
            InvalidInputError: an unknown format or quality.
            NothingToExportError: the draft has no segments.
            PlanRequiredError: export is not in the plan.

        Example:
            ```python
            state = await client.states.retrieve(session_id)
            render = await client.renders.create(session_id, state.draft)
            ```
        """
        check_output(format, quality)
        check_id(session_id, "session_id")
        if render_id is not None:
            check_id(render_id, "render_id")
        check_kind(draft, "draft", (timeline.Draft, Mapping), "a draft as the state has it")
        wanted = timeline.Draft.parse(draft)
        if not wanted.is_ready:
            raise nothing_to_export(session_id)
        own_id = render_id or new_render_id()
        # Written down first: a process killed from here on finds the render by its id.
        self._journal.unwatched.add(own_id)
        try:
            await self._journal.begin_render(
                NewRender(id=own_id, session_id=session_id, format=format, quality=quality)
            )
            render = await submit_render(
                self._pipeline, session_id, wanted, format, quality, own_id
            )
            await self._journal.update_render(own_id, phase="submitted")
        except BaseException as error:
            # Refused, it never was; otherwise it may still be there, and is left for `recover`.
            refused = isinstance(error, APIError) and not is_ambiguous(error)
            await self._give_up(own_id, "failed" if refused else None)
            raise
        return await self._record_end(render)

    async def retrieve(self, render_id: str) -> Render:
        """Read the status of a render (wire-contract section 4).

        Args:
            render_id: its id.

        Raises:
            NotFoundError: there is no such render.
        """
        call = build_retrieve_render(render_id)
        return await self._record_end(_read(await self._pipeline.call(call), call, render_id))

    async def wait(self, render_id: str, on_progress: Callback[Render] | None = None) -> Render:
        """Wait until a render is completed.

        Args:
            render_id: of the render, as `create` returned it.
            on_progress: called with the `Render` at each poll; sync or async.

        Raises:
            RenderFailedError: the service reported it as failed, or it was cancelled.
            RenderTimeoutError: it took longer than `Timing.render_limit`.
            NotFoundError: there is no such render.
        """
        check_callback(on_progress, "on_progress")

        async def report(render: Render) -> None:
            await run_callback(on_progress, await self._record_end(render))

        try:
            render = await poll_render(self._pipeline, render_id, report, known=False)
        except BaseException:
            if render_id in self._journal.unwatched:
                await self._give_up(render_id, None)
            raise
        if not render.is_completed:
            raise render_failed(render)
        return render

    async def watch(self, render_id: str, *, known: bool = False) -> AsyncGenerator[Render]:
        """Poll a render until it has ended, and yield what each poll shows.

        Args:
            render_id: of the render, as `create` returned it.
            known: the service has accepted it, so that "not found" only means "not yet".

        Raises:
            RenderTimeoutError: it took longer than `Timing.render_limit`.
        """
        check_flag(known, "known")
        polling = poll_render(self._pipeline, render_id, emit, known=known)
        renders: EmittedValues[Render, Render] = EmittedValues(polling)
        try:
            async for render in renders:
                yield await self._record_end(render)
        finally:
            await renders.aclose()

    async def cancel(self, render_id: str) -> Render:
        """Stop a render (wire-contract section 4).

        It is not made again, neither by an export that waits for it nor by `client.recover`.

        Args:
            render_id: its id.

        Raises:
            NotFoundError: there is no such render.
        """
        call = build_cancel_render(render_id)
        # Before it is asked: an export may see the render end before the answer is here.
        self._journal.remember_cancelled(render_id)
        try:
            data = await self._pipeline.call(call)
        except NemoVideoError as error:
            if not is_ambiguous(error):
                self._journal.forget_cancelled(render_id)
            raise
        render = _read({"status": "cancelled", **data}, call, render_id)
        if render.is_completed:  # too late
            self._journal.forget_cancelled(render_id)
        await self._journal.note_render(render)
        return render

    async def download(
        self,
        render: Render | str,
        path: str | os.PathLike[str],
        on_progress: ProgressCallback | None = None,
    ) -> Path:
        """Fetch the file of a completed render.

        It is written to a temporary file next to `path`, which replaces it when complete, so that a
        broken download leaves the old file.

        Args:
            render: the render, or its id.
            path: the file, or a folder, in which it is called `<render id>.<format>`; or the URL of
                one, such as `s3://films/panda.mp4`, with the extra `storage`.
            on_progress: called with (bytes done, bytes in all); sync or async.

        Raises:
            InvalidInputError: `path` cannot be written.
            DownloadError: the file did not arrive whole.
        """
        # Late: only saving needs them, and they load much.
        from nemovideo.resources.download import download_render, open_place

        check_kind(render, "render", (models.Render, str), "a render or its id")
        check_callback(on_progress, "on_progress")
        if isinstance(render, str):
            check_id(render, "render")
            # Before it is asked for: where it cannot be saved, there is no need to.
            await open_place(path, "video.mp4")
            render = await self.retrieve(render)
        saved = await download_render(self._pipeline, render, path, on_progress)
        await self._journal.note_download(render.id)
        return saved

    async def _record_end(self, render: Render) -> Render:
        """Strike a finished render off the list of what is unfinished."""
        if render.is_finished:
            await self._journal.note_render(render)
        return render

    async def _give_up(self, render_id: str, phase: RenderPhase | None) -> None:
        self._journal.unwatched.discard(render_id)
        await self._journal.update_render(render_id, phase=phase, release=True)


async def submit_render(
    pipeline: Pipeline, session_id: str, draft: Draft, format: str, quality: str, render_id: str
) -> Render:
    """Start a render that is in the journal already."""
    call = await run_sized(
        lambda: build_create_render(session_id, draft.raw, format, quality, render_id), draft
    )
    try:
        data = await pipeline.call(call)
    except NemoVideoError as error:
        if came_from_callback(error) or not _may_exist(error):
            raise
        data = await _find_render(pipeline, render_id, error)
    return _read(data, call, render_id).model_copy(update={"format": format})


async def _find_render(
    pipeline: Pipeline, render_id: str, error: NemoVideoError
) -> dict[str, object]:
    try:
        return await pipeline.call(build_retrieve_render(render_id))
    except NemoVideoError as unseen:
        if came_from_callback(unseen):
            raise
        if _says_it_exists(error) and is_transient_poll_error(unseen):
            return {}  # it exists, and the next poll will show it
        raise error from None


async def poll_render(
    pipeline: Pipeline, render_id: str, report: Emit[Render], *, known: bool
) -> Render:
    """Poll a render until it has ended, and return it as it is then.

    Args:
        report: called with what each poll shows.
        known: the service has accepted it, so that "not found" only means "not yet".

    Raises:
        RenderTimeoutError: it took longer than `Timing.render_limit`.
    """
    timing = pipeline.settings.timing
    call = build_retrieve_render(render_id)
    started, last, without_url = anyio.current_time(), None, 0
    while True:
        asked_wait = 0.0
        try:
            render = _read(await pipeline.call(call, max_retries=0), call, render_id)
        except NemoVideoError as error:
            # A failed poll is skipped: what was paid for goes on without being watched.
            is_done = last is not None and last.is_completed
            if came_from_callback(error) or not (is_done or _may_repeat(error, known=known)):
                raise
            asked_wait = min(server_delay(error, timing) or 0, RETRY_AFTER_CAP)
        else:
            last, known = render, True
            if not lacks_url(render):
                await report(render)
                if render.is_finished:
                    return render
        elapsed = anyio.current_time() - started
        if last is not None and lacks_url(last):
            without_url += 1
            if without_url > _URL_POLLS or elapsed >= timing.render_limit:
                await report(last)  # the service itself may still have the file
                return last
            wait = url_poll_delay(without_url, timing)
        elif elapsed >= timing.render_limit:
            raise render_timeout(render_id, last, timing.render_limit)
        else:
            wait = next_poll_delay(elapsed, last.progress if last else 0, timing)
        wait = max(wait, asked_wait)
        await anyio.sleep(min(wait, max(0.0, timing.render_limit - elapsed)))


def check_output(format: str, quality: str) -> None:
    """Refuse an output that the service does not make."""
    for parameter, value, accepted in (
        ("format", format, FORMATS),
        ("quality", quality, QUALITIES),
    ):
        if value not in accepted:
            raise InvalidInputError(
                f"{parameter} is {value!r}.",
                parameter=parameter,
                accepted=accepted,
                hint=f"Choose one of {', '.join(accepted)}.",
            )


def lacks_url(render: Render) -> bool:
    """Return True if a render is completed and the URL of its file is not known yet."""
    return render.is_completed and render.url is None


def _may_exist(error: NemoVideoError) -> bool:
    """Return True if the render may exist although creating it ended with `error`.

    That an id is repeated may come as any refusal, as a code of its own or as `success: false`.
    """
    return type(error) in (APIError, BadRequestError) or is_ambiguous(error)


def _says_it_exists(error: NemoVideoError) -> bool:
    conflict = isinstance(error, APIError) and error.status == 409
    return conflict or _REPEATED.search(error.message.lower()) is not None


def _may_repeat(error: NemoVideoError, *, known: bool) -> bool:
    return known if isinstance(error, NotFoundError) else is_transient_poll_error(error)


def _read(data: dict[str, object], call: Call, render_id: str) -> Render:
    return read_model(models.Render, {**models.read_render(data), "id": render_id}, call.endpoint)
