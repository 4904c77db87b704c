"""Films that are cut, by the lengths that stand in them."""

from __future__ import annotations

import pytest

from nemovideo.files.mp4_boxes import BoxScanner


def box(kind: bytes, size: int = 8, *, large: bool = False) -> bytes:
    if large:
        return (1).to_bytes(4) + kind + (size + 16).to_bytes(8) + b"\0" * size
    return (size + 8).to_bytes(4) + kind + b"\0" * size


FTYP, MOOV, MDAT = box(b"ftyp", 16), box(b"moov", 100), box(b"mdat", 500)
FAST_START, SLOW_START = FTYP + MOOV + MDAT, FTYP + box(b"free") + MDAT + MOOV
LARGE = FTYP + box(b"mdat", 500, large=True) + MOOV
FRAGMENTED = FTYP + MOOV + box(b"moof") + MDAT + box(b"moof") + MDAT
OPEN_END = FTYP + MOOV + bytes(4) + b"mdat" + b"\0" * 300


def cut(data: bytes, size: int = 2**16) -> bool:
    scanner = BoxScanner()
    for start in range(0, len(data), size):
        scanner.feed(data[start : start + size])
    return scanner.is_truncated


@pytest.mark.parametrize("film", [FAST_START, SLOW_START, LARGE, FRAGMENTED, OPEN_END])
@pytest.mark.parametrize("size", [1, 2, 7, 9, 15, 16, 17, 100])
def test_a_film_is_judged_alike_whatever_the_pieces_that_it_comes_in(
    film: bytes, size: int
) -> None:
    for end in range(len(film) + 1):
        assert cut(film[:end], size) is cut(film[:end])


@pytest.mark.parametrize("film", [FAST_START, SLOW_START, LARGE, FRAGMENTED, OPEN_END])
def test_a_film_that_ends_with_its_last_box_is_whole(film: bytes) -> None:
    assert not cut(film)


@pytest.mark.parametrize("film", [FAST_START, SLOW_START, LARGE])
def test_a_film_that_ends_anywhere_before_is_cut(film: bytes) -> None:
    for end in range(len(FTYP), len(film)):
        # Between two boxes, the index among those that are here, nothing tells.
        assert cut(film[:end]) is (film[:end] != FTYP + MOOV)


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0",
        b"GIF89a" + bytes(100),
        b"MP4" * 1000,
        b"\x1a\x45\xdf\xa3" + bytes(100),
        FTYP + bytes(range(256)),
        FTYP + b"\0\0\0\x04free" + bytes(20),
    ],
)
def test_what_is_no_film_of_this_kind_is_not_judged(data: bytes) -> None:
    assert not cut(data)
