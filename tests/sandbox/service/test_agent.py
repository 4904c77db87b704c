"""The agent runner with an agent other than the default one."""

import asyncio
from pathlib import Path

from nemovideo.sandbox.agents.interface import AgentSession, Message, ScriptedTurn, TurnKind
from nemovideo.sandbox.agents.steps import EditDraft, Say
from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.draft import new_draft
from nemovideo.sandbox.service.accounts import Service
from nemovideo.sandbox.service.agent import AgentRunner
from nemovideo.sandbox.service.settings import Settings
from nemovideo.sandbox.service.turn_events import (
    DraftUpdated,
    TextDelta,
    TextDone,
    TurnEnded,
    TurnEvent,
)
from nemovideo.sandbox.storage.store import Store

DRAFT = new_draft("draft_1", "A film", 640, 360, 30)


class Parrot:
    """An agent that repeats the message and sets a draft."""

    def respond(self, message: Message, session: AgentSession) -> ScriptedTurn:
        assert session.draft.names == ()
        return ScriptedTurn(TurnKind.EDIT, (Say(message.text), EditDraft(DRAFT)))


def test_a_turn_runs_the_steps_of_any_agent(tmp_path: Path) -> None:
    store = Store(tmp_path)
    service = Service(Settings(), store, Clock())
    account = service.create_account(None)
    session = service.create_session(account, "project", None)

    async def run() -> list[TurnEvent]:
        async with asyncio.TaskGroup() as tasks:
            runner = AgentRunner(Parrot(), service, tasks.create_task, [], [])
            turn = await runner.start_turn(account, session.session_id, "hello", None)
            return [event async for _, event in turn.follow()]

    events = asyncio.run(run())
    assert events == [TextDelta("hello"), TextDone("hello"), DraftUpdated(DRAFT), TurnEnded()]
    assert (session.draft, session.turns[0].answer, session.turns[0].charged) == (
        DRAFT,
        "hello",
        50,
    )
    store.close()
