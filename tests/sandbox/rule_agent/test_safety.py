"""What a wrong guess may cost: nothing. A film stays, uploads are used, and no clip is paid for."""

from __future__ import annotations

import pytest

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.interface import TurnKind
from nemovideo.sandbox.agents.uploads import Upload
from tests.sandbox.rule_agent.conftest import Session, outline

BEACH = Upload("beach.mp4", "video", 8.0, 1920, 1080, 30.0)
DOG = Upload("dog.mp4", "video", 6.0, 1920, 1080, 30.0)
PHOTO = Upload("IMG_1.jpg", "image", None, 1080, 1920)
OTHER_PHOTO = Upload("IMG_2.png", "image", None, 800, 600)
SONG = Upload("summer.mp3", "audio", 30.0)
ALL = (BEACH, DOG, PHOTO, OTHER_PHOTO, SONG)


@pytest.fixture
def film() -> Session:
    """A film of two uploads, and a song that is not in it."""
    made = Session(assets=(BEACH, DOG, SONG))
    made.send("put beach.mp4 and dog.mp4 together")
    return made


@pytest.fixture
def panda() -> Session:
    """A generated film with music and a title."""
    made = Session()
    made.send("a 10-second video of a panda in a bamboo forest")
    return made


def summary(session: Session) -> str:
    return timeline.summarize(session.draft or {})


NO_ORDER_FOR_ANOTHER = [
    "make it more exciting",
    "make a nice intro with the words Summer 2026",
    "make the whole thing feel like a holiday at the sea",
    "make a short version for instagram",
    "create a slideshow with these clips",
    "make a video of the dog running longer",
    "make a 10 second version",
    "turn this into a 10 second video",
    "render a version with music",
    "produce a final cut",
    "make a montage",
    "draw a heart on the dog",
    "generate a panda in the snow",
    "a panda in the snow",
    "a 10-second video of a cat",
    "show beach.mp4 instead",
    "make the dog a cat",
    "change the beach to a forest",
    "show the dog before the beach",
    "then the dog",
    "first the dog, then the beach",
    "trim it, then make it look like the sea",
    "make a sequel",
    "give me 5 more seconds",
    "生成一个熊猫的视频",
    "做一个猫的视频",
    "雪地里的熊猫",
    "让视频更有海边的感觉",
    "test",
]


@pytest.mark.parametrize("message", NO_ORDER_FOR_ANOTHER)
def test_a_film_is_neither_replaced_nor_paid_for_without_plain_words(
    message: str, film: Session
) -> None:
    before = film.draft
    turn = film.send(message)
    assert (turn.charge_kind, film.draft) == ("none", before)
    assert turn.text


def test_the_refusal_says_which_words_replace_a_film_and_which_add_to_it(film: Session) -> None:
    text = film.send("a video of a cat").text
    assert "make a new video of" in text
    assert "add a scene of" in text


@pytest.mark.parametrize(
    "message",
    [
        "make a new video of a cat",
        "start over with a video of a cat",
        "start over: a 10-second video of a cat",
        "generate a different video: a cat",
        "regenerate: a video of a cat",
        "make a brand-new 5-second film of a cat",
        "重新生成一个猫的视频",
        "做一个新的视频：一只猫",
    ],
)
def test_a_film_is_replaced_on_a_plain_order(message: str, film: Session) -> None:
    turn = film.send(message)
    assert turn.kind is TurnKind.GENERATE
    assert "beach.mp4" not in summary(film)


@pytest.mark.parametrize(
    ("message", "added"),
    [
        ("add a clip of the ocean", "(0-19s)"),
        ("add a video of a cat at the end", "(0-19s)"),
        ("end with a shot of the sunset", "(0-19s)"),
        ("then a fox for 3 seconds", "(0-17s)"),
        ("add another scene with a fox", "(0-19s)"),
        ("再加一个狐狸的镜头", "(0-19s)"),
    ],
)
def test_a_clip_is_added_on_an_explicit_order(message: str, added: str, film: Session) -> None:
    assert film.send(message).charge_kind == "clip"
    assert added in summary(film)


