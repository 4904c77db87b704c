"""Decoding uploads as a stream: pictures turned upright and fitted, sound resampled."""

from fractions import Fraction
from pathlib import Path

import av.error
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from nemovideo.sandbox.studio.camera import travel, view_of
from nemovideo.sandbox.studio.canvas import Bytes, Canvas, Layer
from nemovideo.sandbox.studio.errors import RenderError
from nemovideo.sandbox.studio.orientation import displayed_size, planes_of
from nemovideo.sandbox.studio.render_plan import ClipSpec, StillSpec
from nemovideo.sandbox.studio.resampling import on_time
from nemovideo.sandbox.studio.source import pictures, sounds
from nemovideo.sandbox.studio.stills import BROKEN, PictureFile

Floats = NDArray[np.float32]
Planes = tuple[Bytes, Bytes, Bytes]
Seen = tuple[float, VideoFrame, float]
"""When a picture is shown, and the shape of its pixels."""

_SURROUND_LEVEL = 0.45
# Half a tick of tolerance: rates such as 29.97 would otherwise slip to the frame before.
_TICK = 1e-3


class VideoReader:
    """The picture of an uploaded video, one frame of the output after the other."""

    def __init__(self, path: Path, clip: ClipSpec, size: tuple[int, int], fps: Fraction) -> None:
        self._clip, self._size, self._fps = clip, size, fps
        self._frames = pictures(path, clip.offset)
        self._next = next(self._frames, None)
        self._shown: Seen | None = None
        self._picture = Canvas.blank(*size)
        self._pending = False

    def draw(self, canvas: Canvas, frame: int) -> None:
        """Draw the picture for a frame of the segment; after the end the last one stays."""
        at = self._clip.offset + float(frame / self._fps) * self._clip.speed
        while self._next is not None and (self._shown is None or self._next[0] <= at + _TICK):
            self._shown, self._next = self._next, next(self._frames, None)
            self._pending = True
        if self._shown is None:
            canvas.fill()
            return
        if self._pending:
            _, shown, shape = self._shown
            size = _fitted(displayed_size(shown, shape), self._size, self._clip.fit)
            _fit_planes(self._picture, planes_of(shown, size))
            self._pending = False
        canvas.copy_from(self._picture)

    def close(self) -> None:
        self._frames.close()


class SoundReader:
    """The sound of an upload at 48 kHz stereo, sped up without changing its pitch."""

    def __init__(self, path: Path, clip: ClipSpec) -> None:
        self._frames = sounds(path, clip.offset)
        self._blocks = on_time(self._frames, clip.offset, clip.speed)
        self._left = np.zeros((0, 2), np.float32)

    def read(self, count: int) -> Floats:
        parts, have = [self._left], len(self._left)
        while have < count and (block := self._next_block()) is not None:
            parts.append(block)
            have += len(block)
        joined = np.concatenate(parts)
        self._left = joined[count:]
        return joined[:count]

    def _next_block(self) -> Floats | None:
        try:
            return next(self._blocks, None)
        except (av.error.FFmpegError, OSError):
            # Sound in a format that cannot be mixed ends here.
            return None

    def close(self) -> None:
        self._blocks.close()
        self._frames.close()


class StillReader:
    """An uploaded image, fitted; a camera move travels over it slowly. An animation runs on."""

    _REACH = 0.12

    def __init__(
        self,
        path: Path,
        still: StillSpec,
        size: tuple[int, int],
        frames: int,
        fps: Fraction = Fraction(30),
    ) -> None:
        self._still, self._size = still, size
        self._frames, self._fps = max(1, frames), fps
        self._picture = Canvas.blank(*size)
        self._until = 0.0
        try:
            self._file = PictureFile(path)
            self._pictures = self._file.play()
            self._turn_over()
        except BROKEN as error:
            raise RenderError(f"{still.asset} cannot be read as an image: {error}.") from error

    def draw(self, canvas: Canvas, frame: int) -> None:
        """Draw the picture for a frame of the segment."""
        while self._file.moves and self._until <= frame / self._fps + _TICK:
            self._turn_over()
        if self._still.camera == "still":
            canvas.copy_from(self._picture)
            return
        share = min(1.0, frame / self._frames)
        travel(self._picture, canvas, view_of(self._still.camera, share, self._REACH))

    def close(self) -> None:
        self._file.close()

    def _turn_over(self) -> None:
        """Take up the next picture; after the last one an animation begins again."""
        seconds = next(self._pictures, None)
        if seconds is None:
            self._pictures = self._file.play()
            seconds = next(self._pictures)
        self._until += seconds
        image = _fit_image(self._file.flat(), self._size, self._still.fit)
        Layer(image).draw(self._picture, 0, 0)


def _fitted(shown: tuple[float, float], size: tuple[int, int], fit: str) -> tuple[int, int]:
    choose = max if fit == "cover" else min
    scale = choose(size[0] / shown[0], size[1] / shown[1])
    return max(2, round(shown[0] * scale / 2) * 2), max(2, round(shown[1] * scale / 2) * 2)


def _fit_planes(canvas: Canvas, planes: Planes) -> None:
    height, width = planes[0].shape
    if width < canvas.width or height < canvas.height:
        _surround(canvas, planes)
    for out, plane, half in zip(canvas.planes, planes, (1, 2, 2), strict=True):
        left = (canvas.width - width) // 4 * 2 // half
        top = (canvas.height - height) // 4 * 2 // half
        x, y = max(0, left), max(0, top)
        part = plane[max(0, -top) :, max(0, -left) :][: out.shape[0], : out.shape[1]]
        out[y : y + part.shape[0], x : x + part.shape[1]] = part


def _surround(canvas: Canvas, planes: Planes) -> None:
    """Fill what the picture leaves free with a dim, blurred copy of it."""
    for out, plane, level, zero in zip(
        canvas.planes, planes, (1, 0.6, 0.6), (16, 128, 128), strict=True
    ):
        small = Image.fromarray(np.ascontiguousarray(plane)).resize((32, 18), Image.Resampling.BOX)
        soft = np.asarray(small.filter(ImageFilter.GaussianBlur(2)), np.float32)
        share = _SURROUND_LEVEL if level == 1 else level
        dim = Image.fromarray((zero + (soft - zero) * share).astype(np.uint8))
        wide = dim.resize((out.shape[1], out.shape[0]), Image.Resampling.BILINEAR)
        np.copyto(out, np.asarray(wide))


def _fit_image(image: Image.Image, size: tuple[int, int], fit: str) -> Image.Image:
    width, height = _fitted(image.size, size, fit)
    fitted = image.resize((width, height), Image.Resampling.LANCZOS)
    if (width, height) == size:
        return fitted
    back = (
        image.resize((32, 18))
        .filter(ImageFilter.GaussianBlur(2))
        .point([round(v * _SURROUND_LEVEL) for v in range(256)] * 3)
    )
    ground = back.resize(size, Image.Resampling.BILINEAR)
    ground.paste(fitted, ((size[0] - width) // 2, (size[1] - height) // 2))
    return ground
