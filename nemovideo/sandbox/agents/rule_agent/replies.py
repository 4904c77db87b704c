"""What the agent says, in English and Chinese, as the service would write it."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.editing.working_draft import EditResult
from nemovideo.sandbox.agents.rule_agent.seeded_random import SeededRandom
from nemovideo.sandbox.agents.rule_agent.words.phrases import Language

# One sentence for each result: English, Chinese.
SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "generated": ("Your {seconds}-second video is ready: {name}.",
        "您的{seconds}秒视频“{name}”已生成。"),
    "scene_added": ("I added a {seconds}-second scene: {name}.",
        "已添加{seconds}秒的新镜头：{name}。"),
    "reshot": ("I generated that clip again with {name}.", "已用{name}重新生成该片段。"),
    "restyled": ("I changed the look: {style}.", "已调整画面风格：{style}。"),
    "music_added": ("I added background music: {name}.", "已添加背景音乐：{name}。"),
    "music_replaced": ("I changed the music to {name}.", "已将音乐换成{name}。"),
    "music_removed": ("I removed the music.", "已去掉音乐。"),
    "music_timed": ("The music now plays from {start} to {end} seconds.",
        "音乐现在在{start}到{end}秒播放。"),
    "music_volume": ("The music volume is now {percent}%.", "音乐音量已调至{percent}%。"),
    "clip_volume": ("The clip volume is now {percent}%.", "片段音量已调至{percent}%。"),
    "muted": ("I muted the {what}.", "已将{what}静音。"),
    "unmuted": ("I unmuted the {what}.", "已恢复{what}的声音。"),
    "text_added": ('I added the {role} "{text}" from {start} to {end} seconds.',
        "已在{start}到{end}秒添加{role}“{text}”。"),
    "text_changed": ('The {role} now reads "{text}".', "{role}已改为“{text}”。"),
    "text_moved": ('I moved the {role} "{text}".', "已移动{role}“{text}”。"),
    "text_timed": ('The {role} "{text}" now shows from {start} to {end} seconds.',
        "{role}“{text}”现在在{start}到{end}秒显示。"),
    "text_styled": ('I changed the style of the {role} "{text}".', "已调整{role}“{text}”的样式。"),
    "text_removed": ("I removed the {role}.", "已删除{role}。"),
    "no_music": ("There is no music on the timeline, so I left it as it is.",
        "时间线上没有音乐，所以没有改动。"),
    "no_sound": ("There is no sound to change, so I left the video as it is.",
        "没有可以调整的声音，所以没有改动。"),
    "no_text": ("I could not find that {role}, so I left the video as it is.",
        "没有找到该{role}，所以没有改动。"),
    "what_to_show": ("What should the video show? Describe it in a sentence.",
        "视频要展示什么内容？请用一句话描述。"),
    "would_replace": (
        "There is a video already, and I am not sure what this is to do with it, so I changed "
        "nothing. For another one, say: make a new video of … For one more scene, say: add a scene "
        "of …",
        "已经有一个视频，不确定要怎样处理它，所以没有改动。重做的说法是“重新生成……的视频”，保留并添加的说法是“加一个……的镜头”。"),
    "use_or_generate": (
        "I am not sure whether you mean your files or a new picture, so I changed nothing. Say: "
        "combine my files, or: generate a video of …",
        "不确定您是要用上传的素材还是生成新画面，所以没有改动。请说“把素材拼起来”或“生成……的视频”。"),
    "uploads_noted": ("I have your files: {detail}. Tell me what to do with them.",
        "已收到素材：{detail}。请告诉我怎么处理。"),
    "which_upload": (
        "I do not see which file you mean, so I changed nothing. Say the name of a file that was "
        "uploaded.",
        "没有找到您说的素材，所以没有改动。请说出素材的文件名。"),
    "which_files": (
        "I am not sure which of your files you mean where, so I changed nothing. Name them in "
        "their order and nothing else, such as: combine {detail}",
        "不确定这些素材怎么排列，所以没有改动。请只按顺序说出素材名，例如：拼接{detail}"),
    "scene_place": (
        "I can generate a clip for the start or for the end, and move it then, so I made none. "
        "Say: add a scene of … at the end",
        "新镜头只能加在开头或结尾，之后可以再移动，所以没有生成。请说“在结尾加一个……的镜头”。"),
    "which_words": ("Please tell me the words you would like to see.",
        "请告诉我要显示的文字内容。"),
    "no_such_clip": (
        "I could not find exactly that clip on the timeline, so I changed nothing.",
        "时间线上没有找到唯一符合的片段，所以没有改动。"),
    "cannot_restyle": ("I can only change the look of generated clips, so I left yours as it is.",
        "上传的素材不能改变画面风格，所以没有改动。"),
    "nothing_yet": (
        "There is nothing on the timeline yet. Describe a video for me to make, or upload a clip.",
        "时间线上还没有内容。请描述您想生成的视频，或上传素材。"),
    "no_film": (
        "There is no film to edit yet, so I changed nothing. Say: combine my files, or: generate a "
        "video of …",
        "还没有可以编辑的影片，所以没有改动。请先说“把素材拼起来”或“生成……的视频”。"),
    "unclear": (
        "I'm not sure what you would like me to do, so I changed nothing. Try something like "
        '"add calm music" or "cut the first 2 seconds".',
        "我没有理解您的意思，所以没有改动。您可以试试“添加舒缓的音乐”或“剪掉前2秒”。"),
    "unclear_part": ('I did not understand "{detail}", so I changed nothing.',
        "我没有理解“{detail}”，所以没有改动。"),
    "cut": ("I cut out {seconds} seconds; the video is now {total} seconds long.",
        "已剪掉{seconds}秒，视频现在长{total}秒。"),
    "shortened": ("I shortened it to {seconds} seconds.", "已缩短到{seconds}秒。"),
    "extended": ("I made it {seconds} seconds longer; the video is now {total} seconds long.",
        "已延长{seconds}秒，视频现在长{total}秒。"),
    "each_length": ("These clips now last {seconds} seconds; the video is {total} seconds long.",
        "这些片段现在长{seconds}秒，视频现在长{total}秒。"),
    "split": ("I split the clip at {seconds} seconds.", "已在{seconds}秒处拆分片段。"),
    "speed": ("It now plays at {factor}x speed; the video is {total} seconds long.",
        "播放速度已设为{factor}倍，视频现在长{total}秒。"),
    "reordered": ("I changed the order of the clips.", "已调整片段顺序。"),
    "fit_cover": ("The clips now fill the frame; what lies outside is cut off.",
        "片段现在铺满画面，超出的部分会被裁掉。"),
    "fit_contain": ("The clips are now seen whole, with bars where they do not fill the frame.",
        "片段现在完整显示，不足的部分留黑边。"),
    "looped": ("It now repeats until {total} seconds.", "现在循环播放到{total}秒。"),
    "repeated": ("It now plays {plays} times; the video is {total} seconds long.",
        "现在共播放{plays}次，视频长{total}秒。"),
    "which_clip": ('There are {count} clips. Please say which one, such as "the second clip".',
        "时间线上有{count}个片段，请说明是哪一个，例如“第二个片段”。"),
    "too_long": ("A video can be {seconds} seconds long at most, so I changed nothing.",
        "视频最长{seconds}秒，所以没有改动。"),
    "deleted": ("I deleted the clip; the video is now {total} seconds long.",
        "已删除该片段，视频现在长{total}秒。"),
    "deleted_several": ("I deleted {count} clips; the video is now {total} seconds long.",
        "已删除{count}个片段，视频现在长{total}秒。"),
    "cleared": ("I cleared the timeline.", "已清空时间线。"),
    "faded": ("I added a fade-in and a fade-out to the {what}.", "已为{what}添加淡入淡出。"),
    "faded_in": ("I added a fade-in to the {what}.", "已为{what}添加淡入。"),
    "faded_out": ("I added a fade-out to the {what}.", "已为{what}添加淡出。"),
    "fades_removed": ("I removed the fades from the {what}.", "已去掉{what}的淡入淡出。"),
    "crossdissolve": ("I added a cross-dissolve between the clips.", "已在片段之间添加叠化转场。"),
    "fade": ("I added a fade between the clips.", "已在片段之间添加淡化转场。"),
    "transitions_removed": ("I removed the transitions.", "已去掉转场。"),
    "placed": ("I added {name}; the video is now {total} seconds long.",
        "已添加{name}，视频现在长{total}秒。"),
    "overlaid": ("I placed {name} on top of the video.", "已将{name}叠加到画面上。"),
    "clip_replaced": ("I replaced the clip with {name}.", "已将片段替换为{name}。"),
    "sound_placed": ("I added {name} to the audio track.", "已将{name}添加到音轨。"),
    "slideshow": ("I made a {total}-second slideshow of {count} photos.",
        "已用{count}张照片制作{total}秒的幻灯片。"),
    "montage": ("I put {count} files together into a {total}-second video.",
        "已将{count}个素材拼接成{total}秒的视频。"),
    "slideshow_of_one": ("I made a {total}-second video of your photo.",
        "已用您的照片制作{total}秒的视频。"),
    "montage_of_one": ("I made a {total}-second video of your clip.",
        "已用您的素材制作{total}秒的视频。"),
    "as_before": ("It is like that already, so there was nothing to change.",
        "已经是这样了，没有需要改动的地方。"),
    "undone": ("I took back the last change.", "已撤销上一步操作。"),
    "undone_several": ("I took back the last {count} changes.", "已撤销最近{count}步操作。"),
    "undone_to_nothing": ("I took back the first change, so the timeline is empty again.",
        "已撤销第一步操作，时间线现在是空的。"),
    "undo_alone": (
        'I can only take back what was done before, so I changed nothing. Say "undo" by itself.',
        "只能撤销之前的操作，所以没有改动。请单独说“撤销”。"),
    "no_offset": (
        "I can only play a file from its own beginning, so I changed nothing.",
        "素材只能从自己的开头开始播放，所以没有改动。"),
    "quote_words": (
        "I am not sure which words to show, so I changed nothing. Please put the words in "
        "quotation marks.", "不确定是哪些文字，所以没有改动。请用引号把文字括起来。"),
    "nothing_to_undo": ("There is nothing to undo yet.", "目前没有可以撤销的操作。"),
    "nothing_there": (
        "That part lies outside the {seconds} seconds there are, so I changed nothing.",
        "该时间段不在现有的{seconds}秒之内，所以没有改动。"),
    "nothing_left": ("That would leave nothing of the video, so I changed nothing.",
        "这样视频就没有内容了，所以没有改动。"),
    "as_long_already": ("It is {seconds} seconds long already, so I changed nothing.",
        "时长已经是{seconds}秒，所以没有改动。"),
    "cannot_extend": ("The clip holds no more footage, so I cannot make it longer.",
        "素材已经用完，无法再延长。"),
    "cannot_split": ("There is no clip to split at {seconds} seconds, so I changed nothing.",
        "{seconds}秒处没有可以拆分的片段，所以没有改动。"),
    "same_speed": ("It plays at that speed already, so I changed nothing.",
        "已经是该速度，所以没有改动。"),
    "same_order": ("It is in that order already, so nothing has changed.",
        "片段已经是该顺序，所以没有改动。"),
    "one_clip": ("A transition needs two clips, and there is only one to lead into.",
        "转场需要两个片段，目前不够。"),
    "no_fade": ("The {what} has no such fade, so I changed nothing.",
        "{what}没有该淡入淡出效果，所以没有改动。"),
    "same_fade": ("That fade of the {what} is there already, so I changed nothing.",
        "{what}已有该效果，所以没有改动。"),
    "music_ends": ("The music ends at {seconds} seconds: the file is no longer.",
        "音乐到{seconds}秒结束，文件只有这么长。"),
    "all_in_already": ("Those files are all in the video already, so I changed nothing.",
        "这些素材都已经在视频里了，所以没有改动。"),
    "no_transition": ("There is no transition to remove.", "没有可以去掉的转场。"),
    "same_transition": ("I found that transition there already, so I changed nothing.",
        "该转场已经存在。"),
    "no_uploads": ("I could not find that file. Please upload it first.",
        "没有找到该素材，请先上传。"),
    "no_links": (
        "I cannot use links to YouTube, Spotify or other sites. Please upload the file itself.",
        "无法使用外部网站的链接，请直接上传文件。"),
    "no_retouch": (
        "I cannot retouch pictures or change what is inside them; I can make a slideshow of "
        "photos.", "无法修图或改变画面里的内容，但可以用照片制作幻灯片。"),
    "no_speech": (
        "I cannot make or transcribe speech. You can upload a recording, or give me the words for "
        "subtitles.", "无法生成或识别语音。您可以上传录音，或告诉我字幕的文字。"),
    "no_resolution": ("Videos are 1080 by 1920 pixels at most. I cannot make them larger.",
        "视频最高为1080×1920，无法输出更高的分辨率。"),
    "no_beat": (
        "I cannot match pictures to the beat of the music, so I changed nothing.",
        "画面不能对齐音乐的节拍，所以没有改动。"),
    "no_backwards": (
        "I cannot play pictures backwards. I can play them slower or more than once.",
        "这里不支持倒放，但支持慢放、重复播放和片段倒序。"),
    "no_rotation": (
        "I cannot rotate, mirror or crop pictures. I can pan or zoom over generated clips.",
        "这里不支持旋转、镜像和裁切，但生成的片段支持平移和推近。"),
    "no_partial_volume": (
        "I can only change the volume of a whole clip or of all the music. I can let the music "
        "start later, end earlier or fade.",
        "音量只对整个片段或整段音乐有效，但音乐支持晚开始、早结束和淡入淡出。"),
    "no_grading": (
        "I cannot adjust brightness, contrast or colours. I can change the time of day, the "
        "weather or the style of generated clips.",
        "无法调整亮度、对比度或颜色，但可以改变生成片段的时间、天气或风格。"),
    "no_reshape": (
        "A new aspect ratio means generating the video again. Ask me to generate it in that "
        "format.", "更改画面比例需要重新生成视频，请让我按该比例重新生成。"),
    "nothing_changed": (
        "All right, I changed nothing; what was done before stays as it is.",
        "好的，没有改动，之前的内容都保留。"),
    "price": (
        "A generated clip costs 100 credits. Editing your own uploads costs 50 credits once for "
        "a session; other edits, undo and export are free. I changed nothing.",
        "生成一个片段需要100积分。剪辑上传的素材，每个会话收一次50积分；其他修改、撤销和导出免费。没有做任何改动。"),
    "no_instrument": (
        "I have no {detail}, so I changed nothing. I can play piano, guitar, strings, synth, "
        "drums, flute and bells.",
        "没有{detail}这种乐器，所以没有改动。可选的乐器有钢琴、吉他、弦乐、合成器、鼓、长笛和铃。"),
    "no_redo": ("I cannot redo what was undone. Please ask for the change again.",
        "已撤销的操作无法恢复，请再说一次要改什么。"),
    "greeting": ("Hello! Describe a video and I will make it, or tell me what to change.",
        "您好！描述您想要的视频，或告诉我要怎么修改。"),
    "thanks": ("You're welcome! Tell me whenever you would like another change.",
        "不客气！需要修改时随时告诉我。"),
    "help": (
        "I can generate videos from a description, add music and titles, trim, split, reorder and "
        "speed up clips, add fades, and place your uploads.",
        "我可以根据描述生成视频、添加音乐和标题、剪辑、拆分、排序、变速、添加淡入淡出，以及放置您"
        "上传的素材。"),
    "status": ("{detail}", "{detail}"),
    "export": ("Your video is ready to export. Click the Export button in the top right corner.",
        "视频可以导出了，请点击右上角导出按钮。"),
    "question": (
        "I can only help with making and editing this video. Tell me what you would like to "
        "change.", "我只能协助制作和编辑视频，请告诉我您想怎么修改。"),
}  # fmt: skip

_WORDS_ZH: Final = {
    "title": "标题", "subtitle": "字幕", "text": "文字", "clip": "片段", "music": "音乐",
    "video": "画面", "video and the music": "画面和音乐",
    "day": "白天", "dawn": "清晨", "sunset": "日落", "night": "夜晚", "clear": "晴", "rain": "雨",
    "snow": "雪",
    "fog": "雾", "cloudy": "多云",
    "pan left": "向左平移", "pan right": "向右平移", "zoom in": "推近", "zoom out": "拉远",
    "still": "固定镜头", "drift": "航拍", "cinematic": "电影感", "watercolor": "水彩",
    "anime": "动漫", "cartoon": "卡通", "black and white": "黑白", "vintage": "复古",
    "cyberpunk": "赛博朋克", "neon": "霓虹", "minimalist": "极简", "pastel": "粉彩",
    "sketch": "素描", "oil painting": "油画", "ink wash": "水墨", "pixel art": "像素",
    "dreamy": "梦幻", "timelapse": "延时", "documentary": "纪实", "3d": "3D", "warm": "暖色",
    "cool": "冷色", "vibrant": "鲜艳", "dark": "暗调", "sepia": "棕褐色", "pop art": "波普",
}  # fmt: skip
_GUI: Final = {
    "en": (
        "Click the Export button in the top right corner to download it.",
        "You can drag the clips on the timeline to rearrange them.",
        "Open the preview panel to see how it looks.",
        "Click the play button to preview it in the timeline.",
    ),
    "zh": (
        "点击右上角导出按钮即可下载。",
        "您可以在时间线上拖拽片段调整顺序。",
        "打开预览面板即可查看效果。",
        "点击播放按钮，在时间线中预览。",
    ),
}
TRAILING_ISSUE: Final = {
    "en": "I encountered a temporary issue.",
    "zh": "I encountered a temporary issue.",
}
STARTED: Final = {
    "en": "I'm generating your video now. This usually takes a few minutes.",
    "zh": "正在为您生成视频，通常需要几分钟。",
}
RAW_READY: Final = {
    "en": "The clip is ready. I'm adding music and a title next.",
    "zh": "视频片段已生成，正在添加音乐和标题。",
}
_THOUGHTS: Final = {
    "en": "The user wants: {what}. I will do it on the current timeline and keep everything else "
    "as "
    "it is.",
    "zh": "用户想要：{what}。我会在当前时间线上完成，其余内容保持不变。",
}


def sentence(edit: EditResult, language: Language) -> str:
    """Return the sentence that reports an edit."""
    english, chinese = SENTENCES[edit.key]
    if language == "en":
        return english.format(**edit.values)
    values = {
        name: value if name in _VERBATIM else _translated(value)
        for name, value in edit.values.items()
    }
    return chinese.format(**values)


_UNCHANGED: Final = re.compile(", so I (?:changed nothing|left [a-z ]+?)(?=[.])|，所以没有改动")


def without_repetition(sentences: list[str]) -> list[str]:
    """Say the same only once, and that nothing was changed only at the last of its reasons."""
    once = list(dict.fromkeys(sentences))
    reasons = [index for index, one in enumerate(once) if _UNCHANGED.search(one)]
    for index in reasons[:-1]:
        once[index] = _UNCHANGED.sub("", once[index])
    return once


# What a user wrote is repeated as written, even if it is also a word of the table.
_VERBATIM: Final = {"text", "name", "detail"}


def _translated(value: str) -> str:
    return "、".join(_WORDS_ZH.get(word, word) for word in value.split(", "))


def gui_hint(random: SeededRandom, language: Language) -> str:
    """Choose a hint about a user interface that an SDK user does not have."""
    return random.pick("gui hint", _GUI[language])


def thought(text: str, language: Language) -> str:
    """Return what the agent thinks of a message before it acts."""
    return _THOUGHTS[language].format(what=text[:200])
