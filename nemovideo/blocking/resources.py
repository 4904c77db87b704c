"""The resources, for programs without async."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from nemovideo.blocking.context_manager import SyncContextManager
from nemovideo.blocking.iterators import SyncIterator
from nemovideo.blocking.messages import MessageStream
from nemovideo.blocking.portal import CallbackRelay, Portal
from nemovideo.concurrency.callbacks import Callback, ProgressCallback
from nemovideo.models.credits import Credits
from nemovideo.models.renders import Render
from nemovideo.models.sessions import Session
from nemovideo.models.state import SessionState
from nemovideo.models.tokens import AnonymousToken, ClaimToken
from nemovideo.models.uploads import UploadedFile
from nemovideo.resources import credits as balance
from nemovideo.resources import messages, renders, sessions, states, tokens, uploads
from nemovideo.security.redaction import private
from nemovideo.timeline.draft import Draft

if TYPE_CHECKING:
    from nemovideo.files.inputs import FileInput
    from nemovideo.resources.renders import Format, Quality

_T = TypeVar("_T")


class _Resource(Generic[_T]):
    def __init__(self, portal: Portal, resource: _T) -> None:
        self._portal = portal
        self._async = resource


class Tokens(_Resource[tokens.Tokens]):
    """`client.tokens`: anonymous tokens, and links that open a session in a browser."""

    def create_anonymous(self) -> AnonymousToken:
        """Ask for a new anonymous token (wire-contract section 4).

        The client asks by itself when it needs one, so this is rarely called. The token is saved
        in the config folder, and used by this client unless it was given one.

        Raises:
            RateLimitError: one token per client and week; `retry_after` says when to ask again.

        Example:
            ```python
            token = client.tokens.create_anonymous()
            print(token.credits, token.expires_at)
            ```
        """
        return self._portal.run(self._async.create_anonymous)

    def create_claim(self, session_id: str, task_id: str) -> ClaimToken:
        """Make a link that opens a session in a browser (wire-contract section 4).

        Args:
            session_id: of the session, as `sessions.create` gave it.
            task_id: of the same session.

        Raises:
            SessionNotFoundError: the service does not know the session.

        Example:
            ```python
            claim = client.tokens.create_claim(session.session_id, session.task_id)
            print(claim.url)
            ```
        """
        return self._portal.run(partial(self._async.create_claim, session_id, task_id))


class Sessions(_Resource[sessions.Sessions]):
    """`client.sessions`: conversations with the agent, each with a timeline of its own."""

    def create(self, task_name: str = "project", language: str | None = None) -> Session:
        """Open a session (wire-contract section 4).

        Args:
            task_name: what it is called in the account.
            language: `"en"`, `"zh-CN"`, `"ja"`…; the service chooses if None.

        Raises:
            InvalidInputError: `task_name` is empty.

        Example:
            ```python
            session = client.sessions.create("holiday", language="en")
            ```
        """
        return self._portal.run(partial(self._async.create, task_name, language))


class Messages(_Resource[messages.Messages]):
    """`client.messages`: one message, one stream of events."""

    def stream(self, session_id: str, text: str) -> AbstractContextManager[MessageStream]:
        """Send a message and follow its answer (wire-contract sections 4 and 5).

        It costs credits and is sent once, and nothing else is. So a broken stream raises, and
        `client.recover` lists the message; and what changed on the timeline is not known, as it
        is not read before: the `changes` of an `AgentError` and of the first `StateChanged`
        are empty. `project.send` reads it before and after, and is what most programs need.

        Args:
            session_id: as `sessions.create` gave it.
            text: what is to be made or changed.

        Raises:
            InvalidInputError: `text` is empty.
            InsufficientCreditsError, SessionNotFoundError, RateLimitError: the service refused.
            StreamInterruptedError: the answer was lost.
            AgentError: the agent failed.

        Example:
            ```python
            with client.messages.stream(session_id, "add calm music") as events:
                for event in events:
                    print(event)
                turn = events.final_turn()
            ```
        """
        return SyncContextManager(
            self._portal,
            self._async.stream(session_id, text),
            partial(MessageStream, self._portal),
        )


class Uploads(_Resource[uploads.Uploads]):
    """`client.uploads`: files for a session."""

    def create(
        self,
        session_id: str,
        *files: FileInput,
        urls: Sequence[str] = (),
        on_progress: ProgressCallback | None = None,
    ) -> list[UploadedFile]:
        """Upload files into a session, all of them in one request (wire-contract section 4).

        They are read from disk while they are sent. An upload that broke is repeated only after
        the session's state has shown that it did not arrive: the state is read before the upload,
        so that a file is told from an older one of the same name.

        Args:
            session_id: where they go.
            files: paths, `(name, bytes)` pairs, binary file objects, `(name, file)` pairs; mp4 mov
                avi webm mkv, jpg png gif webp, mp3 wav m4a aac, at most 500 MB each.
            urls: URLs of files that the service fetches by itself.
            on_progress: called with (bytes sent, bytes in all); sync or async.

        Raises:
            InvalidInputError, UnsupportedFileError, FileTooLargeError: refused before anything is
                sent.
            SessionNotFoundError: the service does not know the session.
            APIConnectionError: the upload broke, and was repeated in vain.

        Example:
            ```python
            (clip,) = client.uploads.create(session_id, "beach.mp4")
            print(clip.filename, clip.duration)
            ```
        """
        relay, urls = CallbackRelay(self._portal), private(urls)
        work = partial(
            self._async.create,
            session_id,
            *files,
            urls=urls,
            on_progress=relay.wrap(on_progress, "on_progress"),
        )
        return self._portal.run(work, relay)


class CreditsResource(_Resource[balance.CreditsResource]):
    """`client.credits`: how many credits there are."""

    def retrieve(self) -> Credits:
        """Read the balance (wire-contract section 4).

        Example:
            ```python
            credits = client.credits.retrieve()
            print(credits.available, credits.frozen)
            ```
        """
        return self._portal.run(self._async.retrieve)


class States(_Resource[states.States]):
    """`client.states`: what a session holds."""

    def retrieve(self, session_id: str) -> SessionState:
        """Read a session's state, its draft above all (wire-contract section 4).

        Raises:
            SessionNotFoundError: the service does not know the session.

        Example:
            ```python
            state = client.states.retrieve(session.session_id)
            print(state.draft.timeline)
            ```
        """
        return self._portal.run(partial(self._async.retrieve, session_id))


class Renders(_Resource[renders.Renders]):
    """`client.renders`: from a draft to a file. Rendering costs no credits."""

    def create(
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
            state = client.states.retrieve(session_id)
            render = client.renders.create(session_id, state.draft)
            ```
        """
        create = partial(self._async.create, format=format, quality=quality, render_id=render_id)
        return self._portal.run(partial(create, session_id, draft))

    def retrieve(self, render_id: str) -> Render:
        """Read the status of a render (wire-contract section 4).

        Args:
            render_id: its id.

        Raises:
            NotFoundError: there is no such render.
        """
        return self._portal.run(partial(self._async.retrieve, render_id))

    def wait(self, render_id: str, on_progress: Callback[Render] | None = None) -> Render:
        """Wait until a render is completed.

        Args:
            render_id: of the render, as `create` returned it.
            on_progress: called with the `Render` at each poll; sync or async.

        Raises:
            RenderFailedError: the service reported it as failed, or it was cancelled.
            RenderTimeoutError: it took longer than `Timing.render_limit`.
            NotFoundError: there is no such render.
        """
        relay = CallbackRelay(self._portal)
        work = partial(self._async.wait, render_id, relay.wrap(on_progress, "on_progress"))
        return self._portal.run(work, relay)

    def watch(self, render_id: str, *, known: bool = False) -> SyncIterator[Render]:
        """Poll a render until it has ended, and yield what each poll shows.

        Args:
            render_id: of the render, as `create` returned it.
            known: the service has accepted it, so that "not found" only means "not yet".

        Raises:
            RenderTimeoutError: it took longer than `Timing.render_limit`.
        """
        return SyncIterator(self._portal, self._async.watch(render_id, known=known))

    def cancel(self, render_id: str) -> Render:
        """Stop a render (wire-contract section 4).

        It is not made again, neither by an export that waits for it nor by `client.recover`.

        Args:
            render_id: its id.

        Raises:
            NotFoundError: there is no such render.
        """
        return self._portal.run(partial(self._async.cancel, render_id))

    def download(
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
        relay = CallbackRelay(self._portal)
        work = partial(self._async.download, render, path, relay.wrap(on_progress, "on_progress"))
        return self._portal.run(work, relay)
