"""Where lines are broken for a terminal."""

from __future__ import annotations

import pytest

from nemovideo.cli.display.wrapping import wrap
from nemovideo.timeline.wording import display_width


def test_a_command_is_never_broken_and_begins_a_line_where_it_does_not_fit() -> None:
    text = "进行，不消耗积分。要拿到文件，请运行：nemovideo recover --forget s1。之后再导出。"
    assert wrap(text, 36).split("\n") == [
        "进行，不消耗积分。要拿到文件，请运",
        "行：nemovideo recover --forget s1。",
        "之后再导出。",
    ]


@pytest.mark.parametrize("width", [20, 31, 60, 80])
def test_words_stay_whole_and_no_line_is_wider_or_begins_with_a_stop(width: int) -> None:
    text = "这可能要花约 100 积分，超过了 --max-credits。可以的话，请调高 --max-credits（或不写）。"
    lines = wrap(text, width).split("\n")
    assert max(map(display_width, lines)) <= width
    assert sum(line.count("--max-credits") for line in lines) == 2
    assert not [line for line in lines if line[0] in "，。）"]
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_what_is_longer_than_a_line_stays_whole_and_short_lines_as_they_are() -> None:
    url = "http://127.0.0.1:8700/" + "x" * 80
    assert wrap(f"See\n  {url} there", 40) == f"See\n  {url}\n  there"
