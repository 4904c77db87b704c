"""Space: turning planets, rings, galaxies, stars and what flies between them."""

import math

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.canvas import Bytes, Canvas, Layer
from nemovideo.sandbox.studio.paint import Floats, Pen, dithered, glow, noise, stamp, tinted
from nemovideo.sandbox.studio.palette import Colour, lighter, mix
from nemovideo.sandbox.studio.scenes.layers import (
    AnimatedSprite,
    Element,
    ParticleLayer,
    SceneContext,
    ScrollingLayer,
    SpriteFrames,
    StaticLayer,
)

_PLANETS: dict[str, tuple[Colour, ...]] = {
    "earth": ((24, 74, 150), (32, 96, 176), (62, 128, 74), (150, 134, 84), (240, 246, 250)),
    "mars": ((120, 52, 30), (176, 82, 44), (206, 112, 64), (226, 150, 100)),
    "moon": ((96, 98, 104), (142, 144, 150), (178, 180, 184), (208, 208, 210)),
    "saturn": ((176, 142, 92), (222, 190, 136), (240, 216, 168), (200, 164, 112)),
    "jupiter": ((150, 96, 62), (226, 190, 150), (240, 224, 200), (186, 124, 84), (232, 206, 172)),
    "planet": ((40, 44, 110), (92, 66, 170), (210, 96, 170), (250, 176, 160), (120, 90, 200)),
}
_STRIPED = ("saturn", "jupiter", "planet")


def space(ctx: SceneContext) -> list[Element]:
    drift = ctx.px(14) + ctx.scroll * 0.05
    elements: list[Element] = [ScrollingLayer(Layer(_nebula(ctx), wrap=True), drift)]
    elements += _stars(ctx)
    small = ctx.mentions("rocket", "astronaut", "spaceship", "spacecraft", "火箭", "宇航")
    traveller = [_traveller(ctx)] if small else []
    if ctx.mentions("galaxy", "milky way", "black hole", "银河", "星系", "黑洞"):
        return [*elements, *_galaxy(ctx, hole=ctx.mentions("black hole", "黑洞")), *traveller]
    if ctx.mentions("nebula", "starry", "meteor", "comet", "shooting star", "星云", "流星", "星空"):
        return [*elements, *_meteors(ctx), *traveller]
    name = next((n for n in _PLANETS if ctx.mentions(n)), "planet")
    name = "saturn" if ctx.mentions("ring", "土星") else name
    return [*elements, *_planet_with(ctx, name, small=small), *traveller]


