"""What a file is, told by its content alone."""

import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nemovideo.sandbox.studio import MediaInfo, RenderError, probe, stub


def test_a_video_is_described(clip: Path) -> None:
    info = probe(clip)
    assert info is not None
    assert (info.kind, info.width, info.height, info.fps) == ("video", 64, 36, 10.0)
    assert info.duration == pytest.approx(2.0, abs=0.1)
    assert info.has_audio


def test_a_turned_video_has_its_displayed_size(sideways: Path) -> None:
    info = probe(sideways)
    assert info is not None
    assert (info.width, info.height) == (36, 64)


def test_an_image_is_described_under_any_name(tmp_path: Path, photo: Path) -> None:
    other = photo.rename(tmp_path / "photo.mp4")
    assert probe(other) == MediaInfo("image", width=60, height=40)


def test_a_moving_gif_is_an_image_that_lasts(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (32, 32), (i * 60, 0, 0)) for i in range(4)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=100)
    info = probe(str(tmp_path / "a.gif"))
    assert info is not None
    assert (info.kind, info.width, info.duration, info.fps) == ("image", 32, 0.4, 10.0)


def test_a_sound_is_described(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.mp3"), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(np.zeros(8000, "<i2").tobytes())
    info = probe(tmp_path / "a.mp3")
    assert info is not None
    assert (info.kind, info.duration, info.has_audio, info.width) == ("audio", 1.0, True, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello world\n" * 100,
        b"\x89PNG\r\n\x1a\nbroken",
        b"PK\x03\x04" + bytes(200),
        b"%PDF-1.7",
    ],
)
def test_what_no_decoder_takes_is_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert probe(path) is None


def test_a_missing_file_is_nothing(tmp_path: Path) -> None:
    assert probe(tmp_path / "none.mp4") is None


@pytest.mark.parametrize("name", ["mp4", "mov", "webm", "gif"])
def test_a_stub_is_a_real_video_of_the_length_asked(tmp_path: Path, name: str) -> None:
    target = tmp_path / f"a.{name}"
    result = stub(target, width=321, height=181, duration=3, format=name)
    info = probe(target)
    assert info is not None
    assert (info.width, info.height, info.has_audio) == (320, 180, name != "gif")
    assert info.duration == pytest.approx(3.0, abs=0.05)
    assert result.size == target.stat().st_size


def test_a_stub_that_cannot_be_written_raises(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="could not be written"):
        stub(tmp_path / "none" / "a.mp4")
    with pytest.raises(RenderError, match="mp4, mov"):
        stub(tmp_path / "a.avi", format="avi")
