"""The file host: signed links that expire, and files in parts."""

import http.client
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.sandbox import Fault
from nemovideo.sandbox.routes.file_responses import parse_range


@pytest.fixture
def file(caller: Any, png: bytes) -> Any:
    """An uploaded file's link and content."""
    reply = caller.upload(caller.open_session(), ("photo.png", png))
    return reply.data["files"][0]["cdn_url"], png


def test_a_signed_url_serves_the_file_from_another_host(caller: Any, file: Any) -> None:
    url, content = file
    assert url.startswith(caller.sandbox.cdn_url)
    assert caller.sandbox.cdn_url != caller.sandbox.url
    reply = caller.get(url)
    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (200, content, "image/png")


def test_a_head_request_returns_the_length_only(caller: Any, file: Any) -> None:
    url, content = file
    reply = caller.send("HEAD", url)
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["Content-Length"] == str(len(content))
    assert reply.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=50-", 50, None), ("bytes=-7", -7, None)],
)
def test_a_range_gets_that_part(
    caller: Any, file: Any, header: str, start: int, end: int | None
) -> None:
    url, content = file
    reply = caller.get(url, Range=header)
    assert (reply.status, reply.body) == (206, content[start:end])
    assert reply.headers["Content-Range"].endswith(f"/{len(content)}")


def test_a_range_past_the_end_gets_416(caller: Any, file: Any) -> None:
    url, content = file
    reply = caller.get(url, Range="bytes=99999-")
    assert (reply.status, reply.headers["Content-Range"]) == (416, f"bytes */{len(content)}")


def test_if_range_decides_between_a_part_and_the_whole(caller: Any, file: Any) -> None:
    url, content = file
    etag = caller.get(url).headers["ETag"]
    assert caller.get(url, Range="bytes=0-9", If_Range=etag).status == 206
    whole = caller.get(url, Range="bytes=0-9", If_Range='"another"')
    assert (whole.status, whole.body) == (200, content)


def test_a_file_with_a_matching_etag_is_not_sent_again(caller: Any, file: Any) -> None:
    url, _ = file
    etag = caller.get(url).headers["ETag"]
    reply = caller.get(url, If_None_Match=etag)
    assert (reply.status, reply.body) == (304, b"")


def test_a_signed_url_expires_with_the_clock(caller: Any, file: Any) -> None:
    url, _ = file
    caller.sandbox.clock.advance(8 * 24 * 3600)
    assert caller.get(url).status == 403


@pytest.mark.parametrize(("old", "new"), [("signature=", "signature=0"), ("expires=", "expires=x")])
def test_a_changed_url_is_refused(caller: Any, file: Any, old: str, new: str) -> None:
    url, _ = file
    assert caller.get(url.replace(old, new)).status == 403


def test_a_deleted_file_gets_404(caller: Any, file: Any) -> None:
    url, _ = file
    state = caller.sandbox._state
    (stored,) = state.store.files.values()
    state.store.path_of(stored).unlink()
    assert caller.get(url).status == 404


def test_a_download_can_break_off_and_be_resumed(caller: Any, file: Any) -> None:
    url, content = file
    with (
        caller.sandbox.inject(Fault("files.download", "cut", bytes=20)),
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        caller.get(url)
    rest = caller.get(url, Range=f"bytes={len(caught.value.partial)}-").body
    assert caught.value.partial + rest == content


def test_a_download_that_is_cut_without_a_position_has_no_bytes(caller: Any, file: Any) -> None:
    url, _ = file
    with (
        caller.sandbox.inject(Fault("files.download", "cut")),
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        caller.get(url)
    assert caught.value.partial == b""


def test_a_stalled_download_arrives_complete_in_the_end(caller: Any, file: Any) -> None:
    url, content = file
    with caller.sandbox.inject(Fault("files.download", "stall", seconds=0.01)):
        assert caller.get(url).body == content


def test_a_download_can_get_503_in_place_of_the_file(caller: Any, file: Any) -> None:
    url, _ = file
    with caller.sandbox.inject(Fault("files.download", "status", status=503, acted=True)):
        assert caller.get(url).status == 503


@pytest.mark.parametrize("header", [None, "", "bytes=-", "items=0-1", "bytes=5-2", "bytes=0-1,3-4"])
def test_an_invalid_range_gets_the_whole_file(header: str | None) -> None:
    assert parse_range(header, 10) is None


def test_an_empty_suffix_range_is_unsatisfiable() -> None:
    assert parse_range("bytes=-0", 10) == "unsatisfiable"


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 100))
def test_a_range_never_leaves_the_file(first: int, last: int, size: int) -> None:
    part = parse_range(f"bytes={first}-{last}", size)
    if isinstance(part, range):
        assert 0 <= part.start < part.stop <= size
        assert part.start == first
    else:
        assert last < first or first >= size


def test_if_none_match_with_a_star_matches_any_file(caller: Any, file: Any) -> None:
    assert caller.get(file[0], If_None_Match="*").status == 304
