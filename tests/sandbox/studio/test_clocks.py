"""How long a file lasts and when each part of it is due, whatever its header says."""

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from nemovideo.sandbox.studio import MediaInfo, probe
from nemovideo.sandbox.studio.canvas import Canvas
from nemovideo.sandbox.studio.media import SoundReader, VideoReader
from nemovideo.sandbox.studio.render_plan import ClipSpec
from tests.sandbox.studio.unusual_media import FPS, RATE, film

WEBM = ("libvpx", "libopus")


def examined(path: Path) -> MediaInfo:
    info = probe(path)
    assert info is not None
    return info


def loud(path: Path, spec: ClipSpec, step: float = 0.25) -> str:
    """Which steps of a file are heard: "x" is loud, "." is silent."""
    reader = SoundReader(path, spec)
    wave = reader.read(10**7)[:, 0]
    reader.close()
    size = round(step * RATE)
    steps = [wave[i : i + size] for i in range(0, len(wave) - size // 2, size)]
    return "".join("x" if float(np.sqrt((s**2).mean())) > 0.1 else "." for s in steps)


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.mov", "a.webm", "a.ts"])
def test_a_clock_that_begins_late_adds_nothing(tmp_path: Path, name: str) -> None:
    codecs = WEBM if name == "a.webm" else ("libx264", "aac")
    path = film(tmp_path / name, picture=(20, 22), sound=[(20, 22)], codecs=codecs)
    assert examined(path).duration == pytest.approx(2.0, abs=0.1)
    assert examined(path).fps == pytest.approx(10, abs=0.5)
    assert loud(path, ClipSpec("a")) == "xxxxxxxx"


def test_a_clock_that_begins_before_zero_cuts_nothing_off(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", picture=(-1, 1), sound=[(-1, 1)])
    assert examined(path).duration == pytest.approx(2.0, abs=0.1)
    assert loud(path, ClipSpec("a")) == "xxxxxxxx"


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.mov"])
def test_sound_that_begins_after_the_picture_plays_at_its_time(tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, picture=(10, 13), sound=[(11, 13)])
    assert examined(path).duration == pytest.approx(3.0, abs=0.1)
    assert loud(path, ClipSpec("a"), 0.5) == "..xxxx"
    assert loud(path, ClipSpec("a", offset=0.5), 0.5) == ".xxxx"
    assert loud(path, ClipSpec("a", offset=2.5), 0.5) == "x"
    assert loud(path, ClipSpec("a", speed=2.0), 0.5) == ".xx"


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_a_picture_that_begins_after_the_sound_is_seen_to_its_end(
    tmp_path: Path, name: str
) -> None:
    path = film(tmp_path / name, picture=(11, 13), sound=[(10, 12)])
    assert examined(path).duration == pytest.approx(3.0, abs=0.1)
    assert loud(path, ClipSpec("a"), 0.5) == "xxxx"
    reader = VideoReader(path, ClipSpec("a", offset=2.5), (64, 36), Fraction(10))
    reader.draw(Canvas.blank(64, 36), 0)
    assert reader._shown is not None
    assert 2.5 - 1 / FPS < reader._shown[0] < 2.51
    reader.close()


def test_a_gap_in_the_sound_is_silence(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", picture=(0, 4), sound=[(0, 1), (3, 4)])
    assert loud(path, ClipSpec("a"), 0.5) == "xx....xx"


def test_what_a_browser_recorded_lasts_as_long_as_its_packets(tmp_path: Path) -> None:
    path = film(tmp_path / "a.webm", sound=[(0, 2)], codecs=WEBM, pipe=True)
    info = examined(path)
    assert info.duration == pytest.approx(2.0, abs=0.15)
    assert info.fps == pytest.approx(10, abs=0.5)


def test_packets_without_a_duration_last_as_long_as_the_others(tmp_path: Path) -> None:
    info = examined(film(tmp_path / "a.avi", codecs=("mpeg4", "mp3")))
    assert info.duration == pytest.approx(2.0, abs=0.02)
    assert info.fps == pytest.approx(10, abs=0.1)


def test_a_video_that_was_cut_off_lasts_as_long_as_what_is_there(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", picture=(0, 4), sound=[(0, 4)])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert 0.5 < (examined(path).duration or 0) < 3.5


@pytest.mark.parametrize("name", ["a.aac", "a.mp3"])
def test_a_song_without_a_length_in_its_header_is_counted(tmp_path: Path, name: str) -> None:
    codec = "aac" if name == "a.aac" else "libmp3lame"
    path = film(
        tmp_path / name, picture=None, sound=[(0, 8)], codecs=("", codec), level=0.0,
        pipe=name == "a.mp3",
    )  # fmt: skip
    noisy = film(tmp_path / f"noisy-{name}", picture=None, sound=[(0, 4)], codecs=("", codec))
    path.write_bytes(path.read_bytes() + noisy.read_bytes())
    assert examined(path).duration == pytest.approx(12, abs=0.3)
    assert loud(path, ClipSpec("a", offset=6), 0.5) == "....xxxxxxxx"


@pytest.mark.parametrize("reported", [0, 0xFFFFFFFF, 10**6])
def test_a_wave_file_is_as_long_as_its_sound_whatever_its_header(
    tmp_path: Path, reported: int
) -> None:
    path = film(tmp_path / "a.wav", picture=None, sound=[(0, 2)], codecs=("", "pcm_s16le"))
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", reported)
    path.write_bytes(content)
    assert examined(path) == MediaInfo("audio", 2.0, has_audio=True)


def test_a_wave_file_without_sound_is_nothing(tmp_path: Path) -> None:
    path = film(tmp_path / "a.wav", picture=None, sound=[(0, 1)], codecs=("", "pcm_s16le"))
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"data") + 8])
    assert probe(path) is None


def test_a_damaged_packet_is_passed_over(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", picture=(0, 4), sound=[(0, 4)])
    content = bytearray(path.read_bytes())
    middle = content.index(b"mdat") + 2000
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)
    assert loud(path, ClipSpec("a"), 0.5).endswith("xxxx")


@pytest.mark.parametrize(
    ("layout", "level"),
    [("mono", 0.6), ("quad", 0.6), ("5.1", 0.6), ("5.1", 0.9), ("7.1", 0.8), ("12 channels", 0.6)],
)
def test_sound_of_any_number_of_channels_is_as_loud_as_its_source(
    tmp_path: Path, layout: str, level: float
) -> None:
    path = film(
        tmp_path / "a.wav", picture=None, sound=[(0, 1)], codecs=("", "pcm_s16le"),
        layout=layout, level=level,
    )  # fmt: skip
    reader = SoundReader(path, ClipSpec("a"))
    audible = reader.read(RATE)[RATE // 4 : RATE * 3 // 4]
    reader.close()
    assert np.abs(audible).max(axis=0) == pytest.approx([level, level], abs=0.02)


def test_sound_whose_layout_changes_plays_to_its_end(tmp_path: Path) -> None:
    parts = [
        film(tmp_path / f"{layout}.aac", picture=None, sound=[(0, 1)], codecs=("", "aac"),
             layout=layout)
        for layout in ("mono", "stereo")
    ]  # fmt: skip
    path = tmp_path / "both.aac"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert loud(path, ClipSpec("a"), 0.5) == "xxxx"


def test_a_video_without_times_is_shown_at_its_rate(tmp_path: Path) -> None:
    film(tmp_path / "a.h264", picture=(0, 3))
    path = (tmp_path / "a.h264").rename(tmp_path / "a.mp4")
    info = examined(path)
    assert info.duration is not None and info.fps is not None
    assert info.duration * info.fps == pytest.approx(30, abs=1)
    reader = VideoReader(path, ClipSpec("a", offset=info.duration / 2), (64, 36), Fraction(10))
    reader.draw(Canvas.blank(64, 36), 0)
    assert reader._shown is not None
    assert reader._shown[0] == pytest.approx(info.duration / 2, abs=1.5 / info.fps)
    reader.close()


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts", "a.webm"])
def test_the_picture_of_a_moment_far_from_any_key_frame_is_found(tmp_path: Path, name: str) -> None:
    codecs = WEBM if name == "a.webm" else ("libx264", "aac")
    path = film(tmp_path / name, picture=(5, 15), codecs=codecs)
    reader = VideoReader(path, ClipSpec("a", offset=7.5), (64, 36), Fraction(10))
    reader.draw(Canvas.blank(64, 36), 0)
    assert reader._shown is not None
    assert reader._shown[0] == pytest.approx(7.5, abs=0.06)
    reader.close()


def test_a_video_whose_picture_cannot_be_decoded_is_nothing(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi", codecs=("mpeg4", "mp3"))
    content = bytearray(path.read_bytes())
    at = content.index(b"movi")
    content[at + 12 : content.index(b"idx1")] = bytes(content.index(b"idx1") - at - 12)
    path.write_bytes(content)
    assert probe(path) is None


def test_sound_at_a_rate_that_cannot_be_is_silent(tmp_path: Path) -> None:
    path = film(tmp_path / "a.wav", picture=None, sound=[(0, 1)], codecs=("", "pcm_s16le"))
    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack("<I", 2_000_000_000)
    path.write_bytes(content)
    reader = SoundReader(path, ClipSpec("a"))
    assert len(reader.read(RATE)) < RATE
    reader.close()
