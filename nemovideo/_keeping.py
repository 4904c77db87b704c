"""The journal for async callers: every entry is written in a thread, and none is left open."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo._config import Settings
from nemovideo._threads import surely, to_the_end

if TYPE_CHECKING:
    from nemovideo._journal import Entry, Journal, MessagePhase, NullJournal, RenderPhase
    from nemovideo._journal_writer import Writer
    from nemovideo.models.draft import Draft
    from nemovideo.models.renders import Render


class Keeping:
    """Writes down what is paid for, for one client and those made of it.

    Args:
        was_told: says whether the user knows already that the config folder cannot be used.
    """

    def __init__(self, settings: Settings, was_told: Callable[[], bool] = lambda: False) -> None:
        self._settings = settings
        self._was_told = was_told
        self.direct: set[str] = set()
        """Renders that `renders.create` has begun, and that nobody has seen finished."""
        self.called_off: set[str] = set()
        """Renders that `renders.cancel` has stopped, or is about to."""

    @cached_property
    def journal(self) -> Journal | NullJournal:
        """The journal itself; nothing is opened before its first entry."""
        from nemovideo._journal import Journal, NullJournal

        if not self._settings.journal:
            return NullJournal()
        path = self._settings.config_dir / "journal.sqlite3"
        return Journal(path, was_told=self._was_told)

    def tell_where(self, session_id: str) -> str:
        """Say where to look for what came of a message that nobody waited for."""
        if self.journal.available:
            return "What came of it: await client.recover()"
        return f'What came of it: await client.open_project("{session_id}").timeline()'

    @cached_property
    def _writer(self) -> Writer:
        from nemovideo._journal_writer import Writer

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
    ) -> MessageRecord:
        """Enter a message that is about to be sent."""
        begun = 0

        def enter() -> None:
            nonlocal begun
            begun = self.journal.begin_message(
                session_id=session_id,
                task_id=task_id,
                base_url=self._settings.base_url,
                prompt=prompt,
                draft=None if draft is None else draft.fingerprint,
                credits_before=credits_before,
                export=export,
                target_path=target,
            )

        target = _absolute(target)
        if self.journal.available:
            try:
                await self._writer.do(enter)
            except BaseException:
                if begun:  # entered, and then cancelled before it was sent
                    await self.update_message(begun, phase="failed")
                raise
        return MessageRecord(self, begun)

    async def had_overlap(self, message_id: int) -> bool:
        """Return whether other work of the account ran at the same time, as far as is known."""
        return False

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
        if self.journal.available:
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
        if self.journal.available:
            await self._writer.surely(update)

    async def note_render(self, render: Render) -> None:
        """Enter how a render ended, if the journal knows it and nobody is exporting it."""
        self.direct.discard(render.id)
        phase: RenderPhase = "completed" if render.is_completed else "failed"
        if not render.is_completed and (render.is_cancelled or render.id in self.called_off):
            phase = "cancelled"
        await self._note(render.id, phase, render.url)

    async def note_download(self, render_id: str) -> None:
        """Enter that a render's file was fetched, as `note_render`."""
        await self._note(render_id, "downloaded", None)

    async def _note(self, render_id: str, phase: RenderPhase, url: str | None) -> None:
        note = partial(self.journal.note_render, render_id, phase=phase, url=url)
        if self.journal.available:
            await self._writer.surely(note)

    async def was_called_off(self, render: Render) -> bool:
        """Say whether a render ended because somebody stopped it, here or in another process."""
        if render.is_cancelled or render.id in self.called_off:
            return True
        from anyio import to_thread

        entry = await to_thread.run_sync(self.journal.find_render, render.id)
        return entry is not None and entry.phase == "cancelled"

    async def update_message(
        self, message_id: int, *, phase: MessagePhase | None = None, release: bool = False
    ) -> None:
        """Enter how far a message has come, even while the caller is being cancelled."""
        update = partial(self.journal.update_message, message_id, phase=phase, release=release)
        if self.journal.available:
            await self._writer.surely(update)

    async def unfinished(self) -> list[Entry]:
        """Return what nobody is at work on and was not brought to its end."""
        from anyio import to_thread

        return await to_thread.run_sync(self.journal.unfinished, self._settings.base_url)

    async def claim(self, entry: Entry) -> bool:
        """Take an unfinished entry, and say whether it was free to take."""
        return await to_the_end(lambda: self.journal.claim(entry))

    async def has_changed(self, entry_digest: str | None, draft: Draft) -> bool | None:
        """Say whether `draft` is another than the one an entry was made with, where it is known."""
        if entry_digest is None:
            return None
        from anyio import to_thread

        digest = await to_thread.run_sync(lambda: self.journal.digest(draft.fingerprint))
        return digest != entry_digest if digest else None

    async def aclose(self) -> None:
        """Close the journal's file; the next entry opens it again."""
        if "journal" in self.__dict__:
            await surely(self._close)

    def _close(self) -> None:
        if "_writer" in self.__dict__:
            self._writer.close()
        self.journal.close()


class MessageRecord:
    """The entry of one message."""

    def __init__(self, keeping: Keeping, message_id: int) -> None:
        self.id = message_id
        self._keeping = keeping

    async def mark(self, phase: MessagePhase) -> None:
        """Enter how far the message has come."""
        await self._keeping.update_message(self.id, phase=phase)

    async def release(self) -> None:
        """Give the message up to whoever recovers it, if it is unfinished."""
        await self._keeping.update_message(self.id, release=True)


def _absolute(path: Path | None) -> Path | None:
    # Whoever recovers it may stand in another folder.
    return None if path is None else Path.cwd() / path
