"""A message with a key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nemovideo.journal.entries import NewWork
from nemovideo.journal.recorder import MessageRecord
from nemovideo.models.turn import Turn
from nemovideo.operations.keyed_work import OPEN_MESSAGE, KeyedWork
from nemovideo.operations.settlement import settle_message
from nemovideo.operations.stored_results import dump_turn, load_turn
from nemovideo.resources.failure_messages import build_untraced
from nemovideo.timeline.draft_comparison import diff_drafts

if TYPE_CHECKING:
    from nemovideo.concurrency.emitted_values import Emit
    from nemovideo.events import Event
    from nemovideo.journal.entries import KeyEntry, KeyPhase, MessageEntry, RenderEntry
    from nemovideo.operations.turn_runner import TurnRun
    from nemovideo.timeline.draft import Draft


class KeyedTurn(KeyedWork[Turn]):
    """Sends one message, once under its key."""

    def __init__(self, run: TurnRun, key: str, emit: Emit[Event]) -> None:
        work = NewWork(  # not in a local variable: a traceback may show those
            key=key,
            kind="send",
            request=json.dumps([run.session_id, run.text]),
            session_id=run.session_id,
        )
        super().__init__(run.resources, work)
        self._run = run
        self._emit = emit
        self._failed_free = False
        self._before: Draft | None = None

    async def _begin(self, entry: KeyEntry) -> Turn:
        self._run.key_entry = entry
        turn = await self._run.run(self._emit)
        self._before = self._run.before
        return turn

    def _ending(self) -> tuple[KeyPhase | None, bytes | None]:
        return "failed" if self._failed_free or self._run.is_free else None, None

    async def _pick_up(
        self, entry: KeyEntry, message: MessageEntry | None, render: RenderEntry | None
    ) -> Turn:
        if message is None or message.phase not in OPEN_MESSAGE:
            state = await self._resources.states.retrieve(self._run.session_id)
            return Turn("", (), state.draft, "state", self._run.session_id)
        await self.claim_unfinished(entry, message)
        record = MessageRecord(self._journal, message.id)
        try:
            turn = await self._settle(message)
        except BaseException:
            await record.mark("failed" if self._failed_free else "interrupted")
            raise
        await record.mark("finished")
        return turn

    async def _settle(self, message: MessageEntry) -> Turn:
        found = await settle_message(self._resources, message, self._emit)
        if found.is_free:
            self._failed_free = True
            raise build_untraced(message.session_id, has_key=True)
        self._before = found.before
        changes = () if found.before is None else await diff_drafts(found.draft, found.before)
        return Turn("", changes, found.draft, "state", message.session_id, found.spent)

    async def _restore(self, entry: KeyEntry) -> Turn:
        if entry.result is None:
            raise RuntimeError("what is finished has a result")
        return await load_turn(entry.result)

    def _dump(self, result: Turn) -> bytes:
        return dump_turn(result, self._before)
