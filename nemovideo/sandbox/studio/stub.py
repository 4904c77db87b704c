"""A tiny real film in a few milliseconds, for tests that do not look at the picture."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from .encode import format_of, new_frame, open_writer
from .plan import SAMPLE_RATE
from .render import RenderResult, beside


def stub(
    target: Path,
    *,
    width: int = 192,
    height: int = 108,
    duration: float = 1.0,
    format: str = "mp4",
) -> RenderResult:
    """Write a film of plain grey pictures and near silence that decodes like any other.

    Args:
        target: where the file goes; it appears there complete or not at all.
        width, height: pixels, rounded down to even.
        duration: seconds. The frame rate is chosen so that a handful of frames is this long.
        format: mp4, mov, webm or gif.

    Returns:
        RenderResult, as ``render`` does.

    Example:
        >>> stub(Path("stub.mp4"), duration=10).frames
        2
    """
    form = format_of(format)
    size = (max(16, width // 2 * 2), max(16, height // 2 * 2))
    length = Fraction(max(0.1, duration)).limit_denominator(1000)
    frames = 2 if form.fps is None else max(1, round(length * form.fps))
    fps = form.fps or frames / length
    with beside(target) as part:
        with open_writer(part, form, "low", size, fps) as writer:
            for number in range(frames):
                frame, canvas = new_frame(*size)
                canvas.fill((110 + 20 * (number % 2), 128, 128))
                frame.pts, frame.time_base = number, 1 / fps
                writer.picture(frame)
            for block in _blocks(round(length * SAMPLE_RATE)):
                writer.sound(block)
            writer.finish()
        part.replace(target)
    size_bytes = target.stat().st_size
    return RenderResult(float(frames / fps), *size, float(fps), frames, size_bytes)


def _blocks(samples: int) -> Iterator[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    quiet = np.full((min(samples, SAMPLE_RATE), 2), 1e-4, np.float32)
    for start in range(0, samples, SAMPLE_RATE):
        yield quiet[: samples - start]
