"""Which test runs which line, in the test's process and in the programs that it starts.

Each process writes a file of its own: `T` and a test's id, then the lines that it reached first in
that test, each at once, so that what a killed program did is known as well.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import CodeType
from typing import Any

_TOOL = sys.monitoring.COVERAGE_ID
_EVENTS = sys.monitoring.events
_out = -1
_unwritten: list[str] = []


def record(folder: str) -> None:
    """Write which lines of the package this process runs, into a file of that folder."""
    global _out
    if _out >= 0:
        return
    root = os.environ["MUTATION_PACKAGE"] + os.sep
    _out = os.open(
        Path(folder, f"{os.getpid()}.txt"), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600
    )
    _write(f"T {os.environ.get('MUTATION_TEST', '')}")

    def enter(code: CodeType, offset: int) -> Any:
        if code.co_filename.startswith(root):
            sys.monitoring.set_local_events(_TOOL, code, _EVENTS.LINE)
        return sys.monitoring.DISABLE

    def reach(code: CodeType, line: int) -> Any:
        _write(f"{code.co_filename[len(root) :]}:{line}")
        return sys.monitoring.DISABLE

    sys.monitoring.use_tool_id(_TOOL, "mutation")
    sys.monitoring.register_callback(_TOOL, _EVENTS.PY_START, enter)
    sys.monitoring.register_callback(_TOOL, _EVENTS.LINE, reach)
    sys.monitoring.set_events(_TOOL, _EVENTS.PY_START)


def _write(line: str) -> None:
    try:
        os.write(_out, f"{line}\n".encode())
    except OSError:  # a test has limited the size of files
        _unwritten.append(line)


def begin_test(test: str) -> None:
    """Say which test runs the lines that follow."""
    os.environ["MUTATION_TEST"] = test
    _write(f"T {test}")
    sys.monitoring.restart_events()


def end_test(seconds: float, *, failed: bool) -> None:
    """Say how long the test took; one that fails by itself notices nothing."""
    for line in [_unwritten.pop() for _ in range(len(_unwritten))]:
        _write(line)
    _write(f"F {seconds:.3f}" if failed else f"D {seconds:.3f}")
