"""Downloads of several batches: written beside the receiving, whole or not there at all."""

from __future__ import annotations

import random
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Render, errors
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.scripted import Script

pytestmark = pytest.mark.anyio

MIB = 2**20
FILM = random.Random(1).randbytes(3 * MIB + 500)
RENDER = Render(id="render_1", status="completed", url="https://files.example/film.mp4")

Build = Callable[..., AsyncNemoVideo]


def pieces(data: bytes, size: int = 2**16) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def film(request: Request, broken_after: int | None = None) -> Reply:
    """Answer with the film, or with what the request says is missing of it."""
    start = int(request.headers.get("range", "bytes=0-")[len("bytes=") : -1])
    headers = {"etag": '"1"', "content-length": str(len(FILM) - start)}
    if start:
        headers["content-range"] = f"bytes {start}-{len(FILM) - 1}/{len(FILM)}"
    rest: list[bytes | Exception] = [*pieces(FILM[start:])]
    if broken_after is not None:
        broken = errors.APIConnectionError("the connection broke", phase="read")
        rest = [*pieces(FILM[start:broken_after]), broken]
    return Reply(206 if start else 200, headers, rest)


@pytest.mark.parametrize(
    ("headers", "page"),
    [
        ({"content-type": "text/html"}, b"<!doctype html><title>Link expired</title>"),
        ({"content-type": "text/plain"}, b"Link expired"),
        ({}, b' {"code": 404, "message": "expired"}'),
        ({"content-type": "application/octet-stream"}, b"\xef\xbb\xbf<html>no</html>"),
        ({"content-type": "application/json"}, b'{"code": 0, "data": {}}'),
    ],
)
async def test_a_page_in_place_of_the_film_is_not_taken_for_it(
    build: Build, script: Script, tmp_path: Path, headers: dict[str, str], page: bytes
) -> None:
    script.on("/film.mp4", Reply(200, headers, page))
    script.on("/download", film)
    async with build() as client:
        path = await client.renders.download(RENDER, tmp_path / "a.mp4")
    assert path.read_bytes() == FILM


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example/film.mp4",
        "https://127.0.0.1/film.mp4",
        "https://me@a.example/film.mp4",
    ],
)
async def test_what_lies_where_nobody_should_be_sent_is_asked_of_the_service(
    build: Build, script: Script, transport: MemoryTransport, tmp_path: Path, url: str
) -> None:
    script.on("/film.mp4", film)
    script.on("/download", film)
    async with build(token="nmv_usr_x") as client:
        await client.renders.download(RENDER.model_copy(update={"url": url}), tmp_path / "a.mp4")
    assert [request.url.rpartition("/")[2] for request in transport.requests] == ["download"]


async def test_pages_everywhere_are_an_error_that_quotes_the_service(
    build: Build, script: Script, tmp_path: Path
) -> None:
    script.on("/film.mp4", Reply(200, {}, b"<html>"))
    script.on("/download", Reply(200, {}, b'{"code": 404, "message": "expired"}'))
    async with build() as client:
        with pytest.raises(errors.DownloadError, match="expired"):
            await client.renders.download(RENDER, tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()


async def test_a_film_that_is_called_a_text_is_a_film(
    build: Build, script: Script, tmp_path: Path
) -> None:
    data = b"\0\0\0\x18ftypmp42" + FILM
    script.on("/film.mp4", Reply(200, {"content-type": "text/plain"}, pieces(data)))
    async with build() as client:
        path = await client.renders.download(RENDER, tmp_path / "a.mp4")
    assert path.read_bytes() == data


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file grow beyond a mebibyte and a half."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * MIB // 2, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


async def test_a_file_of_several_batches_arrives_as_it_was_sent(
    build: Build, script: Script, tmp_path: Path
) -> None:
    script.on("/film.mp4", film)
    reported: list[tuple[int, int]] = []
    async with build() as client:
        path = await client.renders.download(
            RENDER,
            tmp_path / "a.mp4",
            on_progress=lambda done, total: reported.append((done, total)),
        )
    assert path.read_bytes() == FILM
    assert reported == sorted(reported)
    assert reported[-1] == (len(FILM), len(FILM))


@pytest.mark.parametrize("broken_after", [2**15, MIB, 2 * MIB + 5000, len(FILM) - 1])
async def test_a_download_that_broke_goes_on_where_it_broke(
    build: Build, script: Script, tmp_path: Path, broken_after: int
) -> None:
    script.on("/film.mp4", lambda request: film(request, broken_after), film)
    async with build() as client:
        path = await client.renders.download(RENDER, tmp_path / "a.mp4")
    assert path.read_bytes() == FILM


@pytest.mark.parametrize(
    "reported", [{}, {"content-range": f"bytes 5-{len(FILM) - 1}/{len(FILM)}"}]
)
async def test_another_part_than_was_asked_for_is_not_taken_for_the_film(
    build: Build, script: Script, tmp_path: Path, reported: dict[str, str]
) -> None:
    def rest(request: Request) -> Reply:
        assert "range" in request.headers
        left = FILM[2 * MIB :]
        return Reply(206, {"content-length": str(len(left)), **reported}, pieces(left))

    script.on("/film.mp4", lambda request: film(request, 2 * MIB), rest, film)
    async with build() as client:
        path = await client.renders.download(RENDER, tmp_path / "a.mp4")
    assert path.read_bytes() == FILM


@pytest.mark.usefixtures("small_disk")
@pytest.mark.parametrize("broken_after", [None, 2 * MIB + 5000])
async def test_a_disk_that_fills_up_ends_the_download(
    build: Build, script: Script, tmp_path: Path, broken_after: int | None
) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Reply:
        asked.append(request)
        return film(request, broken_after)

    script.on("/film.mp4", answer)
    (tmp_path / "a.mp4").write_bytes(b"old")
    async with build() as client:
        with pytest.raises(errors.DownloadError, match="no space left"):
            await client.renders.download(RENDER, tmp_path / "a.mp4")
    assert len(asked) == 1
    assert (tmp_path / "a.mp4").read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} <= {"a.mp4", "config"}


async def test_a_download_that_is_cancelled_between_batches_leaves_nothing(
    build: Build, script: Script, tmp_path: Path
) -> None:
    with anyio.CancelScope() as scope:

        async def until_cancelled() -> AsyncIterator[bytes]:
            for piece in pieces(FILM):
                yield piece
            scope.cancel()
            await anyio.sleep_forever()

        script.on("/film.mp4", lambda _request: Reply(body=until_cancelled()))
        async with build() as client:
            await client.renders.download(RENDER, tmp_path / "a.mp4")
    assert scope.cancelled_caught
    assert {path.name for path in tmp_path.iterdir()} <= {"config"}
