"""Writing the file: codecs and their settings by format and quality, frames and sound in."""

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.stream import VideoStream
from numpy.typing import NDArray

from nemovideo.sandbox.studio.canvas import Bytes, Canvas, Words
from nemovideo.sandbox.studio.errors import RenderError
from nemovideo.sandbox.studio.render_plan import SAMPLE_RATE

# A fixed number, not the machine's: the encoder's decisions, and so the decoded frames,
# depend on it.
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Format:
    """A container and its codecs."""

    muxer: str
    video: str
    audio: str | None
    muxer_options: tuple[tuple[str, str], ...] = ()
    fps: Fraction | None = None
    largest: int = 4096


FORMATS = {
    "mp4": Format("mp4", "libx264", "aac", (("movflags", "+faststart"),)),
    "mov": Format("mov", "libx264", "aac", (("movflags", "+faststart"),)),
    "webm": Format("webm", "libvpx-vp9", "libopus"),
    # Delays in a GIF are whole hundredths of a second and it has no motion compensation:
    # ten pictures a second keep both the length exact and the file bearable.
    "gif": Format("gif", "gif", None, fps=Fraction(10), largest=640),
}
_CRF = {"low": (29, 44), "medium": (25, 36), "high": (22, 30)}


def format_of(name: str) -> Format:
    """The format by its name, RenderError for one that the studio does not write."""
    try:
        return FORMATS[name.lower()]
    except KeyError:
        known = ", ".join(FORMATS)
        raise RenderError(f"Unknown output format {name!r}; use one of {known}.") from None


class Writer(Protocol):
    """Where the pictures and the sound go; both must be given in order."""

    def picture(self, frame: VideoFrame) -> None: ...

    def sound(self, block: NDArray[np.float32]) -> None: ...

    def finish(self) -> None: ...


def new_frame(width: int, height: int, scratch: Words | None = None) -> tuple[VideoFrame, Canvas]:
    """An empty frame and the canvas over its memory, with a scratch area to share if given."""
    frame = VideoFrame(width, height, "yuv420p")
    frame.color_range, frame.colorspace = 1, 1
    y, u, v = (memory_of(plane) for plane in frame.planes)
    return frame, Canvas(
        y, u, v, scratch if scratch is not None else np.empty(width * height, np.uint16)
    )


class FramePool:
    """Frames used again and again: to touch fresh memory for each costs more than to fill it."""

    def __init__(self, width: int, height: int, scratch: Words) -> None:
        self._size, self._scratch = (width, height), scratch
        self._idle: list[VideoFrame] = []

    def take(self) -> tuple[VideoFrame, Canvas]:
        """A frame that nobody reads any more, with whatever was on it, and its canvas."""
        if not self._idle:
            return new_frame(*self._size, self._scratch)
        frame = self._idle.pop()
        # An encoder that still holds on to the picture keeps its own copy.
        frame.make_writable()
        y, u, v = (memory_of(plane) for plane in frame.planes)
        return frame, Canvas(y, u, v, self._scratch)

    def give(self, frame: VideoFrame) -> None:
        """Put a frame back that the encoder has taken in."""
        self._idle.append(frame)


def memory_of(plane: VideoPlane) -> Bytes:
    """A plane's pixels as an array over its own memory."""
    # A plane offers its memory as a buffer, of which its type stub says nothing.
    buffer = cast("memoryview[int]", plane)
    rows = np.frombuffer(buffer, np.uint8)[: plane.line_size * plane.height]
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]


@contextlib.contextmanager
def open_writer(
    path: Path, form: Format, quality: str, size: tuple[int, int], fps: Fraction
) -> Generator[Writer]:
    """Open a file for writing in a format; it is complete once ``finish`` has returned."""
    if quality.lower() not in _CRF:
        raise RenderError(f"Unknown quality {quality!r}; use one of {', '.join(_CRF)}.")
    with av.open(str(path), "w", format=form.muxer, options=dict(form.muxer_options)) as output:
        typed = cast(_Output, output)
        if form.muxer == "gif":
            yield _GifWriter(typed, size, fps)
        else:
            yield _MovieWriter(typed, form, quality.lower(), size, fps)


