"""How slowly a file may come, on a virtual clock."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Render, Timing, errors
from nemovideo.transports import MemoryTransport, Reply
from tests.clocks import virtual

pytestmark = pytest.mark.anyio

FILM = random.Random(1).randbytes(300_000)
TIMING = Timing(connect=10, request=60)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return virtual(request.param)


async def pieces(size: int, seconds: float) -> AsyncIterator[bytes]:
    for at in range(0, len(FILM), size):
        await anyio.sleep(seconds)
        yield FILM[at : at + size]


async def quick_and_then_drop_by_drop() -> AsyncIterator[bytes]:
    yield FILM[:200_000]
    for at in range(200_000, len(FILM)):
        await anyio.sleep(20)
        yield FILM[at : at + 1]


async def download(folder: Path, body: Callable[[], AsyncIterator[bytes]]) -> bytes:
    client = AsyncNemoVideo(
        transport=MemoryTransport(lambda _: Reply(200, {}, body())),
        token="nmv_usr_x",
        journal=False,
        timing=TIMING,
        max_retries=0,
        config_dir=folder / "config",
    )
    render = Render(id="r", status="completed", size=len(FILM))
    return (await client.renders.download(render, folder / "film.mp4")).read_bytes()


@pytest.mark.parametrize(("size", "seconds"), [(600, 11), (3100, 59)])
async def test_a_file_that_comes_slowly_arrives(tmp_path: Path, size: int, seconds: float) -> None:
    """A hundredth of it in the time of a request is enough."""
    began = anyio.current_time()
    assert await download(tmp_path, lambda: pieces(size, seconds)) == FILM
    assert anyio.current_time() - began >= len(FILM) // size * seconds


@pytest.mark.parametrize(
    "body", [lambda: pieces(100, 20), quick_and_then_drop_by_drop], ids=["always", "in the end"]
)
async def test_a_file_that_comes_drop_by_drop_is_given_up(
    tmp_path: Path, body: Callable[[], AsyncIterator[bytes]]
) -> None:
    began = anyio.current_time()
    with pytest.raises(errors.DownloadError, match=r"Only .* bytes came in"):
        await download(tmp_path, body)
    assert anyio.current_time() - began <= 300


async def test_a_file_that_stops_coming_is_given_up(tmp_path: Path) -> None:
    began = anyio.current_time()
    with pytest.raises(errors.DownloadError):
        await download(tmp_path, lambda: pieces(3000, 61))
    assert anyio.current_time() - began == pytest.approx(60)
