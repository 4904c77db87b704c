"""Water: the open sea, a beach, a lake, and the world below the surface."""

import math

import numpy as np
from PIL import Image, ImageOps

from nemovideo.sandbox.studio.canvas import Layer
from nemovideo.sandbox.studio.paint import (
    Pen,
    dithered,
    gradient,
    noise,
    ridge,
    silhouette,
    stamp,
    tinted,
)
from nemovideo.sandbox.studio.palette import Colour, lighter, mix
from nemovideo.sandbox.studio.scenes import plants
from nemovideo.sandbox.studio.scenes.layers import (
    Acting,
    Element,
    Falling,
    Fixed,
    Passing,
    Path,
    Poses,
    Stage,
)
from nemovideo.sandbox.studio.scenes.scenery import (
    GRASS,
    SAND,
    Place,
    foreground,
    ground,
    hills,
    mountains,
    pace,
    row,
    tufts,
)
from nemovideo.sandbox.studio.scenes.sky import sky, sun_place

WATER: Colour = (34, 118, 168)
_HORIZON = 0.54


def sea(stage: Stage) -> list[Element]:
    """The open sea, or the place by or under it that the words name."""
    if stage.says("underwater", "coral", "submarine", "海底", "水下", "珊瑚"):
        return underwater(stage, stage.spec.subject)
    if stage.says("beach", "shore", "coast", "surf", "沙滩", "海滩", "海边"):
        place = beach(stage)
        return [*place.behind, *place.front]
    elements = sky(stage, _HORIZON)
    if stage.says("island", "lighthouse", "harbor", "bay", "岛", "灯塔"):
        elements.append(_island(stage))
    elements += water(stage, _HORIZON)
    return elements


def water(stage: Stage, horizon: float, *, calm: bool = False, boat: bool = True) -> list[Element]:
    """Water from the horizon down: depth, glitter under the sun, rows of waves, a boat."""
    light, height = stage.light, stage.height
    far = mix(light.low, light.shade(WATER), 0.45)
    near = light.shade(lighter(WATER, -0.35))
    top = round(horizon * height) // 2 * 2
    base = dithered(
        gradient(stage.width, height - top, ((0, far), (0.35, light.shade(WATER)), (1, near)))
    )
    elements: list[Element] = [Fixed(Layer(base), 0, top)]
    elements += _glitter(stage, horizon)
    rows = 7
    for index in range(rows):
        share = (index / rows) ** 1.6
        at = horizon + (1 - horizon) * (0.05 + 0.9 * share)
        if boat and index == 3 and not calm:
            elements += _vessel(stage, at)
        elements.append(_wave(stage, at, share, calm=calm))
    return elements


