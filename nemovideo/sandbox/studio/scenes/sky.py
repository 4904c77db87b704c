"""Skies: gradient, sun or moon with its glow, stars, clouds."""

from collections.abc import Iterable, Iterator

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.canvas import Layer
from nemovideo.sandbox.studio.paint import Floats, Pen, dithered, gradient, noise
from nemovideo.sandbox.studio.palette import lighter
from nemovideo.sandbox.studio.scenes.layers import (
    Element,
    SceneContext,
    ScrollingLayer,
    StaticLayer,
)


def sky(ctx: SceneContext, horizon: float, *, sun: bool = True) -> list[Element]:
    """The sky down to ``horizon`` (a share of the height), with clouds passing."""
    light, width, height = ctx.light, ctx.width, ctx.height
    stops = ((0, light.top), (horizon * 0.62, light.middle), (horizon, light.low), (1, light.low))
    planes = gradient(width, height, stops)
    if light.stars > 0.2:
        planes = planes + _stars(ctx, horizon)
    lit = _sunlit(planes, ctx, horizon) if sun else planes
    elements: list[Element] = [StaticLayer(Layer(dithered(lit, ctx.seed)))]
    if sun and light.glow > 0.2 and ctx.spec.weather not in ("rain", "snow"):
        elements.append(_disc(ctx, horizon))
    if light.clouds:
        elements += clouds(ctx, horizon)
    return elements


def clouds(ctx: SceneContext, horizon: float, speed: float = 9.0) -> list[Element]:
    """Two sheets of soft clouds, the lower one passing more slowly."""
    light, layers = ctx.light, list[Element]()
    for index, (top, bottom, scale) in enumerate(((0.0, 0.62, 1.0), (0.35, 1.0, 0.55))):
        height = max(4, round((bottom - top) * horizon * ctx.height) // 2 * 2)
        alpha = _cloud_alpha(ctx, height, ctx.seed + index, scale)
        image = Image.new("RGB", alpha.size, lighter(light.cloud, 0.12 if index == 0 else 0.0))
        image.putalpha(alpha)
        layer = Layer(image, wrap=True)
        scroll_speed = ctx.px(speed * (1.0 - 0.5 * index)) + ctx.scroll * 0.06
        layers.append(ScrollingLayer(layer, scroll_speed, round(top * horizon * ctx.height)))
    return layers


def _cloud_alpha(ctx: SceneContext, height: int, seed: int, scale: float) -> Image.Image:
    # Clouds are soft: an eighth of the pixels are enough, stretched twice as wide as high.
    wide, high = ctx.period // 4, max(2, height // 2)
    field = noise(wide, high, seed, max(4.0, ctx.px(130 * scale)), 5)
    cover = 0.62 - 0.26 * ctx.light.clouds
    alpha = np.clip((field - cover) / 0.2, 0, 1)
    rise = np.clip(np.linspace(0, 2.2, high, dtype=np.float32), 0, 1)
    fall = np.clip(np.linspace(2.6, 0, high, dtype=np.float32), 0, 1)
    smooth = alpha * alpha * (3 - 2 * alpha) * (rise * fall)[:, None] * (0.88 * 255)
    small = Image.fromarray(smooth.astype(np.uint8))
    return small.resize((ctx.period, height), Image.Resampling.BICUBIC)


def sun_place(ctx: SceneContext, horizon: float) -> tuple[float, float]:
    x, y = ctx.light.sun_at
    return x * ctx.width, y * ctx.height * horizon / 0.6


def _sunlit(planes: Iterable[Floats], ctx: SceneContext, horizon: float) -> Iterator[Floats]:
    """The colours of the sky with the glow of the sun or moon upon them."""
    light, (x, y) = ctx.light, sun_place(ctx, horizon)
    across = (np.arange(ctx.width, dtype=np.float32) - x) / ctx.height
    down = (np.arange(ctx.height, dtype=np.float32) - y) / ctx.height
    near: Floats = np.zeros((ctx.height, ctx.width), np.float32)
    # The glow falls with the square of the distance: what is across times what is down.
    for fall, strength in ((-26, 0.55), (-4.5, 0.35)):
        high = np.exp(down**2 * fall) * (strength * light.glow)
        near += np.outer(high, np.exp(across**2 * fall))
    for plane, level in zip(planes, light.sun, strict=True):
        lit: Floats = level - plane
        lit *= near
        lit += plane
        yield lit


def _disc(ctx: SceneContext, horizon: float) -> Element:
    light, (x, y) = ctx.light, sun_place(ctx, horizon)
    radius = max(4.0, light.sun_size * min(ctx.width, ctx.height))
    pen = Pen(radius * 2 + 4, radius * 2 + 4)
    pen.ellipse(radius + 2, radius + 2, radius, radius, light.sun)
    if light.is_night:
        for dx, dy, size in ((-0.3, -0.2, 0.22), (0.25, 0.3, 0.16), (0.3, -0.35, 0.11)):
            at = (radius * (1 + dx) + 2, radius * (1 + dy) + 2, radius * size, radius * size)
            pen.ellipse(*at, lighter(light.sun, -0.1))
    return StaticLayer(Layer(pen.image()), round(x - radius - 2), round(y - radius - 2))


def _stars(ctx: SceneContext, horizon: float) -> Floats:
    """How much brighter than the sky its stars are."""
    shine = np.zeros((ctx.height, ctx.width), np.float32)
    random = np.random.default_rng(ctx.seed)
    rows = max(2, int(ctx.height * horizon))
    count = round(420 * ctx.light.stars * ctx.width / 1920)
    x, y = random.integers(1, ctx.width - 1, count), random.integers(1, rows - 1, count)
    bright = (random.random(count) ** 3 * 215 + 25).astype(np.float32)
    bright *= np.clip(1.25 - y / rows, 0, 1)
    size = max(1, round(ctx.unit * 1.4))
    for dx in range(size):
        for dy in range(size):
            shine[np.minimum(y + dy, rows), np.minimum(x + dx, ctx.width - 1)] += bright
    return shine
