"""Rows in columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nemovideo.progress.tables import table
from nemovideo.timeline.wording import display_width

HEAD = ("when", "state", "file")
ROWS = [("just now", "saved", "熊猫.mp4"), ("3 min ago", "失败", "fox.mp4")]


def test_columns_line_up_although_chinese_letters_are_wide() -> None:
    lines = table(HEAD, ROWS, 80).split("\n")
    assert lines == [
        "when       state  file",
        "just now   saved  熊猫.mp4",
        "3 min ago  失败   fox.mp4",
    ]


def test_in_a_pipe_nothing_is_cut_off() -> None:
    long = "x" * 300
    assert long in table(HEAD, [("now", "saved", long)], None)


def test_the_last_column_is_clipped_to_the_terminal() -> None:
    lines = table(HEAD, [("now", "saved", "x" * 300)], 30).split("\n")
    assert max(map(display_width, lines)) == 30


def test_rows_that_do_not_fit_become_lines_of_their_own() -> None:
    text = table(HEAD, [("3 min ago", "saved", "fox.mp4"), ("now", "", "a.mp4")], 20)
    assert text == "when:  3 min ago\nstate: saved\nfile:  fox.mp4\n\nwhen:  now\nfile:  a.mp4\n"


_CELLS = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30)


@given(st.lists(st.tuples(_CELLS, _CELLS, _CELLS), max_size=5), st.integers(20, 100))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, str]], width: int) -> None:
    assert all(display_width(line) <= width for line in table(HEAD, rows, width).split("\n"))
