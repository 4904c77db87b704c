"""Pictures as three planes (BT.709, limited range, 4:2:0), and layers blended into them.

Composing in the encoder's own format saves a colour conversion per frame; layers are converted
once, when a scene is built, and after that a frame costs only copies and integer blends.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from PIL import Image

from nemovideo.sandbox.studio.cancellation import check_cancelled
from nemovideo.sandbox.studio.opaque_regions import Region, find_regions

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]

# BT.709 in 256ths, for sums that stay within 16 bits: red, green, blue and what is added.
_MATRIX = (
    (47, 157, 16, 16 * 256 + 128),
    (-26, -86, 112, 128 * 256 + 128),
    (112, -102, -10, 128 * 256 + 128),
)
BLACK = (16, 128, 128)


@dataclass(slots=True, eq=False)
class Canvas:
    """One frame being made: writable planes and a scratch area to dim and dissolve in.

    ``images`` are the same planes, in the same memory, for Pillow to paste on.
    """

    y: Bytes
    u: Bytes
    v: Bytes
    scratch: Words
    images: tuple[Image.Image, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.images = tuple(_image_over(plane) for plane in self.planes)

    @classmethod
    def blank(cls, width: int, height: int) -> "Canvas":
        chroma = (height // 2, width // 2)
        y = np.full((height, width), 16, np.uint8)
        planes = (y, np.full(chroma, 128, np.uint8), np.full(chroma, 128, np.uint8))
        return cls(*planes, np.empty(width * height, np.uint16))

    def over(self, y: Bytes, u: Bytes, v: Bytes) -> "Canvas":
        """Other planes with the same scratch area."""
        return Canvas(y, u, v, self.scratch)

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.y.shape[0])

    @property
    def planes(self) -> tuple[Bytes, Bytes, Bytes]:
        """Luma and both chroma planes."""
        return self.y, self.u, self.v

    def fill(self, colour: tuple[int, int, int] = BLACK) -> None:
        """Paint everything in one colour, given as (y, u, v)."""
        for plane, value in zip(self.planes, colour, strict=True):
            plane.fill(value)

    def copy_from(self, other: "Canvas", rows: int | None = None) -> None:
        """Take over another canvas of the same size, or so many of its first rows (even)."""
        rows = self.height if rows is None else rows
        for mine, theirs, high in zip(
            self.planes, other.planes, (rows, rows // 2, rows // 2), strict=True
        ):
            np.copyto(mine[:high], theirs[:high])

    def mix(self, other: "Canvas", share: float) -> None:
        """Cross-dissolve towards another canvas; share 0 changes nothing, 1 shows it alone."""
        weight = round(min(1.0, max(0.0, share)) * 256)
        for mine, theirs in zip(self.planes, other.planes, strict=True):
            work = self.scratch[: mine.size].reshape(mine.shape)
            np.multiply(mine, np.uint16(256 - weight), out=work)
            work += np.multiply(theirs, np.uint16(weight), dtype=np.uint16)
            np.right_shift(work, 8, out=mine, casting="unsafe")

    def dim(self, level: float) -> None:
        """Fade to black; level 1 changes nothing, 0 is black."""
        weight = round(min(1.0, max(0.0, level)) * 256)
        for mine, black in zip(self.planes, BLACK, strict=True):
            work = self.scratch[: mine.size].reshape(mine.shape)
            np.multiply(mine, np.uint16(weight), out=work)
            work += np.uint16(black * (256 - weight))
            np.right_shift(work, 8, out=mine, casting="unsafe")


def _image_over(plane: Bytes) -> Image.Image:
    """An image in a plane's own memory; what is pasted on it is on the plane."""
    (height, width), stride = plane.shape, plane.strides[0]
    memory = as_strided(plane, (height * stride,), (1,))
    image = Image.frombuffer("L", (width, height), memory, "raw", "L", stride, 1)
    # Pillow takes memory that it did not ask for itself as not to be written to.
    image.readonly = 0
    return image


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a plane: its levels, or the one level of all, and how much is seen of them where.

    ``mask`` is None where nothing shines through.
    """

    region: Region
    ink: Image.Image | int
    mask: Image.Image | None

    def draw(self, target: Image.Image, x: int, y: int, opacity: float) -> None:
        """Blend into the target, the upper left corner of the whole plane being at (x, y)."""
        region = self.region
        left, right = x + region.left, x + region.right
        if left >= target.width or right <= 0:
            return
        mask = self.mask if opacity == 1.0 else self._thinned(opacity)
        box = left, y + region.top, right, y + region.bottom
        ink = self.ink if isinstance(self.ink, int) else self.ink.im
        # What `Image.paste` comes to. That validates all three pictures first, which takes longer
        # than pasting a small one, and they are valid.
        if mask is None:
            target.im.paste(ink, box)
        else:
            target.im.paste(ink, box, mask.im)

    def _thinned(self, opacity: float) -> Image.Image:
        if self.mask is not None:
            return self.mask.point([round(level * opacity) for level in range(256)])
        region = self.region
        size = (region.right - region.left, region.bottom - region.top)
        return Image.new("L", size, round(255 * opacity))


_Plane = list[_Part]


class Layer:
    """A picture with transparency, converted once, when it is first drawn, and drawn many times.

    Args:
        image: an RGBA image, or RGB for an opaque one; odd sides are padded to even ones.
        wrap: whether it repeats sideways without end (its width is then the period).
    """

    def __init__(self, image: Image.Image, *, wrap: bool = False) -> None:
        check_cancelled()
        self.wrap = wrap
        image = _even(image)
        box = _used(image, wrap=wrap)
        self.left: int
        self.top: int
        self.left, self.top = box[:2]
        if box != (0, 0, *image.size):
            image = image.crop(box)
        self.height: int
        self.width: int
        self.width, self.height = image.size
        self._image = image
        self._alpha = _alpha(image)
        self._luma: _Plane | None = None
        self._inks: Sequence[Bytes | int] = ()
        self._chroma: dict[int, tuple[_Plane, _Plane]] = {}

    def rows_from(self, y: int) -> int:
        """In which row of a canvas it begins if it is drawn at ``y``."""
        return (y + self.top) // 2 * 2

    @property
    def opaque_rows(self) -> int:
        """How many of its last rows nothing shines through."""
        open_rows = np.flatnonzero((self._alpha != 255).any(axis=1))
        return self.height - int(open_rows[-1]) - 1 if open_rows.size else self.height

    def shortened(self, rows: int) -> "Layer":
        """The first rows of it alone (an even number), for when the others are never seen."""
        short = copy.copy(self)
        short.height = min(self.height, max(0, rows))
        short._image = self._image.crop((0, 0, self.width, short.height))
        short._alpha = self._alpha[: short.height]
        return short

    def draw(self, canvas: Canvas, x: int, y: int, opacity: float = 1.0) -> None:
        """Blend into the canvas with the upper left corner at (x, y); y is rounded to even."""
        opacity = min(1.0, opacity)
        if opacity <= 0.0 or self.height == 0:
            return
        x, y = x + self.left, self.rows_from(y)
        if not self.wrap:
            self._draw_at(canvas, x, y, opacity)
            return
        for left in range(x % self.width - self.width, canvas.width, self.width):
            self._draw_at(canvas, left, y, opacity)

    def _draw_at(self, canvas: Canvas, x: int, y: int, opacity: float) -> None:
        if x >= canvas.width or x + self.width <= 0:
            return
        luma, *chroma = canvas.images
        for part in self._luma_parts():
            part.draw(luma, x, y, opacity)
        # Half a chroma sample of an odd position lies before the layer: see _chroma_at.
        for target, plane in zip(chroma, self._chroma_at(x % 2), strict=True):
            for part in plane:
                part.draw(target, x // 2, y // 2, opacity)

    def _luma_parts(self) -> _Plane:
        """The luma plane, made when first needed, and from then on instead of the picture."""
        if self._luma is None:
            cut = find_regions(self._alpha)
            luma, *self._inks = _inks(self._image, self._alpha, cut)
            self._luma = _plane(luma, self._alpha, cut)
            self._image = Image.new("L", (0, 0))
        return self._luma

    def _chroma_at(self, phase: int) -> tuple[_Plane, _Plane]:
        """Chroma planes for even (0) or odd (1) positions, each made when first needed."""
        found = self._chroma.get(phase)
        if found is None:
            alpha = _halve(self._alpha, phase, self.wrap)
            cut = find_regions(alpha)
            inks = [
                ink
                if isinstance(ink, int)
                else _unmultiplied(_halve(ink, phase, self.wrap), alpha, cut)
                for ink in self._inks
            ]
            u, v = (_plane(ink, alpha, cut) for ink in inks)
            found = self._chroma[phase] = (u, v)
        return found


def _even(image: Image.Image) -> Image.Image:
    width, height = image.size
    if width % 2 == 0 and height % 2 == 0:
        return image
    padded = Image.new("RGBA", (width + width % 2, height + height % 2))
    padded.paste(image, (0, 0))
    return padded


def _used(image: Image.Image, *, wrap: bool) -> tuple[int, int, int, int]:
    """The part that holds anything, on even borders; a repeating layer keeps its whole width."""
    if image.mode != "RGBA":
        return 0, 0, *image.size
    found = image.getbbox()
    if found is None:
        return 0, 0, image.width, 0
    top, bottom = found[1] // 2 * 2, (found[3] + 1) // 2 * 2
    if wrap:
        return 0, top, image.width, bottom
    # One empty column stays on each side, for chroma that begins a pixel before the layer.
    left = max(0, found[0] - 1) // 2 * 2
    return left, top, min(image.width, (found[2] + 2) // 2 * 2), bottom


def _alpha(image: Image.Image) -> Bytes:
    if image.mode == "RGBA":
        return np.asarray(image.getchannel("A"))
    return np.full((image.height, image.width), 255, np.uint8)


def _inks(image: Image.Image, alpha: Bytes, cut: Sequence[Region]) -> list[Bytes | int]:
    """Luma of the parts of a picture, and its chroma premultiplied; one colour as mere numbers."""
    bands = [np.asarray(band) for band in image.split()[:3]]
    if cut and all(band.min() == band.max() for band in bands):
        return [int(_converted([band[:1, :1] for band in bands], row)[0, 0]) for row in _MATRIX]
    planes = [np.zeros(alpha.shape, np.uint8) for _ in range(3)]
    for region in cut:
        area = region.area
        part = [band[area] for band in bands]
        for plane, row in zip(planes, _MATRIX, strict=True):
            np.copyto(plane[area], _converted(part, row), casting="unsafe")
        if not region.solid:
            share = alpha[area]
            for plane in planes[1:]:
                ink = np.multiply(plane[area], share, dtype=np.uint16)
                ink += np.uint16(128)
                # A 255th is a 256th and its 256th.
                ink += ink >> np.uint16(8)
                np.right_shift(ink, 8, out=plane[area], casting="unsafe")
    return list(planes)


def _converted(bands: Sequence[Bytes], row: tuple[int, int, int, int]) -> Words:
    """Luma or chroma of red, green and blue. What overflows on the way comes back in the end."""
    total = np.full(bands[0].shape, row[3], np.uint16)
    for band, factor in zip(bands, row, strict=False):
        total += np.multiply(band, np.uint16(factor % 65536), dtype=np.uint16)
    total >>= np.uint16(8)
    return total


def _unmultiplied(ink: Bytes, alpha: Bytes, cut: Sequence[Region]) -> Bytes:
    """Chroma that was premultiplied as it was before."""
    for area in (region.area for region in cut if not region.solid):
        share = np.maximum(alpha[area], 1) * np.float32(1 / 255)
        whole = ink[area] / share + np.float32(0.5)
        np.copyto(ink[area], np.minimum(whole, 240), casting="unsafe")
    return ink


def _plane(ink: Bytes | int, alpha: Bytes, cut: Sequence[Region]) -> _Plane:
    return [
        _Part(
            region,
            ink if isinstance(ink, int) else Image.fromarray(ink[region.area]),
            None if region.solid else Image.fromarray(alpha[region.area]),
        )
        for region in cut
    ]


def _halve(plane: Bytes, phase: int, wrap: bool) -> Bytes:
    """Average 2x2 blocks; at phase 1 the blocks begin one pixel before the plane."""
    if phase:
        # A repeating layer ends where its next copy begins, so it must not overlap that one.
        parts = (plane[:, -1:], plane[:, :-1]) if wrap else (plane[:, :1], plane, plane[:, -1:])
        plane = np.concatenate(parts, axis=1)
    return np.array(Image.fromarray(plane).reduce(2))
