"""Wishes that run into a limit of the service, and their harmless neighbours."""

from __future__ import annotations

import pytest

from nemovideo.language.service_limits import find_limit

RATIO, LINKS, PHOTO = "limit_aspect_ratio", "limit_links", "limit_photo"


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ("make it 9:16", RATIO),
        ("Can you make the video vertical?", RATIO),
        ("turn this into a square clip", RATIO),
        ("change the aspect ratio please", RATIO),
        ("switch to landscape", RATIO),
        ("改成竖屏", RATIO),
        ("把视频换成 9:16", RATIO),
        ("调整画面比例", RATIO),
        ("a 9:16 video of a panda", None),
        ("make a vertical video of a waterfall", None),
        ("生成一个竖屏的熊猫视频", None),
        ("make it 16 seconds long", None),
        ("make it louder at 0:12", None),
        ("use this: https://www.youtube.com/watch?v=abc", LINKS),
        ("add a song from Spotify", LINKS),
        ("put the spotify track under it", LINKS),
        ("用抖音的音乐", LINKS),
        ("从B站下载一段", LINKS),
        ("make an intro for my YouTube channel", None),
        ("给我的油管频道做个片头", None),
        ("use https://example.com/clip.mp4", None),
        ("animate this photo", PHOTO),
        ("make the people in the picture dance", PHOTO),
        ("remove the man from the photo", PHOTO),
        ("让照片动起来", PHOTO),
        ("帮我修图", PHOTO),
        ("make a slideshow of my photos", None),
        ("把这几张照片做成幻灯片", None),
        ("add a title", None),
        ("", None),
    ],
)
def test_which_limit_a_request_runs_into(message: str, key: str | None) -> None:
    assert find_limit(message) == key