def test_an_upload_is_replaced_by_a_generated_clip_only_by_replace(film: Session) -> None:
    assert film.send("make the second clip a cat").charge_kind == "none"
    assert film.send("replace the second clip with a cat").charge_kind == "clip"


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("here are two clips from our trip to the sea", "beach.mp4, dog.mp4"),
        ("These are my holiday photos", "IMG_1.jpg, IMG_2.png"),
        ("This is my song", "summer.mp3"),
        ("I've uploaded a beach clip and a dog clip", "beach.mp4, dog.mp4"),
        ("Here is dog.mp4", "dog.mp4"),
        ("我上传了两段视频", "beach.mp4, dog.mp4"),
        ("这是我的照片", "IMG_1.jpg, IMG_2.png"),
        ("hi~ 这是我家猫猫狗狗的视频", "beach.mp4, dog.mp4"),
        ("Good morning! I've uploaded my clips.", "beach.mp4, dog.mp4"),
    ],
)
def test_an_introduction_of_uploads_is_only_acknowledged(message: str, names: str) -> None:
    session = Session(assets=ALL)
    turn = session.send(message)
    assert (turn.kind, turn.draft, turn.report) == (TurnKind.ANSWER, None, ("uploads_noted",))
    assert names in turn.text


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("turn this photo into a video", ["IMG_2.png"]),
        ("turn these photos into a video", ["IMG_1.jpg", "IMG_2.png"]),
        ("combine these clips", ["beach.mp4", "dog.mp4"]),
        ("Here are my clips. Combine them with the song", ["beach.mp4", "dog.mp4", "summer.mp3"]),
        ("This is my photo, make a 5 second video of it", ["IMG_2.png"]),
        ("把这些视频拼起来，配上我的歌", ["beach.mp4", "dog.mp4", "summer.mp3"]),
        ("这是我的照片，做成视频", ["IMG_1.jpg", "IMG_2.png"]),
        ("test", ["beach.mp4", "dog.mp4", "IMG_1.jpg", "IMG_2.png"]),
    ],
)
def test_uploads_are_used_when_ordered(message: str, expected: list[str]) -> None:
    session = Session(assets=ALL)
    assert session.send(message).charge_kind == "edit"
    draft = session.draft or {}
    used = [timeline.meta(item.node).get("asset") for kind in (0, 1)
            for item in timeline.segments(draft, kind)]  # fmt: skip
    assert used == expected


@pytest.mark.parametrize("message", ["two clips uploaded 了", "both clips", "这两段视频"])
def test_files_are_not_used_without_a_verb(message: str) -> None:
    assert Session(assets=(BEACH, DOG)).send(message).charge_kind == "none"


@pytest.mark.parametrize(
    "message",
    [
        "assemble them in this order: dog, beach, photo",
        "put the song under the first clip only",
        "put summer.mp3 under the first clip only",
    ],
)
def test_what_is_said_of_some_files_is_not_done_to_all(message: str) -> None:
    session = Session(assets=(DOG, BEACH, PHOTO, OTHER_PHOTO, SONG))
    assert session.send(message).charge_kind == "none"


def test_words_to_show_hold_no_clip(film: Session) -> None:
    assert film.send("字幕 nap time!! on beach").report == ("quote_words",)


def test_a_title_may_be_the_name_of_a_clip(film: Session) -> None:
    film.send("add a title that says Beach")
    assert "Beach" in str(film.draft)


def test_no_scene_of_several_is_dropped() -> None:
    session = Session()
    session.send("先是一片森林，然后是一条河，最后是大海，一共9秒")
    assert session.draft is None or len(clips(session)) == 3


@pytest.mark.parametrize("message", ["a fun holiday video", "the beach one first", "a cat video"])
def test_with_uploads_at_hand_a_bare_description_is_asked_about(message: str) -> None:
    turn = Session(assets=ALL).send(message)
    assert (turn.charge_kind, turn.report) == ("none", ("use_or_generate",))


@pytest.mark.parametrize(
    "message",
    ["use the song", "add my song", "add the song", "put the song under it", "用这首歌做背景音乐"],
)
def test_an_uploaded_song_is_that_song(message: str, film: Session) -> None:
    film.send(message)
    assert "BGM: summer.mp3 (0-14s" in summary(film)


def test_music_without_a_song_of_ones_own_is_made(film: Session) -> None:
    film.send("add calm music")
    assert "BGM: Calm Piano" in summary(film)


@pytest.mark.parametrize(
    "message",
    [
        "trim the last 3 seconds",
        "cut off the last 3 seconds",
        "trim off the last three seconds please",
        "cut the last 3 seconds of the video",
        "剪掉最后3秒",
    ],
)
def test_the_last_seconds_are_cut_off(message: str, film: Session) -> None:
    film.send(message)
    assert "(0-11s)" in summary(film)


def test_a_video_is_made_to_last_so_long(film: Session) -> None:
    film.send("make it last 3 seconds")
    assert "(0-3s)" in summary(film)


