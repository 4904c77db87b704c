"""Messages of a session whose end nobody has seen: waited for before anything else is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.display.output import Output
from nemovideo.cli.display.views import open_view
from nemovideo.cli.error_output import error_line
from nemovideo.errors import NemoVideoError, StreamInterruptedError
from nemovideo.events import StillWorking
from nemovideo.language.sentences import localize
from nemovideo.operations.recovery import UnfinishedMessage
from nemovideo.progress.tracker import ProgressOptions

if TYPE_CHECKING:
    from nemovideo.models.turn import Turn
    from nemovideo.operations.project import Project


class UnfinishedMessages:
    """Waits for the unfinished messages of the chat's session.

    Args:
        write: Writes what has become of one.
        fail: Writes why it is not known what has become of one.
    """

    def __init__(
        self,
        context: CommandContext,
        output: Output,
        write: Callable[[UnfinishedMessage, Turn], None],
        fail: Callable[[NemoVideoError], None],
    ) -> None:
        self._context = context
        self._output = output
        self._write = write
        self._fail = fail
        self._left: set[datetime] = set()
        """When those were sent that are not waited for again."""
        self._is_unreadable = False

    async def announce(self, language: str | None) -> None:
        """Name the sessions with unfinished work, in one line."""
        items = await self._context.client.recover()
        if sessions := dict.fromkeys(item.session_id for item in items):
            command = self._context.common.command("recover")
            line = localize(
                "chat_unfinished_sessions", language, sessions=sessions, command=command
            )
            self._output.note(line)

    async def settle(self, project: Project, language: str | None) -> bool:
        """Wait for the messages that no process is at work on; one that Ctrl-C left is named.

        Return True if the film that came of one was written.
        """
        url, session_id = self._context.settings.base_url, project.session_id
        try:
            listed = await self._context.client.recover()
        except NemoVideoError as error:
            # A journal that cannot be used keeps nobody from working; it is said once.
            if not self._is_unreadable:
                self._is_unreadable = True
                self._output.print_error(error_line(error))
            return False
        items = [
            item
            for item in listed
            if isinstance(item, UnfinishedMessage) and item.session_id == session_id
        ]
        is_written = False
        for item in items:
            if item.created_at in self._left:
                self._output.note(localize("chat_still_unfinished", language))
            else:
                is_written |= await self._wait_for(item, language)
        if not items and await self._context.query_journal(
            lambda journal: journal.has_unfinished(url, session_id)
        ):
            self._output.note(localize("chat_busy_elsewhere", language))
        return is_written

    async def _wait_for(self, item: UnfinishedMessage, language: str | None) -> bool:
        age = (datetime.now(UTC) - item.created_at).total_seconds()
        left = 60 * max(1, round((self._context.settings.timing.stream_limit - age) / 60))
        self._output.note(localize("chat_unfinished", language, left=left))
        # Also when Ctrl-C ends the wait: the user has decided, and is not made to wait again.
        self._left.add(item.created_at)
        try:
            turn = await self._resume(item, language)
        except NemoVideoError as error:
            self._fail(error)
            return False
        self._write(item, turn)
        return True

    async def _resume(self, item: UnfinishedMessage, language: str | None) -> Turn:
        """Resume it, again and again while the agent may be at work."""
        options = ProgressOptions(language, "resuming", terse=True, chat=True)
        with open_view(self._output, options) as view:
            while True:
                try:
                    turn = await item.resume()
                except StreamInterruptedError:
                    age = (datetime.now(UTC) - item.created_at).total_seconds()
                    if age >= self._context.settings.timing.stream_limit:
                        raise
                    view.event(StillWorking(age))
                    await anyio.lowlevel.checkpoint()
                else:
                    view.finish()
                    return turn
