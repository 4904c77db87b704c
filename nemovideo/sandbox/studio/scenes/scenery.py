"""Places: what stands behind, around and before the subject of a scene."""

import math
from collections.abc import Callable, Sequence

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
    scatter,
    silhouette,
    stamp,
    tinted,
)
from nemovideo.sandbox.studio.palette import Colour, lighter, mix
from nemovideo.sandbox.studio.scenes import plants
from nemovideo.sandbox.studio.scenes.layers import Element, Falling, Fixed, Passing, Stage
from nemovideo.sandbox.studio.scenes.sky import sky

Random = np.random.Generator
Sprite = Callable[[Random, float], Image.Image]

# So many different sprites make a row; then they come again, mirrored.
_KINDS = 7

GRASS: Colour = (104, 164, 78)
SNOW: Colour = (236, 242, 250)
SAND: Colour = (232, 206, 154)
EARTH: Colour = (112, 96, 66)
ROCK: Colour = (104, 112, 138)


class Place:
    """The elements behind a figure and those before it, and where the ground is.

    ``ground`` is the height of a figure's feet, as a share of the picture's.
    """

    def __init__(self, behind: list[Element], front: list[Element], ground: float = 0.84) -> None:
        self.behind, self.front, self.ground = behind, front, ground


def row(
    stage: Stage,
    make: Sprite,
    *,
    count: int,
    base: float,
    depth: float,
    seed: int,
    spread: float = 0.02,
) -> Passing:
    """A repeating row of sprites standing on ``base`` (a share of the height).

    ``depth`` 0 is near and 1 is the horizon; ``spread`` is how much the feet vary.
    """
    height = stage.height
    strip = Image.new("RGBA", (stage.period, height))
    order = np.sort(np.random.default_rng(seed).uniform(-spread, spread, count))
    feet = iter(order.tolist())
    places = np.random.default_rng(seed + 1).permutation(count)
    slots = iter(places.tolist())

    kinds = np.random.default_rng(seed + 3)
    sprites = [make(kinds, depth) for _ in range(min(count, _KINDS))]
    turn = iter(range(count))

    def one(random: Random) -> tuple[Image.Image, float, float]:
        number = next(turn)
        sprite = sprites[number % len(sprites)]
        if number // len(sprites) % 2:
            sprite = ImageOps.mirror(sprite)
        x = (next(slots) + random.uniform(-0.3, 0.3)) * stage.period / count
        return sprite, x - sprite.width / 2, (base + next(feet)) * height - sprite.height

    scatter(strip, count, seed + 2, one)
    return Passing(Layer(strip, wrap=True), pace(stage, depth))


def pace(stage: Stage, depth: float) -> float:
    """How fast things at a depth pass by."""
    nearness = max(0.0, 1 - depth)
    return stage.scroll * nearness * math.sqrt(nearness)


def mountains(stage: Stage, base: float, *, snowy: bool = False) -> list[Element]:
    """Three ranges, each nearer and darker than the one behind it."""
    elements = list[Element]()
    for index, depth in enumerate((0.92, 0.78, 0.6)):
        high = stage.height * (0.34 - 0.07 * index)
        foot = stage.height * (base + 0.06 * index)
        peaks = max(3, round((3 + index * 2) * stage.period / (2.6 * stage.height)))
        line = foot - jagged(stage.period, stage.seed + index * 7, peaks, high)
        body = stage.light.shade(lighter(ROCK, -0.12 * index), depth)
        image = silhouette(line, stage.height, body, stage.light.shade(ROCK, 1.0))
        if snowy or index == 0:
            _snowcap(image, stage, line, depth, high)
        elements.append(Passing(Layer(image, wrap=True), pace(stage, depth)))
        elements.append(mist(stage, (base + 0.06 * index), 0.5 * depth))
    return elements


def _snowcap(image: Image.Image, stage: Stage, line: np.ndarray, depth: float, high: float) -> None:
    height, width = stage.height, stage.period
    peak = float(line.min())
    reach = np.clip((peak + high * 0.55) - line, 0, None) * 0.55
    rough = jagged(width, stage.seed + 5, 60, high * 0.1)
    low = line + np.maximum(0, reach - rough)
    y = np.arange(height, dtype=np.float32)[:, None]
    inside = np.clip(low[None, :] - y + 0.5, 0, 1) * np.clip(y - line[None, :] + 0.5, 0, 1)
    snow = tinted(stage.light.shade(SNOW, depth * 0.6), inside * 0.92)
    image.alpha_composite(snow)


