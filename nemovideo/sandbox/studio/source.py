"""A media file as a player sees it: its picture, its sound, and one clock for both.

The clock of a file begins with the first picture or sound that can be decoded, whatever its
timestamps say, and it runs as long as there are packets: headers guess, are absent, or lie.
"""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from nemovideo.sandbox.studio.errors import RenderError
from nemovideo.sandbox.studio.orientation import pixel_shape

FrameT = TypeVar("FrameT", VideoFrame, AudioFrame)
Medium = VideoStream | AudioStream

# Streams are interleaved: what has not begun so long after another did not begin before it.
_INTERLEAVED = 10.0
# A decoder of sound needs what comes before, to be right from the first sample on.
_RUN_UP = 1.0
_TICK = 1e-3
_USUAL_RATE = 25


@dataclass
class Survey(Generic[FrameT]):
    """What the packets of a stream have shown; times in seconds, as the file counts them."""

    kind: type[FrameT]
    stream: Medium
    first: FrameT | None = None
    packets: int = 0
    _end: float = -math.inf
    _lasting: bool = True

    @property
    def begin(self) -> float:
        """When the first frame is due; zero if the file does not say."""
        return (self.first.time if self.first is not None else None) or 0.0

    @property
    def end(self) -> float:
        """When the last packet is over; one that does not say how long it lasts is an average."""
        if self._lasting or self.packets < 2:
            return self._end
        return self._end + (self._end - self.begin) / (self.packets - 1)

    def take(self, packet: "Packet[Stream]") -> None:
        """Count a packet; they are decoded only until there is a first frame."""
        if self.first is None:
            self.first = next(_decoded(packet, self.kind), None)
        if not packet.size or packet.is_discard:
            return
        self.packets += 1
        at = packet.pts if packet.pts is not None else packet.dts
        base = packet.time_base or self.stream.time_base
        if at is None or base is None:
            return
        end = float((at + (packet.duration or 0)) * base)
        if end > self._end:
            self._end, self._lasting = end, bool(packet.duration)


@dataclass(frozen=True)
class Surveys:
    """The surveys of a file's picture and of its sound; either may be absent."""

    picture: Survey[VideoFrame] | None
    sound: Survey[AudioFrame] | None

    @property
    def present(self) -> list[Survey[VideoFrame] | Survey[AudioFrame]]:
        return [one for one in (self.picture, self.sound) if one is not None]

    @property
    def begin(self) -> float:
        """When the first frame of all is due."""
        return min((one.begin for one in self.present if one.first is not None), default=0.0)

    @property
    def end(self) -> float:
        """When the last frame of all is over; minus infinity if the file does not say."""
        return max((one.end for one in self.present if one.first is not None), default=-math.inf)

    @property
    def start_known(self) -> bool:
        """Return True if it is clear when the file begins."""
        found = [one for one in self.present if one.first is not None]
        late = max((one.end for one in self.present), default=0.0) - self.begin
        return bool(found) and (len(found) == len(self.present) or late > _INTERLEAVED)


def survey(container: InputContainer, *, whole: bool = True) -> Surveys:
    """Read a file's packets: all of them, or only until it is clear when it begins."""
    picture, sound = picture_stream(container), sound_stream(container)
    surveys = Surveys(
        None if picture is None else Survey(VideoFrame, picture),
        None if sound is None else Survey(AudioFrame, sound),
    )
    taking = {one.stream.index: one for one in surveys.present}
    for packet in _packets(container, *(one.stream for one in surveys.present)):
        # A damaged file may bring up streams that it did not announce.
        if taken := taking.get(packet.stream.index):
            taken.take(packet)
        if not whole and surveys.start_known:
            break
    return surveys


def picture_stream(container: InputContainer) -> VideoStream | None:
    """The stream that is seen; the cover picture of a song is none."""
    moving = (s for s in container.streams.video if not s.disposition & Disposition.attached_pic)
    return next(moving, None)


def sound_stream(container: InputContainer) -> AudioStream | None:
    return next(iter(container.streams.audio), None)


