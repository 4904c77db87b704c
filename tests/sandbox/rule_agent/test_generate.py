"""What a prompt becomes: size, length, scene, music, title, in English and Chinese."""

from __future__ import annotations

import re

import pytest

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.interface import TurnKind
from nemovideo.sandbox.agents.rule_agent import respond
from nemovideo.sandbox.agents.rule_agent.context import Context
from nemovideo.sandbox.agents.steps import EditDraft
from nemovideo.sandbox.draft import meta
from tests.sandbox.rule_agent.conftest import Session, outline

PANDA = (
    "a 10-second video of a panda walking through a bamboo forest",
    "生成一个10秒的熊猫在竹林里散步的视频",
)
# Size and frame rate, then each line of the timeline; fades left out.
ROWS = [
    (
        "a 10-second video of a panda walking through a bamboo forest",
        "1920x1080@30 | "
        "video 0-10 panda walking through a bamboo forest <animal/panda/bamboo "
        "forest/day/clear/zoom_out/[]> | "
        "audio 0-10 Calm Piano 35% | "
        "title 0-3 Panda in the Bamboo Forest position=lower_third",
    ),
    (
        "panda",
        "1920x1080@30 | "
        "video 0-10 panda <animal/panda//day/clear/zoom_out/[]> | "
        "audio 0-10 Calm Piano 35% | "
        "title 0-3 Panda position=lower_third",
    ),
    (
        "sunset over the ocean, 8 seconds",
        "1920x1080@30 | "
        "video 0-8 sunset over the ocean <sea/ocean//sunset/clear/pan_left/[]> | "
        "audio 0-8 Calm Piano 35% | "
        "title 0-3 Sunset over the Ocean position=lower_third",
    ),
    (
        "Make a 30s TikTok about making pizza in a cozy kitchen, upbeat music",
        "1080x1920@30 | "
        "video 0-30 making pizza in a cozy kitchen <food/pizza/cozy "
        "kitchen/day/clear/zoom_out/['warm']> | "
        "audio 0-30 Happy Tune 35% | "
        "title 0-3 Pizza in the Cozy Kitchen position=lower_third",
    ),
    (
        "create a square 5 second clip of planets drifting in space at 60 fps",
        "1080x1080@60 | "
        "video 0-5 planets drifting in space <space/planet/space/night/clear/drift/[]> | "
        "audio 0-5 Epic Orchestra 35% | "
        "title 0-3 Planets in Space position=lower_third",
    ),
    (
        "a minute-long documentary about penguins in Antarctica",
        "1920x1080@30 | "
        "video 0-60 penguins in Antarctica "
        "<animal/penguin/antarctica/day/clear/pan_right/['documentary']> | "
        "audio 0-60 Calm Piano 35% | "
        "title 0-3 Penguins in Antarctica position=lower_third",
    ),
    (
        "I want a video of a dog on a beach at sunset, cinematic, slow zoom in",
        "1920x1080@30 | "
        "video 0-10 dog on a beach at sunset "
        "<animal/dog/beach/sunset/clear/zoom_in/['cinematic']> | "
        "audio 0-10 Calm Piano 35% | "
        "title 0-3 Dog on a Beach at Sunset position=lower_third",
    ),
    (
        "15s vertical video for Instagram Reels: coffee being poured, close-up, "
        'warm style, title "Good Morning"',
        "1080x1920@30 | "
        "video 0-15 coffee being poured <food/coffee//day/clear/zoom_in/['warm']> | "
        "audio 0-15 Happy Tune 35% | "
        "title 0-3 Good Morning position=lower_third",
    ),
    (
        "first a cat sleeping, then a dog running, finally both on a sofa. 12 seconds",
        "1920x1080@30 | "
        "video 0-4 cat sleeping <animal/cat//day/clear/zoom_in/[]> | "
        "video 4-8 dog running <animal/dog//day/clear/zoom_in/[]> | "
        "video 8-12 both on a sofa <abstract/both/sofa/day/clear/pan_left/[]> | "
        "audio 0-12 Calm Piano 35% | "
        "title 0-3 Cat Sleeping position=lower_third",
    ),
    (
        "Create a 12-second video: first a sunrise over mountains, then birds flying over a lake",
        "1920x1080@30 | "
        "video 0-6 sunrise over mountains <landscape/mountain//dawn/clear/pan_left/[]> | "
        "video 6-12 birds flying over a lake <animal/bird/lake/day/clear/zoom_out/[]> | "
        "audio 0-12 Calm Piano 35% | "
        "title 0-3 Sunrise over Mountains position=lower_third",
    ),
    (
        "Can you please generate a half a minute video about a robot dancing in the rain in Tokyo?",
        "1920x1080@30 | "
        "video 0-30 robot dancing in the rain in Tokyo "
        "<city/robot/tokyo/day/rain/pan_left/[]> | "
        "audio 0-30 Happy Tune 35% | "
        "title 0-3 Robot in Tokyo position=lower_third",
    ),
    (
        "cyberpunk city timelapse, neon lights, rain",
        "1920x1080@30 | "
        "video 0-10 cyberpunk city, neon lights, rain "
        "<city/city//day/rain/pan_right/['cyberpunk', 'neon', 'timelapse']> | "
        "audio 0-10 Electronic 35% | "
        "title 0-3 Cyberpunk City position=lower_third",
    ),
    (
        "generate a 2 minute video of a mountain lake in fog at dawn with piano music and no title",
        "1920x1080@30 | "
        "video 0-120 mountain lake in fog at dawn "
        "<landscape/mountain/lake/dawn/fog/drift/[]> | "
        "audio 0-120 Piano 35%",
    ),
    (
        "make a video about credit cards",
        "1920x1080@30 | "
        "video 0-10 credit cards <abstract/credit cards//day/clear/pan_left/[]> | "
        "audio 0-10 Electronic 35% | "
        "title 0-3 Credit Cards position=lower_third",
    ),
    (
        "a video about how to export coffee",
        "1920x1080@30 | "
        "video 0-10 how to export coffee <food/coffee//day/clear/pan_right/[]> | "
        "audio 0-10 Happy Tune 35% | "
        "title 0-3 How to Export Coffee position=lower_third",
    ),
    (
        "Generate a 1 minute 30 seconds video of the northern lights",
        "1920x1080@30 | "
        "video 0-90 northern lights <landscape/northern lights//day/clear/zoom_in/[]> | "
        "audio 0-90 Calm Piano 35% | "
        "title 0-3 Northern Lights position=lower_third",
    ),
    (
        'Generate a 10-second video of a panda. Add a title "Hello". Lower the music to 10%.',
        "1920x1080@30 | "
        "video 0-10 panda <animal/panda//day/clear/pan_left/[]> | "
        "audio 0-10 Calm Piano 10% | "
        "title 0-3 Hello position=lower_third",
    ),
    (
        "a woman walking on the street in Paris, 24 fps, black and white",
        "1920x1080@24 | "
        "video 0-10 woman walking on the street in Paris "
        "<city/woman/street/day/clear/zoom_out/['black and white']> | "
        "audio 0-10 Lo-fi 35% | "
        "title 0-3 Woman on the Street position=lower_third",
    ),
    (
        "Create a 0.5 second video of a cat",
        "1920x1080@30 | "
        "video 0-1 cat <animal/cat//day/clear/zoom_out/[]> | "
        "audio 0-1 Calm Piano 35% | "
        "title 0-1 Cat position=lower_third",
    ),
    (
        "Create a 3000 second video of a cat",
        "1920x1080@30 | "
        "video 0-600 cat <animal/cat//day/clear/drift/[]> | "
        "audio 0-600 Calm Piano 35% | "
        "title 0-3 Cat position=lower_third",
    ),
    (
        "生成一个10秒的熊猫在竹林里散步的视频",
        "1920x1080@30 | "
        "video 0-10 熊猫在竹林里散步 <animal/panda/bamboo forest/day/clear/zoom_out/[]> | "
        "audio 0-10 舒缓钢琴 35% | "
        "title 0-3 竹林里的熊猫 position=lower_third",
    ),
    (
        "做一个抖音视频，内容是春天的樱花，15秒，配上轻松的钢琴音乐",
        "1080x1920@30 | "
        "video 0-15 春天的樱花 <landscape/cherry blossom//day/clear/zoom_out/[]> | "
        "audio 0-15 舒缓钢琴 35% | "
        "title 0-3 春天的樱花 position=lower_third",
    ),
    (
        "我想要一段30秒的赛博朋克城市夜景，下雨，电影感",
        "1920x1080@30 | "
        "video 0-30 赛博朋克城市夜景, 下雨 <city/city//night/rain/drift/['cinematic', "
        "'cyberpunk']> | "
        "audio 0-30 电子音乐 35% | "
        "title 0-3 赛博朋克城市夜景 position=lower_third",
    ),
    (
        "帮我生成一个半分钟的竖屏视频：一只小猫在雪地里玩耍，标题是“雪中小猫”",
        "1080x1920@30 | "
        "video 0-30 小猫在雪地里玩耍 <animal/cat/snowfield/day/snow/pan_right/[]> | "
        "audio 0-30 欢快旋律 35% | "
        "title 0-3 雪中小猫 position=lower_third",
    ),
    (
        "来一段1分30秒的海底世界，有海龟和珊瑚",
        "1920x1080@30 | "
        "video 0-90 海底世界, 有海龟和珊瑚 <animal/turtle/underwater/day/clear/pan_right/[]> | "
        ""
        "audio 0-90 舒缓钢琴 35% | "
        "title 0-3 海底世界 position=lower_third",
    ),
    (
        "航拍雪山日出，8秒，水墨风格",
        "1920x1080@30 | "
        "video 0-8 航拍雪山日出 <landscape/snowy mountain//dawn/snow/drift/['ink wash']> | "
        "audio 0-8 舒缓钢琴 35% | "
        "title 0-3 航拍雪山日出 position=lower_third",
    ),
    (
        "先是日出的山，然后是湖面上的鸟，最后是夜晚的星空，一共12秒",
        "1920x1080@30 | "
        "video 0-4 日出的山 <landscape/mountain//dawn/clear/pan_left/[]> | "
        "video 4-8 湖面上的鸟 <animal/bird/lake/day/clear/zoom_out/[]> | "
        "video 8-12 夜晚的星空 <space/starry sky//night/clear/zoom_out/[]> | "
        "audio 0-12 舒缓钢琴 35% | "
        "title 0-3 日出的山 position=lower_third",
    ),
    (
        "夜晚的东京街头",
        "1920x1080@30 | "
        "video 0-10 夜晚的东京街头 <city/tokyo/street/night/clear/zoom_out/[]> | "
        "audio 0-10 Lo-fi 35% | "
        "title 0-3 夜晚的东京街头 position=lower_third",
    ),
    (
        "生成一个关于咖啡的广告视频，20秒，方形",
        "1080x1080@30 | "
        "video 0-20 咖啡 <food/coffee//day/clear/drift/[]> | "
        "audio 0-20 欢快旋律 35% | "
        "title 0-3 咖啡 position=lower_third",
    ),
    (
        "十五秒的太空飞船视频，60帧",
        "1920x1080@60 | "
        "video 0-15 太空飞船 <space/rocket/space/night/clear/zoom_in/[]> | "
        "audio 0-15 史诗配乐 35% | "
        "title 0-3 太空飞船 position=lower_third",
    ),
    (
        "Generate a video of a fox in the snow, 25fps, portrait",
        "1080x1920@25 | "
        "video 0-10 fox in the snow <animal/fox/snowfield/day/snow/zoom_in/[]> | "
        "audio 0-10 Calm Piano 35% | "
        "title 0-3 Fox in the Snow position=lower_third",
    ),
    (
        "show me a sunrise over the Great Wall with epic music",
        "1920x1080@30 | "
        "video 0-10 sunrise over the Great Wall <landscape/great "
        "wall//dawn/clear/pan_left/[]> | "
        "audio 0-10 Epic Orchestra 35% | "
        "title 0-3 Sunrise over the Great Wall position=lower_third",
    ),
    (
        "a 20-second clip of a cat in the style of watercolor, in 16:9",
        "1920x1080@30 | "
        "video 0-20 cat <animal/cat//day/clear/pan_right/['watercolor']> | "
        "audio 0-20 Calm Piano 35% | "
        "title 0-3 Cat position=lower_third",
    ),
    (
        "生成20秒小红书竖版视频：一个女孩在海边看日落，温暖的画风",
        "1080x1920@30 | "
        "video 0-20 女孩在海边看日落 <sea/woman/beach/sunset/clear/zoom_in/['warm']> | "
        "audio 0-20 舒缓钢琴 35% | "
        "title 0-3 海边的女孩 position=lower_third",
    ),
    (
        "做一个关于龙的视频，不要音乐",
        "1920x1080@30 | "
        "video 0-10 龙 <animal/dragon//day/clear/zoom_in/[]> | "
        "title 0-3 龙 position=lower_third",
    ),
    (
        "拍一段雪花飘落的森林，50帧",
        "1920x1080@50 | "
        "video 0-10 雪花飘落的森林 <landscape/forest//day/snow/pan_right/[]> | "
        "audio 0-10 舒缓钢琴 35% | "
        "title 0-3 雪花飘落的森林 position=lower_third",
    ),
]


