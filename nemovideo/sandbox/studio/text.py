"""Titles and subtitles: wrapping, outline and shadow, drawn once and blended per frame."""

import unicodedata

from PIL import Image, ImageColor, ImageDraw, ImageFilter

from nemovideo.sandbox.studio.canvas import Canvas, Layer
from nemovideo.sandbox.studio.fonts import Font, font_for
from nemovideo.sandbox.studio.render_plan import Caption, Picture

MARK = "sandbox"

_SIZES = {
    ("title", "small"): 0.062,
    ("title", "medium"): 0.088,
    ("title", "large"): 0.125,
    ("subtitle", "small"): 0.034,
    ("subtitle", "medium"): 0.045,
    ("subtitle", "large"): 0.06,
}
_MARGIN = 0.07
_WIDEST = 0.84
_MOST_LINES = 4
_NOT_FIRST = set("，。！？、；：）】》」』”’,.!?;:)]}%…")


class CaptionLayer:
    """A caption of the plan, ready to be drawn on any frame."""

    def __init__(self, caption: Caption, width: int, height: int) -> None:
        self.caption = caption
        self._layer, self._place = _caption_layer(caption, width, height)

    def draw(self, canvas: Canvas, frame: int) -> None:
        """Draw it on the frame with this number of the whole video, if it is to be seen there."""
        caption = self.caption
        if self._layer is None or not caption.start <= frame < caption.end:
            return
        self._layer.draw(canvas, *self._place, opacity=fade_level(frame, caption))


def fade_level(frame: int, faded: Caption | Picture) -> float:
    """How much of it is there at a frame: 0 at the outer ends of its fades, 1 between them."""
    level = 1.0
    if faded.fade_in:
        level = min(level, (frame - faded.start + 1) / faded.fade_in)
    if faded.fade_out:
        level = min(level, (faded.end - frame) / faded.fade_out)
    return max(0.0, level)


def mark_layer(width: int, height: int) -> tuple[Layer | None, tuple[int, int]]:
    """The watermark, and its place in the lower right corner."""
    size = max(9, round(min(width, height) * 0.03))
    font, text = font_for(MARK, size)
    if font is None:
        return None, (0, 0)
    image = _drawn([text], font, (255, 255, 255), size, opacity=205)
    gap = round(min(width, height) * 0.02)
    return Layer(image), (width - image.width - gap, height - image.height - gap)


def wrap(text: str, font: Font, widest: float) -> list[str]:
    """Break a text into lines no wider than ``widest`` pixels where the font allows it.

    Latin words stay whole unless one alone is too wide; Chinese, Japanese and Korean break
    anywhere but before a closing mark.
    """
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for piece in _pieces(paragraph, font, widest):
            joined = line + piece
            fits = font.getlength(joined.rstrip()) <= widest
            if line.strip() and not fits and piece[0] not in _NOT_FIRST:
                lines.append(line.strip())
                joined = piece.lstrip()
            line = joined
        if line.strip():
            lines.append(line.strip())
    return lines


def _pieces(text: str, font: Font, widest: float) -> list[str]:
    pieces: list[str] = []
    for character in text:
        alone = character.isspace() or _is_wide(character)
        joins = bool(pieces) and not alone and not _is_wide(pieces[-1]) and pieces[-1] != " "
        if joins and font.getlength(pieces[-1] + character) <= widest:
            pieces[-1] += character
        else:
            pieces.append(" " if character.isspace() else character)
    return pieces


def _is_wide(text: str) -> bool:
    return unicodedata.east_asian_width(text[-1]) in "WF"


def _caption_layer(
    caption: Caption, width: int, height: int
) -> tuple[Layer | None, tuple[int, int]]:
    size = _size(caption) * min(width, height)
    image = words_image(caption.text, size, _colour(caption.color), width * _WIDEST)
    if image is None:
        return None, (0, 0)
    edge, free = round(height * _MARGIN), height - image.height
    top = {"top": edge, "bottom": free - edge}.get(caption.position, free // 2)
    if caption.position == "lower_third":
        # Above its words are faces, below them subtitles.
        top = max(round(height * 2 / 3), min(round(height * 0.74), free - round(height * 0.13)))
        top = min(top, free - edge)
    return Layer(image), ((width - image.width) // 2, top)


def words_image(
    text: str, size: float, colour: tuple[int, int, int], widest: float
) -> Image.Image | None:
    """Words wrapped to a width, smaller where there are many; None if no font can draw them."""
    size = max(8, round(size))
    font, text = font_for(text, size)
    if font is None or not text.strip():
        return None
    lines = wrap(text, font, widest)
    while len(lines) > _MOST_LINES and size > 10:
        size = round(size * 0.88)
        font = font.font_variant(size=size)
        lines = wrap(text, font, widest)
    return _drawn(lines, font, colour, size)


def _size(caption: Caption) -> float:
    return _SIZES.get((caption.role, caption.size), _SIZES[caption.role, "medium"])


def _colour(name: str) -> tuple[int, int, int]:
    try:
        red, green, blue = ImageColor.getrgb(name)[:3]
    except ValueError:
        return (255, 255, 255)
    return red, green, blue


def _drawn(
    lines: list[str], font: Font, colour: tuple[int, int, int], size: int, opacity: int = 255
) -> Image.Image:
    edge = max(1, round(size * 0.055))
    pad, step = edge * 4, round(size * 1.28)
    widest = max(round(font.getlength(line)) for line in lines)
    extent = (widest + 2 * pad, step * len(lines) + 2 * pad)
    # Dark letters need a light outline, light ones a dark one.
    dark = sum(colour) < 240
    outline = (245, 245, 245) if dark else (16, 18, 26)
    shadow, letters = Image.new("L", extent), Image.new("RGBA", extent)
    for index, line in enumerate(lines):
        at = (pad + (widest - font.getlength(line)) / 2, pad + index * step)
        ImageDraw.Draw(shadow).text(at, line, 150, font, stroke_width=edge)
        ImageDraw.Draw(letters).text(
            at, line, (*colour, 255), font, stroke_width=edge, stroke_fill=(*outline, 235)
        )
    image = Image.new("RGBA", extent, (*outline, 0))
    image.putalpha(shadow.filter(ImageFilter.GaussianBlur(edge * 1.4)))
    image = Image.alpha_composite(image, letters)
    if opacity < 255:
        image.putalpha(image.getchannel("A").point([v * opacity // 255 for v in range(256)]))
    return image
