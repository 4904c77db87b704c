"""Dishes painted from above, each on its plate, board or in its bowl."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from nemovideo.sandbox.studio.paint import Pen
from nemovideo.sandbox.studio.palette import Colour, lighter

CREAM: Colour = (248, 240, 226)
CHINA: Colour = (244, 243, 240)


class Plate:
    """A round place to paint on; positions are shares of its radius from the centre."""

    def __init__(
        self, size: int, random: np.random.Generator, mentions: Callable[..., bool]
    ) -> None:
        self.random, self.mentions = random, mentions
        self._pen, self._half = Pen(size, size), size / 2

    def image(self) -> Image.Image:
        """The finished picture."""
        return self._pen.image()

    def disc(
        self, x: float, y: float, r: float, colour: Colour, alpha: int = 255, flat: float = 1.0
    ) -> None:
        """A filled circle; ``flat`` below 1 makes it an ellipse."""
        half = self._half
        at = (half * (1 + x * 0.98), half * (1 + y * 0.98))
        self._pen.ellipse(*at, r * half * 0.98, r * half * 0.98 * flat, colour, alpha)

    def stroke(self, points: list[tuple[float, float]], width: float, colour: Colour) -> None:
        """A round line."""
        half = self._half
        scaled = [(half * (1 + x * 0.98), half * (1 + y * 0.98)) for x, y in points]
        self._pen.limb(scaled, [width * half] * len(scaled), colour)

    def shape(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """A filled polygon."""
        half = self._half
        self._pen.polygon(
            [(half * (1 + x * 0.98), half * (1 + y * 0.98)) for x, y in points], colour
        )

    def ring(
        self, count: int, radius: float, turn: float = 0.0
    ) -> Iterator[tuple[float, float, float]]:
        """Positions around the centre and their angles."""
        for index in range(count):
            angle = turn + index * 2 * math.pi / count
            yield math.cos(angle) * radius, math.sin(angle) * radius, angle

    def strewn(self, count: int, radius: float) -> Iterator[tuple[float, float, float]]:
        """Positions spread evenly over a disc, a little out of line."""
        for index in range(count):
            far = radius * math.sqrt((index + 0.5) / count)
            angle = index * 2.39996 + self.random.uniform(-0.25, 0.25)
            yield math.cos(angle) * far, math.sin(angle) * far, self.random.uniform(0, 2 * math.pi)


def china(plate: Plate, colour: Colour = CHINA) -> None:
    """An empty plate."""
    plate.disc(0, 0, 1.0, lighter(colour, -0.14))
    plate.disc(-0.004, -0.008, 0.985, colour)
    plate.disc(0, 0, 0.74, lighter(colour, -0.1))
    plate.disc(0.006, 0.008, 0.725, lighter(colour, -0.03))


def bowl(plate: Plate, colour: Colour, soup: Colour) -> None:
    """A filled bowl."""
    plate.disc(0, 0, 1.0, lighter(colour, -0.3))
    plate.disc(-0.005, -0.008, 0.985, colour)
    plate.disc(0, 0, 0.88, lighter(colour, -0.42))
    plate.disc(0.01, 0.014, 0.86, soup)
    plate.disc(0.02, 0.03, 0.8, lighter(soup, 0.08))


def leaf(plate: Plate, x: float, y: float, angle: float, size: float, colour: Colour) -> None:
    """A leaf with its vein."""
    dx, dy = math.cos(angle) * size, math.sin(angle) * size
    nx, ny = -dy * 0.42, dx * 0.42
    plate.shape(
        [
            (x - dx, y - dy),
            (x + nx - dx * 0.2, y + ny - dy * 0.2),
            (x + dx, y + dy),
            (x - nx - dx * 0.2, y - ny - dy * 0.2),
        ],
        colour,
    )
    plate.stroke(
        [(x - dx, y - dy), (x + dx * 0.8, y + dy * 0.8)], size * 0.1, lighter(colour, 0.22)
    )


def pizza(plate: Plate) -> None:
    """A pizza with salami, mushrooms, olives and basil, cut into eight."""
    plate.disc(0, 0, 1.0, (150, 104, 66))
    plate.disc(-0.006, -0.01, 0.985, (188, 138, 92))
    plate.disc(0, 0, 0.93, (166, 104, 48))
    for x, y, _ in plate.ring(40, 0.875):
        plate.disc(x, y, 0.075, lighter((222, 164, 88), plate.random.uniform(-0.16, 0.08)))
    plate.disc(0, 0, 0.865, (226, 170, 92))
    plate.disc(0, 0, 0.83, (196, 58, 34))
    for x, y, _ in plate.strewn(150, 0.78):
        tone = lighter((250, 208, 104), plate.random.uniform(-0.12, 0.25))
        plate.disc(
            x, y, plate.random.uniform(0.05, 0.09), tone, 225, plate.random.uniform(0.7, 1.0)
        )
    for x, y, turn in plate.strewn(15, 0.7):
        plate.disc(x + 0.008, y + 0.012, 0.118, (120, 52, 24), 150)
        plate.disc(x, y, 0.112, (172, 36, 32))
        plate.disc(x, y, 0.098, (206, 62, 48))
        for dx, dy, _ in plate.ring(5, 0.055, turn):
            plate.disc(x + dx, y + dy, 0.014, (240, 150, 120))
    for x, y, _ in plate.ring(9, 0.46, 0.35):
        plate.disc(x, y, 0.044, (46, 42, 50))
        plate.disc(x, y, 0.02, (214, 150, 72))
    for x, y, turn in plate.ring(8, 0.62, 0.2):
        leaf(plate, x, y, turn + 1.0, 0.085, (62, 134, 56))
    for _, _, angle in plate.ring(4, 0.1, 0.1):
        end = (math.cos(angle) * 0.93, math.sin(angle) * 0.93)
        plate.stroke([(-end[0], -end[1]), end], 0.012, (146, 84, 40))


def noodles(plate: Plate) -> None:
    """Noodle soup with an egg, greens, meat and chopsticks' worth of spring onions."""
    bowl(plate, (46, 66, 110), (206, 128, 52))
    for strand in range(46):
        turn = plate.random.uniform(0, 2 * math.pi)
        far, span = plate.random.uniform(0.12, 0.66), plate.random.uniform(0.8, 2.2)
        line = [
            (
                math.cos(turn + span * k / 9) * far + 0.03 * math.sin(k),
                math.sin(turn + span * k / 9) * far * 0.95,
            )
            for k in range(10)
        ]
        plate.stroke(line, 0.034, lighter((246, 214, 132), -0.14 + 0.22 * (strand % 5) / 4))
    for x, y in ((-0.36, -0.3), (-0.1, -0.42), (-0.46, 0.0)):
        plate.disc(x, y, 0.24, (132, 74, 46), flat=0.72)
        plate.disc(x, y - 0.01, 0.22, (190, 122, 86), flat=0.68)
        plate.disc(x + 0.03, y, 0.12, (232, 190, 160), flat=0.5)
    for x, y in ((0.38, -0.28), (0.5, 0.02)):
        plate.disc(x, y, 0.2, (250, 248, 240), flat=0.84)
        plate.disc(x, y, 0.12, (246, 156, 44), flat=0.86)
        plate.disc(x - 0.03, y - 0.03, 0.04, (255, 210, 110))
    for index in range(5):
        leaf(
            plate,
            -0.1 + 0.12 * index,
            0.48 - 0.04 * (index % 2),
            -1.2 + 0.3 * index,
            0.18,
            (58, 132, 62),
        )
    for x, y, _ in plate.strewn(34, 0.66):
        plate.disc(x, y, 0.03, (96, 172, 74))
        plate.disc(x, y, 0.014, (214, 236, 180))


