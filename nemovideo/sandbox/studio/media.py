"""Decoding uploads as a stream: pictures turned upright and fitted, sound resampled."""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.filter import Graph
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from .camera import travel, view_of
from .canvas import Bytes, Canvas, Layer
from .encode import memory_of
from .errors import RenderError
from .plan import SAMPLE_RATE, ClipSpec, StillSpec

Floats = NDArray[np.float32]
Planes = tuple[Bytes, Bytes, Bytes]

_SURROUND_LEVEL = 0.45


class VideoReader:
    """The picture of an uploaded video, one frame of the output after the other."""

    def __init__(self, path: Path, clip: ClipSpec, size: tuple[int, int], fps: Fraction) -> None:
        self._clip, self._size, self._fps = clip, size, fps
        self._path = path
        self._container = _opened(path)
        if not self._container.streams.video:
            self._container.close()
            raise RenderError(f"{clip.asset} holds no picture. Use a video or an image file.")
        self._frames = self._decoded()
        self._next = next(self._frames, None)
        self._shown: VideoFrame | None = None
        self._picture = Canvas.blank(*size)
        self._pending = False

    def draw(self, canvas: Canvas, frame: int) -> None:
        """Draw the picture for a frame of the segment; after the end the last one stays."""
        at = self._clip.offset + float(frame / self._fps) * self._clip.speed
        # Half a tick of tolerance: rates such as 29.97 would otherwise slip to the frame before.
        while self._next is not None and (self._next.time or 0.0) <= at + 1e-3:
            self._shown, self._next = self._next, next(self._frames, None)
            self._pending = True
        if self._shown is None and self._next is not None:
            self._shown, self._pending = self._next, True
        if self._shown is None:
            canvas.fill()
            return
        if self._pending:
            _fit_planes(self._picture, _upright(self._shown, self._size, self._clip.fit))
            self._pending = False
        canvas.copy_from(self._picture)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _decoded(self) -> Iterator[VideoFrame]:
        stream = self._container.streams.video[0]
        stream.thread_type = "AUTO"
        if self._clip.offset > 0:
            self._container.seek(int(self._clip.offset * av.time_base), backward=True)
        try:
            yield from self._container.decode(stream)
        except av.error.FFmpegError as error:
            if self._shown is None:
                raise RenderError(f"{self._clip.asset} cannot be decoded: {error}.") from error


class SoundReader:
    """The sound of an upload at 48 kHz stereo, sped up without changing its pitch."""

    def __init__(self, path: Path, clip: ClipSpec) -> None:
        self._clip = clip
        self._container = _opened(path)
        self._blocks = self._decoded() if self._container.streams.audio else iter(())
        self._left = np.zeros((0, 2), np.float32)

    def read(self, count: int) -> Floats:
        """The next samples, fewer at the end."""
        parts, have = [self._left], len(self._left)
        while have < count and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            have += len(block)
        joined = np.concatenate(parts)
        self._left = joined[count:]
        return joined[:count]

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _decoded(self) -> Iterator[Floats]:
        stream = self._container.streams.audio[0]
        if self._clip.offset > 0:
            self._container.seek(int(self._clip.offset * av.time_base), backward=True)
        graph: Graph | None = None
        skip: int | None = None
        try:
            for frame in self._container.decode(stream):
                frame.pts, began = None, frame.time or 0.0
                graph = graph or _sound_graph(frame, self._clip.speed)
                if skip is None:
                    late = max(0.0, self._clip.offset - began)
                    skip = round(late / self._clip.speed * SAMPLE_RATE)
                graph.push(frame)
                for block in _pulled(graph):
                    yield block[skip:]
                    skip = max(0, skip - len(block))
        except av.error.FFmpegError:
            # A sound that breaks off is heard as far as it goes.
            return
        if graph is not None:
            graph.push(None)
            yield from _pulled(graph)


class StillReader:
    """An uploaded image, fitted once; a camera move travels over it slowly."""

    _REACH = 0.12

    def __init__(self, path: Path, still: StillSpec, size: tuple[int, int], frames: int) -> None:
        self._size, self._frames, self._camera = size, max(1, frames), still.camera
        try:
            with Image.open(path) as stored:
                picture = ImageOps.exif_transpose(stored).convert("RGBA")
        except (OSError, ValueError, SyntaxError) as error:
            raise RenderError(f"{still.asset} cannot be read as an image: {error}.") from error
        flat = Image.new("RGBA", picture.size, (0, 0, 0, 255))
        flat.alpha_composite(picture)
        image = _fit_image(flat.convert("RGB"), size, still.fit)
        self._picture = Canvas.blank(*size)
        Layer(image).draw(self._picture, 0, 0)

    def draw(self, canvas: Canvas, frame: int) -> None:
        """Draw the picture for a frame of the segment."""
        if self._camera == "still":
            canvas.copy_from(self._picture)
            return
        share = min(1.0, frame / self._frames)
        travel(self._picture, canvas, view_of(self._camera, share, self._REACH))

    def close(self) -> None:
        """There is nothing to close: the image was read at once."""


def _opened(path: Path) -> InputContainer:
    try:
        return av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise RenderError(f"{path.name} cannot be opened as media: {error}.") from error


def _upright(frame: VideoFrame, size: tuple[int, int], fit: str) -> Planes:
    """The frame's planes scaled to fit (or cover) the size and turned upright."""
    turned = frame.rotation % 180 != 0
    shown = (frame.height, frame.width) if turned else (frame.width, frame.height)
    width, height = _fitted(shown, size, fit)
    stored = (height, width) if turned else (width, height)
    small = frame.reformat(
        *stored,
        format="yuv420p",
        dst_colorspace="ITU709",
        dst_color_range="MPEG",
        interpolation="BILINEAR",
    )
    planes = [memory_of(plane) for plane in small.planes]
    y, u, v = (np.rot90(plane, frame.rotation % 360 // 90) for plane in planes)
    return y, u, v


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


def _sound_graph(frame: AudioFrame, speed: float) -> Graph:
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=Fraction(1, frame.sample_rate),
    )
    chain = [source]
    while speed < 0.5:
        chain.append(graph.add("atempo", "0.5"))
        speed *= 2
    if speed != 1.0:
        chain.append(graph.add("atempo", f"{speed:.6f}"))
    wanted = f"sample_fmts=flt:sample_rates={SAMPLE_RATE}:channel_layouts=stereo"
    chain += [graph.add("aformat", wanted), graph.add("abuffersink")]
    for before, after in itertools.pairwise(chain):
        before.link_to(after)
    graph.configure()
    return graph


def _pulled(graph: Graph) -> Iterator[Floats]:
    while True:
        try:
            frame = graph.pull()
        except (BlockingIOError, EOFError):
            return
        if isinstance(frame, AudioFrame):
            yield frame.to_ndarray().reshape(-1, 2).astype(np.float32)
