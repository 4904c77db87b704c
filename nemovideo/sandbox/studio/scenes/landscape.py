"""Landscapes without an animal in them; people and things that the words name stand in them."""

import numpy as np
from PIL import Image, ImageOps

from nemovideo.sandbox.studio.canvas import Layer
from nemovideo.sandbox.studio.paint import Pen, tinted
from nemovideo.sandbox.studio.palette import Colour, lighter
from nemovideo.sandbox.studio.scenes import people
from nemovideo.sandbox.studio.scenes.abstract import curtain
from nemovideo.sandbox.studio.scenes.backdrops import backdrop_for
from nemovideo.sandbox.studio.scenes.layers import (
    AnimatedSprite,
    Element,
    SceneContext,
    SpriteFrames,
    StaticLayer,
    standing,
)
from nemovideo.sandbox.studio.scenes.scenery import tinted_shadow

_PEOPLE = (
    "woman", "man", "boy", "girl", "child", "people", "person", "couple", "family", "dancer",
    "runner", "hiker", "samurai", "knight", "chef", "student", "robot",
    "人", "女孩", "男孩", "孩子",
)  # fmt: skip


def landscape(ctx: SceneContext) -> list[Element]:
    """The place that the words name, with what they put into it."""
    place = backdrop_for(ctx)
    elements = list(place.behind)
    if ctx.mentions("rainbow", "彩虹"):
        elements.insert(3, _rainbow(ctx))
    if ctx.mentions("northern lights", "aurora", "极光"):
        elements[1:1] = _aurora(ctx)
    if ctx.mentions("balloon", "热气球"):
        elements += _balloons(ctx)
    if any(word in ctx.spec.subject for word in _PEOPLE):
        elements += walkers(ctx, place.ground)
    return [*elements, *place.front]


def walkers(ctx: SceneContext, ground: float) -> list[Element]:
    """Somebody walking (or a robot), two where the words speak of more than one."""
    elements = list[Element]()
    several = ctx.mentions("people", "couple", "family", "children", "friends", "人们", "情侣")
    for index in range(2 if several else 1):
        tall = min(ctx.height * 0.46, ctx.width * 0.7) * (0.9 if index else 1.0)
        outfit = people.outfit_of(ctx.spec.subject, index)

        def paint(phase: float, tall: float = tall, outfit: people.Outfit = outfit) -> Image.Image:
            picture = people.walker(tall, phase, outfit, ctx.light)
            return tinted_shadow(ImageOps.mirror(picture) if ctx.scroll < 0 else picture, ctx)

        wide, high = people.extent(tall)
        x = ctx.width * (0.5 + (0.14 * (1 if index else -1) if several else 0)) - wide / 2
        y = ctx.height * ground - high
        rate = people.POSES * (abs(ctx.scroll) / (tall * 0.82)) if ctx.scroll else 0.0
        elements.append(
            AnimatedSprite(SpriteFrames(people.POSES, paint), rate, standing(x, y), index * 7)
        )
    return elements


def _rainbow(ctx: SceneContext) -> Element:
    width, height = ctx.width, round(ctx.height * 0.62) // 2 * 2
    x = (np.arange(width, dtype=np.float32) - width * 0.5)[None, :]
    y = (np.arange(height, dtype=np.float32) - height * 1.05)[:, None]
    far = np.sqrt(x * x + y * y) / (height * 0.92)
    image = Image.new("RGBA", (width, height))
    hues: tuple[Colour, ...] = (
        (170, 90, 220),
        (80, 120, 240),
        (80, 200, 120),
        (250, 220, 80),
        (250, 150, 60),
        (240, 80, 80),
    )
    for index, hue in enumerate(hues):
        band = np.exp(-(((far - 0.82 - 0.026 * index) / 0.019) ** 2))
        image.alpha_composite(tinted(hue, band * 0.42))
    return StaticLayer(Layer(image))


def _aurora(ctx: SceneContext) -> list[Element]:
    elements = list[Element]()
    hues: tuple[Colour, ...] = ((60, 240, 150), (90, 220, 220), (180, 100, 240))
    for index, hue in enumerate(hues):
        elements.append(curtain(ctx, index, hue))
    return elements


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
    pen, shade, x = Pen(size, size * 1.4), ctx.light.shade, size / 2
    pen.limb(
        [(x, size * 0.48), (x, size * 1.06)], [size * 0.94, size * 0.16], shade(lighter(hue, -0.1))
    )
    for wide, tone in ((0.66, 0.14), (0.34, 0.36), (0.1, 0.0)):
        pen.limb(
            [(x, size * 0.48), (x, size * 1.06)],
            [size * wide, size * wide * 0.17],
            shade(lighter(hue, tone)),
        )
        pen.ellipse(x, size * 0.48, size * wide / 2, size * 0.46, shade(lighter(hue, tone)))
    for side in (-1, 1):
        pen.line(
            [(x + side * size * 0.07, size * 1.1), (x + side * size * 0.06, size * 1.24)],
            size * 0.01,
            shade((70, 56, 48)),
        )
    pen.rect(
        (x - size * 0.075, size * 1.23, x + size * 0.075, size * 1.36),
        shade((134, 92, 56)),
        radius=size * 0.02,
    )
    return pen.image()
