"""What is no edit: undo, questions, greetings, and what the service cannot do."""

from __future__ import annotations

import pytest

from nemovideo.sandbox.agents.interface import TurnKind
from nemovideo.sandbox.agents.rule_agent import respond
from nemovideo.sandbox.agents.rule_agent.context import Context
from nemovideo.sandbox.agents.uploads import Upload
from tests.sandbox.rule_agent.conftest import Session, outline

BEACH = Upload("beach.mp4", "video", 8.0, 1920, 1080, 30.0)
DOG = Upload("dog.mp4", "video", 6.0, 1920, 1080, 30.0)
ANSWERED = [
    ("hello", "greeting"),
    ("你好", "greeting"),
    ("thanks, looks great!", "thanks"),
    ("谢谢", "thanks"),
    ("what can you do?", "help"),
    ("你能做什么？", "help"),
    ("how long is the video?", "status"),
    ("视频有多长？", "status"),
    ("what's on the timeline?", "status"),
    ("is there any music in it?", "status"),
    ("里面有音乐吗？", "status"),
    ("what's the running time now?", "status"),
    ("ooh nice. who's singing? I mean is there any music in it", "status"),
    ("ooh!", "thanks"),
    ("hiya!", "greeting"),
    ("export", "export"),
    ("导出", "export"),
]
REFUSED = [
    ("what is the capital of France?", "question"),
    ("tell me a joke", "question"),
    ("今天天气怎么样？", "question"),
    ("asdf qwerty", "unclear"),
    ("blorp the frobnicator", "unclear"),
    ("", "unclear"),
    ("?!", "unclear"),
    ("download this YouTube link https://youtu.be/abc and add it", "no_links"),
    ("add this song from Spotify", "no_links"),
    ("下载这个油管链接", "no_links"),
    ("retouch the photo", "no_retouch"),
    ("remove the background from the photo", "no_retouch"),
    ("帮我修图", "no_retouch"),
    ("add a voiceover", "no_speech"),
    ("给视频配音", "no_speech"),
    ("make it vertical", "no_reshape"),
    ("change the aspect ratio to 9:16", "no_reshape"),
    ("改成竖屏", "no_reshape"),
    ("play it backwards", "no_backwards"),
    ("reverse the second clip", "no_backwards"),
    ("倒放", "no_backwards"),
    ("把第二段倒着放", "no_backwards"),
    ("rotate the photo 90 degrees", "no_rotation"),
    ("turn the first clip upside down", "no_rotation"),
    ("flip it horizontally", "no_rotation"),
    ("第一个片段旋转90度", "no_rotation"),
    ("make everything a bit brighter", "no_grading"),
    ("add more contrast", "no_grading"),
    ("画面亮一点", "no_grading"),
    ("can you export this in 4k?", "no_resolution"),
    ("能导出4K吗？", "no_resolution"),
    ("stabilize the shaky footage", "no_retouch"),
    ("去抖动", "no_retouch"),
    ("crop out the left side", "no_rotation"),
    ("mute the music for the first 3 seconds", "no_partial_volume"),
    ("lower the music in the last 4 seconds", "no_partial_volume"),
    ("redo", "no_redo"),
    ("add a subtitle", "which_words"),
    ("delete clip 5", "no_such_clip"),
    ("remove the transitions", "no_transition"),
    ("mute the original sound", "no_sound"),
    ("cut the part from 20 to 30 seconds", "nothing_there"),
    ("make it 12 seconds long", "as_long_already"),
    ("split it at 40 seconds", "cannot_split"),
    ("normal speed", "same_speed"),
    ("move the first clip to the beginning", "same_order"),
    ("make it sunny", "as_before"),
]
ON_NOTHING = [
    ("lower the music", "nothing_yet"),
    ('add a title "Hi"', "nothing_yet"),
    ("剪掉前2秒", "nothing_yet"),
    ("undo", "nothing_to_undo"),
    ("make a slideshow of my photos", "no_uploads"),
    ("add my clip at the end", "no_uploads"),
]


@pytest.mark.parametrize(("message", "about"), ANSWERED)
def test_small_talk_is_answered_in_words(message: str, about: str, two_scenes: Session) -> None:
    turn = two_scenes.send(message)
    assert (turn.kind, turn.report, turn.draft) == (TurnKind.ANSWER, (about,), None)
    assert turn.text


@pytest.mark.parametrize(("message", "about"), REFUSED)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    message: str, about: str, two_scenes: Session
) -> None:
    turn = two_scenes.send(message)
    assert (turn.kind, turn.report, turn.draft) == (TurnKind.NOT_UNDERSTOOD, (about,), None)
    assert turn.text
    assert turn.charge_kind == "none"