@pytest.mark.parametrize(
    "message", ["move the title to the end", "put the title to the very end", "把标题移到结尾"]
)
def test_a_title_is_moved_to_the_end_as_long_as_it_was(message: str, panda: Session) -> None:
    panda.send(message)
    assert 'Title: "Panda in a Bamboo Forest" (7-10s)' in summary(panda)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("add a caption 'Rex' on the dog clip", 'Title: "Rex" (8-14s)'),
        ("put a caption on the second clip saying good boy", 'Title: "good boy" (8-14s)'),
        ("add the subtitle “Waves” over the first clip", 'Title: "Waves" (0-8s)'),
        ("add a caption 'Rex' on dog.mp4", 'Title: "Rex" (8-14s)'),
        ("给第二段加字幕“小狗”", 'Title: "小狗" (8-14s)'),
        ("add a caption 'Rex'", 'Title: "Rex" (0-14s)'),
    ],
)
def test_a_caption_on_one_clip_spans_that_clip(message: str, line: str, film: Session) -> None:
    film.send(message)
    assert line in summary(film)


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        ("make clip 1 slower and dreamy like the sea", "dreamy like the sea"),
        ("make it rain and thunder", "thunder"),
        ("make it longer with a bridge", "bridge"),
        ("remove the music and give me something with dogs", "something with dogs"),
        ("lower the music, so that the panda sings", "panda sings"),
        ("slow the whole film down, the chop is great", "chop is great"),
        ("lower the music but not in the first clip", "but not in the first"),
        ("make the title 2 seconds longer if it rains", "if it rains"),
        ("undo the title", "title"),
        ("music volume -20%", "-"),
        ("make the title bigger, and not white", "not"),
    ],
)
def test_a_sentence_that_is_understood_in_part_changes_nothing(
    message: str, rest: str, panda: Session
) -> None:
    turn = panda.send(message)
    assert turn.draft is None
    assert f'I did not understand "{rest}", so I changed nothing' in turn.text


@pytest.mark.parametrize(
    "message",
    [
        "lower the music to 20% please",
        "make the title red and larger",
        'add a title "Hello" and calm music',
        "fade the music in and out",
    ],
)
def test_nothing_is_left_over_of_a_sentence_that_is_understood(
    message: str, panda: Session
) -> None:
    assert "did not understand" not in panda.send(message).text


@pytest.mark.parametrize(
    "prompt", ["test", "Test", "a test", "test 2", "test prompt", "hello world", "foo", "测试"]
)
def test_what_people_write_in_unit_tests_makes_a_film(prompt: str) -> None:
    assert Session().send(prompt).kind is TurnKind.GENERATE


@pytest.mark.parametrize(
    "message",
    [
        "asdf",
        "hello",
        "what can you do",
        "add music",
        "x",
        "possibly drop the music for the dog",
        "either brighten the cat or make it night",
        "make only the last scene slower",
    ],
)
def test_what_is_no_prompt_makes_none(message: str) -> None:
    assert Session().send(message).charge_kind == "none"


def test_no_answer_shows_seeds_or_the_keys_of_a_scene(panda: Session) -> None:
    said = [
        panda.send(message).text
        for message in ("status", "what is on the timeline", "which seed is it", "make it snow")
    ]
    assert not [text for text in said for word in ("seed", "family", "zoom_") if word in text]


def test_a_second_scene_is_a_scene_and_lasts_no_second(panda: Session) -> None:
    panda.send("add a second scene with an owl at night")
    assert "(0-15s)" in summary(panda)


@pytest.mark.parametrize("message", ["move the title to the end", "把标题放到最后", "标题移到结尾"])
def test_a_title_that_is_moved_keeps_its_words(panda: Session, message: str) -> None:
    panda.send('change the title to "Winter Nights"')
    panda.send(message)
    assert 'Title: "Winter Nights" (7-10s)' in summary(panda)


def test_words_that_are_there_are_not_replaced_by_a_guess(panda: Session) -> None:
    panda.send('change the title to "Winter Nights"')
    turn = panda.send("add a title")
    assert turn.report == ("which_words",)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            'add captions: "Run" on the first clip and "Sea" on the second',
            [(0, 8000), (8000, 14000)],
        ),
        ("第二段加字幕“快跑”", [(8000, 14000)]),
        ("片头加“早安”两个字", [(0, 3000)]),
    ],
)
def test_a_caption_is_seen_over_its_own_clip(
    film: Session, message: str, shown: list[tuple[int, int]]
) -> None:
    film.send(message)
    found = timeline.segments(film.draft or {}, timeline.TEXT)
    assert [(each.start, each.end) for each in found] == shown


@pytest.mark.parametrize(
    "message",
    [
        "now add my cake photo too",
        "replace the first clip with beach.mp4",
        'add subtitles "one" and "two"',
    ],
)
def test_what_is_not_there_takes_no_place(film: Session, message: str) -> None:
    before = summary(film)
    turn = film.send(message)
    assert turn.charge_kind == "none"
    assert summary(film) == before


def test_a_length_after_shorter_is_the_length(panda: Session) -> None:
    panda.send("make it shorter, 9 seconds")
    assert "(0-9s)" in summary(panda)


def test_an_edit_without_effect_is_reported(film: Session) -> None:
    film.send("use the song")
    turn = film.send("use the song")
    assert (turn.draft, turn.report) == (None, ("as_before",))


def test_files_that_are_introduced_are_all_named() -> None:
    turn = Session(assets=(BEACH, SONG)).send("here is my clip and a song")
    assert "beach.mp4, summer.mp3" in turn.text


