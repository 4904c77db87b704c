"""The stage a scene is built on, and the things that can stand and move on it."""

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.camera import Zoom, view_of
from nemovideo.sandbox.studio.canvas import Bytes, Canvas, Layer
from nemovideo.sandbox.studio.palette import Colour, Light
from nemovideo.sandbox.studio.render_plan import SceneSpec

_ZOOM_REACH = 0.16
# A zoom lasts as long as its segment, but in a long one it must not become too slow to be seen.
_ZOOM_SECONDS = 20.0
# What moves no faster than this (pixels of a 1080-line picture a second) may be reused for a frame
# or more, about as long as the other figure says: nothing then jumps by more than two pixels.
_SLOW, _REDRAW_SECONDS = 30.0, 1 / 15


@dataclass(frozen=True, slots=True)
class SceneContext:
    """What every painter needs: the words, the light, the size and a seed.

    ``scroll`` is how fast the nearest ground passes by, in pixels a second; positive means that
    the camera moves to the right.
    """

    spec: SceneSpec
    light: Light
    width: int
    height: int
    fps: float
    frames: int
    seed: int
    scroll: float = 0.0

    @property
    def unit(self) -> float:
        """Pixels of this picture for one pixel of a 1080-line one."""
        return min(self.width, self.height) / 1080

    @property
    def period(self) -> int:
        """The width after which a passing layer repeats, in even pixels."""
        return max(64, round(self.width * 0.8 + min(self.width, self.height) * 1.3) // 2 * 2)

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    def px(self, length: float) -> float:
        """A length of a 1080-line picture in this one's pixels."""
        return length * self.unit

    def shade(self, colour: Colour, depth: float = 0.0) -> Colour:
        """A thing's own colour in this light, ``depth`` 0 (near) to 1 (horizon) away."""
        return self.light.shade(colour, depth)

    def mentions(self, *words: str) -> bool:
        """Return True if subject, setting, style or prompt hold one of the words."""
        spec = self.spec
        texts = (spec.subject, spec.setting, spec.prompt, *spec.style)
        return any(contains(text, words) for text in texts)


def contains(text: str, words: Sequence[str]) -> bool:
    """Return True if a text holds one of the words: "tea" is in "cup of tea", not in "steak"."""
    return _pattern(tuple(words)).search(text) is not None


@lru_cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    ends = "(?:s|es|y|[a-z]?ing)?(?![a-z])"
    found = [f"(?<![a-z]){word}{ends}" if word.isascii() else word for word in words]
    return re.compile("|".join(found))


Path = Callable[[float], tuple[float, float]]


def standing(x: float, y: float) -> Path:
    """The path of what stays where it is."""
    return lambda _t: (x, y)


class Element(Protocol):
    """A part of a scene."""

    def draw(self, canvas: Canvas, t: float) -> None:
        """Draw it as it is ``t`` seconds into the scene."""
        ...


@dataclass(frozen=True, slots=True)
class StaticLayer:
    """A layer that stays where it is."""

    layer: Layer
    x: int = 0
    y: int = 0

    def draw(self, canvas: Canvas, t: float) -> None:
        self.layer.draw(canvas, self.x, self.y)


@dataclass(frozen=True, slots=True)
class ScrollingLayer:
    """A repeating layer that passes by: ``speed`` in pixels a second, to the left if positive.

    ``bob`` is how far it rises and sinks (pixels), ``beat`` how long that takes (seconds).
    """

    layer: Layer
    speed: float
    y: int = 0
    bob: float = 0.0
    bob_seconds: float = 4.0

    def draw(self, canvas: Canvas, t: float) -> None:
        lift = self.bob * math.sin(2 * math.pi * t / self.bob_seconds) if self.bob else 0.0
        self.layer.draw(canvas, round(-self.speed * t), self.y + round(lift))


@dataclass(frozen=True, slots=True)
class TiledLayer:
    """A layer repeated in both directions: petals, leaves, bubbles; speeds in pixels a second."""

    layer: Layer
    across: float
    down: float
    sway: float = 0.0

    def draw(self, canvas: Canvas, t: float) -> None:
        height = self.layer.height + self.layer.top
        x = round(self.across * t + self.sway * math.sin(t * 1.3))
        for y in range(round(self.down * t) % height - height, canvas.height, height):
            self.layer.draw(canvas, x, y)


@dataclass(frozen=True, slots=True)
class ParticleLayer:
    """Bright specks (snow, rain, stars) as luma alone: the brighter of both is seen."""

    texture: Bytes
    across: float
    down: float
    sway: float = 0.0

    def draw(self, canvas: Canvas, t: float) -> None:
        rows, columns = self.texture.shape
        x = round(self.across * t + self.sway * math.sin(t * 0.9)) % columns - columns
        y = round(self.down * t) % rows - rows
        for top in range(y, canvas.height, rows):
            for left in range(x, canvas.width, columns):
                target = canvas.y[max(0, top) : top + rows, max(0, left) : left + columns]
                first, begin = max(0, -top), max(0, -left)
                high, wide = target.shape
                part = self.texture[first : first + high, begin : begin + wide]
                np.maximum(target, part, out=target)


class SpriteFrames:
    """The pictures of a figure in motion, each painted when it is first seen.

    So the first frame need not wait for all of them: others are encoded while they are painted.

    Args:
        count: how many there are.
        paint: makes the picture at a share (0..1) of the motion.
    """

    def __init__(self, count: int, paint: Callable[[float], Image.Image]) -> None:
        self._paint = paint
        self._layers: list[Layer | None] = [None] * count

    def __len__(self) -> int:
        return len(self._layers)

    def __getitem__(self, number: int) -> Layer:
        layer = self._layers[number]
        if layer is None:
            layer = self._layers[number] = Layer(self._paint(number / len(self)))
        return layer


@dataclass(frozen=True, slots=True)
class AnimatedSprite:
    """A figure that goes through its poses, ``rate`` a second, along a path (t → x, y)."""

    frames: Sequence[Layer] | SpriteFrames
    rate: float
    path: Path
    start: int = 0

    def draw(self, canvas: Canvas, t: float) -> None:
        frame = self.frames[(int(t * self.rate) + self.start) % len(self.frames)]
        x, y = self.path(t)
        frame.draw(canvas, round(x), round(y))


def _seen(elements: Sequence[Element], ctx: SceneContext) -> tuple[list[Element], list[int]]:
    """The elements without what later ones always hide, and how far down each is seen (rows)."""
    seen, rows, open_rows = list[Element](), list[int](), ctx.height
    for element in reversed(elements):
        rows.append(open_rows)
        if isinstance(element, StaticLayer) or (
            isinstance(element, ScrollingLayer) and not element.bob
        ):
            top, layer = element.layer.rows_from(element.y), element.layer
            if top + layer.height > open_rows:
                layer = layer.shortened(open_rows - top)
                element = replace(element, layer=layer)
            if top + layer.height == open_rows and _spans(element, ctx):
                open_rows -= layer.opaque_rows // 2 * 2
        seen.append(element)
    return seen[::-1], rows[::-1]


def _spans(element: StaticLayer | ScrollingLayer, ctx: SceneContext) -> bool:
    """Return True if it reaches from the left edge of the picture to the right one at all times."""
    layer = element.layer
    if layer.wrap or isinstance(element, ScrollingLayer):
        return layer.wrap
    left = element.x + layer.left
    return left <= 0 and left + layer.width >= ctx.width


class _Background:
    """The first elements of a scene as long as they move slowly: not redrawn for every frame."""

    def __init__(self, elements: Sequence[Element], ctx: SceneContext, rows: int) -> None:
        self._elements, self._rows = elements, rows
        self._canvas = Canvas.blank(ctx.width, ctx.height)
        self._fps, self._cached = ctx.fps, max(1, round(ctx.fps * _REDRAW_SECONDS))
        self._moves = any(isinstance(e, ScrollingLayer) and e.speed for e in elements)
        self._drawn: int | None = None

    def draw(self, canvas: Canvas, t: float) -> None:
        """Draw them as they are by now, or were a frame ago."""
        number = round(t * self._fps) // self._cached * self._cached if self._moves else 0
        if number != self._drawn:
            for element in self._elements:
                element.draw(self._canvas, number / self._fps)
            self._drawn = number
        canvas.copy_from(self._canvas, self._rows)


def _slow(elements: Sequence[Element], ctx: SceneContext) -> list[Element]:
    """The first elements, up to one that moves too fast to be reused for the next frame."""
    most = ctx.px(_SLOW)

    def is_slow(element: Element) -> bool:
        scrolling = (
            isinstance(element, ScrollingLayer) and not element.bob and abs(element.speed) <= most
        )
        return scrolling or isinstance(element, StaticLayer)

    return list(itertools.takewhile(is_slow, elements))


@dataclass(slots=True)
class Scene:
    """Elements drawn in order, seen by a camera that may zoom."""

    ctx: SceneContext
    elements: list[Element] = field(default_factory=list[Element])
    _zoom: Zoom | None = None

    def __post_init__(self) -> None:
        seen, rows = _seen(self.elements, self.ctx)
        slow = _slow(seen, self.ctx)
        self.elements = seen
        if len(slow) > 1:
            last = len(slow) - 1
            self.elements = [_Background(slow, self.ctx, rows[last]), *seen[last + 1 :]]

    def draw(self, canvas: Canvas, frame: int) -> None:
        t, camera = frame / self.ctx.fps, self.ctx.spec.camera
        if not camera.startswith("zoom"):
            self._draw_on(canvas, t)
            return
        if self._zoom is None:
            self._zoom = Zoom(canvas.width, canvas.height)
        self._draw_on(self._zoom.canvas, t)
        lasts = min(self.ctx.seconds, _ZOOM_SECONDS)
        share = t % (2 * lasts) / lasts
        zoom, _, _ = view_of(camera, min(share, 2 - share), _ZOOM_REACH)
        self._zoom.draw(canvas, zoom)

    def close(self) -> None:
        self.elements.clear()

    def _draw_on(self, canvas: Canvas, t: float) -> None:
        for element in self.elements:
            element.draw(canvas, t)
