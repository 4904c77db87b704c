"""Videos, for programs without async."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from nemovideo._display import NotebookRepr
from nemovideo.blocking.portal import CallbackRelay, Portal
from nemovideo.compat.json_result import JSONResult
from nemovideo.concurrency.callbacks import Callback, ProgressCallback
from nemovideo.events import Event
from nemovideo.models.renders import Render
from nemovideo.operations import video as _video
from nemovideo.resources.renders import Format, Quality
from nemovideo.timeline.draft import Draft
from nemovideo.timeline.timeline import Timeline


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

    def save(
        self, path: str | os.PathLike[str], *, on_progress: ProgressCallback | None = None
    ) -> Path:
        """Save the file, rendering it first where that has not been done.

        It takes its place when it is whole; until then what was there before stays.

        Args:
            path: the file, or a folder, in which it is called `<render id>.<format>`.
            on_progress: called with (bytes done, bytes in all); sync or async.

        Raises:
            InvalidInputError: `path` cannot be written, or its name ends like another format.
            DownloadError: the file did not arrive whole.
        """
        portal = self._connected
        relay = CallbackRelay(portal)
        observer = relay.wrap(on_progress, "on_progress")
        work = partial(self._video.save, path, on_progress=observer)
        return portal.run(work, relay)

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
