"""Painting with smooth edges on Pillow images: gradients, ridges, noise, blobs and sprites."""

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nemovideo.sandbox.studio.cancellation import check_cancelled
from nemovideo.sandbox.studio.palette import Colour

Floats = NDArray[np.float32]
Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Pen:
    """Draws shapes on an RGBA image at twice its size, so that the edges come out smooth.

    Args:
        width, height: the size of the image, in units.
        unit: the pixels of one unit; all coordinates and widths are in units.
        shade: applied to every colour but those drawn as ``lit``.
    """

    SCALE = 2

    def __init__(
        self,
        width: float,
        height: float,
        *,
        unit: float = 1.0,
        shade: Callable[[Colour], Colour] | None = None,
    ) -> None:
        check_cancelled()
        self.height: int
        self.width: int
        self.width, self.height = max(2, round(width * unit)), max(2, round(height * unit))
        self._scale, self._shade = unit * self.SCALE, shade
        self._left = self._top = 0.0
        # Premultiplied from the start: a plain RGBA image would be converted twice at this size.
        self._image = Image.new("RGBa", (self.width * self.SCALE, self.height * self.SCALE))
        self._draw = ImageDraw.Draw(self._image)

    def moved(self, x: float, y: float, unit: float = 1.0) -> Self:
        """A pen for the same image whose origin is (x, y), in a unit of so many of this one's."""
        pen = copy.copy(self)
        pen._left, pen._top = self._at(x, y)
        pen._scale = self._scale * unit
        return pen

    def _at(self, x: float, y: float) -> Point:
        return self._left + x * self._scale, self._top + y * self._scale

    def polygon(self, points: Sequence[Point], fill: Colour, alpha: int = 255) -> None:
        self._draw.polygon([self._at(*point) for point in points], fill=self._ink(fill, alpha))

    def ellipse(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        fill: Colour,
        alpha: int = 255,
        *,
        lit: bool = False,
    ) -> None:
        box = (*self._at(x - rx, y - ry), *self._at(x + rx, y + ry))
        self._draw.ellipse(box, fill=(*fill, alpha) if lit else self._ink(fill, alpha))

    def rect(self, box: Box, fill: Colour, *, radius: float = 0.0) -> None:
        """A filled rectangle (left, top, right, bottom), its corners rounded when asked."""
        left, top = (round(v) for v in self._at(box[0], box[1]))
        right, bottom = (round(v) for v in self._at(box[2], box[3]))
        corners = (left, top, max(left, right - 1), max(top, bottom - 1))
        if radius:
            self._draw.rounded_rectangle(corners, radius * self._scale, fill=self._ink(fill))
        else:
            self._draw.rectangle(corners, fill=self._ink(fill))

    def line(self, points: Sequence[Point], width: float, fill: Colour, alpha: int = 255) -> None:
        scaled, thick = [self._at(*point) for point in points], max(1, round(width * self._scale))
        self._draw.line(scaled, fill=self._ink(fill, alpha), width=thick, joint="curve")
        for x, y in points:
            self.ellipse(x, y, width / 2, width / 2, fill, alpha)

    def limb(self, points: Sequence[Point], widths: Sequence[float], fill: Colour) -> None:
        """A line whose width changes from point to point: a leg, a tail, a trunk."""
        for index in range(len(points) - 1):
            self._cone(points[index], points[index + 1], widths[index], widths[index + 1], fill)

    def _cone(self, a: Point, b: Point, wa: float, wb: float, fill: Colour) -> None:
        dx, dy = b[0] - a[0], b[1] - a[1]
        length = max(1e-6, (dx * dx + dy * dy) ** 0.5)
        nx, ny = -dy / length / 2, dx / length / 2
        sides = [(a[0] + nx * wa, a[1] + ny * wa), (b[0] + nx * wb, b[1] + ny * wb)]
        sides += [(b[0] - nx * wb, b[1] - ny * wb), (a[0] - nx * wa, a[1] - ny * wa)]
        self.polygon(sides, fill)
        for (x, y), width in ((a, wa), (b, wb)):
            self.ellipse(x, y, width / 2, width / 2, fill)

    def arc(self, box: Box, start: float, end: float, width: float, fill: Colour) -> None:
        """A part of an ellipse's outline, in degrees clockwise from the right."""
        corners = (*self._at(box[0], box[1]), *self._at(box[2], box[3]))
        self._draw.arc(corners, start, end, self._ink(fill), round(width * self._scale))

    def _ink(self, colour: Colour, alpha: int = 255) -> tuple[int, int, int, int]:
        red, green, blue = self._shade(colour) if self._shade else colour
        return red * alpha // 255, green * alpha // 255, blue * alpha // 255, alpha

    def image(self) -> Image.Image:
        image = Image.new("RGBA", (self.width, self.height))
        if drawn := self._image.getbbox():
            # Half of a figure's picture is empty, and what is empty need not be reduced.
            scale = self.SCALE
            left, top = drawn[0] // scale, drawn[1] // scale
            right, bottom = -(-drawn[2] // scale), -(-drawn[3] // scale)
            box = (left, top, right, bottom)
            part = self._image.reduce(
                scale, (left * scale, top * scale, right * scale, bottom * scale)
            )
            image.paste(part.convert("RGBA"), box)
        return image


def gradient(width: int, height: int, stops: Sequence[tuple[float, Colour]]) -> Floats:
    """A vertical gradient as three planes (3, height, width) of floats, not to be written to.

    Stops are (0..1, colour), rising.
    """
    at = np.linspace(0.0, 1.0, max(2, height), dtype=np.float32)[:height]
    places = [stop for stop, _ in stops]
    bands = [np.interp(at, places, [colour[i] for _, colour in stops]) for i in range(3)]
    columns = np.stack(bands).astype(np.float32)
    return np.broadcast_to(columns[:, :, None], (3, height, width))


def dithered(planes: Iterable[Floats], seed: int = 0) -> Image.Image:
    """Planes of floats 0..255 as an RGB image; fixed noise keeps wide gradients free of bands."""
    noise = np.random.default_rng(seed).random((128, 128), dtype=np.float32)
    noise = noise * np.float32(1.6) - np.float32(0.3)
    return Image.merge("RGB", [_dithered(plane, noise) for plane in planes])


def _dithered(plane: Floats, noise: Floats) -> Image.Image:
    levels = np.empty(plane.shape, np.uint8)
    rows, columns = noise.shape
    wide = np.tile(noise, (1, plane.shape[1] // columns + 1))[:, : plane.shape[1]]
    # Some rows at a time, so that what is on its way stays in the processor's cache.
    for top in range(0, plane.shape[0], rows):
        part = plane[top : top + rows]
        levels[top : top + rows] = np.clip(part + wide[: len(part)], 0, 255)
    return Image.fromarray(levels)


def ridge(width: int, seed: int, waves: Sequence[tuple[int, float]]) -> Floats:
    """A periodic line: a sum of sines, each given as (how many per width, amplitude)."""
    random = np.random.default_rng(seed)
    x = np.arange(width, dtype=np.float32) * (2 * np.pi / width)
    line = np.zeros(width, np.float32)
    for count, amplitude in waves:
        line += amplitude * np.sin(count * x + random.uniform(0, 2 * np.pi)).astype(np.float32)
    return line


def jagged(width: int, seed: int, peaks: int, height: float) -> Floats:
    """A periodic line of pointed peaks, as of rocks: values 0 (valley) to ``height``."""
    random = np.random.default_rng(seed)
    line = np.zeros(width, np.float32)
    x = np.arange(width, dtype=np.float32)
    for octave, (count, share) in enumerate(((peaks, 0.62), (peaks * 3, 0.22), (peaks * 8, 0.1))):
        places = (np.arange(count + 1) + 0.0) * width / count
        jitter = random.uniform(-0.3, 0.3, count + 1) * width / count
        knots = random.uniform(0.25 if octave else 0.0, 1.0, count + 1)
        knots[::2] *= 0.35
        jitter[0] = jitter[-1] = 0.0
        knots[-1] = knots[0]
        line += np.interp(x, places + jitter, knots).astype(np.float32) * (height * share)
    fine = random.uniform(-1, 1, width // 6 + 2)
    fine[-1] = fine[0]
    line += np.interp(x, np.linspace(0, width, len(fine)), fine).astype(np.float32) * height * 0.012
    return line


def silhouette(line: Floats, height: int, top: Colour, bottom: Colour) -> Image.Image:
    """Everything below a line (y from the top, in pixels), shaded from its crest downwards."""
    width, first = line.shape[0], min(height - 1, max(0, int(line.min()) - 1))
    last = max(first, min(height, int(line.max()) + 2))
    alpha = np.full((height - first, width), 255, np.uint8)
    y = np.arange(first, last, dtype=np.float32)[:, None]
    alpha[: last - first] = np.clip((y - line[None, :] + 0.5) * 255, 0, 255)
    crest = min(0.98, (first + 1) / height)
    column = gradient(1, height, ((0, top), (crest, top), (1, bottom)))[:, first:]
    shades = Image.merge("RGB", [Image.fromarray(band) for band in column.astype(np.uint8)])
    part = shades.resize((width, height - first), Image.Resampling.NEAREST)
    part.putalpha(Image.fromarray(alpha))
    image = Image.new("RGBA", (width, height))
    image.paste(part, (0, first))
    return image


def noise(width: int, height: int, seed: int, cell: float, octaves: int = 4) -> Floats:
    """Soft cloudy noise 0..1 as (height, width), periodic sideways; cell in pixels."""
    random = np.random.default_rng(seed)
    total = np.zeros((height, width), np.float32)
    weight = 0.0
    for octave in range(octaves):
        step = max(1.0, cell / 2**octave)
        columns, rows = max(1, round(width / step)), max(1, round(height / step)) + 3
        grid = random.random((rows, columns), dtype=np.float32)
        grid = np.concatenate([grid[:, -2:], grid, grid[:, :2]], axis=1)
        box = (2.0, 1.0, 2.0 + columns, 1.0 + height / step)
        part = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC, box=box)
        total += np.asarray(part) / 2**octave
        weight += 1 / 2**octave
    bounded: Floats = np.clip(total / weight, 0, 1)
    return bounded


def tinted(colour: Colour, alpha: NDArray[np.floating]) -> Image.Image:
    """One colour with a varying alpha, given as floats 0..1."""
    image = Image.new("RGB", (alpha.shape[1], alpha.shape[0]), colour)
    image.putalpha(Image.fromarray((np.clip(alpha, 0, 1) * 255).astype(np.uint8)))
    return image


def glow(radius: int, colour: Colour, strength: float, power: float = 2.0) -> Image.Image:
    """A round light that fades outwards; the image is 2 * radius on a side."""
    # A light is smooth: a large one is a small one scaled up.
    side = min(2 * radius, 192)
    at = (np.arange(side, dtype=np.float32) + 0.5) / (side / 2) - 1
    distance = np.sqrt(at[:, None] ** 2 + at[None, :] ** 2)
    image = tinted(colour, np.clip(1 - distance, 0, 1) ** power * strength)
    if side == 2 * radius:
        return image
    alpha = image.getchannel("A").resize((2 * radius, 2 * radius), Image.Resampling.BICUBIC)
    large = Image.new("RGB", alpha.size, colour)
    large.putalpha(alpha)
    return large


def stamp(target: Image.Image, sprite: Image.Image, x: float, y: float, *, wrap: bool) -> None:
    """Lay a sprite on an RGBA image, its upper left corner at (x, y), going round when asked."""
    left, top = round(x), round(y)
    places = (left - target.width, left, left + target.width) if wrap else (left,)
    for place in places:
        box = (place, top, place + sprite.width, top + sprite.height)
        seen = (
            max(0, box[0]),
            max(0, box[1]),
            min(target.width, box[2]),
            min(target.height, box[3]),
        )
        if seen[0] < seen[2] and seen[1] < seen[3]:
            source = (seen[0] - place, seen[1] - top, seen[2] - place, seen[3] - top)
            target.alpha_composite(sprite.crop(source), (seen[0], seen[1]))
