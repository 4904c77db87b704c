"""Cities: a skyline with lit windows, and a street with traffic."""

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.canvas import Layer
from nemovideo.sandbox.studio.paint import Pen, glow, stamp, tinted
from nemovideo.sandbox.studio.palette import Colour, lighter, mix
from nemovideo.sandbox.studio.scenes.layers import (
    Element,
    SceneContext,
    ScrollingLayer,
    StaticLayer,
)
from nemovideo.sandbox.studio.scenes.scenery import Backdrop, ground, mist, scroll_speed
from nemovideo.sandbox.studio.scenes.sky import clouds, sky

_LAMPS: tuple[Colour, ...] = ((255, 220, 140), (255, 236, 190), (190, 220, 255), (255, 186, 110))
_PAINTS: tuple[Colour, ...] = (
    (214, 70, 62), (240, 240, 238), (62, 110, 180), (240, 184, 60), (70, 74, 84),
)  # fmt: skip


def city(ctx: SceneContext) -> list[Element]:
    """A skyline above a road; in a time-lapse everything that moves moves faster."""
    fast = 3.0 if ctx.mentions("timelapse", "time-lapse", "time lapse", "延时") else 1.0
    elements = sky(ctx, 0.66)
    if fast > 1:
        elements += clouds(ctx, 0.66, 60.0)
    elements += skyline(ctx)
    elements += road(ctx, fast)
    return elements


def street(ctx: SceneContext) -> Backdrop:
    """The city as a place to be in: its skyline and a pavement."""
    behind = sky(ctx, 0.64) + skyline(ctx) + road(ctx, 1.0)[:-4]
    behind += ground(ctx, (122, 122, 132), 0.8, rough=0.001)
    return Backdrop(behind, [], ground=0.9)


def skyline(ctx: SceneContext) -> list[Element]:
    """Three rows of buildings, windows lit when it is dark, a glow above them."""
    elements = [_city_glow(ctx)] if ctx.light.name in ("night", "sunset", "dawn") else []
    ranges = ((0.88, 0.72, 0.36), (0.62, 0.75, 0.46), (0.32, 0.8, 0.4))
    for index, (depth, base, high) in enumerate(ranges):
        strip = _buildings(ctx, index, depth, base, high)
        elements.append(ScrollingLayer(Layer(strip, wrap=True), scroll_speed(ctx, depth)))
        if index < 2:
            elements.append(mist(ctx, base - 0.06, 0.8))
    return elements


def _city_glow(ctx: SceneContext) -> Element:
    high = round(ctx.height * 0.5)
    fade = np.linspace(0, 1, high, dtype=np.float32)[:, None] ** 2
    colour: Colour = (236, 150, 110) if ctx.light.is_night else ctx.light.low
    alpha = np.broadcast_to(fade * np.float32(0.4), (high, ctx.width))
    return StaticLayer(Layer(tinted(colour, alpha)), 0, round(ctx.height * 0.26))


def _buildings(
    ctx: SceneContext, index: int, depth: float, base: float, high: float
) -> Image.Image:
    random = np.random.default_rng(ctx.seed + 100 + index)
    foot, x = base * ctx.height, 0.0
    strip = Image.new("RGBA", (ctx.period, ctx.height))
    while x < ctx.period:
        wide = ctx.px(random.uniform(76, 170)) * (1 + 0.25 * index)
        tall = ctx.height * high * random.uniform(0.35, 1.0) ** 0.8
        tone = ctx.shade(mix((92, 104, 132), (142, 122, 116), random.random()), depth)
        tone = lighter(tone, -0.32 if ctx.light.is_night else 0.0)
        tower = _tower(ctx, wide, tall, tone, random, depth)
        stamp(strip, tower, x, foot - tower.height, wrap=True)
        x += wide * random.uniform(0.82, 1.04)
    low = lighter(ctx.shade((70, 76, 92), depth), -0.3)
    strip.paste((*low, 255), (0, round(foot), ctx.period, ctx.height))
    return strip


def _tower(
    ctx: SceneContext,
    wide: float,
    tall: float,
    tone: Colour,
    random: np.random.Generator,
    depth: float,
) -> Image.Image:
    roof = tall * 0.16
    pen, kind = Pen(wide, tall + roof), int(random.integers(4))
    pen.rect((0, roof, wide, tall + roof), tone)
    pen.rect((wide * 0.78, roof, wide, tall + roof), lighter(tone, -0.16))
    if kind == 0:
        pen.rect((wide * 0.22, roof * 0.5, wide * 0.78, roof + 2), lighter(tone, -0.06))
        pen.line([(wide / 2, 0), (wide / 2, roof)], max(1.0, wide * 0.02), lighter(tone, -0.1))
    elif kind == 1:
        pen.polygon([(0, roof), (wide / 2, roof * 0.3), (wide, roof)], lighter(tone, -0.05))
    step = max(4.0, ctx.px(17) * (1.25 - 0.7 * depth))
    lit_share = {"night": 0.46, "sunset": 0.3, "dawn": 0.16}.get(ctx.light.name, 0.0)
    dark = lighter(tone, -0.14) if lit_share else mix(tone, ctx.light.middle, 0.45)
    for y in np.arange(roof + step * 0.7, tall + roof - step, step).tolist():
        for x in np.arange(step * 0.5, wide - step * 0.7, step).tolist():
            lit = mix(_LAMPS[int(random.integers(4))], tone, depth * 0.55)
            window = (x, y, x + step * 0.5, y + step * 0.56)
            pen.rect(window, lit if random.random() < lit_share else dark)
    return pen.image()


