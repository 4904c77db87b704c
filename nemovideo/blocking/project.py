"""Projects, for programs without async."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from nemovideo._display import NotebookRepr
from nemovideo.blocking.iterators import SyncIterator
from nemovideo.blocking.operations import PendingTurn
from nemovideo.blocking.portal import CallbackRelay, Portal
from nemovideo.blocking.video import Video
from nemovideo.compat.json_result import JSONResult
from nemovideo.compat.library_internals import hide_dataclass
from nemovideo.concurrency.callbacks import Callback, ProgressCallback
from nemovideo.errors import NemoVideoError
from nemovideo.events import Event
from nemovideo.files.arguments import name_of
from nemovideo.files.inputs import FileInput
from nemovideo.models.credits import Credits
from nemovideo.models.turn import Turn
from nemovideo.models.uploads import UploadedFile
from nemovideo.operations import project as _project
from nemovideo.operations import reply as _replies
from nemovideo.operations.video import Video as AsyncVideo
from nemovideo.security.redaction import private
from nemovideo.timeline.timeline import Timeline

if TYPE_CHECKING:
    from nemovideo.language.intent import Route
    from nemovideo.resources.renders import Format, Quality


@hide_dataclass
@dataclass(frozen=True)
class FileResult(JSONResult):
    """What became of one file of several: a video, or the error that stopped it."""

    file: FileInput
    video: Video | None
    error: NemoVideoError | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**super().to_dict(), "file": name_of(self.file)}


@hide_dataclass
@dataclass(frozen=True)
class Reply(JSONResult):
    """The result of one message of a person.

    `route` says how it was understood, `text` is ready to be shown, and the result is in the field
    of that name. A message that asks for several things has each in `parts`, in order; the
    reply itself is then the last of them, with the text of all. When one of them fails and others
    have been done before, those are there, and `error` and `text` say what went wrong.
    """

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


class Project(NotebookRepr):
    """A session of the agent with a timeline of its own.

    Example:
        ```python
        project = client.create_project("holiday")
        project.upload("beach.mp4")
        turn = project.send("trim it to 8 seconds and add calm music")
        print(turn.text, *turn.changes)
        project.export("holiday.mp4")
        ```
    """

    def __init__(self, portal: Portal, project: _project.Project) -> None:
        self._portal = portal
        self._project = project

    @property
    def session_id(self) -> str:
        """The session's id, with which `client.open_project` continues it anywhere."""
        return self._project.session_id

    @property
    def task_id(self) -> str | None:
        """The task of the session, if known."""
        return self._project.task_id

    def upload(
        self,
        *files: FileInput,
        urls: Sequence[str] = (),
        on_progress: ProgressCallback | None = None,
    ) -> list[UploadedFile]:
        """Upload files into the project, all in one request.

        Args:
            files: paths, `(name, bytes)` pairs, or binary file objects.
            urls: URLs of files that the service fetches by itself.
            on_progress: called with (bytes sent, bytes in all); sync or async.

        Raises:
            UnsupportedFileError, FileTooLargeError, InvalidInputError: refused before anything is
                sent.
        """
        relay, urls = CallbackRelay(self._portal), private(urls)
        work = partial(
            self._project.upload,
            *files,
            urls=urls,
            on_progress=relay.wrap(on_progress, "on_progress"),
        )
        return self._portal.run(work, relay)

    def send(
        self,
        text: str,
        *,
        max_credits: float | None = None,
        on_event: Callback[Event] | None = None,
        key: str | None = None,
    ) -> Turn:
        """Send a message to the agent, and return the turn.

        It costs credits and is sent once. If its stream is lost, the result is read from the
        session's state (`turn.source == "state"`).

        Args:
            text: what is to be made or changed.
            max_credits: refuse before sending if the message may cost more: about 100 credits on an
                empty timeline, where a clip is made, and about 50 on one with clips, where it is
                taken for an edit. What the agent then does is its own decision: where it cost more,
                as for another clip, that is logged as a warning, and `turn.credits_used` says it.
            on_event: called with each event; sync or async.
            key: your own name for this message, as for `generate`: it is sent once under it, and
                the same call again gives the same turn.

        Raises:
            InvalidInputError: `text` is empty.
            InsufficientCreditsError, SessionNotFoundError, RateLimitError: the service refused, or
                the message may cost more than `max_credits`.
            StreamInterruptedError: the answer was lost, and the state shows no result.
            AgentError: the agent failed.
        """
        relay = CallbackRelay(self._portal)
        text = private(text)
        sending = self._project.send(
            text, max_credits=max_credits, on_event=relay.wrap(on_event), key=key
        )
        return self._portal.run(lambda: sending, relay)

    def send_stream(
        self, text: str, *, max_credits: float | None = None, key: str | None = None
    ) -> PendingTurn:
        """Send a message to the agent, and iterate over the events; `.turn` is set at the end.

        Nothing is sent until it is iterated. It costs credits and is sent once.

        Args:
            text: What to make or change.
            max_credits, key: As for `send`.

        Raises:
            InvalidInputError: `text` is empty.
            NemoVideoError: As `send`, from the iteration.

        Example:
            ```python
            sending = project.send_stream("add calm music")
            for event in sending:
                print(event)
            print(sending.turn)
            ```
        """
        return PendingTurn(self._portal, self._project.send(text, max_credits=max_credits, key=key))

    def timeline(self) -> Timeline:
        """Read the current timeline."""
        return self._portal.run(self._project.timeline)

    def export(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        format: Format = "mp4",
        quality: Quality = "high",
        on_event: Callback[Event] | None = None,
        key: str | None = None,
    ) -> Video:
        """Render the timeline, and save the file where a path is given. It costs no credits.

        Where the journal has a message of this session that has not ended, a warning is logged:
        the film may not be complete yet.

        Args:
            path: the file, or a folder, or the URL of one, at which nothing is replaced; None to
                leave it with the service.
            format: "mp4", "mov", "webm" or "gif".
            quality: "low", "medium" or "high".
            on_event: called with each `RenderProgress` and `DownloadProgress`; sync or async.
            key: your own name for this export, as for `generate`: the same call again goes on with
                the same render and gives the same video.

        Raises:
            InvalidInputError: `path` cannot be written, or its name ends like another format;
                nothing was rendered.
            NothingToExportError: the timeline is empty.
            PlanRequiredError: export is not in the plan.
            RenderFailedError, RenderTimeoutError, DownloadError: as the names say.
        """
        relay = CallbackRelay(self._portal)
        work = partial(
            self._project.export,
            path,
            format=format,
            quality=quality,
            on_event=relay.wrap(on_event),
            key=key,
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
        """Do what a person's message asks for: export, credits, state, upload, or an edit.

        A command is carried out by the SDK and costs nothing; only what is left goes to the agent
        (wire-contract section 7). Files with an instruction are uploaded first.

        Args:
            message: what the person typed, in English or Chinese.
            files: what came with it: several, or one.
            path: where an export is saved, in the format that its name ends in, else as MP4;
                None leaves it with the service.
            language: of the sentences in the reply; the message's own if None.
            on_event: called with each event on the way; sync or async.

        Raises:
            InvalidInputError: there is neither text nor a file.
            NemoVideoError: as `send`, `export` and `upload`. Where a part of the message has been
                done before, the reply says both, and `reply.error` has it.

        Example:
            ```python
            reply = project.ask("how many credits do I have left?")
            print(reply.route, reply.text)
            ```
        """
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
        """Edit several files in this session, one instruction and one render each.

        One file after the other, as the session has one timeline. The agent is told which file
        each instruction is about. What goes wrong with one is given as a value, and the next is
        taken up: also where the agent changed nothing, or where the timeline tells that another
        file is on it.

        Args:
            files: the files, or pairs of a file and an instruction of its own; or one file.
            prompt: the instruction for each file that has none of its own.
            on_event: called with each event; sync or async.

        Example:
            ```python
            for outcome in project.process_each(["a.mp4", "b.mp4"], "trim to 5 seconds"):
                print(outcome.file, outcome.video or outcome.error)
            pairs = [("a.mp4", "trim to 5 seconds"), ("b.mp4", "add calm music")]
            for outcome in project.process_each(pairs):
                print(outcome.file, outcome.video or outcome.error)
            ```
        """
        relay = CallbackRelay(self._portal)
        prompt = private(prompt)
        source = self._project.process_each(files, prompt, on_event=relay.wrap(on_event))
        return SyncIterator(self._portal, self._outcomes(source), relay)

    def link(self) -> str:
        """Return a link that opens the project in a browser. Anyone who has it can take it over."""
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