def test_a_file_of_the_film_is_moved_without_its_name() -> None:
    session = Session(assets=(BEACH, PHOTO))
    session.send("用我上传的视频和照片做一个短片")
    session.send("把照片放到最前面")
    (first, *_) = timeline.segments(session.draft or {}, timeline.VIDEO)
    assert timeline.meta(first.node)["asset"] == "IMG_1.jpg"


CHOP = Upload("chop_01.mp4", "video", 8.0, 1080, 1920, 30.0)
SIZZLE = Upload("sizzle_01.mp4", "video", 6.0, 1080, 1920, 30.0)
VOWS = Upload("仪式.mp4", "video", 10.0, 1920, 1080, 30.0)
GUESTS = Upload("接亲.mp4", "video", 8.0, 1920, 1080, 30.0)


def clips(session: Session) -> list[str]:
    """Write each clip as its name and length in seconds."""
    return [
        f"{timeline.meta(item.node)['name']} {item.length / 1000:g}"
        for item in timeline.segments(session.draft or {}, timeline.VIDEO)
    ]


@pytest.fixture
def kitchen() -> Session:
    """A film of two clips, and a photo and two other clips that are not in it."""
    made = Session(assets=(CHOP, SIZZLE))
    made.send("combine my clips")
    made.assets = (CHOP, SIZZLE, BEACH, VOWS)
    return made


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("speed up chop x2", ["chop_01.mp4 4", "sizzle_01.mp4 6"]),
        ("slow the sizzle down to half speed", ["chop_01.mp4 8", "sizzle_01.mp4 12"]),
        ("cut the sizzle to 3 seconds", ["chop_01.mp4 8", "sizzle_01.mp4 3"]),
        ("delete the first 2 seconds of the sizzle", ["chop_01.mp4 8", "sizzle_01.mp4 4"]),
        ("start with the sizzle", ["sizzle_01.mp4 6", "chop_01.mp4 8"]),
        ("put the chop last", ["sizzle_01.mp4 6", "chop_01.mp4 8"]),
        ("Make it all last 10 seconds", ["chop_01.mp4 8", "sizzle_01.mp4 2"]),
    ],
)
def test_a_clip_is_called_by_a_word_of_its_files_name(
    kitchen: Session, message: str, expected: list[str]
) -> None:
    kitchen.send(message)
    assert clips(kitchen) == expected


@pytest.mark.parametrize(
    "message",
    ["speed up the beach x2", "The beach is long. Cut it to 2 seconds", "把仪式加快一倍",
     "把仪式的原声关掉", "trim the beach to 2 seconds", "add a caption 'Sea' on the beach"],
)  # fmt: skip
def test_a_clip_that_is_not_in_the_film_stands_for_no_other(kitchen: Session, message: str) -> None:
    before = kitchen.draft
    assert kitchen.send(message).kind is TurnKind.NOT_UNDERSTOOD
    assert kitchen.draft == before


@pytest.mark.parametrize(
    "message", ["两秒的仪式太晃了,剪掉", "chop's first two seconds: delete them"]
)
def test_seconds_of_a_clip_are_no_whole_clip(kitchen: Session, message: str) -> None:
    kitchen.send("add 仪式.mp4")
    kitchen.send(message)
    assert [name.split()[0] for name in clips(kitchen)] == [
        "chop_01.mp4", "sizzle_01.mp4", "仪式.mp4",
    ]  # fmt: skip


def test_a_generated_clip_is_called_by_a_word_of_its_prompt(panda: Session) -> None:
    panda.send("add a scene of a lighthouse for 3 seconds")
    panda.send("speed the lighthouse up x2")
    assert clips(panda) == ["panda in a bamboo forest 10", "lighthouse 1.5"]


@pytest.mark.parametrize(
    ("message", "charge"),
    [("make a film of the beach", "none"), ("generate a video of the beach", "clip")],
)
def test_a_picture_that_may_be_a_file_is_not_paid_for(message: str, charge: str) -> None:
    assert Session(assets=(BEACH, DOG)).send(message).charge_kind == charge


def test_files_called_by_words_of_their_names_come_in_that_order() -> None:
    session = Session(assets=(CHOP, SIZZLE, BEACH))
    turn = session.send("Use all three clips in the order beach, sizzle, chop")
    assert clips(session) == ["beach.mp4 8", "sizzle_01.mp4 6", "chop_01.mp4 8"]
    assert "did not understand" not in turn.text


@pytest.mark.parametrize(
    "message",
    [
        "Put them together, dog first, then the sizzle for 3 seconds and finish on the beach",
        "put my clips together, the beach last, then the dog, then the sizzle",
        "combine my clips, the beach before the dog",
    ],
)
def test_files_in_an_order_that_is_not_clear_are_asked_about(message: str) -> None:
    session = Session(assets=(DOG, SIZZLE, BEACH))
    turn = session.send(message)
    assert (turn.charge_kind, session.draft) == ("none", None)
    assert turn.report[0] in ("which_files", "use_or_generate", "unclear_part")


