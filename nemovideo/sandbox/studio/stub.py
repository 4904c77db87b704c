"""A tiny real video in a few milliseconds, for tests that do not look at the picture."""

import functools
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av.error
import numpy as np
from numpy.typing import NDArray

from nemovideo.sandbox.studio.encode import format_of, new_frame, open_writer
from nemovideo.sandbox.studio.errors import RenderError
from nemovideo.sandbox.studio.render import RenderResult, partial_file
from nemovideo.sandbox.studio.render_plan import SAMPLE_RATE

_FRAMES = 2


def stub(
    target: Path, *, width: int = 192, height: int = 108, duration: float = 1.0, format: str = "mp4"
) -> RenderResult:
    """Write a video of plain grey pictures and silence that decodes like any other.

    The bytes of a size and length are made once and cached, so that the next one costs a write.

    Args:
        target: where the file goes; it appears there complete or not at all.
        width, height: pixels, rounded down to even.
        duration: seconds. The frame rate is chosen so that two frames are this long.
        format: mp4, mov, webm or gif.

    Returns:
        RenderResult, as ``render`` does.

    Raises:
        RenderError: the format is unknown or the target cannot be written.

    Example:
        >>> stub(Path("stub.mp4"), duration=10).frames
        2
    """
    form = format_of(format)
    size = (max(16, width // 2 * 2), max(16, height // 2 * 2))
    length = Fraction(max(0.1, duration)).limit_denominator(1000)
    frames = _FRAMES if form.fps is None else max(1, round(length * form.fps))
    fps = form.fps or frames / length
    try:
        content = _content(format.lower(), size, frames, fps)
        with partial_file(target) as part:
            part.write_bytes(content)
            part.replace(target)
    except (av.error.FFmpegError, OSError) as error:
        raise RenderError(f"The file could not be written: {error}.") from error
    return RenderResult(float(frames / fps), *size, float(fps), frames, len(content))


@functools.lru_cache(maxsize=32)
def _content(name: str, size: tuple[int, int], frames: int, fps: Fraction) -> bytes:
    with tempfile.TemporaryDirectory(prefix="nemovideo-stub-") as folder:
        path = Path(folder) / f"stub.{name}"
        with open_writer(path, format_of(name), "low", size, fps) as writer:
            for number in range(frames):
                frame, canvas = new_frame(*size)
                canvas.fill((110 + 20 * (number % 2), 128, 128))
                frame.pts, frame.time_base = number, 1 / fps
                writer.picture(frame)
            for block in _silence(round(frames / fps * SAMPLE_RATE)):
                writer.sound(block)
            writer.finish()
        return path.read_bytes()


def _silence(samples: int) -> Iterator[NDArray[np.float32]]:
    quiet = np.zeros((min(samples, SAMPLE_RATE), 2), np.float32)
    for start in range(0, samples, SAMPLE_RATE):
        yield quiet[: samples - start]
