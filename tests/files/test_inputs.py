"""Files of the user: what is refused, what is sent, what is left open."""

from __future__ import annotations

import email
import email.policy
import io
import os
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from itertools import pairwise
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.errors import (
    UPLOAD_LIMIT_BYTES,
    FileTooLargeError,
    InvalidInputError,
    UnsupportedFileError,
)
from nemovideo.files import sources
from nemovideo.files.inputs import FileInput, build_upload_form, check_urls
from nemovideo.files.multipart import MultipartBody, Part
from nemovideo.files.sources import BytesSource, PathSource
from nemovideo.transports import AiohttpTransport, HttpxTransport, Request
from tests.transports.conftest import RawServer, server

__all__ = ["server"]

pytestmark = pytest.mark.anyio

MP4 = b"\0\0\0\x20ftypisom" + bytes(range(256)) * 20
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(MP4)
    return path


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "CHUNK_BYTES", 1000)


async def read(body: MultipartBody) -> bytes:
    async with aclosing(body.chunks()) as chunks:
        return b"".join([chunk async for chunk in chunks])


def parsed(body: MultipartBody, data: bytes) -> list[tuple[str | None, str, bytes]]:
    """Read the form with the standard library's parser: file name, MIME type, content."""
    head = f"Content-Type: {body.content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + data, policy=email.policy.HTTP)
    parts = list(message.iter_parts())
    assert all(part.get_param("name", header="content-disposition") == "files" for part in parts)
    return [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in parts
    ]


async def test_every_form_of_a_file_is_sent(clip: Path) -> None:
    with clip.open("rb") as opened, clip.open("rb") as paired:
        files: list[FileInput] = [
            str(clip),
            clip,
            ("logo.png", PNG),
            opened,
            ("other.mov", paired),
            ("memory.mp4", io.BytesIO(MP4)),
        ]
        body = await build_upload_form(files)
        data = await read(body)
        assert not opened.closed
    assert len(data) == body.content_length
    assert parsed(body, data) == [
        ("clip.mp4", "video/mp4", MP4),
        ("clip.mp4", "video/mp4", MP4),
        ("logo.png", "image/png", PNG),
        ("clip.mp4", "video/mp4", MP4),
        ("other.mov", "video/quicktime", MP4),
        ("memory.mp4", "video/mp4", MP4),
    ]


async def test_a_jpeg_is_sent_with_the_ending_that_the_service_knows() -> None:
    body = await build_upload_form([("me.JPEG", b"\xff\xd8\xff\xe0")])
    assert [part.name for part in body.parts] == ["me.jpg"]


async def test_a_path_as_a_name_is_cut_to_its_last_part() -> None:
    body = await build_upload_form([("C:\\clips/a.mp4", MP4)])
    assert [part.name for part in body.parts] == ["a.mp4"]


async def test_an_open_file_is_sent_from_where_it_stands() -> None:
    file = io.BytesIO(b"junk" + MP4)
    file.seek(4)
    body = await build_upload_form([("clip.mp4", file)])
    assert parsed(body, await read(body))[0][2] == MP4


@pytest.mark.usefixtures("small_chunks")
async def test_a_form_can_be_read_again(clip: Path) -> None:
    body = await build_upload_form([clip, ("b.mp4", io.BytesIO(MP4))])
    assert await read(body) == await read(body)


def _folder(path: Path) -> FileInput:
    return path


def _missing(path: Path) -> FileInput:
    return path / "none.mp4"


def _below_a_file(path: Path) -> FileInput:
    (path / "file").write_bytes(b"x")
    return path / "file" / "none.mp4"


def _nul(path: Path) -> FileInput:
    return "a\0.mp4"


def _empty(path: Path) -> FileInput:
    (path / "empty.mp4").touch()
    return path / "empty.mp4"


def _fifo(path: Path) -> FileInput:
    os.mkfifo(path / "pipe.mp4")
    return path / "pipe.mp4"


def _no_bytes(path: Path) -> FileInput:
    return ("empty.mp4", b"")


def _text(path: Path) -> FileInput:
    return ("a.mp4", io.StringIO("text"))  # type: ignore[return-value]  # what users do


def _nameless(path: Path) -> FileInput:
    return io.BytesIO(MP4)


