"""Landscapes without an animal in them, and what the words put into their sky."""

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.canvas import Layer
from nemovideo.sandbox.studio.paint import Pen, ridge, tinted
from nemovideo.sandbox.studio.palette import Colour, lighter
from nemovideo.sandbox.studio.scenes.backdrops import backdrop_for
from nemovideo.sandbox.studio.scenes.layers import (
    AnimatedSprite,
    Element,
    SceneContext,
    ScrollingLayer,
    StaticLayer,
)

_AURORA: tuple[Colour, ...] = ((60, 240, 150), (90, 220, 220), (180, 100, 240))
_RAINBOW: tuple[Colour, ...] = (
    (170, 90, 220), (80, 120, 240), (80, 200, 120), (250, 220, 80), (250, 150, 60), (240, 80, 80),
)  # fmt: skip


def landscape(ctx: SceneContext) -> list[Element]:
    backdrop = backdrop_for(ctx)
    elements = list(backdrop.behind)
    if ctx.mentions("rainbow", "彩虹"):
        elements.insert(3, _rainbow(ctx))
    if ctx.mentions("northern lights", "aurora", "极光"):
        elements[1:1] = [_curtain(ctx, index, hue) for index, hue in enumerate(_AURORA)]
    if ctx.mentions("balloon", "热气球"):
        elements += _balloons(ctx)
    return [*elements, *backdrop.front]


def _rainbow(ctx: SceneContext) -> Element:
    width, height = ctx.width, round(ctx.height * 0.62) // 2 * 2
    x = (np.arange(width, dtype=np.float32) - width * 0.5)[None, :]
    y = (np.arange(height, dtype=np.float32) - height * 1.05)[:, None]
    far = np.sqrt(x * x + y * y) / (height * 0.92)
    image = Image.new("RGBA", (width, height))
    for index, hue in enumerate(_RAINBOW):
        band = np.exp(-(((far - 0.82 - 0.026 * index) / 0.019) ** 2))
        image.alpha_composite(tinted(hue, band * 0.42))
    return StaticLayer(Layer(image))


def _balloons(ctx: SceneContext) -> list[Element]:
    elements = list[Element]()
    hues: tuple[Colour, ...] = ((232, 76, 70), (250, 176, 60), (70, 150, 210), (150, 90, 190))
    for index, share in enumerate((0.45, 0.3, 0.62, 1.0)):
        size = min(ctx.px(330), ctx.width * 0.4) * share
        layer = Layer(_balloon(size, hues[index], ctx))
        at = (0.16 + 0.21 * index, (0.3, 0.12, 0.2, 0.1)[index])

        def path(t: float, at: tuple[float, float] = at, index: int = index) -> tuple[float, float]:
            x = ctx.width * at[0] + ctx.px(12 + 5 * index) * t
            lift = ctx.px(18) * float(np.sin(t * 0.6 + index))
            return x % (ctx.width * 1.3) - ctx.width * 0.12, ctx.height * at[1] + lift

        elements.append(AnimatedSprite([layer], 1, path))
    return elements


def _balloon(size: float, hue: Colour, ctx: SceneContext) -> Image.Image:
    pen, x = Pen(1, 1.4, unit=size, shade=ctx.shade), 0.5
    pen.limb([(x, 0.48), (x, 1.06)], [0.94, 0.16], lighter(hue, -0.1))
    for wide, tone in ((0.66, 0.14), (0.34, 0.36), (0.1, 0.0)):
        pen.limb([(x, 0.48), (x, 1.06)], [wide, wide * 0.17], lighter(hue, tone))
        pen.ellipse(x, 0.48, wide / 2, 0.46, lighter(hue, tone))
    for side in (-1, 1):
        pen.line([(x + side * 0.07, 1.1), (x + side * 0.06, 1.24)], 0.01, (70, 56, 48))
    pen.rect((x - 0.075, 1.23, x + 0.075, 1.36), (134, 92, 56), radius=0.02)
    return pen.image()


def _curtain(ctx: SceneContext, index: int, colour: Colour) -> Element:
    """Northern lights: bright at the lower edge, fading upwards."""
    period, seed = ctx.period, ctx.seed + 130 + index
    hem = ctx.height * 0.34 + ridge(period, seed, ((2, ctx.height * 0.05), (5, ctx.height * 0.02)))
    rows = round(ctx.height * 0.48) // 2 * 2
    above = hem[None, :] - np.arange(rows, dtype=np.float32)[:, None]
    folds = 0.6 + 0.4 * np.sin(ridge(period, seed + 9, ((17, 1.6), (41, 0.8))))[None, :]
    tall = ctx.height * 0.3
    alpha = np.clip(1 - above / tall, 0, 1) ** 1.6 * np.clip(above / ctx.px(20) + 0.4, 0, 1) * folds
    image = tinted(colour, (alpha * 0.6).astype(np.float32))
    speed = ctx.px(16 + 9 * index) * (1 if index % 2 else -1)
    return ScrollingLayer(Layer(image, wrap=True), speed)
