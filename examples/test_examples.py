"""Every example, run as its reader would run it, against a sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from nemovideo.sandbox import AgentBehavior, Fault, Sandbox
from nemovideo.sandbox.studio.probe import probe
from nemovideo.sandbox.studio.stub import stub

EXAMPLES = Path(__file__).parent
PATIENCE = 120
PLAIN = {
    "hello.py": ["panda.mp4"],
    "streaming.py": ["sea.mp4"],
    "edit.py": ["summer.mp4"],
    "each_file.py": ["beach-short.mp4", "dunes-short.mp4"],
    "batch_csv.py": ["films/fox.mp4", "films/panda.mp4"],
    "batch_pandas.py": ["products/tent.mp4", "products/kayak.mp4"],
    "progress_bar.py": ["kite.mp4"],
    "blocking.py": ["balloon.mp4", "up.mp4"],
    "on_trio.py": ["panda.mp4", "fox.mp4"],
    "own_http_client.py": [],
    "bot.py": [],
}
"""Those that end by themselves, and what they leave behind."""

WITH_A_TEST_OF_THEIR_OWN = {"resume.py", "web_fastapi.py", "s3.py", "agent_tool.py"}
TESTS = {"test_examples.py", "test_with_respx.py", "test_web_fastapi.py"}
"""What pytest finds here by itself."""

CSV = """prompt,key,campaign
"a 3-second video of a red fox in the snow",fox,winter
"a 3-second video of a panda eating bamboo",panda,spring
"""


@dataclass
class Stage:
    """A sandbox, and a folder in which examples run against it."""

    sandbox: Sandbox
    folder: Path
    environment: dict[str, str]

    def start(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        """Start an example in a process of its own."""
        command = [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments]
        return self.popen(command)

    def popen(self, command: list[str]) -> subprocess.Popen[str]:
        """Start any command in the folder, with its output in one pipe."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def run(self, name: str, *arguments: str) -> str:
        """Run an example to its end and return what it printed; it must succeed."""
        return finish(self.start(name, *arguments))


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a process to succeed, and return what it printed."""
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    return output


def assert_plays(video: Path) -> None:
    found = probe(video)
    assert found is not None
    assert found.duration, video


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage with tiny renders and an agent that answers every edit in words."""
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with Sandbox(stub_renders=True, credits=1000, behavior=behavior) as sandbox:
        for clip in ("beach.mp4", "dunes.mp4"):
            stub(tmp_path / clip, duration=4)
        (tmp_path / "films.csv").write_text(CSV, "utf-8")
        yield Stage(sandbox, tmp_path, build_environment(sandbox, tmp_path))


def build_environment(sandbox: Sandbox, home: Path) -> dict[str, str]:
    """Return an environment that leads to the sandbox and holds nothing of who runs the checks."""
    inherited = {
        name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP") if name in os.environ
    }
    return inherited | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "NEMO_API_URL": sandbox.url,
        "NEMO_WEB_URL": sandbox.web_url,
        "PYTHONUTF8": "1",
    }


def read_until(process: subprocess.Popen[str], word: str) -> None:
    """Read what a process prints until a line has `word` in it."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            return
    raise AssertionError("".join(lines))


def test_every_example_is_run() -> None:
    there = {path.name for path in EXAMPLES.glob("*.py")}
    assert there == PLAIN.keys() | WITH_A_TEST_OF_THEIR_OWN | TESTS


@pytest.mark.parametrize("name", PLAIN)
def test_it_runs_and_leaves_whole_files(stage: Stage, name: str) -> None:
    output = stage.run(name)
    assert output.strip()
    for made in PLAIN[name]:
        assert_plays(stage.folder / made)
    stage.sandbox.assert_clean()


def test_it_prints_what_the_page_promises(stage: Stage) -> None:
    assert stage.run("hello.py").splitlines() == ["panda.mp4: 10 s, 100 credits"]


def test_it_goes_on_after_being_killed_and_pays_once(stage: Stage) -> None:
    with stage.sandbox.inject(Fault("renders.retrieve", "stall", times=None)):
        process = stage.start("resume.py")
        read_until(process, "render_progress")
        process.kill()
        process.communicate()
    output = stage.run("resume.py")
    assert "going on with: render" in output
    assert_plays(stage.folder / "lighthouse.mp4")
    assert [charge.amount for charge in stage.sandbox.charges] == [100]


@pytest.mark.parametrize("name", ["batch_csv.py", "batch_pandas.py"])
def test_a_batch_that_is_run_again_pays_nothing(stage: Stage, name: str) -> None:
    stage.run(name)
    stage.run(name)
    assert [charge.amount for charge in stage.sandbox.charges] == [100, 100]


def test_the_progress_is_in_percent_up_to_the_last_byte(stage: Stage) -> None:
    stage.environment |= {"FORCE_COLOR": "1", "COLUMNS": "80"}
    output = stage.run("progress_bar.py")
    assert "Saving" in output
    assert "100%" in output


def test_films_are_stored_in_s3(stage: Stage) -> None:
    boto3: Any = import_module("boto3")  # without types
    server = import_module("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        access = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
        store = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **access)
        store.create_bucket(Bucket="films")
        stage.environment |= {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1"}
        stage.environment |= {name.upper(): value for name, value in access.items()}
        stage.run("s3.py", "films")
        stored = store.list_objects_v2(Bucket="films")["Contents"]
    finally:
        server.stop()
    films = {each["Key"] for each in stored if each["Size"]}
    assert {f"films/{name}.mp4" for name in ("kite", "fox", "whale")} <= films


class ScriptedModel(BaseHTTPRequestHandler):
    """A chat endpoint whose model calls the tool, and then repeats what it was told."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        last = body["messages"][-1]
        if last["role"] == "tool":
            message = {"role": "assistant", "content": last["content"]}
        else:
            function = {"name": "make_video", "arguments": '{"prompt": "a lighthouse"}'}
            call = {"id": "call-1", "type": "function", "function": function}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        reply = json.dumps({"choices": [{"message": message}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_an_agent_gets_a_film_and_pays_once_for_a_call_that_is_played_again(stage: Stage) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), ScriptedModel) as model:
        threading.Thread(target=model.serve_forever).start()
        stage.environment["OPENAI_BASE_URL"] = f"http://127.0.0.1:{model.server_port}"
        try:
            first, second = stage.run("agent_tool.py"), stage.run("agent_tool.py")
        finally:
            model.shutdown()
    assert first == second
    assert_plays(stage.folder / json.loads(first)["file"])
    assert len(stage.sandbox.charges) == 1


@pytest.mark.parametrize("name", ["test_with_respx.py", "test_web_fastapi.py"])
def test_the_tests_run_with_pytest_and_what_they_import(stage: Stage, name: str) -> None:
    without = ("timeout", "xdist", "hypothesispytest", "respx", "cov")
    plugins = [word for plugin in without for word in ("-p", f"no:{plugin}")]
    command = [sys.executable, "-m", "pytest", "-q", *plugins, str(EXAMPLES / name)]
    assert " passed" in finish(stage.popen(command))
    assert not stage.sandbox.requests
