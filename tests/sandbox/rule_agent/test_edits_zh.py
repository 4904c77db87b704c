"""What an instruction changes on the timeline, row by row, in Chinese.

Each row is said to a video of a cat (0 to 6 s) and a dog (6 to 12 s) with music, a title to 3 s and
a subtitle from 2 to 5 s. The second column lists the lines of the timeline that are new.
"""

from __future__ import annotations

import pytest

from tests.sandbox.rule_agent.conftest import Session

ROWS = [
    (
        "剪掉最后3秒",
        "video 6-9 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-9 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "删除4到6秒",
        "video 0-4 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 4-10 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 2-4 Hello position=bottom",
    ),
    (
        "去掉第3秒到第5秒的部分",
        "video 0-3 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 3-4 cat sleeping in=5000 <animal/cat//day/clear/drift/[]> | "
        "video 4-10 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 2-3 Hello position=bottom",
    ),
    (
        "只保留2到8秒",
        "video 0-4 cat sleeping in=2000 <animal/cat//day/clear/drift/[]> | "
        "video 4-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-6 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 0-3 Hello position=bottom",
    ),
    (
        "把视频剪到10秒",
        "video 6-10 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "缩短到8秒",
        "video 6-8 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-8 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "延长到20秒",
        "video 6-20 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-20 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "第一段改成3秒",
        "video 0-3 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 3-9 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-9 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 2-3 Hello position=bottom",
    ),
    (
        "视频再短一点",
        "video 6-10 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "在3秒处拆分",
        "video 0-3 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 3-6 cat sleeping in=3000 <animal/cat//day/clear/drift/[]>",
    ),
    (
        "交换两个片段",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 6-12 cat sleeping <animal/cat//day/clear/drift/[]>",
    ),
    (
        "把第二段放到最前面",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 6-12 cat sleeping <animal/cat//day/clear/drift/[]>",
    ),
    (
        "把第一段移到最后",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 6-12 cat sleeping <animal/cat//day/clear/drift/[]>",
    ),
    (
        "倒序排列",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 6-12 cat sleeping <animal/cat//day/clear/drift/[]>",
    ),
    ("删除最后一段", "audio 0-6 Calm Piano fade_in=1000 fade_out=1000 35% | 1 fewer"),
    (
        "删掉猫的镜头",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-6 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "2 fewer",
    ),
    (
        "加速到2倍",
        "video 0-3 cat sleeping speed=2.0 <animal/cat//day/clear/drift/[]> | "
        "video 3-6 dog on a beach speed=2.0 <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-6 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 1-4 Hello position=bottom",
    ),
    (
        "第二段慢放",
        "video 6-18 dog on a beach speed=0.5 <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-18 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "速度调快一点",
        "video 0-4.8 cat sleeping speed=1.25 <animal/cat//day/clear/drift/[]> | "
        "video 4.8-9.6 dog on a beach speed=1.25 <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-9.6 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 1.6-4.6 Hello position=bottom",
    ),
    (
        "加淡入淡出",
        "video 0-6 cat sleeping fade_in=1000 <animal/cat//day/clear/drift/[]> | "
        "video 6-12 dog on a beach fade_out=1000 <animal/dog/beach/day/clear/zoom_in/[]>",
    ),
    (
        "结尾淡出到黑",
        "video 6-12 dog on a beach fade_out=1000 <animal/dog/beach/day/clear/zoom_in/[]>",
    ),
    ("音乐淡出3秒", "audio 0-12 Calm Piano fade_in=1000 fade_out=3000 35%"),
    (
        "加一个1秒的叠化转场",
        "video 6-12 dog on a beach transition=crossdissolve:1000 "
        "<animal/dog/beach/day/clear/zoom_in/[]>",
    ),
    ("音乐小声一点", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 28%"),
    ("音量调到50%", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 50%"),
    ("把音乐音量降低20%", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 28%"),
    ("音乐大声点", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 44%"),
    ("不要背景音乐", "1 fewer"),
    ("换一首欢快的吉他曲子", "audio 0-12 欢快吉他 fade_in=1000 fade_out=1000 35%"),
    ("加点轻快的音乐", "audio 0-12 欢快旋律 fade_in=1000 fade_out=1000 35%"),
    ("静音", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 0%"),
    ("标题移到下面", "title 0-3 Cat Sleeping fade_in=400 fade_out=400 position=bottom"),
    ("标题改成“好朋友”", "title 0-3 好朋友 fade_in=400 fade_out=400 position=lower_third"),
    ("标题显示到第5秒", "title 0-5 Cat Sleeping fade_in=400 fade_out=400 position=lower_third"),
    (
        "把标题颜色改成红色",
        "title 0-3 Cat Sleeping color=#ff3b30 fade_in=400 fade_out=400 position=lower_third",
    ),
    ("字体大一点", "subtitle 2-5 Hello position=bottom size=large"),
    ("删除字幕", "1 fewer"),
    ("删除所有文字", "2 fewer"),
    ("在最后3秒加上字幕：完", "subtitle 9-12 完 position=bottom"),
    ("在第6秒加文字“哇”，持续2秒，居中", "subtitle 6-8 哇 position=center"),
    (
        "加标题“猫和狗”在开头，持续4秒",
        "title 0-4 猫和狗 fade_in=400 fade_out=400 position=lower_third",
    ),
    (
        "变成水彩风格",
        "video 0-6 cat sleeping <animal/cat//day/clear/drift/['watercolor']> | "
        "video 6-12 dog on a beach <animal/dog/beach/day/clear/zoom_in/['watercolor']>",
    ),
    (
        "改成夜晚",
        "video 0-6 cat sleeping <animal/cat//night/clear/drift/[]> | "
        "video 6-12 dog on a beach <animal/dog/beach/night/clear/zoom_in/[]>",
    ),
    ("第二段加点雨", "video 6-12 dog on a beach <animal/dog/beach/day/rain/zoom_in/[]>"),
    ("镜头慢慢推近", "video 0-6 cat sleeping <animal/cat//day/clear/zoom_in/[]>"),
    ("把狗换成熊猫", "video 6-12 熊猫 <animal/panda/beach/day/clear/zoom_in/[]>"),
    ("第二段换成夜晚的城市", "video 6-12 夜晚的城市 <city/city//night/clear/pan_right/[]>"),
    (
        "然后出现一只鲸鱼在大海里",
        "video 12-17 鲸鱼在大海里 <animal/whale/sea/day/clear/pan_left/[]> | "
        "audio 0-17 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "再加一个鸟飞过山的镜头，4秒",
        "video 12-16 鸟飞过山 <animal/bird/mountain/day/clear/pan_left/[]> | "
        "audio 0-16 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "在开头加一段3秒的灯塔镜头",
        "video 0-3 灯塔 <sea/lighthouse//day/clear/pan_left/[]> | "
        "video 3-9 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 9-15 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-15 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 5-8 Hello position=bottom",
    ),
    (
        "在最后加上beach.mp4",
        "video 12-20 beach.mp4 | audio 0-20 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "把我的照片放到最后",
        "video 12-16 IMG_1.jpg | "
        "video 16-20 photo two.png | "
        "audio 0-20 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "在第3秒插入IMG_1.jpg，2秒",
        "video 0-3 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 3-5 IMG_1.jpg | "
        "video 5-8 cat sleeping in=3000 <animal/cat//day/clear/drift/[]> | "
        "video 8-14 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-14 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    ("用song.mp3做背景音乐", "audio 0-12 song.mp3 fade_in=1000 fade_out=1000 35%"),
    ("把第二段替换成beach.mp4", "video 6-12 beach.mp4"),
    (
        "用我的照片做一个幻灯片，每张2秒，配上舒缓的音乐",
        "video 12-14 IMG_1.jpg | "
        "video 14-16 photo two.png | "
        "audio 0-16 舒缓钢琴 fade_in=1000 fade_out=1000 35%",
    ),
    (
        "重新开始，用这些视频做一个10秒的短片",
        "video 0-6 beach.mp4 | video 6-10 intro.mov | 3 fewer",
    ),
    (
        "剪掉前2秒，加上标题“出发”，然后把音乐调低到10%",
        "video 0-4 cat sleeping in=2000 <animal/cat//day/clear/drift/[]> | "
        "video 4-10 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 10% | "
        "title 0-3 出发 fade_in=400 fade_out=400 position=lower_third | "
        "subtitle 0-3 Hello position=bottom",
    ),
    (
        "重新生成一个5秒的狮子视频",
        "video 0-5 狮子 <animal/lion//day/clear/pan_left/[]> | "
        "audio 0-5 舒缓钢琴 fade_in=1000 fade_out=1000 35% | "
        "title 0-3 狮子 fade_in=400 fade_out=400 position=lower_third | "
        "2 fewer",
    ),
    ("把字幕移到顶部并改成黄色", "subtitle 2-5 Hello color=#ffcc00 position=top"),
    (
        "标题小一点",
        "title 0-3 Cat Sleeping fade_in=400 fade_out=400 position=lower_third size=small",
    ),
    ("字幕改到第6秒显示", "subtitle 6-9 Hello position=bottom"),
    ("标题淡入", "title 0-3 Cat Sleeping fade_in=1000 fade_out=400 position=lower_third"),
    ("音量减半", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 17%"),
    (
        "删掉前3秒",
        "video 0-3 cat sleeping in=3000 <animal/cat//day/clear/drift/[]> | "
        "video 3-9 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-9 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 0-2 Hello position=bottom",
    ),
    (
        "镜头向左平移",
        "video 0-6 cat sleeping <animal/cat//day/clear/pan_left/[]> | "
        "video 6-12 dog on a beach <animal/dog/beach/day/clear/pan_left/[]>",
    ),
    ("第二段改成清晨有雾", "video 6-12 dog on a beach <animal/dog/beach/dawn/fog/zoom_in/[]>"),
    (
        "把IMG_1.jpg放到第二段前面",
        "video 6-10 IMG_1.jpg | "
        "video 10-16 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-16 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    ("音乐换成悲伤的钢琴", "audio 0-12 忧伤钢琴 fade_in=1000 fade_out=1000 35%"),
    (
        "画面快一点",
        "video 0-4.8 cat sleeping speed=1.25 <animal/cat//day/clear/drift/[]> | "
        "video 4.8-9.6 dog on a beach speed=1.25 <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-9.6 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 1.6-4.6 Hello position=bottom",
    ),
    (
        "第一段延长2秒",
        "video 0-8 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 8-14 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-14 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "用1.5倍速播放",
        "video 0-4 cat sleeping speed=1.5 <animal/cat//day/clear/drift/[]> | "
        "video 4-8 dog on a beach speed=1.5 <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-8 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 1.333-4.333 Hello position=bottom",
    ),
    (
        "变成黑白",
        "video 0-6 cat sleeping <animal/cat//day/clear/drift/['black and white']> | "
        "video 6-12 dog on a beach <animal/dog/beach/day/clear/zoom_in/['black and white']>",
    ),
]


@pytest.mark.parametrize(("message", "changes"), ROWS, ids=[row[0] for row in ROWS])
def test_an_instruction_changes_what_a_person_expects(
    message: str, changes: str, two_scenes: Session
) -> None:
    assert two_scenes.changes(message) == changes
