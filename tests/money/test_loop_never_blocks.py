"""While a video is made, a file sent and a file fetched, nothing of ours blocks the event loop.

An audit hook sees what asks the operating system for something slow on the loop's thread; every
step of the loop is measured in the processor time that it took.
"""

from __future__ import annotations

import asyncio
import fcntl
import io
import sys
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import nemovideo
from nemovideo import AsyncNemoVideo, Timing
from nemovideo.files.download_target import check_target
from nemovideo.sandbox import Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

SLOW_CALLS = frozenset(
    {
        *("open", "os.listdir", "os.scandir", "os.rename", "os.remove", "os.mkdir", "os.chmod"),
        *("os.truncate", "shutil.copyfile", "tempfile.mkstemp", "fcntl.flock", "fcntl.lockf"),
        *("time.sleep", "sqlite3.connect", "socket.getaddrinfo", "socket.gethostbyname"),
        *("subprocess.Popen", "os.system", "os.fork"),
    }
)
OURS = str(Path(nemovideo.__file__).parent)
MOST_SECONDS = 0.05


@dataclass
class Watch:
    """What blocked, and how long the longest step took."""

    thread: int | None = None
    blocked: list[str] = field(default_factory=list)
    longest: float = 0

    def see(self, event: str, arguments: tuple[object, ...]) -> None:
        """Take an audit event."""
        if event not in SLOW_CALLS or threading.get_ident() != self.thread:
            return
        if event == "fcntl.flock" and arguments[1] == fcntl.LOCK_UN:
            return  # nobody is waited for
        frame, files = sys._getframe(), list[str]()
        while frame.f_back is not None:
            frame = frame.f_back
            files.append(frame.f_code.co_filename)
        if any(name.startswith(OURS) for name in files):
            self.blocked.append(f"{event} {arguments[:1]}: {files[:6]}")


WATCH = Watch()
# A hook stays for as long as the process lives; without a thread to watch it does nothing.
sys.addaudithook(WATCH.see)


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Watch this thread, which runs the loop."""
    run = asyncio.Handle._run

    def measured(handle: asyncio.Handle) -> None:
        began = time.thread_time()
        run(handle)
        WATCH.longest = max(WATCH.longest, time.thread_time() - began)

    WATCH.blocked.clear()
    WATCH.longest, WATCH.thread = 0, threading.get_ident()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(asyncio.Handle, "_run", measured)
            yield WATCH
    finally:
        WATCH.thread = None


async def live(client: AsyncNemoVideo, folder: Path) -> None:
    """Upload, generate, download, look at it, and have some of it fail."""
    clip = folder / "silence.wav"
    with wave.open(str(clip), "wb") as sound:
        sound.setparams((2, 2, 44100, 0, "NONE", ""))
        sound.writeframes(bytes(2**22))
    video = await client.generate(
        "a 2-second video of a panda", files=[clip], path=folder / "panda.mp4"
    )
    await video.save(folder / "again.mp4")
    await video.save(f"memory://{folder}.mp4")
    await video.save(io.BytesIO())
    async with video.open() as chunks:
        assert b"".join([chunk async for chunk in chunks]) == await video.read()
    await video.frame(0.5)
    (folder / "again.mp4").unlink()
    await video.contact_sheet()
    project = client.open_project(video.session_id, video.task_id)
    await project.send("add a title that says Hello")
    await project.ask("status")
    await project.link()
    await client.recover()


async def test_nothing_of_ours_blocks_the_loop(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = Timing(
        poll_first=0.01,
        poll_max=0.05,
        retry_initial=0.01,
        silent_recheck=0.01,
        recovery_waits=(0.01,) * 5,
    )
    warm, cold = tmp_path / "warm", tmp_path / "cold"
    warm.mkdir()
    cold.mkdir()
    faults = (
        Fault("credits.retrieve", "status"),
        Fault("files.download", "cut", bytes=500),
        Fault("messages.stream", "cut", events=3),
    )
    for folder, is_watched in ((warm, False), (cold, True)):
        # What is loaded at first use is loaded in the first round.
        client = AsyncNemoVideo(base_url=sandbox.url, timing=waits, config_dir=folder / "config")
        with sandbox.inject(*faults):
            if is_watched:
                with watched(monkeypatch) as watch:
                    async with client:
                        await live(client, folder)
            else:
                async with client:
                    await live(client, folder)
    assert watch.blocked == []
    assert watch.longest <= MOST_SECONDS


async def test_the_watch_sees_what_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(monkeypatch) as watch:
        check_target(tmp_path / "x.mp4", "x.mp4")
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(lambda: sum(range(3_000_000)))
        await asyncio.sleep(0.001)
    assert watch.blocked
    assert watch.longest > 0.01
