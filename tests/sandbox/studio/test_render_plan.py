"""Draft JSON → plan: lenient about details, strict about what cannot be rendered."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.sandbox.studio.errors import RenderError
from nemovideo.sandbox.studio.render_plan import (
    ClipSpec,
    MusicSpec,
    SceneSpec,
    StillSpec,
    read_plan,
)

DraftOf = Callable[..., dict[str, Any]]


def test_frames_and_samples_are_exact_for_the_length_of_the_draft(draft_of: DraftOf) -> None:
    plan = read_plan({**draft_of((0, [{"d": 10_000}])), "d": 10_000})
    assert (plan.frames, plan.duration, plan.samples) == (300, 10, 480_000)


@pytest.mark.parametrize("fps", [24, 25, 30, 50, 60])
def test_every_usual_frame_rate_is_unchanged(fps: int, draft_of: DraftOf) -> None:
    assert read_plan(draft_of((0, [{"d": 2000}]), fps=fps)).frames == 2 * fps


def test_a_broadcast_frame_rate_becomes_its_fraction(draft_of: DraftOf) -> None:
    assert read_plan(draft_of((0, [{}]), fps=29.97)).fps == Fraction(2997, 100)


def test_size_and_rate_have_defaults() -> None:
    plan = read_plan({"t": [{"tt": 0, "sg": [{"d": 1000}]}]})
    assert (plan.width, plan.height, plan.fps) == (1920, 1080, 30)


def test_odd_sides_are_rounded_down_to_even(draft_of: DraftOf) -> None:
    plan = read_plan(draft_of((0, [{}]), width=193, height=109))
    assert (plan.width, plan.height) == (192, 108)


def test_a_segment_without_a_start_follows_the_one_before_it(draft_of: DraftOf) -> None:
    plan = read_plan(
        draft_of((0, [{"d": 1000}, {"d": 500}, {"d": 500, "start": 4000}, {"d": 100}]))
    )
    spans = [(p.start, p.end) for p in plan.tracks[0]]
    assert spans == [(0, 30), (30, 45), (120, 135), (135, 138)]


def test_without_a_stated_length_the_last_segment_ends_the_video(draft_of: DraftOf) -> None:
    assert read_plan(draft_of((0, [{"d": 1000}]), (7, [{"d": 2000, "text": "x"}]))).frames == 60


def test_kinds_become_their_sources(draft_of: DraftOf) -> None:
    kinds: list[dict[str, Any]] = [
        {"kind": "generated", "prompt": "A Sea", "scene": {"style": "Cinematic", "time": "DAWN"}},
        {"kind": "clip", "asset": "a.mp4", "in": 1500, "speed": 2, "fit": "cover"},
        {"kind": "image", "asset": "b.png", "camera": "zoom_in"},
        {"kind": "clip"},
    ]
    sources = [p.source for p in read_plan(draft_of((0, kinds))).tracks[0]]
    assert sources[0] == SceneSpec(prompt="a sea", time="dawn", style=("cinematic",))
    assert sources[1] == ClipSpec("a.mp4", 1.5, "cover", 2.0)
    assert sources[2] == StillSpec("b.png", "contain", "zoom_in")
    assert isinstance(sources[3], SceneSpec)


def test_sounds_are_music_clips_and_the_clips_of_video_tracks(draft_of: DraftOf) -> None:
    plan = read_plan(
        draft_of(
            (
                0,
                [
                    {"kind": "clip", "asset": "a.mp4"},
                    {"kind": "clip", "asset": "a.mp4", "muted": True},
                ],
            ),
            (1, [{"kind": "music", "style": {"mood": "Epic", "tempo": 90}, "volume": 0.35}]),
            (1, [{"kind": "clip", "asset": "b.mp3", "volume": 0}]),
        )
    )
    assert [type(s.source) for s in plan.sounds] == [ClipSpec, MusicSpec]
    assert plan.sounds[1].volume == 0.35
    assert plan.assets == {"a.mp4"}


def test_captions_have_the_position_of_their_role_and_empty_ones_are_left_out(
    draft_of: DraftOf,
) -> None:
    texts = [{"text": "Hi"}, {"text": "so", "role": "subtitle"}, {"text": "  "}]
    captions = read_plan(draft_of((0, [{}]), (7, texts))).captions
    assert [(c.text, c.position) for c in captions] == [("Hi", "lower_third"), ("so", "bottom")]


@pytest.mark.parametrize(
    ("meta", "said"),
    [({"width": 9000}, "width"), ({"height": 2}, "height"), ({"fps": 240}, "frame rate")],
)
def test_an_impossible_canvas_is_refused_with_the_reason(
    draft_of: DraftOf, meta: dict[str, int], said: str
) -> None:
    with pytest.raises(RenderError, match=said):
        read_plan(draft_of((0, [{}]), **meta))


def test_a_draft_too_long_is_refused(draft_of: DraftOf) -> None:
    with pytest.raises(RenderError, match="3600 s"):
        read_plan({**draft_of((0, [{}])), "d": 4_000_000})


@pytest.mark.parametrize("draft", [{}, {"t": []}, {"t": [{"tt": 0, "sg": []}]}, {"t": "x"}])
def test_a_draft_without_segments_is_refused(draft: dict[str, object]) -> None:
    with pytest.raises(RenderError, match="no segments"):
        read_plan(draft)


_leaves = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
_json = st.recursive(
    _leaves, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=4), v, max_size=3)
)
_meta = st.dictionaries(
    st.sampled_from(
        [
            "start",
            "kind",
            "asset",
            "in",
            "speed",
            "volume",
            "fade_in",
            "transition",
            "text",
            "scene",
            "style",
        ]
    ),
    _json,
    max_size=5,
)
_segment = st.fixed_dictionaries({"d": _leaves, "m": _meta | _json})
_track = st.fixed_dictionaries(
    {"tt": st.sampled_from([0, 1, 7, 9]), "sg": st.lists(_segment, max_size=3)}
)


@given(st.lists(_track, max_size=3), _leaves)
def test_any_draft_is_planned_or_refused(tracks: list[dict[str, Any]], length: object) -> None:
    try:
        plan = read_plan({"t": tracks, "d": length})
    except RenderError:
        return
    assert plan.frames >= 1
    assert all(0 <= p.start <= p.end for track in plan.tracks for p in track)
