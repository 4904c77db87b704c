"""Choosing a font that has the glyphs of a text.

Only the package's own fonts are used, so that a video looks the same on every machine.
"""

import logging
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

logger: logging.Logger = logging.getLogger("nemovideo.sandbox.studio")

Font = ImageFont.FreeTypeFont

_FOLDER = Path(__file__).parents[1] / "fonts"
# The Latin one comes first: in the Chinese one, quotation marks and apostrophes are as wide as an
# ideograph.
_FONTS = ("NotoSans-Subset.ttf", "NotoSansCJKsc-Subset.otf")
_MISSING = "\U0010ffff"


def font_for(text: str, size: int) -> tuple[Font | None, str]:
    """Choose a font, and find which characters it can draw.

    Returns the font (None when nothing of the text can be drawn) and the text without the
    characters that it lacks. What is left out is logged, never drawn as boxes.
    """
    best: tuple[Font | None, str] = (None, "")
    for name in _FONTS:
        font = ImageFont.truetype(_FOLDER / name, size, layout_engine=ImageFont.Layout.BASIC)
        drawable = "".join(c for c in text if c.isspace() or has_glyph(font, c))
        if len(drawable.strip()) > len(best[1].strip()):
            best = (font, drawable)
        if drawable == text:
            break
    if best[1] != text:
        lost = "".join(dict.fromkeys(c for c in text if c not in best[1]))
        logger.warning("left out of the picture, no font has the glyphs: %s", lost)
    return best


def has_glyph(font: Font, character: str) -> bool:
    """Return True if a font draws a character as itself and not as its box for missing ones."""
    return _shape(font, character) != _shape(font, _MISSING)


def _shape(font: Font, character: str) -> bytes:
    left, top, right, bottom = font.getbbox(character)
    image = Image.new("L", (max(1, round(right)), max(1, round(bottom))))
    ImageDraw.Draw(image).text((0, 0), character, 255, font)
    return bytes((round(left) & 255, round(top) & 255)) + image.tobytes()
