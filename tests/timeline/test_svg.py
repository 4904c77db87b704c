from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from nemovideo.errors import InvalidInputError
from nemovideo.timeline.svg import Theme, ruler_step
from tests.timeline.drafts import drafts, one_segment, sample, timeline

SVG = "{http://www.w3.org/2000/svg}"


def drawn(
    raw: dict, *, theme: Theme = "light", width: int = 960, language: str = "en"
) -> ET.Element:
    return ET.fromstring(timeline(raw).to_svg(theme, width, language))


def texts(root: ET.Element) -> list[str]:
    return [node.text or "" for node in root.iter(f"{SVG}text")]


def blocks(root: ET.Element, kind: str) -> list[tuple[float, float]]:
    found = (rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == f"nv-{kind}")
    return [(float(rect.get("x", "0")), float(rect.get("width", "0"))) for rect in found]


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
@pytest.mark.parametrize("name", ["edited", "documented"])
def test_the_drawing_is_well_formed_and_named(name: str, theme: Theme) -> None:
    root = drawn(sample(name), theme=theme)

    assert root.get("role") == "img"
    assert root.get("aria-label") == str(timeline(sample(name)))
    assert root[0].tag == f"{SVG}title"
    assert root[1].tag == f"{SVG}desc"


def test_auto_follows_the_system_theme() -> None:
    view = timeline(sample("documented"))

    assert "prefers-color-scheme" in view.to_svg()
    assert "prefers-color-scheme" not in view.to_svg("dark") + view.to_svg("light")


def test_it_has_no_ids_links_or_scripts() -> None:
    svg = timeline(sample("edited")).to_svg()

    assert " id=" not in svg
    assert "<script" not in svg
    assert svg.count("http") == svg.count("http://www.w3.org/2000/svg")


def test_names_are_escaped() -> None:
    name = "\"/><script>alert('x')</script>&\x00\ud800"

    svg = timeline(one_segment(d=1000, m={"name": name})).to_svg()

    ET.fromstring(svg.encode())
    assert "<script" not in svg


def test_blocks_are_to_scale() -> None:
    root = drawn(sample("documented"))
    (video,), (title,) = blocks(root, "video"), blocks(root, "text")

    assert title[1] / video[1] == pytest.approx(0.3, abs=0.002)
    assert title[0] == video[0]


def test_segments_beyond_the_drafts_length_are_drawn() -> None:
    ((x, width),) = blocks(drawn({"d": 1000, **one_segment(d=5000)}), "video")

    assert x + width <= 960


def test_names_are_clipped_and_shown_in_full_by_the_tooltip() -> None:
    name = "a very long name for a very short clip"
    row = [{"d": 1000, "m": {"name": name}}, {"d": 9000, "m": {"name": "B"}}]

    root = drawn({"t": [{"tt": 0, "sg": row}]})

    assert any(text.endswith("…") and name.startswith(text[:-1]) for text in texts(root))
    assert f"{name} (0-1s)" in [node.text for node in root.iter(f"{SVG}title")]


def test_chinese_labels() -> None:
    assert {"1. 视频", "2. 音乐", "3. 标题", "0秒"} <= set(
        texts(drawn(sample("documented"), language="zh-CN"))
    )


def test_overlaps_get_a_row_each_up_to_a_limit() -> None:
    def height(count: int) -> int:
        row = [{"d": 1000, "m": {"start": at}} for at in range(count)]
        return int(drawn({"t": [{"tt": 0, "sg": row}]}).get("height", "0"))

    assert height(2) - height(1) == height(3) - height(2) > 0
    assert height(4) == height(9)


def test_thousands_of_tiny_segments_make_a_small_file() -> None:
    row = [{"d": 10, "m": {"name": f"clip {at}"}} for at in range(10_000)]

    assert len(timeline({"t": [{"tt": 0, "sg": row}]}).to_svg()) < 400_000


def test_an_empty_timeline_is_drawn() -> None:
    assert texts(drawn({}))[0] == "Timeline · 0s"


@pytest.mark.parametrize(("theme", "width"), [("neon", 960), ("light", 10), ("light", 10**6)])
def test_invalid_themes_and_widths_are_rejected(theme: Theme, width: int) -> None:
    with pytest.raises(InvalidInputError) as caught:
        timeline({}).to_svg(theme, width)

    assert caught.value.hint


def test_notebooks_show_it() -> None:
    view = timeline(sample("documented"))

    assert view._repr_svg_() == view.to_svg()


@pytest.mark.parametrize(
    ("whole_ms", "most", "step_ms"),
    [
        (1, 5, 100),
        (10_000, 11, 1000),
        (24_000, 6, 5000),
        (600_000, 8, 120_000),
        (10**9, 9, 120_000_000),
    ],
)
def test_the_ruler_has_round_steps(whole_ms: int, most: int, step_ms: int) -> None:
    assert ruler_step(whole_ms, most) == step_ms


@given(drafts)
def test_any_timeline_is_drawn_well_formed(raw: dict) -> None:
    ET.fromstring(timeline(raw).to_svg(width=300).encode())
