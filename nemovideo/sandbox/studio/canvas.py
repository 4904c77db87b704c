"""Pictures as three planes (BT.709, limited range, 4:2:0), and layers blended into them.

Composing in the encoder's own format saves a colour conversion per frame; layers are converted
once, when a scene is built, and after that a frame costs only copies and integer blends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .patches import Patch, patches
from .pulse import beat

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]

# BT.709 in 256ths, for sums that stay within 16 bits: red, green, blue and what is added.
_MATRIX = (
    (47, 157, 16, 16 * 256 + 128),
    (-26, -86, 112, 128 * 256 + 128),
    (112, -102, -10, 128 * 256 + 128),
)
BLACK = (16, 128, 128)


@dataclass(frozen=True, slots=True)
class Canvas:
    """One frame being made: writable planes and a scratch area for the blends."""

    y: Bytes
    u: Bytes
    v: Bytes
    scratch: Words

    @classmethod
    def blank(cls, width: int, height: int) -> "Canvas":
        """A canvas with memory of its own."""
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

    def copy_from(self, other: "Canvas") -> None:
        """Take over another canvas of the same size."""
        for mine, theirs in zip(self.planes, other.planes, strict=True):
            np.copyto(mine, theirs)

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


class _Part:
    """A part of a plane: premultiplied values, and what they leave of the ground (0..256).

    ``keep`` is None where everything is opaque.
    """

    __slots__ = ("ink", "keep", "patch")

    def __init__(self, patch: Patch, ink: Bytes, alpha: Bytes) -> None:
        self.patch = patch
        self.keep = None if patch.solid else _kept(alpha)
        self.ink = ink

    def draw(self, target: Bytes, x: int, y: int, scratch: Words, opacity: int) -> None:
        """Blend into the target, the upper left corner of the whole plane being at (x, y)."""
        patch = self.patch
        x, y = x + patch.left, y + patch.top
        left, right = max(0, x), min(target.shape[1], x + patch.right - patch.left)
        top, bottom = max(0, y), min(target.shape[0], y + patch.bottom - patch.top)
        if left >= right or top >= bottom:
            return
        part = (slice(top - y, bottom - y), slice(left - x, right - x))
        ground, ink = target[top:bottom, left:right], self.ink[part]
        keep = None if self.keep is None else self.keep[part]
        if opacity < 256:
            ink, keep = _thin(ink, keep, np.uint16(opacity))
        if keep is None:
            np.copyto(ground, ink)
            return
        work = scratch[: ground.size].reshape(ground.shape)
        np.multiply(ground, keep, out=work)
        np.right_shift(work, 8, out=work)
        np.add(ink, work, out=ground, casting="unsafe")


@dataclass(frozen=True, slots=True)
class _Plane:
    """One plane of a layer, as the parts that hold anything."""

    parts: tuple[_Part, ...]

    def draw(self, target: Bytes, x: int, y: int, scratch: Words, opacity: int) -> None:
        for part in self.parts:
            part.draw(target, x, y, scratch, opacity)


def _kept(alpha: Bytes) -> Words:
    wide = alpha.astype(np.uint16)
    return (np.uint16(256) - wide - (wide >> 7)).astype(np.uint16)


def _thin(ink: Bytes, keep: Words | None, share: np.uint16) -> tuple[Bytes, Words]:
    """Ink and keep of a part that is there by ``share`` 256ths alone."""
    thin = (np.multiply(ink, share, dtype=np.uint16) >> 8).astype(np.uint8)
    if keep is None:
        return thin, np.full(ink.shape, 256 - int(share), np.uint16)
    taken = (np.uint16(256) - keep) * share >> 8
    return thin, (np.uint16(256) - taken).astype(np.uint16)


class Layer:
    """A picture with transparency, converted once and drawn many times.

    Args:
        image: an RGBA image, or RGB for an opaque one; odd sides are padded to even ones.
        wrap: whether it repeats sideways without end (its width is then the period).
    """

    def __init__(self, image: Image.Image, *, wrap: bool = False) -> None:
        beat()
        self.wrap = wrap
        image = _even(image)
        alpha = np.asarray(image.getchannel("A")) if image.mode == "RGBA" else None
        self.left, self.top, right, bottom = _used(alpha, image.size, wrap=wrap)
        if alpha is not None:
            image = image.crop((self.left, self.top, right, bottom))
            alpha = alpha[self.top : bottom, self.left : right]
        self.width, self.height = image.size
        self._alpha = np.full((self.height, self.width), 255, np.uint8) if alpha is None else alpha
        cut = patches(self._alpha)
        self._inks = _inks(image, self._alpha, cut)
        self._luma = _plane(self._inks[0], self._alpha, cut)
        self._chroma: dict[int, tuple[_Plane, _Plane]] = {}

    def draw(self, canvas: Canvas, x: int, y: int, opacity: float = 1.0) -> None:
        """Blend into the canvas with the upper left corner at (x, y); y is rounded to even."""
        share = round(min(1.0, max(0.0, opacity)) * 256)
        if share == 0 or self.height == 0:
            return
        x, y = x + self.left, (y + self.top) // 2 * 2
        if not self.wrap:
            self._draw_at(canvas, x, y, share)
            return
        for left in range(x % self.width - self.width, canvas.width, self.width):
            self._draw_at(canvas, left, y, share)

    def _draw_at(self, canvas: Canvas, x: int, y: int, share: int) -> None:
        if x >= canvas.width or x + self.width <= 0:
            return
        self._luma.draw(canvas.y, x, y, canvas.scratch, share)
        u, v = self._chroma_at(x % 2)
        # Half a chroma sample of an odd position lies before the layer: see _chroma_at.
        u.draw(canvas.u, x // 2, y // 2, canvas.scratch, share)
        v.draw(canvas.v, x // 2, y // 2, canvas.scratch, share)

    def _chroma_at(self, phase: int) -> tuple[_Plane, _Plane]:
        """Chroma planes for even (0) or odd (1) positions, each made when first needed."""
        found = self._chroma.get(phase)
        if found is None:
            alpha = _halve(self._alpha, phase, self.wrap)
            inks = [_halve(ink, phase, self.wrap) for ink in self._inks[1:]]
            cut = patches(alpha)
            planes = [_plane(ink, alpha, cut) for ink in inks]
            found = self._chroma[phase] = (planes[0], planes[1])
        return found


def _even(image: Image.Image) -> Image.Image:
    width, height = image.size
    if width % 2 == 0 and height % 2 == 0:
        return image
    padded = Image.new("RGBA", (width + width % 2, height + height % 2))
    padded.paste(image, (0, 0))
    return padded


def _used(alpha: Bytes | None, size: tuple[int, int], *, wrap: bool) -> tuple[int, int, int, int]:
    """The part that holds anything, on even borders; a repeating layer keeps its whole width."""
    if alpha is None:
        return 0, 0, *size
    rows = np.flatnonzero(alpha.any(axis=1))
    if not rows.size:
        return 0, 0, size[0], 0
    top, bottom = int(rows[0]) // 2 * 2, (int(rows[-1]) + 2) // 2 * 2
    if wrap:
        return 0, top, size[0], bottom
    columns = np.flatnonzero(alpha.any(axis=0))
    # One empty column stays on each side, for chroma that begins a pixel before the layer.
    left = max(0, int(columns[0]) - 1) // 2 * 2
    return left, top, min(size[0], (int(columns[-1]) + 3) // 2 * 2), bottom


def _inks(image: Image.Image, alpha: Bytes, cut: Sequence[Patch]) -> list[Bytes]:
    """Premultiplied luma and chroma of the parts of a picture; zeros between them."""
    planes = [np.zeros(alpha.shape, np.uint8) for _ in range(3)]
    bands = [np.asarray(band) for band in image.split()[:3]]
    if cut and all(band.min() == band.max() for band in bands):
        # One colour need be converted once.
        bands = [band[:1, :1] for band in bands]
    for patch in cut:
        area = (slice(patch.top, patch.bottom), slice(patch.left, patch.right))
        part = [band[area] if band.size > 1 else band for band in bands]
        share = None if patch.solid else np.uint16(256) - _kept(alpha[area])
        for row, plane in zip(_MATRIX, planes, strict=True):
            ink = _converted(part, row)
            if share is not None:
                ink = ink * share
                ink += np.uint16(128)
                ink >>= np.uint16(8)
            np.copyto(plane[area], ink, casting="unsafe")
    return planes


def _converted(bands: Sequence[Bytes], row: tuple[int, int, int, int]) -> Words:
    """Luma or chroma of red, green and blue. What overflows on the way comes back in the end."""
    total = np.full(bands[0].shape, row[3], np.uint16)
    for band, factor in zip(bands, row, strict=False):
        total += np.multiply(band, np.uint16(factor % 65536), dtype=np.uint16)
    total >>= np.uint16(8)
    return total


def _plane(ink: Bytes, alpha: Bytes, cut: Sequence[Patch]) -> _Plane:
    parts = list[_Part]()
    for patch in cut:
        area = (slice(patch.top, patch.bottom), slice(patch.left, patch.right))
        # Rows that lie one behind the other are read faster than those of a wide plane.
        parts.append(_Part(patch, np.ascontiguousarray(ink[area]), alpha[area]))
    return _Plane(tuple(parts))


def _halve(plane: Bytes, phase: int, wrap: bool) -> Bytes:
    """Average 2x2 blocks; at phase 1 the blocks begin one pixel before the plane."""
    if phase:
        # A repeating layer ends where its next copy begins, so it must not overlap that one.
        parts = (plane[:, -1:], plane[:, :-1]) if wrap else (plane[:, :1], plane, plane[:, -1:])
        plane = np.concatenate(parts, axis=1)
    return np.asarray(Image.fromarray(plane).reduce(2))
