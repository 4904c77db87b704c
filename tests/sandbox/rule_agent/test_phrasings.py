"""The same requests in other words: what people say that is in no list of examples."""

from __future__ import annotations

import pytest

from nemovideo.sandbox.agents.interface import TurnKind
from tests.sandbox.rule_agent.conftest import Session, outline

# Said to a cat (0-6 s), a dog on a beach (6-12 s), music, a title to 3 s, a subtitle 2 to 5 s.
DONE = [
    ("make the subtitle start at 5s and end at 9s", "subtitle 5-9 Hello"),
    ("字幕5秒开始，9秒结束", "subtitle 5-9 Hello"),
    ("show the title from second 2 until second 6", "title 2-6 Cat Sleeping"),
    ("标题从第2秒显示到第6秒", "title 2-6 Cat Sleeping"),
    ("put a caption saying we run at the bottom for the last 5 seconds", "subtitle 7-12 we run"),
    ("make the whole video 1.5 times slower", "video 9-18 dog on a beach speed=0.667"),
    ("remove the second half", "audio 0-6 Calm Piano"),
    ("去掉前半段", "video 0-6 dog on a beach"),
    ("make each clip 2 seconds long", "video 2-4 dog on a beach"),
    ("shorten each clip by 1 second", "video 5-10 dog on a beach"),
    ("每段2秒", "video 2-4 dog on a beach"),
    ("please remove everything except the second clip", "video 0-6 dog on a beach"),
    ("除了第二段都删掉", "video 0-6 dog on a beach"),
    ("keep only the last clip", "video 0-6 dog on a beach"),
    ("delete the clip with the cat", "video 0-6 dog on a beach"),
    ('change the music to rock and the title to "On"', "title 0-3 On"),
    ('change the music to rock and the title to "On"', "audio 0-12 Rock"),
    ("move the subtitle up a bit", "subtitle 2-5 Hello position=top"),
    ("and after that a scene of a lighthouse in a storm", "video 12-17 lighthouse in a storm"),
    ("add a 3 second intro of a sunrise at the start", "video 0-3 sunrise"),
    ("replace beach.mp4 with intro.mov", None),
    ("add the subtitle Good night at 8 seconds", "subtitle 8-12 Good night"),
    ("add a caption Stay tuned from 0:07 to 0:09", "subtitle 7-9 Stay tuned"),
    ("show the words See you soon from second 6 to 9", "subtitle 6-9 See you soon"),
    ('put the subtitle "good night" at eight seconds', "subtitle 8-12 good night"),
    ("show 'The End' for the last three seconds", "subtitle 9-12 The End"),
    ("add the title Big Red City instead", "title 0-3 Big Red City fade_in=400 fade_out=400 pos"),
    ("make the title twice as long", "title 0-6 Cat Sleeping"),
    ("make the title 2 seconds longer", "title 0-5 Cat Sleeping"),
    ("标题时间延长一倍", "title 0-6 Cat Sleeping"),
    ("标题显示时间缩短一半", "title 0-1.5 Cat Sleeping"),
    ("make the title disappear after 2 sec", "title 0-2 Cat Sleeping"),
    ("hide the title after four seconds", "title 0-4 Cat Sleeping"),
    ("5秒后标题消失", "title 0-5 Cat Sleeping"),
    ("make clip two half as long", "video 6-9 dog on a beach"),
    ("第二段时长减半", "video 6-9 dog on a beach"),
    ("the first clip should only be four seconds long", "video 0-4 cat sleeping"),
    ("remove the first second of every clip", "video 5-10 dog on a beach"),
    ("let the music start after three seconds", "audio 3-12 Calm Piano"),
    ("音乐从第3秒开始", "audio 3-12 Calm Piano"),
    ("the music should stop at 0:08", "audio 0-8 Calm Piano"),
    ("换成欢快的吉他曲", "audio 0-12 欢快吉他"),
    ("把1和2片段对调", "video 0-6 dog on a beach"),
    ("第1段和第2段换个位置", "video 0-6 dog on a beach"),
    ("I don't like the title, change it to Night Lights", "title 0-3 Night Lights"),
    ("字幕写再见，放在最后两秒", "subtitle 10-12 再见"),
    ("the title is boring, call it Neon Dreams", "title 0-3 Neon Dreams"),
    ("add a subtitle 'hi there' two seconds in", "subtitle 2-12 hi there"),
    ("music at 50 please", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 50%"),
    ("take 1.5 seconds off the end of clip 1", "video 0-4.5 cat sleeping"),
    ("lose the opening clip", "video 0-6 dog on a beach"),
    ("stop the music two seconds before the end", "audio 0-10 Calm Piano"),
    ("音乐提前两秒结束", "audio 0-10 Calm Piano"),
    ("换成爵士乐，声音再大一点", "audio 0-12 爵士乐 fade_in=1000 fade_out=1000 44%"),
    ("make the title 2 seconds shorter", "title 0-1 Cat Sleeping"),
    ("show the title 2 seconds earlier", "title 0-3 Cat Sleeping"),
    ("make each clip twice as long", "video 12-24 dog on a beach"),
    ("make it 3 times as long", "video 6-36 dog on a beach"),
    ("cut off everything after 7 seconds", "video 6-7 dog on a beach"),
    ("7秒以后的都删掉", "video 6-7 dog on a beach"),
    ("remove everything before 0:07", "video 0-5 dog on a beach"),
    ("shave a second off the start", "video 0-5 cat sleeping"),
    ("make the whole thing exactly 9s", "video 6-9 dog on a beach"),
    ("再长5秒", "video 6-17 dog on a beach"),
    ("the second one twice as fast", "video 6-9 dog on a beach speed=2.0"),
    ("放慢一倍", "video 12-24 dog on a beach speed=0.5"),
    ("start with the last clip", "video 0-6 dog on a beach"),
    ("end with the first clip", "video 0-6 dog on a beach"),
    ("用最后一段开头", "video 0-6 dog on a beach"),
    ("fade between clip 1 and 2", "video 6-12 dog on a beach transition=fade:500"),
    ("第一段和第二段之间加淡入淡出", "video 6-12 dog on a beach transition=fade:500"),
    ("音量调到四分之一", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 25%"),
    ("set the music to two thirds", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 67%"),
    ("标题写成早上好", "title 0-3 早上好"),
    ("write Lisbon 2024 at the top of the screen", "subtitle 0-12 Lisbon 2024 position=top"),
    ("delay the title by two seconds", "title 2-5 Cat Sleeping"),
    ("标题晚两秒出现", "title 2-5 Cat Sleeping"),
    ("can the title stay until the end?", "title 0-12 Cat Sleeping"),
    ("change the colour of the title to dark blue", "title 0-3 Cat Sleeping color=#1f3a93"),
    ("标题颜色换成深蓝色", "title 0-3 Cat Sleeping color=#1f3a93"),
    ("shorten all clips by half", "video 3-6 dog on a beach"),
    ("I want the second clip to come first", "video 0-6 dog on a beach"),
    ("use the second clip only", "video 0-6 dog on a beach"),
    ("it's too long, cut it down to eight seconds", "video 6-8 dog on a beach"),
    ("太长了，剪到8秒", "video 6-8 dog on a beach"),
    ("I'd prefer a watercolour look", "video 0-6 cat sleeping <animal/cat//day/clear"),
]


@pytest.mark.parametrize(("prompt", "line"), DONE, ids=lambda value: str(value)[:40])
def test_a_request_is_understood_in_other_words(
    prompt: str, line: str | None, two_scenes: Session
) -> None:
    turn = two_scenes.send(prompt)
    if line is None:
        assert turn.report == ("no_such_clip",)
    else:
        assert any(found.startswith(line) for found in outline(two_scenes.draft))


# What was said before, the last request, and a line of the timeline afterwards.
AFTER = [
    ("remove the music", "add electronic music at 50% volume", "audio 0-12 Electronic", "50%"),
    ("去掉音乐", "加一段音量50%的欢快电子音乐", "audio 0-12 电子音乐", "50%"),
    ("mute the music", "add music", "audio 0-12 Calm Piano", "35%"),
    ("remove all text", "add music and a title “Hi”", "title 0-3 Hi", "lower_third"),
    ("append beach.mp4", "replace beach.mp4 with intro.mov", "video 12-16 intro.mov", ""),
    ("append beach.mp4", "use intro.mov instead of beach.mp4", "video 12-16 intro.mov", ""),
    ("再加一段6秒的月亮下狼嚎的镜头", "把狼的镜头放到最前面", "video 0-6 月亮下狼嚎", "wolf"),
    ("add a clip of a wolf howling at the moon", "delete the moon clip", "video 6-12 dog", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "then", "start", "part"), AFTER, ids=lambda value: str(value)[:40]
)
def test_a_request_builds_on_the_request_before(
    first: str, then: str, start: str, part: str, two_scenes: Session
) -> None:
    two_scenes.send(first)
    two_scenes.send(then)
    assert any(line.startswith(start) and part in line for line in outline(two_scenes.draft)), (
        outline(two_scenes.draft)
    )


def test_a_complaint_names_what_is_removed(two_scenes: Session) -> None:
    turn = two_scenes.send("I don't like the music, take it out and add the title Big City instead")
    assert turn.report == ("music_removed", "text_changed")
    assert "title 0-3 Big City" in " ".join(outline(two_scenes.draft))


@pytest.mark.parametrize("prompt", ["take the title and the music away", "标题和音乐都不要了"])
def test_a_title_and_music_go_at_once(prompt: str, two_scenes: Session) -> None:
    assert two_scenes.send(prompt).report == ("text_removed", "music_removed")


@pytest.mark.parametrize(
    "prompt", ["put a one second dissolve between all the clips", "所有片段之间加一秒的叠化"]
)
def test_a_transition_between_all_clips_places_no_upload(prompt: str, two_scenes: Session) -> None:
    two_scenes.send("append beach.mp4 and intro.mov")
    assert two_scenes.send(prompt).report == ("crossdissolve",)


def test_a_file_named_after_before_is_a_place_and_not_moved(two_scenes: Session) -> None:
    two_scenes.send("append beach.mp4")
    two_scenes.send("append intro.mov")
    two_scenes.send("put intro.mov before beach.mp4")
    names = [line.split()[2] for line in outline(two_scenes.draft) if line.startswith("video")]
    assert names == ["cat", "dog", "intro.mov", "beach.mp4"]


@pytest.mark.parametrize(
    ("prompt", "fit"),
    [
        ("fill the screen with the clips instead of black bars", "cover"),
        ("去掉黑边", "cover"),
        ("show the whole picture again, don't crop it", "contain"),
    ],
)
def test_uploads_fill_the_frame_or_fit_in_it(prompt: str, fit: str, uploads: Session) -> None:
    uploads.send("combine intro.mov and beach.mp4")
    uploads.send("remove the black bars" if fit == "contain" else "fade in")
    uploads.send(prompt)
    fits = ["fit=cover" in line for line in outline(uploads.draft) if line.startswith("video")]
    assert fits == [fit == "cover"] * 2


def test_a_generated_video_has_no_bars_to_fill(two_scenes: Session) -> None:
    assert two_scenes.send("remove the black bars").report == ("as_before",)
    assert two_scenes.send("remove the black bars of clip 9").report == ("no_such_clip",)


@pytest.mark.parametrize("prompt", ["turn the sound of the first clip off", "把第一段的声音关掉"])
def test_a_clip_is_silenced_by_its_sound(prompt: str, uploads: Session) -> None:
    uploads.send("combine intro.mov and beach.mp4")
    assert uploads.changes(prompt) == "video 0-4 intro.mov muted=True"


@pytest.mark.parametrize("prompt", ["delete the middle clip", "把中间那段删了"])
def test_the_middle_clip_is_found_among_three(prompt: str, two_scenes: Session) -> None:
    assert two_scenes.send(prompt).report == ("no_such_clip",)
    two_scenes.send("then show a lighthouse for 3 seconds")
    two_scenes.send(prompt)
    assert any(line.startswith("video 6-9 lighthouse") for line in outline(two_scenes.draft))


def test_a_clip_is_put_between_two_others(two_scenes: Session) -> None:
    two_scenes.send("then show a lighthouse for 3 seconds")
    two_scenes.send("place the 3rd clip between the first and the second")
    assert [line.split(" <")[0] for line in outline(two_scenes.draft)[:3]] == [
        "video 0-6 cat sleeping",
        "video 6-9 lighthouse",
        "video 9-15 dog on a beach",
    ]


UNCHANGED = [
    "start the music at 40 seconds",
    "remove the first 9 seconds of every clip",
    "fade the third clip out",
    "loop the clip",
    "I don't like the music",
    "colour grade it with teal and orange LUT",
    "套一个青橙色LUT调色",
    "把背景换成海滩",
    'add a subtitle "late" at 100 seconds',
    "第100秒到第105秒加字幕“晚”",
    "move the subtitle to 40 seconds",
    "mute beach.mp4",
    "add nothere.mp4",
    "remove everything but the music",
    "把nothere.mp4放到时间线上",
    "leave the first clip alone",
]


@pytest.mark.parametrize("prompt", UNCHANGED)
def test_what_cannot_be_done_leaves_the_draft(prompt: str, two_scenes: Session) -> None:
    two_scenes.send('add a subtitle "Bye" from 6 to 8 seconds')
    before = outline(two_scenes.draft)
    assert two_scenes.send(prompt).kind in {TurnKind.NOT_UNDERSTOOD, TurnKind.ANSWER}
    assert outline(two_scenes.draft) == before


@pytest.mark.parametrize(
    ("prompt", "line"),
    [
        ("生成一段10秒的竖屏视频,一只橘猫在雪地里奔跑,电影感", "video 0-10 橘猫在雪地里奔跑"),
        ("导出一段关于状态机的视频讲解", "video 0-10 状态机"),
        ("做一个20秒的东京夜景航拍视频，霓虹灯，配上lo-fi音乐", "audio 0-20 Lo-fi"),
        ("做一个8秒的视频：橘猫在雪地里玩耍，配舒缓的钢琴", "audio 0-8 舒缓钢琴"),
        ("4秒的视频，熊猫在竹林，配轻快的吉他", "audio 0-4 欢快吉他"),
        ("an 8 second video of a fox in the snow with calm guitar", "audio 0-8 Calm Guitar"),
        ("来个海边日落的视频，不要音乐", "video 0-10 海边日落"),
        ('a 9-second video of Tokyo, add lo-fi music and the title "T"', "audio 0-9 Lo-fi"),
        ('a 9-second video of Tokyo, add lo-fi music and the title "T"', "title 0-3 T"),
    ],
)
def test_a_video_is_asked_for_in_other_words(prompt: str, line: str, session: Session) -> None:
    assert session.send(prompt).kind is TurnKind.GENERATE
    assert any(found.startswith(line) for found in outline(session.draft)), outline(session.draft)


@pytest.mark.parametrize("prompt", ["在前3秒加一个标题“你好”", 'for the first 3 seconds add "Hi"'])
def test_an_order_to_edit_makes_no_video_of_itself(prompt: str, session: Session) -> None:
    assert session.send(prompt).report == ("nothing_yet",)


def test_a_title_lasts_three_seconds_when_the_video_grows(session: Session) -> None:
    session.send("a 3-second video of a cat")
    session.send("add another clip of a dog for 6 seconds")
    assert "title 0-3" in " ".join(outline(session.draft))


def test_videos_of_photos_and_clips_use_both(uploads: Session) -> None:
    uploads.send("把这些照片和视频剪成一个30秒的短片")
    names = [line.split()[2] for line in outline(uploads.draft) if line.startswith("video")]
    assert names == ["beach.mp4", "IMG_1.jpg", "photo", "intro.mov"]


def test_named_files_are_joined_in_their_order(uploads: Session) -> None:
    uploads.send("combine intro.mov and beach.mp4")
    assert outline(uploads.draft)[:2] == ["video 0-4 intro.mov", "video 4-12 beach.mp4"]


def test_a_style_is_named_in_the_language_of_the_answer(two_scenes: Session) -> None:
    assert "推近" in two_scenes.send("镜头慢慢推近").text
