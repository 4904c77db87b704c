"""Captions: fonts with the glyphs, wrapping, places, colours."""

import importlib.util
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.sandbox.studio import fonts
from nemovideo.sandbox.studio.canvas import Canvas
from nemovideo.sandbox.studio.fonts import font_for, fonts_note, has_glyph
from nemovideo.sandbox.studio.plan import Caption
from nemovideo.sandbox.studio.text import CaptionLayer, wrap

needs_cjk = pytest.mark.skipif(
    fonts_note() is not None, reason="no font with Chinese characters here"
)


def drawn(caption: Caption, size: tuple[int, int] = (320, 180), frame: int = 0) -> Canvas:
    canvas = Canvas.blank(*size)
    CaptionLayer(caption, *size).draw(canvas, frame)
    return canvas


@needs_cjk
def test_one_font_draws_chinese_and_latin_together() -> None:
    font, text = font_for("春天 Spring", 24)
    assert text == "春天 Spring"
    assert font is not None
    assert has_glyph(font, "樱")


def test_characters_no_font_has_are_left_out_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "nemovideo.sandbox.studio"):
        _font, text = font_for("Hi \U0001f9ff!", 24)
    assert text == "Hi !"
    assert "\U0001f9ff" in caplog.text


def test_a_text_without_any_glyph_is_not_drawn() -> None:
    canvas = drawn(Caption(0, 10, "\U0001f9ff"))
    assert (canvas.y == 16).all()


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=40),
    st.integers(30, 300),
)
def test_wrapping_keeps_every_character_and_the_width(text: str, widest: int) -> None:
    font, text = font_for(text, 18)
    if font is None:
        return
    lines = wrap(text, font, widest)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line == line.strip() for line in lines)


def test_words_stay_whole_and_closing_marks_stay_with_their_word() -> None:
    font, text = font_for("the quick brown fox, indeed", 20)
    assert font is not None
    lines = wrap(text, font, font.getlength("quick brown"))
    assert all(word in text.split() for line in lines for word in line.split())
    assert not any(line.startswith(",") for line in lines)


@pytest.mark.parametrize(
    ("position", "rows"), [("top", (0, 60)), ("center", (60, 120)), ("bottom", (120, 180))]
)
def test_a_caption_is_where_it_was_placed(position: str, rows: tuple[int, int]) -> None:
    lit = np.flatnonzero((drawn(Caption(0, 10, "Hello", position=position)).y > 150).any(axis=1))
    assert rows[0] <= lit.min() <= lit.max() < rows[1]


def test_sizes_differ_and_a_title_is_larger_than_a_subtitle() -> None:
    sizes = [
        int((drawn(Caption(0, 10, "Hello", role=role, size=size)).y > 150).sum())
        for role, size in (
            ("subtitle", "medium"),
            ("title", "small"),
            ("title", "medium"),
            ("title", "large"),
        )
    ]
    assert sizes == sorted(sizes)


def test_a_long_title_is_made_smaller_until_it_fits() -> None:
    lit = (drawn(Caption(0, 10, "word " * 60)).y > 150).any(axis=0)
    assert not lit[:12].any()
    assert not lit[-12:].any()


@pytest.mark.parametrize(
    ("color", "bright"), [("#ff0000", True), ("#000000", False), ("nonsense", True)]
)
def test_colours_are_used_and_nonsense_is_white(color: str, bright: bool) -> None:
    canvas = drawn(Caption(0, 10, "Hello", color=color, size="large"))
    if color == "#ff0000":
        assert canvas.v.max() > 200
    assert bool((canvas.y == 235).any()) is (color == "nonsense")
    assert bright or canvas.y.max() > 100


def test_a_caption_fades_and_is_seen_only_in_its_time() -> None:
    caption = Caption(10, 30, "Hello", fade_in=10, fade_out=10)
    light = [int(drawn(caption, frame=f).y.max()) for f in (9, 10, 20, 29, 30)]
    assert light[0] == light[4] == 16
    assert 16 < light[1] < light[2]
    assert 16 < light[3] < light[2]


@pytest.fixture
def without_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if neither the package with the fonts nor a font of the system were there."""
    monkeypatch.setattr(fonts, "_SYSTEM", ())
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    fonts._cjk_font.cache_clear()
    yield
    fonts._cjk_font.cache_clear()


@needs_cjk
def test_a_font_of_the_system_stands_in_for_the_packaged_one(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = fonts._cjk_font()
    assert packaged is not None
    folder = own_home / ".fonts"
    folder.mkdir()
    (folder / "NotoSansSC-Regular.otf").write_bytes(b"no font at all")
    (folder / "simhei.ttf").symlink_to(packaged)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    fonts._cjk_font.cache_clear()
    assert fonts_note() is None
    monkeypatch.undo()
    fonts._cjk_font.cache_clear()


@pytest.mark.usefixtures("without_fonts")
def test_a_missing_font_is_said_and_no_boxes_are_drawn(caplog: pytest.LogCaptureFixture) -> None:
    assert "nemovideo[sandbox]" in str(fonts_note())
    assert (drawn(Caption(0, 10, "樱花")).y == 16).all()
    assert "樱花" in caplog.text
    assert (drawn(Caption(0, 10, "Spring 樱")).y > 150).any()
