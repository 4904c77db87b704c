"""A session that the user works in, for programs without async."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from nemovideo.blocking.docstrings import copy_docstrings
from nemovideo.blocking.iterators import SyncIterator
from nemovideo.blocking.operations import PendingTurn
from nemovideo.blocking.portal import CallbackRelay, Portal
from nemovideo.blocking.video import Video
from nemovideo.compat.json_result import JSONResult
from nemovideo.compat.library_internals import hide_dataclass
from nemovideo.concurrency.callbacks import Callback, ProgressCallback
from nemovideo.errors import NemoVideoError
from nemovideo.events import Event
from nemovideo.models.credits import Credits
from nemovideo.models.turn import Turn
from nemovideo.models.uploads import UploadedFile
from nemovideo.operations import project as _project
from nemovideo.operations import reply as _replies
from nemovideo.operations.video import Video as AsyncVideo
from nemovideo.security.redaction import private
from nemovideo.timeline.timeline import Timeline

if TYPE_CHECKING:
    from nemovideo.files.inputs import FileInput
    from nemovideo.language.intent import Route


@copy_docstrings(_project.FileResult)
@hide_dataclass
@dataclass(frozen=True)
class FileResult(JSONResult):
    file: FileInput
    video: Video | None
    error: NemoVideoError | None

    def to_dict(self) -> dict[str, Any]:
        from nemovideo.files.inputs import name_of

        return {**super().to_dict(), "file": name_of(self.file)}


@copy_docstrings(_replies.Reply)
@hide_dataclass
@dataclass(frozen=True)
class Reply(JSONResult):
    route: Route
    text: str
    reason: str = ""
    turn: Turn | None = None
    video: Video | None = None
    credits: Credits | None = None
    timeline: Timeline | None = None
    uploads: tuple[UploadedFile, ...] = ()
    parts: tuple[Reply, ...] = field(default=(), repr=False)
    error: NemoVideoError | None = None

    def __str__(self) -> str:
        return self.text


@copy_docstrings(_project.Project)
class Project:
    def __init__(self, portal: Portal, project: _project.Project) -> None:
        self._portal = portal
        self._project = project

    @property
    def session_id(self) -> str:
        """Its id: keep it, and `client.open_project` goes on with it anywhere."""
        return self._project.session_id

    @property
    def task_id(self) -> str | None:
        """The task of the session, where it is known."""
        return self._project.task_id

    def upload(
        self,
        *files: FileInput,
        urls: Sequence[str] = (),
        on_progress: ProgressCallback | None = None,
    ) -> list[UploadedFile]:
        relay, urls = CallbackRelay(self._portal), private(urls)
        work = partial(
            self._project.upload,
            *files,
            urls=urls,
            on_progress=relay.wrap(on_progress, "on_progress"),
        )
        return self._portal.run(work, relay)

    def send(self, text: str, *, on_event: Callback[Event] | None = None) -> Turn:
        """Send a message to the agent, and return what came of it.

        It costs credits and is sent once. When its answer is lost, what it did is read from the
        session's state (`turn.source == "state"`).
        """
        relay = CallbackRelay(self._portal)
        text = private(text)
        sending = self._project.send(text, on_event=relay.wrap(on_event))
        return self._portal.run(lambda: sending, relay)

    def send_stream(self, text: str) -> PendingTurn:
        """Send a message to the agent, and iterate over what happens; `.turn` is set at the end.

        Nothing is sent until it is iterated. It costs credits and is sent once.

        Args:
            text: what is to be made or changed.

        Raises:
            InvalidInputError: `text` is empty.
            NemoVideoError: as `send`, from the iteration.

        Example:
            ```python
            sending = project.send_stream("add calm music")
            for event in sending:
                print(event)
            print(sending.turn)
            ```
        """
        return PendingTurn(self._portal, self._project.send(text))

    def timeline(self) -> Timeline:
        return self._portal.run(self._project.timeline)

    def export(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        format: str = "mp4",
        quality: str = "high",
        on_event: Callback[Event] | None = None,
    ) -> Video:
        relay = CallbackRelay(self._portal)
        work = partial(
            self._project.export,
            path,
            format=format,
            quality=quality,
            on_event=relay.wrap(on_event),
        )
        return Video(self._portal, self._portal.run(work, relay))

    def ask(
        self,
        message: str,
        files: FileInput | Sequence[FileInput] = (),
        *,
        path: str | os.PathLike[str] | None = None,
        language: str | None = None,
        on_event: Callback[Event] | None = None,
    ) -> Reply:
        relay = CallbackRelay(self._portal)
        message = private(message)
        work = partial(
            self._project.ask,
            message,
            files,
            path=path,
            language=language,
            on_event=relay.wrap(on_event),
        )
        return self._reply(self._portal.run(work, relay))

    def process_each(
        self,
        files: FileInput | Iterable[FileInput | tuple[FileInput, str]],
        prompt: str | None = None,
        *,
        on_event: Callback[Event] | None = None,
    ) -> SyncIterator[FileResult]:
        relay = CallbackRelay(self._portal)
        prompt = private(prompt)
        source = self._project.process_each(files, prompt, on_event=relay.wrap(on_event))
        return SyncIterator(self._portal, self._outcomes(source), relay)

    def link(self) -> str:
        return self._portal.run(self._project.link)

    async def _outcomes(
        self, source: AsyncGenerator[_project.FileResult]
    ) -> AsyncGenerator[FileResult]:
        async with aclosing(source):
            async for each in source:
                yield FileResult(each.file, self._wrap_video(each.video), each.error)

    def _reply(self, reply: _replies.Reply) -> Reply:
        return Reply(
            reply.route,
            reply.text,
            reply.reason,
            reply.turn,
            self._wrap_video(reply.video),
            reply.credits,
            reply.timeline,
            reply.uploads,
            tuple(map(self._reply, reply.parts)),
            reply.error,
        )

    def _wrap_video(self, video: AsyncVideo | None) -> Video | None:
        return None if video is None else Video(self._portal, video)

    def __repr__(self) -> str:
        return repr(self._project)
