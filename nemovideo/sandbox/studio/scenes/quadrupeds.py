"""Four-legged figures: a walk cycle drawn pose by pose from a species' proportions."""

import math

from PIL import Image

from nemovideo.sandbox.studio.paint import Pen
from nemovideo.sandbox.studio.palette import Colour, Light, lighter
from nemovideo.sandbox.studio.scenes.species import Species

FRAMES = 16
# How much of a cycle a foot is on the ground, and the reach of a step in leg lengths.
_STANCE = 0.62
_REACH = 0.85


class Walker:
    """Draws a species at a scale (pixels per unit), facing right.

    ``moving`` false stands still, breathing and wagging its tail.
    """

    def __init__(
        self, species: Species, scale: float, light: Light, *, moving: bool = True
    ) -> None:
        self.moving: bool
        self.scale: float
        self.species: Species
        self.species, self.scale, self.moving = species, scale, moving
        self._light = light
        self._wide = species.length + species.neck + species.head * 2.4 + 90
        self._tall = species.leg + species.girth + species.neck + species.head * 2.2 + 34
        self.width: int = max(2, round(self._wide * scale))
        self.height: int = max(2, round(self._tall * scale))

    @property
    def stride(self) -> float:
        """How far it gets in one cycle, in pixels."""
        return self.species.leg * _REACH * self.scale / _STANCE

    def picture(self, phase: float) -> Image.Image:
        """The picture at a share (0..1) of the cycle; feet stand on the lower edge."""
        pen = Pen(self._wide, self._tall, unit=self.scale, shade=self._light.shade)
        s = self.species
        bob = math.sin(4 * math.pi * phase) * (1.6 if self.moving else 0.0)
        breath = math.sin(2 * math.pi * phase) * 0.8
        hip, back = (58.0, self._tall - s.leg - s.girth * 0.34 + bob), 58.0 + s.length * 0.84
        for x, offset in ((hip[0] + 6, 0.25), (back + 4, 0.75)):
            self._leg(pen, x, hip[1], phase + offset, lighter(s.legs, -0.22))
        self._tail(pen, (hip[0] - s.girth * 0.42, hip[1] - s.girth * 0.12), phase)
        self._body(pen, hip, back, breath)
        for x, offset in ((hip[0], 0.5), (back, 0.0)):
            if s.legs == s.coat or s.mark not in ("panda", "wool"):
                pen.ellipse(x, hip[1] + s.girth * 0.1, s.thick * 0.95, s.girth * 0.34, s.legs)
            self._leg(pen, x, hip[1], phase + offset, s.legs)
        self._head(pen, back, hip[1], bob * 0.7 + breath)
        return pen.image()

    def _leg(self, pen: Pen, x: float, top: float, phase: float, colour: Colour) -> None:
        s, reach = self.species, self.species.leg * _REACH / 2 if self.moving else 0.0
        phase %= 1.0
        if phase < _STANCE:
            foot, lift = reach * (1 - 2 * phase / _STANCE), 0.0
        else:
            swing = (phase - _STANCE) / (1 - _STANCE)
            foot = -reach + 2 * reach * (swing * swing * (3 - 2 * swing))
            lift = math.sin(math.pi * swing) * s.leg * 0.22 * bool(reach)
        sole = self._tall - s.thick * 0.34 - lift
        knee = (x + foot * 0.42 + lift * 0.5, (top + sole) * 0.5 + s.leg * 0.02)
        thick = s.thick
        pen.limb([(x, top), knee, (x + foot, sole)], [thick * 1.34, thick, thick * 0.8], colour)
        pen.ellipse(
            x + foot + thick * 0.18,
            sole + thick * 0.04,
            thick * 0.56,
            thick * 0.34,
            lighter(colour, -0.1),
        )

    def _body(self, pen: Pen, hip: tuple[float, float], front: float, breath: float) -> None:
        s, y = self.species, hip[1]
        if s.mark == "humps":
            for x in (0.3, 0.66):
                pen.ellipse(hip[0] + (front - hip[0]) * x, y - s.girth * 0.42, 17, 24, s.marks)
        line = [(hip[0], y - 1), ((hip[0] + front) / 2, y + breath * 0.4), (front, y - 2)]
        girth = [s.girth, s.girth * 0.94 + breath, s.girth * 0.98]
        pen.limb(line, girth, lighter(s.coat, -0.16))
        shrunk = [(x, py - s.girth * 0.045) for x, py in line]
        pen.limb(shrunk, [g * 0.93 for g in girth], s.coat)
        low, middle = y + s.girth * 0.3, (hip[0] + front) / 2
        pen.ellipse(middle, low, (front - hip[0]) * 0.5, s.girth * 0.17, s.belly)
        self._marks(pen, hip, front)

    def _marks(self, pen: Pen, hip: tuple[float, float], front: float) -> None:
        s, y = self.species, hip[1]
        middle, top = (hip[0] + front) / 2, y - s.girth * 0.46
        match s.mark:
            case "panda":
                pen.limb(
                    [(front - 5, y - s.girth * 0.43), (front - 1, y + s.girth * 0.32)],
                    [20, 34],
                    s.marks,
                )
            case "stripes":
                for index in range(7):
                    x = hip[0] - 8 + index * (front - hip[0] + 14) / 6
                    pen.limb([(x, top + 3), (x - 3, y - s.girth * 0.02)], [6.5, 2.0], s.marks)
            case "spots":
                for index in range(14):
                    x = hip[0] - 12 + (index * 37 % 100) / 100 * (front - hip[0] + 22)
                    at = y - s.girth * 0.32 + (index * 53 % 100) / 100 * s.girth * 0.46
                    pen.ellipse(x, at, 5.2, 4.4, s.marks)
            case "patches":
                patches = ((0.1, -0.16, 17, 15), (0.52, -0.24, 20, 13), (0.86, 0.0, 14, 16))
                for x, at, rx, ry in patches:
                    pen.ellipse(hip[0] + (front - hip[0]) * x, y + s.girth * at, rx, ry, s.marks)
            case "wool":
                for index in range(18):
                    angle = index / 18 * 2 * math.pi
                    x = middle + math.cos(angle) * s.length * 0.52
                    pen.ellipse(x, y + math.sin(angle) * s.girth * 0.42, 12, 11, s.marks)
                pen.limb([(hip[0], y), (front, y)], [s.girth * 0.9] * 2, s.marks)
            case "shell":
                pen.ellipse(middle, y - 4, s.length * 0.56, s.girth * 0.62, s.marks)
                for x in (-0.28, 0.0, 0.28):
                    pen.ellipse(middle + x * s.length, y - 10, 11, 10, lighter(s.marks, 0.16))
            case "plates":
                for index in range(8):
                    x = hip[0] - 14 + index * (front - hip[0] + 18) / 7
                    tall = 13 + 7 * math.sin(math.pi * index / 7)
                    pen.polygon([(x - 7, top + 4), (x, top - tall), (x + 7, top + 4)], s.marks)
            case _:
                pass

    def _tail(self, pen: Pen, at: tuple[float, float], phase: float) -> None:
        s, (x, y) = self.species, at
        sway = math.sin(2 * math.pi * phase)
        match s.tail:
            case "long" | "thin":
                thick = 9.0 if s.tail == "long" else 3.5
                line = [(x + 8, y), (x - 20, y - 4), (x - 34, y - 24), (x - 30 + 6 * sway, y - 48)]
                pen.limb(line, [thick, thick, thick * 0.9, thick * 0.7], s.coat)
                if s.mark == "stripes":
                    pen.ellipse(x - 30 + 6 * sway, y - 47, thick * 0.42, thick * 0.42, s.marks)
            case "wag":
                swing = math.sin(8 * math.pi * phase) * 9
                pen.limb(
                    [(x + 8, y), (x - 14, y - 20), (x - 22 + swing, y - 42)], [11, 9, 5], s.coat
                )
            case "brush":
                line = [(x + 8, y), (x - 22, y + 4), (x - 46, y - 6 + 5 * sway)]
                pen.limb(line, [10, 23, 10], s.coat)
                pen.ellipse(x - 46, y - 6 + 5 * sway, 8, 6, s.belly if s.mark != "mask" else s.coat)
            case "tuft":
                end = (x - 14 + 4 * sway, y + 40)
                pen.limb([(x + 6, y), (x - 12, y + 12), end], [6, 4, 4], s.coat)
                pen.ellipse(*end, 5, 9, s.marks if s.mark != "trunk" else lighter(s.coat, -0.4))
            case "mane":
                line = [(x + 6, y - 4), (x - 16, y + 8), (x - 22 + 5 * sway, y + 48)]
                pen.limb(line, [11, 17, 7], s.marks)
            case "curl":
                pen.arc((x - 14, y - 12, x + 4, y + 6), 40, 330, 4, s.coat)
            case "puff":
                pen.ellipse(x + 2, y, 10, 10, lighter(s.coat, 0.2))
            case _:
                pen.ellipse(x + 2, y, 8, 6, s.coat)

    def _head(self, pen: Pen, front: float, y: float, bob: float) -> None:
        s, r = self.species, self.species.head
        slant = min(1.0, s.neck / 60)
        x = front + s.girth * 0.36 + r * 0.5 - 6 + s.neck * 0.35
        top = y - s.girth * 0.24 - r * 0.36 - s.neck * 0.86 + bob
        neck = (front + s.girth * 0.12, y - s.girth * 0.1)
        if s.mark in ("mane", "unicorn"):
            nape = [(x - r * 0.9, top - r * 0.9), (neck[0] - 8, neck[1] - 10)]
            pen.limb(nape, [10, 24], s.marks)
        widths = [s.girth * 0.74, r * (1.6 - slant * 0.5)]
        pen.limb([neck, (x - r * 0.2, top + r * 0.2)], widths, s.coat)
        head = pen.moved(x, top, r)
        if s.mark == "lion":
            for index in range(14):
                angle = index / 14 * 2 * math.pi
                at = (math.cos(angle) * 0.95 - 0.11, math.sin(angle) * 0.98)
                head.ellipse(*at, 0.44, 0.44, s.marks)
            head.ellipse(-0.11, 0, 1.15, 1.15, s.marks)
        self._ears(head, far=True)
        head.ellipse(0, 0, 1, 0.92, s.coat)
        self._snout(head)
        self._ears(head, far=False)
        self._face(head)

    def _snout(self, head: Pen) -> None:
        s = self.species
        pale = s.belly if s.mark not in ("trunk", "wool", "mane") else lighter(s.coat, -0.08)
        if s.mark == "trunk":
            head.limb([(0.5, 0.6), (1.2, 1.1)], [0.18, 0.08], s.marks)
            trunk = [(0.6, 0.1), (1.15, 0.8), (1.1, 1.9), (1.5, 2.5)]
            head.limb(trunk, [0.8, 0.56, 0.38, 0.26], lighter(s.coat, -0.05))
            return
        x, y = 0.74 + s.snout * 0.8 / s.head, 0.36
        head.limb([(0.42, 0.3), (x, y)], [0.92, max(9 / s.head, 0.56)], pale)
        head.ellipse(x + max(4 / s.head, 0.2), y - 0.1, 0.17, 0.13, s.nose)
        mouth = (x - 0.34, y - 0.1, x + 0.2, y + 0.26)
        head.arc(mouth, 20, 120, 1.6 / s.head, lighter(s.nose, 0.1))
        if s.tail == "wag":
            head.limb([(x - 0.13, y + 0.24), (x - 0.09, y + 0.52)], [0.26, 0.22], (232, 112, 122))

    def _face(self, head: Pen) -> None:
        s, panda = self.species, self.species.mark == "panda"
        if panda:
            head.limb([(0.38, -0.22), (0.2, 0.06)], [0.42, 0.42], s.marks)
        if s.mark == "mask":
            head.ellipse(0.4, -0.04, 0.44, 0.4, s.marks)
        x, y, size = 0.34, -0.14, max(2.6 / s.head, 0.125)
        if panda:
            head.ellipse(x, y, size * 1.15, size * 1.15, (250, 250, 250), lit=True)
        head.ellipse(x, y, size * (0.8 if panda else 1.0), size, (26, 22, 24))
        glint = (x + size * 0.3, y - size * 0.34, size * 0.36, size * 0.36)
        head.ellipse(*glint, (255, 255, 255), lit=True)
        match s.mark:
            case "stripes" if s.neck < 20:
                for x in (-0.34, -0.08, 0.18):
                    head.limb([(x, -0.88), (x * 0.9, -0.52)], [0.15, 0.06], s.marks)
            case "antlers":
                for x in (-0.2, -0.64):
                    beam = [(x, -0.8), (x - 0.44, -1.9), (x + 0.11, -3.0)]
                    head.limb(beam, [0.22, 0.19, 0.11], s.marks)
                    head.limb([(x - 0.39, -1.8), (x + 0.5, -2.35)], [0.17, 0.11], s.marks)
            case "unicorn":
                head.polygon([(0.1, -0.8), (0.9, -2.2), (0.5, -0.7)], (250, 214, 120))
            case _:
                pass

    def _ears(self, head: Pen, *, far: bool) -> None:
        s, x = self.species, 0.42 if far else -0.34
        colour = lighter(s.ear, -0.14) if far else s.ear
        match s.ears:
            case "round":
                head.ellipse(x, -0.8, 0.35, 0.35, colour)
            case "point":
                tip = x + (0.1 if far else -0.12)
                head.polygon([(x - 0.36, -0.6), (tip, -1.46), (x + 0.34, -0.7)], colour)
                if not far:
                    inner = [(x - 0.2, -0.7), (tip + 0.02, -1.22), (x + 0.18, -0.74)]
                    head.polygon(inner, lighter(s.belly, -0.12))
            case "tall":
                top = (x * 0.8 - 0.3, -2.1)
                head.limb([(x * 0.8, -0.7), top], [0.4, 0.34], colour)
                if not far:
                    head.limb([(x * 0.8, -0.9), top], [0.18, 0.16], (232, 176, 178))
            case "floppy" if not far:
                head.limb([(-0.4, -0.6), (-0.72, 0.34)], [0.46, 0.56], colour)
            case "side" if not far:
                head.limb([(-0.4, -0.56), (-1.1, -0.44)], [0.3, 0.34], colour)
            case "sail" if not far:
                head.ellipse(-0.66, 0.02, 0.74, 0.92, colour)
                head.ellipse(-0.6, 0.04, 0.54, 0.7, lighter(colour, 0.1))
            case _:
                pass
