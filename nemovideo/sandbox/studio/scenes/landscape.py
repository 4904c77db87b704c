"""Landscapes without an animal in them; people and things that the words name stand in them."""

import numpy as np
from PIL import Image, ImageOps

from nemovideo.sandbox.studio.canvas import Layer
from nemovideo.sandbox.studio.paint import Pen, tinted
from nemovideo.sandbox.studio.palette import Colour, lighter
from nemovideo.sandbox.studio.scenes import people
from nemovideo.sandbox.studio.scenes.abstract import curtain
from nemovideo.sandbox.studio.scenes.layers import Acting, Element, Fixed, Poses, Stage, standing
from nemovideo.sandbox.studio.scenes.places import place_for
from nemovideo.sandbox.studio.scenes.scenery import tinted_shadow

_PEOPLE = (
    "woman", "man", "boy", "girl", "child", "people", "person", "couple", "family", "dancer",
    "runner", "hiker", "samurai", "knight", "chef", "student", "robot",
    "人", "女孩", "男孩", "孩子",
)  # fmt: skip


def landscape(stage: Stage) -> list[Element]:
    """The place that the words name, with what they put into it."""
    place = place_for(stage)
    elements = list(place.behind)
    if stage.says("rainbow", "彩虹"):
        elements.insert(3, _rainbow(stage))
    if stage.says("northern lights", "aurora", "极光"):
        elements[1:1] = _aurora(stage)
    if stage.says("balloon", "热气球"):
        elements += _balloons(stage)
    if any(word in stage.spec.subject for word in _PEOPLE):
        elements += walkers(stage, place.ground)
    return [*elements, *place.front]


def walkers(stage: Stage, ground: float) -> list[Element]:
    """Somebody walking (or a robot), two where the words speak of more than one."""
    elements = list[Element]()
    several = stage.says("people", "couple", "family", "children", "friends", "人们", "情侣")
    for index in range(2 if several else 1):
        tall = min(stage.height * 0.46, stage.width * 0.7) * (0.9 if index else 1.0)
        look = people.look_of(stage.spec.subject, index)

        def paint(phase: float, tall: float = tall, look: people.Look = look) -> Image.Image:
            picture = people.walker(tall, phase, look, stage.light)
            return tinted_shadow(ImageOps.mirror(picture) if stage.scroll < 0 else picture, stage)

        wide, high = people.extent(tall)
        x = stage.width * (0.5 + (0.14 * (1 if index else -1) if several else 0)) - wide / 2
        y = stage.height * ground - high
        rate = people.POSES * (abs(stage.scroll) / (tall * 0.82)) if stage.scroll else 0.0
        elements.append(Acting(Poses(people.POSES, paint), rate, standing(x, y), index * 7))
    return elements


def _rainbow(stage: Stage) -> Element:
    width, height = stage.width, round(stage.height * 0.62) // 2 * 2
    x = (np.arange(width, dtype=np.float32) - width * 0.5)[None, :]
    y = (np.arange(height, dtype=np.float32) - height * 1.05)[:, None]
    far = np.sqrt(x * x + y * y) / (height * 0.92)
    image = Image.new("RGBA", (width, height))
    hues: tuple[Colour, ...] = (
        (170, 90, 220),
        (80, 120, 240),
        (80, 200, 120),
        (250, 220, 80),
        (250, 150, 60),
        (240, 80, 80),
    )
    for index, hue in enumerate(hues):
        band = np.exp(-(((far - 0.82 - 0.026 * index) / 0.019) ** 2))
        image.alpha_composite(tinted(hue, band * 0.42))
    return Fixed(Layer(image))


def _aurora(stage: Stage) -> list[Element]:
    elements = list[Element]()
    hues: tuple[Colour, ...] = ((60, 240, 150), (90, 220, 220), (180, 100, 240))
    for index, hue in enumerate(hues):
        elements.append(curtain(stage, index, hue))
    return elements


def _balloons(stage: Stage) -> list[Element]:
    elements = list[Element]()
    hues: tuple[Colour, ...] = ((232, 76, 70), (250, 176, 60), (70, 150, 210), (150, 90, 190))
    for index, share in enumerate((0.45, 0.3, 0.62, 1.0)):
        size = min(stage.px(330), stage.width * 0.4) * share
        layer = Layer(_balloon(size, hues[index], stage))
        at = (0.16 + 0.21 * index, (0.3, 0.12, 0.2, 0.1)[index])

        def path(t: float, at: tuple[float, float] = at, index: int = index) -> tuple[float, float]:
            x = stage.width * at[0] + stage.px(12 + 5 * index) * t
            lift = stage.px(18) * float(np.sin(t * 0.6 + index))
            return x % (stage.width * 1.3) - stage.width * 0.12, stage.height * at[1] + lift

        elements.append(Acting([layer], 1, path))
    return elements


def _balloon(size: float, hue: Colour, stage: Stage) -> Image.Image:
    pen, shade, x = Pen(size, size * 1.4), stage.light.shade, size / 2
    pen.limb(
        [(x, size * 0.48), (x, size * 1.06)], [size * 0.94, size * 0.16], shade(lighter(hue, -0.1))
    )
    for wide, tone in ((0.66, 0.14), (0.34, 0.36), (0.1, 0.0)):
        pen.limb(
            [(x, size * 0.48), (x, size * 1.06)],
            [size * wide, size * wide * 0.17],
            shade(lighter(hue, tone)),
        )
        pen.ellipse(x, size * 0.48, size * wide / 2, size * 0.46, shade(lighter(hue, tone)))
    for side in (-1, 1):
        pen.line(
            [(x + side * size * 0.07, size * 1.1), (x + side * size * 0.06, size * 1.24)],
            size * 0.01,
            shade((70, 56, 48)),
        )
    pen.rect(
        (x - size * 0.075, size * 1.23, x + size * 0.075, size * 1.36),
        shade((134, 92, 56)),
        radius=size * 0.02,
    )
    return pen.image()
