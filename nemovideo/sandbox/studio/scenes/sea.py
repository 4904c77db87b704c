"""Water: the open sea, a beach, a lake, and the world below the surface."""

import math

import numpy as np
from PIL import Image

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
    AnimatedSprite,
    Element,
    SceneContext,
    ScrollingLayer,
    SpriteFrames,
    StaticLayer,
    TiledLayer,
    contains,
)
from nemovideo.sandbox.studio.scenes.scenery import (
    GRASS,
    SAND,
    Backdrop,
    foreground,
    ground,
    hills,
    mountains,
    row,
    scroll_speed,
    tufts,
)
from nemovideo.sandbox.studio.scenes.sky import sky, sun_place

WATER: Colour = (34, 118, 168)
_HORIZON = 0.54


def sea(ctx: SceneContext) -> list[Element]:
    """The open sea, or the place by or under it that the words name."""
    if ctx.mentions("underwater", "coral", "海底", "水下", "珊瑚"):
        return underwater(ctx, ctx.spec.subject)
    elements = sky(ctx, _HORIZON)
    if ctx.mentions("island", "lighthouse", "岛", "灯塔"):
        elements.append(_island(ctx))
    elif ctx.mentions("beach", "shore", "coast", "coastline", "seaside", "沙滩", "海滩", "海边"):
        backdrop = beach(ctx)
        return [*backdrop.behind, *backdrop.front]
    elements += water(ctx, _HORIZON)
    return elements


def water(
    ctx: SceneContext, horizon: float, *, calm: bool = False, boat: bool = True
) -> list[Element]:
    """Water from the horizon down: depth, glitter under the sun, rows of waves, a boat."""
    light, height = ctx.light, ctx.height
    far = mix(light.low, light.shade(WATER), 0.45)
    near = light.shade(lighter(WATER, -0.35))
    top = round(horizon * height) // 2 * 2
    stops = ((0, far), (0.35, light.shade(WATER)), (1, near))
    base = dithered(gradient(ctx.width, height - top, stops))
    elements: list[Element] = [StaticLayer(Layer(base), 0, top)]
    elements += _glitter(ctx, horizon)
    rows = 7
    for index in range(rows):
        share = (index / rows) ** 1.6
        at = horizon + (1 - horizon) * (0.05 + 0.9 * share)
        if boat and index == 3 and not calm:
            elements += _vessel(ctx, at)
        elements.append(_wave(ctx, at, share, calm=calm))
    return elements


