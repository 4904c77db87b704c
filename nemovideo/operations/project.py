"""A session that the user works in: upload, send, look, export, again."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from nemovideo import models, resources
from nemovideo._display import NotebookRepr
from nemovideo.compat.json_result import JSONResult
from nemovideo.compat.library_internals import hide_dataclass
from nemovideo.concurrency.callbacks import (
    Callback,
    ProgressCallback,
    came_from_callback,
    run_callback,
)
from nemovideo.concurrency.imports import import_in_thread
from nemovideo.errors import InvalidInputError, NemoVideoError
from nemovideo.events import DownloadProgress
from nemovideo.files.arguments import each_of, listed, name_of
from nemovideo.operations import runners
from nemovideo.operations.message import PendingTurn
from nemovideo.protocol.calls import check_text
from nemovideo.security.redaction import private
from nemovideo.validation.arguments import (
    check_callback,
    check_key,
    check_language,
    check_number,
)

if TYPE_CHECKING:
    from nemovideo.events import Event
    from nemovideo.files.inputs import FileInput
    from nemovideo.models.uploads import UploadedFile
    from nemovideo.operations.reply import Reply
    from nemovideo.operations.video import Video
    from nemovideo.resources.renders import Format, Quality
    from nemovideo.resources.resource_set import Resources
    from nemovideo.timeline.timeline import Timeline


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


class Project(NotebookRepr):
    """A session of the agent with a timeline of its own.

    Example:
        ```python
        project = await client.create_project("holiday")
        await project.upload("beach.mp4")
        turn = await project.send("trim it to 8 seconds and add calm music")
        print(turn.text, *turn.changes)
        await project.export("holiday.mp4")
        ```
    """

    def __init__(self, resources: Resources, session_id: str, task_id: str | None = None) -> None:
        self._resources = resources
        self.session_id = session_id
        """Its id: keep it, and `client.open_project` goes on with it anywhere."""
        self.task_id = task_id

    async def upload(
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
        urls = private(urls)
        await import_in_thread("nemovideo.resources.uploads")
        uploads = self._resources.uploads
        return await uploads.create(self.session_id, *files, urls=urls, on_progress=on_progress)

    def send(
        self,
        text: str,
        *,
        max_credits: float | None = None,
        on_event: Callback[Event] | None = None,
        key: str | None = None,
    ) -> PendingTurn:
        """Send a message to the agent: await the result for the `Turn`, or iterate the events.

        It costs credits and is sent once. When its answer is lost, what it did is read from the
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
        text = check_text(text)
        check_callback(on_event, "on_event")
        if key is not None:
            check_key(key)
        if max_credits is not None:
            check_number(max_credits, "max_credits", endless=True)
        place = (self._resources, self.session_id, self.task_id)
        return PendingTurn(*place, text, on_event, key, max_credits)

    async def timeline(self) -> Timeline:
        """Read the current timeline."""
        return (await self._resources.states.retrieve(self.session_id)).draft.timeline

    async def export(
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
        await import_in_thread("nemovideo.operations.video")
        resources.check_output(format, quality)
        check_callback(on_event, "on_event")

        async def note(received: int, total: int) -> None:
            await run_callback(on_event, DownloadProgress(received, total))

        target = await runners.check_path(path, format, new=key is None)
        if key is not None:
            check_key(key)
        await self._resources.journal.warn_if_unfinished(self.session_id)
        if key is not None:
            output, place = (format, quality), (self.session_id, self.task_id)
            work = runners.KeyedExport(self._resources, *place, key, *output, path, on_event, note)
            return await work.run()
        draft = (await self._resources.states.retrieve(self.session_id)).draft
        run = runners.ExportRun(self._resources, self.session_id, draft, format, quality, target)
        render = await run.complete(on_event)
        video = runners.Video(self._resources, self.session_id, self.task_id, "", draft, render)
        if path is not None:
            video.path = await runners.save_render(self._resources, render, path, note)
        await runners.prepare_card(video)
        return video

    async def ask(
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
            reply = await project.ask("how many credits do I have left?")
            print(reply.route, reply.text)
            ```
        """
        await import_in_thread("nemovideo.operations.ask")
        given = listed(files)
        message = check_text(message, "message", may_be_empty=bool(given))
        check_language(language)
        check_callback(on_event, "on_event")
        output = runners.format_of(path)
        await runners.check_path(path, output)
        router = runners.IntentRouter(
            self, self._resources.credits, message, given, path, output, language, on_event
        )
        return await router.run()

    async def process_each(
        self,
        files: FileInput | Iterable[FileInput | tuple[FileInput, str]],
        prompt: str | None = None,
        *,
        on_event: Callback[Event] | None = None,
    ) -> AsyncGenerator[FileResult]:
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
            async for outcome in project.process_each(["a.mp4", "b.mp4"], "trim to 5 seconds"):
                print(outcome.file, outcome.video or outcome.error)
            pairs = [("a.mp4", "trim to 5 seconds"), ("b.mp4", "add calm music")]
            async for outcome in project.process_each(pairs):
                print(outcome.file, outcome.video or outcome.error)
            ```
        """
        await import_in_thread("nemovideo.operations.each_file")
        if prompt is not None:
            prompt = check_text(prompt, "prompt")
        check_callback(on_event, "on_event")
        pairs = runners.pair_up(each_of(files), prompt)
        del files  # A traceback that shows variables would show the instructions in it.
        uploaded: list[UploadedFile] = []
        for given, instruction in pairs:
            file = cast("FileInput", given)
            try:
                video = await self._edit_one(file, instruction, uploaded, on_event)
            except NemoVideoError as error:
                if came_from_callback(error):
                    raise
                yield FileResult(file, None, error)
            else:
                yield FileResult(file, video, None)

    async def _edit_one(
        self,
        file: FileInput,
        instruction: str | InvalidInputError,
        uploaded: list[UploadedFile],
        on_event: Callback[Event] | None,
    ) -> Video:
        """Edit one of several files; `uploaded` are those before it."""
        if isinstance(instruction, InvalidInputError):
            raise instruction
        answered = await self.upload(file)

        own = answered[0] if answered else models.UploadedFile()
        if not own.filename:
            own = own.model_copy(update={"filename": runners.filename_of(file)})
        before = tuple(uploaded)
        uploaded.append(own)
        message = runners.build_message(own.filename, instruction)
        turn = await self.send(message, on_event=on_event)
        runners.check_result(turn, own, before)
        video = await self.export(on_event=on_event)
        video.text, video.credits_used = turn.text, turn.credits_used
        return video

    async def link(self) -> str:
        """Return a link that opens the project in a browser. Anyone who has it can take it over."""
        await import_in_thread("nemovideo.operations.video")
        return await runners.make_link(self._resources, self.session_id, self.task_id)

    def __repr__(self) -> str:
        return f"Project(session_id={self.session_id!r}, task_id={self.task_id!r})"
