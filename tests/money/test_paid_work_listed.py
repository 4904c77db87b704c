"""What was paid for keeps a handle until it is in the user's hands, whatever goes wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from nemovideo import (
    APIConnectionError,
    AsyncNemoVideo,
    AuthenticationError,
    DownloadError,
    NotFoundError,
    PlanRequiredError,
    RateLimitError,
    RenderFailedError,
    RenderTimeoutError,
    ServerError,
    StreamInterruptedError,
    UnfinishedMessage,
    UnfinishedRender,
)
from nemovideo.events import Event, Reconnecting, RenderProgress
from nemovideo.sandbox import Fault, Sandbox
from tests.conftest import QUICK, token_of
from tests.waiting import until

pytestmark = pytest.mark.anyio
PROMPT = "a 2-second video of a calm sea"
REFUSED = Fault("renders.create", "code", code=402)
FAILING = Fault("renders.create", "failed_render", times=None)
STUCK = Fault("renders.create", "stuck_render")
CUT = Fault("messages.stream", "cut", events=1)


async def session_with_clip(client: AsyncNemoVideo) -> str:
    """Return a session that has something to export."""
    project = await client.create_project()
    await project.send(PROMPT)
    return project.session_id


async def kinds(client: AsyncNemoVideo) -> list[str]:
    """Return what is listed as unfinished."""
    return [item.kind for item in await client.recover()]


async def reached(sandbox: Sandbox, endpoint: str, count: int) -> None:
    """Wait until so many requests have come to an endpoint."""
    await until(lambda: sum(each.endpoint == endpoint for each in sandbox.requests) >= count)


# When the export is refused or fails


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (REFUSED, PlanRequiredError),
        (FAILING, RenderFailedError),
        (Fault("renders.create", "status", status=429, times=None), RateLimitError),
        (Fault("renders.*", "reset_before", times=None), APIConnectionError),
    ],
    ids=["not in the plan", "failed twice", "too often", "broken"],
)
async def test_an_export_that_fails_after_a_generation_names_the_session(
    client: AsyncNemoVideo,
    sandbox: Sandbox,
    fault: Fault,
    expected: type[PlanRequiredError | RenderFailedError | APIConnectionError],
) -> None:
    with sandbox.inject(fault), pytest.raises(expected) as caught:
        await client.generate(PROMPT)
    (session,) = sandbox.sessions
    assert caught.value.session_id == session.session_id
    assert f'open_project("{session.session_id}").export()' in str(caught.value)
    assert len(await client.recover()) == 1
    assert caught.value.session_id is not None
    assert (await client.open_project(caught.value.session_id).export()).url


@pytest.mark.usefixtures("journal_url")
@pytest.mark.parametrize("fault", [REFUSED, FAILING], ids=["not in the plan", "failed twice"])
async def test_what_could_not_be_exported_is_recovered_later(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, fault: Fault
) -> None:
    target = tmp_path / "sea.mp4"
    with sandbox.inject(replace(fault, times=None)):
        with pytest.raises((PlanRequiredError, RenderFailedError)):
            await client.generate(PROMPT, path=target)
        (item,) = await client.recover()
        with pytest.raises((PlanRequiredError, RenderFailedError)):
            await item.resume()
    (item,) = await client.recover()
    assert isinstance(item, UnfinishedMessage)
    await item.resume()
    assert target.exists()
    assert await client.recover() == []
    assert len([charge for charge in sandbox.charges if charge.amount]) == 1


async def test_a_render_that_fails_again_when_it_is_resumed_leaves_its_message(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    hasty = client.with_options(timing=replace(QUICK, render_limit=0.02))
    with sandbox.inject(STUCK), pytest.raises(RenderTimeoutError):
        await hasty.generate(PROMPT)
    (item,) = await client.recover()
    assert isinstance(item, UnfinishedRender)
    await fail_elsewhere(client, sandbox)
    with sandbox.inject(FAILING), pytest.raises(RenderFailedError):
        await item.resume()
    assert await kinds(client) == ["message"]


async def fail_elsewhere(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    """Have the service end its renders as failed, so that no journal of ours knows why."""
    token = token_of(sandbox)
    async with AsyncNemoVideo(base_url=sandbox.url, token=token, journal=False) as other:
        for render in sandbox.renders:
            await other.renders.cancel(render.id)


async def test_a_failed_export_of_a_project_lists_nothing_as_nothing_was_paid_for_it(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    session_id = await session_with_clip(client)
    with sandbox.inject(FAILING), pytest.raises(RenderFailedError) as caught:
        await client.open_project(session_id).export()
    assert caught.value.session_id == session_id
    assert await client.recover() == []


async def test_a_download_that_fails_after_a_generation_says_where_the_video_is(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    broken = Fault("*.download", "status", status=500, times=None)
    with sandbox.inject(broken), pytest.raises(DownloadError) as caught:
        await client.generate(PROMPT, path=tmp_path / "sea.mp4")
    assert f'open_project("{sandbox.sessions[0].session_id}")' in str(caught.value)
    assert len(caught.value.attempts) == 6
    assert [each.number for each in caught.value.attempts] == [1, 2, 3, 4, 5, 6]
    assert {each.error for each in caught.value.attempts} == {"ServerError"}
    assert await kinds(client) == ["render"]


async def test_a_token_refused_while_a_render_is_watched_loses_no_render(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    session_id = await session_with_clip(client)
    token = token_of(sandbox)
    async with AsyncNemoVideo(base_url=sandbox.url, token=token, timing=QUICK) as named:
        refusal = Fault("renders.retrieve", "code", code=1001, times=None)
        with sandbox.inject(STUCK, refusal), pytest.raises(AuthenticationError):
            await named.open_project(session_id).export()
        assert await kinds(named) == ["render"]


# Between the turn and the render


async def test_cancelled_while_the_balance_is_read_after_it_a_generation_is_listed(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    generation = client.generate(PROMPT)

    async def complete() -> None:
        await generation

    with sandbox.inject(Fault("credits.retrieve", "stall", after=1)):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(complete)
            await reached(sandbox, "credits.retrieve", 2)
            tasks.cancel_scope.cancel()
    with pytest.raises(StreamInterruptedError, match="recover"):
        await generation
    assert await kinds(client) == ["message"]


async def test_a_poll_that_fails_before_the_render_leaves_the_message(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with (
        sandbox.inject(Fault("states.retrieve", "status", status=500, times=None)),
        pytest.raises(ServerError) as caught,
    ):
        await client.generate(PROMPT)
    assert caught.value.session_id == sandbox.sessions[0].session_id
    assert await kinds(client) == ["message"]


async def test_cancelled_before_a_failed_render_is_tried_again_one_is_listed(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = client.open_project(await session_with_clip(client))

    for _ in range(10):
        with sandbox.inject(FAILING), anyio.CancelScope() as scope:

            def leave(event: Event, scope: anyio.CancelScope = scope) -> None:
                if isinstance(event, RenderProgress) and event.render.is_failed:
                    scope.cancel()

            await project.export(on_event=leave)
        assert scope.cancelled_caught
        (item,) = await client.recover()
        await item.resume()
        assert await client.recover() == []


async def test_an_observer_that_fails_leaves_the_render_to_recover(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    def fail(event: Event) -> None:
        raise ValueError("boom")

    project = client.open_project(await session_with_clip(client))
    with sandbox.inject(STUCK), pytest.raises(ValueError, match="boom"):
        await project.export(on_event=fail)
    assert await kinds(client) == ["render"]


# While a lost answer is looked for


@pytest.mark.parametrize("status", [408, 429])
async def test_a_poll_that_is_refused_or_too_slow_is_skipped(
    client: AsyncNemoVideo, sandbox: Sandbox, status: int
) -> None:
    project = await client.create_project()
    busy = Fault("states.retrieve", "status", status=status, after=1, times=3)
    with sandbox.inject(CUT, busy):
        turn = await project.send(PROMPT)
    assert turn.source == "state"
    assert turn.changes


@pytest.mark.parametrize("status", [404, 429, 500])
async def test_what_was_found_is_not_lost_while_it_settles(
    client: AsyncNemoVideo, sandbox: Sandbox, status: int
) -> None:
    project = await client.create_project()
    busy = Fault("states.retrieve", "status", status=status, after=2, times=None)
    with sandbox.inject(CUT, busy):
        assert (await project.send(PROMPT)).changes
    assert await client.recover() == []


async def test_a_resumed_message_is_polled_again_after_a_refused_poll(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    never = client.with_options(timing=replace(QUICK, recovery_waits=()))
    project = never.open_project((await client.create_project()).session_id)
    unheard = Fault("messages.stream", "reset_after")
    with sandbox.inject(unheard), pytest.raises(StreamInterruptedError):
        await project.send(PROMPT)
    (item,) = await client.recover()
    busy = Fault("states.retrieve", "status", status=429, times=3)
    with sandbox.inject(busy):
        turn = await item.resume()
    assert turn.timeline.tracks
    assert await client.recover() == []


async def test_a_young_message_without_a_result_stays_listed(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    client = client.with_options(timing=replace(QUICK, stream_limit=900))
    project = await client.create_project()
    unheard = Fault("messages.stream", "reset_before")
    with sandbox.inject(unheard), pytest.raises(StreamInterruptedError):
        await project.send(PROMPT)
    for _ in range(2):
        (item,) = await client.recover()
        with pytest.raises(StreamInterruptedError, match="may still be under way"):
            await item.resume()


async def test_a_message_that_is_being_polled_is_not_offered_to_others(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    listed: list[str] = []

    async def check(event: Event) -> None:
        if isinstance(event, Reconnecting):
            listed.extend(await kinds(client))
            async with AsyncNemoVideo(base_url=sandbox.url) as other:
                listed.extend(await kinds(other))

    project = await client.create_project()
    with sandbox.inject(CUT):
        turn = await project.send(PROMPT, on_event=check)
    assert turn.source == "state"
    assert listed == []


async def test_a_lost_answer_lists_what_was_tried(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    never = client.with_options(timing=replace(QUICK, recovery_waits=()))
    project = never.open_project((await client.create_project()).session_id)
    with sandbox.inject(CUT), pytest.raises(StreamInterruptedError) as caught:
        await project.send(PROMPT)
    (attempt,) = caught.value.attempts
    assert (attempt.number, attempt.phase, attempt.error) == (1, "read", "APIConnectionError")
    assert attempt.elapsed > 0


# Called off


async def test_a_render_that_is_cancelled_during_its_export_is_not_made_again(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    async def call_off(event: Event) -> None:
        if isinstance(event, RenderProgress) and not event.render.is_finished:
            await client.with_options(timeout=5).renders.cancel(event.render.id)

    project = client.open_project(await session_with_clip(client))
    with sandbox.inject(STUCK), pytest.raises(RenderFailedError, match="was cancelled") as caught:
        await project.export(on_event=call_off)
    assert len(sandbox.renders) == 1
    assert caught.value.render_id == sandbox.renders[0].id
    assert caught.value.session_id == project.session_id
    assert await client.recover() == []


@pytest.mark.usefixtures("journal_url")
async def test_a_render_that_another_process_cancels_is_not_made_again(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    async def call_off(event: Event) -> None:
        if isinstance(event, RenderProgress) and not event.render.is_finished:
            async with AsyncNemoVideo(base_url=sandbox.url) as other:
                await other.renders.cancel(event.render.id)

    with sandbox.inject(STUCK), pytest.raises(RenderFailedError, match="was cancelled"):
        await client.generate(PROMPT, on_event=call_off)
    assert len(sandbox.renders) == 1
    assert await client.recover() == []


@pytest.mark.usefixtures("journal_url")
async def test_a_listed_render_that_was_cancelled_is_not_listed_any_more(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    project = client.open_project(await session_with_clip(client))
    hasty = client.with_options(timing=replace(QUICK, render_limit=0.02))
    with sandbox.inject(STUCK), pytest.raises(RenderTimeoutError):
        await hasty.open_project(project.session_id).export(tmp_path / "sea.mp4")
    async with AsyncNemoVideo(base_url=sandbox.url) as other:
        assert await kinds(other) == ["render"]
        await other.renders.cancel(sandbox.renders[0].id)
        assert await kinds(other) == []


async def test_a_render_that_is_cancelled_while_it_is_resumed_is_not_made_again(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    project = client.open_project(await session_with_clip(client))
    hasty = client.with_options(timing=replace(QUICK, render_limit=0.02))
    with sandbox.inject(STUCK), pytest.raises(RenderTimeoutError):
        await hasty.open_project(project.session_id).export(tmp_path / "sea.mp4")
    (item,) = await client.recover()
    polls = sum(request.endpoint == "renders.retrieve" for request in sandbox.requests)

    async def resume() -> None:
        with pytest.raises(RenderFailedError, match="was cancelled"):
            await item.resume()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(resume)
        await reached(sandbox, "renders.retrieve", polls + 1)
        await client.renders.cancel(sandbox.renders[0].id)
    assert len(sandbox.renders) == 1
    assert await client.recover() == []


async def test_a_cancel_that_was_refused_cancels_nothing(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = client.open_project(await session_with_clip(client))

    async def call_off(event: Event) -> None:
        if len(sandbox.renders) == 1:
            refusal = Fault("renders.cancel", "status", status=404)
            with sandbox.inject(refusal), pytest.raises(NotFoundError):
                await client.renders.cancel(sandbox.renders[0].id)

    with sandbox.inject(Fault("renders.create", "failed_render")):
        assert (await project.export(on_event=call_off)).url
    assert len(sandbox.renders) == 2


async def test_a_cancel_that_comes_too_late_leaves_a_completed_render(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    video = await client.generate(PROMPT)
    assert video.render_id is not None
    assert (await client.renders.cancel(video.render_id)).is_completed
    (entry,) = await client._resources.journal.query(lambda it: it.recent_renders(sandbox.url))
    assert entry.phase == "completed"


# Looked at from outside


@pytest.mark.usefixtures("journal_url")
async def test_a_render_that_another_client_saw_finished_is_finished(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    session_id = await session_with_clip(client)
    draft = (await client.states.retrieve(session_id)).draft
    first = await client.renders.create(session_id, draft)
    await client.with_options(timing=QUICK).renders.wait(first.id)
    second = await client.renders.create(session_id, draft)
    async with AsyncNemoVideo(base_url=sandbox.url, timing=QUICK) as other:
        await other.renders.wait(second.id)
    await client.aclose()
    assert await client.recover() == []


async def test_a_listed_render_that_is_fetched_by_hand_is_not_listed_any_more(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    project = client.open_project(await session_with_clip(client))
    broken = Fault("*.download", "status", status=500, times=None)
    with sandbox.inject(broken), pytest.raises(DownloadError):
        await project.export(tmp_path / "sea.mp4")
    render_id = sandbox.renders[0].id
    assert (await client.renders.retrieve(render_id)).is_completed
    assert await kinds(client) == ["render"]
    await client.renders.download(render_id, tmp_path)
    assert await client.recover() == []


@pytest.mark.usefixtures("journal_url")
async def test_a_render_that_is_being_exported_stays_its_exporters(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    listed: list[str] = []

    async def check(event: Event) -> None:
        if isinstance(event, RenderProgress):
            await client.renders.retrieve(event.render.id)
            listed.extend(await kinds(client))

    with sandbox.inject(Fault("renders.create", "failed_render")):
        await client.generate(PROMPT, path=tmp_path / "sea.mp4", on_event=check)
    assert listed == []
    assert await client.recover() == []


async def test_reading_a_render_makes_no_journal_where_there_is_none(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    video = await client.generate(PROMPT)
    token = token_of(sandbox)
    folder = tmp_path / "empty"
    async with AsyncNemoVideo(base_url=sandbox.url, token=token, config_dir=folder) as other:
        assert (await other.renders.retrieve(video.render_id or "")).is_completed
    assert not folder.exists()
