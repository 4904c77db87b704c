"""Every example, run as its reader would run it, against a sandbox."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from nemovideo.sandbox import AgentBehavior, Fault, Sandbox
from nemovideo.sandbox.studio.probe import probe
from nemovideo.sandbox.studio.stub import stub

EXAMPLES = Path(__file__).parent
PATIENCE = 60
PLAIN = {
    "hello.py": ["panda.mp4"],
    "streaming.py": ["sea.mp4"],
    "upload_and_edit.py": ["holiday.mp4"],
    "batch.py": ["panda.mp4", "fox.mp4", "whale.mp4", "city.mp4"],
    "bot.py": [],
    "on_trio.py": ["panda.mp4", "fox.mp4"],
    "progress_bar.py": ["kite.mp4"],
    "own_http_client.py": [],
    "quick_edit.py": ["short.mp4"],
    "each_file.py": ["beach-short.mp4", "dunes-short.mp4"],
    "iterative.py": ["city.mp4"],
    "blocking.py": ["balloon.mp4", "up.mp4"],
}
"""Those that end by themselves, and what they leave behind."""

WITH_A_TEST_OF_THEIR_OWN = {"resume.py", "web_fastapi.py", "mocked_with_respx.py"}


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
        yield Stage(sandbox, tmp_path, build_environment(sandbox, tmp_path))


def build_environment(sandbox: Sandbox, home: Path) -> dict[str, str]:
    """Return an environment that leads to the sandbox and holds nothing of who runs the checks."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP") if name in os.environ}
    return kept | {
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
    there = {path.name for path in EXAMPLES.glob("*.py")} - {"test_examples.py"}
    assert there == PLAIN.keys() | WITH_A_TEST_OF_THEIR_OWN


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


def test_it_serves_a_page_that_makes_a_video(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = stage.start("web_fastapi.py", str(port))
    try:
        read_until(server, "Uvicorn running")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as browser:
            assert "EventSource" in browser.get("/").text
            asked = browser.post("/videos", json={"prompt": "a panda in the snow"})
            address = f"/videos/{asked.json()['id']}/events"
            first, second = browser.get(address).text, browser.get(address).text
    finally:
        server.terminate()
        server.communicate()
    assert first == second, "watching again starts nothing new"
    events = [json.loads(line[6:]) for line in first.splitlines() if line]
    assert {event["type"] for event in events} == {"text", "rendering", "done"}
    assert events[-1]["url"].startswith(stage.sandbox.cdn_url)
    assert len(stage.sandbox.charges) == 1


def test_its_tests_pass_without_a_server(stage: Stage) -> None:
    tests = stage.folder / "test_balance.py"
    tests.write_text(Path(EXAMPLES / "mocked_with_respx.py").read_text("utf-8"), "utf-8")
    output = finish(stage.popen([sys.executable, "-m", "pytest", "-q", "-W", "error", str(tests)]))
    assert "2 passed" in output
    assert not stage.sandbox.requests