def road(ctx: SceneContext, fast: float) -> list[Element]:
    """A road seen from the side; at night the cars are streaks of their lamps."""
    dark = ctx.light.name in ("night", "sunset")
    asphalt = lighter(ctx.shade((84, 88, 100)), -0.25 if dark else 0.1)
    top = round(ctx.height * 0.8) // 2 * 2
    band = Image.new("RGB", (ctx.width, ctx.height - top), asphalt)
    elements: list[Element] = [StaticLayer(Layer(band), 0, top)]
    elements.append(_lane_marks(ctx))
    for lane, (y, way) in enumerate(((0.825, 1), (0.865, 1), (0.925, -1), (0.97, -1))):
        sheet = _streaks(ctx, lane, way, fast) if dark else _cars(ctx, lane, way)
        speed = ctx.px(210 + 60 * lane) * way * fast
        at = round(y * ctx.height - sheet.height)
        elements.append(ScrollingLayer(Layer(sheet, wrap=True), -speed + ctx.scroll, at))
    return elements


def _lane_marks(ctx: SceneContext) -> Element:
    step = ctx.period / 14
    pen = Pen(14, max(4.0, ctx.px(8)) / step, unit=step)
    for index in range(14):
        pen.rect((index, 0, index + 0.45, ctx.px(6) / step), ctx.shade((222, 214, 180)))
    return ScrollingLayer(Layer(pen.image(), wrap=True), ctx.scroll, round(ctx.height * 0.885))


def _streaks(ctx: SceneContext, lane: int, way: int, fast: float) -> Image.Image:
    random = np.random.default_rng(ctx.seed + 70 + lane)
    high = max(12, round(ctx.px(46)))
    sheet = Image.new("RGBA", (ctx.period, high))
    hue: Colour = (255, 244, 214) if way > 0 else (255, 56, 48)
    long = ctx.px(170 + 150 * (fast > 1))
    profile = np.exp(-(np.linspace(-2.4, 2.4, max(4, round(ctx.px(10))), dtype=np.float32) ** 2))
    halo = glow(max(4, round(ctx.px(22))), hue, 0.7)
    for _ in range(7 + 3 * (fast > 1)):
        x, reach = random.uniform(0, ctx.period), long * random.uniform(0.6, 1.4)
        trail = np.linspace(0, 1, max(4, round(reach)), dtype=np.float32)[None, :] ** 1.6
        alpha = profile[:, None] * (trail if way > 0 else trail[:, ::-1])
        stamp(sheet, tinted(hue, alpha * 0.9), x, high * 0.4, wrap=True)
        head = (x + reach if way > 0 else x) - halo.width / 2
        stamp(sheet, halo, head, high * 0.4 + ctx.px(5) - halo.height / 2, wrap=True)
    return sheet


def _cars(ctx: SceneContext, lane: int, way: int) -> Image.Image:
    random = np.random.default_rng(ctx.seed + 80 + lane)
    size = ctx.px(120 + 22 * lane)
    sheet = Image.new("RGBA", (ctx.period, max(8, round(size * 0.46))))
    for index in range(4):
        hue = _PAINTS[int(random.integers(5))]
        picture = _car(size, hue, ctx)
        picture = picture if way > 0 else picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        x = (index + random.uniform(0, 0.6)) * ctx.period / 4
        stamp(sheet, picture, x, sheet.height - picture.height, wrap=True)
    return sheet


def _car(size: float, hue: Colour, ctx: SceneContext) -> Image.Image:
    pen = Pen(1, 0.42, unit=size, shade=ctx.shade)
    pen.polygon([(0.2, 0.2), (0.32, 0.04), (0.64, 0.04), (0.8, 0.2)], lighter(hue, -0.1))
    pen.polygon([(0.26, 0.19), (0.35, 0.07), (0.61, 0.07), (0.72, 0.19)], (170, 208, 226))
    pen.rect((0.03, 0.18, 0.97, 0.34), hue, radius=0.06)
    for x in (0.22, 0.78):
        pen.ellipse(x, 0.34, 0.075, 0.075, (34, 36, 40))
        pen.ellipse(x, 0.34, 0.035, 0.035, (170, 174, 180))
    return pen.image()
