"""Abstract pictures, and the card that stands in for a subject that is not painted."""

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from nemovideo.sandbox.studio.canvas import Canvas, Layer
from nemovideo.sandbox.studio.encode import memory_of, new_frame
from nemovideo.sandbox.studio.paint import Pen, ridge, tinted
from nemovideo.sandbox.studio.palette import Colour, mix
from nemovideo.sandbox.studio.scenes.layers import (
    Element,
    SceneContext,
    ScrollingLayer,
    StaticLayer,
)
from nemovideo.sandbox.studio.text import words_image

_NEON: tuple[Colour, ...] = (
    (12, 6, 34), (58, 10, 96), (14, 30, 110), (255, 50, 170), (40, 225, 255), (160, 90, 255),
)  # fmt: skip
_GROUNDS: tuple[tuple[Colour, ...], ...] = (
    ((20, 28, 52), (44, 60, 104), (30, 78, 96)),
    ((40, 24, 52), (88, 50, 92), (52, 56, 110)),
    ((22, 44, 46), (40, 92, 88), (58, 76, 110)),
)
_NOTE = "SANDBOX PLACEHOLDER"
_LONGEST = 160
# How often a second the field is computed: it flows so slowly that no step is seen.
_FLOW = 15


def abstract(ctx: SceneContext) -> list[Element]:
    """A field of colour with lines of light passing over it."""
    lines = [_line(ctx, index, _NEON[3 + index % 3]) for index in range(6)]
    return [_Field(ctx, _NEON[:3]), *lines]


def card(ctx: SceneContext) -> list[Element]:
    """The words of the prompt on a moving ground: plainly a stand-in, and no wrong picture."""
    ground = _GROUNDS[ctx.seed % len(_GROUNDS)]
    elements: list[Element] = [_Field(ctx, ground), _line(ctx, 5, mix(ground[1], ground[2], 0.5))]
    words = ctx.spec.prompt or ctx.spec.subject or ctx.spec.family
    shown = words if len(words) <= _LONGEST else f"{words[:_LONGEST].rstrip()}…"
    size, widest = min(ctx.width, ctx.height), ctx.width * 0.72
    text = words_image(shown, size * 0.062, (255, 255, 255), widest)
    note = words_image(_NOTE, size * 0.03, (206, 214, 232), widest)
    if text is None or note is None:
        return elements
    wide, high = ctx.width * 0.82, text.height + note.height + size * 0.09
    panel = Pen(wide, high)
    panel.rect((0, 0, wide, high), (14, 18, 32), radius=size * 0.03)
    image = panel.image()
    image.putalpha(image.getchannel("A").point([level * 150 // 255 for level in range(256)]))
    image.alpha_composite(note, ((image.width - note.width) // 2, round(size * 0.025)))
    at = ((image.width - text.width) // 2, note.height + round(size * 0.05))
    image.alpha_composite(text, at)
    # A title stands in the lower third, below the words.
    bottom = min(ctx.height * 0.54 + image.height / 2, ctx.height * 0.64)
    left, top = (ctx.width - image.width) // 2, max(0, round(bottom - image.height))
    return [*elements, StaticLayer(Layer(image), left, top)]


class _Field:
    """Three colours flowing into each other: computed small and scaled up."""

    def __init__(self, ctx: SceneContext, colours: tuple[Colour, ...]) -> None:
        self._wide = max(16, ctx.width // 24 * 2)
        self._high = max(16, ctx.height // 24 * 2)
        swatch = Canvas.blank(6, 2)
        for index, colour in enumerate(colours):
            Layer(Image.new("RGB", (2, 2), colour)).draw(swatch, index * 2, 0)
        self._y = swatch.y[0, ::2].astype(np.float32)
        self._u, self._v = swatch.u[0].astype(np.float32), swatch.v[0].astype(np.float32)
        self._phase = np.random.default_rng(ctx.seed).uniform(0, 6.28, 6)
        unit = min(self._wide, self._high)
        self._x = np.arange(self._wide, dtype=np.float32)[None, :] / unit
        self._z = np.arange(self._high, dtype=np.float32)[:, None] / unit
        self._size = ctx.width, ctx.height
        self._cached: tuple[int, VideoFrame] | None = None

    def draw(self, canvas: Canvas, t: float) -> None:
        """Draw the colours as they have flowed by now, or a moment ago."""
        step = int(t * _FLOW + 1e-6)
        if self._cached is None or self._cached[0] != step:
            self._cached = step, self._flowed(step / _FLOW)
        for plane, out in zip(self._cached[1].planes, canvas.planes, strict=True):
            np.copyto(out, memory_of(plane))

    def _flowed(self, t: float) -> VideoFrame:
        p, x, z = self._phase, self._x, self._z
        warp = np.sin(2.3 * z + 0.35 * t + p[0]) * 0.6
        first = 0.5 + 0.5 * np.sin(2.2 * x + warp * 1.6 + 0.3 * t + p[1])
        second = 0.5 + 0.5 * np.sin(3.1 * z - 1.4 * x + 0.24 * t + p[2] + warp)
        third = 0.35 + 0.35 * np.sin(1.7 * x + 2.6 * z - 0.4 * t + p[3])
        total = first + second + third + 1e-3
        shares = (third / total, first / total, second / total)
        frame, small = new_frame(self._wide, self._high)
        bands = ((self._y, 1), (self._u, 2), (self._v, 2))
        for plane, (levels, step) in zip(small.planes, bands, strict=True):
            value = sum(s[::step, ::step] * level for s, level in zip(shares, levels, strict=True))
            np.copyto(plane, np.asarray(value + 0.5), casting="unsafe")
        return frame.reformat(*self._size, "yuv420p", interpolation="BICUBIC")


def _line(ctx: SceneContext, index: int, colour: Colour) -> Element:
    """A wave of light: a bright core in a wide glow."""
    seed, high = ctx.seed + index, ctx.height * (0.07 + 0.025 * (index % 3))
    waves = ((1 + index % 3, high), (3 + index % 2, high * 0.4), (7, high * 0.08))
    line = ridge(ctx.period, seed, waves)
    reach = float(np.abs(line).max()) + ctx.px(70)
    rows = round(reach * 2) // 2 * 2
    distance = np.abs(np.arange(rows, dtype=np.float32)[:, None] - reach - line[None, :])
    distance /= np.sqrt(1 + np.gradient(line) ** 2)[None, :] * ctx.px(1)
    light = np.exp(-((distance / 7) ** 2)) * 0.9 + np.exp(-distance / 20) * 0.42
    image = tinted(colour, light * np.clip((66 - distance) / 20, 0, 1))
    image.alpha_composite(tinted((255, 250, 255), np.clip(2.6 - distance, 0, 1) * 0.9))
    speed = ctx.px(60 + 34 * index) * (1 if index % 2 else -1)
    y = round(ctx.height * (0.16 + 0.136 * index) - reach)
    layer = Layer(image, wrap=True)
    return ScrollingLayer(layer, speed, y, bob=ctx.px(34), bob_seconds=5.0 + index)
