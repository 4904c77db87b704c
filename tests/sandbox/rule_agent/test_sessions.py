"""Longer ways through a session: what one turn leaves for the next."""

from __future__ import annotations

import copy

import pytest

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.interface import TurnKind
from nemovideo.sandbox.agents.uploads import Upload
from nemovideo.sandbox.draft import AUDIO, TEXT, VIDEO, meta
from tests.sandbox.rule_agent.conftest import Session, outline

BEACH = Upload("beach.mp4", "video", 8.0, 1920, 1080, 30.0)


def starts(session: Session) -> list[str]:
    return [line.split(" <")[0] for line in outline(session.draft)]


@pytest.mark.parametrize(
    ("prompt", "last"),
    [
        (("append beach.mp4", "mute the original sound"), "video 12-20 beach.mp4 muted=True"),
        (
            ("append beach.mp4", "mute the original sound", "unmute the original sound"),
            "video 12-20 beach.mp4",
        ),
        (
            ("append beach.mp4", "set the volume of the last clip to 40%"),
            "video 12-20 beach.mp4 40%",
        ),
        (("append beach.mp4", "move beach.mp4 to the beginning"), "video 0-8 beach.mp4"),
        (("append beach.mp4", "put beach.mp4 after the first clip"), "video 6-14 beach.mp4"),
        (("append beach.mp4", "make the last clip 3 seconds"), "video 12-15 beach.mp4"),
        (
            ("append beach.mp4", "replace the last clip with a lion in a desert"),
            "video 12-20 lion in a desert",
        ),
        (("add IMG_1.jpg", "zoom out on the photo"), "video 12-16 IMG_1.jpg"),
        (
            ("remove the music", "add music"),
            "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 35%",
        ),
        (
            ("remove the music", "add jazz from 2 to 8 seconds with music"),
            "audio 2-8 Jazz fade_in=1000 fade_out=1000 35%",
        ),
        (
            ("mute the music", "unmute the music"),
            "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 35%",
        ),
        (("2x", "normal speed"), "video 0-6 cat sleeping speed=1.0"),
        (("add transitions", "remove the transitions"), "video 6-12 dog on a beach"),
    ],
)  # fmt: skip
def test_a_turn_builds_on_the_turn_before(
    prompt: tuple[str, ...], last: str, two_scenes: Session
) -> None:
    for message in prompt:
        two_scenes.send(message)
    assert last in starts(two_scenes)


@pytest.mark.parametrize(
    ("prompt", "about"),
    [
        (("append beach.mp4", "make the last clip 20 seconds"), "cannot_extend"),
        (("delete the first clip", "add a crossfade"), "one_clip"),
        (("remove the music", "fade out the music"), "no_music"),
        (("remove all text", "fade in the title"), "no_text"),
        (("fade out over 2 seconds", "fade out over 2 seconds"), "same_fade"),
        (("remove the fades",), "no_fade"),
        (("add transitions", "add transitions"), "same_transition"),
        (("keep only 0 to 12 seconds",), "nothing_there"),
        (("cut the first 12 seconds",), "nothing_left"),
        (("append beach.mp4", "make beach.mp4 black and white"), "cannot_restyle"),
        (("make the fifth clip snowy",), "no_such_clip"),
        (("slow down clip 9",), "no_such_clip"),
        (("move clip 9 to the end",), "no_such_clip"),
        (("swap clips 1 and 9",), "no_such_clip"),
        (("replace clip 9 with beach.mp4",), "no_such_clip"),
        (("put IMG_1.jpg after clip 9",), "no_such_clip"),
        (("split clip 9",), "no_such_clip"),
        (("cut the first 2 seconds of clip 9",), "no_such_clip"),
        (("make clip 9 3 seconds",), "no_such_clip"),
        (("replace the whale with a fox",), "no_such_clip"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_now_is_refused_with_the_reason(
    prompt: tuple[str, ...], about: str, two_scenes: Session
) -> None:
    turn = [two_scenes.send(message) for message in prompt][-1]
    assert (turn.report, turn.draft) == ((about,), None)


def test_a_closing_title_moves_on_when_a_scene_is_added_and_a_subtitle_stays() -> None:
    session = Session()
    session.send("generate a 10-second video of a panda")
    session.send('add a title "The End" in the last 2 seconds')
    session.send('add a subtitle "Munch" from 8 to 10 seconds')
    session.send("then show a waterfall for 5 seconds")
    lines = starts(session)
    assert "title 13-15 The End position=lower_third" in lines
    assert "subtitle 8-10 Munch position=bottom" in lines


def test_what_lasts_the_whole_video_goes_on_doing_so(two_scenes: Session) -> None:
    two_scenes.send('add a subtitle "Live" for the whole video at the top')
    two_scenes.send("cut the video to 7 seconds")
    assert "subtitle 0-7 Live position=top" in starts(two_scenes)


def test_unknown_fields_and_untouched_segments_stay_as_they_are(two_scenes: Session) -> None:
    draft = copy.deepcopy(two_scenes.draft)
    assert draft is not None
    draft["canvas"] = {"ratio": 1.7777}
    timeline.tracks(draft).append({})
    timeline.tracks(draft, AUDIO)[0]["x-lane"] = [1, 2.50]
    meta(next(timeline.segments(draft, VIDEO)).node)["x-grade"] = {"lift": 0.1}
    two_scenes.draft = copy.deepcopy(draft)
    two_scenes.send("change the title to Pals")
    for kind in (VIDEO, AUDIO):
        assert timeline.tracks(two_scenes.draft, kind) == timeline.tracks(draft, kind)
    assert two_scenes.draft["canvas"] == {"ratio": 1.7777}
    assert [t["id"] for t in timeline.tracks(two_scenes.draft)] == [
        t["id"] for t in timeline.tracks(draft)
    ]


def test_an_edited_segment_keeps_its_id(two_scenes: Session) -> None:
    assert two_scenes.draft is not None
    before = [item.node["id"] for item in timeline.segments(two_scenes.draft, TEXT)]
    two_scenes.send('change the title to "Pals"')
    assert [item.node["id"] for item in timeline.segments(two_scenes.draft, TEXT)] == before


def test_a_portrait_upload_makes_a_portrait_video() -> None:
    session = Session(assets=(Upload("me.mov", "video", 4.0, 1080, 1920),))
    turn = session.send("add calm music")
    assert turn.kind is TurnKind.EDIT
    assert session.draft is not None
    assert (meta(session.draft)["width"], meta(session.draft)["height"]) == (1080, 1920)


def test_a_file_named_like_a_word_is_not_mistaken_for_it() -> None:
    session = Session(assets=(Upload("undo.mp4", "video", 5.0, 100, 100), BEACH))
    session.send("add undo.mp4")
    assert starts(session) == ["video 0-5 undo.mp4"]


def test_words_in_quotation_marks_are_never_instructions(two_scenes: Session) -> None:
    two_scenes.send('add a subtitle "Delete the second clip and undo" from 6 to 9 seconds')
    assert "subtitle 6-9 Delete the second clip and undo position=bottom" in starts(two_scenes)
    assert len(timeline.placed(timeline.tracks(two_scenes.draft or {}, VIDEO)[0])) == 2
