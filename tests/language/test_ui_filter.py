"""Screen talk in both languages, before and after, in whatever chunks it comes."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nemovideo.language.sentences import localize
from nemovideo.language.ui_filter import UIInstructionFilter, rewrite_ui_talk

EXPORT, STATE = localize("hint_export", "en"), localize("hint_state", "en")
CREDITS, SEND = localize("hint_credits", "en"), localize("hint_send", "en")
UPLOAD, 上传 = localize("hint_upload", "en"), localize("hint_upload", "zh-CN")
导出, 状态 = localize("hint_export", "zh-CN"), localize("hint_state", "zh-CN")
积分, 直说 = localize("hint_credits", "zh-CN"), localize("hint_send", "zh-CN")

ANSWERS = [
    (
        "Your video is ready! Click the Export button to download it.",
        f"Your video is ready! {EXPORT}",
    ),
    (
        "I've added upbeat music at 35%. To export your video, click the **Export** button in the"
        " top right corner.",
        f"I've added upbeat music at 35%. {EXPORT}",
    ),
    (
        "You can preview it in the timeline or click Export to download.",
        f"{STATE} {EXPORT}",
    ),
    (
        "You can tell me what to change or click Export.",
        f"You can tell me what to change. {EXPORT}",
    ),
    (
        "Your video is ready, and you can click the Export button to download and share it.",
        f"Your video is ready. {EXPORT}",
    ),
    (
        "Next steps:\n- Click the Export button\n- Drag the clip to the timeline\n- Tell me if you"
        " want another song\n- Press the Download button\n- Open the timeline to see the result",
        f"Next steps:\n- {EXPORT}\n- {SEND}\n- Tell me if you want another song\n- {STATE}",
    ),
    (
        "Click Export, the video is 10 seconds long.",
        f"{EXPORT} The video is 10 seconds long.",
    ),
    (
        "Once you click Export, the render starts. You need 50 credits; please check your account"
        " balance.",
        f"{EXPORT} The render starts. You need 50 credits. {CREDITS}",
    ),
    (
        "The Export button is in the top right corner. The video has 3 tracks.",
        f"{EXPORT} The video has 3 tracks.",
    ),
    ("**Tip:** click the Export button to save it.", EXPORT),
    (
        "I made 3 clips (10 s each). Select the clip in the timeline and press the Delete key."
        " Anything else?",
        f"I made 3 clips (10 s each). {SEND} Anything else?",
    ),
    (
        "When you're ready, hit the **Export** button! The final size is 1080×1920.",
        f"{EXPORT} The final size is 1080×1920.",
    ),
    (
        "Click Export.\n\nThe video is 10 s.\n\nClick the Export button.\n\nBye.",
        f"{EXPORT}\n\nThe video is 10 s.\n\nBye.",
    ),
    (
        "Here is the prompt:\n```\nclick the Export button\n```\nDrag and drop the clip onto the"
        " track to move it.",
        f"Here is the prompt:\n```\nclick the Export button\n```\n{SEND}",
    ),
    (
        "Watch it here: [panda.mp4](https://cdn.example.com/panda.mp4). Open the preview panel to"
        " play it.",
        f"Watch it here: [panda.mp4](https://cdn.example.com/panda.mp4). {STATE}",
    ),
    (
        "Click the button below to export your clip. It has 3 tracks (10 s).",
        f"{EXPORT} It has 3 tracks (10 s).",
    ),
    (
        "I've placed the title at 0-3s, which you can preview in the timeline.",
        f"I've placed the title at 0-3s. {STATE}",
    ),
    (
        "The storyboard, which you can see in the middle panel, has 8 frames.",
        f"The storyboard has 8 frames. {STATE}",
    ),
    ("渲染完成后，下载链接会出现在屏幕右侧。", "视频随时可以导出。"),
    (
        "Your film is ready (click the Export button to save it). Step 1: Go to the Export tab,"
        " choose 1080p and hit Download. Step 2: Choose MP4.",
        f"Your film is ready. {EXPORT}",
    ),
    (
        "It looks great. Save it by clicking the Export button, and enjoy your day!",
        f"It looks great. {EXPORT} Enjoy your day!",
    ),
    (
        "Click Export. Press the Download icon, your 12-second film is ready.",
        f"{EXPORT} Your 12-second film is ready.",
    ),
    (
        "* **Ready:** click the Export button.\n* Open the **Export** panel.\n* Bye.",
        f"* **Ready:** {EXPORT}\n* Bye.",
    ),
    (
        "**Your film is ready and you can click Export**",
        f"**Your film is ready**. {EXPORT}",
    ),
    (
        "視頻已完成，請點擊「匯出」按鈕下載。",
        f"視頻已完成。{localize('hint_export', 'zh-TW')}",
    ),
    (
        "需要导出时，请点击界面右上方的“导出”按钮。画面比例 9:16。",
        f"{导出}画面比例 9:16。",
    ),
    (
        "视频已经生成好了！点击右上角的“导出”按钮即可下载。",
        f"视频已经生成好了！{导出}",
    ),
    (
        "音乐音量调到了 35%，您可以在时间线预览效果，或点击导出按钮下载。",
        f"音乐音量调到了 35%。{状态}{导出}",
    ),
    (
        "如果您想导出视频，请点击“导出”按钮。如需查看余额，请打开账户页面。",
        f"{导出}{积分}",
    ),
    (
        "请将素材拖拽到时间线上，然后点击播放按钮预览。标题是“点击这里”。",
        f"{直说}{状态}标题是“点击这里”。",
    ),
    (
        "标题《世外桃源》已加在 0-3 秒。\n1. 打开时间线查看\n2. 告诉我还要改什么",
        f"标题《世外桃源》已加在 0-3 秒。\n1. {状态}\n2. 告诉我还要改什么",
    ),
    (
        "标题已改成红色。抱歉，我遇到了一个临时问题，请稍后再试。",
        "标题已改成红色。",
    ),
    (
        "The title is red now. I encountered a temporary issue while saving. Please try again.",
        "The title is red now.",
    ),
    (
        "It is ready: 1) Click the Export button. 2) Choose 1080p. 3) Download the file. It is 10 s"
        " long.",
        f"It is ready: 1) {EXPORT} It is 10 s long.",
    ),
    (
        "All set: 1) open the timeline, 2) click Export, 3) pick MP4 and save. It is 10 s long.",
        f"All set: 1) {STATE} 2) {EXPORT} It is 10 s long.",
    ),
    (
        "Two ways on: 1. To export, click the Export button. 2. Tell me what to change.",
        f"Two ways on: 1. {EXPORT} 2. Tell me what to change.",
    ),
    (
        "It lasts: 8. Click Export. There are (3) scenes.",
        f"It lasts: 8. {EXPORT} There are (3) scenes.",
    ),
    ("You can drag the clips on the timeline to reorder them.", SEND),
    (
        'Clip 7, "Market at Dusk", is highlighted in yellow on your screen and lasts 11 seconds.',
        f'Clip 7, "Market at Dusk", lasts 11 seconds. {STATE}',
    ),
    (
        "Captions are in Greek now (click the gear to change them), 26 lines in all.",
        f"Captions are in Greek now, 26 lines in all. {SEND}",
    ),
    (
        "Since a 1080p file costs nothing extra, just click the Export button.",
        "Since a 1080p file costs nothing extra, you can export the video at any time.",
    ),
    (
        "It is attached to the project: click the Export button.",
        f"It is attached to the project. {EXPORT}",
    ),
    (
        "I left a marker at 0:27 that you can click to read my note.",
        f"I left a marker at 0:27. {SEND}",
    ),
    (
        "时间轴上一共五段，向下滚动就能看到最后的「烟火」，它长8秒。",
        "时间轴上一共五段。轨道内容随时可以查看。最后的「烟火」长8秒。",
    ),
    (
        "第2个镜头（右上角点齿轮可以改）缩短到了3秒。",
        "第2个镜头缩短到了3秒。想改什么，直接说就行。",
    ),
    (
        "素材损坏。请点垃圾桶图标删掉它，再按一下右下角的“重试”。",
        "素材损坏。想改什么，直接说就行。",
    ),
    ("按 Ctrl+Z 就能撤销。标题停留3秒。", "想改什么，直接说就行。标题停留3秒。"),
    ("客人指了指最下面的一道菜，说：“就这个。”", "客人指了指最下面的一道菜，说：“就这个。”"),
    (
        "The film, which you can preview by pressing the play button, runs for 14 seconds.",
        f"The film runs for 14 seconds. {STATE}",
    ),
    (
        "I added a song, which you can drag on the timeline. It is calm.",
        f"I added a song. {SEND} It is calm.",
    ),
    (
        "I've lowered the music to 20%. You can fine-tune it using the volume slider in the audio"
        " panel.",
        f"I've lowered the music to 20%. {SEND}",
    ),
    (
        "Done! Hover over the clip and click the pencil icon to change the text.",
        f"Done! {SEND}",
    ),
    (
        "You have used 50 credits. Go to **Settings > Billing** to see your remaining balance or"
        " upgrade your plan.",
        f"You have used 50 credits. {CREDITS}",
    ),
    (
        "There is no song. Please upload one using the Upload button on the left sidebar, then tell"
        " me which part to use.",
        f"There is no song. {UPLOAD} Tell me which part to use.",
    ),
    (
        "Changes saved ✅ Refresh the page to see them in your timeline. It is now 12.5 s long.",
        f"Changes saved ✅ {STATE} It is now 12.5 s long.",
    ),
    (
        'Right-click on the title and select "Edit text" to change it, or just tell me the new'
        " text.",
        f"{SEND} Just tell me the new text.",
    ),
    (
        'I\'ve opened the export dialog for you – just hit "Export" to finish.',
        f"I've opened the export dialog for you. {EXPORT}",
    ),
    (
        "Use the toggle in the captions panel to turn subtitles on or off; they are in English.",
        f"{SEND} They are in English.",
    ),
    (
        "The sky is bluer. Its hue and saturation can be changed in the Colour panel.",
        f"The sky is bluer. {SEND}",
    ),
    (
        "The beat drops at 0:16. Zoom in on the timeline with the slider and you'll see the cut.",
        f"The beat drops at 0:16. {STATE}",
    ),
    (
        "新年祝福已经录好，9秒。换声音的话，点开右侧的配音面板。",
        f"新年祝福已经录好，9秒。{直说}",
    ),
    ("保留了第二句。拖曳滑杆，选取要剪辑的影片段落。", f"保留了第二句。{直说}"),
    (
        "视频已生成！接下来：1）点击导出按钮；2）选择1080p；3）下载文件。时长10秒。",
        f"视频已生成！接下来：1）{导出}时长10秒。",
    ),
    (
        "音量已降到20%。您可以通过右侧面板的音量滑块继续微调。",
        f"音量已降到20%。{直说}",
    ),
    ("已剪到8秒。如果想微调，可以拖动时间线上片段的边缘。", f"已剪到8秒。{直说}"),
    ("新的音乐是《夏夜》，音量35%。按空格键即可预览播放。", f"新的音乐是《夏夜》，音量35%。{状态}"),
    (
        "没有找到音频。请点击左侧的上传按钮上传一首歌，然后告诉我要用哪一段。",
        f"没有找到音频。{上传}告诉我要用哪一段。",
    ),
    (
        "右键点击标题，选择“编辑文字”即可修改，或者直接告诉我新的文字。",
        f"{直说}直接告诉我新的文字。",
    ),
    ("直接按蓝色的导出按钮，等待渲染完成后下载MP4即可。共15秒。", f"{导出}共15秒。"),
    ("要修改画面比例，请打开项目设置，选择9:16。", 直说),
    (
        "本次消耗50积分。请前往“设置 > 账单”查看剩余积分或升级套餐。",
        f"本次消耗50积分。{积分}",
    ),
]

UNTOUCHED = [
    "Scene list: 1) a hand clicks a button, 2) the timeline of history unrolls, 3) the end.",
    "The robot opens the control panel, drags a lever and presses the red button (3) twice.",
    "I can change the title, adjust the volume or add a fade in the second scene. Which one?",
    "Add a title track and move the logo to the left: done, both on the timeline.",
    "场景：1）一只手点击按钮；2）历史的时间线展开；3）出口货轮离港。",
    "把标题移到左侧，字幕放在下方：都已完成。左侧的人穿红衣，右侧的人打开窗户。",
    "下载的素材已加入时间线。按您的要求，音乐换成了《蓝调》，音量30%。",
    "Rain 🌧 falls (1) on the roof 1. (2) 12) 3.5 ① and ② – so it goes —— on ✅",
    'Done: the title "Click Here" now lasts 3 seconds.',
    "The panda clicks a button and opens the door, then drags a chair into the room.",
    "打开的窗户外有一只熊猫，它点击按钮，灯亮了。",
    "Scene 1: open on a wide shot of the bay. Scene 2: a hand presses play.",
    "To make it longer, tell me how many seconds you want.",
    "导出完成，时长 10 秒，分辨率 1080p。",
    "Open the window to the sea, drag races, click of a camera: all in 8 seconds.",
    "把标题改成了红色，音量 35%。",
    "The character says “Hello, click the Export button” at 0:05.",
    "If you want, I can add credits, and then a title.",
    "I opened the project and dragged the clip to 0:03 for you.",
    "I opened on the harbour, pressed the voice to -14 LUFS, and closed on the lighthouse.",
    "If you like the harbour, we stay there for 4 seconds.",
    'He types "sorry", deletes it, and puts the phone face down.',
    "You can download it: https://cdn.example.com/a.mp4?sig=1,2",
    "* one\n* two\n\n  1) three\n> four\n\n# five\n",
    "`click the Export button` is what the sign says, and nothing else.",
    "Click here to download: https://cdn.example.com/v.mp4, it is 10 s long.",
    "点击这里下载：https://cdn.example.com/v.mp4",
    "Click [Export](https://nemovideo.com/x) to open it in the browser.",
    "You can export the video as MP4 or keep editing; feel free to drag your feet.",
    "“Stop.” He opens the door (slowly), by hand. Then: silence.",
    "I encountered a temporary issue. Please try again.",
    "抱歉，我遇到了一个临时问题，请稍后再试。",
    "I encountered a temporary issue with track 2, so I used another song. It fits well.",
    "",
    "  \n\n",
]


@pytest.mark.parametrize(("before", "after"), ANSWERS)
def test_screen_talk_becomes_what_the_sdk_can_do(before: str, after: str) -> None:
    assert rewrite_ui_talk(before) == after


@pytest.mark.parametrize("text", UNTOUCHED)
def test_content_that_only_mentions_such_words_stays(text: str) -> None:
    assert rewrite_ui_talk(text) == text


def streamed(chunks: list[str]) -> str:
    wording = UIInstructionFilter()
    return "".join([wording.feed(chunk) for chunk in chunks]) + wording.finish()


@pytest.mark.parametrize("text", [before for before, _ in ANSWERS] + UNTOUCHED)
def test_one_character_at_a_time_gives_the_same(text: str) -> None:
    assert streamed(list(text)) == rewrite_ui_talk(text)


PIECES = [
    *("click the Export button", "Open the timeline", "drag", "and", "or", "You can", "to export"),
    *(
        "点击",
        "导出",
        "按钮",
        "打开时间线",
        "您可以",
        "或",
        "熊猫",
        "在时间线预览",
        "把",
        "拖到",
        "，",
        "。",
    ),
    *(
        "the panda",
        "10",
        "35%",
        ". ",
        ", ",
        "\n",
        "\n- ",
        "\n1. ",
        " ",
        '"',
        "“",
        "”",
        "**",
        "```",
        "`",
    ),
    *(
        "I encountered a temporary issue",
        "Please try again",
        "Sorry, ",
        "我遇到了临时问题",
        "! ",
        ": ",
    ),
    *(
        "1) ",
        "2）",
        " 1. ",
        "①",
        "12",
        "✅",
        " – ",
        "——",
        "or off",
        "Download it",
        "in the sidebar",
    ),
    *("https://a.example/b?c=1", "[x](http://y)", "(", ")", "Tip", "if you", "check your account"),
]
ANYTHING = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


@given(st.data(), ANYTHING)
def test_any_chunking_gives_the_same(data: st.DataObject, text: str) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert streamed(chunks) == rewrite_ui_talk(text)


@example(["您可以", "或", "在时间线预览", "if you"])
@given(
    st.lists(st.sampled_from([p for p in PIECES if not re.search("temporary|临时|try again", p)]))
)
def test_nothing_of_a_text_is_lost_without_a_hint_in_its_place(pieces: list[str]) -> None:
    text = "".join(pieces)
    wording = UIInstructionFilter()
    shown = wording.feed(text) + wording.finish()
    # Within a sentence that goes on nothing stands in the place of what was taken out.
    assert wording.hints or shown == text or shown.rstrip()[-1:] == text.rstrip()[-1:]
    assert wording.raw == text
    for hint in wording.hints:
        assert shown.count(hint) == 1


@given(st.text(alphabet="abxyzABZ0189 .,;:!?\n-*#>`\"'“”()[]€🐼猫竹林的在了。，！", max_size=80))
def test_a_text_without_screen_words_comes_through_byte_for_byte(text: str) -> None:
    assert rewrite_ui_talk(text) == text


def test_text_is_shown_clause_by_clause() -> None:
    wording = UIInstructionFilter()
    assert wording.feed("A panda walks through") == ""
    assert wording.feed(" the bamboo. It st") == "A panda walks through the bamboo."
    assert wording.feed("ops 一只熊猫，") == ""
    assert wording.finish() == " It stops 一只熊猫，"


def test_what_is_certainly_content_is_shown_as_it_comes() -> None:
    wording = UIInstructionFilter()
    assert wording.feed("I've added calm ") == "I've added calm"
    assert wording.feed("music") == ""
    assert wording.feed(" ") == " music"


def test_text_is_buffered_only_while_it_may_still_be_an_instruction() -> None:
    wording = UIInstructionFilter()
    assert wording.feed("You can click ") == ""
    assert wording.feed("the panda twice. And ") == "You can click the panda twice."


def test_a_suspicious_ending_is_released_when_the_answer_goes_on() -> None:
    wording = UIInstructionFilter()
    assert wording.feed("Done. I encountered a temporary issue. ") == "Done."
    assert "temporary issue. The title" in wording.feed("The title is red. ")


def test_a_hint_takes_the_language_of_the_text_around_it() -> None:
    assert rewrite_ui_talk("标题已经加好。Click Export.") == f"标题已经加好。{导出}"
    assert rewrite_ui_talk("標題已經加好，音樂也換了。点击导出按钮。") == (
        f"標題已經加好，音樂也換了。{localize('hint_export', 'zh-TW')}"
    )


def test_only_in_the_chat_a_hint_names_its_commands() -> None:
    assert rewrite_ui_talk("Click Export.", chat=True) == localize("chat_hint_export", "en")
    assert "/" not in rewrite_ui_talk("Click Export. Open the timeline. 点击导出按钮。")


def test_each_hint_is_shown_once_and_listed() -> None:
    wording = UIInstructionFilter()
    shown = wording.feed("Click Export. Press the Download button. Open the timeline. Bye.")
    shown += wording.finish()
    assert wording.hints == (EXPORT, STATE)
    assert shown == f"{EXPORT} {STATE} Bye."


def test_an_endless_sentence_is_not_buffered_for_ever() -> None:
    wording = UIInstructionFilter()
    assert wording.feed("You can " * 100).startswith("You can you can"[:7])
    assert rewrite_ui_talk("You can " * 100) == "You can " * 100


def test_an_endless_word_is_shown_in_pieces() -> None:
    wording = UIInstructionFilter()
    assert len(wording.feed("a" * 1000)) >= 900
    assert wording.finish()
