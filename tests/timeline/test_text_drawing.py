from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.timeline.wording import clip, display_width, pad
from tests.timeline.drafts import drafts, one_segment, sample, timeline

DOCUMENTED = """\
Timeline · 10s · 3 tracks
          0s         2s         4s          6s         8s      10s
1. Video  ├city timelapse ───────────────────────────────────────┤
2. Music  ├Lo-fi 35% ────────────────────────────────────────────┤
3. Title  ├"Urban Dreams" ┤"""


def test_the_documented_example() -> None:
    assert timeline(sample("documented")).to_text(width=66) == DOCUMENTED


def test_ascii_only() -> None:
    text = timeline(sample("edited")).to_text(ascii_only=True, language="zh")

    assert text.isascii()
    assert "[???????" in text


def test_colours_change_nothing_but_the_colour() -> None:
    view = timeline(sample("edited"))

    coloured = view.to_text(color=True)

    assert coloured != view.to_text()
    assert re.sub(r"\x1b\[\d+m", "", coloured) == view.to_text()


def test_chinese_labels() -> None:
    text = timeline(sample("documented")).to_text(language="zh-CN")

    assert text.startswith("时间线 · 10秒 · 3 条轨道\n")
    assert "\n2. 音乐  ├Lo-fi 35% " in text


def test_an_empty_timeline_is_one_line() -> None:
    assert timeline({}).to_text() == "Timeline · 0s · 0 tracks"


def test_a_ruler_over_a_minute_counts_minutes() -> None:
    assert "1:30" in timeline(one_segment(d=120_000)).to_text(width=60)
    assert "1:00:00" in timeline(one_segment(d=7_200_000)).to_text()


def test_tiny_segments_are_marks() -> None:
    row = [{"d": 10, "m": {"name": f"clip {at}"}} for at in range(1000)]

    line = timeline({"t": [{"tt": 0, "sg": row}]}).to_text(width=40).splitlines()[-1]

    assert set(line[10:]) <= set("│├┤─")
    assert display_width(line) == 40


@given(drafts, st.integers(0, 120), st.booleans())
def test_no_line_is_wider_than_the_width(raw: dict, width: int, ascii_only: bool) -> None:
    text = timeline(raw).to_text(width, ascii_only=ascii_only)

    assert max(map(display_width, text.splitlines())) <= max(width, 32)


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("panda", 5, "panda"),
        ("panda", 4, "pan…"),
        ("熊猫竹林", 5, "熊猫…"),
        ("熊猫", 2, "…"),
        ("a", 0, ""),
    ],
)
def test_clipping_counts_columns(text: str, width: int, shown: str) -> None:
    assert clip(text, width) == shown


def test_display_width() -> None:
    assert [display_width(text) for text in ("ab", "熊猫", "e\u0301", "ｆ")] == [2, 4, 1, 2]
    assert pad("熊", 4) == "熊  "