def _wave(stage: Stage, at: float, share: float, *, calm: bool) -> Passing:
    """One row of waves: a band that is pale at its crest and fades downwards."""
    height, period = stage.height, stage.period
    swell = height * (0.003 + 0.02 * share) * (0.35 if calm else 1.0)
    count = max(3, round((26 - 19 * share) * period / (2.3 * height)))
    seed = stage.seed + round(at * 1000)
    x = ridge(period, seed, ((count, 1.0), (count * 2 + 1, 0.4), (3, 0.8)))
    # Crests are sharp and troughs are wide.
    line = (np.abs(x) * swell).astype(np.float32)
    deep = max(6, round(height * (0.02 + 0.13 * share)) // 2 * 2)
    y = np.arange(deep, dtype=np.float32)[:, None]
    below = y - line[None, :]
    inside = np.clip(below + 0.5, 0, 1)
    body = inside * np.clip(1 - below / (deep * 0.9), 0, 1) ** 1.2
    crest = stage.light.shade(lighter(WATER, 0.22 - 0.1 * share))
    image = tinted(mix(crest, stage.light.low, 0.4 * (1 - share)), body * (0.5 + 0.35 * share))
    foam = inside * np.clip(1 - below / (1.5 + swell * 0.34), 0, 1) * (np.abs(x) < 0.4)[None, :]
    image.alpha_composite(tinted(stage.light.shade((250, 252, 255)), foam * (0.2 + 0.5 * share)))
    speed = stage.px(18 + 70 * share) * (1 if round(at * 1000) % 2 else 0.55)
    bob = swell * 0.9 + 1
    return Passing(
        Layer(image, wrap=True),
        speed + pace(stage, 1 - share),
        round(at * height),
        bob=bob,
        beat=3.2 + 2 * share,
    )


def _glitter(stage: Stage, horizon: float) -> list[Element]:
    """Dashes of light on the water under the sun, in three sets that pass through each other."""
    if stage.light.glow < 0.25:
        return []
    x, _ = sun_place(stage, horizon)
    random = np.random.default_rng(stage.seed + 6)
    elements = list[Element]()
    top, rows = round(horizon * stage.height) // 2 * 2, stage.height
    for index in range(3):
        pen = Pen(stage.width, rows - top)
        for _ in range(70):
            share = math.pow(random.random(), 1.3)
            y = share * (rows - top) * 0.96 + 2
            spread = stage.px(34) + share * stage.px(230)
            wide = stage.px(10 + 70 * share) * random.uniform(0.4, 1.2)
            at = x + float(random.normal(0, spread * 0.5))
            tone = lighter(stage.light.sun, 0.25)
            pen.ellipse(
                at,
                y,
                wide,
                max(1.0, stage.px(1.4 + 4 * share)),
                tone,
                round(150 * (1 - share * 0.6)),
            )
        layer = Layer(pen.image())
        elements.append(Acting([layer], 1, _shimmer(stage, index, top)))
    return elements


def _shimmer(stage: Stage, index: int, top: int) -> Path:
    def path(t: float) -> tuple[float, float]:
        x = stage.px(9) * math.sin(t * (1.1 + 0.5 * index) + index * 2)
        return x, top + stage.px(5) * math.sin(t * 1.7 + index)

    return path


def _vessel(stage: Stage, at: float) -> list[Element]:
    """What the words put on the water: by default a sailing boat."""
    size = min(stage.px(230), stage.width * 0.3)
    if stage.says("whale", "dolphin", "鲸", "海豚"):
        picture = ImageOps.mirror(_fish(size * 1.6, 0.1, stage, (70, 100, 140), long=True))
    else:
        picture = _ship(size, stage) if stage.says("ship", "轮船") else _sailboat(size, stage)
    layers = [
        Layer(picture.rotate(2.4 * math.sin(k / 24 * 2 * math.pi), Image.Resampling.BICUBIC))
        for k in range(24)
    ]
    foot = at * stage.height - picture.height * 0.93 + size * 0.06

    def path(t: float) -> tuple[float, float]:
        x = stage.width * 0.24 + stage.px(16) * t - pace(stage, 0.5) * t * 0.3
        span = stage.width + size * 2
        return (x + size) % span - size, foot + stage.px(6) * math.sin(2 * math.pi * t / 4)

    return [Acting(layers, 6, path)]


def _sailboat(size: float, stage: Stage) -> Image.Image:
    pen, shade = Pen(size, size * 1.2), stage.light.shade
    hull = [
        (size * 0.12, size * 0.98),
        (size * 0.9, size * 0.98),
        (size * 0.76, size * 1.14),
        (size * 0.26, size * 1.14),
    ]
    pen.polygon(hull, shade((128, 62, 48)))
    pen.polygon(
        [
            (size * 0.1, size * 0.96),
            (size * 0.92, size * 0.96),
            (size * 0.89, size * 1.01),
            (size * 0.13, size * 1.01),
        ],
        shade((238, 230, 214)),
    )
    pen.line(
        [(size * 0.48, size * 0.06), (size * 0.48, size * 0.98)], size * 0.018, shade((86, 66, 52))
    )
    pen.polygon(
        [(size * 0.5, size * 0.08), (size * 0.5, size * 0.9), (size * 0.9, size * 0.9)],
        shade((252, 248, 240)),
    )
    pen.polygon(
        [(size * 0.5, size * 0.08), (size * 0.5, size * 0.9), (size * 0.6, size * 0.9)],
        shade((226, 220, 212)),
    )
    pen.polygon(
        [(size * 0.46, size * 0.16), (size * 0.46, size * 0.9), (size * 0.16, size * 0.9)],
        shade((232, 96, 80)),
    )
    return pen.image()


def _ship(size: float, stage: Stage) -> Image.Image:
    pen, shade = Pen(size * 1.6, size * 0.9), stage.light.shade
    hull = [
        (size * 0.04, size * 0.5),
        (size * 1.56, size * 0.5),
        (size * 1.42, size * 0.86),
        (size * 0.16, size * 0.86),
    ]
    pen.polygon(hull, shade((60, 74, 100)))
    for index, hue in enumerate(((216, 96, 70), (230, 180, 80), (70, 140, 160), (200, 120, 90))):
        left = size * (0.46 + 0.23 * index)
        pen.rect((left, size * 0.34, left + size * 0.21, size * 0.5), shade(hue))
    pen.rect((size * 0.14, size * 0.14, size * 0.38, size * 0.5), shade((244, 242, 236)))
    return pen.image()


def _island(stage: Stage) -> Element:
    width = round(stage.width * 0.36)
    pen, shade = Pen(width, width * 0.5), stage.light.shade
    rock = [
        (0, width * 0.5),
        (width * 0.2, width * 0.36),
        (width * 0.5, width * 0.3),
        (width * 0.82, width * 0.38),
        (width, width * 0.5),
    ]
    pen.polygon(rock, shade((92, 100, 96), 0.4))
    x = width * 0.5
    pen.polygon(
        [
            (x - width * 0.035, width * 0.32),
            (x - width * 0.024, width * 0.08),
            (x + width * 0.024, width * 0.08),
            (x + width * 0.035, width * 0.32),
        ],
        shade((246, 242, 236), 0.1),
    )
    for share in (0.14, 0.24):
        pen.rect(
            (x - width * 0.03, width * share, x + width * 0.03, width * (share + 0.035)),
            shade((212, 66, 56), 0.1),
        )
    pen.rect((x - width * 0.028, width * 0.04, x + width * 0.028, width * 0.08), (255, 232, 150))
    image = pen.image()
    return Fixed(
        Layer(image), round(stage.width * 0.06), round(stage.height * _HORIZON - width * 0.49)
    )


def beach(stage: Stage) -> Place:
    """Sand in front of the sea, palms at the side."""
    behind = sky(stage, 0.5) + water(stage, 0.5, boat=stage.spec.family != "animal")[:-3]
    shore = _surf(stage)
    behind += shore
    behind += ground(stage, SAND, 0.72, rough=0.008)
    light = stage.light

    def make(random: np.random.Generator, at: float) -> Image.Image:
        high = stage.height * random.uniform(0.5, 0.64)
        return plants.palm(
            high, light.shade((58, 134, 74), at), light.shade((140, 104, 70), at), random
        )

    behind.append(
        row(stage, make, count=2, base=0.78, depth=0.12, seed=stage.seed + 5, spread=0.01)
    )
    return Place(behind, [], ground=0.87)


def _surf(stage: Stage) -> list[Element]:
    elements = list[Element]()
    for index in range(2):
        line = ridge(stage.period, stage.seed + 50 + index, ((5, stage.px(8)), (11, stage.px(5))))
        y = (
            np.arange(max(8, round(stage.px(64))), dtype=np.float32)[:, None]
            - (line + stage.px(20))[None, :]
        )
        alpha = np.clip(y + 0.5, 0, 1) * np.clip(1 - y / stage.px(26), 0, 1)
        layer = Layer(tinted(stage.light.shade((252, 252, 250)), alpha * 0.8), wrap=True)
        at = round(stage.height * (0.685 + 0.018 * index))
        elements.append(
            Passing(
                layer, pace(stage, 0.1), at, bob=stage.px(14), beat=5.0 + index, start=400.0 * index
            )
        )
    return elements


def lake(stage: Stage) -> Place:
    """Calm water between hills and a grassy shore."""
    behind = (
        sky(stage, 0.5)
        + mountains(stage, 0.44, snowy=True)
        + hills(stage, (70, 122, 84), 0.47, (0.6,))
    )
    behind += water(stage, 0.56, calm=True)
    behind += ground(stage, GRASS, 0.82)
    behind.append(tufts(stage, GRASS, 0.85, 0.05, 44))
    return Place(behind, foreground(stage, GRASS), ground=0.91)


def underwater(stage: Stage, subject: str) -> list[Element]:
    """Below the surface: light from above, plants, bubbles, and what swims there."""
    light = stage.light
    stops = (
        (0, light.shade((126, 214, 226))),
        (0.35, light.shade((34, 140, 190))),
        (1, light.shade((6, 40, 92))),
    )
    elements: list[Element] = [
        Fixed(Layer(dithered(gradient(stage.width, stage.height, stops), stage.seed)))
    ]
    elements.append(_sunbeams(stage))
    for index, depth in enumerate((0.6, 0.2)):
        high = stage.height * 0.03
        line = stage.height * (0.82 + 0.08 * index) + ridge(
            stage.period, stage.seed + index, ((2, high), (5, high * 0.5))
        )
        tone = mix(light.shade((196, 178, 140)), light.shade((10, 60, 110)), depth)
        image = silhouette(line, stage.height, tone, lighter(tone, -0.4))
        elements.append(Passing(Layer(image, wrap=True), pace(stage, depth)))
        elements.append(_reef(stage, 0.86 + 0.1 * index, depth))
    elements += _swimmers(stage, subject)
    elements += _bubbles(stage)
    return elements


def _sunbeams(stage: Stage) -> Element:
    field = noise(max(8, stage.width // 2), 2, stage.seed + 8, stage.px(90), 3)[0]
    beam = np.clip((field - 0.52) * 3, 0, 1)
    strip = Image.fromarray(beam[None, :]).resize((stage.width, 1), Image.Resampling.BICUBIC)
    wide = np.asarray(strip, np.float32)
    fade = np.clip(1 - np.linspace(0, 1.35, stage.height), 0, 1) ** 1.4
    return Fixed(Layer(tinted((226, 252, 255), np.float32(0.42) * fade[:, None] * wide)))


def _reef(stage: Stage, base: float, depth: float) -> Passing:
    hues: tuple[Colour, ...] = (
        (232, 96, 112),
        (246, 152, 70),
        (190, 92, 196),
        (70, 170, 120),
        (250, 200, 90),
    )

    def make(random: np.random.Generator, _at: float) -> Image.Image:
        hue = hues[int(random.integers(len(hues)))]
        tone = mix(stage.light.shade(hue), stage.light.shade((20, 80, 140)), depth)
        size = stage.px(random.uniform(90, 210)) * (1.1 - 0.5 * depth)
        pen = Pen(size, size)
        for branch in range(7):
            angle = -math.pi * (0.16 + 0.68 * branch / 6)
            tip = (
                size / 2 + math.cos(angle) * size * 0.42,
                size + math.sin(angle) * size * random.uniform(0.6, 0.92),
            )
            bend = (size / 2 + math.cos(angle) * size * 0.14, size * 0.6)
            pen.limb(
                [(size / 2, size), bend, tip],
                [size * 0.1, size * 0.08, size * 0.05],
                lighter(tone, 0.1 * (branch % 3 - 1)),
            )
        return pen.image()

    return row(
        stage,
        make,
        count=13,
        base=base,
        depth=depth,
        seed=stage.seed + round(base * 90),
        spread=0.02,
    )


def _swimmers(stage: Stage, subject: str) -> list[Element]:
    elements = list[Element]()
    big = any(word in subject for word in ("whale", "dolphin", "shark", "seal"))
    hues: tuple[Colour, ...] = ((250, 140, 50), (250, 210, 70), (90, 180, 240), (240, 110, 140))
    main: Colour = (94, 124, 160) if big else hues[0]
    for index in range(9):
        last = index == 8
        size = min(stage.px(420), stage.width * 0.5) if last else stage.px(86 + 14 * (index % 4))
        size *= 1.5 if last and big else 1.0
        hue = main if last else hues[index % 4]

        def paint(
            phase: float, size: float = size, hue: Colour = hue, long: bool = last and big
        ) -> Image.Image:
            return _fish(size, phase, stage, hue, long=long)

        elements.append(Acting(Poses(12, paint), 14, _swim(stage, index, size), index * 2))
    return elements


def _swim(stage: Stage, index: int, size: float) -> Path:
    def path(t: float) -> tuple[float, float]:
        if index == 8:
            x = stage.width * 0.5 + math.sin(t * 0.4) * stage.width * 0.05 - size / 2
            return x, stage.height * 0.44 + math.sin(t * 0.9) * stage.px(26) - size * 0.3
        span = stage.width + size * 2
        x = (stage.width * 0.31 * index + stage.px(70 + 12 * (index % 3)) * t) % span - size
        return x, stage.height * (0.14 + 0.62 * (index * 3 % 8) / 8) + math.sin(
            t + index
        ) * stage.px(14)

    return path


def _fish(size: float, phase: float, stage: Stage, hue: Colour, *, long: bool) -> Image.Image:
    pen, shade = Pen(size, size * 0.7), stage.light.shade
    wave, y = math.sin(2 * math.pi * phase), size * 0.36
    tall = 0.24 if long else 0.36
    tail = size * 0.16
    tip = y + wave * size * 0.035
    pen.polygon(
        [
            (tail * 1.5, tip),
            (size * 0.01, tip - size * 0.16),
            (size * 0.07, tip),
            (size * 0.01, tip + size * 0.16),
        ],
        shade(lighter(hue, -0.15)),
    )
    pen.polygon(
        [
            (size * 0.42, y - size * tall * 0.35),
            (size * 0.44, y - size * tall * 0.95),
            (size * 0.66, y - size * tall * 0.3),
        ],
        shade(lighter(hue, -0.22)),
    )
    spine = [(tail, tip), (size * 0.38, y), (size * 0.68, y), (size * 0.86, y)]
    wide = [size * 0.05, size * tall * 0.86, size * tall, size * tall * 0.5]
    pen.limb(spine, wide, shade(hue))
    pen.limb(
        [(size * 0.36, y + size * tall * 0.26), (size * 0.72, y + size * tall * 0.26)],
        [size * tall * 0.3, size * tall * 0.4],
        shade(lighter(hue, 0.45)),
    )
    if not long:
        for x in (0.4, 0.64):
            pen.limb(
                [(size * x, y - size * tall * 0.38), (size * (x + 0.01), y + size * tall * 0.36)],
                [size * 0.05, size * 0.04],
                shade((250, 248, 244)),
            )
    pen.polygon(
        [
            (size * 0.56, y + size * 0.04),
            (size * 0.42, y + size * (0.17 + 0.03 * wave)),
            (size * 0.6, y + size * 0.12),
        ],
        shade(lighter(hue, -0.25)),
    )
    pen.ellipse(size * 0.82, y - size * 0.03, size * 0.028, size * 0.03, (250, 250, 250))
    pen.ellipse(size * 0.826, y - size * 0.03, size * 0.017, size * 0.02, (20, 22, 28))
    return pen.image()


def _bubbles(stage: Stage) -> list[Element]:
    random = np.random.default_rng(stage.seed + 77)
    sheet = Image.new("RGBA", (stage.period, max(64, stage.height)))
    for _ in range(46):
        r = stage.px(random.uniform(3, 13))
        pen = Pen(r * 2 + 2, r * 2 + 2)
        pen.ellipse(r + 1, r + 1, r, r, (214, 244, 252), 120)
        pen.ellipse(r * 0.7 + 1, r * 0.7 + 1, r * 0.28, r * 0.28, (255, 255, 255), 220)
        stamp(
            sheet,
            pen.image(),
            random.uniform(0, sheet.width),
            random.uniform(0, sheet.height - 2 * r),
            wrap=True,
        )
    return [Falling(Layer(sheet, wrap=True), -stage.scroll * 0.5, -stage.px(80), stage.px(14))]