def _number(path: Path) -> FileInput:
    return 5  # type: ignore[return-value]  # what users do


def _triple(path: Path) -> FileInput:
    return ("a.mp4", MP4, "video/mp4")  # type: ignore[return-value]  # what users do


def _named_number(path: Path) -> FileInput:
    return ("a.mp4", 5)  # type: ignore[return-value]  # what users do


def _closed(path: Path) -> FileInput:
    file = io.BytesIO(MP4)
    file.close()
    return ("a.mp4", file)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_folder, "is a folder"),
        (_missing, "There is no file none.mp4"),
        (_below_a_file, "There is no file none.mp4"),
        (_nul, "There is no file"),
        (_empty, "empty.mp4 is empty"),
        (_fifo, "is not a regular file"),
        (_no_bytes, "empty.mp4 is empty"),
        (_text, "open as text"),
        (_nameless, "has no name"),
        (_number, "That is no file"),
        (_triple, "a name and its content"),
        (_named_number, "can be read twice"),
        (_closed, "cannot be read: it is closed"),
    ],
)
async def test_what_is_no_file_is_refused(
    tmp_path: Path, make: Callable[[Path], FileInput], said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said) as caught:
        await build_upload_form([make(tmp_path)])
    assert caught.value.parameter == "file"
    assert caught.value.hint


async def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="No file was given"):
        await build_upload_form([])


async def test_a_file_in_a_loop_of_links_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").symlink_to(tmp_path / "b.mp4")
    (tmp_path / "b.mp4").symlink_to(tmp_path / "a.mp4")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        await build_upload_form([tmp_path / "a.mp4"])


