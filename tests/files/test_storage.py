"""Files in object stores: there as a whole or not at all, and in nobody's place."""

from __future__ import annotations

import asyncio
import gc
import io
import random
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from nemovideo.errors import DownloadError, InvalidInputError
from nemovideo.files.storage import StoredFile
from tests.stores import HalfwayStore

FILM = random.Random(3).randbytes(17 * 2**20)
"""Three parts of a multipart upload."""
OTHER = FILM[:-1] + bytes([FILM[-1] ^ 1])


class Stopped(BaseException):
    """What ends the upload in these tests."""


def never() -> None:
    """Cancel nothing."""


def stop_after(parts: int) -> Callable[[], None]:
    calls = iter(range(100))

    def check() -> None:
        if next(calls) >= parts:
            raise Stopped

    return check


def upload(url: str, data: bytes = FILM, check: Callable[[], None] = never) -> str:
    stored = StoredFile(url, "render_1.mp4")
    stored.upload(io.BytesIO(data), check)
    return stored.url


def uploads_of(s3: Any, bucket: str) -> list[object]:
    found: list[object] = s3.call_s3("list_multipart_uploads", Bucket=bucket).get("Uploads", [])
    return found


@pytest.mark.parametrize("data", [FILM, b"short", FILM[: 8 * 2**20]], ids=len)
def test_an_object_has_the_bytes_of_the_file(s3: Any, bucket: str, data: bytes) -> None:
    assert upload(f"s3://{bucket}/a/panda [1] ü.mp4", data) == f"s3://{bucket}/a/panda [1] ü.mp4"
    assert s3.cat_file(f"{bucket}/a/panda [1] ü.mp4") == data


@pytest.mark.parametrize("name", ["panda [1]*?.mp4", "a/b/c/熊 猫.mp4"])
def test_a_file_in_memory_has_the_bytes_of_the_file(memory: Any, name: str) -> None:
    upload(f"memory://films/{name}")
    assert memory.cat_file(f"/films/{name}") == FILM
    assert list(memory.store) == [f"/films/{name}"]


def test_in_a_folder_it_has_the_name_of_the_render(s3: Any, bucket: str) -> None:
    s3.pipe_file(f"{bucket}/there/a.mp4", b"another")
    assert upload(f"s3://{bucket}/new/", b"panda") == f"s3://{bucket}/new/render_1.mp4"
    assert upload(f"s3://{bucket}/there", b"panda") == f"s3://{bucket}/there/render_1.mp4"
    assert s3.cat_file(f"{bucket}/there/render_1.mp4") == b"panda"


def test_in_a_bucket_it_has_the_name_of_the_render(s3: Any, bucket: str) -> None:
    assert upload(f"s3://{bucket}") == f"s3://{bucket}/render_1.mp4"
    assert s3.cat_file(f"{bucket}/render_1.mp4") == FILM


def test_an_object_is_not_replaced(s3: Any, bucket: str) -> None:
    upload(f"s3://{bucket}/a.mp4", OTHER)
    with pytest.raises(DownloadError, match="Another file is there"):
        upload(f"s3://{bucket}/a.mp4")
    assert s3.cat_file(f"{bucket}/a.mp4") == OTHER
    assert uploads_of(s3, bucket) == []


def test_an_object_that_came_during_the_upload_is_not_replaced(s3: Any, bucket: str) -> None:
    def another_comes() -> None:
        if not s3.exists(f"{bucket}/a.mp4"):
            s3.pipe_file(f"{bucket}/a.mp4", b"another")

    with pytest.raises(DownloadError, match="Another file is there"):
        upload(f"s3://{bucket}/a.mp4", check=another_comes)
    assert s3.cat_file(f"{bucket}/a.mp4") == b"another"
    assert uploads_of(s3, bucket) == []


def test_a_file_that_came_during_the_upload_is_not_replaced(memory: Any) -> None:
    with pytest.raises(DownloadError, match="Another file is there"):
        upload("memory://a.mp4", check=lambda: memory.pipe_file("/a.mp4", b"another"))
    assert memory.cat_file("/a.mp4") == b"another"
    assert list(memory.store) == ["/a.mp4"]


@pytest.mark.parametrize("store", ["s3", "memory"])
def test_the_same_file_again_is_the_file_itself(
    s3: Any, bucket: str, memory: Any, store: str
) -> None:
    url = f"s3://{bucket}/a.mp4" if store == "s3" else "memory://a.mp4"
    assert upload(url) == upload(url)


@pytest.mark.parametrize("parts", range(4))
def test_a_cancelled_upload_leaves_no_object_and_no_parts(s3: Any, bucket: str, parts: int) -> None:
    with pytest.raises(Stopped):
        upload(f"s3://{bucket}/a.mp4", check=stop_after(parts))
    assert s3.ls(bucket) == []
    assert uploads_of(s3, bucket) == []


@pytest.mark.parametrize("parts", range(4))
def test_a_cancelled_upload_leaves_no_temporary_file(memory: Any, parts: int) -> None:
    with pytest.raises(Stopped):
        upload("memory://films/a.mp4", check=stop_after(parts))
    assert not memory.store


def test_until_it_is_whole_nothing_is_at_its_name(memory: Any) -> None:
    seen: list[bool] = []
    upload("memory://a.mp4", check=lambda: seen.append("/a.mp4" in memory.store))
    assert seen
    assert not any(seen)


def test_a_missing_bucket_is_reported(s3: Any) -> None:
    with pytest.raises(DownloadError, match="bucket does not exist") as caught:
        upload("s3://no-such-bucket-here/a.mp4")
    assert caught.value.path == "s3://no-such-bucket-here/a.mp4"
    assert "kept by the service" in (caught.value.hint or "")


def test_a_bucket_that_is_not_there_is_refused_before_it_is_paid_for(s3: Any) -> None:
    with pytest.raises(InvalidInputError, match="cannot be reached"):
        StoredFile("s3://no-such-bucket-here/a.mp4", "x.mp4").check()


def test_a_name_that_is_taken_is_refused_before_it_is_paid_for(s3: Any, bucket: str) -> None:
    upload(f"s3://{bucket}/a.mp4", b"another")
    with pytest.raises(InvalidInputError, match="there already"):
        StoredFile(f"s3://{bucket}/a.mp4", "x.mp4").check()
    StoredFile(f"s3://{bucket}/b.mp4", "x.mp4").check()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nope://a/b.mp4", "Protocol not known"),
        ("gs://a/b.mp4", "gcsfs"),
        ("https://example.com/a.mp4", "no file can be written"),
        ("s3://", "names no bucket"),
    ],
)
def test_a_url_that_cannot_be_written_to_is_refused(url: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as caught:
        StoredFile(url, "x.mp4")
    assert caught.value.parameter == "path"
    assert caught.value.accepted


def test_no_password_is_in_an_error(s3: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        StoredFile("nope://me:secret-word@host/a.mp4", "x.mp4")
    assert "secret-word" not in f"{caught.value!r} {caught.value.hint}"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_store_that_was_used_is_not_closed_in_the_loop_of_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "x")
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    with HalfwayStore(200) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
        await anyio.to_thread.run_sync(lambda: StoredFile("s3://films/a.mp4", "a.mp4").is_taken())
        gc.collect()
        await anyio.wait_all_tasks_blocked()
        gc.collect()
    assert failures == []
