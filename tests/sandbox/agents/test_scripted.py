"""An agent that a test scripts: on the wire, with the client that its users have."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nemovideo
from nemovideo import AsyncNemoVideo, events
from nemovideo.sandbox import (
    AgentBehavior,
    AgentSession,
    CallTool,
    DraftEditor,
    EditDraft,
    Fail,
    Fault,
    Message,
    RuleAgent,
    Sandbox,
    Say,
    Think,
    Wait,
)

pytestmark = pytest.mark.anyio


def add_panda(draft: DraftEditor) -> None:
    draft.add_clip("panda", 5).add_title("Hello").add_music("Calm Piano")


def a_sandbox(agent: Any, **options: Any) -> Sandbox:
    return Sandbox(agent=agent, stub_renders=True, **{"credits": 1000, **options})


async def send(client: AsyncNemoVideo, *texts: str) -> list[nemovideo.Turn]:
    project = await client.create_project()
    return [await project.send(text) for text in texts]


async def test_each_message_gets_the_next_reply_of_a_list() -> None:
    async with a_sandbox(["Hello!", ["I am ", "here."], Say("Bye.")]) as sandbox:
        first, second, third = await send(sandbox.client(), "a", "b", "c")
    assert (first.text, third.text) == ("Hello!", "Bye.")
    assert second.text == "I am \n\nhere."


async def test_every_step_reaches_the_client_in_its_order() -> None:
    seen: list[events.Event] = []
    reply = [
        Think("I had better draw one."),
        CallTool("draw", {"what": "panda"}, {"status": "done"}),
        EditDraft(add_panda),
        Wait(30),
        Say("Here is a panda."),
    ]
    async with a_sandbox([reply], sse_shape="adk") as sandbox:
        project = await sandbox.client().create_project()
        turn = await project.send("a panda", on_event=seen.append)
        sandbox.assert_clean()
    assert turn.text == "Here is a panda."
    assert events.ToolCall("draw", {"what": "panda"}) in seen
    assert events.ToolResult("draw", {"status": "done"}) in seen
    assert [str(change) for change in turn.changes] == [
        "Video added: panda (0-5s)",
        "Music added: Calm Piano (0-5s, 35%)",
        'Title added: "Hello" (0-3s)',
    ]


def sync_function(message: Message, session: AgentSession) -> list[str]:
    return [f"{message} of {session.turn}"]


def sync_generator(message: Message, session: AgentSession) -> Iterator[Say]:
    yield Say(f"{message} of {session.turn}")


async def async_function(message: Message, session: AgentSession) -> str:
    await asyncio.sleep(0)
    return f"{message} of {session.turn}"


async def async_generator(message: Message, session: AgentSession) -> AsyncIterator[str]:
    await asyncio.sleep(0)
    yield f"{message} of {session.turn}"


@pytest.mark.parametrize(
    "agent",
    [
        sync_function,
        sync_generator,
        async_function,
        async_generator,
        lambda message, session: Say(f"{message.text} of {session.turn}"),
        lambda message, session: async_function(message, session),
    ],
)
async def test_a_function_of_each_kind_is_an_agent(agent: Callable[..., Any]) -> None:
    async with a_sandbox(agent) as sandbox:
        turns = await send(sandbox.client(), "one", "two")
    assert [turn.text for turn in turns] == ["one of 0", "two of 1"]


async def test_a_message_has_the_files_uploaded_since_the_one_before(png: bytes) -> None:

    def agent(message: Message, session: AgentSession) -> str:
        return " ".join(each.filename for each in (*message.uploads, *session.uploads))

    async with a_sandbox(agent) as sandbox:
        project = await sandbox.client().create_project()
        await project.upload(("a.png", png))
        first = await project.send("one")
        await project.upload(("b.png", png))
        second = await project.send("two")
        third = await project.send("three")
    assert [turn.text for turn in (first, second, third)] == [
        "a.png a.png",
        "b.png a.png b.png",
        "a.png b.png",
    ]


@pytest.mark.parametrize("is_async", [False, True])
async def test_what_a_generator_edits_it_finds_in_the_draft(is_async: bool) -> None:
    def agent(message: Message, session: AgentSession) -> Iterator[object]:
        yield EditDraft(add_panda)
        yield Say(f"It lasts {session.draft.duration:g} seconds.")
        session.draft.remove("Hello")
        yield Say(str(session.draft))

    async def live(message: Message, session: AgentSession) -> AsyncIterator[object]:
        for step in agent(message, session):
            yield step

    async with a_sandbox(live if is_async else agent) as sandbox:
        (turn,) = await send(sandbox.client(), "a panda")
    assert turn.text == (
        "It lasts 5 seconds.\n\n"
        "Timeline (2 tracks): 1. Video: panda (0-5s) 2. BGM: Calm Piano (0-5s, 35%)"
    )
    assert str(turn.timeline) in turn.text


async def test_a_draft_is_taken_as_it_is() -> None:
    draft: dict[str, object] = {"t": [{"tt": 0, "sg": [{"d": 10.0, "m": {"x": 1e3}}]}], "odd": None}
    async with a_sandbox([EditDraft(draft)]) as sandbox:
        client = sandbox.client()
        project = await client.create_project()
        await project.send("now")
        state = await client.states.retrieve(project.session_id)
    assert state.draft is not None
    assert repr(state.draft.raw) == repr(draft)


CLIP = EditDraft(lambda draft: draft.add_clip("panda", 5))
TITLE = EditDraft(lambda draft: draft.add_title("Hello"))


def as_list(*replies: object) -> object:
    return [list(reply) if isinstance(reply, tuple) else reply for reply in replies]


def as_live(*replies: object) -> object:
    left = list(replies)

    async def agent(message: Message, session: AgentSession) -> AsyncIterator[object]:
        reply = left.pop(0)
        for step in reply if isinstance(reply, tuple) else (reply,):
            yield step

    return agent


BOTH = pytest.mark.parametrize("script", [as_list, as_live])


@BOTH
async def test_charges_follow_from_what_the_steps_do(script: Callable[..., object]) -> None:
    agent = script("Hello!", TITLE, TITLE, (TITLE, CLIP, TITLE), Fail("no"), TITLE)
    async with a_sandbox(agent) as sandbox:
        client = sandbox.client()
        project = await client.create_project()
        for _ in range(6):
            try:
                await project.send("go on")
            except nemovideo.AgentError:
                continue
        charges = [(charge.kind, charge.amount) for charge in sandbox.charges]
        kinds = [turn.kind for turn in sandbox.sessions[0].turns]
        balance = await client.credits.retrieve()
    assert charges == [("none", 0), ("edit", 50), ("edit", 0), ("clip", 100), ("edit", 0)]
    assert kinds == ["answer", "edit", "edit", "generate", "answer", "edit"]
    assert (balance.available, balance.frozen) == (850, 0)


@BOTH
async def test_without_credits_nothing_is_charged_and_nothing_made(
    script: Callable[..., object],
) -> None:
    async with a_sandbox(script(CLIP), credits=99) as sandbox:
        client = sandbox.client()
        project = await client.create_project()
        with pytest.raises(nemovideo.InsufficientCreditsError) as caught:
            await project.send("a panda")
        balance = await client.credits.retrieve()
        assert sandbox.sessions[0].draft is None
    assert "Sandbox(credits=N)" in str(caught.value)
    assert (balance.available, balance.frozen) == (99, 0)


@BOTH
async def test_a_failure_ends_the_stream_with_its_message(script: Callable[..., object]) -> None:
    async with a_sandbox(script(("I try.", Fail("RuntimeError: model overloaded")))) as sandbox:
        project = await sandbox.client().create_project()
        with pytest.raises(nemovideo.AgentError, match="model overloaded") as caught:
            await project.send("a panda")
        sandbox.assert_clean()  # it is what the test wants
    assert caught.value.text == "I try."


@pytest.mark.parametrize("shape", ["typed", "adk", "mixed"])
@BOTH
async def test_the_payload_shape_is_as_chosen(script: Callable[..., object], shape: Any) -> None:
    async with a_sandbox(script(("One.", CLIP, "Two.")), sse_shape=shape) as sandbox:
        (turn,) = await send(sandbox.client(), "a panda")
    assert (turn.text, len(turn.changes)) == ("One.\n\nTwo.", 1)


@BOTH
async def test_the_fault_silent_leaves_out_the_words(script: Callable[..., object]) -> None:
    fault = Fault("messages.stream", "silent")
    async with a_sandbox(script(("One.", CLIP, "Two.")), faults=[fault]) as sandbox:
        (turn,) = await send(sandbox.client(), "a panda")
    assert (turn.text, len(turn.changes)) == ("", 1)


@BOTH
async def test_a_stream_that_is_cut_is_recovered(script: Callable[..., object]) -> None:
    cut = Fault("messages.stream", "cut", events=1)
    async with a_sandbox(script(("One.", CLIP, "Two.")), faults=[cut]) as sandbox:
        client = sandbox.client(timing=nemovideo.Timing().scaled_waits(0.001))
        (turn,) = await send(client, "a panda")
        assert len(sandbox.charges) == 1
    assert (turn.source, len(turn.changes)) == ("state", 1)


@BOTH
async def test_the_fault_agent_error_counts_its_steps(script: Callable[..., object]) -> None:
    fault = Fault("messages.stream", "agent_error", events=2)
    async with a_sandbox(script(("One.", CLIP, "Two.")), faults=[fault]) as sandbox:
        project = await sandbox.client().create_project()
        with pytest.raises(nemovideo.AgentError) as caught:
            await project.send("a panda")
        assert not sandbox.charges
    assert (caught.value.text, len(caught.value.changes)) == ("One.", 1)


async def test_what_an_agent_made_is_rendered(tmp_path: Path) -> None:
    def edit(draft: DraftEditor) -> None:
        draft.add_clip("panda", 1).add_title("Hello", 0, 1).add_music("Calm")

    with_height = {"render_height": 90, "stub_renders": False}
    async with Sandbox(agent=[EditDraft(edit)], **with_height) as sandbox:  # type: ignore[arg-type]
        video = await sandbox.client().generate("a panda", path=tmp_path / "panda.mp4")
        sandbox.assert_clean()
    assert video.duration == 1
    assert (tmp_path / "panda.mp4").stat().st_size > 2000


async def test_the_steps_of_an_async_generator_come_as_it_makes_them() -> None:
    go_on = threading.Event()

    async def agent(message: Message, session: AgentSession) -> AsyncIterator[str]:
        yield "Working."
        await asyncio.to_thread(go_on.wait)
        yield "Done."

    async with a_sandbox(agent) as sandbox:
        project = await sandbox.client().create_project()
        words: list[str] = []
        async for event in project.send("a panda"):
            if isinstance(event, events.Text):
                words.append(event.text)
                go_on.set()
    assert "".join(words) == "Working.\n\nDone."


async def test_an_agent_may_read_its_own_sandbox() -> None:
    def agent(message: Message, session: AgentSession) -> str:
        return f"{len(sandbox.sessions)} session, {len(sandbox.charges)} charges"

    async def as_async(message: Message, session: AgentSession) -> str:
        return agent(message, session)

    for each in (agent, as_async):
        async with a_sandbox(each) as sandbox:
            (turn,) = await send(sandbox.client(), "hello")
        assert turn.text == "1 session, 0 charges"


# Wrong use


def raises(message: Message, session: AgentSession) -> str:
    raise LookupError("no such colour")


async def raises_async(message: Message, session: AgentSession) -> str:
    raise LookupError("no such colour")


async def raises_late(message: Message, session: AgentSession) -> AsyncIterator[str]:
    yield "One."
    raise LookupError("no such colour")


def edits_wrongly(message: Message, session: AgentSession) -> list[EditDraft]:
    return [EditDraft(lambda draft: draft.remove("cat"))]


def edits_later(message: Message, session: AgentSession) -> list[EditDraft]:
    async def later(draft: DraftEditor) -> None: ...

    return [EditDraft(later)]


def fails_the_test(message: Message, session: AgentSession) -> str:
    pytest.fail("this is not expected")


NO_STEP = "which is no step. Use a text or Say, Think, CallTool, EditDraft, Wait, Fail."
CASES: list[tuple[object, str]] = [
    ([], 'No reply is left for "paint it blue", message 1: the agent has 0 replies.'),
    (raises, 'raised an error at "paint it blue": LookupError: no such colour.'),
    (raises_async, 'raised an error at "paint it blue": LookupError: no such colour.'),
    (raises_late, 'raised an error at "paint it blue": LookupError: no such colour.'),
    (fails_the_test, 'at "paint it blue": Failed: this is not expected.'),
    (lambda message, session: next(iter([])), 'at "paint it blue": StopIteration.'),
    (lambda message, session: 5, f'reply to "paint it blue" has 5 (int), {NO_STEP}'),
    (lambda message, session: [5], f'reply to "paint it blue" has 5 (int), {NO_STEP}'),
    (lambda message, session: [Say], "has Say, which is no step: call Say(…). Use"),
    (lambda message, session: {"t": []}, "has {'t': []} (dict), which is no step"),
    (lambda message: "Hi", "positional argument"),
    (edits_wrongly, "there is no 'cat' in the draft; there is nothing"),
    (edits_later, "the function of an EditDraft is not async"),
]


@pytest.mark.parametrize(("agent", "text"), CASES)
async def test_wrong_use_is_an_error_that_names_the_message(agent: object, text: str) -> None:
    async with a_sandbox(agent) as sandbox:
        project = await sandbox.client().create_project()
        with pytest.raises(nemovideo.AgentError) as caught:
            await project.send("paint it blue")
        violations = sandbox.violations()
        assert not sandbox.charges
    assert text in str(caught.value)
    assert [violation.kind for violation in violations] == ["agent_error"]
    assert text in violations[0].detail


@pytest.mark.parametrize(
    ("agent", "text"),
    [
        (5, "agent is RuleAgent(), another agent object, a list of replies, or a function"),
        (RuleAgent, "agent is RuleAgent()"),
        ("Hello", "agent is RuleAgent()"),
        (["Hello", 5], f"reply 2 has 5 (int), {NO_STEP}"),
        ([["Hello", Wait]], "reply 1 has Wait, which is no step: call Wait(…)."),
    ],
)
def test_an_agent_that_is_none_is_refused_at_once(agent: Any, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        Sandbox(agent=agent)


def test_the_behavior_of_the_rule_agent_is_refused_with_another_agent() -> None:
    with pytest.raises(ValueError, match="behavior is that of the rule agent"):
        Sandbox(agent=["Hello"], behavior=AgentBehavior())


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Say(""), "Say: text is a text that is not empty, not ''"),
        (lambda: Think(3), "Think: text is a text"),  # type: ignore[arg-type]
        (lambda: Fail(" "), "Fail: message is a text"),
        (lambda: Wait(-1), "Wait: seconds is a number, 0 or more, not -1"),
        (lambda: Wait(float("nan")), "Wait: seconds is a number"),
        (lambda: CallTool("x", [], {}), "CallTool: args is a JSON object"),  # type: ignore[arg-type]
        (lambda: CallTool("x", {}, {"a": {1}}), "CallTool: result is a JSON object; "),
        (lambda: EditDraft("x"), "or a function that gets the DraftEditor, not 'x'"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_step_is_refused_where_it_is_made(make: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        make()


def test_a_sandbox_closes_although_its_agent_never_answers() -> None:
    never, asked = threading.Event(), threading.Event()

    def agent(message: Message, session: AgentSession) -> None:
        asked.set()
        never.wait()

    with a_sandbox(agent) as sandbox:
        client = nemovideo.NemoVideo(base_url=sandbox.url, journal=False, max_retries=0)
        project = client.create_project()

        def ask() -> None:
            with pytest.raises(nemovideo.NemoVideoError):
                project.send("hello")

        asking = threading.Thread(target=ask)
        asking.start()
        asked.wait()
    client.close()
    asking.join()
    never.set()