@pytest.mark.parametrize(("message", "about"), ON_NOTHING)
def test_an_edit_of_nothing_is_refused(message: str, about: str, session: Session) -> None:
    turn = session.send(message)
    assert (turn.kind, turn.report, turn.draft) == (TurnKind.NOT_UNDERSTOOD, (about,), None)


def test_undo_brings_back_the_draft_before_and_costs_nothing(two_scenes: Session) -> None:
    before = outline(two_scenes.draft)
    two_scenes.send("remove the music")
    turn = two_scenes.send("undo")
    assert (turn.kind, turn.undone, turn.charge_kind) == (TurnKind.UNDO, 1, "none")
    assert outline(two_scenes.draft) == before


def test_the_very_first_change_is_taken_back_to_an_empty_timeline(session: Session) -> None:
    session.send("a 5-second video of a cat")
    turn = session.send("undo that please")
    assert (turn.kind, turn.report, turn.charge_kind) == (
        TurnKind.UNDO,
        ("undone_to_nothing",),
        "none",
    )
    assert outline(session.draft) == []
    assert session.send("undo").report == ("nothing_to_undo",)
    assert session.send("a 5-second video of a dog").kind is TurnKind.GENERATE


@pytest.mark.parametrize(
    "prompt", ["sorry, go back", "不对，退回上一步", "oops. undo", "No, leave it as it was before"]
)
def test_a_sigh_before_an_undo_asks_for_nothing(prompt: str, session: Session) -> None:
    session.send("a 5-second video of a cat")
    assert session.send(prompt).report == ("undone_to_nothing",)


def test_undo_twice_goes_back_two_steps(two_scenes: Session) -> None:
    before = outline(two_scenes.draft)
    two_scenes.send("remove the music")
    two_scenes.send("2x")
    two_scenes.send("撤销")
    two_scenes.send("撤销")
    assert outline(two_scenes.draft) == before


def test_several_steps_are_taken_back_at_once(two_scenes: Session) -> None:
    before = outline(two_scenes.draft)
    two_scenes.send("remove the music")
    two_scenes.send("2x")
    assert two_scenes.send("undo the last two changes").undone == 2
    assert outline(two_scenes.draft) == before


def test_undo_with_more_to_do_is_an_edit(two_scenes: Session) -> None:
    two_scenes.send("remove the music")
    turn = two_scenes.send("undo that and remove the title")
    assert (turn.kind, turn.undone) == (TurnKind.EDIT, 0)
    assert [line.split()[0] for line in outline(two_scenes.draft)] == [
        "video",
        "video",
        "audio",
        "subtitle",
    ]


def test_a_message_that_is_understood_in_part_is_not_carried_out(two_scenes: Session) -> None:
    turn = two_scenes.send("Remove the music. Flurbify the gorp.")
    assert (turn.draft, turn.report) == (None, ("unclear_part",))
    assert "Flurbify the gorp" in turn.text


def test_a_message_without_letters_is_answered_in_the_session_s_language() -> None:
    assert "没有理解" in respond("123", Context(language="zh-CN")).text
    assert "not sure" in respond("123", Context(language="en")).text


SCENES = "先是海边日落，然后一只猫在睡觉，最后是星空，一共18秒"


@pytest.mark.parametrize(
    ("complaint", "order"),
    [
        ("第二段太长了，短一点", "第二段短一点"),
        ("海边那段太长了，短一点", "第一段短一点"),
        ("猫那段太长了，短一点", "第二段短一点"),
        ("星空太短了，长一点", "第三段长一点"),
        ("标题颜色太暗了，换成黄色", "标题颜色换成黄色"),
        ("标题太短了，长一点", "标题延长2秒"),
        ("音乐太大声了，小一点", "音乐小一点"),
        ("视频太长了，短一点", "视频短一点"),
        ("我觉得音乐太吵了，小一点", "音乐小一点"),
        (
            "the first clip is too short, make it 2 seconds longer and remove the title",
            "make the first clip 2 seconds longer and remove the title",
        ),
        ("the second clip is too long, make it shorter", "make the second clip shorter"),
        ("The second clip is too boring. Delete it", "delete the second clip"),
        ("the title is too dark, make it yellow", "make the title yellow"),
    ],
)
def test_an_order_after_a_complaint_is_about_what_it_complains_of(
    complaint: str, order: str
) -> None:
    sessions = [Session(), Session()]
    changed: list[str] = []
    for session, message in zip(sessions, (complaint, order), strict=True):
        session.send(SCENES)
        changed.append(session.changes(message))
    assert changed[0] == changed[1] != ""


