"""The client of one command, on the service or on an embedded sandbox."""

from __future__ import annotations

import os
import tempfile
import unicodedata
import zlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from anyio import to_thread

from nemovideo._client import AsyncNemoVideo
from nemovideo.cli.options import Common
from nemovideo.config.settings import Settings, load_settings
from nemovideo.config.timing import Timing
from nemovideo.errors import NemoVideoError
from nemovideo.journal.recorder import JournalRecorder
from nemovideo.recording.recorder import Recorder
from nemovideo.security.hosts import is_loopback
from nemovideo.transports.default import default_transport

if TYPE_CHECKING:
    from nemovideo.journal.journal import Journal
    from nemovideo.operations.project import Project
    from nemovideo.sandbox import Sandbox
    from nemovideo.transports.base import Transport

_T = TypeVar("_T")

PERSISTENT_PORTS = range(8410, 8600, 10)
"""The ports of embedded sandboxes with a state folder. Each folder keeps one, as tokens and links
contain it; none is that of `nemovideo sandbox`, which may be running."""
_PORT_FILE = "port"

LAST = "last"
"""Stands for the session that was used last."""

_STATE_DIR_HINT = (
    "A sandbox without --state-dir DIR ends with its command, and its sessions with it."
)

_LOCAL = Timing(poll_first=0.25, poll_max=2, recovery_waits=(1, 2, 4, 4, 4))
"""A sandbox on this machine is polled more often than the service."""
_PACED = replace(_LOCAL, recovery_waits=(1, 2, 4, 10, 15))
"""One that may have a pace (`--speed`): its music and titles come later behind the clip."""


@dataclass(frozen=True)
class CommandContext:
    """What a command works with.

    Args:
        client: The client.
        settings: The settings of the client.
        common: The shared options of the command line.
        recorder: What the client's requests go through with `--record`.
    """

    client: AsyncNemoVideo
    settings: Settings
    common: Common
    recorder: Transport | None = None

    async def open_project(self, session: str, task_id: str | None = None) -> Project:
        """Open the session that the command line names by its id, or by `last`."""
        # A Chinese keyboard types letters of full width.
        session = unicodedata.normalize("NFKC", session)
        if session != LAST:
            return self.client.open_project(session, task_id)
        url = self.settings.base_url
        recent = await self.query_journal(lambda journal: journal.recent_sessions(url))
        if recent:
            return self.client.open_project(recent[0], task_id)
        temporary = self.common.is_temporary
        raise NemoVideoError(
            f"There is no last session: nothing was made on {url} yet.",
            hint=_STATE_DIR_HINT if temporary else "Make one: nemovideo generate PROMPT",
        )

    async def find_target(self, key: str) -> Path | None:
        """Return where the video of a key was to be saved, as an earlier command chose it."""
        recorder = JournalRecorder(self.settings)
        try:
            return await recorder.find_target(key)
        finally:
            await recorder.aclose()

    async def query_journal(self, query: Callable[[Journal], _T]) -> _T:
        """Return the result of `query`, which runs in a thread."""
        recorder = JournalRecorder(self.settings)
        try:
            return await recorder.query(query)
        finally:
            await recorder.aclose()


@asynccontextmanager
async def open_command_context(
    common: Common, journal: str | None = None
) -> AsyncGenerator[CommandContext]:
    """Open the client of a command.

    Args:
        journal: Where its journal is, as the client takes it; None is the default.
    """
    chosen = True if journal is None else journal
    if common.sandbox:
        async with _open_sandbox(common, chosen) as context:
            yield context
        return
    settings = load_settings(base_url=common.base_url, journal=chosen)
    local = is_loopback(urlsplit(settings.base_url).hostname)
    timing = _PACED if local else settings.timing
    async with (
        _open_recorder(common, trust_env=settings.trust_env) as recorder,
        AsyncNemoVideo(
            base_url=common.base_url, timing=timing, transport=recorder, journal=chosen
        ) as client,
    ):
        yield CommandContext(client, settings, common, recorder)


@asynccontextmanager
async def _open_recorder(common: Common, *, trust_env: bool) -> AsyncGenerator[Transport | None]:
    """Open what records the exchanges, if the command line asks for it."""
    if common.record is None:
        yield None
        return
    carrier = default_transport(trust_env=trust_env)
    try:
        yield Recorder(common.record, carrier)
    finally:
        await carrier.aclose()


@asynccontextmanager
async def _open_sandbox(common: Common, journal: str | bool) -> AsyncGenerator[CommandContext]:
    state_dir = common.state_dir
    # A real token must not travel to a sandbox, which would refuse it besides.
    os.environ.pop("NEMO_TOKEN", None)
    with tempfile.TemporaryDirectory(prefix="nemovideo-") as temporary:
        async with AsyncExitStack() as stack:
            sandbox = await _start_sandbox(stack, common)
            # What ends with the sandbox leaves no token and no journal behind.
            config_dir = None if state_dir else Path(temporary) / "nemovideo"
            settings = load_settings(
                base_url=sandbox.url,
                web_url=sandbox.web_url,
                config_dir=config_dir,
                timing=_LOCAL,
                journal=journal,
            )
            recorder = await stack.enter_async_context(_open_recorder(common, trust_env=True))
            client = AsyncNemoVideo(
                base_url=sandbox.url,
                web_url=sandbox.web_url,
                config_dir=config_dir,
                timing=_LOCAL,
                transport=recorder,
                journal=journal,
            )
            await stack.enter_async_context(client)
            yield CommandContext(client, settings, common, recorder)


async def _start_sandbox(stack: AsyncExitStack, common: Common) -> Sandbox:
    # It is loaded only where it is wanted: it may not be installed.
    from nemovideo.sandbox.sandbox import CREDITS, Sandbox

    folder = common.state_dir
    balance = CREDITS if common.credits is None else common.credits
    ports = [0] if folder is None else await to_thread.run_sync(stored_ports, folder)
    failures: list[OSError] = []
    for port in ports:
        sandbox = Sandbox(port=port, credits=balance, state_dir=folder)
        try:
            await stack.enter_async_context(sandbox)
        except OSError as error:
            failures.append(error)
            continue
        if folder is not None:
            await to_thread.run_sync((folder / _PORT_FILE).write_text, str(port))
        return sandbox
    raise _start_error(failures[0], ports[0]) from failures[0]


def stored_ports(state_dir: Path) -> Sequence[int]:
    """Return the port of a folder that has one, or those to choose from."""
    with suppress(OSError, ValueError):
        port = int((state_dir / _PORT_FILE).read_text())
        if port in PERSISTENT_PORTS:
            return [port]
    # Two folders that are used at the same time hardly begin with the same one.
    first = zlib.crc32(os.fsencode(state_dir.resolve())) % len(PERSISTENT_PORTS)
    return [*PERSISTENT_PORTS[first:], *PERSISTENT_PORTS[:first]]


def is_sandbox_running(state_dir: Path) -> bool:
    """Return True if another process serves a sandbox from this folder."""
    ports = stored_ports(state_dir)
    with socket() as probe:
        return len(ports) == 1 and probe.connect_ex(("127.0.0.1", ports[0])) == 0


def _start_error(error: OSError, port: int) -> NemoVideoError:
    return NemoVideoError(
        f"The sandbox could not be started: {error.strerror or error}.",
        hint=(
            f"If one is running already, use it: --base-url http://127.0.0.1:{port} "
            "instead of --sandbox."
        ),
    )
