"""What the agent says, in English and Chinese, as the service would write it."""

from __future__ import annotations

from typing import Final

from nemovideo.sandbox.director.chance import Chance
from nemovideo.sandbox.director.editing.desk import Note
from nemovideo.sandbox.director.words.phrases import Language

# One sentence for each note: English, Chinese.
SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "generated": ("Your {seconds}-second video of {name} is ready.", "您的{seconds}秒视频“{name}”已生成。"),
    "scene_added": ("I added a {seconds}-second scene: {name}.", "已添加{seconds}秒的新镜头：{name}。"),
    "reshot": ("I generated that clip again with {name}.", "已用{name}重新生成该片段。"),
    "restyled": ("I changed the look: {look}.", "已调整画面风格：{look}。"),
    "music_added": ("I added background music: {name}.", "已添加背景音乐：{name}。"),
    "music_replaced": ("I changed the music to {name}.", "已将音乐换成{name}。"),
    "music_removed": ("I removed the music.", "已去掉音乐。"),
    "music_volume": ("The music volume is now {percent}%.", "音乐音量已调至{percent}%。"),
    "clip_volume": ("The clip volume is now {percent}%.", "片段音量已调至{percent}%。"),
    "muted": ("I muted the {what}.", "已将{what}静音。"),
    "unmuted": ("I unmuted the {what}.", "已恢复{what}的声音。"),
    "text_added": ('I added the {role} "{text}" from {start} to {end} seconds.', "已在{start}到{end}秒添加{role}“{text}”。"),
    "text_changed": ('The {role} now reads "{text}".', "{role}已改为“{text}”。"),
    "text_moved": ('I moved the {role} "{text}".', "已移动{role}“{text}”。"),
    "text_styled": ('I changed the style of the {role} "{text}".', "已调整{role}“{text}”的样式。"),
    "text_removed": ("I removed the {role}.", "已删除{role}。"),
    "no_music": ("There is no music on the timeline, so I left it as it is.", "时间线上没有音乐，所以没有改动。"),
    "no_sound": ("There is no sound to change, so I left the video as it is.", "没有可以调整的声音，所以没有改动。"),
    "no_text": ("I could not find that {role}, so I left the video as it is.", "没有找到该{role}，所以没有改动。"),
    "which_words": ("Please tell me the words you would like to see.", "请告诉我要显示的文字内容。"),
    "no_such_clip": ("I could not find that clip on the timeline, so I changed nothing.", "时间线上没有找到该片段，所以没有改动。"),
    "cannot_restyle": ("I can only change the look of generated clips, so I left yours as it is.", "只能调整生成片段的画面，所以没有改动。"),
    "nothing_yet": ("There is nothing on the timeline yet. Describe a video for me to make, or upload a clip.", "时间线上还没有内容。请描述您想生成的视频，或上传素材。"),
    "unclear": ("I'm not sure what you would like me to do, so I changed nothing. Try something like \"add calm music\" or \"cut the first 2 seconds\".", "我没有理解您的意思，所以没有改动。您可以试试“添加舒缓的音乐”或“剪掉前2秒”。"),
    "unclear_part": ('I did not understand "{detail}", so I left that out.', "我没有理解“{detail}”，这部分没有改动。"),
}  # fmt: skip

_WORDS_ZH: Final = {
    "title": "标题", "subtitle": "字幕", "text": "文字", "clip": "片段", "music": "音乐",
    "day": "白天", "dawn": "清晨", "sunset": "日落", "night": "夜晚", "clear": "晴", "rain": "雨", "snow": "雪",
    "fog": "雾", "cloudy": "多云",
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
TROUBLE: Final = {
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
    "en": "The user wants: {what}. I will do it on the current timeline and keep everything else as it is.",
    "zh": "用户想要：{what}。我会在当前时间线上完成，其余内容保持不变。",
}


def sentence(note: Note, language: Language) -> str:
    """Put a note into words."""
    english, chinese = SENTENCES[note.key]
    if language == "en":
        return english.format(**note.values)
    values = {
        name: value if name in _VERBATIM else _translated(value)
        for name, value in note.values.items()
    }
    return chinese.format(**values)


# What a user wrote is repeated as written, even where it looks like a word of ours.
_VERBATIM: Final = {"text", "name", "detail"}


def _translated(value: str) -> str:
    return "、".join(_WORDS_ZH.get(word, word) for word in value.split(", "))


def gui_hint(chance: Chance, language: Language) -> str:
    """Choose something that the agent says of a screen nobody has."""
    return chance.pick("gui hint", _GUI[language])


def thought(message: str, language: Language) -> str:
    """Return what the agent thinks of a message before it acts."""
    return _THOUGHTS[language].format(what=message[:200])
