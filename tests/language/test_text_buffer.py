from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from nemovideo.language.text_buffer import TextBuffer


@given(st.lists(st.lists(st.text(max_size=3), max_size=40), max_size=9))
def test_the_text_is_all_pieces_in_order(runs: list[list[str]]) -> None:
    buffer = TextBuffer()
    for pieces in runs:
        buffer.add(pieces)
    assert str(buffer) == "".join(piece for pieces in runs for piece in pieces)


def test_ten_thousand_pieces_take_little_more_than_their_characters() -> None:
    tracemalloc.start()
    try:
        buffer = TextBuffer()
        for number in range(10_000):
            buffer.add([f"{number:010}"])
        allocated, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(str(buffer)) == 100_000
    assert allocated < 150_000
