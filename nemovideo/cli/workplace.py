"""The client of one command, and the sandbox that it may bring along."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo.cli.options import Common
from nemovideo.errors import NemoVideoError

if TYPE_CHECKING:
    from nemovideo._client import AsyncNemoVideo

KEPT_PORT = 8400
"""A sandbox with a state folder has an address that stays, as tokens and links name it."""

_PACE = 0.25
"""A sandbox on this machine is looked at more often than a service."""


@asynccontextmanager
async def open_client(common: Common) -> AsyncGenerator[AsyncNemoVideo]:
    """Open the client that a command works with, on the service or on an embedded sandbox."""
    from nemovideo._client import AsyncNemoVideo

    if not common.sandbox:
        async with AsyncNemoVideo(base_url=common.base_url) as client:
            yield client
        return
    async with _on_sandbox(common.state_dir) as client:
        yield client


@asynccontextmanager
async def _on_sandbox(state_dir: Path | None) -> AsyncGenerator[AsyncNemoVideo]:
    from nemovideo._client import AsyncNemoVideo
    from nemovideo._config import Timing
    from nemovideo.sandbox import Sandbox

    # A real token must not travel to a stand-in, which would refuse it besides.
    os.environ.pop("NEMO_TOKEN", None)
    pace = Timing()
    timing = Timing(poll_first=pace.poll_first * _PACE, poll_max=pace.poll_first)
    with tempfile.TemporaryDirectory(prefix="nemovideo-") as passing:
        async with AsyncExitStack() as stack:
            sandbox = Sandbox(port=KEPT_PORT if state_dir else 0, state_dir=state_dir)
            try:
                await stack.enter_async_context(sandbox)
            except OSError as error:
                raise _busy(error) from error
            client = AsyncNemoVideo(
                base_url=sandbox.url,
                web_url=sandbox.web_url,
                # What ends with the sandbox leaves no token and no journal behind.
                config_dir=None if state_dir else Path(passing) / "nemovideo",
                timing=timing,
                trust_env=False,
            )
            yield await stack.enter_async_context(client)


def _busy(error: OSError) -> NemoVideoError:
    return NemoVideoError(
        f"The sandbox could not be started: {error.strerror or error}.",
        hint=(
            f"Where one is running already, use it: --base-url http://127.0.0.1:{KEPT_PORT} "
            "instead of --sandbox."
        ),
    )
