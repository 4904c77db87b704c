"""Videos with pixels that are not square, turned, mirrored, or seen through."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from nemovideo.sandbox.studio import probe
from nemovideo.sandbox.studio.canvas import Canvas
from nemovideo.sandbox.studio.media import VideoReader
from nemovideo.sandbox.studio.render_plan import ClipSpec
from tests.sandbox.studio.unusual_media import film, turned

QUARTER = (0, 1, -1, 0)


def red(path: Path, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where the red quarter is seen in a video of a size: top, bottom, left, right."""
    reader = VideoReader(path, ClipSpec("a", fit="contain"), size, Fraction(10))
    canvas = Canvas.blank(*size)
    reader.draw(canvas, 0)
    reader.close()
    # The dim surround is no red.
    seen = canvas.v > 190
    rows, columns = np.where(seen.any(1))[0], np.where(seen.any(0))[0]
    return 2 * rows[0], 2 * rows[-1] + 2, 2 * columns[0], 2 * columns[-1] + 2


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.avi"])
def test_pixels_that_are_not_square_are_made_so(tmp_path: Path, name: str) -> None:
    codecs = ("mpeg4" if name == "a.avi" else "libx264", "aac")
    path = film(tmp_path / name, size=(144, 116), pixel=Fraction(64, 45), codecs=codecs)
    info = probe(path)
    assert info is not None
    assert (info.width, info.height) == (205, 116)
    top, bottom, left, right = red(path, (204, 116))
    assert (right - left) / (bottom - top) == pytest.approx(204 / 116, abs=0.1)


def test_narrow_pixels_are_made_square(tmp_path: Path) -> None:
    info = probe(film(tmp_path / "a.mp4", size=(180, 120), pixel=Fraction(8, 9)))
    assert info is not None
    assert (info.width, info.height) == (160, 120)


def test_a_shape_of_pixels_that_cannot_be_is_left_out(tmp_path: Path) -> None:
    info = probe(film(tmp_path / "a.mp4", pixel=Fraction(1, 1000)))
    assert info is not None
    assert (info.width, info.height) == (64, 36)


def test_a_turned_video_is_stretched_along_the_side_it_was_stored_by(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", size=(144, 116), pixel=Fraction(64, 45))
    info = probe(turned(path, *QUARTER))
    assert info is not None
    assert (info.width, info.height) == (116, 205)
    top, bottom, left, right = red(path, (116, 204))
    assert (top, right) == (0, 116)
    assert (bottom - top) / (right - left) == pytest.approx(204 / 116, abs=0.1)


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [
        ((1, 0, 0, 1), "top left"),
        ((-1, 0, 0, 1), "top right"),
        ((1, 0, 0, -1), "bottom left"),
        ((-1, 0, 0, -1), "bottom right"),
        (QUARTER, "top right"),
        ((0, -1, 1, 0), "bottom left"),
        ((0, 1, 1, 0), "top left"),
        ((0, -1, -1, 0), "bottom right"),
    ],
)
def test_a_video_is_turned_and_mirrored_by_its_matrix(
    tmp_path: Path, matrix: tuple[int, int, int, int], corner: str
) -> None:
    path = turned(film(tmp_path / "a.mp4"), *matrix)
    size = (36, 64) if matrix[0] == 0 else (64, 36)
    top, _, left, _ = red(path, size)
    vertical = "top" if top < size[1] / 4 else "bottom"
    assert f"{vertical} {'left' if left < size[0] / 4 else 'right'}" == corner


def test_what_shines_through_is_black(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    pixels = np.full((36, 64, 4), (255, 0, 0, 255), np.uint8)
    pixels[:, 32:, 3] = 0
    with av.open(str(path), "w") as out:
        video = out.add_stream("png", rate=10)
        video.width, video.height, video.pix_fmt = 64, 36, "rgba"
        out.mux(video.encode(av.VideoFrame.from_ndarray(pixels, "rgba")))
        out.mux(video.encode(None))
    reader = VideoReader(path, ClipSpec("a"), (64, 36), Fraction(10))
    canvas = Canvas.blank(64, 36)
    reader.draw(canvas, 0)
    reader.close()
    assert canvas.v[9, 6] > 200
    assert (canvas.y[18, 56], canvas.v[9, 28]) == (16, 128)
