"""Drafts for the tests of this folder: samples, short builders, and any JSON at all."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from nemovideo.timeline.draft import Draft
from nemovideo.timeline.timeline import Timeline

SAMPLES = Path(__file__).parent.parent / "samples" / "drafts"


def sample(name: str) -> dict:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def timeline(raw: object) -> Timeline:
    return Draft.parse(copy.deepcopy(raw)).timeline


def one_segment(tt: object = 0, **segment: object) -> dict:
    return {"t": [{"tt": tt, "sg": [segment]}]}


def edited(name: str, edit: Callable[[dict], object]) -> tuple[Timeline, Timeline]:
    """Return a sample's timeline before and after an edit of its JSON."""
    raw = sample(name)
    edit(raw)
    return timeline(sample(name)), timeline(raw)


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["t", "tt", "sg", "d", "m", "name", "start", "volume", "x", "id"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)

_values = scalars.filter(lambda value: not isinstance(value, float)) | st.sampled_from([0.25, -1.5])
_ms = st.sampled_from([0, 500, 1000, 2000, 2500.4, 3000, 5000])
_meta = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["A", "B", "C", "熊猫"]),
        "text": st.sampled_from(["Hello", "Bye"]),
        "start": _ms,
        "volume": st.sampled_from([0, 0.2, 0.35, 1]),
        "muted": st.booleans(),
        "asset": st.sampled_from(["a.mp4", "b.mp4"]),
        "in": _ms,
        "speed": st.sampled_from([0.5, 1, 2]),
        "prompt": st.sampled_from(["sea", "city"]),
        "filter": st.sampled_from(["warm", {"type": "blur", "r": 2}, {"type": "blur", "r": 3}]),
    },
)
_ids = st.fixed_dictionaries({}, optional={"id": st.sampled_from(["a", "b", "c", "d", 5])})
_segments = st.builds(
    lambda name, rest: {**name, **rest},
    _ids,
    st.fixed_dictionaries({"m": _meta}, optional={"d": _ms, "x": _values}),
)
_tracks = st.builds(
    lambda name, rest: {**name, **rest},
    _ids,
    st.fixed_dictionaries(
        {"tt": st.sampled_from([0, 1, 7, 4]), "sg": st.lists(_segments, max_size=5)},
        optional={"m": _meta, "d": _ms},
    ),
)
drafts = st.fixed_dictionaries(
    {"t": st.lists(_tracks, max_size=4)},
    optional={"d": _ms, "v": st.integers(), "m": _meta, "ratio": _values},
)
"""Drafts that a service could send, small enough to have much in common."""
