"""A server on a sandbox, and clients of both generations of the protocol."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp.client import ClientRequestContext
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

from nemovideo import AsyncNemoVideo
from nemovideo.config.settings import Settings, load_settings
from nemovideo.mcp.server import open_server, serve_http
from nemovideo.mcp.settings import ServerSettings
from nemovideo.mcp.state import ServerState
from nemovideo.sandbox import Sandbox
from tests.clocks import jump
from tests.conftest import QUICK, TALKATIVE

FOX = "a 2-second video of a red fox"
PATIENCE = 60.0
"""Of the hosts of assistants, in seconds."""


@pytest.fixture
def anyio_backend() -> str:
    """What MCP clients and servers are run on."""
    return "asyncio"


@pytest.fixture
def service() -> Iterator[Sandbox]:
    """A sandbox with credits for many films."""
    with Sandbox(stub_renders=True, behavior=TALKATIVE, credits=10_000) as running:
        yield running


@pytest.fixture
def environment(service: Sandbox, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "in").mkdir()
    return {
        **os.environ,
        "NEMO_API_URL": service.url,
        "NEMO_WEB_URL": service.web_url,
        "NEMOVIDEO_MCP_FOLDERS": str(tmp_path / "in"),
        "NEMOVIDEO_MCP_OUTPUT_DIR": str(tmp_path / "out"),
        "PYTHONUTF8": "1",
    }


@dataclass
class Clock:
    """A clock that tests move."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Setting:
    """What a server is opened with; may be changed before."""

    service: Sandbox
    folder: Path
    clock: Clock = field(default_factory=Clock)
    max_credits: float | None = None

    @property
    def inbox(self) -> Path:
        return self.folder / "in"

    @property
    def output(self) -> Path:
        return self.folder / "out"

    @property
    def settings(self) -> ServerSettings:
        return ServerSettings((self.inbox,), self.output, self.max_credits)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[MCPServer[ServerState]]:
        """Open a server; opened again, it is one that was started anew."""
        own = self._load()
        async with (
            self._connect() as client,
            open_server(client, own, self.settings, clock=self.clock) as server,
        ):
            yield server

    async def serve(self, port: int, host: str) -> None:
        """Serve over HTTP in this process, without a token."""
        async with self._connect() as client:
            await serve_http(client, self._load(), self.settings, port=port, host=host)

    def _load(self) -> Settings:
        return load_settings(base_url=self.service.url, config_dir=self.folder / "config")

    def _connect(self) -> AsyncNemoVideo:
        folder = self.folder / "config"
        return AsyncNemoVideo(base_url=self.service.url, config_dir=folder, timing=QUICK)


@pytest.fixture
def setting(service: Sandbox, tmp_path: Path) -> Setting:
    made = Setting(service, tmp_path)
    made.inbox.mkdir()
    return made


@pytest.fixture
async def server(setting: Setting) -> AsyncIterator[MCPServer[ServerState]]:
    async with setting.open() as opened:
        yield opened


@pytest.fixture(params=["legacy", "auto"])
def mode(request: pytest.FixtureRequest) -> str:
    """The handshake of 2025, and the protocol of 2026."""
    return str(request.param)


@dataclass
class Person:
    """Who answers forms."""

    agrees: bool = True
    answers_after: float = 0
    """Seconds."""
    questions: list[str] = field(default_factory=list[str])

    async def __call__(
        self, context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult:
        del context
        self.questions.append(params.message)
        await anyio.sleep(self.answers_after)
        if self.agrees:
            return ElicitResult(action="accept", content={"proceed": True})
        return ElicitResult(action="decline")


@dataclass
class Assistant:
    """A client that remembers everything it was sent."""

    client: Client
    heard: list[str] = field(default_factory=list[str])

    async def call(self, tool: str, **arguments: Any) -> CallToolResult:
        result = await self.client.call_tool(tool, arguments)
        self.heard.append(result.model_dump_json())
        return result

    async def get(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that must not fail, and return its data."""
        result = await self.call(tool, **arguments)
        assert not result.is_error, text_of(result)
        assert result.structured_content == json.loads(text_of(result))
        return result.structured_content

    async def refused(self, tool: str, **arguments: Any) -> str:
        """Call a tool that must fail, and return what it says."""
        result = await self.call(tool, **arguments)
        assert result.is_error, text_of(result)
        return text_of(result)

    async def finish(self, key: str) -> dict[str, Any]:
        """Wait for the end of a piece of work."""
        while (result := await self.get("wait_video", key=key))["status"] == "running":
            pass
        return result


def text_of(result: CallToolResult) -> str:
    (first, *_) = result.content
    assert isinstance(first, TextContent)
    return first.text


Connect = Callable[..., Any]


@asynccontextmanager
async def connect(
    server: MCPServer[ServerState], mode: str, person: Person | None = None
) -> AsyncGenerator[Assistant]:
    """Connect an assistant, to which a person may belong who can be asked."""
    async with Client(server, mode=mode, elicitation_callback=person) as client:
        yield Assistant(client)


@pytest.fixture
async def assistant(server: MCPServer[ServerState], mode: str) -> AsyncIterator[Assistant]:
    """One whose client cannot ask the person."""
    async with connect(server, mode) as connected:
        yield connected


def messages(service: Sandbox) -> int:
    """Return how many paid messages the service has received."""
    return sum(each.endpoint == "messages.stream" for each in service.requests)


async def while_time_passes(
    call: Callable[[], Awaitable[Any]], reached: Callable[[], object] = lambda: True
) -> tuple[Any, float]:
    """Return what a call answers, and after how many seconds of the clock; it may raise."""
    answers: list[Any] = []
    began = anyio.current_time()

    async def run() -> None:
        try:
            answers.append(await call())
        except MCPError as error:
            answers.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        while not reached():
            await anyio.sleep(0.002)
        while not answers:
            await anyio.sleep(0.01)
            jump(1.0)
    return answers[0], anyio.current_time() - began
