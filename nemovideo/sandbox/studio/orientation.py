"""Frames as they are displayed: pixels made square, turned and mirrored as the file asks."""

import struct
from dataclasses import dataclass
from typing import cast

import numpy as np
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from nemovideo.sandbox.studio.canvas import Bytes
from nemovideo.sandbox.studio.encode import memory_of

# Pixels that are longer than this are a mistake in the file, not a lens.
_LONGEST_PIXEL = 8
_MATRIX = struct.Struct("=9i")


@dataclass(frozen=True, slots=True)
class Turn:
    """How stored pixels are brought upright: rows become columns first, then they are mirrored."""

    aside: bool = False
    mirrored: bool = False
    upside_down: bool = False

    def apply(self, plane: Bytes) -> Bytes:
        turned = plane.T if self.aside else plane
        return turned[:: -1 if self.upside_down else 1, :: -1 if self.mirrored else 1]


def turn_of(frame: VideoFrame) -> Turn:
    """Read the display matrix of a frame, as quarters and mirrors."""
    stored = frame.side_data.get("DISPLAYMATRIX")
    content = bytes(stored) if isinstance(stored, SideData) else b""
    if len(content) < _MATRIX.size:
        return Turn()
    # A pixel at (x, y) is displayed at (a x + c y, b x + d y).
    a, b, _, c, d, *_ = _MATRIX.unpack_from(content)
    if abs(b) > abs(a):
        return Turn(aside=True, mirrored=c < 0, upside_down=b < 0)
    return Turn(mirrored=a < 0, upside_down=d < 0)


def pixel_shape(stream: VideoStream) -> float:
    """How much wider than high a pixel is; to be asked while the file is open."""
    shape = float(stream.sample_aspect_ratio or 1)
    return shape if 1 / _LONGEST_PIXEL <= shape <= _LONGEST_PIXEL else 1.0


def displayed_size(frame: VideoFrame, shape: float) -> tuple[int, int]:
    """Width and height of a frame as displayed, with pixels of this shape."""
    width = max(1, round(frame.width * shape))
    return (frame.height, width) if turn_of(frame).aside else (width, frame.height)


def planes_of(frame: VideoFrame, size: tuple[int, int]) -> tuple[Bytes, Bytes, Bytes]:
    """The planes of a frame, brought upright in a size; what shines through is black."""
    turn = turn_of(frame)
    width, height = reversed(size) if turn.aside else size
    if any(component.is_alpha for component in frame.format.components):
        frame = _on_black(frame, width, height)
    small = frame.reformat(
        width,
        height,
        format="yuv420p",
        dst_colorspace="ITU709",
        dst_color_range="MPEG",
        interpolation="BILINEAR",
    )
    y, u, v = (turn.apply(memory_of(plane)) for plane in small.planes)
    return y, u, v


def _on_black(frame: VideoFrame, width: int, height: int) -> VideoFrame:
    small = frame.reformat(width, height, format="rgba", interpolation="BILINEAR")
    seen = cast(Bytes, small.to_ndarray()).astype(np.uint16)
    flat = seen[..., :3] * (seen[..., 3:] + 1) >> 8
    return VideoFrame.from_ndarray(flat.astype(np.uint8), format="rgb24")
