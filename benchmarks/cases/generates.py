"""Whole generates, from the token to the render's address, against a sandbox that stubs renders."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from benchmarks.case import Case, Round, Setting
from benchmarks.cases.streams import at_a_time

_SANDBOX = """
import sys
from nemovideo.sandbox import Sandbox
with Sandbox(stub_renders=True, credits=10**9) as sandbox:
    print(sandbox.url, flush=True)
    sys.stdin.read()
"""


@asynccontextmanager
async def _sandbox() -> AsyncGenerator[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SANDBOX),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        await process.communicate(b"")


@asynccontextmanager
async def _nemovideo(setting: Setting) -> AsyncGenerator[Round]:
    import nemovideo

    # The sandbox does not need the service's time, so neither is it waited for.
    timing = nemovideo.Timing(poll_first=0.1, poll_max=1)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            _sandbox() as url,
            nemovideo.AsyncNemoVideo(base_url=url, config_dir=folder, timing=timing) as client,
        ):

            async def generate() -> int:
                video = await client.generate("a 2-second video of a panda")
                return int(video.url is not None)

            yield at_a_time(setting, generate)


CASES = (
    Case(
        name="generates",
        title="generates at a time",
        unit="generate",
        floor="nemovideo",
        contenders={"nemovideo": _nemovideo},
        amount=1,
        quick_amount=1,
        ours=None,
        options={"width": 1},
    ),
)
