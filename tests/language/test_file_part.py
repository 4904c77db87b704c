"""Which part of which file an answer is, and how the rest is asked for."""

from __future__ import annotations

import pytest

from nemovideo.protocol.file_part import FilePart, read_part

MODIFIED = "Sun, 29 Nov 2026 04:00:00 GMT"


def part(total: int | None = 300, etag: str = '"1"', modified: str = "") -> FilePart:
    return FilePart(100, total, total, etag, modified)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("bytes 100-299/300", (100, 300, 300)),
        ("Bytes 100-299/300", (100, 300, 300)),
        ("BYTES=100-299/300", (100, 300, 300)),
        (" bytes  100-199/300 ", (100, 200, 300)),
        ("bytes 100-299/*", (100, 300, None)),
        ("bytes 0-0/1", (0, 1, 1)),
    ],
)
def test_a_range_is_read_in_any_case(text: str, read: tuple[int, int, int | None]) -> None:
    found = read_part(206, {"content-range": text})
    assert found is not None
    assert (found.start, found.end, found.total) == read


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-range": "bytes */300"},
        {"content-range": "items 100-299/300"},
        {"content-range": "bytes 299-100/300"},
        {"content-range": "bytes 100-300/300"},
        {"content-range": "bytes 100-299/300", "content-length": "300"},
        {"content-range": "bytes -100-299/300"},
        {"content-range": f"bytes 0-{'9' * 5000}/*"},
        {"content-type": "multipart/byteranges; boundary=x"},
    ],
)
def test_a_part_that_contradicts_itself_is_none(headers: dict[str, str]) -> None:
    assert read_part(206, headers) is None


@pytest.mark.parametrize(
    ("length", "total"), [("300", 300), (" 300 ", 300), ("", None), ("-1", None), ("3, 3", None)]
)
def test_a_whole_answer_is_as_long_as_it_says(length: str, total: int | None) -> None:
    headers = {"content-length": length, "content-range": "bytes 5-9/10", "etag": '"1"'}
    assert read_part(200, headers) == FilePart(0, total, total, '"1"', "")


@pytest.mark.parametrize(
    ("rest", "first", "same"),
    [
        (part(), part(), True),
        (part(etag='"2"'), part(), False),
        (part(total=301), part(), False),
        (part(total=None), part(), True),
        (part(etag=""), part(), True),
        (part(etag="", total=None), part(), False),
        (part(etag='W/"1"'), part(etag='W/"1"'), True),
        (part(modified=MODIFIED), part(modified="Sun, 29 Nov 2026 05:00:00 GMT"), False),
        (part(etag="", modified=MODIFIED), part(etag="", modified=MODIFIED), True),
    ],
)
def test_a_part_belongs_to_what_is_here_unless_it_says_otherwise(
    rest: FilePart, first: FilePart, same: bool
) -> None:
    assert rest.continues(first) is same


RANGE = {"range": "bytes=100-"}


@pytest.mark.parametrize(
    ("first", "asked"),
    [
        (part(), {**RANGE, "if-range": '"1"'}),
        (part(total=None), {**RANGE, "if-range": '"1"'}),
        (part(etag="", modified=MODIFIED), {**RANGE, "if-range": MODIFIED}),
        (part(etag='W/"1"', modified=MODIFIED), RANGE),
        (part(etag='W/"1"', total=None), {}),
        (part(etag="", modified=MODIFIED, total=None), {}),
        (part(etag=""), {}),
    ],
)
def test_the_rest_is_requested_where_it_can_be_distinguished_from_another_file(
    first: FilePart, asked: dict[str, str]
) -> None:
    assert first.ask_from(100) == asked
    assert first.ask_from(0) == {}
