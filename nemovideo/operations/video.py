"""What a prompt became."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, overload

from nemovideo._display import NotebookRepr
from nemovideo.compat.json_result import JSONResult
from nemovideo.compat.library_internals import hide_dataclass
from nemovideo.concurrency.callbacks import Callback, ProgressCallback
from nemovideo.concurrency.threads import run_in_thread, run_in_thread_until_cancelled
from nemovideo.errors import InvalidInputError
from nemovideo.events import Event
from nemovideo.files.film_frames import (
    MOST_IN_A_ROW,
    check_media,
    draw_contact_sheet,
    frame_at,
)
from nemovideo.files.save_targets import BinaryWriter, SaveTarget
from nemovideo.models.renders import Render
from nemovideo.operations.export_runner import ExportRun
from nemovideo.operations.live_display import prepare_card
from nemovideo.operations.saving import check_target, save_render
from nemovideo.resources.download import buffered_render, open_render, read_render
from nemovideo.resources.failure_messages import export_call
from nemovideo.resources.renders import Format, Quality, check_output
from nemovideo.resources.resource_set import Resources
from nemovideo.timeline.draft import Draft
from nemovideo.timeline.timeline import Timeline
from nemovideo.validation.arguments import check_callback, check_number, check_range

if TYPE_CHECKING:
    from PIL.Image import Image


@hide_dataclass
@dataclass(eq=False)
class Video(NotebookRepr, JSONResult):
    """A video that was made, and where it is.

    It is JSON to FastAPI and pydantic, as `to_dict` returns it, and a pickle of it is plain data:
    what comes out of one has all that is known of the video, and no client to save it with.

    Example:
        ```python
        video = await client.generate("a 10-second video of a panda")
        print(video.text, video.duration, video.credits_used)
        await video.save("panda.mp4")
        ```
    """

    _resources: Resources | None = field(repr=False)
    session_id: str
    """The session that it was made in: `client.open_project` goes on with it."""
    task_id: str | None
    """The session's task, if the service says."""
    text: str = field(repr=False)
    """What the agent said."""
    draft: Draft = field(repr=False)
    """The service's draft that it was rendered from."""
    render: Render | None = field(default=None, repr=False)
    credits_used: float | None = None
    """Available credits before minus after.

    None where they could not be read, and where other work of the account ran at the same time, as
    far as this journal knows.
    """
    path: Path | None = None
    """Where it was saved last."""

    @property
    def url(self) -> str | None:
        """Where the file is; None until it is rendered. The link may expire."""
        return self.render.url if self.render else None

    @property
    def render_id(self) -> str | None:
        """The render's id; None until it is rendered."""
        return self.render.id if self.render else None

    @property
    def timeline(self) -> Timeline:
        """What it consists of."""
        return self.draft.timeline

    @property
    def duration(self) -> float:
        """Its length in seconds."""
        if self.render is not None and self.render.duration is not None:
            return self.render.duration
        return self.timeline.duration_ms / 1000

    @overload
    async def save(
        self, target: str | os.PathLike[str], *, on_progress: ProgressCallback | None = None
    ) -> Path: ...

    @overload
    async def save(
        self, target: BinaryWriter, *, on_progress: ProgressCallback | None = None
    ) -> None: ...

    async def save(
        self, target: SaveTarget, *, on_progress: ProgressCallback | None = None
    ) -> Path | None:
        """Save the file, rendering it first where that has not been done.

        It appears when it is whole; until then a file that was at the path stays. At a URL, nothing
        is replaced.

        Args:
            target: the file, or a folder, in which it is called `<render id>.<format>`; the URL of
                one, such as `s3://films/panda.mp4`, with the extra `storage` and what fsspec needs
                for that store; or an open binary file, whose `write` may be sync or async.
            on_progress: called with (bytes done, bytes in all); sync or async.

        Returns:
            Where it is, with the URL as its text if that was the target; None for an open file.

        Raises:
            InvalidInputError: `target` cannot be written, or its name ends like another format.
            DownloadError: the file did not arrive whole, or could not be written as a whole.

        Example:
            ```python
            await video.save("panda.mp4")
            await video.save("memory://films/panda.mp4")
            with open("panda-copy.mp4", "wb") as file:
                await video.save(file)
            ```
        """
        check_callback(on_progress, "on_progress")
        await check_target(target, self.render.format if self.render else "mp4")
        saved = await save_render(self._connected, await self._rendered(), target, on_progress)
        if saved is not None:
            self.path = saved
        return saved

    async def read(self) -> bytes:
        """Return the file, rendering it first where that has not been done.

        Raises:
            DownloadError: it did not arrive whole.

        Example:
            ```python
            data = await video.read()
            ```
        """
        return await read_render(self._connected.pipeline, await self._rendered())

    def open(self) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Read the file in pieces, as they come, rendering it first where that has not been done.

        A connection that breaks is taken up where it broke.

        Raises:
            DownloadError: from the iteration: the file did not arrive whole.

        Example:
            ```python
            async with video.open() as chunks:
                async for chunk in chunks:
                    print(len(chunk))
            ```
        """
        return self._open()

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[AsyncIterator[bytes]]:
        pipeline = self._connected.pipeline
        async with open_render(pipeline, await self._rendered()) as chunks:
            yield chunks

    async def frame(self, second: float) -> Image:
        """Return the picture that is shown at a time, in its full size. Takes the extra `media`.

        The file is read where it was saved last; where it is not there, it is fetched.

        Args:
            second: from 0 to the video's length.

        Raises:
            InvalidInputError: the video is shorter.
            NemoVideoError: PyAV or Pillow is not installed, or the file cannot be decoded.
            DownloadError: the file did not arrive whole.

        Example:
            ```python
            picture = await video.frame(1.5)
            picture.save("panda.jpg")
            ```
        """
        check_number(second, "second")
        return await self._draw(partial(frame_at, second=float(second)))

    async def contact_sheet(self, columns: int = 4, rows: int = 2) -> Image:
        """Return pictures from all parts of the video in one. Takes the extra `media`.

        They are in the order of time, row by row. The file is read where it was saved last; where
        it is not there, it is fetched.

        Args:
            columns: pictures in a row, 1 to 20.
            rows: 1 to 20.

        Raises:
            NemoVideoError: PyAV or Pillow is not installed, or the file cannot be decoded.
            DownloadError: the file did not arrive whole.

        Example:
            ```python
            sheet = await video.contact_sheet(columns=3, rows=3)
            sheet.save("panda-sheet.jpg")
            ```
        """
        for name, value in (("columns", columns), ("rows", rows)):
            check_range(value, name, 1, MOST_IN_A_ROW)
        return await self._draw(partial(draw_contact_sheet, columns=columns, rows=rows))

    async def _draw(self, draw: Callable[[BinaryIO | Path, Callable[[], None]], Image]) -> Image:
        await run_in_thread(check_media)
        path = self.path
        if path is not None and await run_in_thread(path.is_file):
            return await run_in_thread_until_cancelled(partial(draw, path))
        pipeline = self._connected.pipeline
        async with buffered_render(pipeline, await self._rendered(), "the video") as whole:
            return await run_in_thread_until_cancelled(partial(draw, whole.file))

    async def export(
        self,
        *,
        format: Format = "mp4",
        quality: Quality = "high",
        on_event: Callback[Event] | None = None,
    ) -> Video:
        """Render it, again if it was rendered already, and return this same video.

        Args:
            format: "mp4", "mov", "webm" or "gif".
            quality: "low", "medium" or "high".
            on_event: called with each `RenderProgress`; sync or async.

        Raises:
            PlanRequiredError: export is not in the plan.
            RenderFailedError, RenderTimeoutError: as the names say.
        """
        check_output(format, quality)
        check_callback(on_event, "on_event")
        run = ExportRun(self._connected, self.session_id, self.draft, format, quality)
        self.render = await run.complete(on_event)
        await prepare_card(self)
        return self

    async def link(self) -> str:
        """Return a link that opens the session in a browser. Anyone who has it can take it over."""
        return await make_link(self._connected, self.session_id, self.task_id)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "url": self.url,
            "render_id": self.render_id,
            "session_id": self.session_id,
            "task_id": self.task_id,
            "text": self.text,
            "timeline": self.timeline.to_dict(),
            "duration": self.duration,
            "credits_used": self.credits_used,
            "path": None if self.path is None else str(self.path),
        }

    async def _rendered(self) -> Render:
        if self.render is None:
            await self.export()
        if self.render is None:
            raise RuntimeError("an export that ends without an error has a render")
        return self.render

    @property
    def _connected(self) -> Resources:
        if self._resources is None:
            raise no_client(self.session_id, self.render_id)
        return self._resources

    def __copy__(self) -> Video:
        return of_client(self, self._resources)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_resources": None}

    def __repr__(self) -> str:
        state = self.render_id or "not rendered"
        return f"Video({state}, {self.duration:g} s, session {self.session_id})"


def of_client(video: Video, resources: Resources | None) -> Video:
    """Return the same video as one of another client."""
    other = object.__new__(type(video))
    other.__dict__.update(video.__dict__, _resources=resources)
    return other


def no_client(session_id: str, render_id: str | None) -> InvalidInputError:
    """Return the error for what takes a client, asked of a video that has none."""
    call = f'await client.renders.download("{render_id}", path)' if render_id else ""
    return InvalidInputError(
        f"This video of session {session_id} came out of a pickle, without a client.",
        parameter="video",
        accepted=("a video that a client gave",),
        hint=f"With a client: {call or export_call(session_id)}",
    )


async def make_link(resources: Resources, session_id: str, task_id: str | None) -> str:
    """Return a browser link to a session.

    Raises:
        InvalidInputError: the task id is not known, and the state does not name it.
    """
    known = task_id or (await resources.states.retrieve(session_id)).task_id
    if known is None:
        raise InvalidInputError(
            f"The task of session {session_id} is not known.",
            parameter="task_id",
            accepted=("the task_id that sessions.create returned",),
            hint="Open the project with its task_id.",
        )
    return (await resources.tokens.create_claim(session_id, known)).url
