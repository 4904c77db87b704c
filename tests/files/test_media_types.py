"""File kinds by name and by content."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nemovideo
from nemovideo.errors import SUPPORTED_FORMATS
from nemovideo.files import media_types
from nemovideo.files.media_types import (
    matches_extension,
    mime_type,
    sniff_container,
    supported_extension,
)

HEADS = {
    "mp4": b"\0\0\0\x20ftypisom",
    "mov": b"\0\0\0\x14ftypqt  ",
    "avi": b"RIFF\0\0\0\0AVI LIST",
    "webm": b"\x1a\x45\xdf\xa3\x01",
    "mkv": b"\x1a\x45\xdf\xa3\xa3",
    "jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "gif": b"GIF89a\1\0\1\0",
    "webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "mp3": b"ID3\4\0\0\0\0\0\0",
    "wav": b"RIFF\0\0\0\0WAVEfmt ",
    "m4a": b"\0\0\0\x20ftypM4A ",
    "aac": b"\xff\xf1\x50\x80\0\x1f\xfc",
}


def test_every_supported_format_has_a_head_here() -> None:
    assert set(HEADS) == set(SUPPORTED_FORMATS) == set(media_types._MIME)


@pytest.mark.parametrize(
    ("file", "lists"),
    [
        ("language/catalogue.py", 2),
        ("mcp/free_tools.py", 1),
        ("resources/uploads.py", 1),
        ("blocking/resources.py", 1),
    ],
)
def test_a_text_that_lists_the_formats_lists_all(file: str, lists: int) -> None:
    source = (Path(nemovideo.__file__).parent / file).read_text("utf-8")
    words = re.findall(r"[a-z0-9]+", source)
    assert {
        each: words.count(each) for each in SUPPORTED_FORMATS if words.count(each) < lists
    } == {}


@pytest.mark.parametrize("ending", SUPPORTED_FORMATS)
def test_a_supported_format_fits_its_own_content(ending: str) -> None:
    assert matches_extension(ending, HEADS[ending])
    assert mime_type(ending).split("/")[0] in {"video", "image", "audio"}


@pytest.mark.parametrize(
    ("ending", "other"),
    [
        ("mp4", "png"),
        ("png", "jpg"),
        ("wav", "avi"),
        ("mp3", "mp4"),
        ("webm", "mp4"),
        ("gif", "aac"),
    ],
)
def test_content_of_another_kind_does_not_fit(ending: str, other: str) -> None:
    assert not matches_extension(ending, HEADS[other])


@pytest.mark.parametrize(
    "head", [b"%PDF-1.7", b"PK\3\4", b"<!DOCTYPE html>", b"<HTML>", b"MZ\x90\0"]
)
@pytest.mark.parametrize("ending", ["mp4", "png", "mp3"])
def test_a_document_fits_no_name(ending: str, head: bytes) -> None:
    assert not matches_extension(ending, head)


@pytest.mark.parametrize("head", [b"\0" * 16, b"some codec", b"x"])
def test_unknown_content_is_left_to_the_service(head: bytes) -> None:
    assert all(matches_extension(ending, head) for ending in SUPPORTED_FORMATS)


@pytest.mark.parametrize("head", [b"\xff\xfb\x90\x64", b"\xff\xf3\x40\xc4", b"\xff\xe3\x18\xc4"])
def test_an_mp3_without_tags_is_known_by_its_first_frame(head: bytes) -> None:
    assert matches_extension("mp3", head)


@pytest.mark.parametrize("head", [b"\xff\xeb\x90\x64", b"\xff\xd0\0\0", b"\xff\xfb"])
def test_what_only_resembles_a_frame_is_none(head: bytes) -> None:
    assert sniff_container(head) is None


def test_older_camera_files_begin_with_other_boxes() -> None:
    assert matches_extension("mov", b"\0\0\0\x08wide\0\0\0\0mdat")


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("clip.MP4", "mp4"),
        ("photo.jpeg", "jpg"),
        ("a.b.png", "png"),
        ("clip", None),
        ("notes.txt", None),
        (".mp4", None),
        ("", None),
    ],
)
def test_the_ending_of_a_name_is_read_without_case(name: str, ending: str | None) -> None:
    assert supported_extension(name) == ending


@given(st.text(), st.binary(max_size=32))
def test_any_name_and_any_content_get_an_answer(name: str, head: bytes) -> None:
    ending = supported_extension(name)
    assert ending is None or ending in SUPPORTED_FORMATS
    assert sniff_container(head) is None or any(
        matches_extension(each, head) for each in SUPPORTED_FORMATS
    )
