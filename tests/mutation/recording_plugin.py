"""Tells the recorder which test runs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from recording import begin_test, end_test

_failed = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Name each test before its fixtures are made, and measure it with them."""
    global _failed
    _failed = False
    begin_test(item.nodeid)
    began = time.monotonic()
    result = yield
    end_test(time.monotonic() - began, failed=_failed)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a part of the test failed."""
    global _failed
    report = yield
    _failed = _failed or report.failed
    return report


def pytest_sessionfinish() -> None:
    """List what was imported from outside, and the sandbox: the client's code is not in it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return
    tests = str(Path(__file__).parent.parent)
    names = []  # in order: what accelerates a module cannot be imported before it
    for name, module in sys.modules.copy().items():
        spec = getattr(module, "__spec__", None)
        client = name.startswith("nemovideo.") and not name.startswith("nemovideo.sandbox")
        if spec is None or spec.name != name or name.startswith("_") or client:
            continue
        if spec.origin is not None and not spec.origin.startswith(tests):
            names.append(name)
    # Each worker's list will do, and any worker may have been lost: the last one stays.
    folder = Path(os.environ["MUTATION_RECORD"])
    own = folder / f"imported-{worker}"
    own.write_text("\n".join(names))
    own.replace(folder / "imported")
