"""Birds, insects and penguins."""

import math

from PIL import Image, ImageOps

from nemovideo.sandbox.studio.paint import Pen
from nemovideo.sandbox.studio.palette import Colour, lighter
from nemovideo.sandbox.studio.scenes.layers import (
    AnimatedSprite,
    Element,
    Path,
    SceneContext,
    SpriteFrames,
    standing,
)
from nemovideo.sandbox.studio.scenes.scenery import Backdrop, tinted_shadow

_FRAMES = 12
_BIRDS: dict[str, tuple[Colour, Colour]] = {
    "eagle": ((92, 66, 48), (244, 238, 226)),
    "owl": ((140, 108, 80), (222, 198, 164)),
    "swan": ((250, 250, 248), (250, 250, 248)),
    "duck": ((130, 106, 82), (44, 110, 74)),
    "crane": ((246, 246, 244), (200, 60, 56)),
    "parrot": ((58, 164, 84), (226, 66, 58)),
    "peacock": ((34, 110, 150), (28, 90, 160)),
    "chicken": ((236, 226, 208), (214, 64, 52)),
}
_PLAIN: tuple[Colour, Colour] = ((78, 112, 168), (236, 196, 140))


def flock(ctx: SceneContext, place: Backdrop, subject: str) -> list[Element]:
    """One large bird and a few smaller ones behind it, beating their wings."""
    coat, head = next((v for k, v in _BIRDS.items() if k in subject), _PLAIN)
    elements = list(place.behind)
    for index, share in enumerate((0.3, 0.36, 0.26, 0.3, 1.0)):
        size = min(ctx.px(330), ctx.width * 0.4) * share

        def paint(phase: float, size: float = size) -> Image.Image:
            return _bird(size, phase, ctx, coat, head)

        at = (0.18 + 0.15 * index, 0.3 + 0.06 * (index * 2 % 3)) if index < 4 else (0.5, 0.52)
        elements.append(
            AnimatedSprite(
                SpriteFrames(_FRAMES, paint),
                14 + 3 * (index % 3),
                _glide(ctx, at, size, index),
                index * 3,
            )
        )
    return [*elements, *place.front]


def _glide(ctx: SceneContext, at: tuple[float, float], size: float, index: int) -> Path:
    def path(t: float) -> tuple[float, float]:
        x = ctx.width * at[0] + math.sin(t * 0.5 + index) * ctx.width * 0.03
        y = ctx.height * at[1] + math.sin(t * 1.1 + index * 2) * ctx.px(22)
        return x - size * 0.7, y - size * 0.3

    return path


def _bird(size: float, phase: float, ctx: SceneContext, coat: Colour, head: Colour) -> Image.Image:
    lift = math.sin(2 * math.pi * phase)
    whole = Pen(1.4, 1.2, unit=size, shade=ctx.shade)
    pen, tip = whole.moved(0.66, 0.62 - 0.03 * lift), -0.56 * lift
    pen.polygon([(0.1, 0), (-0.04, tip * 0.9), (-0.14, 0)], lighter(coat, -0.3))
    pen.polygon([(-0.3, 0), (-0.62, -0.06), (-0.58, 0.08)], lighter(coat, -0.15))
    pen.limb([(-0.34, 0), (0, 0.01), (0.26, -0.05)], [0.06, 0.24, 0.13], coat)
    pen.limb([(-0.16, 0.06), (0.12, 0.05)], [0.08, 0.1], lighter(coat, 0.3))
    pen.ellipse(0.32, -0.08, 0.105, 0.1, head)
    pen.polygon([(0.4, -0.11), (0.54, -0.05), (0.4, -0.03)], (240, 168, 56))
    pen.ellipse(0.35, -0.1, 0.02, 0.02, (20, 20, 24))
    wing = [(0.14, -0.02), (-0.26, tip), (-0.4, tip + 0.1 * lift), (-0.22, 0)]
    pen.polygon(wing, lighter(coat, -0.08))
    return whole.image()


def insects(ctx: SceneContext, place: Backdrop, *, bee: bool) -> list[Element]:
    """Butterflies (or bees) over the flowers."""
    hues: tuple[Colour, ...] = ((240, 128, 60), (96, 140, 230), (236, 198, 74), (216, 104, 190))
    elements = list(place.behind)
    for index in range(7):
        size = min(ctx.px(300), ctx.width * 0.4) * (1.0 if index == 6 else 0.3 + 0.05 * index)
        hue = (246, 196, 60) if bee else hues[index % 4]

        def paint(phase: float, size: float = size, hue: Colour = hue) -> Image.Image:
            return _butterfly(size, phase, ctx, hue, bee=bee)

        elements.append(
            AnimatedSprite(
                SpriteFrames(_FRAMES, paint), 26 if bee else 15, _flutter(ctx, size, index)
            )
        )
    return [*elements, *place.front]


