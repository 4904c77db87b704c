"""Makes files as cameras, recorders and tools write them, with clocks and shapes of their own."""

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

RATE = 48_000
FPS = 10
# What a codec takes that does not take the usual pixels.
_PIXELS = {"mjpeg": "yuvj420p", "prores_ks": "yuv422p10le", "qtrle": "rgb24", "png": "rgb24"}
_MUXERS = {".mkv": "matroska", ".m4a": "ipod", ".aac": "adts"}
_PLAIN = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


class _Pipe:
    """Where one cannot go back, as a recorder in a browser writes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()


def quarter(size: tuple[int, int]) -> np.ndarray:
    """Blue, its top left quarter red."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[..., 2] = 255
    image[: size[1] // 2, : size[0] // 2] = (255, 0, 0)
    return image


def tone(seconds: float, layout: str, level: float) -> np.ndarray:
    """440 Hz, the same on every channel, sample after sample."""
    wave = np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE) * level
    return np.repeat(wave.astype(np.float32), av.AudioLayout(layout).nb_channels)[None]


def film(
    path: Path,
    *,
    picture: tuple[float, float] | None = (0, 2),
    sound: list[tuple[float, float]] | None = None,
    size: tuple[int, int] = (64, 36),
    pixel: Fraction | None = None,
    codecs: tuple[str, str] = ("libx264", "aac"),
    layout: str = "mono",
    level: float = 0.5,
    pipe: bool = False,
) -> Path:
    """Write a video whose picture and stretches of sound go from a second to another."""
    target: Any = _Pipe(path) if pipe else str(path)
    fragments = {"movflags": "frag_keyframe+empty_moov"}
    options = fragments if pipe and path.suffix in {".mp4", ".mov"} else {}
    muxer = _MUXERS.get(path.suffix, path.suffix[1:])
    with av.open(target, "w", format=muxer if pipe else None, options=options) as out:
        video = out.add_stream(codecs[0], rate=FPS) if picture else None
        audio = out.add_stream(codecs[1], rate=RATE, layout=layout) if sound else None
        if video is not None and picture is not None:
            video.width, video.height = size
            video.pix_fmt = _PIXELS.get(codecs[0], "yuv420p")
            video.time_base = video.codec_context.time_base = Fraction(1, 1000)
            if pipe:  # recorders encode no picture out of its order
                video.codec_context.max_b_frames = 0
            if pixel is not None:
                video.codec_context.sample_aspect_ratio = pixel
            frame = av.VideoFrame.from_ndarray(quarter(size), "rgb24")
            for number in range(round((picture[1] - picture[0]) * FPS)):
                frame.pts = round((picture[0] + number / FPS) * 1000)
                frame.time_base = Fraction(1, 1000)
                out.mux(video.encode(frame))
            out.mux(video.encode(None))
        if audio is not None:
            for block in _blocks(audio, sound or [], layout, level):
                out.mux(audio.encode(block))
            out.mux(audio.encode(None))
    if pipe:
        target.close()
    return path


def _blocks(
    audio: Any, stretches: list[tuple[float, float]], layout: str, level: float
) -> Iterator[Any]:
    size = audio.codec_context.frame_size or 1024
    for begin, end in stretches:
        resampler = av.AudioResampler(audio.codec_context.format.name, layout, RATE, size)
        block = av.AudioFrame.from_ndarray(tone(end - begin, layout, level), "flt", layout)
        block.sample_rate, block.time_base = RATE, Fraction(1, RATE)
        block.pts = round(begin * RATE)
        yield from resampler.resample(block)
        yield from resampler.resample(None)


def turned(path: Path, a: int, b: int, c: int, d: int) -> Path:
    """Write a display matrix into an MP4 video."""
    content = bytearray(path.read_bytes())
    at = content.index(_PLAIN, content.index(b"tkhd"))
    values = (a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 0x40000000)
    content[at : at + 36] = struct.pack(">9i", *values)
    path.write_bytes(content)
    return path
