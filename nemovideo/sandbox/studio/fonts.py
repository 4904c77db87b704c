"""Finding a font that has the glyphs of a text: the extra's package first, then the system."""

import contextlib
import functools
import importlib.util
import logging
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

logger = logging.getLogger("nemovideo.sandbox.studio")

Font = ImageFont.FreeTypeFont

_PACKAGED = ("NotoSansCJKsc-Regular.otf", "SimHei.ttf")
_SYSTEM = (
    "NotoSansCJK-Bold.ttc",
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "SourceHanSansCN-Regular.otf",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "simhei.ttf",
)
_PROBE = "春字日本한"
_MISSING = "\U0010ffff"


def fonts_note() -> str | None:
    """Say what is missing when no font with Chinese characters was found; None when all is well."""
    if _cjk_font() is not None:
        return None
    return (
        "No font with Chinese characters was found, so such titles are left out of the picture. "
        'Run: pip install "nemovideo[sandbox]" (its mplfonts package carries one), '
        "or install a Noto CJK font on the system."
    )


def font_for(text: str, size: int) -> tuple[Font | None, str]:
    """Choose a font and say which characters it can draw.

    Returns the font (None when nothing of the text can be drawn) and the text without the
    characters that it lacks. What is left out is logged, never drawn as boxes.
    """
    best: tuple[Font | None, str] = (None, "")
    for font in _candidates(size):
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
    """Whether a font draws a character as itself and not as its box for missing ones."""
    return _shape(font, character) != _shape(font, _MISSING)


def _shape(font: Font, character: str) -> bytes:
    left, top, right, bottom = font.getbbox(character)
    image = Image.new("L", (max(1, round(right)), max(1, round(bottom))))
    ImageDraw.Draw(image).text((0, 0), character, 255, font)
    return bytes((round(left) & 255, round(top) & 255)) + image.tobytes()


def _candidates(size: int) -> list[Font]:
    fonts: list[Font] = []
    found = _cjk_font()
    if found is not None:
        fonts.append(ImageFont.truetype(str(found), size, layout_engine=ImageFont.Layout.BASIC))
    plain = ImageFont.load_default(size)
    if isinstance(plain, ImageFont.FreeTypeFont):
        fonts.append(plain)
    return fonts


@functools.cache
def _cjk_font() -> Path | None:
    for path in [*_packaged(), *_on_system()]:
        try:
            font = ImageFont.truetype(str(path), 24)
        except OSError:
            continue
        if all(has_glyph(font, character) for character in _PROBE[:3]):
            return path
    return None


def _packaged() -> list[Path]:
    # The package imports matplotlib, of which nothing is wanted here: only its folder is looked up.
    spec = importlib.util.find_spec("mplfonts")
    places = spec.submodule_search_locations if spec else None
    folders = [Path(place) / "fonts" for place in places or ()]
    return [folder / name for folder in folders for name in _PACKAGED if (folder / name).is_file()]


def _on_system() -> list[Path]:
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")]
    # Without a home folder (a bare container) there is none to look into.
    with contextlib.suppress(RuntimeError):
        folders += [Path.home() / ".fonts", Path.home() / ".local/share/fonts"]
    if sys.platform == "darwin":
        folders += [Path("/System/Library/Fonts"), Path("/Library/Fonts")]
    if sys.platform == "win32":
        folders = [Path("C:/Windows/Fonts")]
    found = {path.name: path for folder in folders for path in folder.rglob("*.?t?")}
    return [found[name] for name in _SYSTEM if name in found]
