"""Modules are imported in a thread, and some of them early."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import anyio
import pytest

from nemovideo.concurrency.imports import import_in_thread, is_imported, prefetch_import

pytestmark = pytest.mark.anyio

_SLOW = """
import threading
threading.slow_module_may_end.wait()
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of its own that this process has not loaded."""
    name = f"slow_{len(list(tmp_path.parent.iterdir()))}_{id(tmp_path)}"
    (tmp_path / f"{name}.py").write_text(_SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    return name


async def test_a_prefetched_import_is_waited_for(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()
    monkeypatch.setattr(threading, "slow_module_may_end", may_end, raising=False)
    prefetch_import(module)
    assert not is_imported(module)
    may_end.set()
    await import_in_thread(module, anyio=False)
    assert is_imported(module)
    assert module in sys.modules
    prefetch_import(module)  # nothing is left to do


@pytest.mark.process
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_fork_waits_for_what_is_being_loaded() -> None:
    code = """
import os, signal
from nemovideo.concurrency.imports import RESPONSE_MODELS, prefetch_import
prefetch_import(RESPONSE_MODELS)
child = os.fork()
if not child:
    signal.alarm(20)
    __import__(RESPONSE_MODELS)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    await anyio.run_process([sys.executable, "-c", code])


async def test_what_cannot_be_loaded_is_passed_over() -> None:
    prefetch_import("no_such_module_anywhere")
    await import_in_thread("no_such_module_anywhere", anyio=False)
    assert not is_imported("no_such_module_anywhere")
