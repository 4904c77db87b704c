"""Places: what stands behind, around and before the subject of a scene."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from nemovideo.sandbox.studio.canvas import Layer
from nemovideo.sandbox.studio.paint import (
    Pen,
    dithered,
    gradient,
    jagged,
    noise,
    ridge,
    silhouette,
    stamp,
    tinted,
)
from nemovideo.sandbox.studio.palette import Colour, lighter, mix
from nemovideo.sandbox.studio.scenes import plants
from nemovideo.sandbox.studio.scenes.layers import (
    Element,
    SceneContext,
    ScrollingLayer,
    StaticLayer,
    TiledLayer,
)
from nemovideo.sandbox.studio.scenes.sky import sky

Random = np.random.Generator
Sprite = Callable[[Random, float], Image.Image]

# So many different sprites make a row; then they come again, mirrored.
_KINDS = 7

GRASS: Colour = (104, 164, 78)
SNOW: Colour = (236, 242, 250)
SAND: Colour = (232, 206, 154)
ROCK: Colour = (104, 112, 138)


@dataclass(eq=False)
class Backdrop:
    """The elements behind a figure and those before it, and where the ground is.

    ``ground`` is the height of a figure's feet, as a share of the picture's.
    """

    behind: list[Element]
    front: list[Element]
    ground: float = 0.84


def row(
    ctx: SceneContext,
    make: Sprite,
    count: int,
    base: float,
    depth: float,
    *,
    seed: int,
    spread: float = 0.02,
) -> ScrollingLayer:
    """A repeating row of sprites standing on ``base`` (a share of the height).

    ``depth`` 0 is near and 1 is the horizon; ``spread`` is how much the feet vary.
    """
    random = np.random.default_rng(ctx.seed + seed)
    strip = Image.new("RGBA", (ctx.period, ctx.height))
    # Those that stand farther up the picture are farther away, and drawn first.
    feet = np.sort(random.uniform(-spread, spread, count))
    slots = random.permutation(count)
    sprites = [make(random, depth) for _ in range(min(count, _KINDS))]
    for number in range(count):
        sprite = sprites[number % len(sprites)]
        if number // len(sprites) % 2:
            sprite = ImageOps.mirror(sprite)
        x = (float(slots[number]) + random.uniform(-0.3, 0.3)) * ctx.period / count
        y = (base + float(feet[number])) * ctx.height - sprite.height
        stamp(strip, sprite, x - sprite.width / 2, y, wrap=True)
    return ScrollingLayer(Layer(strip, wrap=True), scroll_speed(ctx, depth))


def rows(
    ctx: SceneContext,
    make: Callable[[Random, float, float], Image.Image],
    each: Sequence[tuple[float, float, float, int]],
    *,
    hill: Colour | None = None,
    haze: float = 0.0,
) -> list[Element]:
    """Rows of plants, given as (depth, base, size, count), with hills below and haze before."""
    elements = list[Element]()
    for index, (depth, base, size, count) in enumerate(each):

        def one(random: Random, at: float, size: float = size) -> Image.Image:
            return make(random, at, ctx.px(size) * random.uniform(0.75, 1.15))

        if hill is not None:
            elements += hills(ctx, hill, base - 0.045, (depth,))
        elements.append(row(ctx, one, count, base, depth, seed=3 * index))
        if haze:
            elements.append(mist(ctx, base - 0.055, haze))
    return elements


def scroll_speed(ctx: SceneContext, depth: float) -> float:
    nearness = max(0.0, 1 - depth)
    return ctx.scroll * nearness * math.sqrt(nearness)


def mountains(ctx: SceneContext, base: float, *, snowy: bool = False) -> list[Element]:
    """Three ranges, each nearer and darker than the one behind it."""
    elements = list[Element]()
    for index, depth in enumerate((0.92, 0.78, 0.6)):
        high = ctx.height * (0.34 - 0.07 * index)
        foot = ctx.height * (base + 0.06 * index)
        peaks = max(3, round((3 + index * 2) * ctx.period / (2.6 * ctx.height)))
        line = foot - jagged(ctx.period, ctx.seed + index * 7, peaks, high)
        body = ctx.shade(lighter(ROCK, -0.12 * index), depth)
        image = silhouette(line, ctx.height, body, ctx.shade(ROCK, 1.0))
        if snowy or index == 0:
            _snowcap(image, ctx, line, depth, high)
        elements.append(ScrollingLayer(Layer(image, wrap=True), scroll_speed(ctx, depth)))
        elements.append(mist(ctx, (base + 0.06 * index), 0.5 * depth))
    return elements


def _snowcap(
    image: Image.Image, ctx: SceneContext, line: np.ndarray, depth: float, high: float
) -> None:
    height, width = ctx.height, ctx.period
    peak = float(line.min())
    reach = np.clip((peak + high * 0.55) - line, 0, None) * 0.55
    rough = jagged(width, ctx.seed + 5, 60, high * 0.1)
    low = line + np.maximum(0, reach - rough)
    y = np.arange(height, dtype=np.float32)[:, None]
    inside = np.clip(low[None, :] - y + 0.5, 0, 1) * np.clip(y - line[None, :] + 0.5, 0, 1)
    snow = tinted(ctx.shade(SNOW, depth * 0.6), inside * 0.92)
    image.alpha_composite(snow)


def hills(
    ctx: SceneContext, colour: Colour, base: float, depths: Sequence[float] = (0.75, 0.5)
) -> list[Element]:
    elements = list[Element]()
    for index, depth in enumerate(depths):
        high = ctx.height * 0.045
        waves = ((1, high), (2, high * 0.7), (5 + index, high * 0.3))
        line = ctx.height * (base + 0.07 * index) + ridge(ctx.period, ctx.seed + index, waves)
        top = ctx.shade(lighter(colour, 0.1), depth)
        image = silhouette(line, ctx.height, top, ctx.shade(lighter(colour, -0.2), depth))
        elements.append(ScrollingLayer(Layer(image, wrap=True), scroll_speed(ctx, depth)))
    return elements


def mist(ctx: SceneContext, at: float, strength: float) -> ScrollingLayer:
    high = max(8, round(ctx.height * 0.2) // 2 * 2)
    cell = max(4.0, ctx.px(260))
    field = noise(ctx.period // 4, high // 2, ctx.seed + round(at * 100), cell / 4, 2)
    image = Image.fromarray(field).resize((ctx.period, high), Image.Resampling.BICUBIC)
    shape = np.clip(np.sin(np.linspace(0, np.pi, high, dtype=np.float32)), 0, 1) ** 1.5
    thick = 1.0 if ctx.spec.weather == "fog" else 0.42
    alpha = np.asarray(image) * shape[:, None] * np.float32(strength * thick)
    layer = Layer(tinted(lighter(ctx.light.haze, 0.1), alpha * 1.3), wrap=True)
    return ScrollingLayer(
        layer, ctx.px(14) + scroll_speed(ctx, 0.7), round(at * ctx.height - high / 2)
    )


def ground(ctx: SceneContext, colour: Colour, top: float, *, rough: float = 0.012) -> list[Element]:
    """The near ground with a little texture, from ``top`` to the lower edge."""
    high = ctx.height * rough
    line = ctx.height * top + ridge(ctx.period, ctx.seed + 31, ((2, high), (7, high * 0.4)))
    near = ctx.shade(lighter(colour, -0.3))
    image = silhouette(line, ctx.height, ctx.shade(colour, 0.25), near)
    first = max(0, int(line.min()))
    spots = noise(ctx.period // 8, ctx.height // 2, ctx.seed + 3, ctx.px(26), 3)
    seen = (0, first * spots.shape[0] / ctx.height, spots.shape[1], spots.shape[0])
    size = (image.width, image.height - first)
    shade = np.clip((spots - 0.5) * 0.9, 0, 0.22)
    grain = Image.fromarray((shade * 255).astype(np.uint8))
    grain = grain.resize(size, Image.Resampling.BICUBIC, seen)
    seen_alpha = image.getchannel("A")
    image.paste(lighter(near, -0.35), (0, first), grain)
    image.putalpha(seen_alpha)
    return [ScrollingLayer(Layer(image, wrap=True), scroll_speed(ctx, 0.0))]


def tufts(
    ctx: SceneContext, colour: Colour, base: float, depth: float, count: int
) -> ScrollingLayer:
    size = ctx.px(44) * (1.25 - depth)

    def make(random: Random, at: float) -> Image.Image:
        return plants.tuft(size * random.uniform(0.6, 1.2), ctx.shade(colour, at), random)

    return row(ctx, make, count, base, depth, seed=11, spread=0.03)


def foreground(ctx: SceneContext, colour: Colour) -> list[Element]:
    """Dark blades close to the camera along the lower edge."""
    tone = lighter(ctx.shade(colour), -0.55)

    def make(random: Random, _depth: float) -> Image.Image:
        return plants.tuft(ctx.px(random.uniform(90, 190)), tone, random)

    strip = row(ctx, make, 26, 1.05, 0.0, seed=21)
    return [ScrollingLayer(strip.layer, ctx.scroll * 1.7)]


def meadow(ctx: SceneContext) -> Backdrop:
    """Hills, trees and flowers under an open sky."""

    def tree(random: Random, at: float, high: float) -> Image.Image:
        bark = ctx.shade(plants.BARK, at)
        return plants.leafy(high, ctx.shade(plants.GREEN, at), bark, random)

    behind = sky(ctx, 0.62) + hills(ctx, GRASS, 0.56)
    behind += rows(ctx, tree, ((0.45, 0.66, 190, 7),)) + ground(ctx, GRASS, 0.68)
    behind += [tufts(ctx, GRASS, 0.76, 0.1, 40), _flowers(ctx)]
    return Backdrop(behind, foreground(ctx, GRASS))


def _flowers(ctx: SceneContext) -> ScrollingLayer:
    hues: tuple[Colour, ...] = ((250, 240, 244), (244, 132, 150), (252, 206, 92), (178, 140, 226))
    if ctx.mentions("sunflower"):
        hues = ((250, 200, 50),)
    lavender = ctx.mentions("lavender")
    if lavender:
        hues = ((150, 110, 210), (170, 130, 226))

    def make(random: Random, _depth: float) -> Image.Image:
        hue = ctx.shade(hues[int(random.integers(len(hues)))])
        return plants.flower(ctx.px(random.uniform(14, 26)), hue, ctx.shade(plants.GREEN))

    return row(ctx, make, 260 if lavender else 46, 0.8, 0.05, seed=23, spread=0.06)


def forest(ctx: SceneContext, *, autumn: bool = False) -> Backdrop:
    """Rows of trees, paler with every row."""
    tone: Colour = (206, 116, 44) if autumn else (58, 116, 70)
    snowy = ctx.spec.weather == "snow"

    def tree(random: Random, at: float, high: float) -> Image.Image:
        hue = ctx.shade(mix(tone, (180, 140, 40), random.uniform(0, 0.2)), at)
        if autumn or random.random() < 0.25:
            return plants.leafy(high * 0.8, hue, ctx.shade(plants.BARK, at), random)
        return plants.pine(high, hue, random, ctx.shade(SNOW, at) if snowy else None)

    each = ((0.75, 0.62, 260, 16), (0.5, 0.68, 380, 13), (0.22, 0.75, 560, 10))
    floor: Colour = SNOW if snowy else (150, 104, 56) if autumn else (82, 116, 58)
    behind = sky(ctx, 0.6) + hills(ctx, lighter(tone, -0.1), 0.5, (0.8,))
    behind += rows(ctx, tree, each, haze=0.55) + ground(ctx, floor, 0.73)
    behind.append(tufts(ctx, floor, 0.8, 0.1, 30))
    leaves = falling_leaves(ctx, (224, 124, 44)) if autumn else []
    return Backdrop(behind, foreground(ctx, floor) + leaves)


def bamboo_forest(ctx: SceneContext) -> Backdrop:
    """Culms in rows, light falling between them."""
    pale = mix(ctx.light.low, ctx.shade((206, 232, 160)), 0.6)
    top, low, deep = (ctx.shade(c) for c in ((122, 176, 92), (110, 160, 84), (38, 92, 52)))
    back = gradient(ctx.width, ctx.height, ((0, top), (0.45, pale), (0.75, low), (1, deep)))
    behind: list[Element] = [StaticLayer(Layer(dithered(back, ctx.seed)))]
    for index, (depth, share, thick) in enumerate(((0.85, 26, 15), (0.6, 17, 28), (0.32, 8, 50))):
        tone = mix((84, 142, 62), (186, 218, 140), depth * 0.72)

        def make(random: Random, _d: float, thick: int = thick, c: Colour = tone) -> Image.Image:
            hue = ctx.shade(mix(c, (170, 176, 80), random.uniform(0, 0.28)))
            wide = ctx.px(thick) * random.uniform(0.8, 1.2)
            return plants.bamboo(ctx.height * 0.92, wide, hue, random)

        count = max(1, round(share * ctx.period / (2.3 * ctx.height)))
        base = 0.68 + 0.05 * index
        behind.append(row(ctx, make, count, base, depth, seed=index, spread=0.015))
        if index < 2:
            behind.append(_canopy(ctx, depth, 60 + index, lighter(ctx.shade(tone), -0.05)))
    behind.append(_rays(ctx, (255, 250, 210)))
    behind += ground(ctx, (126, 138, 70), 0.74)
    behind.append(tufts(ctx, (110, 156, 66), 0.79, 0.12, 44))
    behind.append(_canopy(ctx, 0.05, 70, ctx.shade((44, 104, 48))))
    return Backdrop(behind, foreground(ctx, (84, 140, 62)), ground=0.87)


def _canopy(ctx: SceneContext, depth: float, seed: int, colour: Colour) -> ScrollingLayer:
    size, pale = ctx.px(120) * (1.35 - depth), lighter(colour, 0.08)

    def make(random: Random, _depth: float) -> Image.Image:
        pen = Pen(3, 2.4, unit=size)
        for side in (-1, 1):
            plants.leaves(pen, (1.5, 0.2), 1.0, side, colour, random)
            plants.leaves(pen, (1.5 + side * 0.5, 0.1), 0.8, side, pale, random)
        return pen.image()

    base = 0.16 + 0.06 * (1 - depth)
    return row(ctx, make, 22, base, depth, seed=seed, spread=0.07)


def _rays(ctx: SceneContext, colour: Colour) -> Element:
    size = ctx.width, ctx.height
    pen = Pen(1, ctx.height / ctx.width, unit=ctx.width / 4)
    foot = ctx.height / ctx.width
    for index in range(6):
        x, wide = index * 0.19 + 0.06, 0.018 + 0.012 * (index % 3)
        low = x - foot * 0.22
        corners = [(x, 0), (x + wide, 0), (low + wide * 2.4, foot), (low, foot)]
        pen.polygon(corners, colour, 22 if ctx.light.is_night else 62)
    beams = pen.image().getchannel("A").resize(size, Image.Resampling.BICUBIC)
    fade = np.linspace(1, 0, ctx.height, dtype=np.float32)[:, None] ** 0.8
    return StaticLayer(Layer(tinted(colour, np.asarray(beams, np.float32) / 255 * fade)))


def cherry_garden(ctx: SceneContext) -> Backdrop:
    green: Colour = (142, 184, 104)

    def tree(random: Random, at: float, high: float) -> Image.Image:
        return plants.cherry(high, ctx.light, at * 0.7, random)

    def near(random: Random, _at: float) -> Image.Image:
        return plants.cherry(ctx.height * random.uniform(0.86, 0.98), ctx.light, 0.0, random)

    behind = sky(ctx, 0.62) + mountains(ctx, 0.56, snowy=True)[:4]
    behind += hills(ctx, (132, 178, 104), 0.6, (0.6,))
    behind += rows(ctx, tree, ((0.6, 0.68, 260, 11), (0.3, 0.74, 440, 7)))
    behind += ground(ctx, green, 0.74)
    behind += [tufts(ctx, green, 0.82, 0.1, 36), row(ctx, near, 2, 0.9, 0.0, seed=9)]
    return Backdrop(behind, falling_leaves(ctx, (255, 190, 210)))


def falling_leaves(ctx: SceneContext, colour: Colour) -> list[Element]:
    """Petals or leaves that sail down, two sizes at two speeds."""
    elements = list[Element]()
    for index, (size, count, speed) in enumerate(((9.0, 34, 70.0), (16.0, 16, 120.0))):
        sheet = Image.new("RGBA", (ctx.period, max(64, ctx.height)))
        random = np.random.default_rng(ctx.seed + 40 + index)
        for _ in range(count):
            pen = Pen(ctx.px(size), ctx.px(size))
            half = ctx.px(size) / 2
            tone = ctx.shade(lighter(colour, random.uniform(-0.12, 0.2)))
            pen.ellipse(half, half, half, half * random.uniform(0.35, 0.8), tone)
            sprite = pen.image().rotate(random.uniform(0, 180), Image.Resampling.BICUBIC)
            high = sheet.height - sprite.height
            stamp(sheet, sprite, random.uniform(0, sheet.width), random.uniform(0, high), wrap=True)
        across = -ctx.px(speed * 0.5) - ctx.scroll * 0.8
        elements.append(TiledLayer(Layer(sheet, wrap=True), across, ctx.px(speed), ctx.px(26)))
    return elements


def snowfield(ctx: SceneContext) -> Backdrop:
    def tree(random: Random, at: float, high: float) -> Image.Image:
        return plants.pine(high, ctx.shade((54, 96, 82), at), random, ctx.shade(SNOW, at))

    each = ((0.6, 0.68, 190, 16), (0.3, 0.74, 340, 8))
    behind = sky(ctx, 0.6) + mountains(ctx, 0.56, snowy=True)
    behind += rows(ctx, tree, each, hill=(214, 226, 242)) + ground(ctx, (242, 246, 252), 0.72)
    return Backdrop(behind, [])


def mountain_valley(ctx: SceneContext) -> Backdrop:
    def tree(random: Random, at: float, high: float) -> Image.Image:
        return plants.pine(high, ctx.shade((46, 84, 74), at), random)

    each = ((0.55, 0.76, 130, 30), (0.25, 0.86, 230, 18))
    behind = sky(ctx, 0.62) + mountains(ctx, 0.56, snowy=ctx.mentions("snow"))
    behind += rows(ctx, tree, each, hill=(64, 104, 80), haze=0.7)
    behind += ground(ctx, (72, 108, 70), 0.88)
    return Backdrop(behind, foreground(ctx, (60, 96, 60)), ground=0.93)


def desert(ctx: SceneContext) -> Backdrop:
    def cactus(random: Random, at: float, high: float) -> Image.Image:
        return plants.cactus(high, ctx.shade((92, 138, 84), at))

    behind = sky(ctx, 0.6) + hills(ctx, (226, 178, 116), 0.56, (0.8, 0.6, 0.4))
    behind += rows(ctx, cactus, ((0.3, 0.8, 190, 5),))
    return Backdrop(behind + ground(ctx, (236, 190, 124), 0.78, rough=0.03), [])


def tinted_shadow(picture: Image.Image, ctx: SceneContext) -> Image.Image:
    """A figure's picture with a soft shadow on the ground under its feet."""
    extra = max(2, round(ctx.px(16)))
    image = Image.new("RGBA", (picture.width, picture.height + extra))
    reach = picture.getbbox() or (0, 0, picture.width, picture.height)
    pen = Pen(image.width, extra * 2)
    middle, half = (reach[0] + reach[2]) / 2, (reach[2] - reach[0]) * 0.46
    dark = lighter(ctx.shade((40, 50, 44)), -0.4)
    pen.ellipse(middle, extra * 0.9, half, extra * 0.8, dark, 84)
    image.paste(picture)
    ground = pen.image()
    ground.alpha_composite(image.crop((0, picture.height - extra, *image.size)))
    image.paste(ground, (0, picture.height - extra))
    return image
