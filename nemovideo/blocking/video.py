"""What a prompt became, for programs without async."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from nemovideo._display import NotebookRepr
from nemovideo.blocking.docstrings import copy_docstrings
from nemovideo.blocking.portal import CallbackRelay, Portal
from nemovideo.compat.json_result import JSONResult
from nemovideo.concurrency.callbacks import Callback, ProgressCallback
from nemovideo.events import Event
from nemovideo.models.renders import Render
from nemovideo.operations import video as _video
from nemovideo.timeline.draft import Draft
from nemovideo.timeline.timeline import Timeline


@copy_docstrings(_video.Video)
class Video(NotebookRepr, JSONResult):
    def __init__(self, portal: Portal | None, video: _video.Video) -> None:
        self._portal = portal
        self._video = video

    @property
    def session_id(self) -> str:
        """The session that it was made in."""
        return self._video.session_id

    @property
    def task_id(self) -> str | None:
        """The task of that session, where it is known."""
        return self._video.task_id

    @property
    def text(self) -> str:
        """What the agent said."""
        return self._video.text

    @property
    def draft(self) -> Draft:
        """The service's draft that it was rendered from."""
        return self._video.draft

    @property
    def render(self) -> Render | None:
        """The render; None until there is one."""
        return self._video.render

    @property
    def credits_used(self) -> float | None:
        """Available credits before minus after.

        None where they could not be read, and where other work of the account ran at the same
        time, as far as this journal knows.
        """
        return self._video.credits_used

    @property
    def path(self) -> Path | None:
        """Where it was saved last."""
        return self._video.path

    @property
    def url(self) -> str | None:
        return self._video.url

    @property
    def render_id(self) -> str | None:
        return self._video.render_id

    @property
    def timeline(self) -> Timeline:
        return self._video.timeline

    @property
    def duration(self) -> float:
        return self._video.duration

    def save(
        self, path: str | os.PathLike[str], *, on_progress: ProgressCallback | None = None
    ) -> Path:
        portal = self._connected
        relay = CallbackRelay(portal)
        observer = relay.wrap(on_progress, "on_progress")
        work = partial(self._video.save, path, on_progress=observer)
        return portal.run(work, relay)

    def export(
        self,
        *,
        format: str = "mp4",
        quality: str = "high",
        on_event: Callback[Event] | None = None,
    ) -> Video:
        portal = self._connected
        relay = CallbackRelay(portal)
        work = partial(
            self._video.export, format=format, quality=quality, on_event=relay.wrap(on_event)
        )
        portal.run(work, relay)
        return self

    def link(self) -> str:
        return self._connected.run(self._video.link)

    def to_dict(self) -> dict[str, Any]:
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
