"""What was paid for is found again by the next process, whenever the first one was killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

import nemovideo
from nemovideo import AsyncNemoVideo, Timing, UnfinishedMessage, UnfinishedRender, Video
from nemovideo.sandbox import AgentBehavior, Fault, Sandbox
from tests.conftest import token_of
from tests.postgres import expire_leases

pytestmark = pytest.mark.anyio
WAITS = Timing(poll_first=0.02, poll_max=0.05, silent_recheck=0.01, recovery_waits=(0.02,) * 5)
TALKATIVE = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
VICTIM = Path(__file__).with_name("victim.py")


@pytest.fixture
def anyio_backend() -> str:
    """The victim runs on asyncio, and is what these tests are about."""
    return "asyncio"


def kill_at_line(count: int, sandbox: Sandbox, folder: Path, target: Path) -> str:
    """Run the victim until it has said `count` things, kill it, and return the last of them."""
    command = [sys.executable, str(VICTIM), sandbox.url, str(folder), str(target)]
    said = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        for number, line in enumerate(victim.stdout):
            said = line.strip()
            if number == count:
                victim.send_signal(signal.SIGKILL)
                break
        victim.stdout.close()
    return said


def kill_at(word: str, count: int, sandbox: Sandbox, folder: Path, target: Path) -> list[str]:
    """Run the victim until it has said `word` for the `count`th time, and kill it there."""
    command = [sys.executable, str(VICTIM), sandbox.url, str(folder), str(target)]
    said: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        for line in victim.stdout:
            said.append(line.strip())
            if said.count(word) == count:
                victim.send_signal(signal.SIGKILL)
                break
        victim.stdout.close()
    return said


async def recover(sandbox: Sandbox, folder: Path) -> list[str]:
    """Resume whatever is unfinished, and say what it was."""
    kinds: list[str] = []
    async with AsyncNemoVideo(base_url=sandbox.url, config_dir=folder, timing=WAITS) as client:
        for item in await client.recover():
            kinds.append(item.kind)
            await item.resume()
        assert await client.recover() == []
    return kinds


@pytest.mark.parametrize(
    ("journal_url", "word", "count", "kinds"),
    [
        ("sqlite", "tool_call", 1, ["message"]),
        ("sqlite", "text", 1, ["message"]),
        ("sqlite", "text", 3, ["message"]),
        ("sqlite", "state_changed", 1, ["message"]),
        ("sqlite", "render_progress", 1, ["render"]),
        ("sqlite", "render_progress", 2, ["render"]),
        ("postgres", "text", 1, ["message"]),
        ("postgres", "render_progress", 1, ["render"]),
    ],
    indirect=["journal_url"],
)
async def test_a_killed_process_loses_nothing(
    journal_url: str, word: str, count: int, kinds: list[str], tmp_path: Path
) -> None:
    folder, target = tmp_path / "config", tmp_path / "panda.mp4"
    with Sandbox(stub_renders=True, behavior=TALKATIVE) as sandbox:
        # Bytes come slowly, so that the victim dies where it says it is, and not further on.
        slow = Fault("messages.stream", "slow", bytes=200, seconds=0.02)
        stuck = Fault("renders.retrieve", "stall", seconds=0.2, times=None, probability=1)
        with sandbox.inject(slow, stuck):
            await anyio.to_thread.run_sync(kill_at, word, count, sandbox, folder, target)
        if journal_url:
            expire_leases(journal_url)
        found = await recover(sandbox, folder)
        assert found[:1] in ([kinds[0]], ["render"])
        assert target.read_bytes()[4:8] == b"ftyp"
        assert [len(session.turns) for session in sandbox.sessions] == [1]
        assert [charge.amount for charge in sandbox.charges] == [100]
        assert not list(tmp_path.glob(".*.part"))


async def test_a_render_that_was_never_submitted_is_made_now(tmp_path: Path) -> None:
    target = tmp_path / "sea.mp4"
    with Sandbox(stub_renders=True, behavior=TALKATIVE) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, timing=WAITS) as client:
            project = await client.create_project()
            await project.send("a 2-second video of the sea")
            with (
                sandbox.inject(Fault("renders.*", "reset_before", times=None)),
                pytest.raises(nemovideo.APIConnectionError),
            ):
                await project.export(target)
            (item,) = await client.recover()
            assert isinstance(item, UnfinishedRender)
            assert item.target == target
            assert item.session_id == project.session_id
            video = await item.resume()
            assert isinstance(video, Video)
            assert target.exists()
            assert await client.recover() == []


async def test_a_render_that_failed_meanwhile_is_made_again(tmp_path: Path) -> None:
    target = tmp_path / "sea.mp4"
    timing = Timing(poll_first=0.02, poll_max=0.05)
    with Sandbox(stub_renders=True, behavior=TALKATIVE) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, timing=timing) as client:
            project = await client.create_project()
            await project.send("a 2-second video of the sea")
            # Only the export that is stuck may run into its limit: how long one takes is the
            # machine's business.
            hasty = client.with_options(timing=replace(timing, render_limit=0.1))
            with (
                sandbox.inject(Fault("renders.create", "stuck_render")),
                pytest.raises(nemovideo.RenderTimeoutError),
            ):
                await hasty.open_project(project.session_id).export(target)
            (item,) = await client.recover()
            token = token_of(sandbox)
            # Elsewhere, so that this journal does not know that it was on purpose.
            async with AsyncNemoVideo(
                base_url=sandbox.url, token=token, config_dir=tmp_path / "elsewhere"
            ) as other:
                await other.renders.cancel(sandbox.renders[0].id)
            await item.resume()
        assert target.exists()
        assert len(sandbox.renders) == 2


async def test_a_lost_message_is_resumed_as_a_turn(tmp_path: Path) -> None:
    with Sandbox(stub_renders=True, behavior=TALKATIVE) as sandbox:
        timing = Timing(recovery_waits=(), silent_recheck=0)
        async with AsyncNemoVideo(base_url=sandbox.url, timing=timing) as client:
            project = await client.create_project()
            with (
                sandbox.inject(Fault("messages.stream", "reset_after")),
                pytest.raises(nemovideo.StreamInterruptedError),
            ):
                await project.send("a 2-second video of the sea")
            (item,) = await client.recover()
            assert isinstance(item, UnfinishedMessage)
            turn = await item.resume()
            assert turn.source == "state"
            assert any("sea" in str(change) for change in turn.changes)
            assert await client.recover() == []


async def test_what_one_client_has_resumed_another_of_the_process_has_too(tmp_path: Path) -> None:
    with Sandbox(stub_renders=True, behavior=TALKATIVE) as sandbox:
        timing = Timing(recovery_waits=(), silent_recheck=0)
        async with (
            AsyncNemoVideo(base_url=sandbox.url, timing=timing) as first,
            AsyncNemoVideo(base_url=sandbox.url, timing=timing) as second,
        ):
            project = await first.create_project()
            with (
                sandbox.inject(Fault("messages.stream", "reset_after")),
                pytest.raises(nemovideo.StreamInterruptedError),
            ):
                await project.send("a 2-second video of the sea")
            (here,), (there,) = await first.recover(), await second.recover()
            assert await here.resume() is await there.resume()


async def test_without_a_journal_nothing_is_written(tmp_path: Path) -> None:
    with Sandbox(stub_renders=True) as sandbox:
        async with AsyncNemoVideo(
            base_url=sandbox.url, timing=WAITS, journal=False, config_dir=tmp_path / "config"
        ) as client:
            await client.generate("a 2-second video of the sea")
            assert await client.recover() == []
    assert not list((tmp_path / "config").glob("*journal*"))


async def test_the_journal_holds_neither_prompt_nor_token(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    with Sandbox(stub_renders=True) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, timing=WAITS, config_dir=folder) as client:
            await client.generate("a 2-second video of a pangolin", path=tmp_path / "x.mp4")
            token = token_of(sandbox)
    for file in folder.rglob("*journal*"):
        data = file.read_bytes()
        assert b"pangolin" not in data
        assert token.encode() not in data


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
async def test_killed_at_a_random_moment_all_that_was_paid_for_comes_home(
    tmp_path: Path, seed: int
) -> None:
    target, line = tmp_path / "x.mp4", random.Random(seed).randrange(1, 45)
    slow = Fault("messages.stream", "slow", bytes=100, seconds=0.005, times=None)
    with Sandbox(stub_renders=True, behavior=TALKATIVE, credits=1000) as sandbox:
        with sandbox.inject(slow):
            said = await anyio.to_thread.run_sync(
                kill_at_line, line, sandbox, tmp_path / "config", target
            )
        kinds = await recover(sandbox, tmp_path / "config")
        print(f"killed at {said:15} recovered {', '.join(kinds) or 'nothing'}")
        assert target.exists()
        assert [len(session.turns) for session in sandbox.sessions] == [1]
        assert len(sandbox.charges) == 1
