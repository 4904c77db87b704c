"""Uploads: fitted, upright, at their speed, heard."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nemovideo.sandbox.studio import RenderError, render
from nemovideo.sandbox.studio.canvas import Canvas
from nemovideo.sandbox.studio.media import SoundReader, StillReader, VideoReader
from nemovideo.sandbox.studio.render_plan import ClipSpec, StillSpec

RED_V, BLUE_U = 200, 200

DraftOf = Callable[..., dict[str, Any]]
SIZE = (192, 108)


def picture(
    reader: VideoReader | StillReader, frame: int, size: tuple[int, int] = (96, 54)
) -> Canvas:
    canvas = Canvas.blank(*size)
    reader.draw(canvas, frame)
    return canvas


def read(path: Path, spec: ClipSpec, size: tuple[int, int] = (96, 54)) -> VideoReader:
    return VideoReader(path, spec, size, Fraction(30))


def test_a_clip_shows_the_picture_of_its_time(clip: Path) -> None:
    reader = read(clip, ClipSpec("clip"))
    assert picture(reader, 0).v[20, 20] > RED_V
    assert picture(reader, 29).v[20, 20] > RED_V
    assert picture(reader, 30).u[20, 20] > BLUE_U
    reader.close()


@pytest.mark.parametrize(("speed", "frame"), [(2.0, 15), (0.5, 60)])
def test_speed_moves_the_moment(clip: Path, speed: float, frame: int) -> None:
    reader = read(clip, ClipSpec("clip", speed=speed))
    assert picture(reader, frame - 2).v[20, 20] > RED_V
    assert picture(reader, frame).u[20, 20] > BLUE_U
    reader.close()


def test_an_offset_starts_later(clip: Path) -> None:
    reader = read(clip, ClipSpec("clip", offset=1.0))
    assert picture(reader, 0).u[20, 20] > BLUE_U
    reader.close()


def test_the_last_picture_stays_after_the_end(clip: Path) -> None:
    reader = read(clip, ClipSpec("clip"))
    assert picture(reader, 500).u[20, 20] > BLUE_U
    reader.close()


def test_contain_keeps_the_whole_picture_on_a_dim_surround(clip: Path) -> None:
    reader = read(clip, ClipSpec("clip"), (54, 96))
    canvas = picture(reader, 0, (54, 96))
    assert canvas.y[48, 27] > canvas.y[4, 27]
    assert canvas.v[2, 13] < canvas.v[24, 13]
    reader.close()


def test_cover_fills_the_frame(clip: Path) -> None:
    reader = read(clip, ClipSpec("clip", fit="cover"), (54, 96))
    canvas = picture(reader, 0, (54, 96))
    assert (canvas.v[:, 2:-2] > RED_V).all()
    reader.close()


def test_a_clip_is_turned_by_its_display_matrix(sideways: Path) -> None:
    reader = read(sideways, ClipSpec("clip"), (36, 64))
    canvas = picture(reader, 0, (36, 64))
    left, right = canvas.v[16, 3], canvas.v[16, 14]
    # A quarter clockwise brings the upper half (green) to the right.
    assert left > RED_V > right
    reader.close()


def test_a_sound_is_no_picture(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(RenderError, match="holds no picture"):
        read(_sound_file(tmp_path), ClipSpec("song"))


def _sound_file(tmp_path: Path) -> Path:
    import wave

    path = tmp_path / "song.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        t = np.arange(8000) / 8000
        out.writeframes((np.sin(2 * np.pi * 300 * t) * 12000).astype("<i2").tobytes())
    return path


def test_a_file_that_is_no_medium_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"not a film" * 50)
    with pytest.raises(RenderError, match="cannot be opened"):
        read(path, ClipSpec("a"))
    with pytest.raises(RenderError, match="cannot be read as an image"):
        StillReader(path, StillSpec("a"), (96, 54), 10)


def test_sound_comes_at_48_khz_stereo_and_ends(clip: Path) -> None:
    reader = SoundReader(clip, ClipSpec("clip"))
    audible = reader.read(200_000)
    assert abs(len(audible) - 96_000) < 3000
    assert float(np.abs(audible).max()) > 0.3
    assert len(reader.read(10)) == 0
    reader.close()


@pytest.mark.parametrize("speed", [0.3, 2.0])
def test_a_changed_speed_changes_the_length_and_keeps_the_pitch(clip: Path, speed: float) -> None:
    reader = SoundReader(clip, ClipSpec("clip", speed=speed))
    audible = reader.read(10**7)[:, 0]
    assert abs(len(audible) - 96_000 / speed) < 8000
    middle = audible[len(audible) // 3 : len(audible) // 3 + 16_384]
    peak = int(np.abs(np.fft.rfft(middle * np.hanning(len(middle)))).argmax())
    assert abs(peak * 48_000 / 16_384 - 440) < 15
    reader.close()


def test_the_sound_of_an_offset_leaves_the_rest(clip: Path) -> None:
    reader = SoundReader(clip, ClipSpec("clip", offset=1.5))
    assert abs(len(reader.read(10**6)) - 24_000) < 2500
    reader.close()


def test_an_image_without_sound_is_silent_as_a_sound(photo: Path) -> None:
    reader = SoundReader(photo, ClipSpec("photo"))
    assert len(reader.read(100)) == 0
    reader.close()


def test_a_photo_is_turned_by_its_exif_data(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 20), (220, 30, 30))
    image.paste((20, 200, 40), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "p.jpg", exif=exif)
    reader = StillReader(tmp_path / "p.jpg", StillSpec("p", "cover"), (20, 40), 10)
    canvas = picture(reader, 0, (20, 40))
    assert canvas.v[3, 5] < 110 < RED_V < canvas.v[16, 5]


@pytest.mark.parametrize("camera", ["zoom_in", "zoom_out", "pan_left", "pan_right", "drift"])
def test_a_camera_travels_over_a_photo(photo: Path, camera: str) -> None:
    reader = StillReader(photo, StillSpec("p", "cover", camera), (96, 54), 30)
    first, last = picture(reader, 0), picture(reader, 29)
    assert (first.y != last.y).any()


def test_a_still_photo_does_not_move(photo: Path) -> None:
    reader = StillReader(photo, StillSpec("p"), (96, 54), 30)
    assert (picture(reader, 0).y == picture(reader, 29).y).all()
    reader.close()


def test_a_render_has_the_picture_and_sound_of_a_clip(
    tmp_path: Path,
    clip: Path,
    frames: Callable[[Path], np.ndarray],
    sound: Callable[[Path], np.ndarray],
    draft_of: DraftOf,
) -> None:
    target = tmp_path / "a.mp4"
    draft = draft_of((0, [{"d": 2000, "kind": "clip", "asset": "clip.mp4", "volume": 0.5}]))
    render(draft, target, media={"clip.mp4": clip})
    film = frames(target)
    assert film.shape[1:3] == SIZE[::-1]
    assert film[5, 50, 90, 0] > 180
    assert film[50, 50, 90, 2] > 180
    assert 0.15 < float(np.abs(sound(target)[10_000:40_000]).max()) < 0.35
