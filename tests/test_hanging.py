"""A test that hangs shows where it stands, as the suite is run: in workers of xdist."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CONFTEST = """
import threading
from tests.hanging import pytest_timeout_set_timer

REACHED = threading.Event()

class WhenItHangs(threading.Timer):
    def run(self):
        REACHED.wait()
        self.function(*self.args)

threading.Timer = WhenItHangs
"""
HANGING = """
import threading
import anyio
from conftest import REACHED

async def generate():
    await anyio.sleep_forever()
    yield

async def read():
    async for _ in generate():
        pass

async def main(stands):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        stands.set()

def test_of_three_threads():
    print("what it said before")
    for backend in ("asyncio", "trio"):
        stands = threading.Event()
        options = {"backend": backend}
        threading.Thread(target=anyio.run, args=(main, stands), kwargs=options).start()
        stands.wait()
    REACHED.set()
    threading.Event().wait()
"""


def test_a_test_that_hangs_in_a_worker_shows_its_stacks(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\ntimeout = 1\npythonpath = .\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_hanging.py").write_text(HANGING)
    options = ("-n", "1", "--max-worker-restart", "0", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    shown = done.stderr
    assert "::test_of_three_threads did not end within 1 s." in shown
    assert "what it said before" in shown
    assert "in test_of_three_threads\n" in shown
    for place in ("in read\n    async for", "in generate\n    await anyio.sleep_forever()"):
        assert shown.count(place) == 2, shown
