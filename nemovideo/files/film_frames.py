"""Pictures of a film: one frame, or a sheet of several.

All here blocks, so a caller with an event loop runs it in a thread.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from nemovideo.errors import InvalidInputError, NemoVideoError

if TYPE_CHECKING:
    from PIL.Image import Image

_CELL: Final = 320
"""Pixels of the longer side of a picture in a sheet."""
MOST_IN_A_ROW: Final = 20
_GAP: Final = 4
_BACKGROUND: Final = (24, 24, 28)
_MICROSECONDS: Final = 1_000_000
_WORTH_A_SEEK: Final = 10
"""Seconds: a seek goes back to the last complete frame, which may be as far away."""


def check_media() -> None:
    try:
        for module in ("av", "PIL.Image"):
            import_module(module)
    except ImportError as error:
        raise NemoVideoError(
            "Pictures of a video take PyAV and Pillow.", hint='pip install "nemovideo[media]"'
        ) from error


def frame_at(film: BinaryIO | Path, check_cancelled: Callable[[], None], *, second: float) -> Image:
    """Return the picture that is shown at `second`, in its full size.

    Args:
        check_cancelled: raises what ends the work, and is called between frames.

    Raises:
        InvalidInputError: the film is shorter.
        NemoVideoError: it cannot be decoded.
    """
    with _opened(film) as container:
        length = _length(container)
        if second > length:
            raise InvalidInputError(
                f"The video is {length:g} s long.",
                parameter="second",
                accepted=(f"0 to {length:g}",),
            )
        (frame,) = _frames(container, [second], check_cancelled)
        image: Image = frame.to_image()
        return image


def draw_contact_sheet(
    film: BinaryIO | Path, check_cancelled: Callable[[], None], *, columns: int, rows: int
) -> Image:
    """Return pictures from all parts of a film in one, row by row in the order of time.

    Args:
        check_cancelled: raises what ends the work, and is called between frames.

    Raises:
        NemoVideoError: it cannot be decoded.
    """
    from PIL import Image  # an extra

    count = columns * rows
    with _opened(film) as container:
        stream = container.streams.video[0]
        scale = _CELL / max(stream.width, stream.height)
        width, height = (max(2, round(side * scale)) for side in (stream.width, stream.height))
        length = _length(container)
        middles = [length * (number + 0.5) / count for number in range(count)]
        size = columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP
        sheet = Image.new("RGB", size, _BACKGROUND)
        for number, frame in enumerate(_frames(container, middles, check_cancelled)):
            row, column = divmod(number, columns)
            corner = _GAP + column * (width + _GAP), _GAP + row * (height + _GAP)
            sheet.paste(frame.to_image(width=width, height=height), corner)
    return sheet


@contextlib.contextmanager
def _opened(film: BinaryIO | Path) -> Generator[Any, None, None]:
    av: Any = import_module("av")
    # A damaged file may also be a wrong value, or have no picture at all.
    errors = (av.error.FFmpegError, ValueError, IndexError)
    source = str(film) if isinstance(film, Path) else film
    if not isinstance(source, str):
        source.seek(0)
    try:
        # The mode is said, as a temporary file has one of its own.
        with av.open(source, "r") as container:
            yield container
    except InvalidInputError:
        raise
    except errors as error:
        raise NemoVideoError(
            f"The video cannot be decoded: {type(error).__name__}.",
            hint="Save it, and look at the file.",
        ) from error


def _length(container: Any) -> float:
    stream = container.streams.video[0]
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / _MICROSECONDS


def _frames(
    container: Any, seconds: Sequence[float], check_cancelled: Callable[[], None]
) -> Iterator[Any]:
    """Yield the frame that is shown at each of these times, which ascend."""
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    decoded: Iterator[Any] = iter(())
    shown = coming = None
    for second in seconds:
        due = (stream.start_time or 0) + round(second / stream.time_base)
        if shown is None or (due - (shown.pts or 0)) * stream.time_base > _WORTH_A_SEEK:
            with contextlib.suppress(OSError):  # a container without an index goes on from here
                container.seek(due, stream=stream)
            decoded, shown = container.decode(stream), None
            coming = next(decoded, None)
        while coming is not None and (shown is None or (coming.pts or 0) <= due):
            check_cancelled()
            shown, coming = coming, next(decoded, None)
        if shown is None:
            raise ValueError("no picture")
        yield shown
