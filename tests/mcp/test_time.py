"""Clients give up after 60 seconds: on a clock that the tests move, no call takes that long."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp.server.mcpserver import MCPServer

from nemovideo.mcp.state import ServerState
from nemovideo.sandbox import Fault, Sandbox
from nemovideo.sandbox.studio.stub import stub
from tests.clocks import jump, with_clock
from tests.mcp.conftest import (
    FOX,
    PATIENCE,
    Assistant,
    Person,
    Setting,
    connect,
    messages,
    while_time_passes,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """A clock that `jump` moves."""
    return with_clock("asyncio")


@pytest.fixture
async def impatient(server: MCPServer[ServerState], mode: str) -> Any:
    async with Client(server, mode=mode, read_timeout_seconds=PATIENCE) as client:
        yield Assistant(client)


async def make_film(assistant: Assistant) -> dict[str, Any]:
    await assistant.get("start_video", prompt=FOX, key="fox", confirm=True)
    return await assistant.finish("fox")


@pytest.mark.parametrize(
    ("tool", "endpoint"),
    [
        ("show_timeline", "states.retrieve"),
        ("credits", "credits.retrieve"),
        ("open_link", "tokens.create_claim"),
    ],
)
async def test_a_silent_service_is_reported_before_the_client_gives_up(
    impatient: Assistant, service: Sandbox, tool: str, endpoint: str
) -> None:
    session = (await make_film(impatient))["session_id"]
    arguments = {} if tool == "credits" else {"session_id": session}
    with service.inject(Fault(endpoint, "stall", times=None)):
        answer, seconds = await while_time_passes(partial(impatient.call, tool, **arguments))
    assert answer.is_error
    assert "has not answered for 55 seconds" in answer.content[0].text
    assert seconds < PATIENCE


async def test_a_start_answers_at_once_though_the_balance_cannot_be_read(
    impatient: Assistant, service: Sandbox
) -> None:
    start = partial(impatient.get, "start_video", prompt=FOX, key="fox", confirm=True)
    with service.inject(Fault("credits.retrieve", "stall", times=None)) as stalled:
        started, seconds = await while_time_passes(start)
        stalled.release()
        assert (await impatient.finish("fox"))["status"] == "done"
    assert started["status"] in ("running", "done")
    assert seconds < 30
    assert messages(service) == 1


async def test_a_wait_ends_in_time_and_says_what_to_call_next(
    impatient: Assistant, service: Sandbox
) -> None:
    with service.inject(Fault("renders.retrieve", "stall", times=None)) as stalled:
        await impatient.get("start_video", prompt=FOX, key="fox", confirm=True)
        wait = partial(impatient.get, "wait_video", key="fox", up_to_s=10**9)
        running, seconds = await while_time_passes(wait, lambda: service.renders)
        assert running["status"] == "running"
        assert 'wait_video(key="fox")' in running["next"]
        assert 45 <= seconds < PATIENCE
        stalled.release()
        assert (await impatient.finish("fox"))["status"] == "done"
    assert messages(service) == 1


async def test_a_client_that_gives_up_finds_the_film_by_its_key(
    server: MCPServer[ServerState], mode: str, service: Sandbox
) -> None:
    with service.inject(Fault("renders.retrieve", "stall", times=None)) as stalled:
        async with Client(server, mode=mode, read_timeout_seconds=20) as client:
            hasty = Assistant(client)
            await hasty.get("start_video", prompt=FOX, key="fox", confirm=True)
            wait = partial(hasty.get, "wait_video", key="fox")
            given_up, _ = await while_time_passes(wait, lambda: service.renders)
            assert isinstance(given_up, MCPError)
            # What assistants do then: call the paid tool again, as before and without the key.
            for again in ({"key": "fox"}, {}, {"key": "fox-2"}):
                repeated = await hasty.get("start_video", prompt=FOX, confirm=True, **again)
                assert repeated["key"] == "fox"
        stalled.release()
        async with connect(server, mode) as assistant:
            done = await assistant.finish("fox")
    assert Path(done["path"]).is_file()
    assert messages(service) == 1


async def test_a_yes_that_comes_after_the_call_was_cut_off_pays_nothing(
    server: MCPServer[ServerState], service: Sandbox
) -> None:
    person = Person(answers_after=PATIENCE + 30)
    async with Client(
        server, mode="legacy", elicitation_callback=person, read_timeout_seconds=PATIENCE
    ) as client:
        start = partial(Assistant(client).call, "start_video", prompt=FOX)
        given_up, seconds = await while_time_passes(start, lambda: person.questions)
        assert isinstance(given_up, MCPError)
        assert seconds >= PATIENCE
        for _ in range(60):
            jump(1.0)
            await anyio.sleep(0.002)
    assert messages(service) == 0


async def test_an_upload_that_takes_long_is_done_once_and_waited_for_in_pieces(
    impatient: Assistant, setting: Setting, service: Sandbox
) -> None:
    session = (await make_film(impatient))["session_id"]
    stub(setting.inbox / "beach.mp4", duration=4)
    upload = partial(
        impatient.get, "upload_media", session_id=session, path=str(setting.inbox / "beach.mp4")
    )
    with service.inject(Fault("uploads.create", "stall", times=None)) as stalled:
        running, seconds = await while_time_passes(upload)
        assert running["status"] == "running"
        assert "upload_media" in running["next"]
        assert seconds < PATIENCE
        stalled.release()
        assert (await upload())["status"] == "done"
    assert (await upload())["status"] == "done"
    assert sum(each.endpoint == "uploads.create" for each in service.requests) == 1


async def test_an_export_that_is_called_again_is_the_same_file_unless_something_changed(
    impatient: Assistant, service: Sandbox
) -> None:
    session = (await make_film(impatient))["session_id"]
    export = partial(impatient.get, "export_video", session_id=session)
    with service.inject(Fault("renders.retrieve", "stall", times=None)) as stalled:
        first, seconds = await while_time_passes(export)
        assert first["status"] == "running"
        assert seconds < PATIENCE
        second, _ = await while_time_passes(export)
        assert second["key"] == first["key"]
        edit = {"session_id": session, "message": 'add the title "Fox"', "key": "title"}
        await impatient.get("edit_video", **edit, confirm=True)
        await impatient.finish("title")
        third, _ = await while_time_passes(export)
        assert third["key"] != first["key"]
        stalled.release()
        renders = {(await impatient.finish(each["key"]))["render_id"] for each in (first, third)}
    assert len(renders) == 2
