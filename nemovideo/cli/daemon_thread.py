"""Blocking work that must not delay the end of the process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

import anyio

from nemovideo.concurrency.event_loop import thread_safe_callback

_T = TypeVar("_T")


async def run_in_daemon_thread(work: Callable[[], _T], name: str) -> _T:
    """Run `work`, which may block on a stream for ever, in a daemon thread.

    When this is cancelled, the thread is abandoned: a worker thread would keep the process alive.
    """
    ended, notify, result = anyio.Event(), thread_safe_callback(), Future[_T]()

    def run() -> None:
        try:
            result.set_result(work())
        except Exception as error:  # noqa: BLE001  # raised in the caller
            result.set_exception(error)
        with suppress(RuntimeError):  # interrupted, and the loop has ended
            notify(ended.set)

    threading.Thread(target=run, name=name, daemon=True).start()
    await ended.wait()
    return result.result()
