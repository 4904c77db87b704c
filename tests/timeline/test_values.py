"""Values as other tools write them."""

from __future__ import annotations

from nemovideo.timeline.values import as_number


def test_a_number_in_quotes_may_have_spaces_around_it() -> None:
    assert as_number(" 1.5  ") == 1.5


def test_a_text_with_a_number_and_a_long_tail_is_no_number() -> None:
    assert as_number("1" + " " * 50_000 + "x") is None
