"""Trees and other plants as sprites standing on the lower edge of their image."""

import math

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.paint import Pen
from nemovideo.sandbox.studio.palette import Colour, Light, lighter, mix

GREEN: Colour = (62, 128, 66)
BARK: Colour = (104, 74, 52)

Random = np.random.Generator


def pine(height: float, colour: Colour, random: Random, snow: Colour | None = None) -> Image.Image:
    """A conifer, with snow on its branches when a colour for it is given."""
    width = 0.46
    pen = Pen(width, 1, unit=height)
    middle = width / 2
    pen.rect((middle - width * 0.05, 0.86, middle + width * 0.05, 1), (74, 56, 44))
    tiers = 5
    for tier in range(tiers):
        share = (tier + 1) / tiers
        top, bottom = 0.86 * (share - 0.42), 0.06 + 0.84 * share
        half = middle * (0.28 + 0.7 * share) * random.uniform(0.92, 1.04)
        tone = lighter(colour, 0.1 - 0.07 * tier)
        pen.polygon([(middle, max(0, top)), (middle + half, bottom), (middle - half, bottom)], tone)
        pen.polygon(
            [(middle, max(0, top)), (middle + half, bottom), (middle + half * 0.1, bottom)],
            lighter(tone, -0.16),
        )
        if snow is not None:
            cut = max(0, top) + (bottom - max(0, top)) * 0.5
            side = half * 0.5
            pen.polygon([(middle, max(0, top)), (middle + side, cut), (middle - side, cut)], snow)
    return pen.image()


def leafy(height: float, colour: Colour, bark: Colour, random: Random) -> Image.Image:
    """A broad tree: a trunk with branches under a crown of blobs, lit from the upper left."""
    width = 0.95
    pen, middle = Pen(width, 1, unit=height), width / 2
    pen.limb([(middle, 1), (middle, 0.55)], [width * 0.09, width * 0.05], bark)
    for side in (-1, 1):
        tip = (middle + side * width * 0.2, 0.38)
        pen.limb([(middle, 0.66), tip], [width * 0.05, width * 0.02], bark)
    blobs = list[tuple[float, float, float]]()
    for _ in range(26):
        angle, far = random.uniform(0, 2 * math.pi), random.uniform(0, 1) ** 0.6
        x = middle + math.cos(angle) * far * width * 0.33
        y = 0.34 + math.sin(angle) * far * 0.22
        blobs.append((x, y, random.uniform(0.09, 0.15) * width))
    for x, y, r in blobs:
        pen.ellipse(x, y + r * 0.25, r, r * 0.9, lighter(colour, -0.2))
    for x, y, r in blobs:
        lit = middle - x + 0.34 - y
        pen.ellipse(x - r * 0.1, y - r * 0.1, r * 0.86, r * 0.8, lighter(colour, lit * 0.5))
    for x, y, r in blobs[::2]:
        pen.ellipse(x - r * 0.3, y - r * 0.35, r * 0.4, r * 0.34, lighter(colour, 0.22))
    return pen.image()


def palm(height: float, colour: Colour, bark: Colour, random: Random) -> Image.Image:
    width = 0.9
    pen, lean = Pen(width, 1, unit=height), random.uniform(-0.12, 0.12)
    crown = (width * (0.5 + lean), 0.26)
    bend = (width * (0.5 - lean * 0.4), 0.62)
    foot = (width * (0.5 - lean), 1)
    pen.limb([foot, bend, crown], [width * 0.06, width * 0.045, width * 0.034], bark)
    for index in range(9):
        angle = math.pi * (0.95 + 1.1 * index / 8) + random.uniform(-0.1, 0.1)
        tone = lighter(colour, 0.12 - 0.05 * (index % 4))
        reach = width * random.uniform(0.34, 0.42)
        line = list[tuple[float, float]]()
        for step in range(7):
            share = step / 6
            x = crown[0] + math.cos(angle) * reach * share
            y = crown[1] + math.sin(angle) * reach * share * 0.7 + share * share * reach * 0.62
            line.append((x, y))
        pen.limb(line, [width * v for v in (0.02, 0.05, 0.062, 0.055, 0.04, 0.022, 0.006)], tone)
    return pen.image()


