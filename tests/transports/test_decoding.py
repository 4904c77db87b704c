"""Compressed answers, though nobody asked: decoded in bounded steps, or refused by name."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncGenerator

import anyio
import pytest

from nemovideo.errors import APIConnectionError
from nemovideo.transports import (
    MemoryTransport,
    Reply,
    Request,
    Response,
    _decoding,
    _error_messages,
)

pytestmark = pytest.mark.anyio

REQUEST = Request("GET", "https://api.example/x")
PLAIN = b'{"code": 0, "data": {"word": "hello"}}' * 50


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


FORMS = {
    "gzip": gzip.compress(PLAIN),
    "GZip": gzip.compress(PLAIN),
    "x-gzip": gzip.compress(PLAIN),
    "gzip of two members": gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:]),
    "deflate": zlib.compress(PLAIN),
    "deflate without its header": raw_deflate(PLAIN),
    "deflate, gzip": gzip.compress(zlib.compress(PLAIN)),
    "gzip, identity": gzip.compress(PLAIN),
    "identity": PLAIN,
    "": gzip.compress(PLAIN),
}


@pytest.mark.parametrize("form", FORMS)
async def test_a_whole_answer_is_decoded(form: str) -> None:
    coding = form.partition(" of ")[0].partition(" without ")[0]
    headers = {"content-encoding": coding, "content-length": "7", "x-mine": "yes"}
    got = await _decoding.decoded(REQUEST, Response(200, headers, FORMS[form]))
    assert got.body == PLAIN
    assert got.headers["x-mine"] == "yes"
    assert ("content-length" in got.headers) == (form == "identity")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_stream_is_decoded_however_it_is_cut(form: str, size: int) -> None:
    data = FORMS[form]
    codings = _decoding.codings_of(
        {"content-encoding": form.partition(" of ")[0].partition(" w")[0]}, data
    )
    if not codings:
        return
    sliced = [data[at : at + size] for at in range(0, len(data), size)]
    async with MemoryTransport(lambda _: Reply(body=sliced)).stream(REQUEST) as response:
        stream = _decoding.DecodedStream(REQUEST, response, codings)
        got = b""
        while piece := await stream.receive_by(float("inf")):
            got += piece
        assert (got, await stream.receive()) == (PLAIN, b"")


async def test_text_that_is_called_compressed_and_is_not_is_left_as_it_is() -> None:
    answer = Response(200, {"content-encoding": "gzip"}, PLAIN)
    assert await _decoding.decoded(REQUEST, answer) is answer


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", b"\x0b\x02\x80hello\x03"),
        ("zstd, gzip", gzip.compress(PLAIN)),
        ("gzip, gzip, gzip, gzip, gzip", gzip.compress(PLAIN)),
        ("gzip", b"\x1f\x8b\x08" + bytes(40)),
        ("gzip", b"\0\0\0\x18ftypmp42"),
        ("deflate", zlib.compress(PLAIN) + b"more"),
        ("gzip", gzip.compress(PLAIN)[:-9]),
        ("gzip", b"\x1f"),
    ],
    ids=["br", "zstd", "many", "damaged", "film", "more", "cut", "first byte"],
)
async def test_what_cannot_be_decoded_is_a_named_error_and_an_error_keeps_its_status(
    coding: str, body: bytes
) -> None:
    headers = {"content-encoding": coding}
    with pytest.raises(APIConnectionError) as caught:
        await _decoding.decoded(REQUEST, Response(200, headers, body))
    assert caught.value.phase == "read"
    assert (await _decoding.decoded(REQUEST, Response(402, headers, body))).body == b""


async def test_few_bytes_that_stand_for_many_are_given_piece_by_piece() -> None:
    bomb = gzip.compress(bytes(2**25), 9)
    async with MemoryTransport(lambda _: Reply(body=bomb)).stream(REQUEST) as response:
        stream = _decoding.DecodedStream(REQUEST, response, ["gzip"])
        sizes: list[int] = []
        while piece := await stream.receive():
            sizes.append(len(piece))
    assert sum(sizes) == 2**25
    assert max(sizes) <= _decoding.PIECE_BYTES


async def test_a_whole_answer_that_stands_for_too_many_bytes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_error_messages, "MAX_RESPONSE_BYTES", 2**20)
    bomb = Response(200, {"content-encoding": "gzip"}, gzip.compress(bytes(2**22), 9))
    with pytest.raises(APIConnectionError, match="longer than 1 MiB"):
        await _decoding.decoded(REQUEST, bomb)


async def test_a_stream_is_waited_for_until_the_deadline() -> None:
    whole = gzip.compress(PLAIN)

    async def halting() -> AsyncGenerator[bytes]:
        yield whole[:5]
        await anyio.sleep_forever()

    async with MemoryTransport(lambda _: Reply(body=halting())).stream(REQUEST) as response:
        stream = _decoding.DecodedStream(REQUEST, response, ["gzip"])
        assert stream.cancel_safe
        assert await stream.receive_by(anyio.current_time() + 0.05) is None


@pytest.mark.parametrize("more", [1, 100, 227, 258])
async def test_a_headless_deflate_is_decoded_to_its_end(more: int) -> None:
    plain = bytes(_decoding.PIECE_BYTES * 2 + more)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(plain) + packer.flush()
    answer = Response(200, {"content-encoding": "deflate"}, packed)
    assert (await _decoding.decoded(REQUEST, answer)).body == plain


async def test_a_gzip_of_nothing_many_times_over_is_refused() -> None:
    answer = Response(200, {}, gzip.compress(b"") * 2000)
    with pytest.raises(APIConnectionError):
        await _decoding.decoded(REQUEST, answer)
