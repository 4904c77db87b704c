"""From a prompt to a video, against the sandbox."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
import trio

import nemovideo
from nemovideo import AsyncNemoVideo, errors, events
from nemovideo.models.turn import Turn
from nemovideo.operations.readable_text import ReadableText
from nemovideo.protocol.agent import AgentEventDecoder
from nemovideo.sandbox import Fault, Sandbox, studio
from nemovideo.timeline.timeline import Timeline
from tests.conftest import QUICK

pytestmark = pytest.mark.anyio
PROMPT = "a 10-second video of a panda walking through a bamboo forest"


async def test_a_prompt_becomes_a_video(client: AsyncNemoVideo, tmp_path: Path) -> None:
    video = await client.generate(PROMPT)
    assert video.url and video.render_id and video.session_id and video.task_id
    assert str(video.timeline).startswith("Timeline (3 tracks): 1. Video: panda")
    assert video.credits_used == 100
    assert video.duration > 0
    assert video.text
    path = await video.save(tmp_path / "panda.mp4")
    assert path.read_bytes()[4:8] == b"ftyp"
    assert video.path == path


async def test_the_requests_of_one_generation(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    await client.generate(PROMPT)
    asked = [request.endpoint for request in sandbox.requests]
    asked = [each for i, each in enumerate(asked) if i == 0 or each != asked[i - 1]]
    assert asked == [
        "tokens.create_anonymous",
        "sessions.create",
        "credits.retrieve",
        "messages.stream",
        "states.retrieve",
        "credits.retrieve",
        "renders.create",
        "renders.retrieve",
    ]
    sandbox.assert_clean()


async def test_while_it_is_rendered_nothing_of_the_answer_is_retained(
    client: AsyncNemoVideo,
) -> None:
    retained: list[object] = []

    def of_answers() -> list[object]:
        gc.collect()
        kinds = (AgentEventDecoder, ReadableText, Turn, Timeline)
        return [each for each in gc.get_objects() if isinstance(each, kinds)]

    others = set(map(id, of_answers()))  # of tests before this one

    def look(event: events.Event) -> None:
        if isinstance(event, events.RenderProgress):
            retained.extend(each for each in of_answers() if id(each) not in others)

    video = await client.generate(PROMPT, on_event=look)
    assert retained == []
    assert len(video.timeline.tracks) == 3


async def test_iterating_gives_the_events_and_then_has_the_video(client: AsyncNemoVideo) -> None:
    generation = client.generate(PROMPT)
    with pytest.raises(nemovideo.NemoVideoError, match="not there yet"):
        _ = generation.video
    reported = [event async for event in generation]
    kinds = [event.type for event in reported]
    assert "text" in kinds and "state_changed" in kinds
    assert isinstance(reported[-1], events.RenderProgress)
    assert reported[-1].render.is_completed
    said = "".join(event.text for event in reported if isinstance(event, events.Text))
    assert generation.video.text == said
    assert await generation is generation.video
    assert [event async for event in generation] == []


async def test_on_event_gets_the_same_events(client: AsyncNemoVideo) -> None:
    reported: list[events.Event] = []

    async def listen(event: events.Event) -> None:
        reported.append(event)

    seen = [event async for event in client.generate(PROMPT, on_event=listen)]
    assert reported == seen


async def test_a_loop_left_early_is_taken_up_by_await(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    generation = client.generate(PROMPT)
    async for event in generation:
        if isinstance(event, events.Text):
            break
    video = await generation
    assert video.url
    assert len(sandbox.sessions[0].turns) == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_task_may_run_a_generation(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    generation = client.generate(PROMPT, export=False)
    async with asyncio.TaskGroup() as tasks:
        first, second = tasks.create_task(generation), tasks.create_task(generation)
    assert first.result() is second.result() is await generation
    assert [len(session.turns) for session in sandbox.sessions] == [1]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_task_that_runs_a_generation_can_be_cancelled(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    reported: list[events.Event] = []
    project = await client.create_project()
    with sandbox.inject(Fault("messages.stream", "stall", events=3)):
        task = asyncio.create_task(project.send(PROMPT, on_event=reported.append))
        while not reported:
            await anyio.lowlevel.checkpoint()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [item.session_id for item in await client.recover()] == [project.session_id]


def test_a_generation_is_run_as_it_is_and_its_video_is_there_in_any_loop(sandbox: Sandbox) -> None:
    client = AsyncNemoVideo(base_url=sandbox.url)
    generation = client.generate(PROMPT, export=False)

    async def again() -> nemovideo.Video:
        assert [event async for event in generation] == []
        return await generation

    assert asyncio.run(generation) is asyncio.run(again()) is trio.run(again)


def test_a_generation_that_another_loop_has_started_is_refused_by_name(sandbox: Sandbox) -> None:
    client = AsyncNemoVideo(base_url=sandbox.url)
    generation = client.generate(PROMPT, export=False)

    async def elsewhere() -> None:
        await generation

    async def begin() -> None:
        await anext(generation)
        with pytest.raises(nemovideo.NemoVideoError, match="in another event loop"):
            await anyio.to_thread.run_sync(trio.run, elsewhere)
        await generation

    asyncio.run(begin())


async def test_nothing_is_sent_before_it_is_awaited(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    generation = client.generate(PROMPT)
    repr(generation)
    assert sandbox.requests == []
    generation.close()  # as a coroutine, so that it does not warn


async def test_without_export_it_is_rendered_later(client: AsyncNemoVideo, tmp_path: Path) -> None:
    video = await client.generate(PROMPT, export=False)
    assert video.url is None and video.render_id is None
    assert video.duration == 10
    assert await video.export() is video
    assert video.url
    assert await video.save(tmp_path) == tmp_path / f"{video.render_id}.mp4"


async def test_saving_what_is_not_rendered_renders_it(
    client: AsyncNemoVideo, tmp_path: Path
) -> None:
    video = await client.generate(PROMPT, export=False)
    assert (await video.save(tmp_path / "x.mp4")).exists()


async def test_a_path_saves_it(client: AsyncNemoVideo, tmp_path: Path) -> None:
    video = await client.generate(PROMPT, path=tmp_path / "x.mp4")
    assert video.path == tmp_path / "x.mp4"
    assert video.path.exists()
    assert await client.recover() == []


async def test_a_link_opens_the_session_in_a_browser(client: AsyncNemoVideo) -> None:
    video = await client.generate(PROMPT, export=False)
    assert "/workspace/claim?ct=clm_" in await video.link()


async def test_the_language_is_that_of_the_prompt(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    await client.generate("生成一个10秒的熊猫在竹林里散步的视频", export=False)
    assert sandbox.sessions[0].language == "zh-CN"


@pytest.mark.parametrize("shape", ["typed", "adk", "mixed"])
async def test_whatever_the_shape_the_text_is_emitted_once(shape: str) -> None:
    said: list[str] = []
    with Sandbox(stub_renders=True, sse_shape=shape) as sandbox:  # type: ignore[arg-type]  # a literal
        async with AsyncNemoVideo(base_url=sandbox.url) as client:
            video = await client.generate(
                PROMPT,
                export=False,
                on_event=lambda event: (
                    said.append(event.text) if isinstance(event, events.Text) else None
                ),
            )
        answer = sandbox.sessions[0].turns[0].answer
    assert "".join(said) == video.text
    assert video.text in answer or video.text == answer


@pytest.mark.parametrize("shape", ["seed", "vendor", "envelope", "mixed"])
async def test_whatever_the_render_shape_the_video_is_there(shape: str, tmp_path: Path) -> None:
    with Sandbox(stub_renders=True, render_shape=shape) as sandbox:  # type: ignore[arg-type]  # a literal
        async with AsyncNemoVideo(base_url=sandbox.url, timing=QUICK) as client:
            video = await client.generate(PROMPT, path=tmp_path / "x.mp4")
    assert video.path and video.path.exists()


@pytest.mark.parametrize("prompt", ["", "   ", "\n"])
async def test_an_empty_prompt_is_refused(
    client: AsyncNemoVideo, sandbox: Sandbox, prompt: str
) -> None:
    with pytest.raises(errors.InvalidInputError) as caught:
        await client.generate(prompt)
    assert caught.value.parameter == "prompt"
    assert sandbox.requests == []


async def test_a_folder_that_is_not_there_is_refused_before_anything_is_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    with pytest.raises(errors.InvalidInputError) as caught:
        await client.generate(PROMPT, path=tmp_path / "nowhere" / "x.mp4")
    assert caught.value.parameter == "path"
    assert sandbox.requests == []


async def test_max_credits_below_the_cost_refuses_to_send(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        await client.generate(PROMPT, max_credits=10)
    assert caught.value.required == 100
    assert sandbox.requests == []


async def test_max_credits_counts_with_files_what_a_clip_costs_that_may_be_made_for_them(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    files = [("beach.png", b"no picture")]
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        await client.generate(PROMPT, files=files, max_credits=99)
    assert caught.value.required == 100
    assert sandbox.requests == []
    with pytest.raises(errors.UnsupportedFileError):
        await client.generate(PROMPT, files=files, max_credits=100)


async def test_a_short_balance_is_seen_before_anything_is_uploaded(tmp_path: Path) -> None:
    clip = tmp_path / "beach.mp4"
    studio.stub(clip)
    with Sandbox(stub_renders=True, credits=40) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url) as client:
            with pytest.raises(errors.InsufficientCreditsError) as caught:
                await client.generate(PROMPT, files=[clip], max_credits=100)
        assert (caught.value.available, caught.value.required) == (40, 100)
        assert caught.value.registration_url
        asked = {request.endpoint for request in sandbox.requests}
        assert asked == {"tokens.create_anonymous", "sessions.create", "credits.retrieve"}


async def test_with_max_credits_the_balance_is_read_once_before_and_once_after(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    await client.generate("a 2-second video of the sea", max_credits=100, export=False)
    asked = [request.endpoint for request in sandbox.requests]
    sent = asked.index("messages.stream")
    assert [asked[:sent].count("credits.retrieve"), asked[sent:].count("credits.retrieve")] == [
        1,
        1,
    ]


async def test_a_short_balance_refuses_to_send_and_says_how_much_there_is() -> None:
    with Sandbox(stub_renders=True, credits=40) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url) as client:
            with pytest.raises(errors.InsufficientCreditsError) as caught:
                await client.generate(PROMPT, max_credits=200)
        assert caught.value.available == 40
        assert not any(session.turns for session in sandbox.sessions)


async def test_the_service_refuses_when_credits_are_short() -> None:
    with Sandbox(stub_renders=True, credits=40) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, web_url=sandbox.web_url) as client:
            with pytest.raises(errors.InsufficientCreditsError) as caught:
                await client.generate(PROMPT)
    assert "/register?bind=" in (caught.value.registration_url or "")


async def test_a_balance_that_cannot_be_read_stops_nothing(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with sandbox.inject(Fault("credits.retrieve", "status", status=500, times=None)):
        video = await client.generate(PROMPT, export=False)
    assert video.credits_used is None


async def test_an_agent_that_makes_nothing_is_quoted(client: AsyncNemoVideo) -> None:
    with pytest.raises(errors.NothingToExportError) as caught:
        await client.generate("how are you today?")
    assert "The agent said:" in (caught.value.hint or "")


async def test_a_failed_render_is_tried_once_more(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    with sandbox.inject(Fault("renders.create", "failed_render")):
        video = await client.generate(PROMPT)
    first, second = sandbox.renders
    assert first.status == "failed"
    assert video.render_id == second.id != first.id


async def test_a_render_that_fails_twice_is_an_error(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with (
        sandbox.inject(Fault("renders.create", "failed_render", times=None)),
        pytest.raises(errors.RenderFailedError) as caught,
    ):
        await client.generate(PROMPT)
    assert len(sandbox.renders) == 2
    assert caught.value.render_id == sandbox.renders[1].id


async def test_a_render_that_never_ends_times_out_with_its_id(sandbox: Sandbox) -> None:
    timing = nemovideo.Timing(render_limit=0.2, poll_first=0.02, poll_max=0.05)
    async with AsyncNemoVideo(base_url=sandbox.url, timing=timing) as client:
        with (
            sandbox.inject(Fault("renders.create", "stuck_render")),
            pytest.raises(errors.RenderTimeoutError) as caught,
        ):
            await client.generate(PROMPT)
    assert caught.value.render_id == sandbox.renders[0].id
    assert caught.value.last_status in {"pending", "processing"}


async def test_a_failed_poll_is_a_missed_poll(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    with sandbox.inject(
        Fault("renders.retrieve", "status", status=500, times=2),
        Fault("renders.retrieve", "reset_before", after=2),
    ):
        assert (await client.generate(PROMPT)).url


async def test_an_ambiguous_render_is_read_by_its_id(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with sandbox.inject(Fault("renders.create", "reset_after")):
        assert (await client.generate(PROMPT)).url
    assert len(sandbox.renders) == 1
    sandbox.assert_clean()


async def test_export_on_the_free_plan_is_a_matter_of_plan(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with (
        sandbox.inject(Fault("renders.create", "code", code=402)),
        pytest.raises(errors.PlanRequiredError) as caught,
    ):
        await client.generate(PROMPT)
    assert caught.value.session_id == sandbox.sessions[0].session_id
    (item,) = await client.recover()
    await item.resume()
    assert await client.recover() == []


async def test_saving_reports_how_much_was_received(client: AsyncNemoVideo, tmp_path: Path) -> None:
    reported: list[events.Event] = []
    video = await client.generate(PROMPT, path=tmp_path / "x.mp4", on_event=reported.append)
    assert video.path is not None
    size = video.path.stat().st_size
    assert reported[-1] == events.DownloadProgress(size, size)
    seen = [event async for event in client.generate(PROMPT, path=tmp_path / "y.mp4")]
    assert isinstance(seen[-1], events.DownloadProgress)


@pytest.mark.parametrize("name", ["panda.gif", "panda.MOV"])
async def test_a_name_of_another_format_is_refused_before_anything_is_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    with pytest.raises(nemovideo.InvalidInputError, match="and the video is to be mp4") as caught:
        await client.generate(PROMPT, path=tmp_path / name)
    assert (caught.value.parameter, caught.value.accepted) == ("path", (".mp4",))
    assert len(sandbox.requests) == 0


async def test_a_folder_may_be_called_like_another_format(
    client: AsyncNemoVideo, tmp_path: Path
) -> None:
    folder = tmp_path / "all.gif"
    folder.mkdir()
    video = await client.generate(PROMPT, path=folder)
    assert video.path is not None and video.path.parent == folder


async def test_what_has_ended_has_its_result_and_does_nothing_more(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    generation = client.generate(PROMPT)
    reported = [event async for event in generation]
    sent = len(sandbox.requests)
    assert reported
    assert [event async for event in generation] == []
    assert await generation is await generation
    assert len(sandbox.requests) == sent


async def test_what_was_left_and_ended_with_its_client_is_an_error_from_then_on(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    generation = client.generate(PROMPT)
    await anext(generation)
    await client.aclose()
    sent = len(sandbox.requests)
    for _ in range(2):
        with pytest.raises(errors.NemoVideoError):
            await generation
        with pytest.raises(errors.NemoVideoError):
            await anext(generation)
    assert len(sandbox.requests) == sent
