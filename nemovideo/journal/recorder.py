"""The journal for async callers: every entry is written in a thread, and none is left open."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property, partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo.concurrency.threads import run_in_thread, run_in_thread_shielded
from nemovideo.config.settings import Settings
from nemovideo.timeline.draft_comparison import fingerprint_of

if TYPE_CHECKING:
    from nemovideo.journal.journal import Claim, Entry, Journal, MessagePhase, RenderPhase
    from nemovideo.journal.writer import Writer
    from nemovideo.models.renders import Render
    from nemovideo.timeline.draft import Draft


class JournalRecorder:
    """Writes down what is paid for, for one client and those made of it.

    Args:
        was_told: says whether the user knows already that the config folder cannot be used.
    """

    def __init__(
        self, settings: Settings, already_warned: Callable[[], bool] = lambda: False
    ) -> None:
        self._settings = settings
        self._already_warned = already_warned
        self._overlaps = _Overlaps()
        self.unwatched: set[str] = set()
        """Renders that `renders.create` has begun, and that nobody has seen finished."""
        self.cancelled: set[str] = set()
        """Renders that `renders.cancel` has stopped, or is about to."""

    @cached_property
    def journal(self) -> Journal:
        """The journal itself; nothing is opened before its first entry."""
        from nemovideo.journal.journal import Journal

        path = self._settings.config_dir / "journal.sqlite3"
        return Journal(path, already_warned=self._already_warned)

    @property
    def is_on(self) -> bool:
        """Whether the user wants a journal."""
        return self._settings.journal

    def recovery_hint(self, session_id: str) -> str:
        """Say where to look for what came of a message that nobody waited for."""
        if self.is_on and self.journal.available:
            return "What came of it: await client.recover()"
        return f'What came of it: await client.open_project("{session_id}").timeline()'

    @property
    def _account(self) -> str:
        # With neither it is the account whose token is in the config folder, as the journal is.
        token = self._settings.token
        return self._settings.client_id or "" if token is None else token.reveal()

    @cached_property
    def _writer(self) -> Writer:
        from nemovideo.journal.writer import Writer

        return Writer(self.journal.together)

    async def begin_message(
        self,
        session_id: str,
        task_id: str | None,
        prompt: str,
        draft: Draft | None = None,
        credits_before: float | None = None,
        *,
        export: bool = False,
        target: Path | None = None,
        balance_read_at: float | None = None,
    ) -> MessageRecord:
        """Enter a message that is about to be sent.

        Args:
            balance_read_at: when `credits_before` was read, as `time.time` has it: what ended
                since counts as overlapping, too.
        """
        from nemovideo.journal.journal import new_message_id

        settings, message_id = self._settings, new_message_id()
        limit = settings.timing.stream_limit
        target = _absolute(target)
        fingerprint = await fingerprint_of(draft) if self.is_on and draft is not None else None

        def enter() -> None:
            self.journal.begin_message(
                message_id,
                session_id=session_id,
                task_id=task_id,
                base_url=settings.base_url,
                prompt=prompt,
                draft=fingerprint,
                credits_before=credits_before,
                export=export,
                target_path=target,
                account=self._account,
                lasts=limit,
                balance_read_at=balance_read_at,
            )

        self._overlaps.begin(message_id, time.time() + limit, balance_read_at)
        if self.is_on:
            try:
                await self._writer.do(enter)
            except BaseException:
                # Cancelled before it was sent, and perhaps entered.
                await self.update_message(message_id, phase="failed")
                raise
        return MessageRecord(self, message_id)

    async def had_overlap(self, message_id: int) -> bool:
        """Say whether another message of the account was open at any instant since this one began.

        As far as is known: other processes are seen through the journal, and without one only the
        messages of this client. To be asked before the message is entered as finished.
        """
        overlapped = self._overlaps.is_overlapped(message_id)
        if overlapped or not self.is_on:
            return overlapped
        from anyio import to_thread

        return await to_thread.run_sync(self.journal.had_overlap, message_id)

    async def begin_render(
        self,
        render_id: str,
        session_id: str,
        format: str,
        quality: str,
        target: Path | None,
        *,
        message: MessageRecord | None = None,
        replaces: str | None = None,
    ) -> None:
        """Enter a render that is about to be submitted."""
        begin = partial(
            self.journal.begin_render,
            render_id,
            session_id=session_id,
            base_url=self._settings.base_url,
            format=format,
            quality=quality,
            target_path=_absolute(target),
            replaces=replaces,
            message_id=None if message is None else message.id,
        )
        if message is not None:
            self._overlaps.end(message.id)
        if self.is_on:
            await self._writer.do(begin)

    async def update_render(
        self,
        render_id: str,
        *,
        phase: RenderPhase | None = None,
        url: str | None = None,
        target: Path | None = None,
        release: bool = False,
    ) -> None:
        """Enter how far a render has come, even while the caller is being cancelled."""
        update = partial(
            self.journal.update_render,
            render_id,
            phase=phase,
            url=url,
            target_path=_absolute(target),
            release=release,
        )
        if self.is_on:
            await self._writer.surely(update)

    async def note_render(self, render: Render) -> None:
        """Enter how a render ended, if the journal knows it and nobody is exporting it."""
        self.unwatched.discard(render.id)
        phase: RenderPhase = "completed" if render.is_completed else "failed"
        if not render.is_completed and (render.is_cancelled or render.id in self.cancelled):
            phase = "cancelled"
        await self._note(render.id, phase, render.url)

    async def note_download(self, render_id: str) -> None:
        """Enter that a render's file was fetched, as `note_render`."""
        await self._note(render_id, "downloaded", None)

    async def _note(self, render_id: str, phase: RenderPhase, url: str | None) -> None:
        note = partial(self.journal.note_render, render_id, phase=phase, url=url)
        if self.is_on:
            await self._writer.surely(note)

    async def was_cancelled(self, render: Render) -> bool:
        """Say whether a render ended because somebody stopped it, here or in another process."""
        if render.is_cancelled or render.id in self.cancelled:
            return True
        if not self.is_on:
            return False
        from anyio import to_thread

        entry = await to_thread.run_sync(self.journal.find_render, render.id)
        return entry is not None and entry.phase == "cancelled"

    async def update_message(
        self, message_id: int, *, phase: MessagePhase | None = None, release: bool = False
    ) -> None:
        """Enter how far a message has come, even while the caller is being cancelled."""
        if phase in {"finished", "failed"}:
            self._overlaps.end(message_id)
        elif release or phase == "interrupted":
            self._overlaps.leave(message_id)
        update = partial(self.journal.update_message, message_id, phase=phase, release=release)
        if self.is_on:
            await self._writer.surely(update)

    async def unfinished(self) -> list[Entry]:
        """Return what nobody is at work on and was not brought to its end.

        Raises:
            NemoVideoError: the journal cannot be read.
        """
        if not self.is_on:
            return []
        from anyio import to_thread

        return await to_thread.run_sync(self.journal.unfinished, self._settings.base_url)

    async def claim(self, entry: Entry) -> Claim:
        """Take an unfinished entry, and say whether it was free to take."""
        claims: list[Claim] = []
        try:
            await run_in_thread(lambda: claims.append(self.journal.claim(entry)))
        except BaseException:
            if "ours" in claims:  # cancelled at this instant, so nobody would give it up
                await run_in_thread_shielded(lambda: self.journal.release(entry))
            raise
        return claims[0]

    async def is_ours(self, entry: Entry) -> bool:
        """Say whether an entry is of the account in use, as far as that is known."""
        return await run_in_thread(lambda: self.journal.is_of_account(entry, self._account))

    async def end_render(self, render_id: str, message_id: int | None) -> None:
        """Enter that nobody wants a render any more, nor the message that was paid for it."""
        await self.update_render(render_id, phase="cancelled")
        if message_id is not None:
            await self.update_message(message_id, phase="finished")

    async def has_changed(self, entry_digest: str | None, draft: Draft) -> bool | None:
        """Say whether `draft` is another than the one an entry was made with, where it is known."""
        if entry_digest is None:
            return None
        from anyio import to_thread

        digest = await to_thread.run_sync(self.journal.digest, await fingerprint_of(draft))
        return digest != entry_digest if digest else None

    async def aclose(self) -> None:
        """Close the journal's file; the next entry opens it again."""
        if "journal" in self.__dict__:
            await run_in_thread_shielded(self._close)

    def _close(self) -> None:
        if "_writer" in self.__dict__:
            self._writer.close()
        self.journal.close()


