"""Food seen from above on a table: a dish that turns slowly, and its steam."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.canvas import Bytes, Canvas, Layer, Words
from nemovideo.sandbox.studio.opaque_regions import find_regions
from nemovideo.sandbox.studio.paint import (
    Pen,
    blurred,
    dithered,
    glow,
    gradient,
    noise,
    stamp,
    tinted,
)
from nemovideo.sandbox.studio.palette import lighter
from nemovideo.sandbox.studio.scenes import dishes
from nemovideo.sandbox.studio.scenes.layers import Element, SceneContext, StaticLayer, TiledLayer

_DISHES: tuple[tuple[tuple[str, ...], Callable[[dishes.Plate], None]], ...] = (
    (("pizza", "披萨", "比萨"), dishes.pizza),
    (("noodle", "ramen", "pasta", "soup", "hot pot", "面", "汤", "火锅"), dishes.noodles),
    (("cake", "donut", "pancake", "cookie", "chocolate", "ice cream", "蛋糕", "甜"), dishes.cake),
    (("coffee", "tea", "wine", "cocktail", "juice", "咖啡", "茶"), dishes.coffee),
    (("sushi", "rice", "寿司", "米饭"), dishes.sushi),
    (("dumpling", "bread", "bun", "饺子", "包子"), dishes.dumplings),
    (("burger", "sandwich", "taco", "汉堡", "三明治"), dishes.burger),
    (("fruit", "apple", "strawberry", "orange", "水果", "苹果", "草莓"), dishes.fruit),
)
_HOT = (
    "pizza",
    "noodle",
    "ramen",
    "soup",
    "coffee",
    "tea",
    "dumpling",
    "pot",
    "steak",
    "rice",
    "面",
    "汤",
    "茶",
)


def food(ctx: SceneContext) -> list[Element]:
    """The dish that the words name, on a wooden table."""
    size = round(min(ctx.width * 0.86, ctx.height * 0.82)) // 2 * 2
    plate = dishes.Plate(size, np.random.default_rng(ctx.seed), ctx.mentions)
    make = next((m for words, m in _DISHES if ctx.mentions(*words)), dishes.salad)
    make(plate)
    centre = (ctx.width // 2 // 2 * 2, round(ctx.height * 0.52) // 2 * 2)
    elements: list[Element] = [StaticLayer(Layer(_table(ctx, centre, size)))]
    elements += [StaticLayer(layer, x, y) for layer, x, y in _cutlery(ctx, centre, size)]
    elements.append(_Turning(plate.image(), centre, 5.0 if ctx.spec.camera != "still" else 0.0))
    elements.append(StaticLayer(_shine(ctx, size), centre[0] - size // 2, centre[1] - size // 2))
    if ctx.mentions(*_HOT):
        elements += _steam(ctx)
    return elements


# How many times as large a picture is kept for turning it.
_FINE = 3


class _Turning:
    """A round picture that turns; ``speed`` in degrees a second.

    Its outline is a circle, so only the colours are turned and the alpha stays.
    """

    def __init__(self, picture: Image.Image, centre: tuple[int, int], speed: float) -> None:
        size = picture.width // 2 * 2
        self._speed = speed
        self._left, self._top = ((c - size // 2) // 2 * 2 for c in centre)
        canvas = Canvas.blank(size, size)
        Layer(_opaque(picture.crop((0, 0, size, size)))).draw(canvas, 0, 0)
        self._planes = [_enlarged(plane) for plane in canvas.planes]
        rim = _circle(size)
        self._rims = [find_regions(rim), find_regions(_circle(size // 2))]
        self._shares = [rim.astype(np.uint16), _circle(size // 2).astype(np.uint16)]

    def draw(self, canvas: Canvas, t: float) -> None:
        """Draw it as it has turned by now."""
        angle = math.radians(self._speed * t)
        for plane, image, kind in zip(canvas.planes, self._planes, (0, 1, 1), strict=True):
            ink = _turned(image, angle)
            target = plane[self._top >> kind :, self._left >> kind :]
            for part in self._rims[kind]:
                area = (slice(part.top, part.bottom), slice(part.left, part.right))
                if part.solid:
                    target[area] = ink[area]
                else:
                    _blend(target[area], ink[area], self._shares[kind][area])


def _enlarged(plane: Bytes) -> Image.Image:
    image = Image.fromarray(plane)
    size = (image.width * _FINE, image.height * _FINE)
    return image.resize(size, Image.Resampling.BICUBIC)


def _turned(image: Image.Image, angle: float) -> Bytes:
    """An enlarged square at its own size again, turned about its centre by radians, clockwise."""
    size, half = image.width // _FINE, image.width / 2
    # Where each pixel comes from: the nearest of the enlarged ones is within a sixth of a pixel,
    # and found in a tenth of the time that blending four takes.
    cos, sin = math.cos(angle) * _FINE, math.sin(angle) * _FINE
    matrix = (
        cos, sin, half - (cos + sin) * size / 2,
        -sin, cos, half - (cos - sin) * size / 2,
    )  # fmt: skip
    turned = image.transform((size, size), Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST)
    return np.asarray(turned)


def _blend(target: Bytes, ink: Bytes, share: Words) -> None:
    mixed = ink * share
    mixed += target * (255 - share)
    np.floor_divide(mixed, 255, out=target, casting="unsafe")


def _circle(size: int) -> Bytes:
    """How much of a disc covers each pixel of the square around it, 0 to 255."""
    at = (np.arange(size, dtype=np.float32) + 0.5) - size / 2
    far = np.sqrt(at[:, None] ** 2 + at[None, :] ** 2)
    return (np.clip(size * 0.4895 - far, 0, 1) * 255).astype(np.uint8)


def _opaque(picture: Image.Image) -> Image.Image:
    ground = Image.new("RGB", picture.size, (128, 110, 96))
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _table(ctx: SceneContext, centre: tuple[int, int], size: int) -> Image.Image:
    wood = ctx.shade((176, 122, 78))
    width, height = ctx.width, ctx.height
    planes = gradient(width, height, ((0, lighter(wood, 0.12)), (1, lighter(wood, -0.2))))
    grain = noise(width, max(2, height // 6), ctx.seed, ctx.px(420), 3)
    fine = Image.fromarray(grain).resize((width, height), Image.Resampling.BICUBIC)
    rings = np.sin(np.asarray(fine) * 70) * 7 + (np.asarray(fine) - 0.5) * 50
    planks = np.arange(height, dtype=np.float32) / max(8.0, ctx.px(216))
    number = planks.astype(np.int32)
    tone = np.random.default_rng(ctx.seed).uniform(-14, 14, int(number.max()) + 1)[number]
    seam = np.where((planks - number) * ctx.px(216) < max(1.0, ctx.px(3)), -46, 0)
    planes = planes + (rings + (tone + seam)[:, None]).astype(np.float32)
    image = dithered(planes, ctx.seed).convert("RGBA")
    shadow = glow(round(size * 0.62), (24, 14, 8), 0.85, 0.9)
    stamp(
        image,
        shadow,
        centre[0] - shadow.width / 2 + size * 0.03,
        centre[1] - shadow.height / 2 + size * 0.04,
        wrap=False,
    )
    vignette = glow(round(max(width, height) * 0.8), (255, 236, 200), 0.2, 1.2)
    stamp(
        image,
        vignette,
        width * 0.3 - vignette.width / 2,
        height * 0.2 - vignette.height / 2,
        wrap=False,
    )
    return image.convert("RGB")


def _cutlery(ctx: SceneContext, centre: tuple[int, int], size: int) -> list[tuple[Layer, int, int]]:
    if ctx.width < size * 1.5:
        return []
    high, steel = size * 0.78, ctx.shade((206, 210, 216))
    fork, knife = Pen(size * 0.12, high), Pen(size * 0.12, high)
    x = size * 0.06
    for pen in (fork, knife):
        pen.limb([(x, high * 0.42), (x, high * 0.95)], [size * 0.018, size * 0.034], steel)
    for tine in (-1.2, -0.4, 0.4, 1.2):
        fork.line(
            [(x + tine * size * 0.02, high * 0.03), (x + tine * size * 0.02, high * 0.25)],
            size * 0.008,
            steel,
        )
    fork.limb([(x, high * 0.24), (x, high * 0.44)], [size * 0.056, size * 0.016], steel)
    knife.limb(
        [(x, high * 0.06), (x, high * 0.44)], [size * 0.03, size * 0.044], lighter(steel, 0.14)
    )
    top = round(centre[1] - high / 2)
    left, right = centre[0] - size * 0.7, centre[0] + size * 0.58
    return [(Layer(fork.image()), round(left), top), (Layer(knife.image()), round(right), top)]


def _shine(ctx: SceneContext, size: int) -> Layer:
    light = glow(size // 2, (255, 250, 236), 0.16, 0.8)
    fade = (
        np.linspace(1, 0, light.width, dtype=np.float32)[None, :]
        * np.linspace(1, 0.2, light.height, dtype=np.float32)[:, None]
    )
    alpha = np.asarray(light.getchannel("A"), np.float32) / 255 * fade
    return Layer(tinted(ctx.light.sun, alpha))


def _steam(ctx: SceneContext) -> list[Element]:
    elements = list[Element]()
    for index in range(2):
        random = np.random.default_rng(ctx.seed + 90 + index)
        sheet = Image.new("RGBA", (ctx.width, ctx.height))
        for _ in range(9):
            x = ctx.width / 2 + random.normal(0, 0.13) * min(ctx.width, ctx.height)
            y = random.uniform(0.04, 0.8) * ctx.height
            long = ctx.px(random.uniform(110, 210))
            pen = Pen(ctx.px(150), long)
            line = [
                (
                    pen.width / 2 + math.sin(k / 8 * 5 + index) * ctx.px(22),
                    long * (0.15 + 0.7 * k / 8),
                )
                for k in range(9)
            ]
            pen.limb(
                line,
                [ctx.px(6 + 22 * math.sin(math.pi * k / 8)) for k in range(9)],
                (255, 255, 255),
            )
            wisp = blurred(pen.image(), ctx.px(16))
            wisp.putalpha(wisp.getchannel("A").point([v * 26 // 100 for v in range(256)]))
            stamp(sheet, wisp, x - pen.width / 2, y, wrap=False)
        # The sheet repeats downwards, so its seam must be empty.
        elements.append(
            TiledLayer(Layer(_soft_ends(sheet), wrap=True), 0, -ctx.px(70 + 40 * index), ctx.px(12))
        )
    return elements


def _soft_ends(sheet: Image.Image) -> Image.Image:
    rows = np.arange(sheet.height, dtype=np.float32)
    fade = np.clip(np.minimum(rows, sheet.height - 1 - rows) / (sheet.height * 0.12), 0, 1)
    fade[0] = fade[-1] = 0.02
    alpha = np.asarray(sheet.getchannel("A"), np.float32) * fade[:, None]
    sheet.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    return sheet
