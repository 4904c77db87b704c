"""Numbers, durations, times, names and languages, in English and Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.sandbox.agents.rule_agent.words.lexicon import find_terms
from nemovideo.sandbox.agents.rule_agent.words.numbers import (
    durations,
    number,
    ordinals,
    percentage,
)
from nemovideo.sandbox.agents.rule_agent.words.phrases import detect, lower, tokenize
from nemovideo.sandbox.agents.rule_agent.words.sounds import find_sound
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import TimeRange, find_time_range
from nemovideo.sandbox.agents.rule_agent.words.visual_style import (
    find_visual_style,
    frame_rate,
    orientation,
)

DURATIONS = [
    ("10-second", 10_000), ("10s", 10_000), ("10 sec", 10_000), ("ten seconds", 10_000),
    ("twenty-five seconds", 25_000), ("1.5 seconds", 1_500), ("a minute", 60_000),
    ("half a minute", 30_000), ("a minute and a half", 90_000), ("1 minute 30 seconds", 90_000),
    ("1m30s", 90_000), ("1:30", 90_000), ("500ms", 500), ("half a second", 500),
    ("a few seconds", 3_000), ("a couple of seconds", 2_000), ("two and a half seconds", 2_500),
    ("十秒", 10_000), ("10秒", 10_000), ("１０秒", 10_000), ("半分钟", 30_000), ("1分30秒", 90_000),
    ("一分半钟", 90_000), ("两秒半", 2_500), ("二十五秒", 25_000), ("一百二十秒", 120_000),
    ("一个半分钟", 30_000),
    ("几秒", 3_000), ("三分钟", 180_000),
]  # fmt: skip
SPANS = [
    ("from 2 to 5 seconds", TimeRange("at", 2_000, 3_000)),
    ("between 2s and 5s", TimeRange("at", 2_000, 3_000)),
    ("2-5s", TimeRange("at", 2_000, 3_000)),
    ("0:02 to 0:05", TimeRange("at", 2_000, 3_000)),
    ("from 3 seconds to the end", TimeRange("at", 3_000, None, open_end=True)),
    ("at 3 seconds", TimeRange("at", 3_000, None)),
    ("at the beginning for 4 seconds", TimeRange("at", 0, 4_000)),
    ("at the end", TimeRange("end")),
    ("in the last 3 seconds", TimeRange("end", 0, 3_000)),
    ("the first 3 seconds", TimeRange("at", 0, 3_000)),
    ("for 4 seconds", TimeRange("unsaid", 0, 4_000)),
    ("throughout", TimeRange("whole")),
    ("halfway through", TimeRange("middle")),
    ("从2秒到5秒", TimeRange("at", 2_000, 3_000)),
    ("第2秒到第5秒", TimeRange("at", 2_000, 3_000)),
    ("2到5秒", TimeRange("at", 2_000, 3_000)),
    ("最后3秒", TimeRange("end", 0, 3_000)),
    ("前3秒", TimeRange("at", 0, 3_000)),
    ("开头", TimeRange("at")),
    ("结尾", TimeRange("end")),
    ("第3秒", TimeRange("at", 3_000, None)),
    ("持续4秒", TimeRange("unsaid", 0, 4_000)),
    ("全程", TimeRange("whole")),
    ("nothing of the kind", TimeRange()),
]


@pytest.mark.parametrize(("text", "ms"), DURATIONS)
def test_a_duration_is_read(text: str, ms: int) -> None:
    assert [item.ms for item in durations(tokenize(text).low)] == [ms]


@pytest.mark.parametrize(
    "text", ["9:16", "second clip", "a s", "no time at all", "第二段", "16 by 9"]
)
def test_what_is_no_duration_is_not_read_as_one(text: str) -> None:
    assert durations(text) == []


@pytest.mark.parametrize(("text", "span"), SPANS)
def test_a_time_is_read(text: str, span: TimeRange) -> None:
    assert find_time_range(text) == span


@given(st.integers(0, 599), st.integers(1, 600), st.integers(1, 600_000))
def test_a_span_always_lies_on_the_timeline(first: int, last: int, total: int) -> None:
    start, length = find_time_range(f"from {first} to {last} seconds").resolve(total, 3_000)
    assert 0 <= start < total
    assert 0 <= length <= total - start


@given(st.integers(1, 99))
def test_a_chinese_number_means_its_value(value: int) -> None:
    tens, ones = divmod(value, 10)
    digits = "零一二三四五六七八九"
    word = (
        ("" if tens < 2 else digits[tens]) + ("十" if tens else "") + (digits[ones] if ones else "")
    )
    assert number(word) == value


@pytest.mark.parametrize(
    ("text", "fraction"),
    [("30%", 0.3), ("30 percent", 0.3), ("百分之三十", 0.3), ("三成", 0.3), ("loud", None)],
)
def test_a_percentage_is_read(text: str, fraction: float | None) -> None:
    assert percentage(text) == fraction


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("the second clip", 1), ("clip 3", 2), ("3rd scene", 2), ("the last clip", -1),
        ("第二段", 1),
        ("第3个片段", 2), ("最后一段", -1), ("片段2", 1),
    ],
)  # fmt: skip
def test_a_clip_is_counted(text: str, index: int) -> None:
    assert [found[0] for found in ordinals(text)] == [index]


@pytest.mark.parametrize(
    "text", ["1 second", "one second", "the last 3 seconds", "第3秒", "half a second"]
)
def test_a_second_of_time_is_not_the_second_clip(text: str) -> None:
    assert ordinals(text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("两只熊猫在竹林里", ["panda", "bamboo forest"]),
        ("red pandas and foxes", ["red panda", "fox"]),
        ("马上把海报放好", []),
        ("penguins on a beach", ["penguin", "beach"]),
    ],
)
def test_names_are_found(text: str, names: list[str]) -> None:
    assert [found.term.name for found in find_terms(text)] == names


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("a vertical video", "vertical"), ("for tiktok", "vertical"),
        ("in 9:16", "vertical"),
        ("抖音", "vertical"), ("竖版", "vertical"), ("portrait", "vertical"),
        ("instagram reels", "vertical"),
        ("youtube shorts", "vertical"), ("square", "square"), ("1:1", "square"), ("方形", "square"),
        ("16:9", "wide"), ("横屏", "wide"), ("a landscape of hills", None),
        ("a portrait of a cat", None),
    ],
)  # fmt: skip
def test_an_orientation_is_read(text: str, shape: str | None) -> None:
    assert orientation(text) == shape


@pytest.mark.parametrize(
    ("text", "fps"), [("60fps", 60), ("24 frames per second", 24), ("25帧", 25), ("13 fps", None)]
)
def test_a_frame_rate_is_read(text: str, fps: int | None) -> None:
    assert frame_rate(text) == fps


def test_a_visual_style_is_read_from_either_language() -> None:
    assert find_visual_style("a rainy night, zoom in, cinematic") == find_visual_style(
        "雨夜，镜头推近，电影感"
    )


@pytest.mark.parametrize(
    ("text", "mood", "instrument", "tempo"),
    [
        ("epic music", "epic", "strings", 96),
        ("happy guitar at 140 bpm", "happy", "guitar", 140),
        ("舒缓的钢琴曲", "calm", "piano", 72),
        ("at 500 bpm", "calm", "piano", 220),
    ],
)
def test_a_style_of_music_is_read(text: str, mood: str, instrument: str, tempo: int) -> None:
    sound = find_sound(text)
    assert sound is not None
    assert (sound.mood, sound.instrument, sound.tempo) == (mood, instrument, tempo)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('Add a title “你好”', "en"), ("加标题 \"Hello World\"", "zh"),
        ("生成一个 TikTok 视频 panda", "zh"),
        ("把 clip.mp4 放到最后", "zh"), ("123", "en"),
    ],
)  # fmt: skip
def test_the_language_is_that_of_the_words_outside_quotation_marks(
    text: str, language: str
) -> None:
    assert tokenize(text, ["clip.mp4"]).language == language


def test_a_session_s_language_decides_where_there_are_no_letters() -> None:
    assert detect("123", "zh-CN") == "zh"


def test_quotations_and_file_names_are_set_aside() -> None:
    prompt = tokenize('put IMG_1.JPG after "the second clip"', ["IMG_1.jpg"])
    assert (prompt.named(), prompt.quoted()) == (["IMG_1.jpg"], ["the second clip"])
    assert prompt.plain(quote='"{}"') == 'put IMG_1.jpg after "the second clip"'


@given(st.text())
def test_lowering_the_case_moves_no_character(text: str) -> None:
    assert len(lower(text)) == len(text)
