"""Videos, for programs without async."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

from nemovideo._display import NotebookRepr
from nemovideo.blocking.context_manager import SyncContextManager
from nemovideo.blocking.iterators import SyncIteration
from nemovideo.blocking.portal import CallbackRelay, Portal
from nemovideo.compat.json_result import JSONResult
from nemovideo.concurrency.callbacks import Callback, ProgressCallback
from nemovideo.events import Event
from nemovideo.files.save_targets import BinaryWriter, SaveTarget
from nemovideo.models.renders import Render
from nemovideo.operations import video as _video
from nemovideo.resources.renders import Format, Quality
from nemovideo.timeline.draft import Draft
from nemovideo.timeline.timeline import Timeline

if TYPE_CHECKING:
    from PIL.Image import Image


class Video(NotebookRepr, JSONResult):
    """A video that was made, and where it is.

    It is JSON to FastAPI and pydantic, as `to_dict` returns it, and a pickle of it is plain data:
    what comes out of one has all that is known of the video, and no client to save it with.

    Example:
        ```python
        video = client.generate("a 10-second video of a panda")
        print(video.text, video.duration, video.credits_used)
        video.save("panda.mp4")
        ```
    """

    def __init__(self, portal: Portal | None, video: _video.Video) -> None:
        self._portal = portal
        self._video = video

    @property
    def session_id(self) -> str:
        """The session that it was made in."""
        return self._video.session_id

    @property
    def task_id(self) -> str | None:
        """The task of that session, if known."""
        return self._video.task_id

    @property
    def text(self) -> str:
        """What the agent said."""
        return self._video.text

    @property
    def draft(self) -> Draft:
        """The draft that it was rendered from."""
        return self._video.draft

    @property
    def render(self) -> Render | None:
        """The render; None until there is one."""
        return self._video.render

    @property
    def credits_used(self) -> float | None:
        """Available credits before minus after.

        None if they could not be read, or if other work of the account ran at the same time, as far
        as the journal knows.
        """
        return self._video.credits_used

    @property
    def path(self) -> Path | None:
        """Where it was last saved."""
        return self._video.path

    @property
    def url(self) -> str | None:
        """Where the file is; None until it is rendered. The link may expire."""
        return self._video.url

    @property
    def render_id(self) -> str | None:
        """The render's id; None until it is rendered."""
        return self._video.render_id

    @property
    def timeline(self) -> Timeline:
        """What it consists of."""
        return self._video.timeline

    @property
    def duration(self) -> float:
        """Its length in seconds."""
        return self._video.duration

    @overload
    def save(
        self, target: str | os.PathLike[str], *, on_progress: ProgressCallback | None = None
    ) -> Path: ...

    @overload
    def save(
        self, target: BinaryWriter, *, on_progress: ProgressCallback | None = None
    ) -> None: ...

    def save(
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
            video.save("panda.mp4")
            video.save("memory://films/panda.mp4")
            with open("panda-copy.mp4", "wb") as file:
                video.save(file)
            ```
        """
        portal = self._connected
        relay = CallbackRelay(portal)
        observer = relay.wrap(on_progress, "on_progress")
        # Either of the two overloads.
        work = partial(self._video.save, cast("str", target), on_progress=observer)
        return portal.run(work, relay)

    def read(self) -> bytes:
        """Return the file, rendering it first where that has not been done.

        Raises:
            DownloadError: it did not arrive whole.

        Example:
            ```python
            data = video.read()
            ```
        """
        return self._connected.run(self._video.read)

    def open(self) -> AbstractContextManager[Iterator[bytes]]:
        """Read the file in pieces, as they come, rendering it first where that has not been done.

        A connection that breaks is taken up where it broke.

        Raises:
            DownloadError: from the iteration: the file did not arrive whole.

        Example:
            ```python
            with video.open() as chunks:
                for chunk in chunks:
                    print(len(chunk))
            ```
        """
        portal = self._connected
        return SyncContextManager(
            portal, self._video.open(), lambda chunks: SyncIteration(portal, chunks)
        )

    def frame(self, second: float) -> Image:
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
            picture = video.frame(1.5)
            picture.save("panda.jpg")
            ```
        """
        return self._connected.run(partial(self._video.frame, second))

    def contact_sheet(self, columns: int = 4, rows: int = 2) -> Image:
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
            sheet = video.contact_sheet(columns=3, rows=3)
            sheet.save("panda-sheet.jpg")
            ```
        """
        return self._connected.run(partial(self._video.contact_sheet, columns, rows))

    def export(
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
        portal = self._connected
        relay = CallbackRelay(portal)
        work = partial(
            self._video.export, format=format, quality=quality, on_event=relay.wrap(on_event)
        )
        portal.run(work, relay)
        return self

    def link(self) -> str:
        """Return a link that opens the session in a browser. Anyone who has it can take it over."""
        return self._connected.run(self._video.link)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return self._video.to_dict()

    @property
    def _connected(self) -> Portal:
        if self._portal is None:
            raise _video.no_client(self.session_id, self.render_id)
        return self._portal

    def __reduce__(self) -> tuple[type[Video], tuple[None, _video.Video]]:
        return type(self), (None, self._video)

    def __repr__(self) -> str:
        return repr(self._video)
