"""The journal for async callers: every entry is written in a thread, and none is left open."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nemovideo import journal
from nemovideo.concurrency.imports import import_in_thread
from nemovideo.concurrency.threads import run_in_thread_shielded
from nemovideo.config.settings import Settings
from nemovideo.files.save_targets import RemotePath
from nemovideo.journal.entries import new_message_id
from nemovideo.security.redaction import Secret
from nemovideo.timeline.draft_comparison import fingerprint_of

if TYPE_CHECKING:
    from nemovideo.journal.connection import Connection, Storage
    from nemovideo.journal.entries import (
        Claim,
        Entry,
        KeyClaim,
        KeyEntry,
        KeyPhase,
        MessageCounts,
        MessageEntry,
        MessagePhase,
        NewMessage,
        NewRender,
        NewWork,
        RenderEntry,
        RenderPhase,
    )
    from nemovideo.journal.journal import Journal
    from nemovideo.journal.keys import Keys
    from nemovideo.journal.writer import Step, Writer
    from nemovideo.models.renders import Render
    from nemovideo.timeline.draft import Draft

_T = TypeVar("_T")

_logger = logging.getLogger("nemovideo")

_MAX_CANCELLED = 1000


class JournalRecorder:
    """Enters what is paid for, for one client and those made of it.

    Args:
        already_warned: returns True if the user knows that the config folder cannot be used.
    """

    def __init__(
        self, settings: Settings, already_warned: Callable[[], bool] = lambda: False
    ) -> None:
        self._settings = settings
        self._already_warned = already_warned
        self._overlaps = _Overlaps()
        self._cancelled: dict[str, None] = {}  # in the order in which they were cancelled
        self.unwatched: set[str] = set()
        """Renders that `renders.create` has submitted, and that nobody has seen finished."""
        self.warned_batches: set[str] = set()
        """Batches of which it was said that videos of them are not known here."""

    @cached_property
    def _journal(self) -> Journal:
        return journal.Journal(_storage_of(self._settings), already_warned=self._already_warned)

    @cached_property
    def _writer(self) -> Writer:
        return journal.Writer(self._journal.write)

    @property
    def is_enabled(self) -> bool:
        return self._settings.journal is not None

    @property
    def available(self) -> bool:
        """Whether entries are stored, as far as is known."""
        return self._journal.available

    @property
    def _account(self) -> str:
        # With neither it is the account whose token is in the config folder, as the journal is.
        token = self._settings.token
        return self._settings.client_id or "" if token is None else token.reveal()

    def recovery_hint(self, session_id: str) -> str:
        """Return a hint telling how to find the result of an abandoned message."""
        if self.is_enabled and self.available:
            return "For the result: await client.recover()"
        return f'For the result: await client.open_project("{session_id}").timeline()'

    async def begin_message(
        self, message: NewMessage, draft: Draft | None = None, key_entry: KeyEntry | None = None
    ) -> MessageRecord:
        """Enter a message that is about to be sent, with the draft before it.

        Raises:
            InProgressError: it has a key, which was claimed elsewhere since.
            NemoVideoError: it has a key, and the journal cannot be written.
        """
        settings = self._settings
        limit = settings.timing.stream_limit
        fingerprint = None
        if draft is not None and self.is_enabled:
            fingerprint = await fingerprint_of(draft)
        entered = replace(
            message,
            base_url=settings.base_url,
            account=self._account,
            lasts=limit,
            target_path=_absolute(message.target_path),
            draft=fingerprint,
        )
        self._overlaps.begin(message.id, time.time() + limit, message.balance_read_at)
        if self.is_enabled:
            try:
                if key_entry is None and not self._journal.requires_entries:
                    await self._writer.submit(partial(self._journal.begin_message, entered))
                else:
                    change = self._journal.begin_message(entered, key_entry)
                    await self.query(lambda journal: journal.transact(change))
            except BaseException:
                # Cancelled before it was sent, and perhaps entered.
                await self.update_message(message.id, phase="failed")
                raise
        return MessageRecord(self, message.id)

    async def update_message(
        self, message_id: int, *, phase: MessagePhase | None = None, release: bool = False
    ) -> None:
        """Enter how far a message has come, even while the caller is being cancelled."""
        if phase in {"finished", "failed"}:
            self._overlaps.end(message_id)
        elif release or phase == "interrupted":
            self._overlaps.abandon(message_id)
        await self._submit_shielded(
            lambda: self._journal.update_message(message_id, phase=phase, release=release)
        )

    async def had_overlap(self, message_id: int) -> bool:
        """Return True if another message of the account was open since this one began.

        As far as is known: other processes are seen through the journal, and without one only the
        messages of this client. To be asked before the message is entered as finished.
        """
        overlapped = self._overlaps.is_overlapped(message_id)
        if overlapped or not self.is_enabled:
            return overlapped
        return await self.query(lambda journal: journal.had_overlap(message_id))

    async def count_messages(self, after: int = 0) -> MessageCounts | None:
        """Return what was entered for the account since an entry, None where that is not known."""
        if not self.is_enabled:
            return None
        url, account = self._settings.base_url, self._account
        lasts = self._settings.timing.stream_limit
        return await self.query(lambda journal: journal.count_messages(url, account, after, lasts))

    async def begin_render(self, render: NewRender, key_entry: KeyEntry | None = None) -> None:
        """Enter a render that is about to be submitted; it ends the message that it belongs to."""
        if render.message_id is not None:
            self._overlaps.end(render.message_id)
        if self.is_enabled:
            entered = replace(
                render,
                base_url=self._settings.base_url,
                target_path=_absolute(render.target_path),
            )
            if key_entry is None:
                await self._writer.submit(partial(self._journal.begin_render, entered))
            else:
                change = self._journal.begin_render(entered, key_entry)
                await self.query(lambda journal: journal.transact(change))

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
        path = _absolute(target)
        await self._submit_shielded(
            lambda: self._journal.update_render(
                render_id, phase=phase, url=url, target_path=path, release=release
            )
        )

    async def note_render(self, render: Render) -> None:
        """Enter how a render ended, if the journal has it and no process is exporting it."""
        self.unwatched.discard(render.id)
        phase: RenderPhase = "completed" if render.is_completed else "failed"
        if not render.is_completed and (render.is_cancelled or render.id in self._cancelled):
            phase = "cancelled"
        await self._note(render.id, phase, render.url)
        if phase == "cancelled" and self.is_enabled and self.available:
            self.forget_cancelled(render.id)  # the entry says it now

    async def note_download(self, render_id: str) -> None:
        """Enter that a render's file was fetched, as `note_render`."""
        await self._note(render_id, "downloaded", None)

    async def _note(self, render_id: str, phase: RenderPhase, url: str | None) -> None:
        await self._submit_shielded(
            lambda: self._journal.note_render(render_id, phase=phase, url=url)
        )

    def remember_cancelled(self, render_id: str) -> None:
        """Note that this client has cancelled a render, or is about to."""
        self._cancelled[render_id] = None
        if len(self._cancelled) > _MAX_CANCELLED:
            # Without a journal nobody may ever ask, and exports wait for minutes only.
            del self._cancelled[next(iter(self._cancelled))]

    def forget_cancelled(self, render_id: str) -> None:
        self._cancelled.pop(render_id, None)

    async def was_cancelled(self, render: Render) -> bool:
        """Return True if somebody cancelled a render, here or in another process."""
        if render.is_cancelled or render.id in self._cancelled:
            return True
        if not self.is_enabled:
            return False
        entry = await self.query(lambda journal: journal.find_render(render.id))
        return entry is not None and entry.phase == "cancelled"

    async def end_render(self, render_id: str, message_id: int | None) -> None:
        """Enter that nobody wants a render any more, nor the message that was paid for it."""
        await self.update_render(render_id, phase="cancelled")
        if message_id is not None:
            await self.update_message(message_id, phase="finished")

    async def unfinished(self) -> list[Entry]:
        """Return unfinished entries that no living process owns."""
        if not self.is_enabled:
            return []
        return await self.query(lambda journal: journal.unfinished(self._settings.base_url))

    async def query(self, query: Callable[[Journal], _T]) -> _T:
        """Return the result of `query`, which runs in the journal's thread."""
        if "_writer" not in self.__dict__:
            await import_in_thread("nemovideo.journal.journal", "nemovideo.journal.writer")
        results: list[_T] = []
        await self._writer.submit(lambda: results.append(query(self._journal)))
        return results[0]

    async def claim(self, entry: Entry) -> Claim:
        """Take an unfinished entry, and return whether it was free to take."""
        claims: list[Claim] = []
        try:
            await self.query(lambda journal: claims.append(journal.claim(entry)))
        except BaseException:
            if "ours" in claims:  # cancelled at this instant, so nobody would give it up
                await self._submit_shielded(lambda: self._journal.release(entry))
            raise
        return claims[0]

    async def claim_key(self, work: NewWork) -> tuple[KeyClaim, KeyEntry]:
        """Take work with a key, and return whether it was free and how far it has come."""
        url, account = self._settings.base_url, self._account
        entered = replace(work, base_url=url, account=account, attempt=new_message_id())
        claims: list[tuple[KeyClaim, KeyEntry]] = []

        def claim(journal: Journal) -> None:
            claims.append(journal.transact(lambda db: journal.keys.claim(db, entered)))

        try:
            await self.query(claim)
        except BaseException:
            # Cancelled at this instant, or the database went away: it may have been entered.
            await self._submit_shielded(lambda: self._journal.drop_claim(entered))
            raise
        return claims[0]

    async def find_key(self, key: str) -> KeyEntry | None:
        """Return how far a key of this account has come; None where there is no such key."""
        url, account = self._settings.base_url, self._account
        return await self.query(
            lambda journal: journal.transact(lambda db: journal.keys.find(db, url, account, key))
        )

    async def known_keys(self, prefix: str) -> set[str]:
        """Return the keys of this account that begin with `prefix`."""
        if not self.is_enabled:
            return set()
        url, account = self._settings.base_url, self._account
        return await self.query(
            lambda journal: journal.transact(
                lambda db: journal.keys.known(db, url, account, prefix)
            )
        )

    async def find_entries(self, entry: KeyEntry) -> tuple[MessageEntry | None, RenderEntry | None]:
        """Return the message that was sent under a key, and the last render of it."""
        return await self.query(
            lambda journal: journal.transact(lambda db: journal.keys.find_entries(db, entry))
        )

    async def find_target(self, key: str) -> Path | None:
        """Return where the video of a key was to be saved; None where that is not known."""
        entry = await self.find_key(key)
        message, render = (None, None) if entry is None else await self.find_entries(entry)
        if render is not None and render.target_path is not None:
            return render.target_path
        return None if message is None else message.target_path

    async def give_up_key(
        self, entry: KeyEntry, phase: KeyPhase | None = None, result: bytes | None = None
    ) -> None:
        """Enter what has come of a piece of work, even while the caller is being cancelled."""
        keys = self._journal.keys
        await self._submit_shielded(lambda: lambda db: keys.give_up(db, entry, phase, result))

    async def store_result(self, entry: KeyEntry, result: bytes) -> None:
        """Enter more of the result of finished work."""
        keys = self._journal.keys
        await self._submit_shielded(lambda: lambda db: keys.store_result(db, entry, result))

    async def reopen_key(self, entry: KeyEntry) -> bool:
        """Enter that finished work may be done again; False if it has been meanwhile."""
        return await self.query(
            lambda journal: journal.transact(lambda db: journal.keys.reopen(db, entry))
        )

    async def forget_key(self, key: str) -> bool:
        """Delete a key and end what is unfinished under it; return False if there is none."""
        if not self.is_enabled:
            return False
        url, account = self._settings.base_url, self._account
        return await self.query(
            lambda journal: journal.transact(lambda db: journal.keys.forget(db, url, account, key))
        )

    async def drop_key(self, entry: Entry) -> None:
        await self._submit_shielded(lambda: self._journal.drop_key(entry))

    async def find_or_reserve(
        self, batch: str, key: str, amount: float, limit: float
    ) -> tuple[KeyEntry | None, bool]:
        """Return how far a key has come, and reserve as `reserve` does where it is a new one."""
        url, account = self._settings.base_url, self._account

        def change(keys: Keys, db: Connection) -> tuple[KeyEntry | None, bool]:
            entry = keys.find(db, url, account, key)
            is_new = entry is None
            return entry, is_new and keys.reserve(db, url, account, batch, key, amount, limit)

        return await self.query(
            lambda journal: journal.transact(lambda db: change(journal.keys, db))
        )

    async def reserve(self, batch: str, key: str, amount: float, limit: float) -> bool:
        """Reserve credits for one job of a batch, unless all reservations would pass `limit`.

        Any number of workers may ask at once: it is one transaction of the database. Asked again
        for the same job, the new amount replaces the old one; with `limit=math.inf` that notes what
        the job has cost in the end.

        Raises:
            NemoVideoError: the journal cannot be written.
        """
        url, account = self._settings.base_url, self._account
        return await self.query(
            lambda journal: journal.transact(
                lambda db: journal.keys.reserve(db, url, account, batch, key, amount, limit)
            )
        )

    async def release(self, batch: str, key: str) -> None:
        """Reserve nothing any more for a job of a batch, which costs nothing."""
        url, account = self._settings.base_url, self._account
        keys = self._journal.keys
        await self._submit_shielded(lambda: lambda db: keys.release(db, url, account, batch, key))

    async def find_unfinished(self, prompt: str, target: Path | None) -> MessageEntry | None:
        """Return an unfinished message with this prompt and target that no live process owns."""
        if not self.is_enabled:
            return None
        url, path = self._settings.base_url, _absolute(target)
        return await self.query(lambda journal: journal.find_unfinished(url, prompt, path))

    async def warn_if_unfinished(self, session_id: str) -> None:
        """Log a warning if a message of a session has not ended, so its film may grow."""
        url = self._settings.base_url
        if self.is_enabled and await self.query(
            lambda journal: journal.has_unfinished(url, session_id)
        ):
            _logger.warning(
                "A message of session %s has not ended: the film may not be complete yet. "
                "For the result: await client.recover(), then resume() of the item",
                session_id,
            )

    async def is_ours(self, entry: Entry) -> bool:
        """Return True if an entry is of the account in use, as far as that is known."""
        return await self.query(lambda journal: journal.is_of_account(entry, self._account))

    async def has_changed(self, entry_digest: str | None, draft: Draft) -> bool | None:
        """Return whether `draft` differs from that of an entry; None where it is not known."""
        if entry_digest is None:
            return None
        fingerprint = await fingerprint_of(draft)
        digest = await self.query(lambda journal: journal.digest(fingerprint))
        return digest != entry_digest if digest else None

    async def aclose(self) -> None:
        """Close the journal's file; the next entry opens it again."""
        if "_journal" in self.__dict__:
            await run_in_thread_shielded(self._close)

    def _close(self) -> None:
        if "_writer" in self.__dict__:
            self._writer.close()
        self._journal.close()

    async def _submit_shielded(self, step: Step) -> None:
        if self.is_enabled:
            await self._writer.submit_shielded(step)


