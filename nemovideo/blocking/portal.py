"""One background thread with an event loop, and calls into it from any other thread."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from inspect import isawaitable
from queue import Empty, SimpleQueue
from typing import Generic, ParamSpec, Protocol, TypeAlias, TypeVar, cast

import anyio
from anyio.abc import TaskGroup
from anyio.from_thread import BlockingPortal

from nemovideo.concurrency.callbacks import DisplayCallback
from nemovideo.errors import NemoVideoError
from nemovideo.operations.live_display import shorten_interruption
from nemovideo.validation.arguments import check_callback

_P = ParamSpec("_P")
_T = TypeVar("_T")

UserCallback: TypeAlias = Callable[_P, Awaitable[None] | None]

_CANCEL_TIMEOUT = 0.8
"""Seconds that Ctrl-C waits for a cancelled call to clean up: it is to end within one second."""

# Windows delivers Ctrl-C to a waiting thread only when its wait ends.
_WAKE_INTERVAL = 0.2 if sys.platform == "win32" else None


class CallbackRelay:
    """Runs user callbacks in the calling thread while it waits for async work."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def wrap(
        self, callback: UserCallback[_P] | None, parameter: str = "on_event"
    ) -> UserCallback[_P] | None:
        """Return an async function that runs `callback` in the calling thread.

        What it raises is raised in the async work, which ends as it would in async code. A display
        draws from any thread, and is returned as it is.
        """
        check_callback(callback, parameter)
        if callback is None:
            return None
        if isinstance(callback, DisplayCallback):
            return cast("UserCallback[_P]", callback)

        async def call(*args: _P.args, **kwargs: _P.kwargs) -> None:
            await self._call_in_thread(partial(callback, *args, **kwargs))

        return call

    async def _call_in_thread(self, function: Callable[[], Awaitable[None] | None]) -> None:
        future: Future[Awaitable[None] | None] = Future()
        done = anyio.Event()

        def run() -> None:
            try:
                future.set_result(function())
            except Exception as error:  # noqa: BLE001  # raised in the async work instead
                future.set_exception(error)
            self._portal.notify(done.set)

        self._queue.put(run)
        await done.wait()
        result = future.result()
        if isawaitable(result):
            await result

    def run_callbacks(self) -> None:
        """Run callbacks until `finish` is called."""
        while True:
            try:
                callback = self._queue.get(timeout=_WAKE_INTERVAL)
            except Empty:
                continue
            if callback is None:
                return
            callback()

    def wait_finished(self, seconds: float) -> None:
        """Wait for the end of cancelled work, without running callbacks."""
        with suppress(Empty):
            while self._queue.get(timeout=seconds) is not None:
                pass

    def finish(self) -> None:
        """End `run_callbacks`."""
        self._queue.put(None)


class _Call(Generic[_T]):
    """One call through the portal."""

    def __init__(self, work: Callable[[], Awaitable[_T]], relay: CallbackRelay) -> None:
        self._work = work
        self._relay = relay
        self._scope: anyio.CancelScope | None = None
        self._is_cancelled = False
        self.result: Future[_T] = Future()

    async def run(self) -> None:
        try:
            with anyio.CancelScope() as self._scope:
                if self._is_cancelled:
                    self._scope.cancel()
                self.result.set_result(await self._work())
        except anyio.get_cancelled_exc_class():
            self.result.set_exception(_client_closed())
            raise
        except BaseException as error:  # noqa: BLE001  # raised in the calling thread
            self.result.set_exception(error)
        finally:
            if not self.result.done():
                self.result.set_exception(_client_closed())
            self._relay.finish()

    def cancel(self) -> None:
        self._is_cancelled = True
        if self._scope is not None:
            self._scope.cancel()


class Closable(Protocol):
    """Work that may be left unfinished; it is closed together with the client."""

    async def aclose(self) -> None:
        """Close it. Called in the event loop."""
        ...


class _LoopThread:
    """A running event loop in a thread of its own."""

    def __init__(self, unfinished: weakref.WeakSet[Closable]) -> None:
        started: Future[tuple[BlockingPortal, TaskGroup]] = Future()
        self.thread = threading.Thread(
            target=_run_loop, args=(started, unfinished), name="nemovideo", daemon=True
        )
        self.thread.start()
        self.portal, self.tasks = started.result()

    def stop(self) -> None:
        """Cancel what is running, let it clean up, and end the thread."""
        if threading.current_thread() is self.thread:
            return  # garbage-collected in this very thread, which ends with the process
        with suppress(RuntimeError):  # another thread was quicker
            self.portal.start_task_soon(self.portal.stop, True)
        self.thread.join()


