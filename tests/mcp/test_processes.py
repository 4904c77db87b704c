"""`nemovideo mcp` as hosts start it: a process on pipes or on a port, which may be killed."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters

from nemovideo import InvalidInputError, NemoVideoError
from nemovideo.sandbox import Fault, Sandbox
from tests.conftest import token_of
from tests.mcp.conftest import FOX, Setting, messages

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX"),
]
PATIENCE = 60.0
COMMAND = [sys.executable, "-m", "nemovideo", "mcp"]


class Host:
    """The host of an assistant, which speaks the protocol by hand and checks every line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._number = 0
        self.lines: list[str] = []
        self._ask(
            "initialize",
            protocolVersion="2025-06-18",
            capabilities={},
            clientInfo={"name": "test", "version": "1"},
        )
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        result = self._ask("tools/call", name=tool, arguments=arguments)
        assert not result.get("isError"), result
        found: dict[str, Any] = result["structuredContent"]
        return found

    def finish(self, key: str) -> dict[str, Any]:
        while (result := self.call("wait_video", key=key))["status"] == "running":
            pass
        return result

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)

    def _ask(self, method: str, **params: object) -> dict[str, Any]:
        self._number += 1
        self._write({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)
            message = json.loads(line)  # what is no message of the protocol fails here
            assert message["jsonrpc"] == "2.0"
            if message.get("id") == self._number:
                result: dict[str, Any] = message["result"]
                return result
        raise AssertionError("the server has ended")

    def _write(self, message: dict[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(message)}\n")
        self._process.stdin.flush()


@contextmanager
def run_host(environment: dict[str, str], folder: Path) -> Iterator[Host]:
    with (
        (folder / "stderr.txt").open("a") as errors,
        subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=folder,
            encoding="utf-8",
        ) as process,
    ):
        try:
            yield Host(process)
        finally:
            process.kill()


def until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.mark.parametrize("endpoint", ["messages.stream", "renders.retrieve", "files.download"])
def test_a_server_that_is_killed_and_started_anew_recovers_the_film(
    service: Sandbox, environment: dict[str, str], tmp_path: Path, endpoint: str
) -> None:
    def reached() -> bool:
        return any(each.endpoint == endpoint for each in service.requests)

    events = {"events": 2} if endpoint == "messages.stream" else {}
    stalled = Fault(endpoint, "stall", times=None, **events)
    with service.inject(stalled), run_host(environment, tmp_path) as host:
        key = host.call("start_video", prompt=FOX, confirm=True)["key"]
        until(reached)
        host.kill()
    with run_host(environment, tmp_path) as host:
        assert host.call("start_video", prompt=FOX, confirm=True)["key"] == key
        done = host.finish(key)
        assert done["status"] == "done"
        assert Path(done["path"]).is_file()
        assert not list((tmp_path / "out").glob(".*"))
        assert host.call("unfinished")["items"] == []
    assert messages(service) == 1


def test_stdout_is_the_protocol_and_no_token_is_anywhere(
    service: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    environment["NEMO_TOKEN"] = service.issue_token(credits=500)
    environment["NEMOVIDEO_LOG"] = "debug"
    with run_host(environment, tmp_path) as host:
        key = host.call("start_video", prompt=FOX, confirm=True)["key"]
        host.finish(key)
        heard = "".join(host.lines)
    logged = (tmp_path / "stderr.txt").read_text("utf-8")
    assert logged, "its log is on stderr"
    token = token_of(service)
    assert token == environment["NEMO_TOKEN"]
    for text in (heard, logged):
        assert token not in text
    for file in (tmp_path / "out").rglob("*"):
        assert token.encode() not in file.read_bytes()


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_official_client_makes_a_film_over_stdio(
    service: Sandbox, environment: dict[str, str], mode: str
) -> None:
    server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=environment)
    async with Client(server, mode=mode) as client:
        assert client.server_info.name == "nemovideo-sdk"
        started = await client.call_tool("start_video", {"prompt": FOX, "confirm": True})
        assert started.structured_content is not None
        key = started.structured_content["key"]
        done = await client.call_tool("wait_video", {"key": key})
        assert done.structured_content is not None
        assert done.structured_content["status"] == "done"
    assert messages(service) == 1


@pytest.mark.anyio
async def test_it_serves_the_sandbox_where_the_environment_says_so(
    environment: dict[str, str], service: Sandbox
) -> None:
    del environment["NEMO_API_URL"]
    environment |= {"NEMOVIDEO_MCP_SANDBOX": "1", "NEMO_TOKEN": "nmv_usr_of_a_person"}
    server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=environment)
    async with Client(server) as client:
        balance = await client.call_tool("credits", {})
        assert balance.structured_content == {"available": 10000, "frozen": 0, "total": 10000}
    assert service.requests == []