class _Overlaps:
    """Which messages of one client were open at the same time."""

    def __init__(self) -> None:
        self._open: dict[int, float] = {}  # until when the agent may be at work
        self._abandoned: set[int] = set()
        self._alone: int | None = None
        self._last_end = -inf

    def begin(self, message_id: int, until: float, balance_read_at: float | None) -> None:
        now = time.time()
        for abandoned in [each for each in self._abandoned if self._open[each] < now]:
            self._close(abandoned)
        since = now if balance_read_at is None else balance_read_at
        # Whatever is open overlaps with this one.
        self._alone = None if self._open or self._last_end >= since else message_id
        self._open[message_id] = until

    def end(self, message_id: int) -> None:
        if message_id in self._open:
            self._last_end = time.time()
            self._close(message_id)

    def abandon(self, message_id: int) -> None:
        """Note that nobody will see how a message ends."""
        if message_id in self._open:
            self._abandoned.add(message_id)

    def is_overlapped(self, message_id: int) -> bool:
        return message_id in self._open and message_id != self._alone

    def _close(self, message_id: int) -> None:
        self._open.pop(message_id, None)
        self._abandoned.discard(message_id)


class MessageRecord:
    """The entry of one message."""

    def __init__(self, recorder: JournalRecorder, message_id: int) -> None:
        self.id = message_id
        self._recorder = recorder

    async def mark(self, phase: MessagePhase) -> None:
        await self._recorder.update_message(self.id, phase=phase)

    async def release(self) -> None:
        """Give the message up to whoever recovers it, if it is unfinished."""
        await self._recorder.update_message(self.id, release=True)


def _storage_of(settings: Settings) -> Storage:
    folder = settings.config_dir
    match settings.journal:
        case Secret() as dsn:
            return journal.PostgresStorage(dsn, folder)
        case Path() as path:
            return journal.SQLiteStorage(path, local_account=folder / "journal.key")
        case _:
            return journal.SQLiteStorage(folder / "journal.sqlite3")


def _absolute(path: Path | None) -> Path | None:
    # Whoever recovers it may be in another folder.
    return path if path is None or isinstance(path, RemotePath) else path.absolute()