@pytest.mark.parametrize(("prompt", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_a_prompt_becomes_the_video_it_describes(prompt: str, expected: str) -> None:
    session = Session(seed=3)
    turn = session.send(prompt)
    assert turn.kind is TurnKind.GENERATE
    assert session.draft is not None
    canvas = meta(session.draft)
    head = f"{canvas['width']}x{canvas['height']}@{canvas['fps']}"
    lines = [re.sub(r" fade_in=\d+ fade_out=\d+", "", line) for line in outline(session.draft)]
    assert " | ".join([head, *lines]) == expected


@pytest.mark.parametrize("prompt", PANDA)
def test_the_panda_walks_ten_seconds_through_a_bamboo_forest(prompt: str) -> None:
    draft = respond(prompt, Context()).draft
    assert draft is not None
    video, music, title = (timeline.placed(track) for track in timeline.tracks(draft))
    assert [track["tt"] for track in timeline.tracks(draft)] == [0, 1, 7]
    assert (draft["d"], video[0].length, len(video)) == (10_000, 10_000, 1)
    turn = timeline.as_object(meta(video[0].node)["scene"])
    known = {"family": "animal", "subject": "panda", "setting": "bamboo forest"}
    assert {key: turn[key] for key in known} == known
    assert (music[0].start, music[0].length) == (0, 10_000)
    assert meta(music[0].node)["volume"] == 0.35
    assert (title[0].start, title[0].length) == (0, 3_000)


def test_a_chinese_prompt_gets_a_chinese_title() -> None:
    draft = respond(PANDA[1], Context()).draft
    assert draft is not None
    assert [meta(item.node)["text"] for item in timeline.segments(draft, timeline.TEXT)] == [
        "竹林里的熊猫"
    ]


def test_the_raw_clip_stands_alone_before_music_and_title_come() -> None:
    turn = respond(PANDA[0], Context())
    raw, final = (step.draft for step in turn.steps if isinstance(step, EditDraft))
    assert [track["tt"] for track in timeline.tracks(raw)] == [0]
    assert final == turn.draft


def test_a_new_video_replaces_the_old_one_and_has_the_same_draft_id(two_scenes: Session) -> None:
    assert two_scenes.draft is not None
    old = two_scenes.draft["id"]
    two_scenes.send("make a new video: 5 seconds of a lion")
    assert two_scenes.draft["id"] == old
    assert two_scenes.draft["d"] == 5_000


def test_the_same_prompt_and_seed_give_the_same_ids() -> None:
    first, second = (respond(PANDA[0], Context(seed=9)).draft for _ in range(2))
    assert first == second
    assert respond(PANDA[0], Context(seed=10)).draft != first


@pytest.mark.parametrize(
    "prompt", ["make a video", "generate a 10s video without music", "生成一个视频"]
)
def test_a_prompt_that_describes_nothing_is_asked_back(prompt: str) -> None:
    turn = respond(prompt, Context())
    assert (turn.kind, turn.draft) == (TurnKind.NOT_UNDERSTOOD, None)
