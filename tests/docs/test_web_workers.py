"""The application of the guide for web back ends, in real workers that are killed and restarted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import nemovideo
from nemovideo.sandbox import Fault, Sandbox
from tests.conftest import TALKATIVE
from tests.docs.blocks import read_blocks
from tests.docs.stage import ROOT

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and groups are POSIX"),
    pytest.mark.usefixtures("journal_url"),
]
PATIENCE = 90.0


@pytest.fixture
def service() -> Iterator[Sandbox]:
    with Sandbox(stub_renders=True, behavior=TALKATIVE, credits=10_000) as running:
        yield running


def guide_app() -> str:
    page = (ROOT / "docs" / "guides" / "web.md").read_text("utf-8")
    (app,) = (block.body for block in read_blocks(page) if block.argument == "app.py")
    return app


@contextmanager
def workers(folder: Path, service: Sandbox) -> Generator[httpx.Client]:
    """Run the guide's application with two workers, which are killed at the end."""
    (folder / "app.py").write_text(guide_app(), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "app:app", "--workers", "2", "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "NEMO_API_URL": service.url},
        start_new_session=True,
    ) as server:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as browser:
                until(lambda: is_up(browser))
                yield browser
        finally:
            os.killpg(server.pid, signal.SIGKILL)


def is_up(browser: httpx.Client) -> bool:
    try:
        return browser.get(f"/videos/{'0' * 32}").status_code == 404
    except httpx.TransportError:
        return False


def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def ask(browser: httpx.Client, prompt: str) -> str:
    """Ask for a video with two clicks."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    clicks = [browser.post("/videos", json={"prompt": prompt}, headers=key) for _ in range(2)]
    assert [asked.status_code for asked in clicks] == [202, 202]
    (video_id,) = {asked.json()["id"] for asked in clicks}
    return str(video_id)


def ask_at_once(browser: httpx.Client) -> str:
    """Ask with eight clicks at a time, for two videos under one key."""
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def click(number: int) -> httpx.Response:
        prompt = f"a 2-second video of {('a fox', 'an owl')[number % 2]}"
        return browser.post("/videos", json={"prompt": prompt}, headers=key)

    with ThreadPoolExecutor(8) as people:
        clicks = list(people.map(click, range(8)))
    assert sorted(asked.status_code for asked in clicks) == [202] * 4 + [409] * 4
    return str(next(asked.json()["id"] for asked in clicks if asked.status_code == 202))


def is_done(browser: httpx.Client, video_id: str) -> bool:
    status = browser.get(f"/videos/{video_id}").json()["status"]
    assert status in {"working", "done"}
    return bool(status == "done")


def test_workers_that_are_killed_go_on_where_they_were_and_do_not_break_each_other(
    service: Sandbox, tmp_path: Path
) -> None:
    with workers(tmp_path, service) as browser:
        stuck = Fault("renders.retrieve", "stall", times=None)
        with service.inject(stuck):
            first = ask(browser, "a 2-second video of a calm sea")
            until(lambda: len(service.renders) == 1)
            assert not is_done(browser, first)
            at_once = ask(browser, "a 2-second video of a lighthouse")
            # And on the way out they are killed.
    with workers(tmp_path, service) as browser:
        second = ask(browser, "a 2-second video of a panda")
        third = ask_at_once(browser)
        for video_id in (first, at_once, second, third):
            until(partial(is_done, browser, video_id))
            assert (tmp_path / "videos" / f"{video_id}.mp4").read_bytes()[4:8] == b"ftyp"
    assert [charge.amount for charge in service.charges] == [100] * 4
    with nemovideo.NemoVideo(base_url=service.url) as client:
        assert client.recover() == []


def test_a_worker_that_waits_stops_once_another_has_ended_the_video(
    tmp_path: Path, service: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEMO_API_URL", service.url)
    app: dict[str, Any] = {"__name__": "app"}
    exec(compile(guide_app(), "app.py", "exec"), app)
    video_id, ended = uuid.uuid4().hex, {"status": "failed", "prompt": "a fox"}

    async def main() -> None:
        async with app["lifespan"](app["app"]):
            await app["note"](video_id, ended)
            await app["make"](video_id, "a fox")
            assert await app["look"](uuid.UUID(video_id)) == ended

    anyio.run(main)
    assert service.charges == []
