"""The client for programs without async."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Self, Unpack

from nemovideo import _client
from nemovideo._display import NotebookRepr
from nemovideo.blocking import wrappers
from nemovideo.config.settings import DEFAULT_MAX_RETRIES
from nemovideo.config.timing import Timing
from nemovideo.security.redaction import private
from nemovideo.validation.argument_names import CLIENT, GENERATE, refuses

if TYPE_CHECKING:
    from nemovideo._client import AsyncNemoVideo
    from nemovideo.batch.jobs import Job
    from nemovideo.blocking.batch import Batch, BatchReport
    from nemovideo.blocking.operations import Generation
    from nemovideo.blocking.portal import Portal
    from nemovideo.blocking.project import Project
    from nemovideo.blocking.recovery import UnfinishedMessage, UnfinishedRender
    from nemovideo.blocking.resources import (
        CreditsResource,
        Messages,
        Renders,
        Sessions,
        States,
        Tokens,
        Uploads,
    )
    from nemovideo.blocking.video import Video
    from nemovideo.concurrency.callbacks import Callback
    from nemovideo.config.settings import Options
    from nemovideo.events import Event, JobEvent
    from nemovideo.files.inputs import FileInput
    from nemovideo.transports.base import Transport


class NemoVideo(NotebookRepr):
    """The NemoVideo service, for programs without async: scripts, notebooks, threads, workers.

    It runs in a background thread of its own, which starts with the first call and ends with
    `close`. It works inside a running event loop, from any number of threads, and after a fork.
    Ctrl-C during a call cancels it within a second. Constructing it opens no connection. `None`
    reads the environment, then the config folder, then the default.

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
        with nemovideo.NemoVideo() as client:
            video = client.generate("a 10-second video of a panda in a bamboo forest")
            video.save("panda.mp4")
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
        self._client = _client.AsyncNemoVideo(
            token=token,
            client_id=client_id,
            base_url=base_url,
            web_url=web_url,
            source=source,
            source_version=source_version,
            platform=platform,
            timing=timing,
            max_retries=max_retries,
            transport=transport,
            config_dir=config_dir,
            journal=journal,
            trust_env=trust_env,
        )
        self._lazy_portal = LazyPortal()

    @classmethod
    def _over(cls, client: AsyncNemoVideo, lazy_portal: LazyPortal) -> Self:
        made = object.__new__(cls)
        made._client, made._lazy_portal = client, lazy_portal
        return made

    @property
    def _portal(self) -> Portal:
        return self._lazy_portal.portal

    @cached_property
    def tokens(self) -> Tokens:
        """Anonymous tokens, and links that open a session in a browser."""
        return wrappers.Tokens(self._portal, self._client.tokens)

    @cached_property
    def sessions(self) -> Sessions:
        """Conversations with the agent."""
        return wrappers.Sessions(self._portal, self._client.sessions)

    @cached_property
    def messages(self) -> Messages:
        """One message, one stream of events."""
        return wrappers.Messages(self._portal, self._client.messages)

    @cached_property
    def uploads(self) -> Uploads:
        """Files for a session."""
        return wrappers.Uploads(self._portal, self._client.uploads)

    @cached_property
    def credits(self) -> CreditsResource:
        """How many credits there are."""
        return wrappers.CreditsResource(self._portal, self._client.credits)

    @cached_property
    def states(self) -> States:
        """What a session holds."""
        return wrappers.States(self._portal, self._client.states)

    @cached_property
    def renders(self) -> Renders:
        """From a draft to a file."""
        return wrappers.Renders(self._portal, self._client.renders)

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
    ) -> Video:
        """Make a video, and return it when it is finished.

        The prompt costs credits and is sent once. `on_event` is called in the calling thread.

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
            video = client.generate("a panda in the snow, vertical", path="panda.mp4")
            ```
        """
        portal = self._portal
        relay = wrappers.CallbackRelay(portal)
        prompt, urls = private(prompt), private(urls)
        generation = self._client.generate(
            prompt,
            files=files,
            urls=urls,
            language=language,
            on_event=relay.wrap(on_event),
            export=export,
            path=path,
            max_credits=max_credits,
            key=key,
        )
        return wrappers.Video(portal, portal.run(lambda: generation, relay))

    @refuses(GENERATE)
    def generate_stream(
        self,
        prompt: str,
        *,
        files: FileInput | Sequence[FileInput] = (),
        urls: Sequence[str] = (),
        language: str | None = None,
        export: bool = True,
        path: str | os.PathLike[str] | None = None,
        max_credits: float | None = None,
        key: str | None = None,
    ) -> Generation:
        """Make a video, and iterate over the events; `.video` is set at the end.

        Nothing is sent until it is iterated. The prompt costs credits and is sent once.

        Args:
            prompt, files, urls, language, export, path, max_credits, key: As for `generate`.

        Raises:
            NemoVideoError: As `generate`, from the iteration.

        Example:
            ```python
            generation = client.generate_stream("a panda in the snow")
            for event in generation:
                print(event)
            generation.video.save("panda.mp4")
            ```
        """
        prompt, urls = private(prompt), private(urls)
        generation = self._client.generate(
            prompt,
            files=files,
            urls=urls,
            language=language,
            export=export,
            path=path,
            max_credits=max_credits,
            key=key,
        )
        return wrappers.Generation(self._portal, generation)

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
    ) -> BatchReport:
        """Make many videos, and return the report when all have ended.

        Each job has a key, under which it is written down before it is sent: run again after
        Ctrl-C or a crash, the same batch sends only what was never sent, and picks up what was.
        What goes wrong with one job is a value, and ends no other. `on_event` is called in the
        calling thread.

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
            report = client.batch(jobs, out="films", max_credits=2000)
            print(report)
            ```
        """
        portal = self._portal
        relay = wrappers.CallbackRelay(portal)
        batch = self._client.batch(
            jobs,
            out=out,
            concurrency=concurrency,
            max_credits=max_credits,
            retry_failed=retry_failed,
            name=name,
            on_event=relay.wrap(on_event),
        )
        return wrappers.Batch(portal, batch, relay).wait()

    def batch_stream(
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
        """Make many videos, and iterate over them as they end.

        A job begins only while the next item is asked for: a loop that is left pays for nothing
        more.

        Args:
            jobs, out, concurrency, max_credits, retry_failed, name, on_event: As for `batch`.

        Raises:
            InvalidInputError: As `batch`.

        Example:
            ```python
            for item in client.batch_stream(nemovideo.read_jobs("jobs.csv"), out="films"):
                print(item.key, item.path or item.error)
            ```
        """
        portal = self._portal
        relay = wrappers.CallbackRelay(portal)
        batch = self._client.batch(
            jobs,
            out=out,
            concurrency=concurrency,
            max_credits=max_credits,
            retry_failed=retry_failed,
            name=name,
            on_event=relay.wrap(on_event),
        )
        return wrappers.Batch(portal, batch, relay)

    def quick_edit(
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
            video = client.quick_edit("beach.mp4", "trim to 8 seconds, add calm music")
            ```
        """
        prompt = private(prompt)
        return self.generate(prompt, files=[file], path=path, language=language, on_event=on_event)

    def create_project(self, name: str = "project", language: str | None = None) -> Project:
        """Open a new session to work in.

        Args:
            name: what it is called in the account.
            language: "en", "zh-CN", "ja"…; the service chooses if None.
        """
        portal = self._portal
        work = partial(self._client.create_project, name, language)
        return wrappers.Project(portal, portal.run(work))

    def open_project(self, session_id: str, task_id: str | None = None) -> Project:
        """Go on with a session, from this or any other process. Nothing is sent yet.

        Args:
            session_id: as `project.session_id` or `video.session_id` had it.
            task_id: needed for `link` only, and read from the state if the service says.
        """
        return wrappers.Project(self._portal, self._client.open_project(session_id, task_id))

    def recover(self) -> list[UnfinishedMessage | UnfinishedRender]:
        """List what was paid for and not fetched: after a crash, a lost stream, a closed laptop.

        With `journal=False` nothing is written down, and the list is empty.

        Raises:
            NemoVideoError: the journal cannot be read, so it is not known what is unfinished.

        Example:
            ```python
            for item in client.recover():
                print(item)
                item.resume()
            ```
        """
        portal = self._portal
        return [wrappers.wrap(portal, item) for item in portal.run(self._client.recover)]

    def forget(self, key: str) -> bool:
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
            client.forget("row-17")
            ```
        """
        return self._portal.run(partial(self._client.forget, key))

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
            credits = client.with_options(timeout=5).credits.retrieve()
            ```
        """
        return self._over(self._client.with_options(**options), self._lazy_portal)

    def close(self) -> None:
        """Close the connections and end the background thread. It may be used again afterwards.

        A client made by `with_options` ends its own operations, and the rest only if no other
        client uses it.
        """
        portal = self._lazy_portal.opened
        if portal is None or not portal.is_running:
            return
        shared = self._client._is_shared  # pyright: ignore[reportPrivateUsage]  # no user needs it
        if not shared:
            portal.run(portal.close_unfinished)
        portal.run(self._client.aclose)
        if not shared:
            portal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._client).removeprefix("Async")


class LazyPortal:
    """The portal of a client and of those made from it by `with_options`, created on first use."""

    def __init__(self) -> None:
        self._made: dict[str, Portal] = {}

    @property
    def opened(self) -> Portal | None:
        """The portal, if it has been used."""
        return self._made.get("portal")

    @property
    def portal(self) -> Portal:
        """The portal, created if need be."""
        if not self._made:
            self._made.setdefault("portal", wrappers.Portal())  # whichever thread comes first
        return self._made["portal"]
