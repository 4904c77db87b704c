"""What a file is, by its content: the decoders are asked, its name is not."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream
from PIL import Image, ImageOps, UnidentifiedImageError

Kind = Literal["video", "image", "audio"]
# Demuxers that take almost any bytes; what only they accept is not media.
_NOT_MEDIA = {
    "tty",
    "srt",
    "ass",
    "webvtt",
    "microdvd",
    "lrc",
    "concat",
    "hls",
    "dash",
    "data",
    "txt",
}
_STILL_DEMUXERS = ("image2", "_pipe", "ico")


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What ``probe`` found: sizes in pixels as displayed (after rotation), duration in seconds."""

    kind: Kind
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    has_audio: bool = False


def probe(path: Path | str) -> MediaInfo | None:
    """Find out what a media file holds; None when no decoder takes its content."""
    path = Path(path)
    return _image(path) or _stream(path)


def _image(path: Path) -> MediaInfo | None:
    try:
        with Image.open(path) as image:
            if getattr(image, "n_frames", 1) > 1:
                return None
            image.load()
            width, height = ImageOps.exif_transpose(image).size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return MediaInfo("image", width=width, height=height)


def _stream(path: Path) -> MediaInfo | None:
    try:
        with av.open(str(path)) as container:
            if set(container.format.name.split(",")) & _NOT_MEDIA:
                return None
            return _described(container)
    except (av.error.FFmpegError, OSError, ValueError):
        return None


def _described(container: InputContainer) -> MediaInfo | None:
    sounds = container.streams.audio
    videos = [s for s in container.streams.video if not _is_cover(s)]
    duration = container.duration / av.time_base if container.duration else None
    if not videos:
        with contextlib.suppress(StopIteration):
            next(container.decode(sounds[0])) if sounds else None
            return MediaInfo("audio", duration, has_audio=True) if sounds else None
        return None
    stream = videos[0]
    frame = next(container.decode(stream), None)
    if frame is None:
        return None
    width, height = frame.width, frame.height
    if frame.rotation % 180:
        width, height = height, width
    rate = stream.average_rate or stream.guessed_rate
    return MediaInfo("video", duration, width, height, float(rate) if rate else None, bool(sounds))


def _is_cover(stream: VideoStream) -> bool:
    """Whether a "video" is the cover picture of a song."""
    return bool(stream.disposition & Disposition.attached_pic)
