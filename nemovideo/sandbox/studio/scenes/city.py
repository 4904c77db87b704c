"""Cities: a skyline with lit windows, and a street with traffic."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from nemovideo.sandbox.studio.canvas import Canvas, Layer
from nemovideo.sandbox.studio.paint import Pen, glow, stamp, tinted
from nemovideo.sandbox.studio.palette import Colour, lighter, mix
from nemovideo.sandbox.studio.scenes.layers import Element, Fixed, Passing, Stage
from nemovideo.sandbox.studio.scenes.scenery import Place, ground, mist, pace
from nemovideo.sandbox.studio.scenes.sky import clouds, sky

_LAMPS: tuple[Colour, ...] = ((255, 220, 140), (255, 236, 190), (190, 220, 255), (255, 186, 110))
_NEON: tuple[Colour, ...] = ((255, 60, 160), (60, 220, 255), (180, 90, 255), (255, 170, 60))


def city(stage: Stage) -> list[Element]:
    """A skyline above a road; in a time-lapse everything that moves moves faster."""
    fast = 3.0 if stage.says("timelapse", "time-lapse", "time lapse", "延时") else 1.0
    elements = sky(stage, 0.66)
    if fast > 1:
        elements += clouds(stage, 0.66, 60.0)
    elements += skyline(stage)
    elements += road(stage, fast)
    return elements


def street(stage: Stage) -> Place:
    """The city as a place to be in: its skyline and a pavement."""
    behind = sky(stage, 0.64) + skyline(stage) + road(stage, 1.0)[:-4]
    behind += ground(stage, (122, 122, 132), 0.8, rough=0.001)
    return Place(behind, [], ground=0.9)


def skyline(stage: Stage) -> list[Element]:
    """Three rows of buildings, windows lit when it is dark, a glow above them."""
    elements = list[Element]()
    dark = stage.light.name in ("night", "sunset", "dawn")
    if dark:
        elements.append(_city_glow(stage))
    for index, (depth, base, high) in enumerate(
        ((0.88, 0.72, 0.36), (0.62, 0.75, 0.46), (0.32, 0.8, 0.4))
    ):
        strip, lights = _buildings(stage, index, depth, base, high)
        elements.append(Passing(Layer(strip, wrap=True), pace(stage, depth)))
        if index == 2 and lights is not None:
            elements.append(_Blinking(Passing(Layer(lights, wrap=True), pace(stage, depth))))
        if index < 2:
            elements.append(mist(stage, base - 0.06, 0.8))
    return elements


@dataclass(frozen=True, slots=True)
class _Blinking:
    """Windows that are lit every now and then."""

    inner: Passing

    def draw(self, canvas: Canvas, t: float) -> None:
        """Draw them while somebody is in."""
        if math.sin(t * 1.1) + math.sin(t * 0.43) > 0:
            self.inner.draw(canvas, t)


def _city_glow(stage: Stage) -> Element:
    high = round(stage.height * 0.5)
    fade = np.linspace(0, 1, high, dtype=np.float32)[:, None] ** 2
    colour: Colour = (236, 150, 110) if stage.light.is_night else stage.light.low
    alpha = np.broadcast_to(fade * np.float32(0.4), (high, stage.width))
    return Fixed(Layer(tinted(colour, alpha)), 0, round(stage.height * 0.26))


def _buildings(
    stage: Stage, index: int, depth: float, base: float, high: float
) -> tuple[Image.Image, Image.Image | None]:
    random = np.random.default_rng(stage.seed + 100 + index)
    period, height, unit = stage.period, stage.height, stage.px(1)
    strip = Image.new("RGBA", (period, height))
    lights = Image.new("RGBA", (period, height)) if index == 2 else None
    x = 0.0
    while x < period:
        wide = unit * random.uniform(76, 170) * (1 + 0.25 * index)
        tall = height * high * random.uniform(0.35, 1.0) ** 0.8
        tone = stage.light.shade(mix((92, 104, 132), (142, 122, 116), random.random()), depth)
        tone = lighter(tone, -0.32 if stage.light.is_night else 0.0)
        tower = _tower(stage, wide, tall, tone, random, depth)
        stamp(strip, tower[0], x, base * height - tower[0].height, wrap=True)
        if lights is not None:
            stamp(lights, tower[1], x, base * height - tower[1].height, wrap=True)
        x += wide * random.uniform(0.82, 1.04)
    low = Image.new(
        "RGBA",
        (period, round(height * (1 - base))),
        (*lighter(stage.light.shade((70, 76, 92), depth), -0.3), 255),
    )
    strip.paste(low, (0, round(base * height)))
    return strip, lights


def _tower(
    stage: Stage, wide: float, tall: float, tone: Colour, random: np.random.Generator, depth: float
) -> tuple[Image.Image, Image.Image]:
    roof = tall * 0.16
    pen, more = Pen(wide, tall + roof), Pen(wide, tall + roof)
    kind = int(random.integers(4))
    pen.rect((0, roof, wide, tall + roof), tone)
    pen.rect((wide * 0.78, roof, wide, tall + roof), lighter(tone, -0.16))
    if kind == 0:
        pen.rect((wide * 0.22, roof * 0.5, wide * 0.78, roof + 2), lighter(tone, -0.06))
        pen.line([(wide / 2, 0), (wide / 2, roof)], max(1.0, wide * 0.02), lighter(tone, -0.1))
    elif kind == 1:
        pen.polygon([(0, roof), (wide / 2, roof * 0.3), (wide, roof)], lighter(tone, -0.05))
    step = max(4.0, stage.px(17) * (1.25 - 0.7 * depth))
    lit_share = {"night": 0.46, "sunset": 0.3, "dawn": 0.16}.get(stage.light.name, 0.0)
    glass = mix(tone, stage.light.middle, 0.45)
    y = roof + step * 0.7
    while y < tall + roof - step:
        x = step * 0.5
        while x < wide - step * 0.7:
            box = (x, y, x + step * 0.5, y + step * 0.56)
            chance = random.random()
            lamp = _LAMPS[int(random.integers(4))]
            lit = mix(lamp, tone, depth * 0.55)
            pen.rect(
                box,
                lit if chance < lit_share else glass if lit_share == 0 else lighter(tone, -0.14),
            )
            if lit_share and 0.5 < chance < 0.62:
                more.rect(box, lamp)
            x += step
        y += step
    if (
        lit_share > 0.2
        and depth < 0.7
        and random.random() < 0.4
        and stage.says("neon", "cyberpunk", "tokyo", "霓虹", "赛博")
    ):
        hue = _NEON[int(random.integers(4))]
        left = wide * random.uniform(0.1, 0.5)
        pen.rect(
            (left, roof + tall * 0.14, left + wide * 0.18, roof + tall * 0.5),
            hue,
            radius=wide * 0.03,
        )
    return pen.image(), more.image()


def road(stage: Stage, fast: float) -> list[Element]:
    """A road seen from the side; at night the cars are streaks of their lamps."""
    dark = stage.light.name in ("night", "sunset")
    asphalt = lighter(stage.light.shade((84, 88, 100)), -0.25 if dark else 0.1)
    top = round(stage.height * 0.8) // 2 * 2
    band = Image.new("RGB", (stage.width, stage.height - top), asphalt)
    elements: list[Element] = [Fixed(Layer(band), 0, top)]
    if dark:
        elements.append(_reflections(stage, top))
    elements.append(_lane_marks(stage))
    for lane, (y, way) in enumerate(((0.825, 1), (0.865, 1), (0.925, -1), (0.97, -1))):
        sheet = _streaks(stage, lane, way, fast) if dark else _cars(stage, lane, way)
        speed = stage.px(210 + 60 * lane) * way * fast
        at = round(y * stage.height - sheet.height)
        elements.append(Passing(Layer(sheet, wrap=True), -speed + stage.scroll, at))
    return elements


def _reflections(stage: Stage, top: int) -> Element:
    random = np.random.default_rng(stage.seed + 61)
    pen = Pen(stage.period, stage.height - top)
    for _ in range(60):
        x, wide = random.uniform(0, stage.period), stage.px(random.uniform(4, 26))
        hue = (_LAMPS + _NEON[:2])[int(random.integers(6))]
        pen.rect((x, 0, x + wide, stage.height - top), hue)
    soft = pen.image().filter(ImageFilter.GaussianBlur(max(1.0, stage.px(16))))
    fade = np.linspace(0.5, 0.08, soft.height, dtype=np.float32)[:, None]
    alpha = np.asarray(soft.getchannel("A"), np.float32) / 255 * fade
    soft.putalpha(Image.fromarray((alpha * 255).astype(np.uint8)))
    return Passing(Layer(soft, wrap=True), pace(stage, 0.32), top)


def _lane_marks(stage: Stage) -> Element:
    step = stage.period / 14
    pen = Pen(stage.period, max(4.0, stage.px(8)))
    for index in range(14):
        pen.rect(
            (index * step, 0, index * step + step * 0.45, stage.px(6)),
            stage.light.shade((222, 214, 180)),
        )
    return Passing(Layer(pen.image(), wrap=True), stage.scroll, round(stage.height * 0.885))


def _streaks(stage: Stage, lane: int, way: int, fast: float) -> Image.Image:
    random = np.random.default_rng(stage.seed + 70 + lane)
    high = max(12, round(stage.px(46)))
    sheet = Image.new("RGBA", (stage.period, high))
    hue: Colour = (255, 244, 214) if way > 0 else (255, 56, 48)
    long = stage.px(170 + 150 * (fast > 1))
    for _ in range(7 + 3 * (fast > 1)):
        x, reach = random.uniform(0, stage.period), long * random.uniform(0.6, 1.4)
        trail = np.linspace(0, 1, max(4, round(reach)), dtype=np.float32)[None, :] ** 1.6
        profile = np.exp(
            -((np.linspace(-2.4, 2.4, max(4, round(stage.px(10))), dtype=np.float32)) ** 2)
        )
        alpha = profile[:, None] * (trail if way > 0 else trail[:, ::-1])
        streak = tinted(hue, alpha * 0.9)
        stamp(sheet, streak, x, high * 0.4, wrap=True)
        halo = glow(max(4, round(stage.px(22))), hue, 0.7)
        head = x + reach if way > 0 else x
        stamp(
            sheet,
            halo,
            head - halo.width / 2,
            high * 0.4 + stage.px(5) - halo.height / 2,
            wrap=True,
        )
    return sheet


def _cars(stage: Stage, lane: int, way: int) -> Image.Image:
    random = np.random.default_rng(stage.seed + 80 + lane)
    size = stage.px(120 + 22 * lane)
    sheet = Image.new("RGBA", (stage.period, max(8, round(size * 0.46))))
    hues: tuple[Colour, ...] = (
        (214, 70, 62),
        (240, 240, 238),
        (62, 110, 180),
        (240, 184, 60),
        (70, 74, 84),
    )
    for index in range(4):
        hue = hues[int(random.integers(5))]
        picture = _car(size, hue, stage)
        picture = picture if way > 0 else picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        x = (index + random.uniform(0, 0.6)) * stage.period / 4
        stamp(sheet, picture, x, sheet.height - picture.height, wrap=True)
    return sheet


def _car(size: float, hue: Colour, stage: Stage) -> Image.Image:
    pen, shade = Pen(size, size * 0.42), stage.light.shade
    pen.polygon(
        [
            (size * 0.2, size * 0.2),
            (size * 0.32, size * 0.04),
            (size * 0.64, size * 0.04),
            (size * 0.8, size * 0.2),
        ],
        shade(lighter(hue, -0.1)),
    )
    pen.polygon(
        [
            (size * 0.26, size * 0.19),
            (size * 0.35, size * 0.07),
            (size * 0.61, size * 0.07),
            (size * 0.72, size * 0.19),
        ],
        shade((170, 208, 226)),
    )
    pen.rect((size * 0.03, size * 0.18, size * 0.97, size * 0.34), shade(hue), radius=size * 0.06)
    for x in (0.22, 0.78):
        pen.ellipse(size * x, size * 0.34, size * 0.075, size * 0.075, shade((34, 36, 40)))
        pen.ellipse(size * x, size * 0.34, size * 0.035, size * 0.035, shade((170, 174, 180)))
    return pen.image()
