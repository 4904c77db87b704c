"""Weather before everything else: snow, rain, drifting fog."""

import numpy as np
from PIL import Image, ImageFilter

from nemovideo.sandbox.studio.canvas import Layer
from nemovideo.sandbox.studio.light import lighter
from nemovideo.sandbox.studio.paint import Pen, noise, tinted

from .stage import Element, Passing, Sparks, Stage


def weather(stage: Stage) -> list[Element]:
    """What falls or drifts in the weather of the scene."""
    match stage.spec.weather:
        case "snow":
            return [_snow(stage, index) for index in range(3)]
        case "rain":
            return [_rain(stage, index) for index in range(2)]
        case "fog":
            return [_fog(stage, 0.62), _fog(stage, 0.86)]
        case _:
            return []


def _snow(stage: Stage, index: int) -> Sparks:
    random = np.random.default_rng(stage.seed + 200 + index)
    size = stage.px((3.0, 5.0, 9.0)[index])
    count, white = (320, 150, 44)[index], 210 if stage.light.is_night else 235
    pen = Pen(stage.period, stage.height * 1.1)
    for _ in range(count):
        r = size * random.uniform(0.6, 1.2)
        at = (random.uniform(r, pen.width - r), random.uniform(r, pen.height - r))
        pen.ellipse(*at, r, r, (255, 255, 255))
    mask = pen.image().getchannel("A")
    if index == 2:
        mask = mask.filter(ImageFilter.GaussianBlur(stage.px(2.5)))
    texture = (np.asarray(mask, np.uint16) * white // 255).astype(np.uint8)
    speed = stage.px((60, 105, 190)[index])
    return Sparks(
        texture, -speed * 0.3 - stage.scroll * 0.3 * index, speed, stage.px(14 + 8 * index)
    )


def _rain(stage: Stage, index: int) -> Sparks:
    random = np.random.default_rng(stage.seed + 300 + index)
    pen = Pen(stage.period, stage.height * 1.2)
    long = stage.px((26, 52)[index])
    for _ in range((420, 190)[index]):
        x, y = random.uniform(0, pen.width), random.uniform(0, pen.height - long)
        pen.line(
            [(x, y), (x - long * 0.14, y + long)], stage.px(1.3 + 0.8 * index), (255, 255, 255)
        )
    level = (118 if stage.light.is_night else 176) + 20 * index
    mask = np.asarray(pen.image().getchannel("A"), np.uint16)
    speed = stage.px((1150, 1700)[index])
    return Sparks((mask * level // 255).astype(np.uint8), -speed * 0.14, speed)


def _fog(stage: Stage, at: float) -> Passing:
    high = round(stage.height * 0.34) // 2 * 2
    field = noise(
        stage.period // 4, max(2, high // 3), stage.seed + round(at * 50), stage.px(90), 3
    )
    image = Image.fromarray(field).resize((stage.period, high), Image.Resampling.BICUBIC)
    shape = np.clip(np.sin(np.linspace(0, np.pi, high, dtype=np.float32)), 0, 1) ** 1.2
    alpha = np.clip(np.asarray(image) * 1.5 - 0.35, 0, 0.8) * shape[:, None]
    layer = Layer(tinted(lighter(stage.light.haze, 0.12), alpha), wrap=True)
    return Passing(layer, stage.px(34 if at > 0.7 else -22), round(at * stage.height - high / 2))
