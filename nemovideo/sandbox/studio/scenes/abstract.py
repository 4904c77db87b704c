"""Abstract pictures: slow fields of colour under glowing lines."""

import math

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from nemovideo.sandbox.studio.canvas import Canvas, Layer
from nemovideo.sandbox.studio.encode import memory_of, new_frame
from nemovideo.sandbox.studio.paint import Floats, glow, ridge, stamp, tinted
from nemovideo.sandbox.studio.palette import Colour
from nemovideo.sandbox.studio.scenes.layers import (
    AnimatedSprite,
    Element,
    Path,
    SceneContext,
    ScrollingLayer,
    TiledLayer,
)

_SCHEMES: dict[str, tuple[Colour, ...]] = {
    "neon": (
        (12, 6, 34),
        (58, 10, 96),
        (14, 30, 110),
        (255, 50, 170),
        (40, 225, 255),
        (160, 90, 255),
    ),
    "fire": ((26, 4, 6), (120, 24, 8), (70, 10, 20), (255, 120, 30), (255, 206, 80), (255, 70, 50)),
    "water": (
        (4, 20, 44),
        (8, 70, 110),
        (10, 44, 92),
        (90, 220, 250),
        (140, 250, 220),
        (80, 150, 255),
    ),
    "soft": (
        (60, 50, 100),
        (160, 110, 170),
        (90, 130, 190),
        (255, 200, 210),
        (190, 230, 255),
        (255, 236, 190),
    ),
}


def abstract(ctx: SceneContext) -> list[Element]:
    """A field of colour, lines of light passing over it, lights floating before it."""
    scheme = _scheme(ctx)
    elements: list[Element] = [_Field(ctx, scheme[:3])]
    elements += [_line(ctx, index, scheme[3 + index % 3]) for index in range(6)]
    elements += _lights(ctx, scheme[3:])
    return elements


def _scheme(ctx: SceneContext) -> tuple[Colour, ...]:
    if ctx.mentions("fire", "flame", "lava", "火"):
        return _SCHEMES["fire"]
    if ctx.mentions("water", "liquid", "ink", "bubble", "data", "network", "水", "液"):
        return _SCHEMES["water"]
    if ctx.mentions("soft", "pastel", "gradient", "smoke", "dream", "柔"):
        return _SCHEMES["soft"]
    return _SCHEMES["neon"]


# How often a second the field is computed anew: it flows so slowly that no step is seen.
_FLOW = 15


