"""Weather before everything else: snow, rain, drifting fog."""

import numpy as np
from PIL import ImageFilter

from nemovideo.sandbox.studio.canvas import Bytes
from nemovideo.sandbox.studio.paint import Pen
from nemovideo.sandbox.studio.scenes.layers import Element, ParticleLayer, SceneContext
from nemovideo.sandbox.studio.scenes.scenery import mist


def weather(ctx: SceneContext) -> list[Element]:
    match ctx.spec.weather:
        case "snow":
            return [_snow(ctx, index) for index in range(3)]
        case "rain":
            return [_rain(ctx, index) for index in range(2)]
        case "fog":
            return [mist(ctx, at, 0.9) for at in (0.62, 0.86)]
        case _:
            return []


def _snow(ctx: SceneContext, index: int) -> ParticleLayer:
    random = np.random.default_rng(ctx.seed + 200 + index)
    size = ctx.px((3.0, 5.0, 9.0)[index])
    count, white = (320, 150, 44)[index], 210 if ctx.light.is_night else 235
    flakes = [_flake(size * share, index == 2) for share in (0.6, 0.8, 1.0, 1.2)]
    texture = _strewn(ctx, flakes, count, white, random)
    speed = ctx.px((60, 105, 190)[index])
    across = -speed * 0.3 - ctx.scroll * 0.3 * index
    return ParticleLayer(texture, across, speed, ctx.px(14 + 8 * index))


def _flake(radius: float, soft: bool) -> Bytes:
    side = radius * (4 if soft else 2) + 2
    pen = Pen(side, side)
    pen.ellipse(side / 2, side / 2, radius, radius, (255, 255, 255))
    mask = pen.image().getchannel("A")
    return np.asarray(mask.filter(ImageFilter.GaussianBlur(radius * 0.3)) if soft else mask)


def _rain(ctx: SceneContext, index: int) -> ParticleLayer:
    random = np.random.default_rng(ctx.seed + 300 + index)
    long = ctx.px((26, 52)[index])
    pen = Pen(long * 0.14 + 4, long)
    pen.line([(pen.width - 2, 1), (2, long - 1)], ctx.px(1.3 + 0.8 * index), (255, 255, 255))
    streak = np.asarray(pen.image().getchannel("A"))
    level = (118 if ctx.light.is_night else 176) + 20 * index
    texture = _strewn(ctx, [streak], (420, 190)[index], level, random)
    speed = ctx.px((1150, 1700)[index])
    return ParticleLayer(texture, -speed * 0.14, speed)


def _strewn(
    ctx: SceneContext, specks: list[Bytes], count: int, level: int, random: np.random.Generator
) -> Bytes:
    """A sheet with specks laid on it at random, their brightest parts at ``level``."""
    rows, columns = round(ctx.height * 1.2), ctx.period
    sheet = np.zeros((rows, columns), np.uint8)
    lit = [(speck.astype(np.uint16) * level // 255).astype(np.uint8) for speck in specks]
    for number in range(count):
        speck = lit[number % len(lit)]
        high, wide = int(speck.shape[0]), int(speck.shape[1])
        y, x = int(random.integers(0, rows - high)), int(random.integers(0, columns - wide))
        part = sheet[y : y + high, x : x + wide]
        np.maximum(part, speck, out=part)
    return sheet
