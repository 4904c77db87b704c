"""Notices a wish that the service cannot grant as asked, so that it can be said before it costs."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from nemovideo.language.catalogue import LimitKey

_SITE: Final = (
    r"(?:youtube|youtu\.be|spotify|soundcloud|tik ?tok|bilibili|douyin|apple music|netease"
    r"|油管|抖音|网易云|哔哩哔哩|[bB]站|[qQ][qQ]音乐)"
)
# A ratio, and not a time such as 0:12.
_RATIO: Final = (
    r"(?:\b[1-9]\d?\s*[:：x]\s*[1-9]\d?\b|vertical|portrait|square|landscape|horizontal)"
)
_CHINESE_RATIO: Final = r"(?:\d{1,2}\s*[:：比]\s*\d{1,2}|竖屏|横屏|竖版|横版|方形|正方形|竖的|横的)"
_PHOTO: Final = r"(?:photos?|pictures?|images?|selfies?|portraits?|snapshots?)"
_IT: Final = r"(?:it|this|that|everything|(?:the|my|this) (?:\w+ )?(?:video|clip|film|footage))"

_PATTERNS: Final[tuple[tuple[LimitKey, str], ...]] = (
    (
        "limit_links",
        r"(?:https?://|www\.)\S*(?:youtube|youtu\.be|spotify|soundcloud|tiktok|bilibili|douyin"
        r"|music\.163)\S*"
        rf"|\b(?:from|off|out of) (?:\w+ )?{_SITE}"
        rf"|\b{_SITE}(?:'s)? (?:link|url|song|track|playlist|video link)"
        rf"|{_SITE}\s*(?:上|里|上面|里面)?的?\s*(?:链接|歌曲?|音乐|视频链接|歌单)|(?:从|用)\s*{_SITE}",
    ),
    (
        "limit_aspect_ratio",
        r"\b(?:make|turn|change|convert|switch|crop|resize|reframe|reformat|flip|put|set|get)"
        rf" {_IT}\b[^.!?\n]{{0,30}}?{_RATIO}"
        r"|\b(?:change|switch|convert|adjust|set|different|new|another)\b[^.!?\n]{0,20}"
        r"\baspect ratio"
        rf"|\b(?:switch|convert|change|go) to {_RATIO}"
        rf"|(?:改|换|变|转|调|裁|做)(?:成|为|到)\s*{_CHINESE_RATIO}"
        r"|(?:改|换|调整?|变|修改).{0,6}(?:画面|视频|宽高|屏幕)?比例"
        r"|(?:画面|宽高|屏幕)比例.{0,6}(?:改|换|调|变)",
    ),
    (
        "limit_photo",
        r"\b(?:animate|retouch|photoshop|airbrush|restore|enhance|beautify|colou?rize) "
        rf"[^.!?\n]{{0,20}}\b{_PHOTO}\b"
        rf"|\b{_PHOTO}\b[^.!?\n]{{0,15}}"
        r"\b(?:to life|come alive|move|talk|speak|dance|blink|smile)\b"
        r"|\b(?:edit|fix|remove|erase|smooth|whiten)\b[^.!?\n]{0,30}"
        rf"\b(?:in|from|on|of) (?:the|this|my|that) {_PHOTO}\b"
        r"|修图|美颜|精修|磨皮|抠图|[pP]图"
        r"|(?:照片|图片|相片|老照片|自拍).{0,8}(?:动起来|活起来|会动|说话|跳舞|眨眼|修复|美化|修一下)",
    ),
)


@cache
def _patterns() -> tuple[tuple[LimitKey, re.Pattern[str]], ...]:
    return tuple((key, re.compile(pattern, re.IGNORECASE)) for key, pattern in _PATTERNS)


def find_limit(message: str) -> LimitKey | None:
    """Tell which limit of the service a wish runs into (wire-contract section 7).

    Args:
        message: What the person typed.

    Returns:
        The catalogue's key of the sentence to say, or None for a wish without a known limit.

    Example:
        >>> find_limit("make it 9:16"), find_limit("a 9:16 video of a panda")
        ('limit_aspect_ratio', None)
    """
    return next((key for key, pattern in _patterns() if pattern.search(message)), None)
