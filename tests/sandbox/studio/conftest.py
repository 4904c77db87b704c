"""Small drafts and real media files for the studio's tests."""

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

Draft = dict[str, Any]
SIZE = (192, 108)


def _draft_of(*tracks: tuple[int, list[dict[str, Any]]], **meta: Any) -> Draft:
    """A small draft: tracks as (type, segments); a segment's own ``d`` is its length in ms."""
    canvas = {"width": SIZE[0], "height": SIZE[1], "fps": 30, **meta}
    built = [
        {"tt": kind, "sg": [{"d": s.pop("d", 500), "m": s} for s in segments]}
        for kind, segments in tracks
    ]
    return {"id": "draft_1", "v": 3, "m": canvas, "t": built}


@pytest.fixture
def draft_of() -> Callable[..., Draft]:
    """Make a small draft: see ``_draft_of``."""
    return _draft_of


@pytest.fixture
def frames() -> Callable[[Path], np.ndarray]:
    """Decode a file's pictures as (count, height, width, 3) RGB."""

    def read(path: Path) -> np.ndarray:
        with av.open(str(path)) as container:
            return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])

    return read


@pytest.fixture
def sound() -> Callable[[Path], np.ndarray]:
    """Decode a file's sound as (samples, 2) floats."""

    def read(path: Path) -> np.ndarray:
        with av.open(str(path)) as container:
            blocks = [f.to_ndarray() for f in container.decode(audio=0)]
        return np.concatenate(blocks, axis=1).T

    return read


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds of 64x36 at 10 fps: red, then blue from the first second on; a 440 Hz tone."""
    return write_clip(tmp_path / "clip.mp4")


@pytest.fixture
def sideways(tmp_path: Path) -> Path:
    """The same clip with a display matrix that turns it by a quarter."""
    path = write_clip(tmp_path / "sideways.mp4", top=(0, 255, 0))
    content = bytearray(path.read_bytes())
    matrix = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    turned = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 36 << 16, 0, 0x40000000)
    first = content.index(b"tkhd")
    at = content.index(matrix, first)
    content[at : at + 36] = turned
    path.write_bytes(content)
    return path


def write_clip(path: Path, top: tuple[int, int, int] | None = None) -> Path:
    """Write the clip; ``top`` colours the upper half of every picture."""
    with av.open(str(path), "w") as out:
        video, audio = out.add_stream("libx264", rate=10), out.add_stream("aac", rate=44_100)
        video.width, video.height, video.pix_fmt = 64, 36, "yuv420p"
        audio.layout = "mono"
        for number in range(20):
            picture = np.zeros((36, 64, 3), np.uint8)
            picture[:] = (230, 20, 20) if number < 10 else (20, 20, 230)
            if top is not None:
                picture[:18] = top
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        t = np.arange(88_200) / 44_100
        wave = (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 44_100, 0, Fraction(1, 44_100)
        out.mux(audio.encode(frame))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A 60x40 picture, its left half green and its right half red."""
    image = Image.new("RGB", (60, 40), (220, 30, 30))
    image.paste((20, 200, 40), (0, 0, 30, 40))
    path = tmp_path / "photo.png"
    image.save(path)
    return path
