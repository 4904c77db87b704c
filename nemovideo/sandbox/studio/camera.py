"""What a moving camera sees of a picture."""

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.canvas import Canvas
from nemovideo.sandbox.studio.encode import memory_of, new_frame

View = tuple[float, float, float]


def view_of(camera: str, share: float, reach: float) -> View:
    """The part of a picture that a camera sees a ``share`` (0..1) of the way through its move.

    Returns:
        The zoom (1 sees everything, more sees less) and how far the centre is shifted across and
        down (-1 to 1 of the space that the zoom leaves).
    """
    ease = share * share * (3 - 2 * share)
    match camera:
        case "zoom_in":
            return 1 + reach * 1.4 * ease, 0.0, 0.0
        case "zoom_out":
            return 1 + reach * 1.4 * (1 - ease), 0.0, 0.0
        case "pan_left":
            return 1 + reach, 1 - 2 * ease, 0.0
        case "pan_right":
            return 1 + reach, 2 * ease - 1, 0.0
        case "drift":
            return 1 + reach * (0.4 + 0.6 * ease), 0.6 * ease, -0.4 * ease
        case _:
            return 1.0, 0.0, 0.0


def travel(source: Canvas, target: Canvas, view: View) -> None:
    """Draw the part of ``source`` that a view sees; both have the same size."""
    zoom, x, y = view
    if zoom <= 1.0:
        target.copy_from(source)
        return
    for plane, out in zip(source.planes, target.planes, strict=True):
        height, width = plane.shape
        seen = (width / zoom, height / zoom)
        left = (width - seen[0]) / 2 * (1 + x)
        top = (height - seen[1]) / 2 * (1 + y)
        box = (left, top, left + seen[0], top + seen[1])
        image = Image.fromarray(plane)
        np.copyto(out, np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box)))


class Zoom:
    """Enlarges a scene about its centre.

    The enlarged size is a whole number of pixels, so nothing is more than half a pixel off; the
    layers of a scene move by whole pixels anyway. In return it costs an eighth of ``travel``.
    """

    def __init__(self, width: int, height: int) -> None:
        self.canvas: Canvas
        self._frame, self.canvas = new_frame(width, height)

    def draw(self, target: Canvas, zoom: float) -> None:
        """Draw what is on ``canvas``, ``zoom`` (1 or more) times as large."""
        wide, high = (
            max(side, round(side * zoom / 2) * 2) for side in (target.width, target.height)
        )
        large = self._frame.reformat(wide, high, interpolation="BILINEAR", threads=1)
        for plane, out in zip(large.planes, target.planes, strict=True):
            top, left = (plane.height - out.shape[0]) // 2, (plane.width - out.shape[1]) // 2
            seen = memory_of(plane)[top : top + out.shape[0], left : left + out.shape[1]]
            np.copyto(out, seen)
