"""The visual style of a picture: time of day, weather, camera, style, size and frame rate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT, RIGHT, either

Table = tuple[tuple[str, str, str], ...]

# value, English words (regular expressions), Chinese words
_TIMES: Final[Table] = (
    ("sunset", "sunset|dusk|golden hour|twilight|evening", "日落|夕阳|傍晚|黄昏|晚霞|落日"),
    ("dawn",
        "dawn|sunrise|daybreak|(?:early |in the |misty |foggy )morning|morning",
            "清晨|早晨|日出|黎明|晨曦|早上|拂晓"),
    ("night",
        "night|nighttime|midnight|moonlit|moonlight|starry|stars",
            "夜晚|夜景|夜间|深夜|晚上|夜色|夜空|星空|月光|午夜|夜"),
    ("day",
        "day|daytime|noon|midday|daylight|sunny|afternoon", "白天|中午|正午|白昼|日间|晴天|下午"),
)  # fmt: skip
_WEATHERS: Final[Table] = (
    ("rain",
        "rain|rains|rainy|raining|drizzle|storm|stormy|thunderstorm|downpour",
            "下雨|雨中|雨天|暴雨|小雨|大雨|雨夜|细雨|雨(?!林)"),
    ("snow",
        "snow|snows|snowy|snowing|snowfall|snowstorm|blizzard|snowflakes",
            "下雪|雪中|雪天|大雪|飘雪|雪地|雪花|雪"),
    ("fog", "fog|foggy|mist|misty|haze|hazy", "大雾|薄雾|雾气|云雾|雾"),
    ("cloudy", "cloudy|overcast|clouds", "多云|阴天|阴云"),
    ("clear",
        "clear sky|clear skies|clear|sunny|no (?:rain|snow|fog|clouds)", "晴朗|晴天|晴|雨停|雪停"),
)  # fmt: skip
_CAMERAS: Final[Table] = (
    # First: "no zoom" is none.
    ("still",
        "static(?: (?:shot|camera))?|still (?:shot|camera)|locked(?:[- ]off)?(?: shot| camera)?"
        "|(?:fixed|stationary) (?:shot|camera)|(?:no|without(?: any)?)(?: camera)? (?:moves?|"
        "movements?|motion|pan(?:s|ning)?|zoom(?:s|ing)?)",
        "固定镜头|静止镜头|镜头不动|镜头固定|定机位|(?:不要|没有|无)(?:镜头)?(?:运动|移动|运镜|缩放)"),
    ("pan_left",
        "pan(?:s|ning)?(?: slowly| gently)?(?: to)?(?: the)? left",
            "向左(?:平移|移动|摇)|左移|镜头向左"),
    ("pan_right",
        "pan(?:s|ning)?(?: slowly| gently)?(?: to)?(?: the)? right|pan(?:s|ning)?(?: shot)?(?: "
        "across)?", "向右(?:平移|移动|摇)|右移|镜头向右|平移|摇镜"),
    ("zoom_out",
        "zoom(?:s|ing)?(?: slowly| gently)? out|pull(?:s|ing)? back|dolly out|wide reveal",
            "拉远|缩小镜头|镜头拉|后拉|拉镜头"),
    ("zoom_in",
        "zoom(?:s|ing)?(?: slowly| gently)? in|zoom(?:s|ing)?|push(?:es|ing)? in|dolly in|close[- "
        "]?up", "推近|推进|拉近|镜头推|推镜头|特写"),
    ("drift",
        "drone shot|drone|aerial|tracking shot|handheld|orbit(?:s|ing)?|drift(?:s|ing)?(?: camera)?"
        "|fly[- ]?over", "航拍|跟拍|环绕|手持|漂移|无人机视角"),
)  # fmt: skip
_STYLES: Final[Table] = (
    ("cinematic",
        "cinematic|movie[- ]like|film[- ]like|filmic", "电影感|电影级|电影般|大片|电影风格"),
    ("watercolor", "water ?colou?rs?", "水彩"),
    ("anime", "anime|manga|ghibli", "动漫|二次元|日漫|吉卜力"),
    ("cartoon", "cartoon|cartoonish|animated", "卡通|动画"),
    ("black and white", "black[- ]and[- ]white|b&w|monochrome|noir|gr[ae]yscale", "黑白"),
    ("vintage", "vintage|retro|old film|nostalgic", "复古|怀旧|老电影"),
    ("cyberpunk", "cyberpunk", "赛博朋克"),
    ("neon", "neon", "霓虹"),
    ("minimalist", "minimal|minimalist|minimalistic", "极简|简约"),
    ("pastel", "pastel", "马卡龙|粉彩"),
    ("sketch", "sketch|pencil|hand[- ]drawn", "素描|手绘"),
    ("oil painting", "oil[- ]painting|oil[- ]painted|impressionist", "油画"),
    ("ink wash", "ink[- ]wash|chinese ink", "水墨|国风|国画"),
    ("pixel art", "pixel[- ]art|8-bit|pixelated", "像素"),
    ("dreamy", "dreamy|dreamlike|surreal|ethereal", "梦幻|唯美|超现实"),
    ("timelapse", "time[- ]?lapse|hyper[- ]?lapse", "延时|缩时"),
    ("documentary", "documentary|realistic|photo[- ]?realistic", "纪录片|写实|真实感"),
    ("3d", "3d|claymation|clay", "3d|黏土|粘土"),
    ("warm", "warm|warmer|cozy", "暖色|温暖|温馨"),
    ("cool", "cool tones?|cold|cooler", "冷色"),
    ("vibrant", "vibrant|colou?rful|vivid", "鲜艳|多彩|色彩丰富"),
    ("dark", "dark|moody|gloomy", "暗黑|阴暗"),
    ("sepia", "sepia", "棕褐色"),
    ("pop art", "pop[- ]art", "波普"),
)  # fmt: skip


def _compiled(table: Table) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((v, either(f"{en}", f"{zh}")) for v, en, zh in table)


TIMES: Final = _compiled(_TIMES)
WEATHERS: Final = _compiled(_WEATHERS)
CAMERAS: Final = _compiled(_CAMERAS)
STYLES: Final = _compiled(_STYLES)

_VERTICAL = either(
    "vertical|portrait(?! of)|9 ?[:x×] ?16|tik ?tok|reels?|shorts|youtube shorts|snapchat"
    "|(?:instagram|ig) stor(?:y|ies)|1080 ?[x×*] ?1920|phone format",
    "竖屏|竖版|竖向|竖着|竖的|抖音|快手|小红书|视频号|手机屏|9比16",
)
_SQUARE = either(
    r"square(?! (?:in|of)\b)|1 ?: ?1|1080 ?[x×*] ?1080|instagram post", "方形|正方形|方屏|1比1"
)
_WIDE = either(
    "horizontal|landscape (?:format|orientation|mode|video)|16 ?[:x×] ?9|wide ?screen"
    "|1920 ?[x×*] ?1080",
    "横屏|横版|横向|宽屏|16比9",
)
_FPS = re.compile(
f"(?<![0-9])(?P<n>24|25|30|50|60) ?-?(?:fps|frames (?:per|a) second|hz){RIGHT}|(?P<zh>24|25|30"
"|50|60) ?帧"
)  # fmt: skip
_SIZES: Final = (("vertical", _VERTICAL), ("square", _SQUARE), ("wide", _WIDE))
PIXELS: Final = {"vertical": (1080, 1920), "square": (1080, 1080), "wide": (1920, 1080)}


@dataclass(frozen=True)
class VisualStyle:
    """The visual style that a text asks for; None or empty if it does not say."""

    time: str | None = None
    weather: str | None = None
    camera: str | None = None
    styles: tuple[str, ...] = ()

    @property
    def given(self) -> bool:
        """Whether the text gave any of it."""
        return bool(self.time or self.weather or self.camera or self.styles)


def find_visual_style(low: str) -> VisualStyle:
    """Read time of day, weather, camera and style words from a lower-case text."""
    return VisualStyle(
        _first(TIMES, low), _first(WEATHERS, low), _first(CAMERAS, low),
        tuple(value for value, pattern in STYLES if pattern.search(low)),
    )  # fmt: skip


def _first(table: tuple[tuple[str, re.Pattern[str]], ...], low: str) -> str | None:
    return next((value for value, pattern in table if pattern.search(low)), None)


def orientation(low: str) -> str | None:
    """Return "vertical", "square" or "wide" when a text asks for it."""
    return next((name for name, pattern in _SIZES if pattern.search(low)), None)


def frame_rate(low: str) -> int | None:
    """Return the frames a second that a text asks for: 24, 25, 30, 50 or 60."""
    match = _FPS.search(low)
    return int(match["n"] or match["zh"]) if match else None


def without_format(text: str) -> str:
    """Take size and frame rate out of a text, to leave what it talks about."""
    for pattern in (_VERTICAL, _SQUARE, _WIDE, _FPS, _RESOLUTION):
        text = re.sub(pattern.pattern, " ", text, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", text).strip()


_RESOLUTION = re.compile(
    f"{LEFT}(?:in )?(?:1080p|720p|4k|2160p|full ?hd|hd|uhd){RIGHT}|{LEFT}(?:aspect ratio"
    f"|orientation|format){RIGHT}|高清|超清|比例|画幅|横竖屏"
)