def pictures(path: Path, at: float) -> Generator[tuple[float, VideoFrame, float]]:
    """The pictures of a file, their times on its clock and the shape of their pixels, from `at` on.

    Raises RenderError when the file cannot be opened or holds no picture.
    """
    begin = _begin_of(path)
    for sought in (at > 0, False):
        with _opened(path) as container:
            stream = picture_stream(container)
            if stream is None:
                raise RenderError(f"{path.name} holds no picture. Use a video or an image file.")
            stream.thread_type = "AUTO"
            if sought and not _seek(container, stream, begin + at):
                continue
            frames = _on_the_clock(container, stream, VideoFrame, begin)
            first = next(frames, None)
            # Without an index a seek ends between key frames, and what follows is half a picture.
            if sought and (first is None or first[0] > at + _TICK or not first[1].key_frame):
                continue
            if first is not None:
                yield *first, pixel_shape(stream)
            for time, frame in frames:
                yield time, frame, pixel_shape(stream)
            return


def sounds(path: Path, at: float) -> Generator[tuple[float, AudioFrame]]:
    """The sound of a file in frames with their times on its clock, from before `at` on.

    Raises RenderError when the file cannot be opened.
    """
    begin = _begin_of(path)
    for sought in (at > _RUN_UP, False):
        with _opened(path) as container:
            stream = sound_stream(container)
            if stream is None:
                return
            # The times after a seek in a bare song are estimates: it is read from its beginning.
            if sought and (
                picture_stream(container) is None
                or not _seek(container, stream, begin + at - _RUN_UP)
            ):
                continue
            frames = _on_the_clock(container, stream, AudioFrame, begin)
            first = next(frames, None)
            if sought and (first is None or first[0] > at):
                continue
            if first is not None:
                yield first
            yield from frames
            return


def _opened(path: Path) -> InputContainer:
    try:
        return av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise RenderError(f"{path.name} cannot be opened as media: {error}.") from error


def _begin_of(path: Path) -> float:
    with _opened(path) as container:
        return survey(container, whole=False).begin


def _seek(container: InputContainer, stream: Medium, at: float) -> bool:
    if stream.time_base is None:
        return False
    try:
        container.seek(math.floor(at / stream.time_base), stream=stream)
    except (av.error.FFmpegError, OSError):
        return False
    return True


def _on_the_clock(
    container: InputContainer, stream: Medium, kind: type[FrameT], begin: float
) -> Iterator[tuple[float, FrameT]]:
    """The frames of a stream with their times; one that has none follows the one before.

    Decoders give frames in the order in which they are displayed. Where their times go back, as in
    AVI, which has none, those of the packets count.
    """
    after, last, backwards = 0.0, -math.inf, False
    for packet in _packets(container, stream):
        for frame in _decoded(packet, kind):
            backwards = backwards or (frame.pts is not None and frame.pts < last)
            last = last if frame.pts is None else frame.pts
            due = frame.dts if backwards else frame.pts
            base = frame.time_base or stream.time_base
            time = after if due is None or base is None else float(due * base) - begin
            yield time, frame
            after = time + _length(frame, stream)


def _length(frame: VideoFrame | AudioFrame, stream: Medium) -> float:
    if isinstance(frame, AudioFrame):
        return frame.samples / frame.sample_rate
    rate = stream.guessed_rate if isinstance(stream, VideoStream) else None
    return float(1 / (rate or _USUAL_RATE))


def _packets(container: InputContainer, *streams: Medium) -> "Iterator[Packet[Stream]]":
    """The packets of some streams; a file that breaks off is read as far as it goes."""
    try:
        yield from container.demux(streams)
    except (av.error.FFmpegError, OSError):
        return


def _decoded(packet: "Packet[Stream]", kind: type[FrameT]) -> Iterator[FrameT]:
    """The frames of a packet; one that is damaged has none."""
    try:
        for frame in packet.decode():
            if isinstance(frame, kind):
                yield frame
    except (av.error.FFmpegError, ValueError):
        return
