"""What a file is, by its content: the decoders are asked, its name is not."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import av.error
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from nemovideo.sandbox.studio.orientation import displayed_size, pixel_shape
from nemovideo.sandbox.studio.render_plan import LONGEST_MS
from nemovideo.sandbox.studio.source import Survey, Surveys, survey
from nemovideo.sandbox.studio.stills import BROKEN, PictureFile

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
    "image2",
}
# A rate that a file states is believed when it differs by less than this share from the count.
_DOUBT = 0.1
_LEFT_OUT = 2


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What ``probe`` found: sizes in pixels as displayed, duration in seconds as counted.

    An image has a duration and a rate only when it moves.
    """

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
        with PictureFile(path) as file:
            return _examined(file)
    except BROKEN:
        return None


def _examined(file: PictureFile) -> MediaInfo:
    size, shown, count = (0, 0), 0.0, 0
    for seconds in file.play():
        size = size if count else file.flat().size
        shown, count = shown + seconds, count + 1
        if shown > LONGEST_MS / 1000:
            break
    if count < 2:
        return MediaInfo("image", width=size[0], height=size[1])
    return MediaInfo("image", round(shown, 3), *size, round(count / shown, 3))


def _stream(path: Path) -> MediaInfo | None:
    try:
        with av.open(str(path)) as container:
            demuxers = container.format.name.split(",")
            if any(name in _NOT_MEDIA or name.endswith("_pipe") for name in demuxers):
                return None
            return _described(survey(container))
    except (av.error.FFmpegError, OSError, ValueError):
        return None


def _described(found: Surveys) -> MediaInfo | None:
    picture, sound = found.picture, found.sound
    audible = sound is not None and sound.first is not None
    if picture is None:
        return MediaInfo("audio", _lasting(found), has_audio=True) if audible else None
    if picture.first is None or not isinstance(picture.stream, VideoStream):
        return None
    rate = _rate(picture)
    size = displayed_size(picture.first, pixel_shape(picture.stream))
    duration = _lasting(found) or (picture.packets / rate if rate else None)
    return MediaInfo("video", duration, *size, rate, audible)


def _lasting(found: Surveys) -> float | None:
    lasting = found.end - found.begin
    return round(lasting, 6) if 0 < lasting < math.inf else None


def _rate(picture: Survey[VideoFrame]) -> float | None:
    """Pictures a second: what the file says, unless counting them shows something else."""
    stream = picture.stream
    rates = (stream.average_rate, stream.guessed_rate) if isinstance(stream, VideoStream) else ()
    lasting = picture.end - picture.begin
    counted = picture.packets / lasting if 0 < lasting < math.inf else None
    for stated in map(float, filter(None, rates)):
        if counted is None or abs(stated - counted) < _DOUBT * counted:
            return stated
    return None if counted is None else round(counted, 3)


def is_whole(path: Path) -> bool:
    """Return True if all the pictures that a video file announces can be decoded."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            decoded = sum(1 for _ in container.decode(stream))
            # An edit list may leave out a few at the edges.
            return decoded + _LEFT_OUT >= stream.frames
    except (av.error.FFmpegError, OSError, IndexError):
        return False