@pytest.mark.parametrize(
    "message",
    [
        "don't cut the first 2 seconds",
        "please don't mute the music",
        "make the music quieter without changing the title",
        "cut the picture to the beat of the music",
        "let the music go away with the picture",
        "别剪前两秒",
        "mute nothing",
        "no, the music is fine",
        "Bin the title... actually no, leave it in",
        "sync the fade with the chorus of the music",
        "画面跟着音乐节奏剪",
        "Remove the title? no, keep it",
        "cut the first 2 seconds, no wait, 3",
        "remove the music... never mind",
        "把音乐去掉,算了",
        "time the cuts to the drums in the music",
    ],
)
def test_what_is_not_to_be_done_is_not_done(message: str, panda: Session) -> None:
    before = panda.draft
    turn = panda.send(message)
    assert (panda.draft, turn.kind) == (before, TurnKind.NOT_UNDERSTOOD)


def test_what_is_to_stay_is_no_object_of_the_rest(panda: Session) -> None:
    panda.send("Don't change the title, but make the music louder")
    assert 'BGM: Calm Piano (0-10s, 58%) 3. Title: "Panda in a Bamboo Forest" (0-3s)' in summary(
        panda
    )


def test_what_follows_a_change_of_mind_counts(panda: Session) -> None:
    panda.send("Remove the music. No, wait, make the title red")
    assert "BGM: Calm Piano" in summary(panda)
    (title,) = timeline.segments(panda.draft or {}, timeline.TEXT)
    assert "color" in timeline.meta(title.node)


def test_music_that_is_not_there_cannot_die_away(film: Session) -> None:
    turn = film.send("let the music die away and the picture go to black with it")
    assert turn.charge_kind == "none"


@pytest.mark.parametrize(
    "message",
    [
        "add a shot of a fox before the slogan",
        "add a scene of a fox after the first clip",
        "insert a scene of a cat between the first and the second clip",
        "add a shot of a fox between the panda and the end",
    ],
)
def test_a_scene_for_a_place_in_the_middle_is_not_paid_for(message: str, panda: Session) -> None:
    turn = panda.send(message)
    assert (turn.charge_kind, turn.report) == ("none", ("scene_place",))


def test_a_title_keeps_its_numbers(panda: Session) -> None:
    panda.send("title: 10 min garlic noodles")
    assert "10 min garlic noodles" in summary(panda)


@pytest.mark.parametrize(
    "message", ["素材都传好了,接亲和仪式两段视频", "我的视频已经上传了,一共两段视频"]
)
def test_a_list_of_files_after_an_introduction_is_only_acknowledged(message: str) -> None:
    turn = Session(assets=(GUESTS, VOWS)).send(message)
    assert (turn.charge_kind, turn.report) == ("none", ("uploads_noted",))


def test_a_caption_for_a_clip_is_seen_over_it(kitchen: Session) -> None:
    kitchen.send("caption for the sizzle: 5 am, hot")
    (caption,) = timeline.segments(kitchen.draft or {}, timeline.TEXT)
    assert (caption.start, caption.end) == (8000, 14_000)


def test_a_caption_on_it_is_seen_over_the_scene_that_was_just_added(panda: Session) -> None:
    panda.send("add a shot of a dog for 3 seconds, then a caption on it saying 'Home'")
    found = timeline.segments(panda.draft or {}, timeline.TEXT)
    assert [(each.start, each.end) for each in found] == [(0, 3000), (10_000, 13_000)]


def test_clips_that_are_spoken_of_in_an_edit_are_no_question(kitchen: Session) -> None:
    kitchen.send("几段之间都用叠化过渡")
    assert [
        "transition" in timeline.meta(item.node)
        for item in timeline.segments(kitchen.draft or {}, timeline.VIDEO)
    ] == [False, True]


@pytest.mark.parametrize(
    ("order", "camera"),
    [("no camera move", "still"), ("without zoom", "still"), ("zoom in", "zoom_in")],
)
def test_a_slideshow_has_the_camera_that_is_asked_for(order: str, camera: str) -> None:
    session = Session(assets=(PHOTO,))
    session.send(f"make a 2-second slideshow of my photo, {order}")
    assert f"'camera': '{camera}'" in str(session.draft)


EDITS_OF_NO_FILM = (
    'add a title "Hi"', "trim it to 5 seconds", "trim kiln.mp4 to 3 seconds", "add crossfades",
    "add a crossfade between my clips", "add calm music", "add calm music to these clips",
    "add music to kiln.mp4", "use the song", "put my song under it", "play it at 2x",
    "slow down these clips", "move the last clip to the front", "start with the kiln",
    "reverse the order", 'caption "Hot" on the kiln', "fade in", "mute the kiln",
    "delete the first clip", "clear everything", "duplicate the kiln", "split it at 3 seconds",
    "fill the screen", "make each photo 2 seconds", "keep only the first 5 seconds",
    "put the photo after the clip", "make it black and white", "shorten these clips to 2 s each",
    "第二段太长了，剪到8秒就行", "开头来个标题：你好", "加转场", "给这些视频配上音乐",
    "用这首歌当背景音乐",
    "快放两倍", "把第一段和第二段对调", "静音", "淡入", "字幕“你好”", "删掉第一段",
    "把最后一段移到最前面",
    "照片放前面", "变成黑白", "照片那里加一行字幕“碗”",
)  # fmt: skip


