"""What the animals look like: one row of proportions and colours each."""

from dataclasses import dataclass

from nemovideo.sandbox.studio.palette import Colour

WHITE: Colour = (246, 244, 238)
INK: Colour = (38, 36, 40)


@dataclass(frozen=True, slots=True)
class Species:
    """A four-legged animal seen from the side; lengths in units of its body (about 100 long)."""

    coat: Colour
    belly: Colour
    legs: Colour
    length: float = 100.0
    girth: float = 52.0
    leg: float = 44.0
    thick: float = 17.0
    head: float = 27.0
    neck: float = 8.0
    snout: float = 12.0
    ears: str = "round"
    ear: Colour = INK
    tail: str = "stub"
    mark: str = ""
    marks: Colour = INK
    nose: Colour = INK


_CAT = Species((226, 150, 76), (250, 226, 196), (226, 150, 76), 78, 38, 36, 12, 26, 8, 5, "point",
               (214, 134, 66), "long", "stripes", (184, 106, 48), (222, 120, 120))  # fmt: skip
_DOG = Species((206, 150, 88), (244, 222, 190), (206, 150, 88), 100, 40, 48, 13, 23, 15, 17, "floppy",
               (150, 98, 54), "wag", "", INK)  # fmt: skip
_BEAR = Species(
    (124, 84, 56), (150, 108, 76), (110, 74, 50), 112, 62, 46, 20, 28, 6, 14, "round", (104, 70, 46)
)
_HORSE = Species((146, 92, 58), (168, 112, 74), (126, 78, 48), 116, 46, 82, 13, 20, 48, 24, "point",
                 (126, 78, 48), "mane", "mane", (58, 40, 34))  # fmt: skip
_DEER = Species((190, 132, 82), (238, 214, 180), (176, 118, 72), 98, 38, 70, 9, 18, 40, 15, "point",
                (176, 118, 72), "stub", "antlers", (118, 86, 60))  # fmt: skip
_COW = Species(WHITE, (240, 214, 206), (236, 232, 226), 122, 58, 54, 15, 25, 12, 19, "side",
               (70, 62, 60), "tuft", "patches", (56, 52, 54), (226, 160, 160))  # fmt: skip
_TIGER = Species((236, 146, 52), (252, 236, 214), (236, 146, 52), 122, 46, 48, 16, 27, 10, 11, "round",
                 (60, 44, 36), "long", "stripes", (52, 40, 36), (216, 130, 120))  # fmt: skip
_LION = Species((220, 172, 100), (240, 210, 160), (214, 164, 92), 118, 46, 50, 16, 27, 10, 13, "round",
                (190, 140, 80), "tuft", "lion", (142, 86, 42))  # fmt: skip
_ELEPHANT = Species((140, 146, 158), (156, 162, 172), (128, 134, 146), 130, 84, 58, 25, 38, 4, 8, "sail",
                    (124, 130, 142), "tuft", "trunk", (238, 232, 214))  # fmt: skip
_SHEEP = Species((244, 240, 232), (236, 230, 220), (70, 62, 60), 100, 58, 36, 10, 20, 8, 10, "side",
                 (70, 62, 60), "stub", "wool", (250, 247, 241))  # fmt: skip
_PIG = Species((244, 174, 178), (250, 196, 198), (236, 160, 166), 112, 58, 32, 14, 26, 4, 12, "point",
               (230, 148, 156), "curl", "", INK, (216, 120, 132))  # fmt: skip
_RABBIT = Species((216, 204, 192), WHITE, (206, 194, 182), 74, 44, 26, 12, 23, 6, 6, "tall",
                  (206, 190, 180), "puff", "", INK, (226, 140, 146))  # fmt: skip
_FOX = Species((228, 114, 46), (252, 240, 228), (66, 50, 48), 98, 34, 42, 10, 21, 12, 16, "point",
               (66, 50, 48), "brush", "", INK)  # fmt: skip
_WOLF = Species((128, 134, 146), (206, 208, 212), (116, 122, 134), 106, 40, 52, 12, 23, 14, 18, "point",
                (96, 102, 114), "brush", "", INK)  # fmt: skip
_MOUSE = Species((170, 160, 156), (226, 218, 212), (190, 160, 156), 70, 34, 20, 8, 19, 4, 12, "round",
                 (226, 170, 172), "thin", "", INK, (226, 140, 146))  # fmt: skip
