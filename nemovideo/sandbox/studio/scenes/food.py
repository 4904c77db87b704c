"""Food seen from above on a wooden table, with its steam."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.canvas import Layer
from nemovideo.sandbox.studio.paint import Pen, dithered, glow, gradient, noise, stamp, tinted
from nemovideo.sandbox.studio.palette import Colour, lighter
from nemovideo.sandbox.studio.scenes.layers import (
    Element,
    SceneContext,
    StaticLayer,
    TiledLayer,
    contains,
)

Random = np.random.Generator


def food(ctx: SceneContext) -> list[Element]:
    """The dish that the words name, on a wooden table."""
    size = round(min(ctx.width * 0.86, ctx.height * 0.82)) // 2 * 2
    text = ctx.spec.subject or ctx.spec.prompt
    make = next((make for words, make in _BY_WORD if contains(text, words)), _pizza)
    whole = Pen(size, size)
    make(whole.moved(size / 2, size / 2, size * 0.49), np.random.default_rng(ctx.seed))
    centre = (ctx.width // 2, round(ctx.height * 0.52))
    left, top = centre[0] - size // 2, centre[1] - size // 2
    plate = StaticLayer(Layer(whole.image()), left, top)
    return [StaticLayer(Layer(_table(ctx, centre, size))), plate, _steam(ctx, size)]


def _table(ctx: SceneContext, centre: tuple[int, int], size: int) -> Image.Image:
    wood = ctx.shade((176, 122, 78))
    width, height = ctx.width, ctx.height
    planes = gradient(width, height, ((0, lighter(wood, 0.12)), (1, lighter(wood, -0.2))))
    grain = noise(width, max(2, height // 6), ctx.seed, ctx.px(420), 3)
    fine = Image.fromarray(grain).resize((width, height), Image.Resampling.BICUBIC)
    rings = np.sin(np.asarray(fine) * 70) * 7 + (np.asarray(fine) - 0.5) * 50
    planks = np.arange(height, dtype=np.float32) / max(8.0, ctx.px(216))
    number = planks.astype(np.int32)
    tone = np.random.default_rng(ctx.seed).uniform(-14, 14, int(number.max()) + 1)[number]
    seam = np.where((planks - number) * ctx.px(216) < max(1.0, ctx.px(3)), -46, 0)
    planes = planes + (rings + (tone + seam)[:, None]).astype(np.float32)
    image = dithered(planes, ctx.seed).convert("RGBA")
    shadow = glow(round(size * 0.62), (24, 14, 8), 0.85, 0.9)
    stamp(
        image,
        shadow,
        centre[0] - shadow.width / 2 + size * 0.03,
        centre[1] - shadow.height / 2 + size * 0.04,
        wrap=False,
    )
    vignette = glow(round(max(width, height) * 0.8), (255, 236, 200), 0.2, 1.2)
    stamp(
        image,
        vignette,
        width * 0.3 - vignette.width / 2,
        height * 0.2 - vignette.height / 2,
        wrap=False,
    )
    return image.convert("RGB")


def _steam(ctx: SceneContext, size: int) -> Element:
    # Noise repeats sideways: turned, it repeats downwards.
    field = noise(ctx.height, ctx.width, ctx.seed + 90, ctx.px(150), 3).T
    wisps = np.clip((field - 0.5) * 2.4, 0, 1)
    across = (np.arange(ctx.width, dtype=np.float32) - ctx.width / 2) / (size * 0.42)
    alpha = wisps * np.exp(-(across**2))[None, :] * 0.34
    image = tinted((255, 255, 255), np.maximum(alpha, 0.002))
    return TiledLayer(Layer(image, wrap=True), 0, -ctx.px(90), ctx.px(12))


def _ring(count: int, radius: float, turn: float = 0.0) -> Iterator[tuple[float, float, float]]:
    for index in range(count):
        angle = turn + index * 2 * math.pi / count
        yield math.cos(angle) * radius, math.sin(angle) * radius, angle


def _strewn(count: int, radius: float, random: Random) -> Iterator[tuple[float, float, float]]:
    """Positions spread evenly over a disc, a little out of line."""
    for index in range(count):
        far = radius * math.sqrt((index + 0.5) / count)
        angle = index * 2.39996 + random.uniform(-0.25, 0.25)
        yield math.cos(angle) * far, math.sin(angle) * far, random.uniform(0, 2 * math.pi)


def _disc(pen: Pen, x: float, y: float, r: float, colour: Colour, alpha: int = 255) -> None:
    pen.ellipse(x, y, r, r, colour, alpha)


def _leaf(pen: Pen, x: float, y: float, angle: float) -> None:
    leaf, cos, sin = pen.moved(x, y, 0.085), math.cos(angle), math.sin(angle)
    sides = [(side * sin * 0.42 - cos * 0.2, -side * cos * 0.42 - sin * 0.2) for side in (-1, 1)]
    leaf.polygon([(-cos, -sin), sides[0], (cos, sin), sides[1]], (62, 134, 56))
    leaf.limb([(-cos, -sin), (cos * 0.8, sin * 0.8)], [0.1, 0.1], (104, 160, 98))


def _pizza(pen: Pen, random: Random) -> None:
    """A pizza with salami, olives and basil, cut into eight."""
    for r, colour in ((1.0, (150, 104, 66)), (0.985, (188, 138, 92)), (0.93, (166, 104, 48))):
        _disc(pen, 0, 0, r, colour)
    for x, y, _ in _ring(40, 0.875):
        _disc(pen, x, y, 0.075, lighter((222, 164, 88), random.uniform(-0.16, 0.08)))
    _disc(pen, 0, 0, 0.865, (226, 170, 92))
    _disc(pen, 0, 0, 0.83, (196, 58, 34))
    for x, y, _ in _strewn(150, 0.78, random):
        tone, r = lighter((250, 208, 104), random.uniform(-0.12, 0.25)), random.uniform(0.05, 0.09)
        pen.ellipse(x, y, r, r * random.uniform(0.7, 1.0), tone, 225)
    for x, y, turn in _strewn(15, 0.7, random):
        _disc(pen, x + 0.008, y + 0.012, 0.118, (120, 52, 24), 150)
        _disc(pen, x, y, 0.112, (172, 36, 32))
        _disc(pen, x, y, 0.098, (206, 62, 48))
        for dx, dy, _ in _ring(5, 0.055, turn):
            _disc(pen, x + dx, y + dy, 0.014, (240, 150, 120))
    for x, y, _ in _ring(9, 0.46, 0.35):
        _disc(pen, x, y, 0.044, (46, 42, 50))
        _disc(pen, x, y, 0.02, (214, 150, 72))
    for x, y, turn in _ring(8, 0.62, 0.2):
        _leaf(pen, x, y, turn + 1.0)
    for x, y, _ in _ring(4, 0.93, 0.1):
        pen.limb([(-x, -y), (x, y)], [0.012, 0.012], (146, 84, 40))


def _coffee(pen: Pen, _random: Random) -> None:
    """A cup from above, a leaf drawn in its foam."""
    china: Colour = (244, 243, 240)
    for r, tone in ((1.0, -0.14), (0.985, 0.0), (0.74, -0.1), (0.725, -0.03)):
        _disc(pen, 0, 0, r, lighter(china, tone))
    pen.limb([(0.5, 0.0), (0.8, 0.06)], [0.13, 0.13], lighter(china, -0.06))
    _disc(pen, 0.02, 0.03, 0.6, (120, 110, 104), 110)
    for r, colour in ((0.58, (252, 251, 249)), (0.53, (90, 55, 32)), (0.515, (128, 78, 46))):
        _disc(pen, 0, 0, r, colour)
    _disc(pen, 0, 0, 0.47, (176, 116, 70))
    foam: Colour = (248, 226, 190)
    for index in range(6):
        y, wide = 0.3 - index * 0.105, 0.34 - 0.04 * index
        steps = (-1, -0.6, -0.25, 0, 0.25, 0.6, 1)
        pen.limb([(wide * s, y - 0.09 + 0.15 * abs(s)) for s in steps], [0.05] * 7, foam)
    _disc(pen, 0, -0.33, 0.07, foam)
    pen.limb([(0, -0.36), (0, 0.36)], [0.016, 0.016], (176, 116, 70))


_BY_WORD: tuple[tuple[tuple[str, ...], Callable[[Pen, Random], None]], ...] = (
    (("pizza", "披萨", "比萨"), _pizza),
    (("coffee", "latte", "espresso", "cappuccino", "咖啡"), _coffee),
)
DISHES = tuple(word for words, _ in _BY_WORD for word in words)
