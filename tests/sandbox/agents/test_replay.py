"""`ReplayAgent`: recordings that no sandbox made, and what it says where it cannot answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nemovideo.sandbox import (
    AgentSession,
    CallTool,
    DraftEditor,
    EditDraft,
    Fail,
    Message,
    ReplayAgent,
    Sandbox,
    Say,
    Think,
    Upload,
    Wait,
)
from nemovideo.sandbox.agents.interface import AgentError, TurnKind

DRAFT = {"t": [{"tt": 0, "sg": [{"d": 5000, "m": {"name": "fox"}}]}], "d": 5000, "x": 1.50}
FIXED = {"recording": 1}


def message(text: str, number: int = 1, session: str = "s1", **more: Any) -> dict[str, Any]:
    body = {"session_id": session, "new_message": {"parts": [{"text": text}]}}
    return {"exchange": number, "request": "POST https://x/run_sse", "body": body, **more}


def event(seconds: float, value: Any, number: int = 1) -> dict[str, Any]:
    return {"exchange": number, "seconds": seconds, "event": value}


def state(draft: Any, session: str = "s1") -> dict[str, Any]:
    url = f"https://x/api/state/nemo_agent/me/{session}/latest"
    response = {"code": 0, "data": {"state": {"draft": draft}}}
    return {"exchange": 9, "request": f"GET {url}", "status": 200, "response": response}


@pytest.fixture
def recorded(tmp_path: Path) -> Any:
    def write(*lines: dict[str, Any]) -> ReplayAgent:
        path = tmp_path / "session.jsonl"
        path.write_text("".join(f"{json.dumps(line)}\n" for line in [FIXED, *lines]), "utf-8")
        return ReplayAgent(path)

    return write


def session(turn: int = 0, draft: Any = None, uploads: Any = ()) -> AgentSession:
    return AgentSession(draft=DraftEditor(draft or {}), turn=turn, uploads=uploads)


def test_both_shapes_become_steps_with_the_pauses_between_them(recorded: Any) -> None:
    agent = recorded(
        message("a fox", status=200),
        event(0.2, {"type": "text", "content": "Working"}),
        event(0.3, {"type": "text", "content": " on it."}),
        event(2, None),
        event(40, {"type": "tool_call", "name": "make", "args": {"a": 1}}),
        event(61, {"type": "tool_result", "name": "make", "result": {"ok": True}}),
        event(61.1, {"content": {"parts": [{"text": "hm", "thought": True}]}}),
        event(70, {"content": {"parts": [{"text": "Here "}]}, "partial": True}),
        event(70.1, {"content": {"parts": [{"text": "it is."}]}, "partial": True}),
        event(70.2, {"content": {"parts": [{"text": "Here it is."}]}, "turnComplete": True}),
        {"exchange": 1, "end": "complete", "seconds": 75.0},
        state(DRAFT),
    )
    turn = agent.respond(Message(" a  fox "), session())
    assert turn.steps == (
        Say("Working on it."),
        Wait(61),
        CallTool("make", {"a": 1}, {"ok": True}),
        Think("hm"),
        Wait(9),
        Say("Here it is."),
        Wait(5),
        EditDraft(DRAFT),
    )
    assert (turn.kind, turn.draft) == (TurnKind.GENERATE, DRAFT)


def test_an_edit_of_uploads_is_no_generated_clip_and_an_unchanged_draft_no_edit(
    recorded: Any,
) -> None:
    agent = recorded(
        message("use my file", status=200),
        {"exchange": 1, "end": "complete", "seconds": 1},
        state(DRAFT),
        message("nothing", 2, status=200),
        {"exchange": 2, "end": "complete", "seconds": 0.2},
        state(DRAFT),
    )
    one_file = (Upload("a.mp4", "video"),)
    assert agent.respond(Message("use my file"), session(uploads=one_file)).kind is TurnKind.EDIT
    silent = agent.respond(Message("nothing"), session(1, DRAFT))
    assert (silent.kind, silent.steps) == (TurnKind.ANSWER, ())


def test_a_text_gets_the_answer_of_its_place_and_then_those_of_others_in_turn(
    recorded: Any,
) -> None:
    lines: list[dict[str, Any]] = []
    for number, (name, text) in enumerate(
        [("a", "more"), ("a", "more"), ("b", "more"), ("b", "<e-mail>, please")]
    ):
        lines.append(message(text, number, name, status=200))
        lines.append(event(0, {"type": "text", "content": f"{name}{number}"}, number))
    agent = recorded(*lines)

    def said(text: str, turn: int) -> str:
        return agent.respond(Message(text), session(turn)).text

    assert [said("more", place) for place in (0, 1, 0, 0, 7)] == ["a0", "a1", "b2", "a0", "a1"]
    assert said("ada@example.com, please", 1) == "b3"


def test_a_turn_that_failed_keeps_its_draft_and_fails_again(recorded: Any) -> None:
    agent = recorded(
        message("a fox", status=200),
        event(1, {"error": "RuntimeError: boom", "error_details": {}}),
        state(DRAFT),
    )
    steps = agent.respond(Message("a fox"), session()).steps
    assert steps == (Wait(1), EditDraft(DRAFT), Fail("RuntimeError: boom"))


def test_messages_that_were_refused_are_no_turns(recorded: Any, tmp_path: Path) -> None:
    refused = {"exchange": 1, "response": {"code": 2001}, "end": "complete", "seconds": 0.1}
    for lines in (
        [message("a fox", status=200), refused],
        [message("a fox", error="APIConnectionError: refused")],
        [],
    ):
        with pytest.raises(ValueError, match="has no message that was answered"):
            recorded(*lines)
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"recording": 1}\nnonsense\n', "utf-8")
    with pytest.raises(ValueError, match="line 2, is not a line of a recording"):
        ReplayAgent(broken)
    with pytest.raises(FileNotFoundError):
        ReplayAgent(tmp_path / "none.jsonl")


def test_a_message_that_is_not_there_is_answered_with_what_is(recorded: Any) -> None:
    agent = recorded(message("a fox", status=200), event(0, {"type": "text", "content": "no"}))
    with pytest.raises(AgentError, match=r"is not in the recording session\.jsonl"):
        agent.respond(Message("a cat"), session())


def test_a_foreign_draft_is_served_number_for_number_and_rendered(recorded: Any) -> None:
    agent = recorded(message("a fox", status=200), event(0, None), state(DRAFT))
    with Sandbox(agent=agent, stub_renders=True) as sandbox:
        import nemovideo
        from tests.conftest import QUICK

        with nemovideo.NemoVideo(base_url=sandbox.url, timing=QUICK) as client:
            assert client.generate("a fox").duration == 5
        assert sandbox.sessions[0].draft == DRAFT
        assert [charge.amount for charge in sandbox.charges] == [100]
