"""The event-stream decoder, against an independent reading of the WHATWG rules."""

from __future__ import annotations

import re
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.sse import ServerSentEvent, SSEDecoder, SSEOverflowError


def decode(*chunks: bytes, limit: int | None = None) -> list[ServerSentEvent]:
    decoder = SSEDecoder() if limit is None else SSEDecoder(max_event_bytes=limit)
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def decode_until_over(chunks: list[bytes], limit: int) -> tuple[list[ServerSentEvent], bool]:
    decoder, events = SSEDecoder(max_event_bytes=limit), []
    try:
        for chunk in (*chunks, b""):
            events += decoder.feed(chunk)
    except SSEOverflowError:
        return events, True
    return events, False


def decode_data(*chunks: bytes) -> list[str]:
    decoder = SSEDecoder()
    return [data for chunk in chunks for data in decoder.feed_data(chunk)]


def read_as_specified(stream: bytes) -> list[ServerSentEvent]:
    """The rules of section 9.2.6, one after the other, slow and plain."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = re.split(r"\r\n|\n|\r", text)[:-1]  # what no line end closes is not a line
    events: list[ServerSentEvent] = []
    data, kind, last_id, retry = "", "", "", None
    for line in lines:
        if line == "":
            if data != "":
                events.append(ServerSentEvent(kind or "message", data[:-1], last_id, retry))
            data, kind, retry = "", "", None
            continue
        if line.startswith(":"):
            continue
        name, colon, value = line.partition(":")
        if colon and value.startswith(" "):
            value = value[1:]
        if name == "event":
            kind = value
        elif name == "data":
            data += value + "\n"
        elif name == "id" and "\0" not in value:
            last_id = value
        elif name == "retry" and re.fullmatch(r"[0-9]+", value):
            retry = int(value)
    return events


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\n", [("message", "a", "", None)]),
        (b"data:a\n\n", [("message", "a", "", None)]),
        (b"data:  a\n\n", [("message", " a", "", None)]),
        (b"data: a\ndata: b\n\n", [("message", "a\nb", "", None)]),
        (b"data\n\n", [("message", "", "", None)]),
        (b"data:\n\n", [("message", "", "", None)]),
        (b"data\ndata\n\n", [("message", "\n", "", None)]),
        (b"event: x\ndata: a\n\n", [("x", "a", "", None)]),
        (b"event: x\n\ndata: a\n\n", [("message", "a", "", None)]),
        (b"id: 7\n\ndata: a\n\n", [("message", "a", "7", None)]),
        (
            b"id: 7\ndata: a\n\nid\ndata: b\n\n",
            [("message", "a", "7", None), ("message", "b", "", None)],
        ),
        (b"id: 7\x00\ndata: a\n\n", [("message", "a", "", None)]),
        (b"retry: 30\ndata: a\n\n", [("message", "a", "", 30)]),
        (b"retry: 3x\ndata: a\n\n", [("message", "a", "", None)]),
        (b"data: a\r\rdata: b\r\n\r\n", [("message", "a", "", None), ("message", "b", "", None)]),
        (b"\xef\xbb\xbfdata: a\n\n", [("message", "a", "", None)]),
        (b"data: \xff\n\n", [("message", "\ufffd", "", None)]),
        (b": hello\n\n", []),
        (b"Data: a\n\n", []),
        (b"data: a\n", []),
        (b"\n\n\n", []),
    ],
)
def test_decodes_by_the_rules(
    stream: bytes, expected: list[tuple[str, str, str, int | None]]
) -> None:
    assert decode(stream) == [ServerSentEvent(*each) for each in expected]
    assert read_as_specified(stream) == [ServerSentEvent(*each) for each in expected]


PIECES = st.sampled_from(
    [
        *(
            b"data: a",
            b"data:b",
            b"data:",
            b"data",
            b"event: x",
            b"id: 1",
            b"id: \0",
            b"retry: 10",
            b"retry: x",
        ),
        *(b": comment", b"other: y", b"\n", b"\r", b"\r\n", b"\n\n", b"data: " + "é熊猫".encode()),
        *(b"\xef\xbb\xbf", b"\xff\xfe", b"data: a\n\n", b"data: a\ndata: b\n\n", b" ", b":", b"\0"),
    ]
)
STREAMS = st.one_of(st.lists(PIECES, max_size=30).map(b"".join), st.binary(max_size=200))


@given(STREAMS, st.lists(st.integers(0, 200), max_size=12))
def test_any_chunking_decodes_as_specified(stream: bytes, cuts: list[int]) -> None:
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    chunks = [stream[start:end] for start, end in pairwise(places)]
    assert decode(*chunks) == read_as_specified(stream)


def test_two_chunks_decode_as_specified_wherever_they_are_cut() -> None:
    pieces = [b"data: a", b"data:b", b"event: x", b"id: 1", b"retry: 10", b": c", b"other: y"]
    pieces += [b"\n", b"\r", b"\r\n", b"\n\n", b"data: a\n\n", b"\xef\xbb\xbf", b""]
    for first, second, end in product(pieces, pieces, [b"\n\ndata: z\n\n", b"data: b\n\n"]):
        stream = b"data: started\n" + first + second + end
        expected = read_as_specified(stream)
        for cut in range(11, len(stream)):
            chunks = (stream[:cut], stream[cut:])
            assert decode(*chunks) == expected, (stream, cut)
            assert decode_data(*chunks) == [event.data for event in expected], (stream, cut)


def test_signs_of_life_between_events_decode_as_specified_wherever_they_are_cut() -> None:
    pieces = [b"data: a\n\n", b"data: b\n", b": c\n", b": c\n\n", b":\n", b"\n", b"id: 1\n"]
    pieces += [b"data:\n", b"data:\n\n"]
    for blocks in product(pieces, repeat=4):
        stream = b"".join(blocks) + b"data: z\n\n"
        expected = read_as_specified(stream)
        assert decode(*(bytes([byte]) for byte in stream)) == expected, stream
        assert decode(stream.replace(b"\n", b"\r\n")) == expected, stream
        for cut in range(0, len(stream), 3):
            assert decode(stream[:cut], stream[cut:]) == expected, (stream, cut)


def test_an_event_of_many_lines_in_many_chunks_has_them_all() -> None:
    stream = b"".join(b"data: %d\n" % number for number in range(500)) + b"\n"
    for size in (1, 7, 100, len(stream)):
        chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
        assert decode(*chunks) == read_as_specified(stream)


LONG = b"data: " + "é熊猫 ".encode() * 60
LONG_PIECES = st.sampled_from(
    [LONG + b"\n\n", LONG + b"\n", b"x" + LONG, b"data: a\n\n", b"\r\n\n"]
)


@given(st.lists(LONG_PIECES, max_size=8).map(b"".join), st.integers(1, 3000))
def test_long_events_decode_as_specified(stream: bytes, size: int) -> None:
    stream = LONG + b"\n\n" + stream
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert decode(*chunks) == read_as_specified(stream)


@given(st.one_of(STREAMS, st.lists(LONG_PIECES, max_size=8).map(b"".join)), st.integers(1, 3000))
def test_feed_data_returns_the_data_of_the_events(stream: bytes, size: int) -> None:
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert decode_data(*chunks) == [event.data for event in read_as_specified(stream)]


def test_events_after_a_long_one_decode_as_specified() -> None:
    pieces = [LONG + b"\n\n", LONG + b"\n", b"data: a\n\n", b"data: a\n", b"x: b\n\n", b"\n", LONG]
    for following in product(pieces, repeat=3):
        rest = b"".join(following)
        stream = LONG + b"\n\n" + rest
        expected = read_as_specified(stream)
        for cut in (len(LONG) + 1, len(LONG) + 2, len(stream) - 1, len(stream)):
            chunks = (stream[:cut], stream[cut:])
            assert decode(*chunks) == expected, (following, cut)
            assert decode_data(*chunks) == [event.data for event in expected], (following, cut)


def test_one_chunk_may_have_short_and_long_events() -> None:
    stream = (b"data: a\n\n" + LONG + b"\n\n") * 3
    assert decode(stream) == decode(LONG + b"\n\n" + stream)[1:] == read_as_specified(stream)


def test_feed_data_overflows_as_feed_does() -> None:
    decoder = SSEDecoder(max_event_bytes=20)
    assert decoder.feed_data(b"data: a\n\ndata: " + b"x" * 50) == ["a"]
    with pytest.raises(SSEOverflowError):
        decoder.feed_data(b"data: b\n\n")


@given(STREAMS)
def test_byte_by_byte_equals_one_chunk(stream: bytes) -> None:
    assert decode(*(bytes([byte]) for byte in stream)) == decode(stream)


def test_an_event_is_returned_as_soon_as_its_last_line_ends() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: a\r\n\r") == [ServerSentEvent(data="a")]
    assert decoder.feed(b"\ndata: b\n\n") == [ServerSentEvent(data="b")]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_event_over_the_limit_is_rejected_whatever_the_chunking(size: int) -> None:
    stream = b"data: " + b"x" * 100 + b"\n\n"
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    with pytest.raises(SSEOverflowError) as caught:
        decode(*chunks, limit=50)
    assert caught.value.limit_bytes == 50


@pytest.mark.parametrize(
    ("before", "counted"),
    [
        (b"", 0),
        (b"data: a\n\n" * 2, 0),
        (b"data: a\ndata: b\n\n", 0),
        (b": a comment\n", 0),
        (b"data: a\n\n: a comment\n\n", 0),
        (b"id: 1\n", 5),
        (b"data: 1234\n", 10),
    ],
)
@pytest.mark.parametrize("after", [b"\n\n", b"\n", b"\r\n\r\n", b"\n\ndata: z\n\n"])
def test_the_limit_is_exact_whatever_the_chunking(
    before: bytes, counted: int, after: bytes
) -> None:
    for length in range(1, 20):
        stream = before + b"data: " + b"x" * length + after
        is_over = counted + 6 + length > 20
        expected = read_as_specified(before if is_over else stream)
        for size in range(1, len(stream) + 1):
            chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
            assert decode_until_over(chunks, 20) == (expected, is_over), (length, size)


def test_many_lines_together_count_towards_the_limit() -> None:
    with pytest.raises(SSEOverflowError):
        decode(b"data: 12345678\n" * 10 + b"\n", limit=50)


def test_an_unfinished_line_counts_towards_the_limit() -> None:
    decoder = SSEDecoder(max_event_bytes=30)
    assert decoder.feed(b"data: 0123456789\ndata: 0123456") == []
    with pytest.raises(SSEOverflowError):
        decoder.feed(b"789")


def test_events_before_an_overflow_are_returned_first() -> None:
    decoder = SSEDecoder(max_event_bytes=20)
    assert decoder.feed(b"data: a\n\ndata: " + b"x" * 50) == [ServerSentEvent(data="a")]
    with pytest.raises(SSEOverflowError):
        decoder.feed(b"")
    with pytest.raises(SSEOverflowError):
        decoder.feed(b"data: b\n\n")


def test_a_retry_of_thousands_of_digits_is_ignored() -> None:
    assert decode(b"retry: " + b"9" * 5000 + b"\ndata: a\n\n") == [ServerSentEvent(data="a")]


def test_comments_do_not_count_towards_the_limit() -> None:
    assert decode(*[b": keep-alive\n"] * 100, b"data: a\n\n", limit=50) == [
        ServerSentEvent(data="a")
    ]


def test_a_chunk_may_exceed_the_limit_if_its_events_do_not() -> None:
    assert len(decode(b"data: 12345\n\n" * 20, limit=30)) == 20
