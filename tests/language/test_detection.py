"""Detection by script and frequent words; the catalogue whole in both languages."""

from __future__ import annotations

import re
from string import Formatter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.language.catalogue import CATALOGUES, CHINESE, ENGLISH, Key
from nemovideo.language.detection import detect
from nemovideo.language.sentences import localize, next_steps

SAMPLES = [
    ("a 10-second video of a panda walking through a bamboo forest", "en"),
    ("export", "en"),
    ("How many credits do I have left?", "en"),
    ("把音乐调小一点", "zh-CN"),
    ("生成一个 panda video", "zh-CN"),
    ("帮我加个 Lo-fi 的 BGM", "zh-CN"),
    ("導出影片，把標題換成紅色", "zh-TW"),
    ("竹林", "zh-CN"),
    ('add a title that says "春节快乐，万事如意"', "en"),
    ("在开头加上 “Welcome to my lovely channel” 这个标题", "zh-CN"),
    ("add a title saying 春节快乐", "en"),
    ("パンダの動画を作ってください", "ja"),
    ("카메라가 천천히 움직이는 영상", "ko"),
    ("сделай видео о панде", "ru"),
    ("зроби відео про панду", "uk"),
    ("φτιάξε ένα βίντεο", "el"),
    ("צור סרטון על פנדה", "he"),
    ("اصنع فيديو عن الباندا", "ar"),
    ("یک ویدیو از پاندا بساز", "fa"),
    ("पांडा का वीडियो बनाओ", "hi"),
    ("สร้างวิดีโอแพนด้า", "th"),
    ("haz un vídeo de un panda en el bosque", "es"),
    ("fais une vidéo avec un panda dans la forêt", "fr"),
    ("mache bitte ein Video mit einem Panda für mich", "de"),
    ("faça um vídeo com um panda para você", "pt"),
    ("crea un video con il panda della foresta", "it"),
    ("maak een video van een panda met muziek", "nl"),
    ('"春节快乐"', "zh-CN"),
    ("123", None),
    ("", None),
    ("Zyxwv", None),
    ("🐼🎬", None),
]


@pytest.mark.parametrize(("text", "language"), SAMPLES, ids=[text for text, _ in SAMPLES])
def test_the_language_of_a_text(text: str, language: str | None) -> None:
    assert detect(text) == language


@given(st.text())
def test_detection_takes_any_text(text: str) -> None:
    found = detect(text)
    assert found is None or re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", found)


def every_key() -> list[Key]:
    return [key for group in get_args(Key) for key in (get_args(group) or (group,))]


@pytest.mark.parametrize("name", sorted(CATALOGUES))
def test_english_and_chinese_hold_every_sentence(name: str) -> None:
    assert sorted(CATALOGUES[name]) == sorted(every_key())


def fields(sentence: str) -> list[tuple[str | None, str | None]]:
    return sorted((name, spec) for _, name, spec, _ in Formatter().parse(sentence) if name)


@pytest.mark.parametrize("key", every_key())
def test_a_translation_has_the_same_fields(key: Key) -> None:
    assert fields(CHINESE[key]) == fields(ENGLISH[key])


WORDLESS = ("done_of", "figures", "file_s", "time_")
"""How the keys begin of what is numbers only."""


@pytest.mark.parametrize("key", every_key())
def test_each_sentence_is_written_in_its_language(key: Key) -> None:
    assert not re.search(r"[\u4e00-\u9fff]", ENGLISH[key])
    assert re.search(r"[\u4e00-\u9fff]", CHINESE[key]) or key.startswith(WORDLESS)


@pytest.mark.parametrize("language", ["zh", "zh-CN", "zh_CN", "zh-TW", "ZH-hans"])
def test_any_chinese_tag_gets_chinese(language: str) -> None:
    assert localize("credits", language, available=100) == "您还有 100 积分。"


@pytest.mark.parametrize("language", [None, "", "en", "en-GB", "fr", "xx-YY"])
def test_other_languages_fall_back_to_english(language: str | None) -> None:
    assert localize("credits", language, available=100.0) == "You have 100 credits."


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="available"):
        localize("credits", "en")


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (2.5, "2.5 s", "2.5 秒"),
        (10, "10 s", "10 秒"),
        (59.7, "1 min", "1 分钟"),
        (120, "2 min", "2 分钟"),
        (150.2, "2 min 30 s", "2 分钟 30 秒"),
        (3600, "1 h", "1 小时"),
    ],
)
def test_a_span_is_written_with_its_units(seconds: float, english: str, chinese: str) -> None:
    assert localize("still_working", "en", elapsed=seconds) == f"⏳ Still working… ({english})"
    assert localize("still_working", "zh-CN", elapsed=seconds) == f"⏳ 仍在处理…（{chinese}）"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KB"),
        (3_400_000, "3.2 MB"),
        (500 * 2**20, "500 MB"),
        (2**20 - 1, "1 MB"),
        (3 * 2**30, "3 GB"),
        (2**43, "8192 GB"),
    ],
)
def test_a_size_is_written_in_the_unit_that_fits(count: int, text: str) -> None:
    assert localize("file_size", "en", name="clip.mp4", size=count) == f"clip.mp4 ({text})"


@pytest.mark.parametrize(("amount", "text"), [(100, "100"), (12.5, "12.5"), (1200.0, "1,200")])
def test_an_amount_has_no_needless_zeros(amount: float, text: str) -> None:
    assert localize("credits", None, available=amount) == f"You have {text} credits."


def test_files_are_enumerated_as_the_language_does() -> None:
    assert localize("uploaded", "en", files=["a.mp4", "b.jpg"]) == "Uploaded: a.mp4, b.jpg."
    assert localize("uploaded", "zh-CN", files=["a.mp4", "b.jpg"]) == "已上传：a.mp4、b.jpg。"


def test_braces_in_a_value_are_retained() -> None:
    assert "{x}" in localize("queued_after", "en", text="{x}")


@pytest.mark.parametrize("after", ["generation", "edit", "upload"])
def test_there_are_two_or_three_next_steps(after: str) -> None:
    for language in ("en", "zh-CN"):
        steps = next_steps(after, language, seconds=12)  # type: ignore[arg-type]  # a Literal
        assert 2 <= len(set(steps)) <= 3


def test_what_is_proposed_fits_the_film() -> None:
    assert "cut it to 9 seconds" in next_steps("edit", "en", seconds=12)[1]
    assert "add calm piano music" in next_steps("edit", "en", seconds=3)[1]
    assert next_steps("edit", "en", seconds=0) == next_steps("generation", "zh") == ()
    assert "Change the music" in next_steps("generation", "en", seconds=9, kinds={"audio"})[0]
    assert "15-second video" in next_steps("upload", "en", seconds=60, kinds={"video"})[0]
    assert "slideshow" in next_steps("upload", "en", kinds={"image"})[0]
    assert "background music" in next_steps("upload", "en", seconds=60, kinds={"audio"})[0]