@pytest.mark.parametrize(
    "message", ["开场太长了，短一点", "the intro is too long, make it shorter"]
)
def test_what_a_complaint_names_and_is_not_there_is_not_changed(message: str) -> None:
    session = Session()
    session.send(SCENES)
    assert session.changes(message) == ""


@pytest.mark.parametrize(
    "message", ["算了", "先别改", "当我没说", "never mind", "Forget it.", "标题改成红色，算了"]
)
def test_a_withdrawn_request_changes_nothing_and_is_confirmed(message: str) -> None:
    session = Session()
    session.send(SCENES)
    session.send("标题改成“好”")
    before = session.draft
    assert session.send(message).report == ("nothing_changed",)
    assert session.send("取消").report == ("nothing_changed",)
    assert session.draft == before


def test_cancel_takes_back_the_edit_right_before_it_and_no_other() -> None:
    session = Session()
    session.send(SCENES)
    session.send("remove the music")
    session.send("标题改成“好”")
    assert session.send("取消").report == ("undone",)
    assert session.send("cancel that").report == ("nothing_changed",)


@pytest.mark.parametrize(
    ("message", "named"),
    [("音乐换成古筝", "古筝"), ("change the music to harp", "harp"), ("加一段琵琶音乐", "琵琶")],
)
def test_an_instrument_that_there_is_none_of_is_refused_by_name(message: str, named: str) -> None:
    session = Session()
    session.send(SCENES)
    turn = session.send(message)
    assert (turn.draft, turn.report) == (None, ("no_instrument",))
    assert named in turn.text


@pytest.mark.parametrize(
    "message",
    [
        "再做一段要多少钱",
        "加一个镜头要多少积分？",
        "导出要钱吗",
        "how much is another clip?",
        "is exporting free?",
    ],
)
def test_a_question_about_prices_is_answered_and_changes_nothing(message: str) -> None:
    session = Session()
    session.send(SCENES)
    turn = session.send(message)
    assert (turn.draft, turn.kind, turn.report) == (None, TurnKind.ANSWER, ("price",))
    assert "100" in turn.text
    assert "50" in turn.text


@pytest.mark.parametrize(
    ("message", "other"),
    [
        ("音乐大声点", "音乐大声一点"),
        ("标题用红色", "标题改成红色"),
        ("第二段短2秒", "第二段缩短2秒"),
        ("结尾加个淡出", "加个淡出"),
        ("最后写上：谢谢观看", "在最后加字幕“谢谢观看”"),
        ("最后写上：谢谢观看，用红色", "在最后加红色字幕“谢谢观看”"),
        ("第二段太长了，剪短到3秒", "第二段剪到3秒"),
        ("在第5秒加一句字幕：海边真美", "在第5秒加字幕“海边真美”"),
    ],
)
def test_two_ways_to_say_the_same_do_the_same(message: str, other: str) -> None:
    sessions = [Session(), Session()]
    changed: list[str] = []
    for session, said in zip(sessions, (message, other), strict=True):
        session.send(SCENES)
        changed.append(session.changes(said))
    assert changed[0] == changed[1] != ""


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("做一个视频：雪山上的日出，配上钢琴，做好以后导出为 雪山.gif", ["雪山上的日出"]),
        ("前面是海边日落，后面是一只猫在睡觉", ["海边日落", "猫在睡觉"]),
    ],
)
def test_a_clip_is_named_after_its_picture_alone(prompt: str, names: list[str]) -> None:
    session = Session()
    session.send(prompt)
    clips = [line for line in outline(session.draft) if line.startswith("video")]
    assert [line.split(" ")[2] for line in clips] == names


def test_a_state_is_reported_once_and_in_the_language_that_was_asked_in() -> None:
    session = Session(assets=(BEACH, DOG))
    session.send("combine beach.mp4 and dog.mp4")
    assert session.send("现在一共几段？多长？").text == "时间线：视频 beach.mp4等2段（0到14秒）。"
    assert session.send("how long is it? how many clips are there?").text.count("Timeline") == 1
    assert "还是空的" in Session().send("有多长？").text


def test_that_nothing_was_changed_is_said_once(two_scenes: Session) -> None:
    text = two_scenes.send("frob the widget. mute the moon and cut the sun").text
    assert text.count("changed nothing") == 1
    assert "frob" in text
    text = two_scenes.send("mute clip 9 and delete clip 8 and fade out the photo").text
    assert text.count("changed nothing") <= 1