class _Overlaps:
    """Which messages of one client were open at the same time."""

    def __init__(self) -> None:
        self._open: dict[int, float] = {}  # until when its agent may be at work
        self._left: set[int] = set()
        self._alone: int | None = None
        self._last_end = -inf

    def begin(self, message_id: int, until: float, balance_read_at: float | None) -> None:
        now = time.time()
        for left in [each for each in self._left if self._open[each] < now]:
            self._close(left)
        since = now if balance_read_at is None else balance_read_at
        # Whatever is open overlaps with this one.
        self._alone = None if self._open or self._last_end >= since else message_id
        self._open[message_id] = until

    def end(self, message_id: int) -> None:
        if message_id in self._open:
            self._last_end = time.time()
            self._close(message_id)

    def leave(self, message_id: int) -> None:
        """Note that nobody hears any more how it ends."""
        if message_id in self._open:
            self._left.add(message_id)

    def is_overlapped(self, message_id: int) -> bool:
        return message_id in self._open and message_id != self._alone

    def _close(self, message_id: int) -> None:
        self._open.pop(message_id, None)
        self._left.discard(message_id)


class MessageRecord:
    """The entry of one message."""

    def __init__(self, journal: JournalRecorder, message_id: int) -> None:
        self.id = message_id
        self._journal = journal

    async def mark(self, phase: MessagePhase) -> None:
        """Enter how far the message has come."""
        await self._journal.update_message(self.id, phase=phase)

    async def release(self) -> None:
        """Give the message up to whoever recovers it, if it is unfinished."""
        await self._journal.update_message(self.id, release=True)


def _absolute(path: Path | None) -> Path | None:
    # Whoever recovers it may stand in another folder.
    return None if path is None else Path.cwd() / path
