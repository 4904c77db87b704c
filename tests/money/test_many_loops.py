"""One client in several event loops: one after the other, of both kinds, at once, after a fork."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from nemovideo.sandbox import AgentBehavior, Sandbox

HEAD = """
import asyncio, logging, os, sys, threading
import nemovideo

# Debug mode tells of every slow step; modules that load at first use are one.
logging.getLogger("asyncio").addFilter(lambda record: "took" not in record.getMessage())

async def make(client, name):
    video = await client.generate("a 2-second video of a panda", path=name)
    await client.credits.retrieve()
    return video

client = nemovideo.AsyncNemoVideo(
    base_url=sys.argv[1], timing=nemovideo.Timing(poll_first=0.02, poll_max=0.05)
)
"""
PROGRAMS = {
    "twice asyncio.run": """
        asyncio.run(make(client, "a.mp4"))
        asyncio.run(make(client, "b.mp4"))
    """,
    "asyncio.run, then trio.run": """
        import trio
        asyncio.run(make(client, "a.mp4"))
        trio.run(make, client, "b.mp4")
    """,
    "trio.run, then asyncio.run": """
        import trio
        trio.run(make, client, "a.mp4")
        asyncio.run(make(client, "b.mp4"))
    """,
    "two threads at once": """
        gate, failures = threading.Barrier(2), []
        def work(name):
            gate.wait()
            try:
                for _ in range(3):
                    asyncio.run(make(client, name))
            except BaseException as error:
                failures.append(error)
        threads = [threading.Thread(target=work, args=(name,)) for name in ("a.mp4", "b.mp4")]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert not failures, failures
    """,
    "after a fork": """
        asyncio.run(make(client, "a.mp4"))
        child = os.fork()
        asyncio.run(make(client, "a.mp4" if child else "b.mp4"))
        if child:
            assert os.waitpid(child, 0)[1] == 0
    """,
    "closed in the middle": """
        async def whole(name):
            async with client:
                await make(client, name)
        asyncio.run(whole("a.mp4"))
        asyncio.run(whole("b.mp4"))
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_client_serves_whichever_loop_runs(name: str, tmp_path: Path) -> None:
    program = HEAD + textwrap.dedent(PROGRAMS[name])
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with Sandbox(stub_renders=True, behavior=behavior, credits=10_000) as sandbox:
        found = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error", "-c", program, sandbox.url],
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        turns = [len(session.turns) for session in sandbox.sessions]
        tokens = [r for r in sandbox.requests if r.endpoint == "tokens.create_anonymous"]
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    assert set(turns) == {1}
    assert len(tokens) == 1
    assert {path.name for path in tmp_path.glob("*.mp4")} == {"a.mp4", "b.mp4"}
    assert not list(tmp_path.glob(".*.part"))
