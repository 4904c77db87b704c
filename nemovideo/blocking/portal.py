"""One background thread with an event loop, and the way into it from any other thread."""

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
from typing import Generic, ParamSpec, Protocol, TypeAlias, TypeVar

import anyio
from anyio.abc import TaskGroup
from anyio.from_thread import BlockingPortal

from nemovideo.errors import NemoVideoError
from nemovideo.validation.arguments import check_callback

_P = ParamSpec("_P")
_T = TypeVar("_T")

UserCallback: TypeAlias = Callable[_P, Awaitable[None] | None]
"""A function of the user that wants to be told something."""

_CANCEL_TIMEOUT = 0.8
"""Seconds that Ctrl-C waits for a cancelled call to clean up: it is to end within one second."""

# Windows wakes a waiting thread for Ctrl-C only when its wait is over.
_WAKE_INTERVAL = 0.2 if sys.platform == "win32" else None


class CallbackRelay:
    """Where a waiting thread sits: what the work has to tell is told in the thread that called."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._inbox: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def wrap(
        self, function: UserCallback[_P] | None, parameter: str = "on_event"
    ) -> Callable[_P, Awaitable[None]] | None:
        """Return an async function that has `function` called in the thread at this relay.

        What it raises is raised there, too, so the work ends as it would have ended in async code.
        """
        check_callback(function, parameter)
        if function is None:
            return None

        async def tell(*args: _P.args, **kwargs: _P.kwargs) -> None:
            await self._ask(partial(function, *args, **kwargs))

        return tell

    async def _ask(self, question: Callable[[], Awaitable[None] | None]) -> None:
        answer: Future[Awaitable[None] | None] = Future()
        answered = anyio.Event()

        def reply() -> None:
            try:
                answer.set_result(question())
            except Exception as error:  # noqa: BLE001  # raised in the work instead
                answer.set_exception(error)
            self._portal.notify(answered.set)

        self._inbox.put(reply)
        await answered.wait()
        outcome = answer.result()
        if isawaitable(outcome):
            await outcome

    def run_callbacks(self) -> None:
        """Answer until the work has ended."""
        while True:
            try:
                question = self._inbox.get(timeout=_WAKE_INTERVAL)
            except Empty:
                continue
            if question is None:
                return
            question()

    def wait_finished(self, seconds: float) -> None:
        """Wait for the end of work that was cancelled; nothing is answered any more."""
        with suppress(Empty):
            while self._inbox.get(timeout=seconds) is not None:
                pass

    def finish(self) -> None:
        """Say that the work has ended."""
        self._inbox.put(None)


class _Call(Generic[_T]):
    """One call on its way through the portal."""

    def __init__(self, work: Callable[[], Awaitable[_T]], relay: CallbackRelay) -> None:
        self._work = work
        self._relay = relay
        self._scope: anyio.CancelScope | None = None
        self._is_cancelled = False
        self.outcome: Future[_T] = Future()

    async def run(self) -> None:
        try:
            with anyio.CancelScope() as self._scope:
                if self._is_cancelled:
                    self._scope.cancel()
                self.outcome.set_result(await self._work())
        except anyio.get_cancelled_exc_class():
            self.outcome.set_exception(_client_closed())
            raise
        except BaseException as error:  # noqa: BLE001  # raised in the thread that waits
            self.outcome.set_exception(error)
        finally:
            if not self.outcome.done():
                self.outcome.set_exception(_client_closed())
            self._relay.finish()

    def cancel(self) -> None:
        self._is_cancelled = True
        if self._scope is not None:
            self._scope.cancel()


class Closable(Protocol):
    """What may be left in the middle, and is then closed together with the client."""

    async def let_go(self) -> None:
        """Close what is open. Called in the loop."""
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
        """End it: what is under way is cancelled, and cleans up."""
        if threading.current_thread() is self.thread:
            return  # collected as garbage in the very thread: the end of the process will do
        with suppress(RuntimeError):  # another thread was quicker
            self.portal.start_task_soon(self.portal.stop, True)
        self.thread.join()


def _run_loop(
    started: Future[tuple[BlockingPortal, TaskGroup]], unfinished: weakref.WeakSet[Closable]
) -> None:
    async def run_loop() -> None:
        async with anyio.create_task_group() as tasks:
            async with BlockingPortal() as portal:
                started.set_result((portal, tasks))
                await portal.sleep_until_stopped()
            await _close_all(unfinished)
            tasks.cancel_scope.cancel()

    try:
        _check_thread()
        anyio.run(run_loop)
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


def _check_thread() -> None:
    """Refuse a thread that is none: a new one has no running loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise NemoVideoError(
        "Green threads (gevent, eventlet) are not supported for more than one client at a time:"
        " all of them share one real thread, and a client's event loop is running in it.",
        hint="Share one client between them, or use real threads or processes.",
    )


