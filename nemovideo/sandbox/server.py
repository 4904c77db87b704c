"""The sandbox's server: a thread with an event loop, and three ports on the loopback interface."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import NamedTuple, TypeVar

from aiohttp import web

from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.faults import FaultRegistry
from nemovideo.sandbox.request_log import RequestLog
from nemovideo.sandbox.routes.api import api_app
from nemovideo.sandbox.routes.cdn import cdn_app
from nemovideo.sandbox.routes.web import web_app
from nemovideo.sandbox.service.app_state import AppState, build_state
from nemovideo.sandbox.service.settings import Settings
from nemovideo.sandbox.storage.store import Store

logger: logging.Logger = logging.getLogger("nemovideo.sandbox")

_Result = TypeVar("_Result")
HOST = "127.0.0.1"


class Listeners(NamedTuple):
    """The listening sockets of the API, the file host and the web pages."""

    api: socket.socket
    cdn: socket.socket
    web: socket.socket


def url_of(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"


def listen(ports: Sequence[int]) -> Listeners:
    """Listen on three ports; 0 is a free one."""
    with contextlib.ExitStack() as opened:
        listeners = Listeners(*(opened.enter_context(_listen(port)) for port in ports))
        opened.pop_all()
        return listeners


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port), backlog=128)
    except OSError as error:
        text = f"port {port} on {HOST} is in use or not allowed; choose another one"
        raise OSError(error.errno, text) from error


class Server:
    """One running sandbox."""

    def __init__(
        self, settings: Settings, clock: Clock, faults: FaultRegistry, log: RequestLog, store: Store
    ) -> None:
        self._settings, self._clock, self._faults, self._log = settings, clock, faults, log
        self._store = store
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready: Future[AppState] = Future()
        self._thread: threading.Thread | None = None
        self._runners: list[web.AppRunner] = []
        self._listeners: tuple[socket.socket, ...] = ()
        self._ports: list[int] = []

    def start(self, listeners: Listeners) -> AppState:
        """Serve in a new thread; return when the sandbox responds."""
        self._ports = [listener.getsockname()[1] for listener in listeners]
        self._thread = threading.Thread(
            target=self._main, args=(listeners,), name="nemovideo-sandbox", daemon=True
        )
        self._thread.start()
        return self._ready.result()

    def stop(self) -> None:
        """Stop serving; return when the thread has ended. Safe to call twice."""
        if self._loop is not None and self._stopping is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join()
        self._loop = None

    def run_on_loop(self, work: Callable[[], _Result]) -> _Result:
        """Run `work` on the server's loop, where nothing changes meanwhile, and wait for it."""
        running = self._loop is not None and self._loop.is_running()
        if self._loop is None or not running or threading.current_thread() is self._thread:
            return work()
        done: Future[_Result] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except Exception as error:  # noqa: BLE001 - handed to the thread that waits for it
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result()

    def go_offline(self) -> None:
        """Stop listening and drop every connection: new ones are refused."""
        self._wait_for(self._go_offline())

    def go_online(self) -> None:
        self._wait_for(self._go_online(listen(self._ports)))

    def _wait_for(self, work: Coroutine[None, None, None]) -> None:
        if self._loop is None:
            work.close()
            return
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("an async agent cannot do this: it runs on the sandbox's own loop")
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _stop_listening(self) -> None:
        """Accept no new connections, but take in those that were just accepted.

        asyncio loses a connection, socket included, if its server closes in between.
        """
        for listener in self._listeners:
            asyncio.get_running_loop().remove_reader(listener.fileno())
        for _ in range(5):
            await asyncio.sleep(0)
        for runner in self._runners:
            for site in list(runner.sites):
                await site.stop()
        self._listeners = ()

    async def _go_offline(self) -> None:
        await self._stop_listening()
        for runner in self._runners:
            for connection in runner.server.connections if runner.server else ():
                connection.force_close()
                if connection.transport is not None:
                    connection.transport.abort()

    async def _go_online(self, listeners: Listeners) -> None:
        self._listeners = listeners
        for runner, listener in zip(self._runners, self._listeners, strict=True):
            await web.SockSite(runner, listener).start()

    def _main(self, listeners: Listeners) -> None:
        try:
            # On Windows, the usual loop has no readers to remove.
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self._serve(listeners))
        except Exception as error:
            if self._ready.done():
                logger.exception("the sandbox's server failed")
            else:
                self._ready.set_exception(error)
        finally:
            for listener in listeners:
                listener.close()
            self._store.close()

    async def _serve(self, listeners: Listeners) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._listeners = listeners
        self._clock.attach(self._loop)
        async with asyncio.TaskGroup() as tasks:
            state = build_state(
                self._settings, self._clock, self._faults, self._log, self._store, tasks
            )
            state.links.base = url_of(listeners.cdn)
            try:
                for app, listener in (
                    (api_app(state, url_of(listeners.web)), listeners.api),
                    (cdn_app(state), listeners.cdn),
                    (web_app(state, url_of(listeners.api)), listeners.web),
                ):
                    self._runners.append(await _open(app, listener))
                state.service.recover()
                state.renders.resume()
                self._ready.set_result(state)
                await self._stopping.wait()
            finally:
                self._faults.release_all()
                state.renders.stop()
                await self._stop_listening()
                for runner in self._runners:
                    await runner.cleanup()
                for task in state.tasks:
                    task.cancel()
                await asyncio.to_thread(state.renders.close)
                self._clock.detach()


async def _open(app: web.Application, listener: socket.socket) -> web.AppRunner:
    # A handler is cancelled when its client disconnects, which reveals an abandoned stream.
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, handler_cancellation=True, shutdown_timeout=0.2
    )
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner
