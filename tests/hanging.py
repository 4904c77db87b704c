"""A test that hangs ends its process, and shows first where each task and each thread stands.

pytest-timeout alone writes where a worker of xdist shows nothing, and knows threads only: that of
an async test always stands in the event loop.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import inspect
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any, TextIO

import pytest
import pytest_timeout


def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool:
    """Begin to count the seconds of a test."""
    timer = threading.Timer(settings.timeout, end_process, (item, settings.timeout))
    timer.daemon = True
    item.cancel_timeout = timer.cancel  # type: ignore[attr-defined]  # as pytest-timeout calls it
    timer.start()
    return True


def end_process(item: pytest.Item, seconds: float) -> None:
    """Show what the test said and where everything stands, and exit at once."""
    if pytest_timeout.is_debugging():
        return
    capture: Any = item.config.pluginmanager.getplugin("capturemanager")
    capture.suspend_global_capture(in_=True)
    with open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False) as stderr:
        print(f"\n{item.nodeid} did not end within {seconds:g} s.", file=stderr)
        print(*capture.read_global_capture(), file=stderr)
        show_tasks(stderr)
        stderr.flush()
        faulthandler.dump_traceback(stderr)
    os._exit(1)


def show_tasks(file: TextIO) -> None:
    """Write the stack of each task of asyncio and of trio, the most recent call last."""
    for name, coroutine in waiting():
        if frames := [(each, each.f_lineno) for each in frames_of(coroutine)]:
            lines = traceback.StackSummary.extract(iter(frames)).format()
            print(f"Task {name}:\n{''.join(lines)}", file=file)


def waiting() -> Iterator[tuple[str, object]]:
    """Give each task's name and coroutine, whatever thread its loop runs in."""
    trio = sys.modules.get("trio")
    for each in gc.get_objects():
        if issubclass(type(each), asyncio.Task) and not each.done():
            yield each.get_name(), each.get_coro()
        elif trio and type(each) is trio.lowlevel.Task:
            yield each.name, each.coro


def frames_of(awaited: object) -> Iterator[FrameType]:
    """Give the frames of a coroutine that is suspended, down to what it waits for."""
    while awaited is not None:
        kind = next((each for each in INNER if hasattr(awaited, f"{each}_frame")), None)
        if kind is None:
            # What is awaited for the next item of a generator names it to the collector only.
            below = gc.get_referents(awaited)
            awaited = next((each for each in below if inspect.isasyncgen(each)), None)
            continue
        if (frame := getattr(awaited, f"{kind}_frame")) is not None:
            yield frame
        awaited = getattr(awaited, f"{kind}_{INNER[kind]}")


INNER = {"cr": "await", "gi": "yieldfrom", "ag": "await"}
"""How coroutines and generators of both kinds call what they wait for."""