@pytest.mark.parametrize("message", EDITS_OF_NO_FILM)
def test_an_edit_makes_no_film_of_several_uploads(message: str) -> None:
    session = Session(
        assets=(
            Upload("kiln.mp4", "video", 9.0, 1920, 1080, 30.0),
            Upload("bowls.jpg", "image", None, 1200, 900),
            Upload("wheel.mp4", "video", 8.0, 1920, 1080, 30.0),
            Upload("tune.mp3", "audio", 30.0),
        )
    )
    turn = session.send(message)
    assert (turn.draft, turn.charge_kind) == (None, "none")


def test_an_edit_of_no_film_is_answered_with_how_to_make_one() -> None:
    session = Session(assets=(BEACH, DOG))
    assert session.send("fade in").text == (
        "There is no film to edit yet, so I changed nothing. Say: combine my files, or: generate "
        "a video of …"
    )
    assert "把素材拼起来" in session.send("淡入").text


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ("trim it to 5 seconds", ["video 0-5 beach.mp4"]),
        ("把它剪到5秒", ["video 0-5 beach.mp4"]),
        ("delete it", []),
        ("delete the clip", []),
    ],
)
def test_an_edit_of_the_only_upload_is_done(message: str, lines: list[str]) -> None:
    session = Session(assets=(BEACH, Upload("tune.mp3", "audio", 30.0)))
    session.send(message)
    assert outline(session.draft) == lines


@pytest.fixture
def farm() -> Session:
    """A film of two clips, then two photos, then a clip."""
    made = Session(
        assets=(
            Upload("barn.mp4", "video", 9.0, 1920, 1080, 30.0),
            Upload("goat.mp4", "video", 20.0, 1920, 1080, 30.0),
            Upload("cheese.jpg", "image", None, 1200, 900),
            Upload("market.jpg", "image", None, 1200, 900),
            Upload("dusk.mp4", "video", 6.0, 1920, 1080, 30.0),
        )
    )
    made.send("combine my files")
    return made


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("the second clip is too long, cut it to 8 seconds", "video 9-17 goat.mp4"),
        ("第二段太长了，剪到8秒就行", "video 9-17 goat.mp4"),
        ("cut clip two to 8 seconds", "video 9-17 goat.mp4"),
        ("the last clip is too long, lose the last 2 seconds", "video 35-39 dusk.mp4"),
        ('caption "Fresh" on the first photo', "subtitle 29-32 Fresh position=bottom"),
        ("第二张照片加字幕“新鲜”", "subtitle 32-35 新鲜 position=bottom"),
        ('caption "Fresh" on the photos', "subtitle 29-35 Fresh position=bottom"),
        ("make the last photo 5 seconds", "video 32-37 market.jpg"),
        ('add a caption "Fresh" to the goat', "subtitle 9-29 Fresh position=bottom"),
        ("goat那里写上“新鲜”", "subtitle 9-29 新鲜 position=bottom"),
        ("第二段静音，再给它加字幕“新鲜”", "subtitle 9-29 新鲜 position=bottom"),
    ],
)
def test_what_is_said_of_one_clip_is_done_to_that_clip_alone(
    message: str, line: str, farm: Session
) -> None:
    before = outline(farm.draft)
    farm.send(message)
    after = outline(farm.draft)
    assert line in after
    order = [one.split(" ")[2] for one in after if one.startswith("video")]
    assert order == [one.split(" ")[2] for one in before]
    lengths = [[end - start for start, end in _spans(lines)] for lines in (before, after)]
    changed = [one for one, other in zip(*lengths, strict=False) if one != other]
    assert len(changed) == line.startswith("video")


def _spans(lines: list[str]) -> list[tuple[float, float]]:
    times = [line.split(" ")[1].split("-") for line in lines if line.startswith("video")]
    return [(float(start), float(end)) for start, end in times]


@pytest.mark.parametrize(
    ("message", "lengths"),
    [
        ("shorten these clips to 2 seconds each", [2, 2, 2, 2, 2]),
        ("每段缩短到2秒", [2, 2, 2, 2, 2]),
        ("trim each clip to 5 seconds", [5, 5, 3, 3, 5]),
        ("make each clip 1 second shorter", [8, 19, 2, 2, 5]),
        ("make the first and the last clip 4 seconds", [4, 20, 3, 3, 4]),
        ("第二和第五段剪到5秒", [9, 5, 3, 3, 5]),
        ("cut the last 2 seconds of the first two clips", [7, 18, 3, 3, 6]),
    ],
)
def test_what_is_said_of_several_clips_is_done_to_each(
    message: str, lengths: list[float], farm: Session
) -> None:
    farm.send(message)
    assert [end - start for start, end in _spans(outline(farm.draft))] == lengths


