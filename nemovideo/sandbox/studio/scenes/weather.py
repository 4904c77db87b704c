"""Weather before everything else: snow, rain, drifting fog."""

import numpy as np
from PIL import Image, ImageFilter

from nemovideo.sandbox.studio.canvas import Bytes, Layer
from nemovideo.sandbox.studio.paint import Pen, noise, tinted
from nemovideo.sandbox.studio.palette import lighter
from nemovideo.sandbox.studio.scenes.layers import Element, Passing, Sparks, Stage


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
    flakes = [_flake(size * share, index == 2) for share in (0.6, 0.8, 1.0, 1.2)]
    texture = _strewn(stage, flakes, count, white, random)
    speed = stage.px((60, 105, 190)[index])
    return Sparks(
        texture, -speed * 0.3 - stage.scroll * 0.3 * index, speed, stage.px(14 + 8 * index)
    )


def _flake(radius: float, soft: bool) -> Bytes:
    side = radius * (4 if soft else 2) + 2
    pen = Pen(side, side)
    pen.ellipse(side / 2, side / 2, radius, radius, (255, 255, 255))
    mask = pen.image().getchannel("A")
    return np.asarray(mask.filter(ImageFilter.GaussianBlur(radius * 0.3)) if soft else mask)


def _rain(stage: Stage, index: int) -> Sparks:
    random = np.random.default_rng(stage.seed + 300 + index)
    long = stage.px((26, 52)[index])
    pen = Pen(long * 0.14 + 4, long)
    pen.line([(pen.width - 2, 1), (2, long - 1)], stage.px(1.3 + 0.8 * index), (255, 255, 255))
    streak = np.asarray(pen.image().getchannel("A"))
    level = (118 if stage.light.is_night else 176) + 20 * index
    texture = _strewn(stage, [streak], (420, 190)[index], level, random)
    speed = stage.px((1150, 1700)[index])
    return Sparks(texture, -speed * 0.14, speed)


def _strewn(
    stage: Stage, specks: list[Bytes], count: int, level: int, random: np.random.Generator
) -> Bytes:
    """A sheet with specks laid on it at random, their brightest parts at ``level``."""
    rows, columns = round(stage.height * 1.2), stage.period
    sheet = np.zeros((rows, columns), np.uint8)
    lit = [(speck.astype(np.uint16) * level // 255).astype(np.uint8) for speck in specks]
    for number in range(count):
        speck = lit[number % len(lit)]
        high, wide = int(speck.shape[0]), int(speck.shape[1])
        y, x = int(random.integers(0, rows - high)), int(random.integers(0, columns - wide))
        part = sheet[y : y + high, x : x + wide]
        np.maximum(part, speck, out=part)
    return sheet


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
