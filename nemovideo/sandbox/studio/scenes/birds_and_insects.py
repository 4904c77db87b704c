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

_POSES = 12
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

        at = (0.18 + 0.15 * index, 0.14 + 0.07 * (index * 2 % 3)) if index < 4 else (0.5, 0.36)
        elements.append(
            AnimatedSprite(
                SpriteFrames(_POSES, paint),
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
    pen = Pen(1.4, 1.2, unit=size, shade=ctx.shade)
    lift = math.sin(2 * math.pi * phase)
    x, y = 0.66, (0.62 - 0.03 * lift)
    tip = (x - 0.2, y - 0.56 * lift)
    far = [(x + 0.1, y), (tip[0] + 0.16, tip[1] * 0.9 + y * 0.1), (x - 0.14, y)]
    pen.polygon(far, lighter(coat, -0.3))
    pen.polygon([(x - 0.3, y), (x - 0.62, y - 0.06), (x - 0.58, y + 0.08)], lighter(coat, -0.15))
    pen.limb([(x - 0.34, y), (x, y + 0.01), (x + 0.26, y - 0.05)], [0.06, 0.24, 0.13], coat)
    pen.limb([(x - 0.16, y + 0.06), (x + 0.12, y + 0.05)], [0.08, 0.1], lighter(coat, 0.3))
    pen.ellipse(x + 0.32, y - 0.08, 0.105, 0.1, head)
    pen.polygon([(x + 0.4, y - 0.11), (x + 0.54, y - 0.05), (x + 0.4, y - 0.03)], (240, 168, 56))
    pen.ellipse(x + 0.35, y - 0.1, 0.02, 0.02, (20, 20, 24))
    wing = [
        (x + 0.14, y - 0.02),
        (tip[0] - 0.06, tip[1]),
        (tip[0] - 0.2, tip[1] + 0.1 * lift),
        (x - 0.22, y),
    ]
    pen.polygon(wing, lighter(coat, -0.08))
    return pen.image()


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
                SpriteFrames(_POSES, paint), 26 if bee else 15, _flutter(ctx, size, index)
            )
        )
    return [*elements, *place.front]


def _flutter(ctx: SceneContext, size: float, index: int) -> Path:
    middle = index == 6

    def path(t: float) -> tuple[float, float]:
        wide = 0.1 if middle else 0.07
        base = (0.5, 0.46) if middle else (0.1 + 0.15 * index, 0.3 + 0.37 * (index * 3 % 5) / 5)
        x = base[0] + wide * math.sin(t * 0.7 + index) + 0.02 * math.sin(t * 2.9 + index)
        y = base[1] + 0.05 * math.sin(t * 1.3 + index * 2) + 0.02 * math.sin(t * 4.1)
        return x * ctx.width - size / 2, y * ctx.height - size / 2

    return path


def _butterfly(
    size: float, phase: float, ctx: SceneContext, hue: Colour, *, bee: bool
) -> Image.Image:
    pen = Pen(1, 1, unit=size, shade=ctx.shade)
    open_ = 0.28 + 0.72 * abs(math.cos(math.pi * phase))
    middle = 0.5
    for side in (-1, 1):
        wing = hue if not bee else (226, 236, 246)
        for y, rx, ry in ((-0.14, 0.24, 0.2), (0.14, 0.18, 0.16)):
            x = middle + side * rx * open_
            pen.ellipse(x, middle + y, rx * open_, ry, lighter(wing, -0.5 if not bee else -0.1))
            pen.ellipse(x, middle + y, rx * open_ * 0.8, ry * 0.8, wing)
            pen.ellipse(
                x + side * rx * open_ * 0.3,
                middle + y,
                rx * open_ * 0.26,
                ry * 0.26,
                lighter(wing, 0.55),
            )
    thick = 0.2 if bee else 0.055
    pen.limb(
        [(middle, middle - 0.2), (middle, middle + 0.24)],
        [thick] * 2,
        (250, 200, 60) if bee else (46, 38, 40),
    )
    if bee:
        for y in (-0.06, 0.06, 0.18):
            pen.line([(middle - 0.09, middle + y), (middle + 0.09, middle + y)], 0.05, (44, 38, 36))
    for side in (-1, 1):
        pen.line(
            [(middle, middle - 0.22), (middle + side * 0.1, middle - 0.36)], 0.014, (46, 38, 40)
        )
    return pen.image()


def penguins(ctx: SceneContext, place: Backdrop) -> list[Element]:
    """Three penguins waddling."""
    elements = list(place.behind)
    for index, (x, share) in enumerate(((0.26, 0.62), (0.76, 0.54), (0.5, 1.0))):
        size = min(ctx.height * 0.46, ctx.width * 0.5) * share

        def paint(phase: float, size: float = size) -> Image.Image:
            picture = _penguin(size, phase, ctx)
            picture = ImageOps.mirror(picture) if ctx.scroll < 0 else picture
            return tinted_shadow(picture, ctx)

        at = (ctx.width * x - size * 0.36, ctx.height * (place.ground - 0.07 * (1 - share)) - size)
        elements.append(AnimatedSprite(SpriteFrames(_POSES, paint), 10, standing(*at), index * 4))
    return [*elements, *place.front]


def _penguin(size: float, phase: float, ctx: SceneContext) -> Image.Image:
    pen = Pen(0.72, 1, unit=size, shade=ctx.shade)
    sway = math.sin(2 * math.pi * phase) * 0.025
    x, black = 0.36, (40, 44, 58)
    for side in (-1, 1):
        lift = max(0.0, math.sin(2 * math.pi * phase) * side) * 0.03
        pen.ellipse(x + side * 0.09, 0.955 - lift, 0.09, 0.035, (240, 160, 60))
    pen.limb([(x, 0.74), (x + sway, 0.42)], [0.44, 0.34], black)
    pen.limb([(x + 0.04, 0.76), (x + 0.03 + sway, 0.46)], [0.32, 0.24], (248, 246, 240))
    pen.ellipse(x + sway * 1.4, 0.21, 0.165, 0.16, black)
    pen.ellipse(x + 0.06 + sway * 1.4, 0.235, 0.1, 0.1, (248, 246, 240))
    pen.polygon(
        [(x + 0.13 + sway, 0.2), (x + 0.26 + sway, 0.24), (x + 0.13 + sway, 0.27)], (240, 160, 60)
    )
    pen.ellipse(x + 0.09 + sway * 1.4, 0.19, 0.022, 0.024, (20, 20, 24))
    pen.limb([(x - 0.17 + sway, 0.46), (x - 0.25 - sway, 0.7)], [0.09, 0.04], black)
    return pen.image()
