"""What people say with a file at hand: "this photo", "it", 它. What was uploaded is used."""

from __future__ import annotations

import pytest

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.interface import TurnKind
from nemovideo.sandbox.agents.uploads import Upload
from tests.sandbox.rule_agent.conftest import Session

PHOTO = Upload("me.jpg", "image", None, 320, 180)
OTHER_PHOTO = Upload("cake.png", "image", None, 320, 180)
STICKER = Upload("cat.gif", "image", 1.0, 160, 90, 10.0)
CLIP = Upload("beach.mp4", "video", 3.0, 320, 180, 30.0)
OTHER_CLIP = Upload("beach (2).mp4", "video", 3.0, 320, 180, 30.0)
SONG = Upload("song.mp3", "audio", 20.0)

OF_A_PHOTO = [
    "turn this photo into a video",
    "Can you turn the attached image into a reel?",
    "animate this picture",
    "please animate it",
    "bring this photo to life",
    "bring it to life",
    "make it move",
    "make this into a short film",
    "make a video of this",
    "Make a 4-second video out of this.",
    "I want a video of this photo",
    "generate a video using the attached photo",
    "convert this jpg to a video",
    "let this photo come alive",
    "use this picture",
    "use it",
    "make a video",
    "把这张图变成视频",
    "把這張照片做成影片",
    "让这张照片动起来",
    "用它做一个视频",
    "让它动起来",
    "请把这个做成视频",
    "图片转视频",
    "用我上传的图做个短片",
]
OF_A_CLIP = [
    "use this clip",
    "use what I uploaded",
    "make a 2-second teaser from this footage",
    "turn this footage into a teaser",
    "edit this video",
    "edit it",
    "start with this clip",
    "put this clip on the timeline",
    "create a reel from the clip",
    "add calm music to this video",
    "用这个视频",
    "就用这段",
    "用它",
    "用这段素材做一个2秒的预告片",
    "剪辑这段视频",
    "拿这段视频做个广告",
    "给这个视频加个标题“你好”",
]
OF_TWO_CLIPS = [
    "combine these clips",
    "merge both",
    "merge them",
    "join the clips",
    "put them together",
    "stitch the two videos together",
    "make one video out of these",
    "use all of them",
    "edit these together",
    "combine the two",
    "join these two clips with a crossfade",
    "把这两个视频合并",
    "合并它们",
    "合并",
    "把它们拼起来",
    "把两段视频接起来",
    "都用上",
    "将这些片段串成一个视频",
]
OF_A_PHOTO_AND_A_SONG = [
    "make a video of this photo with this song",
    "turn this photo into a video and use this song",
    "use this photo and this song",
    "make a video with this picture and this audio",
    "animate this picture with my music",
    "make a music video from these",
    "use both",
    "用这张照片和这首歌做一个视频",
    "把这张图做成视频，配上这首歌",
]
OF_A_PHOTO_AND_A_CLIP = [
    "combine the photo and the clip",
    "make a video from these",
    "把照片和视频合在一起",
]
PROMPTS = [
    *(((PHOTO,), message) for message in OF_A_PHOTO),
    ((STICKER,), "use this clip"),
    *(((CLIP,), message) for message in OF_A_CLIP),
    *(((CLIP, OTHER_CLIP), message) for message in OF_TWO_CLIPS),
    ((PHOTO, OTHER_PHOTO), "turn them into a video"),
    ((PHOTO, OTHER_PHOTO), "把这两张图做成视频"),
    *(((PHOTO, SONG), message) for message in OF_A_PHOTO_AND_A_SONG),
    *(((PHOTO, CLIP), message) for message in OF_A_PHOTO_AND_A_CLIP),
]


def used(session: Session) -> list[str]:
    """The uploads on the timeline, those that are seen before those that are heard."""
    found = [item for kind in (0, 1) for item in timeline.segments(session.draft or {}, kind)]
    assets = [timeline.meta(item.node).get("asset") for item in found]
    return [str(asset) for asset in assets if asset]


@pytest.mark.parametrize(("uploads", "message"), PROMPTS)
def test_what_was_uploaded_is_used_and_nothing_is_generated(
    uploads: tuple[Upload, ...], message: str
) -> None:
    session = Session(assets=uploads)
    assert session.send(message).kind is TurnKind.EDIT
    assert used(session) == [asset.filename for asset in uploads]


@pytest.mark.parametrize("message", ["turn this photo into a video", "把这张照片变成视频"])
def test_of_several_photos_one_is_the_newest(message: str) -> None:
    session = Session(assets=(PHOTO, CLIP, OTHER_PHOTO))
    session.send(message)
    assert used(session) == ["cake.png"]


