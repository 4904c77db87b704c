"""The service's endpoint families, for programs without async."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo.blocking.context_manager import SyncContextManager
from nemovideo.blocking.docstrings import copy_docstrings
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


@copy_docstrings(tokens.Tokens)
class Tokens:
    def __init__(self, portal: Portal, tokens: tokens.Tokens) -> None:
        self._portal = portal
        self._tokens = tokens

    def create_anonymous(self) -> AnonymousToken:
        return self._portal.run(self._tokens.create_anonymous)

    def create_claim(self, session_id: str, task_id: str) -> ClaimToken:
        return self._portal.run(partial(self._tokens.create_claim, session_id, task_id))


@copy_docstrings(sessions.Sessions)
class Sessions:
    def __init__(self, portal: Portal, sessions: sessions.Sessions) -> None:
        self._portal = portal
        self._sessions = sessions

    def create(self, task_name: str = "project", language: str | None = None) -> Session:
        return self._portal.run(partial(self._sessions.create, task_name, language))


@copy_docstrings(messages.Messages)
class Messages:
    def __init__(self, portal: Portal, messages: messages.Messages) -> None:
        self._portal = portal
        self._messages = messages

    def stream(self, session_id: str, text: str) -> AbstractContextManager[MessageStream]:
        return SyncContextManager(
            self._portal,
            self._messages.stream(session_id, text),
            partial(MessageStream, self._portal),
        )


@copy_docstrings(uploads.Uploads)
class Uploads:
    def __init__(self, portal: Portal, uploads: uploads.Uploads) -> None:
        self._portal = portal
        self._uploads = uploads

    def create(
        self,
        session_id: str,
        *files: FileInput,
        urls: Sequence[str] = (),
        on_progress: ProgressCallback | None = None,
    ) -> list[UploadedFile]:
        relay, urls = CallbackRelay(self._portal), private(urls)
        work = partial(
            self._uploads.create,
            session_id,
            *files,
            urls=urls,
            on_progress=relay.wrap(on_progress, "on_progress"),
        )
        return self._portal.run(work, relay)


@copy_docstrings(balance.CreditsResource)
class CreditsResource:
    def __init__(self, portal: Portal, credits: balance.CreditsResource) -> None:
        self._portal = portal
        self._credits = credits

    def retrieve(self) -> Credits:
        return self._portal.run(self._credits.retrieve)


@copy_docstrings(states.States)
class States:
    def __init__(self, portal: Portal, states: states.States) -> None:
        self._portal = portal
        self._states = states

    def retrieve(self, session_id: str) -> SessionState:
        return self._portal.run(partial(self._states.retrieve, session_id))


@copy_docstrings(renders.Renders)
class Renders:
    def __init__(self, portal: Portal, renders: renders.Renders) -> None:
        self._portal = portal
        self._renders = renders

    def create(
        self,
        session_id: str,
        draft: Draft | Mapping[str, object],
        *,
        format: str = "mp4",
        quality: str = "high",
        render_id: str | None = None,
    ) -> Render:
        create = partial(self._renders.create, format=format, quality=quality, render_id=render_id)
        return self._portal.run(partial(create, session_id, draft))

    def retrieve(self, render_id: str) -> Render:
        return self._portal.run(partial(self._renders.retrieve, render_id))

    def wait(self, render_id: str, on_progress: Callback[Render] | None = None) -> Render:
        relay = CallbackRelay(self._portal)
        work = partial(self._renders.wait, render_id, relay.wrap(on_progress, "on_progress"))
        return self._portal.run(work, relay)

    def watch(self, render_id: str, *, known: bool = False) -> SyncIterator[Render]:
        return SyncIterator(self._portal, self._renders.watch(render_id, known=known))

    def cancel(self, render_id: str) -> Render:
        return self._portal.run(partial(self._renders.cancel, render_id))

    def download(
        self,
        render: Render | str,
        path: str | os.PathLike[str],
        on_progress: ProgressCallback | None = None,
    ) -> Path:
        relay = CallbackRelay(self._portal)
        work = partial(self._renders.download, render, path, relay.wrap(on_progress, "on_progress"))
        return self._portal.run(work, relay)
