"""When a mutation run fails. Only its session runs this, which has the Python that a run needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def run(module: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command on one module."""
    command = [sys.executable, HERE / "mutate.py", module, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize(
    ("tests", "code"), [("tests/protocol/test_stream_deadlines.py", 0), ("tests/test_errors.py", 1)]
)
def test_a_run_fails_where_too_little_is_noticed(tests: str, code: int) -> None:
    size = ("--per-module", "5", "--seed", "1")
    ended = run("nemovideo/protocol/stream_deadlines.py", *size, "--tests", tests)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert ("survived: " in ended.stdout) == (code == 1)


def test_a_module_that_does_not_exist_stops_the_run() -> None:
    ended = run("nemovideo/moved.py")
    assert (ended.returncode, ended.stderr) == (2, "nemovideo/moved.py does not exist.\n")