@pytest.mark.parametrize(
    "message", ["make a 2-second teaser from this footage", "用这段素材做一个2秒的预告片"]
)
def test_a_video_of_uploads_is_as_long_as_asked(message: str) -> None:
    session = Session(assets=(CLIP,))
    session.send(message)
    assert session.draft is not None
    assert session.draft["d"] == 2000


def test_what_cannot_be_done_with_an_upload_is_refused() -> None:
    session = Session(assets=(CLIP,))
    assert "generated clips" in session.send("make it black and white").text


@pytest.mark.parametrize(
    "message",
    [
        "a 10-second video of a panda walking through a bamboo forest",
        "the video shows a fox in the snow",
        "生成一个10秒的熊猫视频",
    ],
)
def test_a_video_of_something_else_is_generated(message: str) -> None:
    session = Session(assets=(PHOTO, CLIP, SONG))
    assert session.send(message).kind is TurnKind.GENERATE


@pytest.mark.parametrize(
    "message",
    ["turn this photo into a video", "make a reel of my holiday photos", "用这张照片做视频"],
)
def test_a_file_that_is_not_there_is_asked_for(message: str) -> None:
    session = Session()
    assert session.send(message).report == ("no_uploads",)


@pytest.mark.parametrize(
    ("message", "clips"),
    [
        ("use this clip", ["cat", "beach.mp4"]),
        ("put this clip first", ["beach.mp4", "cat"]),
        ("combine these clips", ["cat", "beach.mp4"]),
        ("turn this clip into a teaser", ["cat", "beach.mp4"]),
        ("make the clip slower", ["cat"]),
        ("delete the photo", ["cat"]),
    ],
)
def test_with_a_video_an_upload_is_one_not_used_yet(message: str, clips: list[str]) -> None:
    session = Session(assets=(CLIP,))
    session.send("a 5-second video of a cat")
    session.send(message)
    names = [timeline.meta(one.node)["name"] for one in timeline.segments(session.draft or {}, 0)]
    assert names == clips


@pytest.mark.parametrize(
    "message",
    [
        'Use only the uploaded file "beach (2).mp4" on the timeline. Then: {}',
        "时间线上只用上传的文件“beach (2).mp4”。然后：{}",
    ],
)
@pytest.mark.parametrize(
    "prompt", ["trim it to 2 seconds", "把它剪到2秒", "make a 2-second teaser from this clip"]
)
def test_a_named_file_is_the_one_that_is_edited(message: str, prompt: str) -> None:
    session = Session(assets=(CLIP, OTHER_CLIP))
    session.send("use beach.mp4")
    session.send(message.format(prompt))
    assert used(session) == ["beach (2).mp4"]
    assert session.draft is not None
    assert session.draft["d"] == 2000


def test_a_file_in_quotation_marks_is_a_file() -> None:
    session = Session(assets=(CLIP, OTHER_CLIP))
    session.send('use "beach.mp4"')
    assert used(session) == ["beach.mp4"]


@pytest.mark.parametrize(
    ("rest", "report"),
    [
        ("make it black and white", ("cannot_restyle",)),
        ("how are you?", ("greeting",)),
        ("frobnicate the widget", ("unclear_part",)),
    ],
)
def test_a_file_is_not_laid_out_for_what_cannot_be_done(rest: str, report: tuple[str, ...]) -> None:
    session = Session(assets=(CLIP, OTHER_CLIP))
    session.send("use beach (2).mp4")
    turn = session.send(f"Use only beach.mp4 on the timeline. Then: {rest}")
    assert (turn.draft, turn.report) == (None, report)
    assert used(session) == ["beach (2).mp4"]


@pytest.mark.parametrize(
    "rest",
    ["use it", "make a video of it", "make a video", "make a slideshow", "turn it into a reel"],
)
def test_after_a_named_file_it_is_that_file(rest: str) -> None:
    session = Session(assets=(PHOTO, CLIP, OTHER_CLIP))
    session.send("use beach (2).mp4")
    turn = session.send(f"Use only beach.mp4 on the timeline. Then: {rest}")
    assert turn.kind is TurnKind.EDIT
    assert used(session) == ["beach.mp4"]


def test_a_file_name_inside_a_title_is_text() -> None:
    session = Session(assets=(CLIP,))
    session.send("use this clip")
    session.send('add a title that says "beach.mp4"')
    texts = [timeline.meta(one.node)["text"] for one in timeline.segments(session.draft or {}, 7)]
    assert texts == ["beach.mp4"]