def bamboo(height: float, thick: float, colour: Colour, random: Random) -> Image.Image:
    """One culm from below the picture to above it, with joints and a few twigs of leaves."""
    width = thick * 9
    pen, middle = Pen(width, height), width / 2
    lean = random.uniform(-0.5, 0.5) * thick
    pieces = max(4, round(height / (thick * 5.2)))
    for piece in range(pieces):
        top, bottom = piece * height / pieces, (piece + 1) * height / pieces
        x = middle + lean * (piece / pieces - 0.5) * 2
        half = thick / 2
        pen.rect((x - half, top, x + half, bottom), colour)
        pen.rect((x - half * 0.62, top, x - half * 0.15, bottom), lighter(colour, 0.2))
        pen.rect((x + half * 0.45, top, x + half, bottom), lighter(colour, -0.18))
        edge = thick * 0.07
        pen.rect(
            (x - half * 1.12, bottom - edge, x + half * 1.12, bottom + edge), lighter(colour, -0.34)
        )
        if random.random() < 0.42:
            side = 1 if random.random() < 0.5 else -1
            leaves(pen, (x + side * half, bottom), thick * 1.5, side, lighter(colour, 0.08), random)
    return pen.image()


def leaves(
    pen: Pen, at: tuple[float, float], length: float, side: int, colour: Colour, random: Random
) -> None:
    for _ in range(5):
        angle = random.uniform(0.15, 1.2)
        reach = length * random.uniform(0.8, 1.5)
        tip = (at[0] + side * math.cos(angle) * reach, at[1] + math.sin(angle) * reach)
        middle = ((at[0] + tip[0]) / 2, (at[1] + tip[1]) / 2 - reach * 0.08)
        wide = reach * 0.09
        tone = lighter(colour, random.uniform(-0.15, 0.15))
        pen.polygon(
            [at, (middle[0] + wide, middle[1] - wide), tip, (middle[0] - wide, middle[1] + wide)],
            tone,
        )


def cherry(height: float, light: Light, depth: float, random: Random) -> Image.Image:
    """A cherry tree in bloom: a dark, forked trunk under clouds of pink."""
    width = 1.15
    pen, middle = Pen(width, 1, unit=height), width / 2
    bark = light.shade((82, 56, 54), depth)
    pen.limb([(middle, 1), (middle * 0.96, 0.6)], [width * 0.075, width * 0.05], bark)
    tips = list[tuple[float, float]]()
    for angle in (-2.6, -2.15, -1.7, -1.3, -0.85, -0.5):
        tip = (middle + math.cos(angle) * width * 0.33, 0.6 + math.sin(angle) * 0.33)
        pen.limb([(middle * 0.96, 0.62), tip], [width * 0.034, width * 0.012], bark)
        tips.append(tip)
    pink: Colour = (250, 178, 200)
    for ring, tone in enumerate(((228, 132, 168), pink, (255, 214, 226))):
        shade = light.shade(mix(tone, pink, 0.2), depth)
        for x, y in tips:
            for _ in range(9 - 2 * ring):
                dx, dy = random.normal(0, width * 0.06), random.normal(0, 0.055)
                r = width * random.uniform(0.028, 0.06) * (1.1 - 0.25 * ring)
                pen.ellipse(x + dx, y + dy - ring * 0.014, r, r * 0.9, shade)
    return pen.image()


def flower(size: float, colour: Colour, stem: Colour) -> Image.Image:
    pen, middle = Pen(1, 2.2, unit=size), 0.5
    pen.line([(middle, 0.5), (middle, 2.2)], 0.09, stem)
    for petal in range(6):
        angle = petal * math.pi / 3
        at = (middle + math.cos(angle) * 0.26, 0.5 + math.sin(angle) * 0.26)
        pen.ellipse(*at, 0.2, 0.2, colour)
    pen.ellipse(middle, 0.5, 0.16, 0.16, (252, 210, 84))
    return pen.image()


def tuft(height: float, colour: Colour, random: Random) -> Image.Image:
    width = 1.1
    pen = Pen(width, 1, unit=height)
    for _ in range(9):
        foot = width * random.uniform(0.3, 0.7)
        tip = (foot + random.uniform(-0.34, 0.34) * width, random.uniform(0, 0.4))
        tone = lighter(colour, random.uniform(-0.16, 0.16))
        wide = width * 0.03
        pen.polygon([(foot - wide, 1), tip, (foot + wide, 1)], tone)
    return pen.image()


def cactus(height: float, colour: Colour) -> Image.Image:
    width = 0.62
    pen, middle, thick = Pen(width, 1, unit=height), width / 2, 0.15
    pen.limb([(middle, 1), (middle, thick)], [thick, thick], colour)
    for side, low in ((-1, 0.56), (1, 0.44)):
        elbow = (middle + side * width * 0.34, low)
        arm = [(middle, low), elbow, (elbow[0], low - 0.24)]
        pen.limb(arm, [thick * 0.62] * 3, lighter(colour, -0.06 * side))
    pen.line(
        [(middle - thick * 0.2, 1), (middle - thick * 0.2, thick)], 0.012, lighter(colour, 0.2)
    )
    return pen.image()
