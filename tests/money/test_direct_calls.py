"""What is paid for through the resources themselves is written down and found again as well."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from nemovideo import (
    AgentError,
    AsyncNemoVideo,
    RateLimitError,
    RenderTimeoutError,
    StreamInterruptedError,
    Turn,
    UnfinishedMessage,
    UnfinishedRender,
)
from nemovideo.sandbox import Fault, Sandbox
from tests.conftest import QUICK

pytestmark = pytest.mark.anyio
PROMPT = "a 2-second video of a calm sea"


@pytest.fixture
async def session_id(client: AsyncNemoVideo) -> str:
    """A session with a clip in it."""
    project = await client.create_project()
    await project.send(PROMPT)
    return project.session_id


async def start_render(client: AsyncNemoVideo, session_id: str) -> str:
    """Start a render of what the session has, and return its id."""
    draft = (await client.states.retrieve(session_id)).draft
    return (await client.renders.create(session_id, draft)).id


@pytest.mark.usefixtures("journal_url")
async def test_a_message_whose_stream_broke_is_found_again(
    client: AsyncNemoVideo, session_id: str, sandbox: Sandbox
) -> None:
    client = client.with_options(timing=replace(QUICK, stream_limit=900))
    with (
        sandbox.inject(Fault("messages.stream", "cut", events=1)),
        pytest.raises(StreamInterruptedError),
    ):
        async with client.messages.stream(session_id, "add calm music") as events:
            await events.final_turn()
    (item,) = await client.recover()
    assert isinstance(item, UnfinishedMessage)
    # The session was not read before the message: what is there may be as old as the session.
    with pytest.raises(StreamInterruptedError, match="may still be under way"):
        await item.resume()
    later = client.with_options(timing=replace(QUICK, stream_limit=0))
    (item,) = await later.recover()
    turn = await item.resume()
    assert isinstance(turn, Turn)
    assert turn.draft.is_ready
    assert await client.recover() == []


async def test_a_message_that_the_caller_left_early_is_found_again(
    client: AsyncNemoVideo, session_id: str
) -> None:
    async with client.messages.stream(session_id, "add calm music") as events:
        await anext(events)
    assert [item.session_id for item in await client.recover()] == [session_id]


async def test_a_message_that_was_read_to_its_end_is_finished(
    client: AsyncNemoVideo, session_id: str
) -> None:
    async with client.messages.stream(session_id, "add calm music") as events:
        await events.final_turn()
    assert await client.recover() == []


async def test_a_message_that_was_left_has_no_final_turn(
    client: AsyncNemoVideo, session_id: str
) -> None:
    async with client.messages.stream(session_id, "add calm music") as events:
        await anext(events)
    with pytest.raises(StreamInterruptedError, match="left before its end") as caught:
        await events.final_turn()
    assert caught.value.possibly_billed
    assert caught.value.session_id == session_id


async def test_a_message_that_was_cancelled_in_its_context_has_no_final_turn(
    client: AsyncNemoVideo, session_id: str, sandbox: Sandbox
) -> None:
    with sandbox.inject(Fault("messages.stream", "stall", events=1)):
        async with client.messages.stream(session_id, "add calm music") as events:
            await anext(events)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await events.final_turn()
            with pytest.raises(StreamInterruptedError):
                await events.final_turn()
    assert [item.session_id for item in await client.recover()] == [session_id]


async def test_a_message_that_broke_has_no_final_turn_and_says_so_in_whole_sentences(
    client: AsyncNemoVideo, session_id: str, sandbox: Sandbox
) -> None:
    with sandbox.inject(Fault("messages.stream", "cut", events=1)):
        async with client.messages.stream(session_id, "add calm music") as events:
            for _ in range(2):
                with pytest.raises(StreamInterruptedError) as caught:
                    await events.final_turn()
                assert ".." not in str(caught.value)
    assert [item.session_id for item in await client.recover()] == [session_id]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("messages.stream", "status", status=429, times=None), RateLimitError),
        (Fault("messages.stream", "agent_error"), AgentError),
    ],
    ids=["refused", "failed"],
)
async def test_a_message_that_the_service_ended_is_finished(
    client: AsyncNemoVideo,
    session_id: str,
    sandbox: Sandbox,
    fault: Fault,
    expected: type[Exception],
) -> None:
    with sandbox.inject(fault), pytest.raises(expected):
        async with client.messages.stream(session_id, "add calm music") as events:
            await events.final_turn()
    assert await client.recover() == []


@pytest.mark.usefixtures("journal_url")
async def test_a_render_is_found_by_the_next_client(
    client: AsyncNemoVideo, session_id: str, sandbox: Sandbox
) -> None:
    render_id = await start_render(client, session_id)
    assert await client.recover() == []  # its caller is at work on it
    await client.aclose()
    async with AsyncNemoVideo(base_url=sandbox.url, timing=QUICK) as later:
        (item,) = await later.recover()
        assert isinstance(item, UnfinishedRender)
        assert (await item.resume()).render.id == render_id
        assert await later.recover() == []


async def test_a_render_that_was_seen_finished_is_finished(
    client: AsyncNemoVideo, session_id: str
) -> None:
    render = await client.renders.wait(await start_render(client, session_id))
    assert render.is_completed
    await client.aclose()
    assert await client.recover() == []


async def test_a_render_that_was_cancelled_is_finished(
    client: AsyncNemoVideo, session_id: str, sandbox: Sandbox
) -> None:
    with sandbox.inject(Fault("renders.create", "stuck_render")):
        await client.renders.cancel(await start_render(client, session_id))
    await client.aclose()
    assert await client.recover() == []


async def test_a_render_that_was_waited_for_in_vain_is_found_again(
    client: AsyncNemoVideo, session_id: str, sandbox: Sandbox
) -> None:
    hasty = client.with_options(timing=replace(QUICK, render_limit=0.02))
    with sandbox.inject(Fault("renders.create", "stuck_render")):
        render_id = await start_render(hasty, session_id)
        with pytest.raises(RenderTimeoutError):
            await hasty.renders.wait(render_id)
        assert [repr(item).split()[1] for item in await client.recover()] == [f"{render_id},"]


async def test_a_render_that_was_refused_is_finished(
    client: AsyncNemoVideo, session_id: str, sandbox: Sandbox
) -> None:
    with (
        sandbox.inject(Fault("renders.create", "status", status=429, times=None)),
        pytest.raises(RateLimitError),
    ):
        await start_render(client, session_id)
    assert await client.recover() == []


async def test_a_render_whose_id_the_service_has_finished_already_is_finished(
    client: AsyncNemoVideo, session_id: str
) -> None:
    draft = (await client.states.retrieve(session_id)).draft
    render_id = await start_render(client, session_id)
    await client.renders.wait(render_id)
    again = await client.renders.create(session_id, draft, render_id=render_id)
    assert again.is_completed
    await client.aclose()
    assert await client.recover() == []
