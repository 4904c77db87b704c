"""A video goes where the user says: files, folders, open files, URLs, memory, pieces."""

from __future__ import annotations

import asyncio
import io
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Video, errors
from nemovideo.sandbox import Fault, Sandbox
from nemovideo.timeline.draft import Draft
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.resources.test_downloads import FILM, MIB, RENDER, film, pieces
from tests.scripted import Script
from tests.stores import HalfwayStore

pytestmark = pytest.mark.anyio

Build = Callable[..., AsyncNemoVideo]


def video_of(client: AsyncNemoVideo) -> Video:
    return Video(client._resources, "s-1", None, "", Draft(), RENDER)


async def collect(chunks: AsyncIterator[bytes], came: list[bytes]) -> None:
    async for chunk in chunks:
        came.append(chunk)  # noqa: PERF401  # what came before an error stays


class AsyncFile:
    """An open file whose `write` is async."""

    def __init__(self) -> None:
        self.data = b""

    async def write(self, data: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        self.data += data


class Reluctant(io.RawIOBase):
    """An unbuffered file that takes a part of what it is given."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        taken = bytes(data[:1000_003])
        self.data += taken
        return len(taken)


@pytest.fixture
async def video(build: Build, script: Script) -> AsyncIterator[Video]:
    """A rendered video, whose film comes as it is."""
    script.on("/film.mp4", film)
    async with build() as client:
        yield video_of(client)


async def test_an_open_file_gets_the_film(video: Video, tmp_path: Path) -> None:
    with (tmp_path / "a.mp4").open("wb") as file:
        assert await video.save(file) is None
        assert not file.closed
        assert (tmp_path / "a.mp4").read_bytes() == FILM
    assert video.path is None


async def test_a_buffer_gets_the_film_where_it_stands(video: Video) -> None:
    buffer = io.BytesIO(b"before")
    buffer.seek(6)
    reported: list[tuple[int, int]] = []
    await video.save(buffer, on_progress=lambda done, total: reported.append((done, total)))
    assert buffer.getvalue() == b"before" + FILM
    assert reported[-1] == (len(FILM), len(FILM))


async def test_an_async_file_gets_the_film(video: Video, tmp_path: Path) -> None:
    own = AsyncFile()
    await video.save(own)
    async with await anyio.open_file(tmp_path / "a.mp4", "wb") as file:
        await video.save(file)
    assert own.data == (tmp_path / "a.mp4").read_bytes() == FILM


async def test_a_file_that_takes_a_part_gets_the_rest(video: Video) -> None:
    file = Reluctant()
    await video.save(file)
    assert file.data == FILM


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_stream_writer_gets_the_film(video: Video) -> None:
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.read())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        await video.save(writer)
        writer.write_eof()
        await reader.read()
        writer.close()
    assert came == [FILM]


async def test_an_open_file_gets_nothing_of_a_film_that_does_not_arrive(
    build: Build, script: Script
) -> None:
    script.on("/film.mp4", lambda request: film(request, 2 * MIB))
    script.on("/download", Reply(404))
    script.on("/film.mp4", Reply(404))
    buffer = io.BytesIO()
    async with build() as client:
        with pytest.raises(errors.DownloadError):
            await video_of(client).save(buffer)
    assert buffer.getvalue() == b""


async def test_a_url_that_became_a_path_is_reported(video: Video) -> None:
    with pytest.raises(errors.InvalidInputError) as caught:
        await video.save(Path("s3://films/a.mp4"))
    assert "as text" in (caught.value.hint or "")


@pytest.mark.parametrize("mode", ["w", "rb", "closed", "no file", "none"])
async def test_what_no_film_can_be_written_to_is_refused_before_anything_is_sent(
    build: Build, transport: MemoryTransport, tmp_path: Path, mode: str
) -> None:
    (tmp_path / "a.mp4").touch()
    with (tmp_path / "a.mp4").open("w" if mode in {"w", "closed"} else "rb") as file:
        target: Any = {"no file": 7, "none": None}.get(mode, file)
        if mode == "closed":
            file.close()
        async with build() as client:
            with pytest.raises(errors.InvalidInputError) as caught:
                await video_of(client).save(target)
    assert caught.value.parameter == "target"
    assert caught.value.accepted
    assert transport.requests == []


@pytest.mark.parametrize("target", ["no/such/folder/a.mp4", "a.gif", "nope://a/b.mp4", ""])
async def test_a_target_that_cannot_be_written_is_refused_by_its_name(
    video: Video, transport: MemoryTransport, target: str
) -> None:
    with pytest.raises(errors.InvalidInputError) as caught:
        await video.save(target)
    assert caught.value.parameter == "target"
    assert transport.requests == []


async def test_a_url_of_this_machine_is_a_path(video: Video, tmp_path: Path) -> None:
    assert await video.save(f"file://{tmp_path}/a.mp4") == tmp_path / "a.mp4"
    assert (tmp_path / "a.mp4").read_bytes() == FILM


async def test_a_url_gets_the_film_and_is_where_it_is(video: Video, memory: Any) -> None:
    saved = await video.save("memory://films/panda.mp4")
    assert memory.cat_file("/films/panda.mp4") == FILM
    assert str(saved) == str(video.path) == video.to_dict()["path"] == "memory://films/panda.mp4"
    assert saved.name == "panda.mp4"


async def test_a_bucket_gets_the_film_as_one_object(video: Video, s3: Any, bucket: str) -> None:
    await video.save(f"s3://{bucket}/films/")
    assert s3.cat_file(f"{bucket}/films/render_1.mp4") == FILM


async def test_a_film_that_does_not_arrive_is_no_object(
    build: Build, script: Script, s3: Any, bucket: str
) -> None:
    script.on("/film.mp4", lambda request: film(request, 2 * MIB), Reply(404))
    script.on("/download", Reply(404))
    async with build() as client:
        with pytest.raises(errors.DownloadError):
            await video_of(client).save(f"s3://{bucket}/a.mp4")
    assert s3.ls(bucket) == []


async def test_a_cancelled_upload_leaves_nothing_in_the_bucket(
    video: Video, s3: Any, bucket: str
) -> None:
    with anyio.CancelScope() as scope:

        def cancel_at_the_end(done: int, total: int) -> None:
            if done == total:
                scope.cancel()

        await video.save(f"s3://{bucket}/a.mp4", on_progress=cancel_at_the_end)
    assert scope.cancelled_caught
    assert s3.ls(bucket) == []
    assert s3.call_s3("list_multipart_uploads", Bucket=bucket).get("Uploads", []) == []


LARGE = FILM * 8
"""Three parts of a multipart upload."""


@pytest.fixture
def large_video(build: Build, script: Script, s3: Any) -> Video:
    """A rendered video of several parts, and the credentials of a store."""
    script.on("/film.mp4", Reply(200, {"content-length": str(len(LARGE))}, pieces(LARGE)))
    return video_of(build())


async def test_a_store_that_refuses_a_part_is_a_download_error_and_gets_its_parts_back(
    large_video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HalfwayStore(403) as store:
        store.may_answer.set()
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
        with pytest.raises(errors.DownloadError, match="No more of this") as caught:
            await large_video.save("s3://films/a.mp4")
    assert "kept by the service" in (caught.value.hint or "")
    assert "DELETE uploadId" in store.came
    assert "POST uploadId" not in store.came


async def test_a_save_that_is_cancelled_during_a_part_ends_the_upload(
    large_video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HalfwayStore(200) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(large_video.save, "s3://films/a.mp4")
            await anyio.to_thread.run_sync(store.is_halfway.wait)
            tasks.cancel_scope.cancel()
            store.may_answer.set()
    assert "DELETE uploadId" in store.came
    assert "POST uploadId" not in store.came


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_save_that_asyncio_cancels_during_a_part_ends_the_upload(
    large_video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HalfwayStore(200) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
        task = asyncio.create_task(large_video.save("s3://films/a.mp4"))
        await anyio.to_thread.run_sync(store.is_halfway.wait)
        task.cancel()
        await anyio.wait_all_tasks_blocked()
        store.may_answer.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert "DELETE uploadId" in store.came
    assert "POST uploadId" not in store.came


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file grow beyond nine mebibytes: a little more than is kept in memory."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9 * MIB, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("small_disk")
async def test_a_full_temporary_folder_ends_the_save_and_writes_nothing(
    build: Build, script: Script, memory: Any
) -> None:
    large = FILM * 4
    script.on("/film.mp4", Reply(200, {"content-length": str(len(large))}, pieces(large)))
    async with build() as client:
        with pytest.raises(errors.DownloadError, match="no space left"):
            await video_of(client).save("memory://a.mp4")
        assert not memory.store
        assert await video_of(client).read() == large


async def test_a_full_disk_behind_an_open_file_is_a_download_error(video: Video) -> None:
    full = pytest.raises(errors.DownloadError, match="no space left for /dev/full")
    with open("/dev/full", "wb", buffering=0) as file, full as caught:  # noqa: ASYNC230, PTH123
        await video.save(file)
    assert caught.value.path == "/dev/full"


async def test_a_film_is_read_into_memory(video: Video) -> None:
    assert await video.read() == FILM


@pytest.mark.parametrize("broken_after", [2**15, MIB, len(FILM) - 1])
async def test_a_film_comes_in_pieces_and_goes_on_where_it_broke(
    build: Build, script: Script, broken_after: int
) -> None:
    script.on("/film.mp4", lambda request: film(request, broken_after), film)
    async with build() as client, video_of(client).open() as chunks:
        came = [chunk async for chunk in chunks]
    assert b"".join(came) == FILM
    assert len(came) > 10


async def test_the_first_piece_is_given_before_the_last_has_come(
    build: Build, script: Script
) -> None:
    taken = anyio.Event()

    async def until_the_first_is_taken() -> AsyncIterator[bytes]:
        yield FILM[:1000]
        await taken.wait()
        yield FILM[1000:]

    script.on("/film.mp4", lambda _request: Reply(body=until_the_first_is_taken()))
    came = b""
    async with build() as client, video_of(client).open() as chunks:
        async for chunk in chunks:
            came += chunk
            taken.set()
    assert came == FILM


async def test_pieces_of_another_file_are_not_appended(build: Build, script: Script) -> None:
    def another(request: Request) -> Reply:
        return Reply(200, {"etag": '"2"', "content-length": str(len(FILM))}, pieces(FILM))

    script.on("/film.mp4", lambda request: film(request, MIB), another)
    script.on("/download", another)
    came: list[bytes] = []
    async with build() as client, video_of(client).open() as chunks:
        with pytest.raises(errors.DownloadError) as caught:
            await collect(chunks, came)
    assert caught.value.path is None
    assert FILM.startswith(b"".join(came))


async def test_a_cut_film_of_unknown_length_is_an_error_at_its_end(
    build: Build, script: Script
) -> None:
    head = b"\0\0\0\x10ftypmp42mp42" + b"\0\1\0\0moov" + b"x" * 100
    script.on("/film.mp4", Reply(200, {}, [head]))
    script.on("/download", Reply(200, {}, [head]))
    async with build() as client, video_of(client).open() as chunks:
        with pytest.raises(errors.DownloadError):
            await collect(chunks, [])


async def test_leaving_the_pieces_early_closes_the_connection(build: Build, script: Script) -> None:
    closed: list[bool] = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield FILM[:1000]
        finally:
            closed.append(True)

    script.on("/film.mp4", lambda _request: Reply(body=endless()))
    async with build() as client, video_of(client).open() as chunks:
        assert await anext(aiter(chunks))
    assert closed == [True]


async def test_an_error_of_the_reader_comes_through(video: Video) -> None:
    async def fail() -> None:
        async with video.open() as chunks:
            async for _ in chunks:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()


async def test_generate_and_export_take_a_url(
    client: AsyncNemoVideo, sandbox: Sandbox, memory: Any
) -> None:
    video = await client.generate("a 2-second fox", path="memory://films/fox.mp4")
    assert str(video.path) == "memory://films/fox.mp4"
    again = await client.open_project(video.session_id).export("memory://films/")
    assert str(again.path) == f"memory://films/{again.render_id}.mp4"
    assert memory.cat_file("/films/fox.mp4") == await video.read()
    assert await client.recover() == []


async def test_a_taken_url_is_refused_before_the_prompt_is_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, memory: Any
) -> None:
    memory.pipe_file("/fox.mp4", b"another")
    with pytest.raises(errors.InvalidInputError, match="there already") as caught:
        await client.generate("a 2-second fox", path="memory://fox.mp4")
    assert caught.value.parameter == "path"
    assert not sandbox.requests


async def test_what_was_to_go_to_a_url_goes_there_when_it_is_resumed(
    client: AsyncNemoVideo, sandbox: Sandbox, memory: Any
) -> None:
    gone = [Fault(name, "status", status=404, times=9) for name in ("files.*", "renders.download")]
    with sandbox.inject(*gone), pytest.raises(errors.DownloadError):
        await client.generate("a 2-second fox", path="memory://films/fox.mp4")
    (item,) = await client.recover()
    assert str(item.path) == "memory://films/fox.mp4"
    memory.pipe_file("/films/fox.mp4", b"another")
    video = await item.resume()
    assert isinstance(video, Video)
    assert str(video.path) == str(item.path)
    assert memory.cat_file("/films/fox.mp4") == b"another"
    assert memory.cat_file(f"/{str(video.path).removeprefix('memory://')}") == await video.read()


async def test_a_video_that_is_not_rendered_is_rendered_to_be_read(
    client: AsyncNemoVideo,
) -> None:
    video = await client.generate("a 2-second fox", export=False)
    data = await video.read()
    assert data[4:8] == b"ftyp"
    async with video.open() as chunks:
        assert b"".join([chunk async for chunk in chunks]) == data
