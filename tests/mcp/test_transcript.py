"""A film as an assistant makes it over stdio: a call is cut off, and the server killed in between.

`pytest -s tests/mcp/test_transcript.py` prints what was called and answered.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError, StdioServerParameters

from nemovideo.sandbox import Fault, Sandbox
from tests.clocks import with_clock
from tests.mcp.conftest import FOX, PATIENCE, messages, text_of, while_time_passes

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX"),
]
SHOWN = (
    *("key", "status", "stage", "changes", "path", "size_bytes", "duration"),
    *("credits_before", "credits_after", "credits_used", "note", "available", "items"),
)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """A clock that `jump` moves: the client's, not that of the server's process."""
    return with_clock("asyncio")


class Scripted:
    """An assistant that follows a script, in another connection after each kill."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._pid = folder / "pid"
        # The shell becomes the server, which the official client starts and does not show.
        script = f'echo $$ > "{self._pid}"; exec "{sys.executable}" -m nemovideo mcp'
        self._server = StdioServerParameters(command="sh", args=["-c", script], env=environment)
        self._client: Client | None = None

    @asynccontextmanager
    async def connect(self, mode: str) -> AsyncGenerator[None]:
        async with Client(self._server, mode=mode, read_timeout_seconds=PATIENCE) as client:
            self._client = client
            print(f"-- a server is started ({client.server_info.name}, {mode})")
            yield

    def kill(self) -> None:
        os.kill(int(self._pid.read_text()), signal.SIGKILL)
        print("-- kill -9")

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        assert self._client is not None
        words = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        print(f"> {tool}({words})")
        result = await self._client.call_tool(tool, arguments)
        if result.is_error or result.structured_content is None:
            print(f"< error: {text_of(result)}")
            return {}
        found = result.structured_content
        print("<", {name: found[name] for name in SHOWN if found.get(name) is not None})
        return found

    async def finish(self, key: str) -> dict[str, Any]:
        while (result := await self.call("wait_video", key=key))["status"] == "running":
            pass
        return result


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_film_is_made_edited_and_exported_though_a_call_is_cut_and_the_server_killed(
    service: Sandbox, environment: dict[str, str], tmp_path: Path, mode: str
) -> None:
    assistant = Scripted(tmp_path, environment)
    with service.inject(Fault("renders.retrieve", "stall", times=None)):
        async with assistant.connect(mode):
            await assistant.call("credits")
            assert not await assistant.call("start_video", prompt=FOX)
            key = (await assistant.call("start_video", prompt=FOX, confirm=True))["key"]
            cut, seconds = await while_time_passes(
                partial(assistant.call, "wait_video", key=key), lambda: service.renders
            )
            assert isinstance(cut, MCPError)
            assert seconds >= PATIENCE
            print(f"-- the client gives up after {PATIENCE:.0f} s: {cut.error.message}")
            again = await assistant.call("start_video", prompt=FOX, confirm=True)
            assert again["key"] == key
            assistant.kill()
    async with assistant.connect(mode):
        listed = await assistant.call("unfinished")
        film = await assistant.finish(key)
        assert [(each["key"], each["session_id"]) for each in listed["items"]] == [
            (key, film["session_id"])
        ]
        assert (film["credits_before"], film["credits_after"]) == (10_000, 9_900)
        session = film["session_id"]
        edit = {"session_id": session, "message": 'add the title "Fox"', "confirm": True}
        edited = await assistant.finish((await assistant.call("edit_video", **edit))["key"])
        assert any("Fox" in each for each in edited["changes"])
        export = await assistant.call("export_video", session_id=session, name="fox with title")
        exported = await assistant.finish(export["key"])
        await assistant.call("credits")
    files = sorted((tmp_path / "out").iterdir())
    print(f"-- messages received by the service: {messages(service)} (one film, one edit)")
    print("-- files:", *(f"{each.name} ({each.stat().st_size} bytes)" for each in files))
    assert messages(service) == 2
    assert {str(each) for each in files} == {film["path"], exported["path"]}