def _flutter(ctx: SceneContext, size: float, index: int) -> Path:
    middle = index == 6

    def path(t: float) -> tuple[float, float]:
        wide = 0.1 if middle else 0.07
        base = (0.5, 0.46) if middle else (0.1 + 0.15 * index, 0.36 + 0.31 * (index * 3 % 5) / 5)
        x = base[0] + wide * math.sin(t * 0.7 + index) + 0.02 * math.sin(t * 2.9 + index)
        y = base[1] + 0.05 * math.sin(t * 1.3 + index * 2) + 0.02 * math.sin(t * 4.1)
        return x * ctx.width - size / 2, y * ctx.height - size / 2

    return path


def _butterfly(
    size: float, phase: float, ctx: SceneContext, hue: Colour, *, bee: bool
) -> Image.Image:
    whole = Pen(1, 1, unit=size, shade=ctx.shade)
    pen, spread = whole.moved(0.5, 0.5), 0.28 + 0.72 * abs(math.cos(math.pi * phase))
    wing, dark = ((226, 236, 246), -0.1) if bee else (hue, -0.5)
    for side in (-1, 1):
        for y, rx, ry in ((-0.14, 0.24, 0.2), (0.14, 0.18, 0.16)):
            rx *= spread
            pen.ellipse(side * rx, y, rx, ry, lighter(wing, dark))
            pen.ellipse(side * rx, y, rx * 0.8, ry * 0.8, wing)
            pen.ellipse(side * rx * 1.3, y, rx * 0.26, ry * 0.26, lighter(wing, 0.55))
        pen.line([(0, -0.22), (side * 0.1, -0.36)], 0.014, (46, 38, 40))
    thick, body = (0.2, (250, 200, 60)) if bee else (0.055, (46, 38, 40))
    pen.limb([(0, -0.2), (0, 0.24)], [thick] * 2, body)
    for y in (-0.06, 0.06, 0.18) if bee else ():
        pen.line([(-0.09, y), (0.09, y)], 0.05, (44, 38, 36))
    return whole.image()


def penguins(ctx: SceneContext, place: Backdrop) -> list[Element]:
    elements = list(place.behind)
    for index, (x, share) in enumerate(((0.26, 0.62), (0.76, 0.54), (0.5, 1.0))):
        size = min(ctx.height * 0.46, ctx.width * 0.5) * share

        def paint(phase: float, size: float = size) -> Image.Image:
            picture = _penguin(size, phase, ctx)
            picture = ImageOps.mirror(picture) if ctx.scroll < 0 else picture
            return tinted_shadow(picture, ctx)

        at = (ctx.width * x - size * 0.36, ctx.height * (place.ground - 0.07 * (1 - share)) - size)
        elements.append(AnimatedSprite(SpriteFrames(_FRAMES, paint), 10, standing(*at), index * 4))
    return [*elements, *place.front]


def _penguin(size: float, phase: float, ctx: SceneContext) -> Image.Image:
    whole = Pen(0.72, 1, unit=size, shade=ctx.shade)
    swing = math.sin(2 * math.pi * phase)
    pen, sway = whole.moved(0.36, 0), swing * 0.025
    black, white, orange = (40, 44, 58), (248, 246, 240), (240, 160, 60)
    for side in (-1, 1):
        pen.ellipse(side * 0.09, 0.955 - max(0.0, swing * side) * 0.03, 0.09, 0.035, orange)
    pen.limb([(0, 0.74), (sway, 0.42)], [0.44, 0.34], black)
    pen.limb([(0.04, 0.76), (0.03 + sway, 0.46)], [0.32, 0.24], white)
    head = pen.moved(sway * 1.4, 0.2)
    head.ellipse(0, 0.01, 0.165, 0.16, black)
    head.ellipse(0.06, 0.035, 0.1, 0.1, white)
    head.polygon([(0.12, 0), (0.25, 0.04), (0.12, 0.07)], orange)
    head.ellipse(0.09, -0.01, 0.022, 0.024, (20, 20, 24))
    pen.limb([(sway - 0.17, 0.46), (-0.25 - sway, 0.7)], [0.09, 0.04], black)
    return whole.image()
