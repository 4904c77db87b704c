"""Captions: fonts with the glyphs, wrapping, places, colours."""

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo import sandbox
from nemovideo.sandbox.studio.canvas import Canvas
from nemovideo.sandbox.studio.fonts import font_for
from nemovideo.sandbox.studio.render_plan import Caption
from nemovideo.sandbox.studio.text import CaptionLayer, wrap


def drawn(caption: Caption, size: tuple[int, int] = (320, 180), frame: int = 0) -> Canvas:
    canvas = Canvas.blank(*size)
    CaptionLayer(caption, *size).draw(canvas, frame)
    return canvas


@pytest.mark.parametrize(
    "text",
    [
        "A Panda’s Morning — “Snow Day”…",
        "Crème brûlée, Łódź, İstanbul, Őrség, Tiếng Việt",
        "Привет, Київ! Ελληνικά: Καλημέρα",
        "春天的樱花 Spring 2026，陶喆",
        "繁體中文標題：龍門飛甲 㗎",
        "日本語の「さくら」カタカナ 𠮷野家",
        "한국어 제목 뷁",
        "Mixed 混合 ミックス 혼합 Ünï → ★ ♪ ♥ ✓ ①",
    ],
)
def test_a_title_is_drawn_with_all_its_characters(text: str) -> None:
    assert font_for(text, 24)[1] == text


def test_quotation_marks_in_a_latin_title_are_narrow() -> None:
    font, _text = font_for("Panda’s", 40)
    assert font is not None
    assert font.getlength("’") < 20


def test_fonts_are_small_and_come_with_their_license() -> None:
    folder = Path(sandbox.__file__).parent / "fonts"
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert sum(sizes.values()) < 8_000_000
    assert {path.suffix for path in folder.iterdir()} == {".md", ".otf", ".ttf", ".txt"}
    license_text = (folder / "OFL.txt").read_text("utf-8")
    assert all(name in license_text for name in sizes if name.endswith(("otf", "ttf")))


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
    ("position", "rows"),
    [
        ("top", (0, 60)),
        ("center", (60, 120)),
        ("lower_third", (120, 180)),
        ("bottom", (120, 180)),
    ],
)
def test_a_caption_is_where_it_was_placed(position: str, rows: tuple[int, int]) -> None:
    lit = np.flatnonzero((drawn(Caption(0, 10, "Hello", position=position)).y > 150).any(axis=1))
    assert rows[0] <= lit.min() <= lit.max() < rows[1]


def test_a_title_in_the_lower_third_leaves_the_subtitles_below_it() -> None:
    size = (1920, 1080)
    title = drawn(Caption(0, 10, "Panda in the Forest", position="lower_third"), size)
    subtitle = Caption(0, 10, "It is hungry.", role="subtitle", position="bottom")
    rows = [
        np.flatnonzero((canvas.y > 150).any(axis=1)) for canvas in (title, drawn(subtitle, size))
    ]
    assert rows[0].min() >= 720
    assert rows[0].max() < rows[1].min()


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
