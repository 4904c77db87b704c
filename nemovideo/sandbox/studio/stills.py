"""Pictures of files: upright, eight bits a channel, and one after the other where they move."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
from PIL import ExifTags, Image

# What Pillow raises at files that are no pictures, damaged, or far too large.
BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    struct.error,
    Image.DecompressionBombError,
    Warning,  # where warnings are errors
)
# In other formats a second picture is a depth map, a preview or a page.
_MOVING = frozenset({"GIF", "PNG", "WEBP"})
# Viewers take shorter delays for a mistake, and show such a picture for this long.
_SHORTEST_MS, _USUAL_MS = 20, 100
_WHITE_16 = 65_535
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureFile:
    """An open picture: the one reader for what is examined and for what is shown.

    Raises one of `BROKEN` when the file is no picture.
    """

    def __init__(self, path: Path) -> None:
        self._image = Image.open(path)
        self.moves: bool = self._image.format in _MOVING and bool(
            getattr(self._image, "is_animated", False)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._image.close()

    def play(self) -> Iterator[float]:
        """Go through the pictures from the first on, as far as they can be read.

        Yields for how many seconds each is shown; meanwhile `flat` returns it. Raises one of
        `BROKEN` when not even the first can be read.
        """
        # Viewers that show the animation of a PNG pass over the picture before it.
        first = int(self.moves and bool(getattr(self._image, "default_image", False)))
        number = first
        while number == first or self.moves:
            try:
                self._image.seek(number)
                self._image.load()
            except BROKEN:
                if number == first:
                    raise
                return
            yield self._seconds()
            number += 1

    def flat(self) -> Image.Image:
        """The picture as it is displayed, in red, green and blue; what shines through is black."""
        stored = self._image
        picture: Image.Image = stored
        if stored.mode.startswith(("I", "F")):
            picture = _eight_bits(stored)
        elif stored.has_transparency_data:
            seen = stored.convert("RGBA")
            picture = Image.new("RGBA", seen.size, (0, 0, 0, 255))
            picture.alpha_composite(seen)
        turn = _TURNS.get(self._orientation())
        picture = picture.convert("RGB")
        return picture if turn is None else picture.transpose(turn)

    def _seconds(self) -> float:
        delay = self._image.info.get("duration", 0)
        known = isinstance(delay, int | float) and delay >= _SHORTEST_MS
        return (delay if known else _USUAL_MS) / 1000

    def _orientation(self) -> int:
        try:
            return int(self._image.getexif().get(ExifTags.Base.Orientation, 1))
        except BROKEN:
            return 1


def _eight_bits(stored: Image.Image) -> Image.Image:
    """A grey picture of more than eight bits a pixel."""
    values = np.nan_to_num(np.asarray(stored, np.float32))
    brightest = float(values.max(initial=0))
    white = max(1.0 if stored.mode == "F" else float(_WHITE_16), brightest)
    return Image.fromarray((values.clip(0, white) * (255 / white) + 0.5).astype(np.uint8))