def test_a_sandbox_of_the_environment_is_there_after_a_kill(
    environment: dict[str, str], tmp_path: Path
) -> None:
    del environment["NEMO_API_URL"], environment["NEMO_WEB_URL"]
    environment |= {"NEMOVIDEO_MCP_SANDBOX": "1", "HOME": str(tmp_path)}
    with run_host(environment, tmp_path) as host:
        key = host.call("start_video", prompt="a 1-second video of a fox", confirm=True)["key"]
        # A second host is served meanwhile, by a sandbox of its own.
        with run_host(environment, tmp_path) as other:
            assert other.call("credits")["available"] == 10_000
        host.kill()
    with run_host(environment, tmp_path) as host:
        done = host.finish(key)
        assert Path(done["path"]).is_file()
        assert host.call("credits")["available"] == 9_900


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def serve(environment: dict[str, str], *options: str) -> Iterator[str]:
    """Run the server on a port, and give its address."""
    port = free_port()
    with subprocess.Popen(
        [*COMMAND, "--http", str(port), *options], env=environment, stderr=subprocess.PIPE
    ) as process:
        try:
            until(lambda: is_open(port))
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.send_signal(signal.SIGTERM)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.anyio
async def test_it_serves_http_on_this_machine(
    environment: dict[str, str], service: Sandbox
) -> None:
    with serve(environment) as address:
        async with Client(address) as client:
            started = await client.call_tool("start_video", {"prompt": FOX, "confirm": True})
            assert started.structured_content is not None
            key = started.structured_content["key"]
        # Another connection finds the work of the first.
        async with Client(address, mode="legacy") as client:
            done = await client.call_tool("wait_video", {"key": key})
            assert done.structured_content is not None
            assert done.structured_content["status"] == "done"
    assert messages(service) == 1


def test_no_page_of_a_browser_reaches_it(environment: dict[str, str]) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    refused = {"host": ("evil.example", 421), "origin": ("https://evil.example", 403)}
    with serve(environment) as address:
        for header, (value, status) in refused.items():
            sent = {"accept": "application/json", header: value}
            assert httpx.post(address, json=body, headers=sent).status_code == status, header


@pytest.mark.anyio
async def test_another_host_needs_a_token(setting: Setting) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await setting.serve(free_port(), "0.0.0.0")
    assert caught.value.parameter == "NEMOVIDEO_MCP_TOKEN"


def test_a_token_is_asked_for_on_another_host(environment: dict[str, str]) -> None:
    environment["NEMOVIDEO_MCP_TOKEN"] = "the-token-of-the-owner"
    with serve(environment, "--host", "0.0.0.0") as address:
        for sent in ("", "Bearer", "Bearer the-token-of-the-owneR", "the-token-of-the-owner"):
            refused = httpx.post(address, headers={"authorization": sent}, json={})
            assert refused.status_code == 401, sent
        right = {"authorization": "Bearer the-token-of-the-owner"}
        assert httpx.post(address, headers=right, json={}).status_code != 401


@pytest.mark.anyio
async def test_a_port_in_use_is_named(setting: Setting) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(NemoVideoError, match="Choose another port"):
            await setting.serve(taken.getsockname()[1], "127.0.0.1")


def test_json_is_no_option_of_the_server(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*COMMAND, "--json"], env=environment, capture_output=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 2
    assert re.search(rb"--json", done.stderr)