@pytest.mark.parametrize(
    ("message", "plain"),
    [
        ("haha nice, mute the second clip", "mute the second clip"),
        ("mute the second clip lol", "mute the second clip"),
        ("第二段静音 哈哈", "第二段静音"),
        ("slow-mo the second clip please, half speed", "play the second clip at half speed"),
        ("mute the second clip, it was so noisy in there", "mute the second clip"),
        ("speed up the first clip because it is too slow", "speed up the first clip"),
        ("第二段静音，太吵了", "第二段静音"),
        ("第二段剪到3秒，里面太长了", "第二段剪到3秒"),
        ("撤回上一步", "undo"),
        ("再接一个烤鱿鱼的特写，4秒", "加一个烤鱿鱼的特写，4秒"),
    ],
)
def test_what_changes_no_order_is_not_in_its_way(message: str, plain: str) -> None:
    one, other = (Session(assets=(BEACH, DOG)) for _ in range(2))
    for session, said in ((one, message), (other, plain)):
        session.send("combine beach.mp4 and dog.mp4")
        assert session.send(said).draft is not None
    assert [line.split("<")[0] for line in outline(one.draft)] == [
        line.split("<")[0] for line in outline(other.draft)
    ]


@pytest.mark.parametrize(
    "message",
    [
        "mute the dog, it is not so loud", "mute the dog, the beach is too loud",
        "cut the dog to 2 seconds, it is so long that I slept", "太长了", "这个不要了",
        "这个不要了，静音第二段", "add a caption haha", "undo the caption",
    ],
)  # fmt: skip
def test_what_may_change_an_order_is_not_dropped(message: str) -> None:
    session = Session(assets=(BEACH, DOG))
    session.send("combine beach.mp4 and dog.mp4")
    before = outline(session.draft)
    session.send(message)
    assert [line for line in outline(session.draft) if "haha" not in line] == before


def test_a_film_that_is_not_wanted_is_made_again_in_plain_words() -> None:
    session = Session()
    session.send("想要一段夜市小吃摊的视频，大概12秒，热闹一点")
    assert "title 0-3 夜市小吃摊 " in outline(session.draft)[2]
    session.send("这个不要了，重新生成一个清晨菜市场的视频，8秒")
    assert outline(session.draft)[0].startswith("video 0-8 清晨菜市场 ")
    session.send("forget all this and start over with a video of a quiet library, 6 seconds")
    assert outline(session.draft)[0].startswith("video 0-6 quiet library ")
    assert session.send("forget this and mute the music").draft is None
    assert session.send("配乐换成欢快一点的").report == ("music_replaced",)


@pytest.mark.parametrize(
    "message",
    [
        "Hi there! A few bits from my dad's allotment, he turns 70 on Saturday",
        "Hello! Three clips of my daughter. She's just turned two",
        "hey, some photos from our son's first birthday",
        "这几个是我们上周去海边露营拍的，先给你看看",
        "你好，这几段是我妈生日那天拍的",
    ],
)
def test_files_that_come_with_a_story_are_acknowledged(message: str) -> None:
    turn = Session(assets=(BEACH, DOG)).send(message)
    assert (turn.kind, turn.draft, turn.report) == (TurnKind.ANSWER, None, ("uploads_noted",))


def test_what_follows_a_story_is_done() -> None:
    session = Session(assets=(BEACH, DOG))
    session.send("A few shots of my cat, she loves boxes. Put them together")
    assert len(outline(session.draft)) == 2


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        ("can you tack a rowing boat onto the end, 4 seconds or so", "scene_place"),
        ("把我上传的视频都拼起来", "all_in_already"),
    ],
)
def test_what_cannot_be_added_is_no_film_that_is_replaced(message: str, refusal: str) -> None:
    session = Session(assets=(BEACH, DOG))
    session.send("combine my files")
    turn = session.send(message)
    assert (turn.draft, turn.report) == (None, (refusal,))


@pytest.mark.parametrize(
    ("message", "report", "clips"),
    [
        ("全部推倒重来，做一个新视频：海边的日落，6秒", "generated", ["0-6"]),
        ("scrap all of this and make a 6-second new video of a lighthouse", "generated", ["0-6"]),
        ("put a scene of fireworks at the end for 3 seconds", "scene_added", ["0-4", "4-7"]),
        ("后面再接一段炉火的镜头，5秒", "scene_added", ["0-4", "4-9"]),
    ],
)
def test_a_new_film_and_one_more_scene_are_made_where_said(
    session: Session, message: str, report: str, clips: list[str]
) -> None:
    session.send("generate a 4-second video of a cat")
    turn = session.send(message)
    assert turn.report == (report,)
    lines = [line.split() for line in outline(session.draft)]
    assert [line[1] for line in lines if line[0] == "video"] == clips
