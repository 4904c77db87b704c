"""The client of one command, and the sandbox that it may bring along."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from anyio import to_thread

from nemovideo.cli.options import Common
from nemovideo.config.settings import Settings, load_settings
from nemovideo.config.timing import Timing
from nemovideo.errors import NemoVideoError
from nemovideo.journal.recorder import JournalRecorder
from nemovideo.security.hosts import is_loopback

if TYPE_CHECKING:
    from nemovideo._client import AsyncNemoVideo

PERSISTENT_PORT = 8410
"""A sandbox with a state folder has an address that stays, as tokens and links name it; another one
than that of `nemovideo sandbox`, which may be running."""

LAST = "last"
"""What stands for the session that was worked with last."""

_STATE_DIR_HINT = (
    "A sandbox without --state-dir DIR ends with its command, and its sessions with it."
)

_LOCAL = Timing(poll_first=0.25, poll_max=2, recovery_waits=(1, 2, 4, 4, 4))
"""A sandbox on this machine is polled more often than a service."""


@dataclass(frozen=True)
class CommandContext:
    """What a command works with.

    Args:
        client: the client.
        settings: the same settings that the client has.
        common: the options that led here.
    """

    client: AsyncNemoVideo
    settings: Settings
    common: Common

    async def find_session(self, named: str) -> str:
        """Return the id of a session that was named on the command line: itself, or the `last`.

        Raises:
            NemoVideoError: nothing was made here yet.
        """
        if named != LAST:
            return named
        recorder = JournalRecorder(self.settings)
        try:
            found = await to_thread.run_sync(
                recorder.journal.recent_sessions, self.settings.base_url
            )
        finally:
            await recorder.aclose()
        if found:
            return found[0]
        raise NemoVideoError(
            f"There is no last session: nothing was made on {self.settings.base_url} yet.",
            hint=_STATE_DIR_HINT
            if self.common.is_temporary
            else "Make one: nemovideo generate PROMPT",
        )


@asynccontextmanager
async def open_command_context(common: Common) -> AsyncGenerator[CommandContext]:
    """Open the client that a command works with, on the service or on an embedded sandbox."""
    from nemovideo._client import AsyncNemoVideo

    if common.sandbox:
        async with _open_sandbox(common) as context:
            yield context
        return
    settings = load_settings(base_url=common.base_url)
    local = is_loopback(urlsplit(settings.base_url).hostname)
    timing = _LOCAL if local else settings.timing
    async with AsyncNemoVideo(base_url=common.base_url, timing=timing) as client:
        yield CommandContext(client, settings, common)


@asynccontextmanager
async def _open_sandbox(common: Common) -> AsyncGenerator[CommandContext]:
    from nemovideo.sandbox import Sandbox
    from nemovideo.sandbox.__main__ import CREDITS

    state_dir = common.state_dir
    given = CREDITS if common.credits is None else common.credits

    # A real token must not travel to a stand-in, which would refuse it besides.
    os.environ.pop("NEMO_TOKEN", None)
    with tempfile.TemporaryDirectory(prefix="nemovideo-") as passing:
        async with AsyncExitStack() as stack:
            port = PERSISTENT_PORT if state_dir else 0
            sandbox = Sandbox(port=port, credits=given, state_dir=state_dir)
            try:
                await stack.enter_async_context(sandbox)
            except OSError as error:
                raise _busy(error) from error
            # What ends with the sandbox leaves no token and no journal behind.
            config_dir = None if state_dir else Path(passing) / "nemovideo"
            client, settings = _build_client(sandbox.url, sandbox.web_url, config_dir)
            await stack.enter_async_context(client)
            yield CommandContext(client, settings, common)


def _build_client(
    url: str, web_url: str, config_dir: Path | None
) -> tuple[AsyncNemoVideo, Settings]:
    from nemovideo._client import AsyncNemoVideo

    client = AsyncNemoVideo(base_url=url, web_url=web_url, config_dir=config_dir, timing=_LOCAL)
    settings = load_settings(base_url=url, web_url=web_url, config_dir=config_dir, timing=_LOCAL)
    return client, settings


def _busy(error: OSError) -> NemoVideoError:
    return NemoVideoError(
        f"The sandbox could not be started: {error.strerror or error}.",
        hint=(
            f"Where one is running already, use it: --base-url http://127.0.0.1:{PERSISTENT_PORT} "
            "instead of --sandbox."
        ),
    )