def _nebula(ctx: SceneContext) -> Image.Image:
    width, height = ctx.period, ctx.height
    planes = np.empty((3, height, width), np.float32)
    planes[:] = np.array((7, 8, 22))[:, None, None]
    hues: tuple[Colour, ...] = ((88, 40, 150), (30, 84, 170), (190, 60, 120))
    for index, hue in enumerate(hues):
        small = noise(max(8, width // 4), max(8, height // 4), ctx.seed + index, ctx.px(120), 5)
        field = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        share = np.clip((np.asarray(field) - 0.46) * 2.4, 0, 1) ** 1.5 * np.float32(0.75)
        for plane, level in zip(planes, hue, strict=True):
            plane += share * level
    return dithered(planes, ctx.seed)


def _stars(ctx: SceneContext) -> list[Element]:
    elements = list[Element]()
    for index, (count, speed, size) in enumerate(((1000, 3.0, 1), (260, 8.0, 2), (60, 16.0, 3))):
        random = np.random.default_rng(ctx.seed + 20 + index)
        rows, columns = ctx.height + 64, ctx.period
        texture = np.zeros((rows, columns), np.uint8)
        number = round(count * columns / 2500)
        x, y = random.integers(0, columns - 4, number), random.integers(0, rows - 4, number)
        bright = (90 + 140 * random.random(number) ** 2).astype(np.uint8)
        side = max(1, round(size * ctx.unit))
        for dx in range(side):
            for dy in range(side):
                texture[y + dy, x + dx] = bright
        across = ctx.px(speed) + abs(ctx.scroll) * 0.05 * index
        elements.append(ParticleLayer(texture, -math.copysign(across, ctx.scroll or 1.0), 0.0))
    return elements


def _planet_with(ctx: SceneContext, name: str, *, small: bool) -> list[Element]:
    radius = round(min(ctx.width, ctx.height) * (0.2 if small else 0.31))
    x = round(ctx.width * (0.7 if small else 0.5))
    y = round(ctx.height * (0.36 if small else 0.5))
    hue = _PLANETS[name][-2]
    halo = glow(round(radius * 1.5), mix(hue, (160, 200, 255), 0.5), 0.5, 1.5)
    elements: list[Element] = [StaticLayer(Layer(halo), x - halo.width // 2, y - halo.height // 2)]
    globe = _Globe(ctx, name, radius, x, y)
    if name not in ("saturn", "planet"):
        return [*elements, globe]
    back, front = _rings(radius, _PLANETS[name])
    at = (x - back.width // 2, y - back.height // 2)
    return [*elements, StaticLayer(Layer(back), *at), globe, StaticLayer(Layer(front), *at)]


class _Globe:
    """A ball whose surface turns: every frame takes its pixels from a map of the surface."""

    def __init__(self, ctx: SceneContext, name: str, radius: int, x: int, y: int) -> None:
        radius = radius // 2 * 2
        self._x, self._y = (x - radius) // 2 * 2, (y - radius) // 2 * 2
        wide, high = radius * 4, radius * 2
        surface = _surface(name, wide, high, ctx.seed)
        maps = Canvas.blank(wide, high)
        Layer(surface).draw(maps, 0, 0)
        self._maps = [np.concatenate([plane, plane], axis=1) for plane in maps.planes]
        self._parts = [_Sphere(radius, wide), *[_Sphere(radius // 2, wide // 2)] * 2]
        self._turn = wide / 40.0

    def draw(self, canvas: Canvas, t: float) -> None:
        for plane, surface, ball, half in zip(
            canvas.planes, self._maps, self._parts, (1, 2, 2), strict=True
        ):
            shift = round(self._turn * t / half) % (surface.shape[1] // 2)
            ball.draw(
                plane, surface, self._x // half, self._y // half, shift, 16 if half == 1 else 128
            )


class _Sphere:
    """Where each pixel of a disc lies on the map of a sphere, and how lit it is there."""

    def __init__(self, radius: int, wide: int) -> None:
        at = (np.arange(2 * radius, dtype=np.float32) + 0.5) / radius - 1
        x, y = at[None, :], at[:, None]
        squared = x * x + y * y
        z = np.sqrt(np.clip(1 - squared, 0, 1))
        tilt = 0.35
        up = y * math.cos(tilt) - z * math.sin(tilt)
        deep = y * math.sin(tilt) + z * math.cos(tilt)
        longitude = (np.arctan2(x + 0 * y, deep) / (2 * np.pi) + 0.5) * (wide - 1)
        latitude = np.clip(
            (np.arcsin(np.clip(up, -1, 1)) / np.pi + 0.5) * (2 * radius), 0, 2 * radius - 1
        )
        self._index = latitude.astype(np.int32) * (wide * 2) + longitude.astype(np.int32)
        light = np.clip(-0.55 * x - 0.45 * y + 0.72 * z, 0, 1) * 1.1 + 0.06
        edge = np.clip((1 - np.sqrt(squared)) * radius, 0, 1)
        self._shade = (np.clip(light, 0, 1) * edge * 256).astype(np.uint16)
        self._dark = ((1 - np.clip(light, 0, 1)) * edge * 256).astype(np.uint16)
        self._keep = 256 - (edge * 256).astype(np.uint16)

    def draw(self, plane: Bytes, surface: Bytes, x: int, y: int, shift: int, black: int) -> None:
        size = self._index.shape[0]
        left, top = max(0, x), max(0, y)
        right, bottom = min(plane.shape[1], x + size), min(plane.shape[0], y + size)
        if left >= right or top >= bottom:
            return
        part = (slice(top - y, bottom - y), slice(left - x, right - x))
        target = plane[top:bottom, left:right]
        seen = surface.reshape(-1)[shift:].take(self._index[part], mode="clip")
        value = seen * self._shade[part] + np.uint16(black) * self._dark[part]
        value += target * self._keep[part]
        np.right_shift(value, 8, out=target, casting="unsafe")


def _surface(name: str, wide: int, high: int, seed: int) -> Image.Image:
    colours = np.array(_PLANETS[name], np.float32)
    field = noise(wide, high, seed + 9, high / (2.4 if name == "earth" else 3.2), 6)
    if name in _STRIPED:
        bands = np.linspace(0, 9 * math.pi, high, dtype=np.float32)[:, None]
        field = 0.5 + 0.38 * np.sin(bands + (field - 0.5) * 5) + (field - 0.5) * 0.35
    else:
        field = np.clip((field - 0.5) * 2.1 + 0.5, 0, 1)
    at = np.clip(field, 0, 0.999) * (len(colours) - 1)
    low = at.astype(np.int32)
    part = (at - low)[..., None]
    part = np.clip(part * 3 - 1, 0, 1) if name == "earth" else part
    image = Image.fromarray((colours[low] * (1 - part) + colours[low + 1] * part).astype(np.uint8))
    if name == "moon":
        image = _cratered(image, seed)
    if name == "earth":
        image.paste((250, 252, 255), mask=_cloud_mask(wide, high, seed))
    return image


def _cloud_mask(wide: int, high: int, seed: int) -> Image.Image:
    field: Floats = np.clip((noise(wide, high, seed + 30, high / 3, 6) - 0.54) * 5, 0, 0.85)
    return Image.fromarray((field * 255).astype(np.uint8))


def _cratered(image: Image.Image, seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    ground = image.convert("RGBA")
    for _ in range(70):
        pen = Pen(2.2, 2.2, unit=image.height * random.uniform(0.008, 0.05))
        pen.ellipse(1.1, 1.1, 1, 1, (206, 206, 208), 150)
        pen.ellipse(1.0, 1.0, 0.86, 0.86, (112, 114, 120), 200)
        x, y = random.uniform(0, image.width), random.uniform(0.1, 0.9) * image.height
        stamp(ground, pen.image(), x, y, wrap=True)
    return ground.convert("RGB")


def _rings(radius: int, colours: tuple[Colour, ...]) -> tuple[Image.Image, Image.Image]:
    wide, high = round(radius * 4.6), round(radius * 1.5)
    x = (np.arange(wide, dtype=np.float32) - wide / 2) / radius
    y = (np.arange(high, dtype=np.float32) - high / 2) / radius * 3.4
    far = np.sqrt(x[None, :] ** 2 + y[:, None] ** 2)
    edge = np.clip((far - 1.32) * 30, 0, 1) * np.clip((2.2 - far) * 30, 0, 1)
    bands = 0.55 + 0.3 * np.sin(far * 34) + 0.15 * np.sin(far * 77)
    gap = 1 - np.clip(1 - np.abs(far - 1.85) * 26, 0, 1)
    image = tinted(lighter(colours[-2], 0.25), edge * bands * gap * 0.9)
    half = high // 2
    back, front = image.copy(), image.copy()
    back.paste((0, 0, 0, 0), (0, half, wide, high))
    front.paste((0, 0, 0, 0), (0, 0, wide, half))
    return back, front


def _galaxy(ctx: SceneContext, *, hole: bool) -> list[Element]:
    """A disc of stars seen from the side, turning; with a dark middle it is a black hole."""
    side = round(min(ctx.width, ctx.height) * 0.95) // 2 * 2
    at = (np.arange(side, dtype=np.float32) - side / 2) / (side / 2)
    x, y = at[None, :], at[:, None] * 1.9
    far = np.sqrt(x * x + y * y)
    halo = tinted((120, 130, 255), np.clip(1 - far, 0, 1) ** 1.3 * 0.55)
    halo.alpha_composite(tinted((255, 226, 190), np.clip(np.exp(-(far**2) * 14), 0, 1)))
    place = ((ctx.width - side) // 4 * 2, (ctx.height - side) // 4 * 2)
    elements: list[Element] = [StaticLayer(Layer(halo), *place), _Swirl(ctx, far, x, y, place)]
    if hole:
        dark = 1 - np.clip((np.sqrt(x * x + (y / 1.9) ** 2) - 0.16) * 60, 0, 1)
        disc = tinted((255, 190, 110), np.clip(np.exp(-(((far - 0.26) * 14) ** 2)), 0, 1))
        disc.alpha_composite(tinted((2, 2, 6), dark))
        elements.append(StaticLayer(Layer(disc), *place))
    return elements


class _Swirl:
    """Arms of stars that turn: every frame takes them from a map by distance and angle."""

    _ANGLES = 2048

    def __init__(
        self, ctx: SceneContext, far: Floats, x: Floats, y: Floats, place: tuple[int, int]
    ) -> None:
        self._place, rows = place, int(far.shape[0]) // 2
        distance = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
        turn = np.linspace(0, 2 * np.pi, self._ANGLES, endpoint=False, dtype=np.float32)[None, :]
        arms = 0.5 + 0.5 * np.cos(2 * turn - 9 * np.log(distance + 0.12))
        grain = noise(self._ANGLES, rows, ctx.seed, rows / 9, 6)
        level = np.clip(1 - distance, 0, 1) ** 0.7 * (0.12 + 0.88 * arms**1.5)
        stars = np.where(np.random.default_rng(ctx.seed).random(level.shape) > 0.992, 1.5, 1.0)
        light = np.clip(level * (0.45 + 1.1 * grain) * stars, 0, 1)
        self._map: Bytes = (np.concatenate([light, light], axis=1) * 215).astype(np.uint8)
        angle = (np.arctan2(y + 0 * x, x + 0 * y) / (2 * np.pi) + 0.5) * (self._ANGLES - 1)
        row: Floats = np.minimum(far * (rows - 1), rows - 1).astype(np.float32)
        self._index = row.astype(np.int32) * (2 * self._ANGLES) + angle.astype(np.int32)

    def draw(self, canvas: Canvas, t: float) -> None:
        shift = self._ANGLES - 1 - round(t * self._ANGLES / 50) % self._ANGLES
        seen: Bytes = self._map.reshape(-1)[shift:].take(self._index, mode="clip")
        left, top = self._place
        target = canvas.y[top : top + seen.shape[0], left : left + seen.shape[1]]
        np.maximum(target, seen, out=target)


def _meteors(ctx: SceneContext) -> list[Element]:
    elements = list[Element]()
    long = ctx.px(320)
    pen = Pen(1, 0.6, unit=long)
    for step in range(24):
        share = step / 24
        trail = [(1 - share, 0.6 * share), (0.95 - share, 0.6 * (share + 0.05))]
        pen.line(trail, (1 + 4 * share) / 320, (220, 236, 255), round(14 + 230 * share))
    layer = Layer(pen.image())
    for index in range(9):

        def path(t: float, index: int = index) -> tuple[float, float]:
            again = 2.6 + 0.5 * index
            share = ((t + index * 0.7) % again) / again
            reach = ctx.width * 1.5 * share
            return ctx.width * (0.7 + 0.12 * index) - reach, -long + reach * 0.6

        elements.append(AnimatedSprite([layer], 1, path))
    return elements


def _traveller(ctx: SceneContext) -> Element:
    size = min(ctx.px(400), ctx.width * 0.44)
    make = _astronaut if ctx.mentions("astronaut", "宇航") else _rocket
    frames = SpriteFrames(12, lambda phase: make(size, phase))

    def path(t: float) -> tuple[float, float]:
        x = ctx.width * 0.34 + ctx.px(40) * math.sin(t * 0.5) - size / 2
        return x, ctx.height * 0.56 + ctx.px(34) * math.sin(t * 0.8) - size / 2

    return AnimatedSprite(frames, 10, path)


def _rocket(size: float, phase: float) -> Image.Image:
    whole = Pen(1, 1, unit=size)
    pen, flame = whole.moved(0, 0.5), 0.2 + 0.04 * math.sin(4 * math.pi * phase)
    for share, hue in ((1.0, (255, 130, 40)), (0.66, (255, 206, 90)), (0.36, (255, 250, 220))):
        wide = 0.085 * (0.6 + 0.4 * share)
        pen.polygon([(0.25, -wide), (0.25 - flame * share, 0), (0.25, wide)], hue)
    for side in (-1, 1):
        fin = [(0.42, side * 0.09), (0.22, side * 0.22), (0.25, side * 0.07)]
        pen.polygon(fin, (206, 62, 58))
    pen.limb([(0.3, 0), (0.56, 0), (0.8, 0)], [0.16, 0.22, 0.06], (236, 238, 244))
    pen.limb([(0.3, 0.05), (0.6, 0.06)], [0.06, 0.08], (190, 196, 210))
    pen.limb([(0.72, 0), (0.84, 0)], [0.13, 0.02], (226, 78, 66))
    pen.ellipse(0.58, -0.015, 0.058, 0.058, (70, 84, 110))
    pen.ellipse(0.58, -0.015, 0.044, 0.044, (140, 208, 240))
    return whole.image().rotate(24, Image.Resampling.BICUBIC)


def _astronaut(size: float, phase: float) -> Image.Image:
    whole, swing = Pen(1, 1, unit=size), math.sin(2 * math.pi * phase)
    pen, white = whole.moved(0.5, 0.5), (240, 242, 246)
    pen.rect((-0.19, -0.12, 0.19, 0.2), (186, 192, 204), radius=0.04)
    for side in (-1, 1):
        knee = side * (0.12 + 0.02 * swing)
        leg = [(side * 0.08, 0.16), (knee, 0.3), (knee + side * 0.01, 0.44)]
        pen.limb(leg, [0.13, 0.12, 0.1], white)
        hand = (side * 0.34, -0.06 - 0.05 * swing * side)
        pen.limb([(side * 0.12, -0.06), (side * 0.25, 0.06), hand], [0.12, 0.11, 0.09], white)
    pen.limb([(0, -0.02), (0, 0.14)], [0.3, 0.26], white)
    pen.rect((-0.07, 0.02, 0.07, 0.11), (92, 130, 200), radius=0.015)
    pen.ellipse(0, -0.24, 0.17, 0.165, white)
    pen.ellipse(0.02, -0.235, 0.125, 0.11, (40, 52, 84))
    pen.ellipse(0.06, -0.27, 0.04, 0.03, (150, 190, 240))
    return whole.image().rotate(-12 + 4 * swing, Image.Resampling.BICUBIC)
