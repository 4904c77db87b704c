"""What the service and its studio cannot do, and the replies that say so."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import Answer, Instruction
from nemovideo.sandbox.agents.rule_agent.reading.sound import MUSIC
from nemovideo.sandbox.agents.rule_agent.reading.title_text import about_text
from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message
from nemovideo.sandbox.agents.rule_agent.words.visual_style import orientation

# about, English, Chinese, in this order; a message that names an upload asks for none of these.
_LIMITS: Final = (
    ("no_links",
        r"https?://|www\.|(?:youtube|youtu\.be|spotify|vimeo|bilibili|instagram|soundcloud"
        r"|netflix)(?:\.com)? (?:link|url|video|song|track|playlist)|(?:from|on|off) (?:youtube"
        r"|spotify|netflix|vimeo|soundcloud)|download (?:this|the|a|that) (?:youtube|video|song"
        r"|link)",
     r"链接|网址|(?:从|下载)(?:油管|b站|哔哩|优酷|网易云|腾讯视频)|youtube|spotify"),
    ("no_retouch",
        r"retouch|photoshop|stabili[sz]e|de-?shake|de-?noise|(?:remove|erase"
        r"|blur|replace|change) (?:the |my |his |her )?"
        r"(?:backgrounds?(?! (?:music|track|song|audio|noise|sound|score))|watermark|faces?"
        r"|skin|wrinkles|blemish(?:es)?|objects?|people|person|eyes|hair|teeth)|face ?swap|beautify"
        r"|deepfake|upscale|green ?screen|chroma",
     r"修图|去抖|防抖|降噪|美颜|磨皮|瘦脸|抠图|抠像|换脸|去水印|换背景|去背景|祛痘|(?:去掉|去除|模糊)(?:背景(?!音|乐|歌)|水印"
     r"|路人|人脸)|背景(?!音|乐|歌)[^,。]{0,4}(?:换|改|变|替换)|(?:换|更换|替换|改|虚化)(?:掉|个|一个)?背景(?!音|乐|歌)"),
    ("no_beat",
        r"sync(?:hroni[sz]e)?|(?:to|on|with|in time with) the (?:beats?|rhythm|drums|chorus)",
     r"卡点|踩点|(?:跟着|对齐|配合)[^,。]{0,4}(?:节奏|节拍|鼓点)"),
    ("no_speech",
        r"voice[- ]?overs?|narrat(?:e|ion|or|ing)|text[- ]to[- ]speech|tts|read (?:it "
        r"|this )?(?:aloud|out loud)|dub(?:bed|bing)?|transcri(?:be|ption)"
        r"|auto(?:matic(?:ally)?)?[- ]?(?:generated? )?(?:captions?|subtitles?)|lip[- ]?sync"
        r"|translate|(?:captions?|subtitles?) (?:from|for) (?:the )?(?:speech|audio|what)",
     r"配音|旁白|朗读|解说|语音合成|识别字幕|自动(?:生成)?字幕|语音转|翻译|对口型|听写"),
)  # fmt: skip
# What no picture of a draft can carry: neither the draft nor the studio knows of it.
_PICTURE_LIMITS: Final = (
    ("no_resolution",
        r"(?:export|render|make|output|save|download|upscale|change)(?![a-z])[^,.]* (?:[48]k"
        r"|2160p|uhd|(?:higher|better) resolution)",
     r"(?:导出|渲染|输出|保存|下载|改成|做成|变成)[^,。]*[48]k|更高的?分辨率"),
    ("no_backwards",
        r"(?:play|run|show|make|put|let)(?![a-z])[^,.]* (?:backwards?|in reverse(?! order))"
        r"|(?:reverse|rewind) (?:it|this|that|(?:the )?(?:\S+ ){0,2}"
        r"(?:video|film|movie|footage|clip|scene|shot|playback|motion))",
     r"倒放|倒播|倒着[放播]|反着[放播]|反向播放|逆向播放|倒带|倒退着"),
    ("no_rotation",
        r"rotate|upside[- ]?down|turn[^,.]*(?:degrees?|sideways|°)|(?:flip|mirror)(?: (?:it|this"
        r"|that|the|vertically|horizontally)|$)"
        r"|crop[^,.]* (?:left|right|side|sides|edges?|corners?|top|bottom)",
     r"裁掉[^,。]{0,4}[左右上下]|旋转(?![的着木])|翻转|镜像|转\d+ ?度"
     r"|转[一二三四五六七八九十百]+度|上下颠倒|左右颠倒"),
    ("no_grading",
        r"gra[dy]ing|colou?r[- ]?(?:gra[dy]e|correct)[a-z]*|luts?|contrast|brightness|saturation"
        r"|exposure|white balance|sharpen|brighten|brighter|lighten|darken|too (?:dark|bright)",
     r"调色|对比度|亮度|饱和度|曝光|白平衡|锐化|[调变更太]亮|亮一?[点些]|暗一?[点些]|太暗|[调变]暗|过曝"),
)  # fmt: skip

# "A man walking upside down" is a picture to make, not one to turn.
_DESCRIBES: Final = re.compile("(?:an?|some) |一(?![点些下])")


def _compiled(table: tuple[tuple[str, str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((about, re.compile(f"{LEFT}(?:{en})(?![a-z])|{zh}")) for about, en, zh in table)


_LIMIT_WORDS: Final = _compiled(_LIMITS)
_PICTURE_WORDS: Final = _compiled(_PICTURE_LIMITS)
_RESHAPE = re.compile(
    f"{LEFT}(?:make|turn|convert|change|switch|set|crop|reformat|resize|rotate|export"
    "|aspect ratio)(?![a-z])|改|换|变|转|调|裁|比例|横竖屏|弄"
)


def read_limit(clause: Message) -> Instruction | None:
    """Read what the service does not do (wire-contract section 7), and return the reply."""
    low = clause.low
    for about, words in _LIMIT_WORDS:
        if words.search(low) and not clause.named():
            return Answer(about)
    if orientation(low) and _RESHAPE.search(low):
        return Answer("no_reshape")
    if MUSIC.search(low) or about_text(low) or _DESCRIBES.match(low):
        return None
    return next((Answer(about) for about, words in _PICTURE_WORDS if words.search(low)), None)