def hills(
    stage: Stage, colour: Colour, base: float, depths: Sequence[float] = (0.75, 0.5)
) -> list[Element]:
    """Rolling hills one behind the other."""
    elements = list[Element]()
    for index, depth in enumerate(depths):
        high = stage.height * 0.045
        waves = ((1, high), (2, high * 0.7), (5 + index, high * 0.3))
        line = stage.height * (base + 0.07 * index) + ridge(stage.period, stage.seed + index, waves)
        top = stage.light.shade(lighter(colour, 0.1), depth)
        image = silhouette(line, stage.height, top, stage.light.shade(lighter(colour, -0.2), depth))
        elements.append(Passing(Layer(image, wrap=True), pace(stage, depth)))
    return elements


def mist(stage: Stage, at: float, strength: float) -> Passing:
    """A bank of haze around a height."""
    high = max(8, round(stage.height * 0.2) // 2 * 2)
    cell = max(4.0, stage.px(260))
    field = noise(stage.period // 4, high // 2, stage.seed + round(at * 100), cell / 4, 2)
    image = Image.fromarray(field).resize((stage.period, high), Image.Resampling.BICUBIC)
    shape = np.clip(np.sin(np.linspace(0, np.pi, high, dtype=np.float32)), 0, 1) ** 1.5
    thick = 1.0 if stage.spec.weather == "fog" else 0.42
    alpha = np.asarray(image) * shape[:, None] * np.float32(strength * thick)
    layer = Layer(tinted(lighter(stage.light.haze, 0.1), alpha * 1.3), wrap=True)
    return Passing(layer, stage.px(14) + pace(stage, 0.7), round(at * stage.height - high / 2))


def ground(stage: Stage, colour: Colour, top: float, *, rough: float = 0.012) -> list[Element]:
    """The near ground with a little texture, from ``top`` to the lower edge."""
    high = stage.height * rough
    line = stage.height * top + ridge(stage.period, stage.seed + 31, ((2, high), (7, high * 0.4)))
    near = stage.light.shade(lighter(colour, -0.3))
    image = silhouette(line, stage.height, stage.light.shade(colour, 0.25), near)
    first = max(0, int(line.min()))
    spots = noise(stage.period // 8, stage.height // 2, stage.seed + 3, stage.px(26), 3)
    seen = (0, first * spots.shape[0] / stage.height, spots.shape[1], spots.shape[0])
    size = (image.width, image.height - first)
    shade = np.clip((spots - 0.5) * 0.9, 0, 0.22)
    grain = Image.fromarray((shade * 255).astype(np.uint8))
    grain = grain.resize(size, Image.Resampling.BICUBIC, seen)
    seen_alpha = image.getchannel("A")
    image.paste(lighter(near, -0.35), (0, first), grain)
    image.putalpha(seen_alpha)
    return [Passing(Layer(image, wrap=True), pace(stage, 0.0))]


def tufts(stage: Stage, colour: Colour, base: float, depth: float, count: int) -> Passing:
    """Grass along a line."""
    size = stage.px(44) * (1.25 - depth)

    def make(random: Random, at: float) -> Image.Image:
        return plants.tuft(size * random.uniform(0.6, 1.2), stage.light.shade(colour, at), random)

    return row(stage, make, count=count, base=base, depth=depth, seed=stage.seed + 11, spread=0.03)


def foreground(stage: Stage, colour: Colour) -> list[Element]:
    """Dark blades close to the camera along the lower edge."""
    tone = lighter(stage.light.shade(colour), -0.55)

    def make(random: Random, _depth: float) -> Image.Image:
        return plants.tuft(stage.px(random.uniform(90, 190)), tone, random)

    strip = row(stage, make, count=26, base=1.05, depth=0, seed=stage.seed + 21)
    return [Passing(strip.layer, stage.scroll * 1.7)]


def meadow(stage: Stage) -> Place:
    """Hills, trees and flowers under an open sky."""
    behind = sky(stage, 0.62) + hills(stage, GRASS, 0.56)
    behind.append(_trees(stage, 7, 0.66, 0.45, 190))
    behind += ground(stage, GRASS, 0.68)
    behind.append(tufts(stage, GRASS, 0.76, 0.1, 40))
    behind.append(_flowers(stage, 0.8, 46))
    return Place(behind, foreground(stage, GRASS))


def forest(stage: Stage, *, autumn: bool = False) -> Place:
    """Rows of trees, paler with every row."""
    tone: Colour = (206, 116, 44) if autumn else (58, 116, 70)
    snowy = stage.spec.weather == "snow"
    behind = sky(stage, 0.6) + hills(stage, lighter(tone, -0.1), 0.5, (0.8,))
    for index, (depth, base, size) in enumerate(
        ((0.75, 0.62, 260), (0.5, 0.68, 380), (0.22, 0.75, 560))
    ):

        def make(random: Random, at: float, size: float = size) -> Image.Image:
            high = stage.px(size) * random.uniform(0.75, 1.15)
            hue = stage.light.shade(mix(tone, (180, 140, 40), random.uniform(0, 0.2)), at)
            if autumn or random.random() < 0.25:
                return plants.leafy(high * 0.8, hue, stage.light.shade(plants.BARK, at), random)
            return plants.pine(high, hue, random, stage.light.shade(SNOW, at) if snowy else None)

        behind.append(
            row(
                stage,
                make,
                count=16 - 3 * index,
                base=base,
                depth=depth,
                seed=stage.seed + index * 5,
            )
        )
        behind.append(mist(stage, base - 0.06, 0.55))
    floor: Colour = SNOW if snowy else (150, 104, 56) if autumn else (82, 116, 58)
    behind += ground(stage, floor, 0.73)
    behind.append(tufts(stage, floor, 0.8, 0.1, 30))
    front = foreground(stage, floor)
    return Place(behind, front + (falling_leaves(stage, (224, 124, 44)) if autumn else []))


def bamboo_forest(stage: Stage) -> Place:
    """Culms in rows, light falling between them."""
    light = stage.light
    deep, pale = light.shade((38, 92, 52)), mix(light.low, light.shade((206, 232, 160)), 0.6)
    back = gradient(
        stage.width,
        stage.height,
        (
            (0, light.shade((122, 176, 92))),
            (0.45, pale),
            (0.75, light.shade((110, 160, 84))),
            (1, deep),
        ),
    )
    behind: list[Element] = [Fixed(Layer(dithered(back, stage.seed)))]
    rows = ((0.85, 26, 15.0), (0.6, 17, 28.0), (0.32, 8, 50.0))
    for index, (depth, count, thick) in enumerate(rows):
        hazed = mix((84, 142, 62), (186, 218, 140), depth * 0.72)

        def make(
            random: Random, _d: float, thick: float = thick, tone: Colour = hazed
        ) -> Image.Image:
            hue = light.shade(mix(tone, (170, 176, 80), random.uniform(0, 0.28)))
            return plants.bamboo(
                stage.height * 0.92, stage.px(thick) * random.uniform(0.8, 1.2), hue, random
            )

        wide = max(1, round(count * stage.period / (2.3 * stage.height)))
        behind.append(
            row(
                stage,
                make,
                count=wide,
                base=0.68 + 0.05 * index,
                depth=depth,
                seed=stage.seed + index,
                spread=0.015,
            )
        )
        if index < 2:
            behind.append(_canopy(stage, depth, 60 + index, lighter(light.shade(hazed), -0.05)))
    behind.append(_rays(stage, (255, 250, 210)))
    behind += ground(stage, (126, 138, 70), 0.74)
    behind.append(tufts(stage, (110, 156, 66), 0.79, 0.12, 44))
    behind.append(_canopy(stage, 0.05, 70, light.shade((44, 104, 48))))
    return Place(behind, foreground(stage, (84, 140, 62)), ground=0.87)


def _canopy(stage: Stage, depth: float, seed: int, colour: Colour) -> Passing:
    size = stage.px(120) * (1.35 - depth)

    def make(random: Random, _depth: float) -> Image.Image:
        pen = Pen(size * 3, size * 2.4)
        for side in (-1, 1):
            plants.leaves(pen, (size * 1.5, size * 0.2), size, side, colour, random)
            plants.leaves(
                pen,
                (size * (1.5 + side * 0.5), size * 0.1),
                size * 0.8,
                side,
                lighter(colour, 0.08),
                random,
            )
        return pen.image()

    return row(
        stage, make, count=22, base=0.16 + 0.06 * (1 - depth), depth=depth, seed=seed, spread=0.07
    )


def _rays(stage: Stage, colour: Colour) -> Element:
    width, height = stage.width, stage.height
    pen = Pen(width / 4, height / 4)
    for index in range(6):
        x = (index * 0.19 + 0.06) * width / 4
        wide = width * (0.018 + 0.012 * (index % 3)) / 4
        lean = -height * 0.22 / 4
        corners = [
            (x, 0),
            (x + wide, 0),
            (x + lean + wide * 2.4, height / 4),
            (x + lean, height / 4),
        ]
        pen.polygon(corners, colour, 62 if not stage.light.is_night else 22)
    fade = np.linspace(1, 0, height, dtype=np.float32)[:, None] ** 0.8
    alpha = np.asarray(
        pen.image().getchannel("A").resize((width, height), Image.Resampling.BICUBIC)
    )
    return Fixed(Layer(tinted(colour, alpha.astype(np.float32) / 255 * fade)))


def cherry_garden(stage: Stage) -> Place:
    """Cherry trees in bloom, petals in the air."""
    light = stage.light
    behind = sky(stage, 0.62) + mountains(stage, 0.56, snowy=True)[:4]
    behind += hills(stage, (132, 178, 104), 0.6, (0.6,))
    for index, (depth, base, size, count) in enumerate(((0.6, 0.68, 250, 11), (0.3, 0.74, 430, 7))):

        def make(random: Random, at: float, size: float = size) -> Image.Image:
            return plants.cherry(
                stage.px(size) * random.uniform(0.85, 1.15), light, at * 0.7, random
            )

        behind.append(
            row(stage, make, count=count, base=base, depth=depth, seed=stage.seed + index * 3)
        )
    behind += ground(stage, (142, 184, 104), 0.74)
    behind.append(tufts(stage, (142, 184, 104), 0.82, 0.1, 36))

    def near(random: Random, _at: float) -> Image.Image:
        return plants.cherry(stage.height * random.uniform(0.86, 0.98), light, 0.0, random)

    behind.append(row(stage, near, count=2, base=0.9, depth=0.0, seed=stage.seed + 9))
    return Place(behind, falling_leaves(stage, (255, 190, 210)))


def falling_leaves(stage: Stage, colour: Colour) -> list[Element]:
    """Petals or leaves that sail down, two sizes at two speeds."""
    elements = list[Element]()
    for index, (size, count, speed) in enumerate(((9.0, 34, 70.0), (16.0, 16, 120.0))):
        sheet = Image.new("RGBA", (stage.period, max(64, stage.height)))
        random = np.random.default_rng(stage.seed + 40 + index)
        for _ in range(count):
            pen = Pen(stage.px(size), stage.px(size))
            half = stage.px(size) / 2
            tone = stage.light.shade(lighter(colour, random.uniform(-0.12, 0.2)))
            pen.ellipse(half, half, half, half * random.uniform(0.35, 0.8), tone)
            sprite = pen.image().rotate(random.uniform(0, 180), Image.Resampling.BICUBIC)
            high = sheet.height - sprite.height
            stamp(sheet, sprite, random.uniform(0, sheet.width), random.uniform(0, high), wrap=True)
        across = -stage.px(speed * 0.5) - stage.scroll * 0.8
        elements.append(Falling(Layer(sheet, wrap=True), across, stage.px(speed), stage.px(26)))
    return elements


def snowfield(stage: Stage) -> Place:
    """White hills with snowy pines."""
    behind = sky(stage, 0.6) + mountains(stage, 0.56, snowy=True)
    for index, (depth, base, size, count) in enumerate(((0.6, 0.68, 190, 16), (0.3, 0.74, 340, 8))):

        def make(random: Random, at: float, size: float = size) -> Image.Image:
            high = stage.px(size) * random.uniform(0.7, 1.15)
            return plants.pine(
                high, stage.light.shade((54, 96, 82), at), random, stage.light.shade(SNOW, at)
            )

        behind += hills(stage, (214, 226, 242), base - 0.04, (depth,))
        behind.append(
            row(stage, make, count=count, base=base, depth=depth, seed=stage.seed + index * 3)
        )
    behind += ground(stage, (242, 246, 252), 0.72)
    return Place(behind, [])


def mountain_place(stage: Stage) -> Place:
    """Ranges above a wooded valley."""
    behind = sky(stage, 0.62) + mountains(stage, 0.56, snowy=stage.says("snow"))
    for index, (depth, base, size, count) in enumerate(
        ((0.55, 0.76, 130, 30), (0.25, 0.86, 230, 18))
    ):

        def make(random: Random, at: float, size: float = size) -> Image.Image:
            return plants.pine(
                stage.px(size) * random.uniform(0.7, 1.15),
                stage.light.shade((46, 84, 74), at),
                random,
            )

        behind += hills(stage, (64, 104, 80), base - 0.05, (depth,))
        behind.append(
            row(
                stage,
                make,
                count=count,
                base=base,
                depth=depth,
                seed=stage.seed + index,
                spread=0.015,
            )
        )
        behind.append(mist(stage, base - 0.05, 0.7))
    behind += ground(stage, (72, 108, 70), 0.88)
    return Place(behind, foreground(stage, (60, 96, 60)), ground=0.93)


def desert(stage: Stage) -> Place:
    """Dunes with a few cacti."""
    behind = sky(stage, 0.6) + hills(stage, (226, 178, 116), 0.56, (0.8, 0.6, 0.4))

    def make(random: Random, at: float) -> Image.Image:
        return plants.cactus(
            stage.px(210) * random.uniform(0.6, 1.1), stage.light.shade((92, 138, 84), at)
        )

    behind.append(row(stage, make, count=5, base=0.8, depth=0.3, seed=stage.seed))
    behind += ground(stage, (236, 190, 124), 0.78, rough=0.03)
    return Place(behind, [])


def _trees(stage: Stage, count: int, base: float, depth: float, size: float) -> Passing:
    def make(random: Random, at: float) -> Image.Image:
        bark = stage.light.shade(plants.BARK, at)
        return plants.leafy(
            stage.px(size) * random.uniform(0.7, 1.2),
            stage.light.shade(plants.GREEN, at),
            bark,
            random,
        )

    return row(stage, make, count=count, base=base, depth=depth, seed=stage.seed + 17, spread=0.025)


def _flowers(stage: Stage, base: float, count: int) -> Passing:
    hues: tuple[Colour, ...] = ((250, 240, 244), (244, 132, 150), (252, 206, 92), (178, 140, 226))
    if stage.says("sunflower"):
        hues = ((250, 200, 50),)
    if stage.says("lavender"):
        hues = ((150, 110, 210), (170, 130, 226))

    def make(random: Random, at: float) -> Image.Image:
        hue = stage.light.shade(hues[int(random.integers(len(hues)))])
        return plants.flower(
            stage.px(random.uniform(14, 26)), hue, stage.light.shade(plants.GREEN, at)
        )

    return row(stage, make, count=count, base=base, depth=0.05, seed=stage.seed + 23, spread=0.06)


def tinted_shadow(picture: Image.Image, stage: Stage) -> Image.Image:
    """A figure's picture with a soft shadow on the ground under its feet."""
    extra = max(2, round(stage.px(16)))
    image = Image.new("RGBA", (picture.width, picture.height + extra))
    reach = picture.getbbox() or (0, 0, picture.width, picture.height)
    pen = Pen(image.width, extra * 2)
    middle, half = (reach[0] + reach[2]) / 2, (reach[2] - reach[0]) * 0.46
    dark = lighter(stage.light.shade((40, 50, 44)), -0.4)
    pen.ellipse(middle, extra * 0.9, half, extra * 0.8, dark, 84)
    image.paste(picture)
    ground = pen.image()
    ground.alpha_composite(image.crop((0, picture.height - extra, *image.size)))
    image.paste(ground, (0, picture.height - extra))
    return image
