"""What a user of the public interface writes, for the type checkers: never run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import assert_type

import httpx
import httpx2

import nemovideo
from nemovideo import (
    AsyncNemoVideo,
    Change,
    Credits,
    Generation,
    PendingTurn,
    Project,
    Render,
    Session,
    SessionState,
    Timeline,
    Timing,
    Turn,
    UploadedFile,
    Video,
    events,
)
from nemovideo.sandbox import Sandbox
from nemovideo.sse import ServerSentEvent, SSEDecoder
from nemovideo.transports import AiohttpTransport, HttpxTransport, Transport


async def generating(client: AsyncNemoVideo) -> None:
    generation = client.generate("a panda", files=["a.mp4", ("b.mp4", b"")], language="en")
    assert_type(generation, Generation)
    assert_type(await generation, Video)
    async for event in generation:
        if isinstance(event, events.Text):
            assert_type(event.text, str)
        elif isinstance(event, events.RenderProgress):
            assert_type(event.render, Render)
        if event.type == "text":
            print(event.text)
        elif event.type == "state_changed":
            assert_type(event.changes, tuple[Change, ...])
    assert_type(asyncio.create_task(generation), asyncio.Task[Video])
    video = generation.video
    assert_type(video.url, str | None)
    assert_type(video.duration, float)
    assert_type(await video.save("panda.mp4"), Path)
    assert_type(await video.link(), str)
    assert_type(await video.export(format="webm"), Video)


async def editing(client: AsyncNemoVideo) -> None:
    project = await client.create_project("x")
    assert_type(project, Project)
    assert_type(await project.upload(Path("a.mp4")), list[UploadedFile])
    sending = project.send("trim it")
    assert_type(sending, PendingTurn)
    turn = await sending
    assert_type(turn, Turn)
    timeline = await project.timeline()
    assert_type(timeline, Timeline)
    assert_type(timeline.diff(turn.timeline), list[Change])
    reply = await project.ask("export")
    assert_type(reply.text, str)
    for item in await client.recover():
        assert_type(await item.resume(), Video | Turn)


async def resources(client: AsyncNemoVideo) -> None:
    assert_type(await client.sessions.create("x"), Session)
    assert_type(await client.credits.retrieve(), Credits)
    state = await client.states.retrieve("s")
    assert_type(state, SessionState)
    assert_type(await client.renders.create("s", state.draft), Render)
    assert_type(await client.renders.wait("r"), Render)
    async with client.messages.stream("s", "hello") as stream:
        async for word in stream.text_stream:
            assert_type(word, str)
        assert_type(await stream.final_turn(), Turn)


async def wiring() -> None:
    transport: Transport = AiohttpTransport(proxy="http://127.0.0.1:3128")
    others: list[Transport] = [HttpxTransport(), HttpxTransport(httpx.AsyncClient())]
    others.append(HttpxTransport(httpx2.AsyncClient()))
    del others
    async with Sandbox(sse_shape="adk") as sandbox:
        assert_type(sandbox.client(journal="shared.sqlite"), AsyncNemoVideo)
        client = AsyncNemoVideo(
            base_url=sandbox.url, transport=transport, timing=Timing().scaled(0.01)
        )
        assert_type(client.with_options(max_retries=0), AsyncNemoVideo)


def decoding() -> None:
    assert_type(SSEDecoder().feed(b"data: x\n\n"), list[ServerSentEvent])
    error = nemovideo.RateLimitError("x", code=429)
    assert_type(error.retry_after, float | None)
    failed = nemovideo.AgentError("x")
    assert_type(failed.changes, tuple[Change, ...])
