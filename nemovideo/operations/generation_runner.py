"""From a prompt to a video: how it is made."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.concurrency.emitted_values import Emit
from nemovideo.errors import (
    APIConnectionError,
    APIError,
    DownloadError,
    NothingToExportError,
    SessionNotFoundError,
)
from nemovideo.events import DownloadProgress, Event, SessionStarted, UploadProgress
from nemovideo.files.inputs import build_upload_form, check_urls
from nemovideo.files.save_targets import path_of
from nemovideo.language.detection import detect
from nemovideo.models.sessions import Session
from nemovideo.models.state import SessionState
from nemovideo.operations.export_runner import ExportRun, attach_session_id
from nemovideo.operations.request import (
    CLIP_CREDITS,
    GenerationRequest,
    build_limit_refusal,
    build_refusal,
)
from nemovideo.operations.saving import check_path, save_render
from nemovideo.operations.turn_runner import TurnRun
from nemovideo.operations.video import Video
from nemovideo.resources.failure_messages import export_call
from nemovideo.resources.resource_set import Resources
from nemovideo.security.printable_text import shorten
from nemovideo.timeline.draft import Draft

if TYPE_CHECKING:
    from nemovideo.files.multipart import MultipartBody
    from nemovideo.journal.entries import KeyEntry
    from nemovideo.models.turn import Turn

_logger = logging.getLogger("nemovideo")

_MOST_SAID = 300


@dataclass
class GenerationRun:
    """Makes one video."""

    resources: Resources
    request: GenerationRequest
    across_tasks: bool
    """As for `TurnRun`."""
    on_transfer: Emit[Event] | None = None
    """Called with a transfer while it runs; without it, an event at its end says how it ended."""
    form: MultipartBody | None = None
    transferred: Event | None = None
    session: Session | None = field(default=None)
    turn: TurnRun | None = None
    claimed: KeyEntry | None = None
    """The entry of its key, once that was looked up."""
    key_entry: KeyEntry | None = None
    """The same, once it is certain that nothing has been sent under it."""
    empty: Video | None = None
    """The result where there is nothing to export, and nothing more is to come."""

    @property
    def sent_earlier(self) -> KeyEntry | None:
        """The entry of its key, where an earlier call has sent its message."""
        entry = self.claimed
        is_new = entry is None or entry.phase == "new" or self.key_entry is not None
        return None if is_new else entry

    async def run(self, emit: Emit[Event]) -> Video:
        """Upload, send the prompt, render, and save the file where that is asked for."""
        await self.prepare()
        await self._warn_of_unfinished()
        return await self.produce(emit)

    async def produce(self, emit: Emit[Event]) -> Video:
        self._check_limit()
        session, turn, answer = await self._send(emit)
        video = Video(
            self.resources,
            session.session_id,
            session.task_id,
            answer.text,
            Draft(answer.draft.raw),  # Its timeline is parsed again where it is looked at.
            credits_used=answer.credits_used,
        )
        del answer  # It has both drafts and what changed, and a render takes minutes.
        if self.request.export:
            try:
                await self._export(emit, turn, video)
            except BaseException as error:
                # Until its render is in the journal, the message is the record of what was paid.
                if turn.record is not None:
                    await turn.record.release()
                add_recovery_hint(error, video.session_id)
                raise
        return video

    async def _send(self, emit: Emit[Event]) -> tuple[Session, TurnRun, Turn]:
        """Open a session and send the prompt in it; in a second one, where the first is gone."""
        while True:
            replaced = self.session is not None
            language = self.request.language or detect(self.request.prompt)
            session = await self.resources.sessions.create(language=language)
            self.session = session
            await emit(SessionStarted(session.session_id, session.task_id))
            # The session is free, and whose it is belongs into a link to register.
            available_at = time.time()
            available = await self._check_balance()
            if self.request.files or self.request.urls:
                await self._upload(emit, session)
            turn = self.turn = self._build_turn(session, available, available_at)
            try:
                return session, turn, await turn.run(emit)
            except SessionNotFoundError:
                # The session is ours, not one that the user named, and the message was refused
                # before the agent saw it: a new session may take it.
                if replaced or not turn.refused:
                    raise

    def _build_turn(
        self, session: Session, available: float | None, available_at: float
    ) -> TurnRun:
        request = self.request
        return TurnRun(
            self.resources,
            session.session_id,
            request.prompt,
            session.task_id,
            # A session that was opened this instant has an empty draft: no need to ask.
            before=None if request.files or request.urls else Draft(),
            across_tasks=self.across_tasks,
            available=available,
            available_at=available_at,
            export=request.export,
            target=None if request.path is None else path_of(request.path),
            key_entry=self.key_entry,
        )

    def _check_limit(self) -> None:
        limit = self.request.max_credits
        if limit is not None and limit < CLIP_CREDITS:
            raise build_limit_refusal(CLIP_CREDITS)

    async def _warn_of_unfinished(self) -> None:
        """Warn of an earlier call that asked for the same and has not ended."""
        path = self.request.path
        target = None if path is None else path_of(path)
        found = await self.resources.journal.find_unfinished(self.request.prompt, target)
        if found is not None:
            _logger.warning(
                "A generation with the same prompt and path, in session %s, is unfinished, and this"
                " one is paid for again. To pick that one up: await client.recover(), then resume()"
                " of the item. With key=... the same call does that by itself.",
                found.session_id,
            )

    async def prepare(self) -> None:
        """Validate the request before anything is sent."""
        if not self.request.is_path_checked:
            await check_path(self.request.path, new=self.request.key is None)
        if not (self.request.files or self.request.urls):
            return
        check_urls(self.request.urls)
        if self.request.files:
            self.form = await build_upload_form(self.request.files, self._report_upload)

    async def _check_balance(self) -> float | None:
        """Return what is available if there is a limit to look after and it will do."""
        if self.request.max_credits is None:
            return None
        available = await self.resources.read_available_credits()
        if available is None or available >= CLIP_CREDITS:
            return available
        error = build_refusal(
            CLIP_CREDITS,
            f"and {available:g} are available. Nothing was charged",
            "Top up credits in your account.",
        )
        error.available = available
        self.resources.pipeline.add_credits_hint(error)
        raise error

    async def _report_upload(self, sent: int, total: int) -> None:
        await self._report(UploadProgress(sent, total))

    async def report_download(self, received: int, total: int) -> None:
        await self._report(DownloadProgress(received, total))

    async def _report(self, progress: Event) -> None:
        if self.on_transfer is None:
            self.transferred = progress
        else:
            await self.on_transfer(progress)

    async def emit_transferred(self, emit: Emit[Event]) -> None:
        """Emit how the last transfer ended, if no callback was called while it ran."""
        ended, self.transferred = self.transferred, None
        if ended is not None:
            await emit(ended)

    async def _upload(self, emit: Emit[Event], session: Session) -> None:
        # A session that was opened this instant holds nothing: no need to read its state.
        empty = SessionState(session_id=session.session_id)
        await self.resources.uploads.send(session.session_id, self.form, self.request.urls, empty)
        await self.emit_transferred(emit)

    async def _export(self, emit: Emit[Event], turn: TurnRun, video: Video) -> None:
        if not video.draft.is_ready:
            raise await self._close_without_video(turn, video)
        target = turn.target
        run = ExportRun(
            self.resources, video.session_id, video.draft, target=target, message=turn.record
        )
        video.render = await run.run(emit)
        if self.request.path is not None:
            async with self.request.downloading or nullcontext():
                video.path = await save_render(
                    self.resources, video.render, self.request.path, self.report_download
                )
            await self.emit_transferred(emit)

    async def _close_without_video(self, turn: TurnRun, video: Video) -> NothingToExportError:
        """Record that nothing was made, unless something may still come, and return the error."""
        if turn.record is None:
            raise RuntimeError("an export follows a message")
        await turn.record.mark(turn.phase)
        if turn.phase == "finished":
            self.empty = video
        error = empty_result_error(video)
        if turn.phase == "interrupted":
            where = self.resources.journal.recovery_hint(video.session_id)
            paid = "Do not send it again yet, it may have been paid for."
            error.hint = f"{error.hint} {paid} {where}"
        return error


def add_recovery_hint(error: BaseException, session_id: str) -> None:
    """Say where a video is that was paid for, and that no second prompt is needed to get it."""
    if came_from_callback(error):
        return
    if isinstance(error, (APIError, APIConnectionError, DownloadError)):
        attach_session_id(error, session_id)
        recovery_hint = f"What was made is kept: {export_call(session_id)}"
        error.hint = f"{error.hint} {recovery_hint}" if error.hint else recovery_hint


def empty_result_error(video: Video) -> NothingToExportError:
    said = shorten(" ".join(video.text.split()), _MOST_SAID)
    return NothingToExportError(
        f"The agent made nothing to export in session {video.session_id}.",
        hint=f'The agent said: "{said}"' if said else "It gave no reason. Try other words.",
    )
