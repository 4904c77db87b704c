"""Working in a session, against the sandbox."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

import nemovideo
from nemovideo import AsyncNemoVideo, errors, events
from nemovideo.sandbox import AgentBehavior, Fault, Sandbox

pytestmark = pytest.mark.anyio
CLIP = "a 6-second video of the sea at sunset"


async def test_a_turn_has_its_text_and_what_changed(client: AsyncNemoVideo) -> None:
    project = await client.create_project("sea")
    turn = await project.send(CLIP)
    assert turn.text and turn.source == "stream" and turn.session_id == project.session_id
    assert "added" in {change.kind for change in turn.changes}
    assert turn.credits_used == 100
    assert turn.timeline == await project.timeline()
    assert turn.text in str(turn)
    assert turn.to_dict()["source"] == "stream"


async def test_a_project_is_opened_again_by_its_id(client: AsyncNemoVideo) -> None:
    first = await client.create_project()
    await first.send(CLIP)
    again = client.open_project(first.session_id)
    turn = await again.send('add a title that says "Paradise Found"')
    assert any("Paradise Found" in str(change) for change in turn.changes)
    assert turn.timeline.name == "Paradise Found"  # a film is called after its title
    assert "renamed" not in {change.kind for change in turn.changes}


async def test_a_silent_edit_is_described_by_what_changed(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    with sandbox.inject(Fault("messages.stream", "silent")):
        turn = await project.send("remove the music")
    assert turn.text == ""
    assert turn.changes
    assert turn.source == "stream"


async def test_a_silent_edit_whose_state_cannot_be_read_is_not_to_be_sent_again(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    with (
        sandbox.inject(Fault("messages.stream", "silent")),
        sandbox.inject(Fault("states.retrieve", "status", after=1, times=None)),
        pytest.raises(errors.ServerError, match="Do not send it again"),
    ):
        await project.send("remove the music")
    assert [item.session_id for item in await client.recover()] == [project.session_id]


async def test_a_stream_without_text_or_change_is_a_finished_no_op(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    with sandbox.inject(Fault("messages.stream", "silent")):
        turn = await project.send("how are you?")
    assert (turn.text, turn.changes, turn.source) == ("", (), "stream")
    reads = [r for r in sandbox.requests if r.endpoint == "states.retrieve"]
    assert len(reads) == 3  # before, after, and once more


async def test_a_lost_stream_is_recovered_from_the_state(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    reported: list[events.Event] = []
    with sandbox.inject(Fault("messages.stream", "cut", events=2)):
        turn = await project.send(CLIP, on_event=reported.append)
    assert turn.source == "state"
    assert turn.changes
    assert any(isinstance(event, events.Reconnecting) for event in reported)
    assert isinstance(reported[-1], events.StateChanged)
    assert len(sandbox.sessions[0].turns) == 1


async def test_a_lost_message_without_a_result_says_how_to_go_on(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    with (
        sandbox.inject(Fault("messages.stream", "reset_before")),
        pytest.raises(errors.StreamInterruptedError) as caught,
    ):
        await project.send(CLIP)
    error = caught.value
    assert error.session_id == project.session_id
    assert error.possibly_billed
    assert f'open_project("{project.session_id}")' in (error.hint or "")
    assert isinstance(error.__cause__, errors.APIConnectionError)


async def test_state_reads_that_fail_are_missed_polls(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    with sandbox.inject(
        Fault("messages.stream", "reset_after"),
        Fault("states.retrieve", "status", status=502, after=1, times=3),
    ):
        turn = await project.send(CLIP)
    assert turn.source == "state"


async def test_an_agent_error_has_the_changes_that_stayed(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    with (
        sandbox.inject(Fault("messages.stream", "agent_error", events=4, message="boom")),
        pytest.raises(errors.AgentError, match="boom") as caught,
    ):
        await project.send(CLIP)
    assert caught.value.changes
    assert caught.value.session_id == project.session_id
    assert "export()" in (caught.value.hint or "")
    # What was made is there, and was paid for: it stays listed until somebody takes it.
    (item,) = await client.recover()
    assert (await item.resume()).session_id == project.session_id
    assert await client.recover() == []


async def test_an_agent_error_without_an_effect_is_not_listed(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    with (
        sandbox.inject(Fault("messages.stream", "agent_error", events=0, message="boom")),
        pytest.raises(errors.AgentError) as caught,
    ):
        await project.send("how are you?")
    assert caught.value.changes == ()
    assert await client.recover() == []


async def test_a_turn_survives_a_state_that_cannot_be_read_after_it(
    client: AsyncNemoVideo, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    project = await client.create_project()
    with sandbox.inject(Fault("states.retrieve", "status", status=500, after=1, times=None)):
        turn = await project.send(CLIP)
    assert turn.text
    assert "could not be read" in caplog.text


async def test_silence_is_reported_while_it_lasts(sandbox: Sandbox) -> None:
    timing = nemovideo.Timing(still_working=0.05, silent_recheck=0.01)
    reported: list[events.Event] = []
    async with AsyncNemoVideo(base_url=sandbox.url, timing=timing) as client:
        project = await client.create_project()
        with sandbox.inject(Fault("messages.stream", "stall", events=1, seconds=0.3)):
            await project.send(CLIP, on_event=reported.append)
    notices = [event for event in reported if isinstance(event, events.StillWorking)]
    assert len(notices) >= 2
    assert notices[0].elapsed < notices[1].elapsed


async def test_export_saves_the_file(client: AsyncNemoVideo, tmp_path: Path) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    video = await project.export(tmp_path / "sea.mp4")
    assert video.path == tmp_path / "sea.mp4"
    assert video.path.stat().st_size > 0
    assert "/claim?ct=" in await project.link()


async def test_an_empty_project_has_nothing_to_export(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    with pytest.raises(errors.NothingToExportError):
        await project.export()
    assert sandbox.renders == []


@pytest.mark.parametrize(
    ("options", "parameter", "accepted"),
    [({"format": "avi"}, "format", "mp4"), ({"quality": "best"}, "quality", "high")],
)
async def test_an_output_that_is_not_made_is_refused_with_what_is(
    client: AsyncNemoVideo, options: dict[str, str], parameter: str, accepted: str
) -> None:
    with pytest.raises(errors.InvalidInputError) as caught:
        await client.open_project("s").export(**options)  # type: ignore[arg-type]  # text only
    assert caught.value.parameter == parameter
    assert accepted in caught.value.accepted


async def test_an_empty_message_is_refused(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    with pytest.raises(errors.InvalidInputError):
        await client.open_project("s").send("  ")
    assert sandbox.requests == []


async def test_a_session_that_the_user_named_is_not_replaced(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with pytest.raises(errors.SessionNotFoundError):
        await client.open_project("00000000-0000-4000-8000-000000000000").send(CLIP)
    assert len(sandbox.sessions) == 0


@pytest.mark.parametrize(
    ("message", "route"),
    [
        ("how many credits do I have left?", "credits"),
        ("还剩多少积分", "credits"),
        ("status", "state"),
        ("upload", "upload"),
        ("export", "export"),
        ("make the music quieter", "message"),
    ],
)
async def test_ask_does_what_the_message_means(
    client: AsyncNemoVideo, sandbox: Sandbox, message: str, route: str
) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    turns = len(sandbox.sessions[0].turns)
    reply = await project.ask(message)
    assert reply.route == route
    assert reply.text and str(reply) == reply.text
    assert reply.reason
    assert len(sandbox.sessions[0].turns) - turns == (route == "message")


async def test_ask_carries_several_requests_out_in_order(client: AsyncNemoVideo) -> None:
    project = await client.create_project()
    reply = await project.ask("make a 5-second video of a cat and then export it")
    assert [part.route for part in reply.parts] == ["message", "export"]
    assert reply.video is not None and reply.turn is not None
    assert reply.route == "export"


async def test_ask_answers_a_silent_edit_with_what_changed(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    with sandbox.inject(Fault("messages.stream", "silent")):
        reply = await project.ask("把音乐去掉")
    assert "音乐" in reply.text


async def test_ask_says_that_there_is_nothing_to_export(client: AsyncNemoVideo) -> None:
    project = await client.create_project()
    reply = await project.ask("export")
    assert reply.route == "export" and reply.video is None
    assert "nothing to export" in reply.text


async def test_gui_talk_is_rewritten_for_people_and_raw_for_programs(tmp_path: Path) -> None:
    behavior = AgentBehavior(silent=0, gui=1, trailing_issue=1, thoughts=1)
    with Sandbox(stub_renders=True, behavior=behavior) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url) as client:
            project = await client.create_project()
            reply = await project.ask(CLIP)
    assert reply.turn is not None
    assert "lick" not in reply.text
    assert "temporary issue" not in reply.turn.text
    assert "lick" not in reply.turn.text
    assert reply.turn.raw_text in sandbox.sessions[0].turns[0].answer
    assert "lick" in reply.turn.raw_text


async def test_two_messages_at_once_are_two_turns(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    async with anyio.create_task_group() as tasks:
        for text in ("add a title that says One", "mute the music"):
            tasks.start_soon(_complete, project.send(text))
    assert len(sandbox.sessions[0].turns) == 3


async def _complete(sending: nemovideo.PendingTurn) -> None:
    await sending


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
async def test_a_message_stream_that_never_begins_was_possibly_billed(
    client: AsyncNemoVideo, sandbox: Sandbox, kind: str
) -> None:
    project = await client.create_project()
    with (
        sandbox.inject(Fault("messages.stream", kind)),  # type: ignore[arg-type]  # a literal
        pytest.raises(errors.StreamInterruptedError) as caught,
    ):
        async with client.messages.stream(project.session_id, CLIP):
            pass
    assert caught.value.possibly_billed
    assert isinstance(caught.value.__cause__, errors.APIConnectionError)
    assert [attempt.phase for attempt in caught.value.attempts] == ["wait"]


@pytest.mark.parametrize(("clips", "enough"), [(0, 100), (1, 50)], ids=["empty", "with a clip"])
async def test_a_message_that_may_cost_more_than_its_limit_is_not_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, clips: int, enough: float
) -> None:
    project = await client.create_project()
    for _ in range(clips):
        await project.send(CLIP)
    with pytest.raises(errors.InsufficientCreditsError, match="more than max_credits") as caught:
        await project.send("add calm music", max_credits=enough - 1, key="music")
    assert caught.value.required == enough
    assert sum(each.endpoint == "messages.stream" for each in sandbox.requests) == clips
    assert not await client.recover()
    turn = await project.send("add calm music", max_credits=enough, key="music")
    again = await project.send("add calm music", max_credits=0, key="music")
    assert again.to_dict() == turn.to_dict()  # it is paid for: no limit keeps it from its owner


async def test_a_message_that_cost_more_than_its_limit_is_logged(
    client: AsyncNemoVideo, caplog: pytest.LogCaptureFixture
) -> None:
    project = await client.create_project()
    await project.send(CLIP, max_credits=100)
    assert not caplog.records
    turn = await project.send("generate another clip: a fox in the snow", max_credits=60)
    assert turn.credits_used == 100
    assert "cost 100 credits, more than max_credits, 60" in caplog.text


async def test_a_limit_that_is_no_number_is_refused(client: AsyncNemoVideo) -> None:
    with pytest.raises(errors.InvalidInputError, match="max_credits"):
        client.open_project("session-1").send("hello", max_credits=-1)