_GIRAFFE = Species((238, 196, 110), (248, 222, 166), (232, 190, 106), 96, 46, 92, 12, 18, 104, 18, "side",
                   (206, 156, 84), "tuft", "spots", (168, 106, 52))  # fmt: skip
_CAMEL = Species((208, 164, 104), (222, 184, 130), (196, 152, 94), 112, 48, 76, 13, 19, 44, 18, "round",
                 (186, 142, 88), "tuft", "humps", (198, 152, 92))  # fmt: skip

# ruff: noqa: E501  one animal is one entry; folded lines of figures would be harder to compare
SPECIES = {
    "panda": Species(WHITE, (226, 224, 220), INK, 108, 64, 40, 23, 33, 4, 9, "round", INK, "puff", "panda"),
    "red panda": Species((196, 92, 46), (60, 40, 38), (60, 40, 38), 98, 42, 34, 15, 26, 6, 9, "point", WHITE,
                         "brush", "mask", WHITE),
    "cat": _CAT,
    "dog": _DOG,
    "fox": _FOX,
    "wolf": _WOLF,
    "bear": _BEAR,
    "polar bear": Species((240, 242, 244), (222, 228, 234), (230, 234, 238), 118, 62, 48, 21, 26, 10, 16,
                          "round", (220, 226, 232)),
    "koala": Species((158, 162, 172), (216, 218, 222), (146, 150, 160), 88, 54, 34, 17, 31, 4, 8, "sail",
                     (200, 196, 204), "stub"),
    "rabbit": _RABBIT,
    "kangaroo": Species((190, 140, 98), (226, 196, 160), (180, 130, 90), 92, 46, 56, 15, 20, 22, 13, "tall",
                        (170, 120, 82), "long"),
    "tiger": _TIGER,
    "leopard": Species((234, 184, 98), (250, 232, 200), (234, 184, 98), 116, 40, 46, 13, 23, 10, 10, "round",
                       (206, 150, 76), "long", "spots", (88, 62, 42)),
    "lion": _LION,
    "elephant": _ELEPHANT,
    "horse": _HORSE,
    "zebra": Species((244, 244, 242), (230, 230, 228), (236, 236, 234), 112, 46, 72, 12, 20, 42, 21, "point",
                     (60, 58, 62), "tuft", "stripes", (48, 46, 50)),
    "unicorn": Species((250, 246, 252), (240, 232, 246), (240, 234, 246), 112, 44, 80, 12, 20, 48, 22, "point",
                       (236, 216, 236), "mane", "unicorn", (226, 150, 214)),
    "giraffe": _GIRAFFE,
    "camel": _CAMEL,
    "deer": _DEER,
    "cow": _COW,
    "sheep": _SHEEP,
    "pig": _PIG,
    "mouse": _MOUSE,
    "hamster": Species((232, 184, 122), WHITE, (236, 190, 150), 66, 46, 18, 9, 25, 2, 6, "round",
                       (222, 160, 120), "stub"),
    "hedgehog": Species((196, 168, 140), (236, 214, 188), (170, 140, 116), 78, 50, 20, 10, 20, 2, 14, "round",
                        (176, 146, 120), "stub", "wool", (112, 88, 70)),
    "squirrel": Species((190, 104, 56), (248, 226, 200), (180, 96, 52), 72, 38, 26, 11, 21, 8, 9, "point",
                        (170, 90, 48), "brush"),
    "monkey": Species((134, 92, 62), (226, 188, 150), (120, 82, 56), 84, 40, 48, 12, 25, 8, 7, "round",
                      (226, 188, 150), "long", "mask", (226, 188, 150)),
    "otter": Species((126, 92, 70), (206, 180, 152), (112, 80, 60), 112, 36, 22, 11, 22, 8, 9, "round",
                     (106, 76, 58), "long"),
    "frog": Species((112, 178, 72), (206, 226, 150), (98, 162, 62), 74, 42, 20, 12, 25, 0, 6, "none"),
    "turtle": Species((122, 160, 84), (196, 204, 140), (112, 150, 78), 90, 42, 20, 14, 19, 22, 7, "none",
                      INK, "stub", "shell", (112, 92, 56)),
    "dinosaur": Species((104, 164, 98), (206, 220, 150), (94, 150, 90), 118, 56, 58, 19, 26, 50, 18, "none",
                        INK, "long", "plates", (226, 142, 70)),
    "dragon": Species((192, 62, 52), (246, 198, 110), (176, 52, 46), 118, 48, 54, 16, 25, 46, 20, "point",
                      (226, 160, 60), "long", "plates", (246, 186, 70)),
}  # fmt: skip
