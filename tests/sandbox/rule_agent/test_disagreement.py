"""A word that changes what a sentence means changes what is done, or the sentence is refused."""

from __future__ import annotations

import re

import pytest

from nemovideo.sandbox.agents.uploads import Upload
from tests.sandbox.rule_agent.conftest import Session, outline

UPLOADS = (
    Upload("beach.mp4", "video", 8.0, 1920, 1080, 30.0),
    Upload("IMG_1.jpg", "image", None, 1080, 1920),
    Upload("song.mp3", "audio", 30.0),
)
EDITS = (
    "cut the first 2 seconds",
    "trim 3 seconds off the end",
    "cut the last 2 seconds of the first clip",
    "keep only 1 to 4 seconds",
    "shorten it to 3 seconds",
    "make the second clip 2 seconds longer",
    "split it at 2 seconds",
    "swap the first two clips",
    "move the last clip to the beginning",
    "delete the second clip",
    "reverse the order of the clips",
    "play it at 2x speed",
    "make the first clip slower",
    "duplicate the second clip",
    "add a crossfade",
    "fade in and out",
    "fade out the music over 5 seconds",
    "lower the music to 20%",
    "make the music louder",
    "remove the music",
    "add upbeat music",
    "use song.mp3 as background music",
    "add beach.mp4 at the end",
    "insert IMG_1.jpg for 3 seconds",
    'add a title "One" in the last 3 seconds',
    'add a subtitle "Two" from 1 to 4 seconds',
    "make the title red and larger",
    "move the title to the top",
    "remove all text",
    "make it snow",
    "change the second clip to night",
    "undo",
    "剪掉前2秒",
    "第一段慢放",
    "删除第二段",
    "把音乐调到20%",
    "去掉音乐",
    "加上欢快的音乐",
    "在开头加标题“三”",
    "把标题改成红色",
    "把第二段移到最前面",
    "变成水彩风格",
)
AFTER = (
    "unless it is dark", "except for the last one", "but not at the end", "instead of the dog",
    "and not white", "three more times than before", "each", "如果下雨", "但是结尾不要",
)  # fmt: skip
BEFORE = ("do not", "if you can't swim,", "别", "除非下雨,")


@pytest.fixture(scope="module")
def film() -> Session:
    """Two clips, music, a title and a subtitle, and uploads that are not in it."""
    made = Session(assets=UPLOADS)
    made.send("Generate a 12-second video: first a cat sleeping, then a dog on a beach")
    made.send('add a subtitle "Hello" from 2 to 5 seconds')
    return made


def outcome(film: Session, message: str) -> list[str] | None:
    """Return the timeline that a message leaves; None where it changes nothing."""
    session = Session(film.assets, draft=film.draft, history=film.history.copy(), turn=film.turn)
    return outline(session.draft) if session.send(message).draft is not None else None


@pytest.mark.parametrize("message", EDITS)
def test_no_word_that_limits_a_sentence_is_dropped(message: str, film: Session) -> None:
    plain = outcome(film, message)
    assert plain is not None
    said = [*(f"{message} {words}" for words in AFTER), *(f"{words} {message}" for words in BEFORE)]
    assert [one for one in said if outcome(film, one) == plain] == []


@pytest.mark.parametrize("message", [one for one in EDITS if re.search("[0-9]", one)])
def test_another_number_is_another_edit(message: str, film: Session) -> None:
    plain = outcome(film, message)
    for digit in re.finditer("(?<![a-zA-Z_])[0-9]+(?![a-z]*[0-9.])", message):
        changed = f"{message[: digit.start()]}{int(digit[0]) + 1}{message[digit.end() :]}"
        assert outcome(film, changed) != plain


PROMPTS = (
    ("a 6-second video of a panda", "two 6-second videos of a panda"),
    ("a 6-second video of a panda", "a 6-second video of a panda, 3 seconds each"),
    ("a 6-second video of a panda", "a 6-second video of a panda and send it to my mother"),
    ("a panda in the rain", "a panda, no rain"),
    ("a panda in the snow", "panda: snow instead"),
    ("a panda with music", "a panda without music"),
    ("一只熊猫在下雨", "一只熊猫，不要下雨"),
    ("一个熊猫的镜头4秒", "两个熊猫的镜头各4秒"),
)


@pytest.mark.parametrize(("one", "other"), PROMPTS)
def test_no_word_that_limits_a_prompt_is_dropped(one: str, other: str) -> None:
    first, second = Session(), Session()
    first.send(one)
    second.send(other)
    assert first.draft is not None
    assert [line.split("<")[-1] for line in outline(first.draft)] != [
        line.split("<")[-1] for line in outline(second.draft)
    ]
