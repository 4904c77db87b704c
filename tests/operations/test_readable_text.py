"""The agent's text in events and turns: readable in `text`, as it was written in `raw`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import count

import anyio
import anyio.lowlevel
import pytest

from nemovideo import AsyncNemoVideo, errors, events
from nemovideo.operations.readable_text import ReadableText
from nemovideo.sandbox import Sandbox
from nemovideo.transports import Reply
from tests.scripted import Script, ok

pytestmark = pytest.mark.anyio

Build = Callable[..., AsyncNemoVideo]
RAW = "The title is red. Click the Export button to download it. It lasts 3 s."
PIECES = ("The title is", " red. Click the Exp", "ort button to download it.", " It lasts 3 s.")
PLAIN = "The title is red. You can export the video at any time. It lasts 3 s."


@pytest.fixture
def client(script: Script, build: Build) -> AsyncNemoVideo:
    """A client whose messages are answered by `RAW`, and change the timeline."""
    versions = count()
    script.on("/nemo_agent", ok({"session_id": "s-1", "task_id": "t-1"}))
    script.on("/latest", lambda _: ok({"state": {"draft": draft(next(versions))}}))
    script.on("/run_sse", answer(*({"type": "text", "content": piece} for piece in PIECES)))
    return build()


def draft(version: int) -> dict[str, object]:
    segment = {"id": "a", "d": 1000 + version, "extra": {"name": "clip"}}
    return {"t": [{"tt": 0, "sg": [segment]}]}


def answer(*payloads: Mapping[str, object]) -> Reply:
    body = "".join(f"data: {json.dumps(payload)}\n\n" for payload in payloads)
    return Reply(200, {"content-type": "text/event-stream"}, body.encode())


async def test_ask_shows_the_tracks_and_the_balance_that_the_agent_refers_to(
    script: Script, build: Build
) -> None:
    said: dict[str, object] = {
        "type": "text",
        "content": "Done. Preview it in the timeline. Check your account balance.",
    }
    script.on("/latest", ok({"state": {"draft": draft(1)}}))
    script.on("/run_sse", answer(said))
    async with build() as client:
        reply = await client.open_project("s-1").ask("make the title red")
    assert reply.turn is not None and reply.turn.text != reply.text
    assert reply.text.startswith("Done. You have 7 credits; 1 more are reserved")
    assert reply.text.count("Timeline (1 track): 1. Video") == 1


async def test_a_long_answer_in_one_event_lets_others_run(client: AsyncNemoVideo) -> None:
    readable = ReadableText()
    shown: list[events.Event] = []
    ticks = 0

    async def count_ticks() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await anyio.lowlevel.checkpoint()

    async with client, anyio.create_task_group() as tasks:
        tasks.start_soon(count_ticks)
        shown += await readable.rewrite([events.Text("熊猫走过竹林。" * 1000)])
        tasks.cancel_scope.cancel()
    assert ticks >= 10
    assert readable.text == "".join(each.text for each in shown if each.type == "text")


async def test_a_turn_has_what_a_person_reads_and_what_the_agent_wrote(
    client: AsyncNemoVideo,
) -> None:
    async with client:
        turn = await client.open_project("s-1").send("make the title red")
    assert turn.text == PLAIN
    assert turn.raw_text == RAW


async def test_the_events_of_a_turn_together_are_its_text_and_its_raw_text(
    client: AsyncNemoVideo,
) -> None:
    async with client:
        sending = client.open_project("s-1").send("make the title red")
        texts = [event async for event in sending if isinstance(event, events.Text)]
    assert len(texts) > 1
    assert "".join(event.text for event in texts) == sending.turn.text
    assert "".join(event.raw for event in texts) == sending.turn.raw_text


async def test_on_event_gets_the_same_text(client: AsyncNemoVideo) -> None:
    seen: list[events.Event] = []
    async with client:
        turn = await client.open_project("s-1").send("make the title red", on_event=seen.append)
    assert "".join(each.text for each in seen if each.type == "text") == turn.text


async def test_messages_stream_gives_the_agents_own_words_in_both(client: AsyncNemoVideo) -> None:
    async with client, client.messages.stream("s-1", "make the title red") as stream:
        texts = [event async for event in stream if isinstance(event, events.Text)]
        turn = await stream.final_turn()
    assert "".join(event.text for event in texts) == turn.text == RAW
    assert "".join(event.raw for event in texts) == turn.raw_text == RAW


async def test_text_before_an_error_is_emitted_to_its_end(
    client: AsyncNemoVideo, script: Script
) -> None:
    script.on("/run_sse", answer({"type": "text", "content": "Click Export"}, {"error": "broken"}))
    seen: list[events.Event] = []
    async with client:
        with pytest.raises(errors.AgentError) as caught:
            await client.open_project("s-1").send("red", on_event=seen.append)
    # The first words are an event, though nothing of them can be shown before their clause ends.
    assert seen == [events.Heartbeat(), events.Text(caught.value.text, "Click Export")]
    assert caught.value.text == "You can export the video at any time."


async def test_a_generation_begins_with_its_session(client: AsyncNemoVideo) -> None:
    async with client:
        seen = [event async for event in client.generate("a panda", export=False)]
    assert seen[0] == events.SessionStarted("s-1", "t-1")
    assert seen[0].type == "session_started"
    assert sum(event.type == "session_started" for event in seen) == 1


async def test_a_video_has_the_text_that_a_person_reads(client: AsyncNemoVideo) -> None:
    async with client:
        video = await client.generate("a panda", export=False)
    assert video.text == PLAIN


async def test_a_generation_of_the_sandbox_never_speaks_of_its_editor() -> None:
    with Sandbox(stub_renders=True, credits=1000) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url) as client:
            generation = client.generate("a 6-second video of a panda")
            said = [event.text async for event in generation if event.type == "text"]
    assert "".join(said) == generation.video.text
    assert "click" not in generation.video.text.lower()


async def test_a_generation_that_was_made_before_begins_with_its_session_too() -> None:
    with Sandbox(stub_renders=True, credits=1000) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url) as client:
            made = await client.generate("a 6-second video of a panda", key="row-1")
            again = client.generate("a 6-second video of a panda", key="row-1")
            seen = [event async for event in again]
    assert seen == [events.SessionStarted(made.session_id, made.task_id)]