class _Field:
    """Three colours flowing into each other: computed small and scaled up."""

    def __init__(self, ctx: SceneContext, colours: tuple[Colour, ...]) -> None:
        self._wide = max(16, ctx.width // 24 * 2)
        self._high = max(16, ctx.height // 24 * 2)
        swatch = Canvas.blank(6, 2)
        for index, colour in enumerate(colours):
            Layer(Image.new("RGB", (2, 2), colour)).draw(swatch, index * 2, 0)
        self._y = swatch.y[0, ::2].astype(np.float32)
        self._u, self._v = swatch.u[0].astype(np.float32), swatch.v[0].astype(np.float32)
        self._phase = np.random.default_rng(ctx.seed).uniform(0, 6.28, 6)
        unit = min(self._wide, self._high)
        self._x = np.arange(self._wide, dtype=np.float32)[None, :] / unit
        self._z = np.arange(self._high, dtype=np.float32)[:, None] / unit
        self._size = ctx.width, ctx.height
        self._cached: tuple[int, VideoFrame] | None = None

    def draw(self, canvas: Canvas, t: float) -> None:
        """Draw the colours as they have flowed by now, or a moment ago."""
        step = int(t * _FLOW + 1e-6)
        if self._cached is None or self._cached[0] != step:
            self._cached = step, self._flowed(step / _FLOW)
        for plane, out in zip(self._cached[1].planes, canvas.planes, strict=True):
            np.copyto(out, memory_of(plane))

    def _flowed(self, t: float) -> VideoFrame:
        p, x, z = self._phase, self._x, self._z
        warp = np.sin(2.3 * z + 0.35 * t + p[0]) * 0.6
        first = 0.5 + 0.5 * np.sin(2.2 * x + warp * 1.6 + 0.3 * t + p[1])
        second = 0.5 + 0.5 * np.sin(3.1 * z - 1.4 * x + 0.24 * t + p[2] + warp)
        third = 0.35 + 0.35 * np.sin(1.7 * x + 2.6 * z - 0.4 * t + p[3])
        total = first + second + third + 1e-3
        shares = (third / total, first / total, second / total)
        frame, small = new_frame(self._wide, self._high)
        for plane, levels, step in zip(
            small.planes, (self._y, self._u, self._v), (1, 2, 2), strict=True
        ):
            value = sum(s[::step, ::step] * level for s, level in zip(shares, levels, strict=True))
            np.copyto(plane, np.asarray(value + 0.5), casting="unsafe")
        return frame.reformat(*self._size, "yuv420p", interpolation="BICUBIC")


def _line(ctx: SceneContext, index: int, colour: Colour) -> Element:
    """A wave of light: a bright core in a wide glow."""
    period, seed = ctx.period, ctx.seed + index
    high = ctx.height * (0.07 + 0.025 * (index % 3))
    line = ridge(
        period, seed, ((1 + index % 3, high), (3 + index % 2, high * 0.4), (7, high * 0.08))
    )
    reach = float(np.abs(line).max()) + ctx.px(70)
    rows = round(reach * 2) // 2 * 2
    distance = np.abs(np.arange(rows, dtype=np.float32)[:, None] - reach - line[None, :])
    slope = np.sqrt(1 + np.gradient(line) ** 2)[None, :]
    distance /= slope * ctx.px(1)
    image = tinted(colour, _glowing(distance))
    image.alpha_composite(tinted((255, 250, 255), np.clip(2.6 - distance, 0, 1) * 0.9))
    way = 1 if index % 2 else -1
    speed = ctx.px(60 + 34 * index) * way
    y = ctx.height * (0.16 + 0.136 * index) - reach
    return ScrollingLayer(
        Layer(image, wrap=True), speed, round(y), bob=ctx.px(34), bob_seconds=5.0 + index
    )


def _glowing(distance: Floats) -> Floats:
    value = np.exp(-((distance / 7) ** 2)) * 0.9 + np.exp(-distance / 20) * 0.42
    return (value * np.clip((66 - distance) / 20, 0, 1)).astype(np.float32)


def _lights(ctx: SceneContext, colours: tuple[Colour, ...]) -> list[Element]:
    random = np.random.default_rng(ctx.seed + 50)
    sheet = Image.new("RGBA", (ctx.period, ctx.height))
    for index in range(40):
        radius = max(3, round(ctx.px(random.uniform(5, 30))))
        light = glow(radius, colours[index % 3], random.uniform(0.25, 0.8), 1.5)
        stamp(
            sheet,
            light,
            random.uniform(0, sheet.width),
            random.uniform(0, sheet.height - 2 * radius),
            wrap=True,
        )
    elements: list[Element] = [
        TiledLayer(Layer(sheet, wrap=True), ctx.px(16), -ctx.px(42), ctx.px(20))
    ]
    size = round(min(ctx.width, ctx.height) * 0.16)
    for index in range(3):
        halo = Layer(glow(size, colours[index], 0.55, 2.2))
        elements.append(AnimatedSprite([halo], 1, _orbit(ctx, index, size)))
    return elements


def _orbit(ctx: SceneContext, index: int, size: int) -> Path:
    def path(t: float) -> tuple[float, float]:
        angle = t * (0.35 + 0.1 * index) + index * 2.1
        x = ctx.width * (0.5 + 0.3 * math.cos(angle)) - size
        return x, ctx.height * (0.5 + 0.26 * math.sin(angle * 1.3)) - size

    return path


def curtain(ctx: SceneContext, index: int, colour: Colour) -> Element:
    """A curtain of northern light: bright at its lower hem, fading upwards."""
    period, seed = ctx.period, ctx.seed + 130 + index
    hem = ctx.height * 0.34 + ridge(period, seed, ((2, ctx.height * 0.05), (5, ctx.height * 0.02)))
    rows = round(ctx.height * 0.48) // 2 * 2
    above = hem[None, :] - np.arange(rows, dtype=np.float32)[:, None]
    folds = 0.6 + 0.4 * np.sin(ridge(period, seed + 9, ((17, 1.6), (41, 0.8))))[None, :]
    tall = ctx.height * 0.3
    alpha = np.clip(1 - above / tall, 0, 1) ** 1.6 * np.clip(above / ctx.px(20) + 0.4, 0, 1) * folds
    image = tinted(colour, (alpha * 0.6).astype(np.float32))
    return ScrollingLayer(
        Layer(image, wrap=True), ctx.px(16 + 9 * index) * (1 if index % 2 else -1)
    )