def test_lengths_that_differ_are_all_reported(farm: Session) -> None:
    assert "now last 8, 19, 2, 5 seconds" in farm.send("make each clip 1 second shorter").text


@pytest.mark.parametrize(
    "message",
    [
        'caption "Fresh" on the photo', "照片那里加一行字幕“新鲜”", "fade out the photo",
        'caption "Fresh" on the third photo', 'caption "Fresh" over the bowls',
        "make the third video 2 seconds", "swap the first photo and the second clip",
        'caption "Fresh" on the first and the last clip', "split the first two clips",
        "在碗那里加字幕“新鲜”", "第三张照片加字幕“新鲜”",
    ],
)  # fmt: skip
def test_a_clip_that_is_not_the_only_one_meant_stays(message: str, farm: Session) -> None:
    turn = farm.send(message)
    assert (turn.draft, turn.charge_kind) == (None, "none")


@pytest.mark.parametrize(
    "message",
    [
        "照片那里加一行字幕“一杯敬故乡”，再给它加个淡出", 'caption "Fresh" on the photo',
        "fade out the picture", "给照片加个淡出", "crossfade the photos",
    ],
)  # fmt: skip
def test_the_only_clip_stands_for_no_photo(message: str) -> None:
    session = Session(assets=(BEACH,))
    session.send("use this clip")
    assert session.send(message).draft is None


TUNE = Upload("ukulele_tune.mp3", "audio", 60.0)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("use the ukulele as background music", "audio 0-14 ukulele_tune.mp3 35%"),
        ("add ukulele music", "audio 0-14 ukulele_tune.mp3 35%"),
        ("put the ukulele under everything", "audio 0-14 ukulele_tune.mp3 35%"),
        ("ukulele 放上去，音量30%", "audio 0-14 ukulele_tune.mp3 30%"),
    ],
)
def test_a_song_is_called_by_a_word_of_its_name(message: str, line: str) -> None:
    session = Session(assets=(BEACH, DOG, TUNE))
    session.send("combine beach.mp4 and dog.mp4")
    session.send(message)
    assert line in [
        one.replace(" fade_in=1000 fade_out=1000", "") for one in outline(session.draft)
    ]
    assert session.send("the ukulele is too loud").report == ("music_volume",)
    session.send("change the music to jazz")
    assert [one.split(" ")[2] for one in outline(session.draft) if "audio" in one] == ["Jazz"]
    assert session.send("make the ukulele louder").draft is None


@pytest.mark.parametrize("message", ["make it summer", "add a scene of a summer meadow"])
def test_a_word_of_a_songs_name_is_no_song_of_itself(message: str, film: Session) -> None:
    film.send(message)
    assert not [line for line in outline(film.draft) if line.startswith("audio")]


def test_a_song_that_is_put_into_a_new_film_is_reported() -> None:
    session = Session(assets=(BEACH, DOG, TUNE))
    assert "ukulele_tune.mp3" in session.send("make a movie with all of it").text


FARM = (
    Upload("barn.mp4", "video", 9.0, 1920, 1080, 30.0),
    Upload("billy_goat.mp4", "video", 20.0, 1920, 1080, 30.0),
    Upload("cheese.jpg", "image", None, 1200, 900),
    TUNE,
)


@pytest.mark.parametrize(
    ("message", "order"),
    [
        ("string them together, cheese first, then the billy goat and finally the barn", "cgb"),
        ("start with the goat, then the cheese, end with the barn", "gcb"),
        ("make a film: barn, cheese, goat", "bcg"),
        ("按barn、cheese、goat的顺序剪成一个片子", "bcg"),
        ("combine the goat, first cheese and the barn", ""),
        ("先放cheese，然后goat，最后barn，拼起来", "cgb"),
        ("string the cheese and the barn together, goat left out", ""),
        ("string them together, cheese first, then the barn", ""),
        ("combine the barn, the goat first, the cheese", ""),
        ("combine the barn, finally the goat, the cheese", ""),
        ("combine the barn, the goat before it, and the cheese", ""),
        ("combine the barn, the goat and the cheese, 3 seconds each", ""),
        ("combine the barn twice, the goat and the cheese", ""),
        ("don't combine the barn, the goat and the cheese", ""),
        ("combine the barn, the goat and the cheese in reverse order", ""),
        ("先放cheese，最后goat，barn放中间，拼起来", ""),
    ],
)
def test_uploads_are_put_in_an_order_that_names_each_once(message: str, order: str) -> None:
    session = Session(assets=FARM)
    session.send(message)
    names = {"b": "barn.mp4", "g": "billy_goat.mp4", "c": "cheese.jpg"}
    shown = [line.split(" ")[2] for line in outline(session.draft) if line.startswith("video")]
    assert shown == [names[letter] for letter in order]


