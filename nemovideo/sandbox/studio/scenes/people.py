"""People (and robots) walking, seen from the side."""

import math
from dataclasses import dataclass

from PIL import Image

from nemovideo.sandbox.studio.paint import Pen
from nemovideo.sandbox.studio.palette import Colour, Light, lighter

POSES = 16


@dataclass(frozen=True, slots=True)
class Outfit:
    """What somebody wears; ``skirt`` and ``long_hair`` change the outline."""

    coat: Colour
    legs: Colour
    hair: Colour
    skin: Colour = (236, 188, 156)
    skirt: bool = False
    long_hair: bool = False


def outfit_of(subject: str, index: int) -> Outfit:
    """The clothes of a subject; the second of two people is dressed otherwise."""
    if "robot" in subject:
        return Outfit((176, 186, 200), (130, 140, 156), (90, 200, 230), (206, 214, 224))
    woman = any(word in subject for word in ("woman", "girl", "lady", "dancer", "女"))
    if woman != (index == 1):
        return Outfit((212, 74, 84), (70, 60, 90), (70, 44, 36), skirt=True, long_hair=True)
    return Outfit((52, 96, 150), (58, 58, 70), (52, 40, 36))


def extent(tall: float) -> tuple[int, int]:
    """Width and height of the pictures of somebody so tall, in pixels."""
    return max(2, round(tall * 0.62)), max(2, round(tall))


def walker(tall: float, phase: float, outfit: Outfit, light: Light) -> Image.Image:
    """One pose of the walk, facing right; the feet stand on the lower edge."""
    pen, shade = Pen(*extent(tall)), light.shade
    bob = abs(math.sin(2 * math.pi * phase)) * 0.012
    x, hip, neck = tall * 0.31, tall * (0.53 - bob), tall * (0.23 - bob)
    _arm(pen, tall, x, neck, phase + 0.5, shade(lighter(outfit.coat, -0.25)), shade(outfit.skin))
    _leg(pen, tall, x, hip, phase + 0.5, shade(lighter(outfit.legs, -0.2)))
    _leg(pen, tall, x, hip, phase, shade(outfit.legs))
    pen.limb(
        [(x + tall * 0.008, neck + tall * 0.03), (x, hip)],
        [tall * 0.13, tall * 0.115],
        shade(outfit.coat),
    )
    if outfit.skirt:
        swing = math.sin(2 * math.pi * phase) * tall * 0.012
        hem = hip + tall * 0.19
        pen.polygon(
            [
                (x - tall * 0.055, hip - tall * 0.06),
                (x + tall * 0.055, hip - tall * 0.06),
                (x + tall * 0.12 + swing, hem),
                (x - tall * 0.11 + swing, hem),
            ],
            shade(outfit.coat),
        )
    pen.limb(
        [(x + tall * 0.01, neck + tall * 0.02), (x + tall * 0.015, neck - tall * 0.04)],
        [tall * 0.05, tall * 0.045],
        shade(outfit.skin),
    )
    _face(pen, tall, x + tall * 0.02, neck - tall * 0.105, outfit, light)
    _arm(pen, tall, x, neck, phase, shade(lighter(outfit.coat, 0.08)), shade(outfit.skin))
    return pen.image()


def _face(pen: Pen, tall: float, x: float, y: float, outfit: Outfit, light: Light) -> None:
    hair, r = light.shade(outfit.hair), tall * 0.075
    if outfit.long_hair:
        pen.limb([(x - r * 0.5, y), (x - r * 0.95, y + r * 2.1)], [r * 1.5, r * 0.8], hair)
    pen.ellipse(x - r * 0.12, y - r * 0.16, r * 1.08, r * 1.08, hair)
    pen.ellipse(x + r * 0.16, y + r * 0.12, r * 0.86, r * 0.9, light.shade(outfit.skin))
    pen.ellipse(x + r * 0.62, y + r * 0.02, r * 0.1, r * 0.13, (32, 28, 30))
    pen.ellipse(x - r * 0.1, y - r * 0.62, r * 0.9, r * 0.46, hair)


def _leg(pen: Pen, tall: float, x: float, hip: float, phase: float, colour: Colour) -> None:
    swing = math.sin(2 * math.pi * phase)
    lift = max(0.0, math.cos(2 * math.pi * phase)) * 0.05
    foot = (x + swing * tall * 0.15, tall * (0.972 - lift))
    knee = (x + swing * tall * 0.075 + lift * tall * 0.9, (hip + foot[1]) / 2)
    pen.limb([(x, hip), knee, foot], [tall * 0.085, tall * 0.065, tall * 0.045], colour)
    pen.limb(
        [foot, (foot[0] + tall * 0.05, foot[1] + tall * 0.005)],
        [tall * 0.045, tall * 0.035],
        lighter(colour, -0.35),
    )


def _arm(
    pen: Pen, tall: float, x: float, neck: float, phase: float, colour: Colour, skin: Colour
) -> None:
    swing = -math.sin(2 * math.pi * phase) * 0.6
    shoulder = (x + tall * 0.01, neck + tall * 0.045)
    elbow = (
        shoulder[0] + math.sin(swing) * tall * 0.14,
        shoulder[1] + math.cos(swing) * tall * 0.14,
    )
    hand = (
        elbow[0] + math.sin(swing + 0.45) * tall * 0.13,
        elbow[1] + math.cos(swing + 0.45) * tall * 0.13,
    )
    pen.limb([shoulder, elbow, hand], [tall * 0.055, tall * 0.048, tall * 0.036], colour)
    pen.ellipse(*hand, tall * 0.024, tall * 0.024, skin)
