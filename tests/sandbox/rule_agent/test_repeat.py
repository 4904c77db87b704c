"""Clips shown again: doubled, looped, copied to the end."""

from __future__ import annotations

import pytest

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.draft import AUDIO, TEXT, meta
from tests.sandbox.rule_agent.conftest import Session, outline

# What is said to a cat and a dog of six seconds each, and the clips by their first letter then.
REPEATED = [
    ("duplicate the first clip", "ccd"),
    ("please repeat the second clip", "cdd"),
    ("make a copy of the dog clip", "cdd"),
    ("make two copies of the first clip", "cccd"),
    ("play the second clip twice", "cdd"),
    ("loop the last clip three times", "cddd"),
    ("show the first clip again at the end", "cdc"),
    ("copy clip 1 to the end", "cdc"),
    ("play it twice", "cdcd"),
    ("play the whole film one more time", "cdcd"),
    ("let the first clip repeat", "ccd"),
    ("复制第一个片段", "ccd"),
    ("第二段重复三遍", "cddd"),
    ("把第一段再放一遍", "ccd"),
    ("把第一个片段复制到最后", "cdc"),
    ("循环播放两次", "cdcd"),
]


def _order(session: Session) -> str:
    names = (line.split()[2] for line in outline(session.draft) if line.startswith("video"))
    return "".join(name[0] for name in names)


@pytest.mark.parametrize(("prompt", "order"), REPEATED)
def test_clips_are_shown_again(prompt: str, order: str, two_scenes: Session) -> None:
    assert two_scenes.send(prompt).report == ("repeated",)
    assert _order(two_scenes) == order


@pytest.mark.parametrize("prompt", ["repeat the clip", "复制片段"])
def test_with_several_clips_the_agent_asks_which_one(prompt: str, two_scenes: Session) -> None:
    assert two_scenes.send(prompt).report == ("which_clip",)


@pytest.mark.parametrize("prompt", ["repeat the clip", "复制片段"])
def test_the_only_clip_needs_no_name(prompt: str, session: Session) -> None:
    session.send("a 5-second video of a cat")
    session.send(prompt)
    assert _order(session) == "cc"


def test_music_goes_on_under_the_copy_and_later_texts_move(two_scenes: Session) -> None:
    two_scenes.send('add a subtitle "Bye" from 7 to 9 seconds')
    two_scenes.send("duplicate the first clip")
    assert two_scenes.draft is not None
    assert [item.end for item in timeline.segments(two_scenes.draft, AUDIO)] == [18_000]
    starts = {meta(i.node)["text"]: i.start for i in timeline.segments(two_scenes.draft, TEXT)}
    assert (starts["Hello"], starts["Bye"]) == (2_000, 13_000)


def test_a_copy_is_cut_to_hard_even_where_the_original_dissolved(two_scenes: Session) -> None:
    two_scenes.send("crossfade")
    two_scenes.send("duplicate the second clip")
    assert ["transition" in line for line in outline(two_scenes.draft)[:3]] == [False, True, False]


@pytest.mark.parametrize("prompt", ["loop it until it's 30 seconds long", "循环播放到30秒"])
def test_a_video_is_looped_until_a_length(prompt: str, two_scenes: Session) -> None:
    assert two_scenes.send(prompt).report == ("looped",)
    assert two_scenes.draft is not None
    assert two_scenes.draft["d"] == 30_000
    assert _order(two_scenes) == "cdcdc"


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        ("loop it until it's 5 seconds long", "as_long_already"),
        ("loop it for 15 minutes", "too_long"),
    ],
)
def test_a_loop_that_cannot_be_is_refused(prompt: str, key: str, two_scenes: Session) -> None:
    assert two_scenes.send(prompt).report == (key,)


def test_a_video_never_grows_beyond_what_the_sandbox_makes(session: Session) -> None:
    session.send("a 5-minute video of a cat")
    assert session.send("play it three times").report == ("too_long",)


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        ("play it three times faster", "speed"),
        ("loop beach.mp4", "no_such_clip"),
        ("play it once", "unclear"),
    ],
)
def test_what_only_sounds_like_a_repeat_is_none(prompt: str, key: str, two_scenes: Session) -> None:
    assert two_scenes.send(prompt).report == (key,)
