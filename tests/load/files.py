"""What 500 MB cost: memory, the loop's longest stall and time, up by path and down to disk.

    python tests/load/files.py --megabytes 500

Prints the figures, and exits with 1 when more than 32 MB were taken or the loop stood for 50 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nemovideo import AsyncNemoVideo, Render, Timing

MOST_MEMORY_MB = 32
MOST_STALL_MS = 50
CHUNK = bytes(2**18)
ENVELOPE = '{"code": 0, "data": %s}'
STATE = ENVELOPE % '{"state": {"draft": {}, "video_infos": []}}'
UPLOADED = ENVELOPE % '{"files": [{"filename": "clip.mp4", "file_type": "video"}]}'


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int) -> None:
    """Answer as the service and as the file host, as fast as it goes."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode().split("\r\n")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
            left = int(headers.get("content-length", 0))
            while left:
                left -= len(await reader.read(min(left, 2**20)))
            if "/film" in first:
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
                for _ in range(size // len(CHUNK)):
                    writer.write(CHUNK)
                    await writer.drain()
            else:
                body = (UPLOADED if "upload" in first else STATE).encode()
                answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(answer.encode() + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


@contextmanager
def served(size: int) -> Iterator[str]:
    """Run that in a process of its own, so that what is measured is the client's."""
    ready_out, ready_in = os.pipe()
    child = os.fork()
    if child == 0:
        asyncio.run(_serve_for_ever(size, ready_in))
        os._exit(0)
    port = int(os.read(ready_out, 100))
    os.close(ready_out)
    os.close(ready_in)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.kill(child, 15)
        os.waitpid(child, 0)


async def _serve_for_ever(size: int, ready: int) -> None:
    server = await asyncio.start_server(
        lambda reader, writer: serve(reader, writer, size), "127.0.0.1", 0, limit=2**20
    )
    os.write(ready, str(server.sockets[0].getsockname()[1]).encode())
    await server.serve_forever()


@dataclass
class Cost:
    """What one transfer took."""

    seconds: float = 0
    memory_mb: float = 0
    stall_ms: float = 0


def resident_mb() -> float:
    """Return the memory that the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


async def measure(work: Callable[[], Awaitable[object]]) -> Cost:
    """Do the work with a thread that watches the memory and a task that watches the loop."""
    cost, over, base = Cost(), threading.Event(), resident_mb()

    def watch_memory() -> None:
        while not over.wait(0.005):
            cost.memory_mb = max(cost.memory_mb, resident_mb() - base)

    async def watch_loop() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            late = (time.perf_counter() - began - 0.005) * 1000
            cost.stall_ms = max(cost.stall_ms, late)

    watcher, thread = asyncio.create_task(watch_loop()), threading.Thread(target=watch_memory)
    thread.start()
    began = time.perf_counter()
    try:
        await work()
    finally:
        cost.seconds = time.perf_counter() - began
        watcher.cancel()
        over.set()
        thread.join()
    return cost


async def run(url: str, folder: Path, size: int) -> dict[str, Cost]:
    """Send a file of that size and fetch one."""
    clip, small = folder / "clip.mp4", folder / "small.mp4"
    start = b"\0\0\0\x18ftypisom" + bytes(12)
    small.write_bytes(start + bytes(2**16))
    with clip.open("wb") as file:
        file.write(start)
        file.truncate(size)
    render = Render(id="render_1", status="completed", url=f"{url}/film")
    timing = Timing(request=300)
    async with AsyncNemoVideo(
        base_url=url, token="t", config_dir=folder / "c", timing=timing
    ) as client:
        # What is loaded at first use is not the transfer's.
        await client.uploads.create("s", small)
        up = await measure(lambda: client.uploads.create("s", clip))
        down = await measure(lambda: client.renders.download(render, folder / "film.mp4"))
    if (folder / "film.mp4").stat().st_size != size:
        raise RuntimeError("the film did not arrive whole")
    return {"upload": up, "download": down}


def main() -> int:
    """Run it all; 1 when a limit was passed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=500)
    size = parser.parse_args().megabytes * 2**20
    with tempfile.TemporaryDirectory() as folder, served(size) as url:
        costs = asyncio.run(run(url, Path(folder), size))
    failed = False
    for name, cost in costs.items():
        print(
            f"{name:10}{size / 2**20:.0f} MB in {cost.seconds:.2f} s,"
            f" {cost.memory_mb:.1f} MB more memory, longest stall {cost.stall_ms:.0f} ms"
        )
        failed |= cost.memory_mb > MOST_MEMORY_MB or cost.stall_ms > MOST_STALL_MS
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
