"""Food seen from above on a wooden table, with its steam or a passing light."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.canvas import Layer
from nemovideo.sandbox.studio.paint import Pen, dithered, glow, gradient, noise, stamp, tinted
from nemovideo.sandbox.studio.palette import lighter
from nemovideo.sandbox.studio.scenes import dishes
from nemovideo.sandbox.studio.scenes.layers import (
    Element,
    SceneContext,
    ScrollingLayer,
    StaticLayer,
    TiledLayer,
    contains,
)

_BY_WORD: tuple[tuple[tuple[str, ...], Callable[[dishes.Plate], None]], ...] = (
    (("pizza", "披萨", "比萨"), dishes.pizza),
    (("noodle", "ramen", "pasta", "spaghetti", "面条", "拉面"), dishes.noodles),
    (("cake", "birthday cake", "蛋糕"), dishes.cake),
    (("coffee", "latte", "espresso", "cappuccino", "tea", "咖啡", "茶"), dishes.coffee),
)
DISHES = tuple(word for words, _ in _BY_WORD for word in words)


def food(ctx: SceneContext) -> list[Element]:
    """The dish that the words name, on a wooden table."""
    size = round(min(ctx.width * 0.86, ctx.height * 0.82)) // 2 * 2
    plate = dishes.Plate(size, np.random.default_rng(ctx.seed), ctx.mentions)
    text = ctx.spec.subject or ctx.spec.prompt
    make = next((make for words, make in _BY_WORD if contains(text, words)), dishes.pizza)
    make(plate)
    centre = (ctx.width // 2, round(ctx.height * 0.52))
    elements: list[Element] = [StaticLayer(Layer(_table(ctx, centre, size)))]
    elements += [StaticLayer(layer, x, y) for layer, x, y in _cutlery(ctx, centre, size)]
    left, top = centre[0] - size // 2, centre[1] - size // 2
    elements.append(StaticLayer(Layer(plate.image()), left, top))
    return [*elements, _passing_light(ctx) if make is dishes.cake else _steam(ctx, size)]


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


def _cutlery(ctx: SceneContext, centre: tuple[int, int], size: int) -> list[tuple[Layer, int, int]]:
    if ctx.width < size * 1.5:
        return []
    high, steel = size * 0.78, ctx.shade((206, 210, 216))
    fork, knife = Pen(size * 0.12, high), Pen(size * 0.12, high)
    x = size * 0.06
    for pen in (fork, knife):
        pen.limb([(x, high * 0.42), (x, high * 0.95)], [size * 0.018, size * 0.034], steel)
    for tine in (-1.2, -0.4, 0.4, 1.2):
        fork.line(
            [(x + tine * size * 0.02, high * 0.03), (x + tine * size * 0.02, high * 0.25)],
            size * 0.008,
            steel,
        )
    fork.limb([(x, high * 0.24), (x, high * 0.44)], [size * 0.056, size * 0.016], steel)
    knife.limb(
        [(x, high * 0.06), (x, high * 0.44)], [size * 0.03, size * 0.044], lighter(steel, 0.14)
    )
    top = round(centre[1] - high / 2)
    left, right = centre[0] - size * 0.7, centre[0] + size * 0.58
    return [(Layer(fork.image()), round(left), top), (Layer(knife.image()), round(right), top)]


def _passing_light(ctx: SceneContext) -> Element:
    sheet = Image.new("RGBA", (ctx.period, ctx.height))
    light = glow(round(ctx.height * 0.6), ctx.light.sun, 0.4, 1.4)
    stamp(sheet, light, ctx.period * 0.4, -ctx.height * 0.1, wrap=True)
    return ScrollingLayer(Layer(sheet, wrap=True), ctx.px(150))


def _steam(ctx: SceneContext, size: int) -> Element:
    # Noise repeats sideways: turned, it repeats downwards.
    field = noise(ctx.height, ctx.width, ctx.seed + 90, ctx.px(150), 3).T
    wisps = np.clip((field - 0.5) * 2.4, 0, 1)
    across = (np.arange(ctx.width, dtype=np.float32) - ctx.width / 2) / (size * 0.42)
    alpha = wisps * np.exp(-(across**2))[None, :] * 0.34
    image = tinted((255, 255, 255), np.maximum(alpha, 0.002))
    return TiledLayer(Layer(image, wrap=True), 0, -ctx.px(90), ctx.px(12))
