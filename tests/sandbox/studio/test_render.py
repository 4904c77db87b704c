"""Whole renders: the file's facts, its pictures over time, its sound, and how a render ends."""

import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from nemovideo.sandbox.studio import RenderError, RenderStopped, probe, render

Frames = Callable[[Path], np.ndarray]
SCENE: dict[str, Any] = {"kind": "generated", "prompt": "sea", "scene": {"family": "sea"}}

DraftOf = Callable[..., dict[str, Any]]
SIZE = (192, 108)


def boxes(path: Path) -> list[bytes]:
    """The names of an MP4's outermost boxes."""
    content, at, names = path.read_bytes(), 0, []
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        names.append(content[at + 4 : at + 8])
        at += size if size > 1 else int.from_bytes(content[at + 8 : at + 16])
    return names


def test_an_mp4_has_the_promised_codecs_length_and_order(tmp_path: Path, draft_of: DraftOf) -> None:
    target = tmp_path / "film.mp4"
    music = {"d": 2000, "kind": "music"}
    result = render(draft_of((0, [{"d": 2000, **SCENE}]), (1, [music])), target)
    with av.open(str(target)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48_000, 2)
        assert container.duration == 2_000_000
        assert sum(1 for _ in container.decode(video)) == 60
    names = boxes(target)
    assert names.index(b"moov") < names.index(b"mdat")
    assert (result.frames, result.duration, result.fps) == (60, 2.0, 30.0)
    assert (result.width, result.height, result.size) == (*SIZE, target.stat().st_size)


@pytest.mark.parametrize("fps", [24, 25, 50, 60, 23.976])
def test_the_length_is_exact_to_the_frame_at_every_rate(
    tmp_path: Path, frames: Frames, fps: float, draft_of: DraftOf
) -> None:
    target = tmp_path / "film.mp4"
    result = render(draft_of((0, [{"d": 700, **SCENE}]), fps=fps), target)
    assert len(frames(target)) == result.frames == round(0.7 * fps)


def test_the_sound_is_never_longer_than_the_picture_by_more_than_a_frame(
    tmp_path: Path, draft_of: DraftOf
) -> None:
    target = tmp_path / "film.mp4"
    render(draft_of((0, [{"d": 1233, **SCENE}]), (1, [{"d": 9000, "kind": "music"}])), target)
    with av.open(str(target)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        lengths = [float(s.duration * s.time_base) for s in (video, audio)]  # type: ignore[operator]  both are known
    assert lengths[1] <= lengths[0] + 1024 / 48_000


@pytest.mark.parametrize(("name", "codec"), [("mov", "h264"), ("webm", "vp9"), ("gif", "gif")])
def test_other_formats_have_their_codecs(
    tmp_path: Path, name: str, codec: str, draft_of: DraftOf
) -> None:
    target = tmp_path / f"film.{name}"
    render(draft_of((0, [dict(SCENE)])), target, format=name)
    with av.open(str(target)) as container:
        assert container.streams.video[0].codec_context.name == codec
        assert sum(1 for _ in container.decode(video=0)) == (5 if name == "gif" else 15)
        assert bool(container.streams.audio) is (name != "gif")


def test_a_gif_is_made_smaller_than_a_large_canvas(tmp_path: Path, draft_of: DraftOf) -> None:
    result = render(
        draft_of((0, [{"d": 100}]), width=1920, height=1080), tmp_path / "a.gif", format="gif"
    )
    assert (result.width, result.height) == (640, 360)


def test_quality_decides_the_size(tmp_path: Path, draft_of: DraftOf) -> None:
    draft = draft_of((0, [dict(SCENE)]))
    sizes = [render(draft, tmp_path / q, quality=q).size for q in ("low", "medium", "high")]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]


def test_the_same_draft_gives_the_same_pictures(
    tmp_path: Path, frames: Frames, draft_of: DraftOf
) -> None:
    draft = draft_of((0, [{"d": 300, "prompt": "a panda in a bamboo forest"}]))
    render(draft, tmp_path / "a.mp4")
    render(draft, tmp_path / "b.mp4")
    assert (frames(tmp_path / "a.mp4") == frames(tmp_path / "b.mp4")).all()


def test_progress_rises_to_one(tmp_path: Path, draft_of: DraftOf) -> None:
    reported: list[float] = []
    render(draft_of((0, [dict(SCENE)])), tmp_path / "a.mp4", on_progress=reported.append)
    assert reported == sorted(reported)
    assert reported[-1] == 1.0


