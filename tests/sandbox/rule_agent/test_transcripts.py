"""Two sessions of twelve turns, kept as files: what is said, answered, and on the timeline after.

Set `UPDATE_TRANSCRIPTS=1` to write the files anew after a change that is meant.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.interface import AgentBehavior
from nemovideo.sandbox.agents.uploads import Upload
from tests.sandbox.rule_agent.conftest import Session

FOLDER = Path(__file__).parent / "transcripts"
UPLOADS = (
    Upload("beach.mp4", "video", 8.0, 1920, 1080, 30.0),
    Upload("cake.jpg", "image", None, 1600, 1200),
)
SESSIONS = {
    "en": (
        "Generate a 10-second video of a panda walking through a bamboo forest",
        'Change the title to "Bamboo Walk" and make it yellow',
        "The music is too loud, lower it to 20%",
        "Add a subtitle saying Lunch is near from 4 to 7 seconds",
        "Then show a waterfall in the mountains for 5 seconds",
        "Add a one-second cross-dissolve between the clips",
        "Cut the first 2 seconds",
        "Insert cake.jpg at the end for 3 seconds and fade to black",
        "Make it vertical",
        "Swap the last two clips and replace the music with something epic",
        "Undo",
        "Shorten it to 12 seconds, please, and speed up the second clip a bit",
    ),
    "zh": (
        "生成一个10秒的熊猫在竹林里散步的视频",
        "标题改成“竹林漫步”，颜色换成黄色",
        "音乐太吵了，调到20%",
        "在第4秒到第7秒加字幕“快到午饭时间了”",
        "然后展示山里的瀑布，5秒",
        "在两个片段之间加一个1秒的叠化转场",
        "剪掉前2秒",
        "最后插入cake.jpg，3秒，并且结尾淡出到黑",
        "改成竖屏",
        "交换第二段和第三段，然后把音乐换成史诗风格",
        "撤销",
        "把视频缩短到12秒，第二段稍微加速",
    ),
}


def transcript(messages: tuple[str, ...]) -> str:
    session = Session(assets=UPLOADS, seed=5, behavior=AgentBehavior())
    lines: list[str] = []
    for number, message in enumerate(messages, 1):
        turn = session.send(message)
        lines += [f"{number:2}. user:  {message}", f"    agent: {turn.text or '(says nothing)'}"]
        assert session.draft is not None
        lines += [f"    draft: {timeline.summarize(session.draft)}", ""]
    return "\n".join(lines)


@pytest.mark.parametrize("language", SESSIONS)
def test_a_twelve_turn_session_goes_as_written_down(language: str) -> None:
    path = FOLDER / f"{language}.txt"
    reported = transcript(SESSIONS[language])
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        path.write_text(reported, encoding="utf-8")
    assert reported == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", SESSIONS)
def test_every_turn_of_the_session_is_understood(language: str) -> None:
    session = Session(assets=UPLOADS, seed=5)
    reports = [session.send(message).report for message in SESSIONS[language]]
    assert len(reports) == 12
    assert not any("unclear" in key for report in reports for key in report)