@contextmanager
def unprivileged() -> Iterator[None]:
    """Give up what root may do, where this is root: root may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


async def test_a_file_without_permission_is_unreadable(clip: Path) -> None:
    await build_upload_form([clip])  # loads all that it needs
    clip.chmod(0)
    with unprivileged(), pytest.raises(InvalidInputError, match="be read: permission denied"):
        await build_upload_form([clip])


@pytest.mark.parametrize("name", ["notes.txt", "clip", ".mp4"])
async def test_a_kind_that_is_not_taken_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(UnsupportedFileError) as caught:
        await build_upload_form([(name, MP4)])
    assert "mp4" in caught.value.supported
    assert "webm" in str(caught.value)


async def test_content_that_is_not_what_the_name_says_is_refused() -> None:
    with pytest.raises(UnsupportedFileError, match="its content is something else"):
        await build_upload_form([("clip.mp4", b"%PDF-1.7, whatever its name")])


@pytest.mark.parametrize("over", [0, 1])
async def test_the_limit_is_five_hundred_megabytes(tmp_path: Path, over: int) -> None:
    path = tmp_path / "big.mp4"
    with path.open("wb") as file:
        file.write(MP4)
        file.truncate(UPLOAD_LIMIT_BYTES + over)
    if not over:
        assert (await build_upload_form([path])).parts[0].size == UPLOAD_LIMIT_BYTES
        return
    with pytest.raises(FileTooLargeError, match="500 MB at most") as caught:
        await build_upload_form([path])
    assert caught.value.limit_bytes == UPLOAD_LIMIT_BYTES


@pytest.mark.usefixtures("small_chunks")
async def test_progress_rises_to_the_total_and_never_falls(clip: Path) -> None:
    reported: list[tuple[int, int]] = []
    body = await build_upload_form(
        [clip, ("b.mp4", MP4)], lambda done, total: reported.append((done, total))
    )
    await read(body)
    await read(body)
    total = 2 * len(MP4)
    assert reported[-1] == (total, total)
    assert {each for _, each in reported} == {total}
    assert all(before < after for (before, _), (after, _) in pairwise(reported))


async def test_progress_may_be_reported_to_an_async_callback(clip: Path) -> None:
    reported: list[int] = []

    async def observe(done: int, total: int) -> None:
        await anyio.lowlevel.checkpoint()
        reported.append(done)

    await read(await build_upload_form([clip], observe))
    assert reported == [len(MP4)]


@pytest.mark.parametrize("size", [len(MP4) - 1, len(MP4) + 1])
@pytest.mark.usefixtures("small_chunks")
async def test_a_file_that_changed_since_the_check_is_an_error(clip: Path, size: int) -> None:
    body = await build_upload_form([clip])
    os.truncate(clip, size)
    with pytest.raises(InvalidInputError, match="changed while it was being uploaded"):
        await read(body)


@pytest.mark.parametrize("size", [2500, len(MP4) + 1])
@pytest.mark.usefixtures("small_chunks")
async def test_a_file_that_changes_while_it_is_sent_is_never_completed(
    clip: Path, size: int
) -> None:
    body = await build_upload_form([clip])
    got: list[bytes] = []

    async def send() -> None:
        async for chunk in body.chunks():
            os.truncate(clip, size)
            got.append(chunk)

    with pytest.raises(InvalidInputError, match="changed while it was being uploaded"):
        await send()
    assert got
    assert not got[-1].endswith(b"--\r\n")


async def test_a_file_that_was_replaced_by_one_of_the_same_size_is_an_error(clip: Path) -> None:
    body = await build_upload_form([clip])
    os.utime(clip, ns=(1, 1))
    with pytest.raises(InvalidInputError, match="changed"):
        await read(body)


async def test_a_file_that_is_gone_when_it_is_sent_is_an_error(clip: Path) -> None:
    body = await build_upload_form([clip])
    clip.unlink()
    with pytest.raises(InvalidInputError, match="cannot be read: no such file"):
        await read(body)


@pytest.mark.usefixtures("small_chunks")
async def test_a_file_is_closed_when_its_reading_is_given_up(clip: Path) -> None:
    body = await build_upload_form([clip])
    before = _open_files()
    async with aclosing(body.chunks()) as chunks:
        await anext(chunks)
        await anext(chunks)
        assert _open_files() == before + 1
    assert _open_files() == before


def _open_files() -> int:
    return sum(
        1 for each in Path("/proc/self/fd").iterdir() if os.path.realpath(each).endswith(".mp4")
    )


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
async def test_a_cancelled_upload_leaves_no_file_open(
    clip: Path, server: RawServer, anyio_backend_name: str
) -> None:
    with clip.open("ab") as file:
        file.truncate(64 * 2**20)
    body = await build_upload_form([clip])
    made = AiohttpTransport() if anyio_backend_name == "asyncio" else HttpxTransport()
    async with made as transport, anyio.create_task_group() as tasks:
        tasks.start_soon(transport.send, Request("POST", server.url("/no-read"), body=body))
        await anyio.to_thread.run_sync(server.arrived.acquire)
        tasks.cancel_scope.cancel()
    assert _open_files() == 0


@given(st.text(min_size=1).map(lambda stem: f"{stem}.mp4"))
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    body = MultipartBody([Part(name, "video/mp4", len(MP4), BytesSource(MP4))])
    data = anyio.run(read, body)
    assert len(data) == body.content_length
    head, _, rest = data.partition(b"\r\n\r\n")
    assert rest.startswith(MP4)
    assert head.count(b"\r\n") == 2
    assert head.count(b'"') == 4


async def test_an_odd_name_arrives(server: RawServer, anyio_backend_name: str) -> None:
    made = AiohttpTransport() if anyio_backend_name == "asyncio" else HttpxTransport()
    body = await build_upload_form([('熊猫 "q"\r\n.mp4', MP4)])
    async with made as transport:
        await transport.send(Request("POST", server.url("/echo"), body=body))
    assert 'filename="熊猫 %22q%22%0D%0A.mp4"'.encode() in server.seen[0].body


def test_a_source_shows_none_of_its_bytes() -> None:
    assert "ftyp" not in repr(BytesSource(MP4))
    assert "clip.mp4" in repr(PathSource(Path("clip.mp4"), 1, 1))


@pytest.mark.parametrize("url", ["https://example.com/a.mp4", "http://1.2.3.4:80/a?b=c"])
def test_an_address_to_fetch_from_is_taken(url: str) -> None:
    assert check_urls([url]) == (url,)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.mp4",
        "ftp://h/a.mp4",
        "https://",
        "https://h:x/",
        "http://[/",
        "https://u:p@h/a",
        "http://h/ a",
        5,
    ],
)
def test_an_address_that_cannot_be_fetched_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(InvalidInputError, match="URL number 2") as caught:
        check_urls(["https://example.com/a.mp4", url])
    assert caught.value.parameter == "urls"