async def _close_all(unfinished: weakref.WeakSet[Closable]) -> None:
    # Left to the loop's own end, nested generators would be closed all at once and not in order.
    for each in list(unfinished):
        unfinished.discard(each)
        await each.let_go()


class Portal:
    """Runs async work for threads that wait for it.

    Its thread starts with the first call and ends with `close`, or with the last object that could
    use it. After a fork the child starts a thread of its own.
    """

    def __init__(self) -> None:
        _portals.add(self)
        self.forget()

    def forget(self) -> None:
        """Begin anew without touching what is running: after a fork it is the parent's."""
        self._mutex = threading.Lock()
        self._running: _LoopThread | None = None
        self._unfinished: weakref.WeakSet[Closable] = weakref.WeakSet()
        self._finalizer: weakref.finalize[[], Portal] | None = None

    def run(self, work: Callable[[], Awaitable[_T]], relay: CallbackRelay | None = None) -> _T:
        """Run async `work` and return its result; what the thread at `relay` is told, it is told.

        Raises:
            KeyboardInterrupt: and anything else that comes up in the thread that waits. The work is
                cancelled, and has cleaned up as far as that can be done within a second.
            NemoVideoError: the client was closed in the middle.
        """
        own = relay or CallbackRelay(self)
        thread = self._start()
        if threading.current_thread() is thread.thread:
            raise RuntimeError(
                "a blocking call cannot be made in the client's own thread; use AsyncNemoVideo"
            )
        job = _Call(work, own)
        try:
            thread.portal.start_task_soon(job.run)
            own.run_callbacks()
        except BaseException:
            self.notify(job.cancel)
            own.wait_finished(_CANCEL_TIMEOUT)
            raise
        return job.outcome.result()

    @property
    def is_running(self) -> bool:
        """Whether there is a thread, and so anything that could be open."""
        return self._running is not None

    def register(self, work: Closable) -> None:
        """Let `work` go when the client is closed, unless nothing refers to it any more."""
        self._unfinished.add(work)

    async def let_go(self) -> None:
        """Close everything that was left in the middle."""
        await _close_all(self._unfinished)

    def spawn(self, work: Callable[[], Coroutine[object, object, None]]) -> None:
        """Start a task that outlives the call which is running in the loop now."""
        self._start().tasks.start_soon(work)

    def notify(self, function: Callable[[], None]) -> None:
        """Have a short function called in the loop, if it still runs."""
        running = self._running
        if running is not None:
            with suppress(RuntimeError):  # closed meanwhile: nobody is there to be notified
                running.portal.start_task_soon(function)

    def close(self) -> None:
        """End the thread. The next call starts another."""
        with self._mutex:
            self._running, end, self._finalizer = None, self._finalizer, None
        if end is not None:
            end()

    def _start(self) -> _LoopThread:
        running = self._running
        if running is not None:
            return running
        with self._mutex:
            if self._running is None:
                self._running = _LoopThread(self._unfinished)
                # Also at the end of the process, while there still is a loop to close things in.
                self._finalizer = weakref.finalize(self, self._running.stop)
            return self._running


_portals: weakref.WeakSet[Portal] = weakref.WeakSet()
# A fork copies no thread. What it copies of one is kept for ever: to tidy it up would mean to wait
# for a thread that is not there.
_inherited: list[object] = []


def _reset_after_fork() -> None:
    for portal in list(_portals):
        _inherited.append(portal.__dict__.copy())
        if portal.__dict__["_finalizer"] is not None:
            portal.__dict__["_finalizer"].detach()
        portal.forget()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_reset_after_fork)


def _client_closed() -> NemoVideoError:
    return NemoVideoError(
        "The client was closed in the middle of this call.",
        hint="With a journal, what was paid for is listed by: client.recover()",
    )