def _wave(ctx: SceneContext, at: float, share: float, *, calm: bool) -> ScrollingLayer:
    """One row of waves: a band that is pale at its crest and fades downwards."""
    height, period = ctx.height, ctx.period
    swell = height * (0.003 + 0.02 * share) * (0.35 if calm else 1.0)
    count = max(3, round((26 - 19 * share) * period / (2.3 * height)))
    seed = ctx.seed + round(at * 1000)
    x = ridge(period, seed, ((count, 1.0), (count * 2 + 1, 0.4), (3, 0.8)))
    # Crests are sharp and troughs are wide.
    line = (np.abs(x) * swell).astype(np.float32)
    deep = max(6, round(height * (0.02 + 0.13 * share)) // 2 * 2)
    y = np.arange(deep, dtype=np.float32)[:, None]
    below = y - line[None, :]
    inside = np.clip(below + 0.5, 0, 1)
    body = inside * np.clip(1 - below / (deep * 0.9), 0, 1) ** 1.2
    crest = ctx.shade(lighter(WATER, 0.22 - 0.1 * share))
    image = tinted(mix(crest, ctx.light.low, 0.4 * (1 - share)), body * (0.5 + 0.35 * share))
    foam = inside * np.clip(1 - below / (1.5 + swell * 0.34), 0, 1) * (np.abs(x) < 0.4)[None, :]
    image.alpha_composite(tinted(ctx.shade((250, 252, 255)), foam * (0.2 + 0.5 * share)))
    speed = ctx.px(18 + 70 * share) * (1 if round(at * 1000) % 2 else 0.55)
    speed += scroll_speed(ctx, 1 - share)
    layer, bob = Layer(image, wrap=True), swell * 0.9 + 1
    return ScrollingLayer(layer, speed, round(at * height), bob, 3.2 + 2 * share)


def _glitter(ctx: SceneContext, horizon: float) -> list[Element]:
    """Dashes of light on the water under the sun, in three sets that pass through each other."""
    if ctx.light.glow < 0.25:
        return []
    x, _ = sun_place(ctx, horizon)
    random = np.random.default_rng(ctx.seed + 6)
    elements = list[Element]()
    top, rows = round(horizon * ctx.height) // 2 * 2, ctx.height
    for index in range(3):
        pen = Pen(ctx.width, rows - top)
        for _ in range(70):
            share = math.pow(random.random(), 1.3)
            y = share * (rows - top) * 0.96 + 2
            spread = ctx.px(34) + share * ctx.px(230)
            wide = ctx.px(10 + 70 * share) * random.uniform(0.4, 1.2)
            at = x + float(random.normal(0, spread * 0.5))
            tone = lighter(ctx.light.sun, 0.25)
            pen.ellipse(
                at, y, wide, max(1.0, ctx.px(1.4 + 4 * share)), tone, round(150 * (1 - share * 0.6))
            )

        def path(t: float, index: int = index) -> tuple[float, float]:
            x = ctx.px(9) * math.sin(t * (1.1 + 0.5 * index) + index * 2)
            return x, top + ctx.px(5) * math.sin(t * 1.7 + index)

        elements.append(AnimatedSprite([Layer(pen.image())], 1, path))
    return elements


def _vessel(ctx: SceneContext, at: float) -> list[Element]:
    """What the words put on the water: by default a sailing boat."""
    size = min(ctx.px(230), ctx.width * 0.3)
    picture = _ship(size, ctx) if ctx.mentions("ship", "轮船") else _sailboat(size, ctx)
    tilts = [2.4 * math.sin(k / 24 * 2 * math.pi) for k in range(24)]
    layers = [Layer(picture.rotate(tilt, Image.Resampling.BICUBIC)) for tilt in tilts]
    foot = at * ctx.height - picture.height * 0.93 + size * 0.06

    def path(t: float) -> tuple[float, float]:
        x = ctx.width * 0.24 + ctx.px(16) * t - scroll_speed(ctx, 0.5) * t * 0.3
        span = ctx.width + size * 2
        return (x + size) % span - size, foot + ctx.px(6) * math.sin(2 * math.pi * t / 4)

    return [AnimatedSprite(layers, 6, path)]


def _sailboat(size: float, ctx: SceneContext) -> Image.Image:
    pen = Pen(1, 1.2, unit=size, shade=ctx.shade)
    hull = [(0.12, 0.98), (0.9, 0.98), (0.76, 1.14), (0.26, 1.14)]
    pen.polygon(hull, (128, 62, 48))
    pen.polygon([(0.1, 0.96), (0.92, 0.96), (0.89, 1.01), (0.13, 1.01)], (238, 230, 214))
    pen.line([(0.48, 0.06), (0.48, 0.98)], 0.018, (86, 66, 52))
    pen.polygon([(0.5, 0.08), (0.5, 0.9), (0.9, 0.9)], (252, 248, 240))
    pen.polygon([(0.5, 0.08), (0.5, 0.9), (0.6, 0.9)], (226, 220, 212))
    pen.polygon([(0.46, 0.16), (0.46, 0.9), (0.16, 0.9)], (232, 96, 80))
    return pen.image()


def _ship(size: float, ctx: SceneContext) -> Image.Image:
    pen = Pen(1.6, 0.9, unit=size, shade=ctx.shade)
    hull = [(0.04, 0.5), (1.56, 0.5), (1.42, 0.86), (0.16, 0.86)]
    pen.polygon(hull, (60, 74, 100))
    for index, hue in enumerate(((216, 96, 70), (230, 180, 80), (70, 140, 160), (200, 120, 90))):
        left = 0.46 + 0.23 * index
        pen.rect((left, 0.34, left + 0.21, 0.5), hue)
    pen.rect((0.14, 0.14, 0.38, 0.5), (244, 242, 236))
    return pen.image()


def _island(ctx: SceneContext) -> Element:
    width = round(ctx.width * 0.36)
    pen = Pen(1, 0.5, unit=width, shade=lambda colour: ctx.shade(colour, 0.15))
    rock = [(0.0, 0.5), (0.2, 0.36), (0.5, 0.3), (0.82, 0.38), (1.0, 0.5)]
    pen.polygon(rock, (92, 100, 96))
    pen.polygon([(0.465, 0.32), (0.476, 0.08), (0.524, 0.08), (0.535, 0.32)], (246, 242, 236))
    for top in (0.14, 0.24):
        pen.rect((0.47, top, 0.53, top + 0.035), (212, 66, 56))
    pen.ellipse(0.5, 0.06, 0.026, 0.022, (255, 232, 150), lit=True)
    at = round(ctx.width * 0.06), round(ctx.height * _HORIZON - width * 0.49)
    return StaticLayer(Layer(pen.image()), *at)


def beach(ctx: SceneContext) -> Backdrop:
    behind = sky(ctx, 0.5) + water(ctx, 0.5, boat=ctx.spec.family != "animal")[:-3]
    behind += _surf(ctx) + ground(ctx, SAND, 0.72, rough=0.008)
    light = ctx.light

    def palm(random: np.random.Generator, at: float) -> Image.Image:
        high, bark = ctx.height * random.uniform(0.5, 0.64), light.shade((140, 104, 70), at)
        return plants.palm(high, light.shade((58, 134, 74), at), bark, random)

    behind.append(row(ctx, palm, 2, 0.78, 0.12, seed=5, spread=0.01))
    return Backdrop(behind, [], ground=0.87)


def _surf(ctx: SceneContext) -> list[Element]:
    elements, speed = list[Element](), scroll_speed(ctx, 0.1)
    for index in range(2):
        line = ridge(ctx.period, ctx.seed + 50 + index, ((5, ctx.px(8)), (11, ctx.px(5))))
        rows = np.arange(max(8, round(ctx.px(64))), dtype=np.float32)
        y = rows[:, None] - (line + ctx.px(20))[None, :]
        alpha = np.clip(y + 0.5, 0, 1) * np.clip(1 - y / ctx.px(26), 0, 1)
        layer = Layer(tinted(ctx.shade((252, 252, 250)), alpha * 0.8), wrap=True)
        at = round(ctx.height * (0.685 + 0.018 * index))
        elements.append(ScrollingLayer(layer, speed, at, ctx.px(14), 5.0 + index))
    return elements


def lake(ctx: SceneContext) -> Backdrop:
    """Calm water between hills and a grassy shore."""
    behind = sky(ctx, 0.5) + mountains(ctx, 0.44, snowy=True)
    behind += hills(ctx, (70, 122, 84), 0.47, (0.6,)) + water(ctx, 0.56, calm=True)
    behind += ground(ctx, GRASS, 0.82)
    behind.append(tufts(ctx, GRASS, 0.85, 0.05, 44))
    return Backdrop(behind, foreground(ctx, GRASS), ground=0.91)


def underwater(ctx: SceneContext, subject: str) -> list[Element]:
    """Below the surface: light from above, plants, bubbles, and what swims there."""
    light = ctx.light
    hues: tuple[Colour, ...] = ((126, 214, 226), (34, 140, 190), (6, 40, 92))
    stops = [(at, light.shade(hue)) for at, hue in zip((0, 0.35, 1), hues, strict=True)]
    back = dithered(gradient(ctx.width, ctx.height, stops), ctx.seed)
    elements: list[Element] = [StaticLayer(Layer(back))]
    elements.append(_sunbeams(ctx))
    for index, depth in enumerate((0.6, 0.2)):
        high = ctx.height * 0.03
        line = ctx.height * (0.82 + 0.08 * index) + ridge(
            ctx.period, ctx.seed + index, ((2, high), (5, high * 0.5))
        )
        tone = mix(light.shade((196, 178, 140)), light.shade((10, 60, 110)), depth)
        image = silhouette(line, ctx.height, tone, lighter(tone, -0.4))
        elements.append(ScrollingLayer(Layer(image, wrap=True), scroll_speed(ctx, depth)))
        elements.append(_reef(ctx, 0.86 + 0.1 * index, depth))
    elements += _swimmers(ctx, subject)
    elements += _bubbles(ctx)
    return elements


def _sunbeams(ctx: SceneContext) -> Element:
    field = noise(max(8, ctx.width // 2), 2, ctx.seed + 8, ctx.px(90), 3)[0]
    beam = np.clip((field - 0.52) * 3, 0, 1)
    strip = Image.fromarray(beam[None, :]).resize((ctx.width, 1), Image.Resampling.BICUBIC)
    wide = np.asarray(strip, np.float32)
    fade = np.clip(1 - np.linspace(0, 1.35, ctx.height), 0, 1) ** 1.4
    return StaticLayer(Layer(tinted((226, 252, 255), np.float32(0.42) * fade[:, None] * wide)))


def _reef(ctx: SceneContext, base: float, depth: float) -> ScrollingLayer:
    hues: tuple[Colour, ...] = ((232, 96, 112), (246, 152, 70), (190, 92, 196), (250, 200, 90))

    def make(random: np.random.Generator, _at: float) -> Image.Image:
        hue = hues[int(random.integers(len(hues)))]
        tone = mix(ctx.shade(hue), ctx.shade((20, 80, 140)), depth)
        whole = Pen(1, 1, unit=ctx.px(random.uniform(90, 210)) * (1.1 - 0.5 * depth))
        pen = whole.moved(0.5, 1)
        for branch in range(7):
            angle = -math.pi * (0.16 + 0.68 * branch / 6)
            tip = (math.cos(angle) * 0.42, math.sin(angle) * random.uniform(0.6, 0.92))
            line, shade = [(0, 0), (tip[0] / 3, -0.4), tip], lighter(tone, 0.1 * (branch % 3 - 1))
            pen.limb(line, [0.1, 0.08, 0.05], shade)
        return whole.image()

    return row(ctx, make, 13, base, depth, seed=round(base * 90))


def _swimmers(ctx: SceneContext, subject: str) -> list[Element]:
    elements = list[Element]()
    big = contains(subject, ("whale", "dolphin", "shark"))
    hues: tuple[Colour, ...] = ((250, 140, 50), (250, 210, 70), (90, 180, 240), (240, 110, 140))
    for index in range(8):
        size, hue = ctx.px(86 + 14 * (index % 4)), hues[index % 4]

        def paint(phase: float, size: float = size, hue: Colour = hue) -> Image.Image:
            return _fish(size, phase, ctx, hue, long=False)

        def across(t: float, size: float = size, index: int = index) -> tuple[float, float]:
            span, far = ctx.width + size * 2, ctx.px(70 + 12 * (index % 3)) * t
            y = ctx.height * (0.14 + 0.62 * (index * 3 % 8) / 8)
            x = (ctx.width * 0.31 * index + far) % span - size
            return x, y + math.sin(t + index) * ctx.px(14)

        elements.append(AnimatedSprite(SpriteFrames(12, paint), 14, across, index * 2))
    size, hue = min(ctx.px(420), ctx.width * 0.5) * (1.5 if big else 1.0), hues[0]
    hue = (94, 124, 160) if big else hue

    def near(t: float) -> tuple[float, float]:
        x = ctx.width * (0.5 + math.sin(t * 0.4) * 0.05) - size / 2
        return x, ctx.height * 0.46 + math.sin(t * 0.9) * ctx.px(26) - size * 0.3

    frames = SpriteFrames(12, lambda phase: _fish(size, phase, ctx, hue, long=big))
    return [*elements, AnimatedSprite(frames, 14, near)]


def _fish(size: float, phase: float, ctx: SceneContext, hue: Colour, *, long: bool) -> Image.Image:
    whole = Pen(1, 0.7, unit=size, shade=ctx.shade)
    pen, wave, tall = whole.moved(0, 0.36), math.sin(2 * math.pi * phase), 0.24 if long else 0.36
    tip = wave * 0.035
    tail = [(0.24, tip), (0.01, tip - 0.16), (0.07, tip), (0.01, tip + 0.16)]
    pen.polygon(tail, lighter(hue, -0.15))
    back = [(0.42, -tall * 0.35), (0.44, -tall * 0.95), (0.66, -tall * 0.3)]
    pen.polygon(back, lighter(hue, -0.22))
    spine, wide = [(0.16, tip), (0.38, 0), (0.68, 0), (0.86, 0)], (0.05, tall * 0.86, tall)
    pen.limb(spine, [*wide, tall * 0.5], hue)
    belly = [(0.36, tall * 0.26), (0.72, tall * 0.26)]
    pen.limb(belly, [tall * 0.3, tall * 0.4], lighter(hue, 0.45))
    for x in () if long else (0.4, 0.64):
        stripe = [(x, -tall * 0.38), (x + 0.01, tall * 0.36)]
        pen.limb(stripe, [0.05, 0.04], (250, 248, 244))
    pen.polygon([(0.56, 0.04), (0.42, 0.17 + 0.03 * wave), (0.6, 0.12)], lighter(hue, -0.25))
    pen.ellipse(0.82, -0.03, 0.028, 0.03, (250, 250, 250))
    pen.ellipse(0.826, -0.03, 0.017, 0.02, (20, 22, 28))
    return whole.image()


def _bubbles(ctx: SceneContext) -> list[Element]:
    random = np.random.default_rng(ctx.seed + 77)
    sheet = Image.new("RGBA", (ctx.period, max(64, ctx.height)))
    for _ in range(46):
        pen = Pen(2.3, 2.3, unit=ctx.px(random.uniform(3, 13)))
        pen.ellipse(1.15, 1.15, 1, 1, (214, 244, 252), 120)
        pen.ellipse(0.85, 0.85, 0.28, 0.28, (255, 255, 255), 220)
        x, y = random.uniform(0, sheet.width), random.uniform(0, sheet.height - pen.height)
        stamp(sheet, pen.image(), x, y, wrap=True)
    return [TiledLayer(Layer(sheet, wrap=True), -ctx.scroll * 0.5, -ctx.px(80), ctx.px(14))]