@pytest.mark.parametrize(
    "message",
    [
        "can the goat be slower? like 0.8x", "slow down the goat. 0.8x",
        "第二段剪到5秒，再放慢一倍", "trim the second clip to 5 seconds and speed up",
        "put the first clip last and mute it", "delete the second clip and trim it to 5 seconds",
        "make the first clip slower and the second clip faster",
        "make the first clip slower, the second too",
        "fade in the first clip and out the last", "cut the first and the last second",
        'add a title "Farm" and make it 5 seconds', "the title is too small", "标题太红了",
        "给整个片子加叠化转场，每个半秒", "add a crossfade. Half a second each",
        "整体缩短到90秒", "cut the film to 90 seconds", "extend the goat to 3 seconds",
        "it is too rainy", "there is too much snow in it",
    ],
)  # fmt: skip
def test_what_is_said_of_one_thing_is_not_done_to_another(message: str, farm: Session) -> None:
    farm.send('add a title "Farm"')
    assert farm.send(message).draft is None


@pytest.mark.parametrize(
    ("message", "lengths"),
    [
        ("trim the second clip to 5 seconds and play it at half speed", [9, 10, 3, 3, 6]),
        ("第二段剪到5秒，再让它放慢一倍", [9, 10, 3, 3, 6]),
        ("把第二段剪到5秒，整个视频加速到2倍", [4.5, 2.5, 1.5, 1.5, 3]),
        ("the second clip is a bit long, trim it to 5 seconds", None),
        ("第二段有点长，剪到5秒", [9, 5, 3, 3, 6]),
        ("put the goat last and add a caption on it", None),
    ],
)
def test_it_is_the_clip_of_the_order_before(
    message: str, lengths: list[float] | None, farm: Session
) -> None:
    assert (farm.send(message).draft is None) == (lengths is None)
    if lengths:
        assert [end - start for start, end in _spans(outline(farm.draft))] == lengths


def test_each_quotation_has_the_role_that_stands_before_it(farm: Session) -> None:
    farm.send('add a caption "A" on the first clip and a title "B" on the second')
    assert [line[:14] for line in outline(farm.draft)[5:]] == ["subtitle 0-9 A", "title 9-29 B p"]


def test_a_fade_to_black_at_the_end_is_none_at_the_start(farm: Session) -> None:
    farm.send("fade to black in the last two seconds")
    assert [line for line in outline(farm.draft) if "fade_in" in line and "video" in line] == []


@pytest.mark.parametrize(
    "message", ["make my clip black and white", "remove the middle clip", "mute my own clip"]
)
def test_a_generated_clip_is_neither_mine_nor_in_the_middle_of_one(message: str) -> None:
    session = Session(assets=(BEACH,))
    session.send("generate a 6-second clip of a ginger cat on a windowsill")
    assert session.send(message).draft is None


def test_a_files_name_of_several_words_is_one_name() -> None:
    first, other = (Upload(name, "video", 5.0, 64, 36) for name in ("first_dance.mp4", "vows.mp4"))
    session = Session(assets=(other, first))
    session.send("combine the first dance and the vows")
    assert [line.split(" ")[2] for line in outline(session.draft)] == [
        "first_dance.mp4",
        "vows.mp4",
    ]


@pytest.mark.parametrize(
    "message", ["make the caption last 3 seconds only", "the caption should last 3 seconds"]
)
def test_to_last_is_no_place_at_the_end(message: str, farm: Session) -> None:
    farm.send('add a caption "Farm" on the goat')
    farm.send(message)
    assert "subtitle 9-12 Farm position=bottom" in outline(farm.draft)


@pytest.mark.parametrize(
    "message",
    [
        "猫咪部分加速2倍", "视频部分加速2倍", "把大家最爱的第二段静音",
        "add a fade between the photos",
        'show the title only on the goat', "标题只在goat那段显示", "第二段没必要的地方静音",
    ],
)  # fmt: skip
def test_no_word_next_to_another_is_dropped(message: str, farm: Session) -> None:
    farm.send('add a title "Farm"')
    assert farm.send(message).draft is None


@pytest.mark.parametrize(
    "message",
    [
        "在视频结尾添加淡出效果", "第一段和第二段交换顺序", "将第三段删除掉", "背景音乐淡入淡出",
        "去掉背景音乐", "整部影片加速播放", "视频总长缩短到二十秒", "把标题移到画面顶部",
        "在第一段和第二段之间添加转场效果", "撤销刚才的操作", "恢复到上一步",
    ],
)  # fmt: skip
def test_what_says_the_same_twice_is_read(message: str, farm: Session) -> None:
    farm.assets = (*farm.assets, TUNE)
    farm.send("use the song")
    farm.send('add a title "Farm"')
    assert farm.send(message).draft is not None
