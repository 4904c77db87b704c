"""The client: constructing it opens nothing and loads little; the rest is loaded on first use."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Hashable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Self, Unpack

from nemovideo import batch, operations
from nemovideo._display import NotebookRepr
from nemovideo.concurrency.event_loop import shield
from nemovideo.concurrency.imports import import_in_thread
from nemovideo.config.settings import (
    DEFAULT_MAX_RETRIES,
    Options,
    change_settings,
    load_settings,
)
from nemovideo.config.timing import Timing
from nemovideo.files.arguments import listed
from nemovideo.protocol.calls import check_text
from nemovideo.resources.shared_state import SharedState
from nemovideo.security.redaction import private
from nemovideo.validation.argument_names import CLIENT, GENERATE, refuses
from nemovideo.validation.arguments import (
    check_callback,
    check_flag,
    check_id,
    check_key,
    check_language,
    check_number,
    check_path,
)

if TYPE_CHECKING:
    from nemovideo.batch.batch import Batch
    from nemovideo.batch.jobs import Job
    from nemovideo.concurrency.callbacks import Callback
    from nemovideo.events import Event, JobEvent
    from nemovideo.files.inputs import FileInput
    from nemovideo.operations.generation import Generation
    from nemovideo.operations.project import Project
    from nemovideo.operations.recovery import UnfinishedMessage, UnfinishedRender
    from nemovideo.operations.video import Video
    from nemovideo.resources.credits import CreditsResource
    from nemovideo.resources.messages import Messages
    from nemovideo.resources.renders import Renders
    from nemovideo.resources.resource_set import Resources
    from nemovideo.resources.sessions import Sessions
    from nemovideo.resources.states import States
    from nemovideo.resources.tokens import Tokens
    from nemovideo.resources.uploads import Uploads
    from nemovideo.transports.base import Transport


WARM_UP = (
    "nemovideo.pipeline.pipeline",
    "nemovideo.journal.recorder",
    "nemovideo.resources.resource_set",
)


class AsyncNemoVideo(NotebookRepr):
    """The NemoVideo service, for async programs on asyncio and trio.

    Constructing it opens nothing. `None` reads the environment, then the config folder, then the
    default.

    Args:
        token: `NEMO_TOKEN`; without one, an anonymous token is made, saved and renewed as needed.
        client_id: `NEMO_CLIENT_ID`, a UUID; else the one in the config folder, else a new one.
        base_url: `NEMO_API_URL`, the service or a sandbox.
        web_url: `NEMO_WEB_URL`, for browser links.
        source, source_version, platform: which integration this is (wire-contract section 2).
        timing: every wait, in seconds.
        max_retries: how often a repeatable request is sent again; a paid message never is.
        transport: custom HTTP transport. You own it and must close it.
        config_dir: `$XDG_CONFIG_HOME/nemovideo`, or `~/.config/nemovideo`.
        journal: write down what is paid for until it is fetched, so that a crash loses nothing:
            True in the config folder, or where `NEMOVIDEO_JOURNAL` says; a path, in that SQLite
            file; `"postgresql://…"` (extra `postgres`), one for many machines; False, nowhere.
        trust_env: take proxies from the environment.

    Raises:
        InvalidInputError: an argument is invalid.

    Example:
        ```python
        async with nemovideo.AsyncNemoVideo() as client:
            video = await client.generate("a 10-second video of a panda in a bamboo forest")
            await video.save("panda.mp4")
        ```
    """

    @refuses(CLIENT)
    def __init__(
        self,
        *,
        token: str | None = None,
        client_id: str | None = None,
        base_url: str | None = None,
        web_url: str | None = None,
        source: str | None = None,
        source_version: str | None = None,
        platform: str | None = None,
        timing: Timing = Timing(),  # noqa: B008  # frozen, so one may serve all
        max_retries: int = DEFAULT_MAX_RETRIES,
        transport: Transport | None = None,
        config_dir: str | PurePath | None = None,
        journal: bool | str | PurePath = True,
        trust_env: bool = True,
    ) -> None:
        self._settings = load_settings(
            token=token,
            client_id=client_id,
            base_url=base_url,
            web_url=web_url,
            source=source,
            source_version=source_version,
            platform=platform,
            timing=timing,
            max_retries=max_retries,
            config_dir=config_dir,
            journal=journal,
            trust_env=trust_env,
        )
        for method in ("send", "stream", "aclose") if transport is not None else ():
            check_callback(getattr(transport, method, transport), "transport")
        self._shared = SharedState(transport, self._settings)
        self._built: Resources | None = None
        self._derived = False

    @property
    def _resources(self) -> Resources:
        if self._built is None:
            self._built = self._build()
        return self._built

    def _build(self) -> Resources:
        self._shared.join(self)
        root = self._shared.root
        return root.with_settings(self._settings) if self._derived else root

    @property
    def _is_shared(self) -> bool:
        """Whether this was made of another, and its connections are in use elsewhere."""
        if not self._derived:
            return False
        others = (
            work for work in self._shared.open_operations if work.resources is not self._built
        )
        return self._shared.has_others(self) or any(others)

    @property
    def tokens(self) -> Tokens:
        """Anonymous tokens, and links that open a session in a browser."""
        return self._resources.tokens

    @property
    def sessions(self) -> Sessions:
        """Conversations with the agent."""
        return self._resources.sessions

    @property
    def messages(self) -> Messages:
        """One message, one stream of events."""
        return self._resources.messages

    @property
    def uploads(self) -> Uploads:
        """Files for a session."""
        return self._resources.uploads

    @property
    def credits(self) -> CreditsResource:
        """How many credits there are."""
        return self._resources.credits

    @property
    def states(self) -> States:
        """What a session holds."""
        return self._resources.states

    @property
    def renders(self) -> Renders:
        """From a draft to a file."""
        return self._resources.renders

    @refuses(GENERATE)
    def generate(
        self,
        prompt: str,
        *,
        files: FileInput | Sequence[FileInput] = (),
        urls: Sequence[str] = (),
        language: str | None = None,
        on_event: Callback[Event] | None = None,
        export: bool = True,
        path: str | os.PathLike[str] | None = None,
        max_credits: float | None = None,
        key: str | None = None,
    ) -> Generation:
        """Make a video: await the result for the `Video`, or iterate it for the events.

        Nothing is sent until then. The prompt costs credits and is sent once.

        Args:
            prompt: what the video is to show.
            files: paths, `(name, bytes)` pairs or binary file objects to make it from; or one.
            urls: URLs of such files, which the service fetches by itself; or one.
            language: "en", "zh-CN", "ja"…; the prompt's own if None.
            on_event: called with each event; sync or async.
            export: render it, too.
            path: save it there, once it is rendered; an MP4, so no name of another format.
            max_credits: refuse before sending if the estimated cost is higher: about 100 credits
                for a clip, with files, too, as the agent may make one. If your balance is too low,
                only a session (free) is opened.
            key: your own name for this piece of work, 1 to 200 characters. It is written down
                before anything is sent: the same call with the same key, in this process or after
                a crash in another, goes on with what was sent and gives the same video, and never
                pays twice. Only a session that is gone ends that: `SessionNotFoundError` says so
                once, and the call after that pays for a new video.

        Raises:
            InvalidInputError, UnsupportedFileError, FileTooLargeError: refused before anything was
                sent or charged; for `parameter="key"`, it is the key of another request.
            InProgressError: a living process is at work under this key.
            InsufficientCreditsError: not enough credits, or `max_credits` is below the cost;
                `required` and `available` say how many.
            StreamInterruptedError: the answer was lost, and the state shows no result; with
                `possibly_billed` false it left no trace, and can be sent again.
            SessionNotFoundError: the session of what was sent under the key is gone.
            NothingToExportError: the agent made nothing; `hint` has what it said.
            RenderFailedError, RenderTimeoutError, PlanRequiredError: from the export.

        Example:
            ```python
            video = await client.generate("a panda in the snow, vertical", path="panda.mp4")
            ```
        """
        prompt, urls = check_text(prompt, "prompt"), private(urls)
        check_callback(on_event, "on_event")
        check_language(language)
        check_flag(export, "export")
        check_path(path, "path")
        if max_credits is not None:
            check_number(max_credits, "max_credits", endless=True)
        if key is not None:
            check_key(key)
        request = operations.GenerationRequest(
            prompt,
            listed(files),
            listed(urls, "urls"),
            language,
            export,
            path,
            max_credits,
            key,
        )
        return operations.Generation(self._resources, request, on_event)

    def batch(
        self,
        jobs: Iterable[str | Mapping[str, object] | Mapping[Hashable, object] | Job]
        | AsyncIterable[str | Mapping[str, object] | Mapping[Hashable, object] | Job],
        *,
        out: str | os.PathLike[str] | None = None,
        concurrency: int = 4,
        max_credits: float | None = None,
        retry_failed: bool = False,
        name: str | None = None,
        on_event: Callback[JobEvent] | None = None,
    ) -> Batch:
        """Make many videos: iterate for each as it ends, or await the report.

        Nothing is sent until then. Each job has a key, under which it is written down before it is
        sent: run again after Ctrl-C or a crash, the same batch sends only what was never sent, and
        picks up what was. What goes wrong with one job is a value, and ends no other.

        Args:
            jobs: prompts, mappings or `Job`s, or what `read_jobs` returns. They are drawn as they
                are needed, so that there may be any number of them.
            out: a folder, or a template such as `"films/{index:03}-{key}.mp4"`; fields are `{key}`,
                `{index}` and `{name}`. `results.jsonl` is written there, too. Nothing is
                overwritten. None saves only the videos of jobs with a path.
            concurrency: how many run at a time, at most. When the service answers with 429, fewer
                do for a while.
            max_credits: for the whole batch, with its earlier runs and all processes that work on
                it; about 100 for a clip. Jobs for which nothing is left are not started.
            retry_failed: begin again what failed for certain without a charge.
            name: under which all keys of the batch stand; by default made of its jobs.
            on_event: called with a `JobEvent` for each event of each job; sync or async.

        Raises:
            InvalidInputError: an argument is invalid; in a list or a file, also a job, or a key
                that two jobs have. Nothing was sent.

        Example:
            ```python
            jobs = nemovideo.read_jobs("jobs.csv")
            report = await client.batch(jobs, out="films", max_credits=2000)
            print(report)
            ```
        """
        request = batch.BatchRequest.of(
            jobs,
            out=out,
            concurrency=concurrency,
            max_credits=max_credits,
            retry_failed=retry_failed,
            name=name,
            on_event=on_event,
        )
        return batch.Batch(self._resources, request)

    async def quick_edit(
        self,
        file: FileInput,
        prompt: str,
        *,
        path: str | os.PathLike[str] | None = None,
        language: str | None = None,
        on_event: Callback[Event] | None = None,
    ) -> Video:
        """Upload a file, have it edited as the prompt says, and render the result.

        Args:
            file: a path, a `(name, bytes)` pair or a binary file object.
            prompt: what is to be changed; it costs credits and is sent once.
            path: save the result there.
            language: "en", "zh-CN", "ja"…; the prompt's own if None.
            on_event: called with each event; sync or async.

        Raises:
            InvalidInputError, UnsupportedFileError, FileTooLargeError: refused before anything was
                sent or charged.
            NemoVideoError: as `project.send` and `project.export`.

        Example:
            ```python
            video = await client.quick_edit("beach.mp4", "trim to 8 seconds, add calm music")
            ```
        """
        prompt = private(prompt)
        return await self.generate(
            prompt, files=[file], path=path, language=language, on_event=on_event
        )

    async def create_project(self, name: str = "project", language: str | None = None) -> Project:
        """Open a new session to work in.

        Args:
            name: what it is called in the account.
            language: "en", "zh-CN", "ja"…; the service chooses if None.
        """
        check_text(name, "name")
        session = await self.sessions.create(name, language)
        return operations.Project(self._resources, session.session_id, session.task_id)

    def open_project(self, session_id: str, task_id: str | None = None) -> Project:
        """Go on with a session, from this or any other process. Nothing is sent yet.

        Args:
            session_id: as `project.session_id` or `video.session_id` had it.
            task_id: needed for `link` only, and read from the state if the service says.
        """
        if task_id is not None:
            check_id(task_id, "task_id")
        return operations.Project(self._resources, check_id(session_id, "session_id"), task_id)

    async def recover(self) -> list[UnfinishedMessage | UnfinishedRender]:
        """List what was paid for and not fetched: after a crash, a lost stream, a closed laptop.

        With `journal=False` nothing is written down, and the list is empty.

        Raises:
            NemoVideoError: the journal cannot be read, so it is not known what is unfinished.

        Example:
            ```python
            for item in await client.recover():
                print(item)
                await item.resume()
            ```
        """
        await import_in_thread("nemovideo.operations.recovery", "nemovideo.journal.journal")
        return await operations.list_unfinished(self._resources)

    async def forget(self, key: str) -> bool:
        """Free a key, and give up what is unfinished under it. Nothing is sent.

        Afterwards the same call with this key is new work, and is paid for.

        Returns:
            False if there is no such key.

        Raises:
            InvalidInputError: it is not a key.
            InProgressError: a living process is at work under it.
            NemoVideoError: the journal cannot be written.

        Example:
            ```python
            await client.forget("row-17")
            ```
        """
        check_key(key)
        await import_in_thread("nemovideo.journal.journal")
        return await self._resources.journal.forget_key(key)

    def with_options(self, **options: Unpack[Options]) -> Self:
        """Return a client with other settings, on the same connection pool and token.

        It costs next to nothing, so it may be made for a single call, and need not be closed: the
        connections are closed with this client.

        Args:
            timing: every wait, in seconds.
            timeout: seconds for one ordinary request: `Timing.request` alone.
            max_retries: how often a repeatable request is sent again.
            extra_headers: sent along to the service, such as a trace id; never to another host.
            on_response: called with each answer as it came (`status`, `headers` in lower case,
                `body`, empty where it is streamed); sync or async.
            source, source_version, platform: which integration this is.
            web_url: for browser links.

        Raises:
            InvalidInputError: a value is invalid, or a header is one that the client sets.

        Example:
            ```python
            patient = client.with_options(timing=Timing(render_limit=3600))
            credits = await client.with_options(timeout=5).credits.retrieve()
            ```
        """
        other = object.__new__(type(self))
        other._settings = change_settings(self._settings, options)
        other._shared = self._shared
        other._built, other._derived = None, True
        return other

    async def aclose(self) -> None:
        """Close the connections that this client opened. It may be used again afterwards.

        One made by `with_options` ends what it has begun itself; the connections it closes only
        where no other client is using them. It closes them while it is being cancelled, too.
        """
        with shield():
            await self._close()

    async def _close(self) -> None:
        shared = self._is_shared
        built, self._built = self._built, None
        self._shared.leave(self)
        try:
            for work in self._shared.open_operations:
                if not shared or work.resources is built:
                    await work.aclose(waiting=False)
        finally:
            if not shared:
                await self._shared.aclose()

    async def __aenter__(self) -> Self:
        # At the first use it would be loaded on the loop's thread.
        await import_in_thread(*WARM_UP, anyio=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        token = "set" if self._shared.has_token else "not set"
        return f"{type(self).__name__}(base_url={self._settings.base_url!r}, token={token})"
