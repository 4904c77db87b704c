"""What a user of the blocking client writes, for the type checkers: never run."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import assert_type

from nemovideo import (
    Credits,
    NemoVideo,
    NemoVideoError,
    Render,
    Session,
    SessionState,
    Timeline,
    Timing,
    Turn,
    UploadedFile,
    events,
)
from nemovideo.blocking import (
    FileResult,
    Generation,
    MessageStream,
    PendingTurn,
    Project,
    Reply,
    UnfinishedMessage,
    UnfinishedRender,
    Video,
)
from nemovideo.testing import error, no_waiting, scripted
from nemovideo.transports import MemoryTransport


def generating(client: NemoVideo) -> None:
    video = client.generate("a panda", files=["a.mp4", ("b.mp4", b"")], on_event=print)
    assert_type(video, Video)
    assert_type(video.url, str | None)
    assert_type(video.duration, float)
    assert_type(video.save("panda.mp4"), Path)
    assert_type(video.link(), str)
    assert_type(video.export(format="webm"), Video)
    assert_type(client.quick_edit("a.mp4", "trim"), Video)


def watching(client: NemoVideo) -> None:
    generation = client.generate_stream("a panda")
    assert_type(generation, Generation)
    for event in generation:
        assert_type(event, events.Event)
        if isinstance(event, events.RenderProgress):
            assert_type(event.render, Render)
    assert_type(generation.video, Video)
    assert_type(generation.wait(), Video)


def editing(client: NemoVideo) -> None:
    with client.with_options(timing=Timing()) as other:
        assert_type(other, NemoVideo)
    project = client.create_project("x")
    assert_type(project, Project)
    assert_type(project.upload(Path("a.mp4")), list[UploadedFile])
    assert_type(project.send("trim it"), Turn)
    sending = project.send_stream("trim it")
    assert_type(sending, PendingTurn)
    assert_type(sending.turn, Turn)
    assert_type(project.timeline(), Timeline)
    assert_type(project.export(), Video)
    reply = project.ask("export")
    assert_type(reply, Reply)
    assert_type(reply.video, Video | None)
    for outcome in project.process_each(["a.mp4"], "trim"):
        assert_type(outcome, FileResult)
        assert_type(outcome.error, NemoVideoError | None)
    for item in client.recover():
        assert_type(item, UnfinishedMessage | UnfinishedRender)
        assert_type(item.resume(), Turn | Video)


def resources(client: NemoVideo) -> None:
    assert_type(client.sessions.create("x"), Session)
    assert_type(client.credits.retrieve(), Credits)
    state = client.states.retrieve("s")
    assert_type(state, SessionState)
    assert_type(client.renders.create("s", state.draft), Render)
    assert_type(client.renders.wait("r"), Render)
    for each in client.renders.watch("r"):
        assert_type(each, Render)
    stream = client.messages.stream("s", "hello")
    assert_type(stream, AbstractContextManager[MessageStream])
    with stream as answer:
        for event in answer:
            assert_type(event, events.Event)
        for word in answer.text_stream:
            assert_type(word, str)
        assert_type(answer.final_turn(), Turn)


def testing() -> None:
    with no_waiting():
        transport = scripted({"messages.stream": [error(2001), {"a": 1}]})
        assert_type(transport, MemoryTransport)
        assert_type(NemoVideo(transport=transport), NemoVideo)
