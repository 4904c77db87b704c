"""What somebody new waits for: an assistant's first video started, a first test with an agent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.rows import Row, wall

_HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}
_MCP = "a prompt of 30 letters, over standard input"

_TESTS = {
    "nemovideo": """
import pytest

@pytest.mark.nemo_agent(["Which colour?"])
def test_the_agent_may_ask_back(nemo_blocking_client, nemo_sandbox):
    turn = nemo_blocking_client.create_project().send("balloons for Ada")
    assert turn.text == "Which colour?"
    nemo_sandbox.assert_clean()
""",
    "moto's server": """
import boto3
from moto.server import ThreadedMotoServer

def test_what_is_put_is_there():
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    s3 = boto3.client("s3", "us-east-1", endpoint_url=f"http://127.0.0.1:{port}",
                      aws_access_key_id="k", aws_secret_access_key="s")
    s3.create_bucket(Bucket="films")
    s3.put_object(Bucket="films", Key="fox", Body=b"fox")
    assert s3.get_object(Bucket="films", Key="fox")["Body"].read() == b"fox"
    server.stop()
""",
    "respx": """
import httpx

def test_what_is_answered_is_read(respx_mock):
    respx_mock.get("http://films/fox").respond(json={"text": "fox"})
    assert httpx.get("http://films/fox").json() == {"text": "fox"}
""",
}
_PLUGINS = {"nemovideo": ("-p", "nemovideo.testing"), "respx": ("-p", "respx.plugin")}
_SERVERS = {
    "nemovideo": "the sandbox, on a socket",
    "moto's server": "moto, on a socket",
    "respx": "none: patched within httpx",
}


def run_mcp(*, quick: bool) -> list[Row]:
    """Measure `start_video` of a server that was started for it, and of one that runs."""
    from nemovideo.sandbox import Sandbox

    cold: list[float] = []
    warm: list[float] = []
    with (
        Sandbox(stub_renders=True, credits=10**6) as sandbox,
        tempfile.TemporaryDirectory() as folder,
    ):
        for number in range(1 if quick else 5):
            own = Path(folder) / str(number)
            own.mkdir()
            with wall() as took, _assistant(sandbox.url, sandbox.web_url, own) as start:
                start(f"a 2-second video of a fox, {number}")
                cold.append(took())
                for again in range(1 if quick else 5):
                    with wall() as one:
                        start(f"a 2-second video of a hare, {again}")
                    warm.append(one())
    sizes = {"one that runs": warm, "a process started for it": cold}
    return [
        Row(f"MCP `start_video` until its answer, {how}", _MCP, "sandbox", median(found))
        for how, found in sizes.items()
    ]


@contextmanager
def _assistant(url: str, web_url: str, folder: Path) -> Generator[Any]:
    """Start `nemovideo mcp` as a host of an assistant does; gives what starts a video."""
    environment = {
        **os.environ,
        "NEMO_API_URL": url,
        "NEMO_WEB_URL": web_url,
        "XDG_CONFIG_HOME": str(folder),
        "NEMOVIDEO_MCP_OUTPUT_DIR": str(folder / "out"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "nemovideo", "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
        text=True,
    )
    stdin, stdout, number = process.stdin, process.stdout, 0
    assert stdin is not None
    assert stdout is not None

    def write(message: dict[str, object]) -> None:
        stdin.write(f"{json.dumps({'jsonrpc': '2.0', **message})}\n")
        stdin.flush()

    def ask(method: str, params: dict[str, object]) -> dict[str, Any]:
        nonlocal number
        number += 1
        write({"id": number, "method": method, "params": params})
        while line := stdout.readline():
            reply: dict[str, Any] = json.loads(line)
            if reply.get("id") == number:
                result: dict[str, Any] = reply["result"]
                return result
        raise RuntimeError("nemovideo mcp ended before its answer")

    def start(prompt: str) -> None:
        arguments = {"prompt": prompt, "confirm": True}
        result = ask("tools/call", {"name": "start_video", "arguments": arguments})
        assert not result.get("isError"), result

    try:
        ask("initialize", dict(_HELLO))
        write({"method": "notifications/initialized"})
        yield start
    finally:
        process.kill()
        process.communicate()


def run_tests(*, quick: bool) -> list[Row]:
    """Measure a first test without bytecode of anything, and the one after it."""
    rows: list[Row] = []
    for who, code in _TESTS.items():
        cold: list[float] = []
        warm: list[float] = []
        for _ in range(1 if quick else 3):
            with tempfile.TemporaryDirectory() as folder:
                (Path(folder) / "test_first.py").write_text(code, "utf-8")
                # To compile all that is imported takes long, and in short form nobody reads it.
                bytecode = None if quick else Path(folder) / "bytecode"
                cold.append(_pytest(Path(folder), who, bytecode))
                warm += [_pytest(Path(folder), who, bytecode) for _ in range(1 if quick else 3)]
        for how, found in {"no bytecode of anything": cold, "again": warm}.items():
            payload = "one test, `python -m pytest -q`"
            row = Row(f"a first test, {how}", payload, _SERVERS[who], median(found), who)
            rows.append(row)
    return sorted(rows, key=lambda row: row.work, reverse=True)


def _pytest(folder: Path, who: str, bytecode: Path | None) -> float:
    # No plugins but those of who is measured: the others of this environment are slow to load.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    if bytecode is not None:
        environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    plugins = ("-p", "no:cacheprovider", *_PLUGINS.get(who, ()))
    command = [sys.executable, "-m", "pytest", "-q", *plugins, "test_first.py"]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    took = time.perf_counter() - began
    assert done.returncode == 0, done.stdout + done.stderr
    return took
