"""JSON in steps: the same values and the same text, and other threads go on meanwhile."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.concurrency.stepwise_json import dump_json, load_json
from nemovideo.protocol.payloads import read_one
from tests.timeline.drafts import anything

SEGMENTS = [{"d": 100, "id": f"s{n}", "m": {"name": f"piece {n}"}} for n in range(10_000)]
LARGE = json.dumps({"draft": {"t": [{"tt": 0, "sg": SEGMENTS}]}})


@given(anything)
def test_what_is_read_and_written_is_that_of_the_library(value: object) -> None:
    assert load_json(json.dumps(value).encode()) == value
    for ascii_only in (True, False):
        assert dump_json(value, ensure_ascii=ascii_only) == json.dumps(
            value, ensure_ascii=ascii_only, separators=(",", ":")
        )
    assert dump_json(value, sort_keys=True) == json.dumps(
        value, sort_keys=True, separators=(",", ":")
    )


@given(st.dictionaries(st.integers() | st.booleans() | st.none(), st.text(max_size=3)))
def test_names_that_are_no_texts_are_written_as_the_library_does(value: object) -> None:
    assert dump_json({"a": value}) == json.dumps({"a": value}, separators=(",", ":"))


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff\xff"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        load_json(body)


@pytest.mark.parametrize("value", [{"a": object()}, [[{1, 2}]]])
def test_what_cannot_be_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        dump_json(value)


@pytest.mark.parametrize(
    "work",
    [
        lambda: load_json(LARGE.encode()),
        lambda: dump_json(json.loads(LARGE)),
        lambda: read_one(LARGE),
    ],
)
def test_the_interpreter_can_let_other_threads_go_on_at_each_segment(
    work: Callable[[], object],
) -> None:
    calls: Counter[str] = Counter()
    sys.setprofile(lambda frame, event, argument: calls.update([event]))
    try:
        work()
    finally:
        sys.setprofile(None)
    assert calls["call"] > len(SEGMENTS)