class _Output(Protocol):
    """What is used of PyAV's output container, whose own types are incomplete."""

    def add_stream(
        self, codec_name: str, rate: Fraction | int, options: dict[str, str] | None = None
    ) -> object: ...

    def mux(self, packets: object) -> None: ...


class _Encoder(Protocol):
    """The same for a stream."""

    def encode(self, frame: AudioFrame | VideoFrame | None) -> object: ...


def _send(output: _Output, stream: object, frame: AudioFrame | VideoFrame | None) -> None:
    """Encode a frame (None: flush) and write what comes of it."""
    output.mux(cast(_Encoder, stream).encode(frame))


class _MovieWriter:
    def __init__(
        self, output: _Output, form: Format, quality: str, size: tuple[int, int], fps: Fraction
    ) -> None:
        self._output = output
        options = _options(form, quality)
        self._video = cast(VideoStream, output.add_stream(form.video, rate=fps, options=options))
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        context = self._video.codec_context
        context.time_base = 1 / fps
        context.color_range = context.colorspace = 1
        context.color_primaries = context.color_trc = 1
        context.thread_count = _THREADS
        codec = form.audio or "aac"
        # The careful coder of AAC costs twice as much, which is inaudible at these rates.
        sound = {"aac_coder": "fast"} if codec == "aac" else None
        self._audio = cast(AudioStream, output.add_stream(codec, rate=SAMPLE_RATE, options=sound))
        self._audio.codec_context.layout = "stereo"
        self._audio.bit_rate = {"low": 96_000, "medium": 128_000, "high": 192_000}[quality]
        self._samples = 0

    def picture(self, frame: VideoFrame) -> None:
        _send(self._output, self._video, frame)

    def sound(self, block: NDArray[np.float32]) -> None:
        planes = np.ascontiguousarray(block.T)
        frame = AudioFrame.from_ndarray(planes, format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = Fraction(1, SAMPLE_RATE)
        frame.pts = self._samples
        self._samples += block.shape[0]
        _send(self._output, self._audio, frame)

    def finish(self) -> None:
        _send(self._output, self._video, None)
        _send(self._output, self._audio, None)


class _GifWriter:
    """Each picture gets a palette of its own, so that the whole video need not be in memory."""

    def __init__(self, output: _Output, size: tuple[int, int], fps: Fraction) -> None:
        self._output = output
        self._stream = cast(VideoStream, output.add_stream("gif", rate=fps))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "pal8"
        self._stream.codec_context.time_base = 1 / fps
        graph = Graph()
        source = graph.add_buffer(
            width=size[0], height=size[1], format=VideoFormat("yuv420p"), time_base=1 / fps
        )
        split, make = graph.add("split"), graph.add("palettegen", "stats_mode=single")
        use, sink = graph.add("paletteuse", "new=1:dither=bayer"), graph.add("buffersink")
        source.link_to(split)
        split.link_to(use, 0, 0)
        split.link_to(make, 1, 0)
        make.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        self._graph = graph

    def picture(self, frame: VideoFrame) -> None:
        self._graph.push(frame)
        self._drain()

    def sound(self, block: NDArray[np.float32]) -> None:
        """A GIF is silent."""

    def finish(self) -> None:
        self._graph.push(None)
        self._drain()
        _send(self._output, self._stream, None)

    def _drain(self) -> None:
        pull: Callable[[], object] = self._graph.pull
        while True:
            try:
                frame = pull()
            except (BlockingIOError, EOFError):
                return
            if isinstance(frame, VideoFrame):
                _send(self._output, self._stream, frame)


def _options(form: Format, quality: str) -> dict[str, str]:
    x264, vp9 = _CRF[quality]
    if form.video == "libx264":
        # Without B-frames the file begins at zero and encodes a third faster.
        return {"preset": "superfast", "profile": "high", "crf": str(x264), "bf": "0"}
    return {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": str(vp9), "b": "0"}