def _run_loop(
    started: Future[tuple[BlockingPortal, TaskGroup]], unfinished: weakref.WeakSet[Closable]
) -> None:
    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            async with BlockingPortal() as portal:
                started.set_result((portal, tasks))
                await portal.sleep_until_stopped()
            await _close_all(unfinished)
            tasks.cancel_scope.cancel()

    try:
        _refuse_green_thread()
        anyio.run(main)
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


def _refuse_green_thread() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return  # as in every new thread
    raise NemoVideoError(
        "Green threads (gevent, eventlet) are not supported for more than one client at a time:"
        " all of them share one real thread, and a client's event loop is running in it.",
        hint="Share one client between them, or use real threads or processes.",
    )


async def _close_all(unfinished: weakref.WeakSet[Closable]) -> None:
    # The end of the loop would close nested generators all at once instead of in order.
    for each in list(unfinished):
        unfinished.discard(each)
        await each.aclose()


class Portal:
    """Runs async work for threads that wait for it.

    Its thread starts with the first call and ends with `close`, or with the last reference to the
    portal. After a fork, the child starts a thread of its own.
    """

    def __init__(self) -> None:
        _portals.add(self)
        self.reset()

    def reset(self) -> None:
        """Start afresh without touching what is running: after a fork it is the parent's."""
        self._mutex = threading.Lock()
        self._running: _LoopThread | None = None
        self._unfinished: weakref.WeakSet[Closable] = weakref.WeakSet()
        self._finalizer: weakref.finalize[[], Portal] | None = None

    def run(self, work: Callable[[], Awaitable[_T]], relay: CallbackRelay | None = None) -> _T:
        """Run async `work` and return its result. Callbacks of `relay` run in this thread.

        Raises:
            KeyboardInterrupt: And whatever else is raised in the waiting thread. The work is
                cancelled, and given up to a second to clean up.
            NemoVideoError: The client was closed during the call.
        """
        relay = relay or CallbackRelay(self)
        thread = self._start()
        if threading.current_thread() is thread.thread:
            raise RuntimeError(
                "a blocking call cannot be made in the client's own thread; use AsyncNemoVideo"
            )
        call = _Call(work, relay)
        try:
            thread.portal.start_task_soon(call.run)
            relay.run_callbacks()
        except BaseException as error:
            shorten_interruption(error)
            self.notify(call.cancel)
            relay.wait_finished(_CANCEL_TIMEOUT)
            raise
        return call.result.result()

    @property
    def is_running(self) -> bool:
        """Whether there is a thread, and so anything that may be open."""
        return self._running is not None

    def register(self, work: Closable) -> None:
        """Close `work` when the client is closed, unless it is garbage-collected before."""
        self._unfinished.add(work)

    async def close_unfinished(self) -> None:
        """Close everything that was left unfinished."""
        await _close_all(self._unfinished)

    def spawn(self, work: Callable[[], Coroutine[object, object, None]]) -> None:
        """Start a task that outlives the current call. Called in the event loop."""
        self._start().tasks.start_soon(work)

    def notify(self, function: Callable[[], None]) -> None:
        """Call a short function in the event loop, if it still runs."""
        running = self._running
        if running is not None:
            with suppress(RuntimeError):  # closed meanwhile
                running.portal.start_task_soon(function)

    def close(self) -> None:
        """End the thread. The next call starts another."""
        with self._mutex:
            self._running, finalizer, self._finalizer = None, self._finalizer, None
        if finalizer is not None:
            finalizer()

    def _start(self) -> _LoopThread:
        running = self._running
        if running is not None:
            return running
        with self._mutex:
            if self._running is None:
                self._running = _LoopThread(self._unfinished)
                # Also at exit, while there still is an event loop to close things in.
                self._finalizer = weakref.finalize(self, self._running.stop)
            return self._running


_portals: weakref.WeakSet[Portal] = weakref.WeakSet()
# A fork copies no thread. Objects of the parent's thread stay referenced for ever: their finalizers
# would wait for a thread that does not exist.
_inherited: list[object] = []


def _reset_after_fork() -> None:
    for portal in list(_portals):
        _inherited.append(portal.__dict__.copy())
        if portal.__dict__["_finalizer"] is not None:
            portal.__dict__["_finalizer"].detach()
        portal.reset()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_reset_after_fork)


def _client_closed() -> NemoVideoError:
    return NemoVideoError(
        "The client was closed during this call.",
        hint="With a journal, what was paid for is listed by: client.recover()",
    )