def cake(plate: Plate) -> None:
    """A cream cake with strawberries around its edge."""
    china(plate, (240, 226, 234))
    chocolate = plate.mentions("chocolate", "巧克力")
    top: Colour = (104, 64, 44) if chocolate else (255, 244, 238)
    plate.disc(0.01, 0.02, 0.72, (150, 110, 110), 120)
    plate.disc(0, 0, 0.7, lighter(top, -0.12))
    plate.disc(0, 0, 0.67, top)
    for x, y, _ in plate.ring(30, 0.63):
        plate.disc(x, y, 0.066, lighter((255, 214, 222), -0.05))
        plate.disc(x - 0.01, y - 0.012, 0.044, (255, 236, 240))
    for x, y, _ in plate.strewn(60, 0.42):
        hues: tuple[Colour, ...] = (
            (240, 110, 140),
            (250, 200, 90),
            (120, 190, 230),
            (150, 210, 130),
        )
        plate.disc(x, y, 0.015, hues[int(plate.random.integers(4))])
    for x, y, angle in plate.ring(9, 0.44):
        strawberry(plate, x, y, angle, 0.12)
    strawberry(plate, 0, 0, -math.pi / 2, 0.17)


def strawberry(plate: Plate, x: float, y: float, angle: float, size: float) -> None:
    """A strawberry that points outwards."""
    dx, dy = math.cos(angle), math.sin(angle)
    for share, wide in ((0.0, 1.0), (0.5, 0.8), (0.95, 0.42)):
        plate.disc(x + dx * size * share, y + dy * size * share, size * wide * 0.72, (214, 42, 54))
    plate.disc(x - dy * size * 0.2, y + dx * size * 0.2, size * 0.34, (238, 84, 84))
    for k in range(6):
        along, across = size * (0.1 + 0.2 * (k // 2)), size * 0.3 * (1 if k % 2 else -1)
        plate.disc(
            x + dx * along - dy * across, y + dy * along + dx * across, size * 0.05, (250, 214, 130)
        )
    for turn in (-0.9, 0.0, 0.9):
        leaf(
            plate,
            x - dx * size * 0.6,
            y - dy * size * 0.6,
            angle + math.pi + turn,
            size * 0.34,
            (74, 150, 66),
        )


def coffee(plate: Plate) -> None:
    """A cup from above, a leaf drawn in its foam."""
    china(plate)
    tea = plate.mentions("tea", "茶")
    drink: Colour = (196, 104, 44) if tea else (128, 78, 46)
    plate.stroke([(0.5, 0.0), (0.8, 0.06)], 0.13, lighter(CHINA, -0.06))
    plate.disc(0.02, 0.03, 0.6, (120, 110, 104), 110)
    plate.disc(0, 0, 0.58, (252, 251, 249))
    plate.disc(0, 0, 0.53, lighter(drink, -0.3))
    plate.disc(0.006, 0.008, 0.515, drink)
    if tea:
        plate.disc(0.04, 0.05, 0.42, lighter(drink, 0.12))
        return
    plate.disc(0.0, 0.0, 0.47, (176, 116, 70))
    for index in range(6):
        y, wide = 0.3 - index * 0.105, 0.34 - 0.04 * index
        line = [
            (wide * s, y - 0.15 * (1 - abs(s)) + 0.06) for s in (-1, -0.6, -0.25, 0, 0.25, 0.6, 1)
        ]
        plate.stroke(line, 0.05, (248, 226, 190))
    plate.disc(0, -0.33, 0.07, (248, 226, 190))
    plate.stroke([(0, -0.36), (0, 0.36)], 0.016, (176, 116, 70))