def test_a_stopped_render_leaves_nothing_and_spares_the_old_file(
    tmp_path: Path, draft_of: DraftOf
) -> None:
    target, asked = tmp_path / "a.mp4", iter(range(100))
    target.write_bytes(b"old")
    with pytest.raises(RenderStopped):
        render(draft_of((0, [dict(SCENE)])), target, should_stop=lambda: next(asked) > 5)
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["a.mp4"]


def test_a_render_can_be_stopped_while_its_scene_is_built(
    tmp_path: Path, draft_of: DraftOf
) -> None:
    reported: list[float] = []
    asked = iter(range(100))
    with pytest.raises(RenderStopped):
        # A video of one frame: all questions but the first are asked before that one is drawn.
        render(
            draft_of((0, [{**SCENE, "d": 34}])),
            tmp_path / "a.mp4",
            on_progress=reported.append,
            should_stop=lambda: next(asked) > 3,
        )
    assert reported == []


def test_progress_is_repeated_while_a_scene_is_built(
    tmp_path: Path, draft_of: DraftOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The package's name ``render`` is the function; the module is found by its full name.
    module = importlib.import_module("nemovideo.sandbox.studio.render")
    monkeypatch.setattr(module, "_REPORT_EVERY", -1.0)
    reported: list[float] = []
    render(draft_of((0, [{**SCENE, "d": 34}])), tmp_path / "a.mp4", on_progress=reported.append)
    assert reported.count(0.0) > 3
    assert reported == sorted(reported)


def test_a_failing_progress_callback_leaves_nothing_behind(
    tmp_path: Path, draft_of: DraftOf
) -> None:
    def broken(_share: float) -> None:
        raise RuntimeError("no terminal")

    with pytest.raises(RuntimeError, match="no terminal"):
        render(draft_of((0, [dict(SCENE)])), tmp_path / "a.mp4", on_progress=broken)
    assert not [p for p in tmp_path.iterdir() if p.is_file()]


def test_unknown_words_are_refused_with_the_known_ones(tmp_path: Path, draft_of: DraftOf) -> None:
    draft = draft_of((0, [dict(SCENE)]))
    with pytest.raises(RenderError, match="mp4, mov, webm, gif"):
        render(draft, tmp_path / "a.avi", format="avi")
    with pytest.raises(RenderError, match="low, medium, high"):
        render(draft, tmp_path / "a.mp4", quality="best")


def test_a_missing_upload_is_named(tmp_path: Path, draft_of: DraftOf) -> None:
    draft = draft_of((0, [{"kind": "clip", "asset": "cat.mp4"}]))
    with pytest.raises(RenderError, match=r"cat\.mp4"):
        render(draft, tmp_path / "a.mp4")


def test_a_target_in_no_folder_is_a_render_error(tmp_path: Path, draft_of: DraftOf) -> None:
    with pytest.raises(RenderError, match="could not be rendered"):
        render(draft_of((0, [dict(SCENE)])), tmp_path / "none" / "a.mp4")


def test_the_picture_moves_and_carries_the_mark(
    tmp_path: Path, frames: Frames, draft_of: DraftOf
) -> None:
    target = tmp_path / "a.mp4"
    render(draft_of((1, [{"d": 200, "kind": "music"}])), target)
    black = frames(target)[-1]
    assert black[-24:, -80:].max() > 120
    assert black[:60].max() < 24
    render(draft_of((0, [{"d": 1000, **SCENE}])), target)
    film = frames(target).astype(int)
    assert np.abs(film[-1] - film[0]).mean() > 1


def test_a_fade_goes_from_and_to_black(tmp_path: Path, frames: Frames, draft_of: DraftOf) -> None:
    target = tmp_path / "a.mp4"
    render(draft_of((0, [{"d": 1000, "fade_in": 300, "fade_out": 300, **SCENE}])), target)
    light = frames(target)[:, :80, :].mean(axis=(1, 2, 3))
    assert light[0] < light[15] / 3
    assert light[-1] < light[15] / 3


def test_a_gap_is_black(tmp_path: Path, frames: Frames, draft_of: DraftOf) -> None:
    target = tmp_path / "a.mp4"
    render(draft_of((0, [{"d": 200, **SCENE}, {"d": 200, "start": 500, **SCENE}])), target)
    light = frames(target)[:, :80].mean(axis=(1, 2, 3))
    assert light[8] < 20 < light[2]
    assert light[-1] > 20


def test_the_later_video_track_lies_on_top(
    tmp_path: Path, frames: Frames, photo: Path, draft_of: DraftOf
) -> None:
    target = tmp_path / "a.mp4"
    image = {"d": 300, "kind": "image", "asset": "p", "fit": "cover"}
    below = {"d": 600, **SCENE}
    render(draft_of((0, [below]), (0, [image])), target, media={"p": photo})
    film = frames(target)
    assert film[3, 50, 20, 1] > 150 > film[3, 50, 20, 0]
    assert (np.abs(film[12].astype(int) - film[3]).mean()) > 20


@pytest.mark.parametrize("kind", ["crossdissolve", "fade"])
def test_a_transition_passes_through_its_middle(
    tmp_path: Path, frames: Frames, photo: Path, kind: str, draft_of: DraftOf
) -> None:
    target = tmp_path / "a.mp4"
    first = {"d": 500, "kind": "image", "asset": "p", "fit": "cover"}
    second = {"d": 500, "prompt": "space", "transition": {"type": kind, "d": 400}}
    result = render(draft_of((0, [first, second])), target, media={"p": photo})
    film = frames(target)[:, :60].astype(float)
    assert result.frames == 30
    middle, before, after = film[21], film[14], film[29]
    if kind == "fade":
        assert middle.mean() < before.mean() / 3
    else:
        assert np.abs(middle - (before + after) / 2).mean() < 14


def test_a_title_is_seen_for_its_time_only(
    tmp_path: Path, frames: Frames, draft_of: DraftOf
) -> None:
    target = tmp_path / "a.mp4"
    title = {"d": 300, "text": "春天", "start": 200, "size": "large"}
    render(draft_of((1, [{"d": 800, "kind": "music"}]), (7, [title])), target)
    bright = [frame[:90].max() for frame in frames(target)]
    assert bright[3] < 40 < 200 < bright[10]
    assert bright[-1] < 40


def test_music_is_audible_and_fades(
    tmp_path: Path, sound: Callable[[Path], np.ndarray], draft_of: DraftOf
) -> None:
    target = tmp_path / "a.mp4"
    music = {"d": 3000, "kind": "music", "volume": 0.35, "fade_in": 500, "fade_out": 1000}
    render(draft_of((0, [{"d": 3000, **SCENE}]), (1, [music])), target)
    audible = sound(target)
    loud = [float(np.sqrt((audible[i * 4800 : (i + 1) * 4800] ** 2).mean())) for i in range(30)]
    assert max(loud) > 0.01
    assert loud[0] < max(loud) / 2
    assert loud[-1] < max(loud) / 3
    assert np.abs(audible).max() < 1


def test_renders_do_not_disturb_each_other(
    tmp_path: Path, frames: Frames, draft_of: DraftOf
) -> None:
    draft = draft_of((0, [{"d": 300, **SCENE}]))
    targets = [tmp_path / f"{n}.mp4" for n in range(3)]
    threads = [threading.Thread(target=render, args=(draft, t)) for t in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    films = [frames(t) for t in targets]
    assert (films[0] == films[1]).all()
    assert (films[0] == films[2]).all()


def test_portrait_and_sound_only_drafts_render(tmp_path: Path, draft_of: DraftOf) -> None:
    render(draft_of((0, [{"d": 200, **SCENE}]), width=108, height=192), tmp_path / "a.mp4")
    info = probe(tmp_path / "a.mp4")
    assert info is not None
    assert (info.width, info.height) == (108, 192)


def test_a_sound_that_cannot_be_opened_ends_the_render_early(tmp_path: Path) -> None:
    broken, reported = tmp_path / "song.mp3", list[float]()
    broken.write_bytes(b"not a song" * 100)
    song = {"d": 4000, "m": {"kind": "clip", "asset": "song.mp3"}}
    tracks = [{"tt": 0, "sg": [{"d": 4000, "m": {"prompt": "sea"}}]}, {"tt": 1, "sg": [song]}]
    small = {"d": 4000, "m": {"width": 64, "height": 64}, "t": tracks}
    with pytest.raises(RenderError, match=r"song\.mp3"):
        render(
            small, tmp_path / "film.mp4", media={"song.mp3": broken}, on_progress=reported.append
        )
    assert not reported or max(reported) < 0.1
