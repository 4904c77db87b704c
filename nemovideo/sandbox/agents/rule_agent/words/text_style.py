"""How words stand on the screen: where, how large, in what colour."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.words.numbers import either

_POSITIONS: Final = (
    ("top", either(
r"top|upper|above|higher|(?:move|shift) (?:\S+ ){1,3}up",
"[往向]上|上移|顶部|上方|上面|顶端|最上|上部"
)),
    ("bottom", either(
"bottom|lower(?! third)|below|lower third",
"底部|下方|下面|底端|最下|下部"
)),
    ("center", either(
"cent(?:er|re)(?:ed|d)?|middle(?! of the (?:video|clip|timeline))",
"居中|中央|正中|屏幕中间|画面中间|中间|中部"
)),
)  # fmt: skip
_SIZES: Final = (
    ("large", either(
"bigger|larger|large|big|huge|enlarge",
"大一?点|更大|放大|大号|大字|大些|变大"
)),
    ("small", either(
"smaller|small|tiny|little(?! bit)|shrink",
"小一?点|更小|缩小|小号|小字|小些|变小"
)),
    ("medium", either(
"medium|normal size",
"中号|正常大小"
)),
)  # fmt: skip
_COLORS: Final = (
    ("#ffffff", "(?<!and )white", "(?<!黑)白色?"), ("#000000", "black(?! and white)", "黑色|黑字"),
    ("#1f3a93", "dark blue|navy(?: blue)?", "深蓝色?|藏青色?"),
    ("#5ac8fa", "(?:light|sky) blue", "浅蓝色?|天蓝色?"),
    ("#b22222", "dark red", "深红色?"), ("#1e7d34", "dark green", "深绿色?"),
    ("#ff3b30", "red", "红色?"),
    ("#ffcc00", "yellow", "黄色?"), ("#34c759", "green", "绿色?"), ("#0a84ff", "blue", "蓝色?"),
    ("#ff9500", "orange", "橙色?|橘色"), ("#af52de", "purple|violet", "紫色?"),
    ("#ff2d92", "pink", "粉色?|粉红"),
    ("#ffd700", "gold|golden", "金色"), ("#8e8e93", "gr[ae]y|silver", "灰色?|银色"),
    ("#00c7be", "cyan|teal|turquoise", "青色"),
)  # fmt: skip
_COLOR_WORDS: Final = tuple((value, either(f"{en}", f"{zh}")) for value, en, zh in _COLORS)
_HEX = re.compile("#[0-9a-f]{6}(?![0-9a-f])")


def find_position(low: str) -> str | None:
    """Read where a text is to stand: "top", "center", "bottom"; None when not said."""
    return next((name for name, pattern in _POSITIONS if pattern.search(low)), None)


def find_size(low: str) -> str | None:
    """Read how large a text is to be: "small", "medium", "large"; None when not said."""
    return next((name for name, pattern in _SIZES if pattern.search(low)), None)


def find_color(low: str) -> str | None:
    """Read the colour of a text as "#rrggbb"; None when not said."""
    exact = _HEX.search(low)
    if exact is not None:
        return exact[0]
    return next((value for value, pattern in _COLOR_WORDS if pattern.search(low)), None)


def without_style(low: str) -> str:
    """Take the words for places, sizes and colours out of a lower-case text."""
    for _, pattern in (*_POSITIONS, *_SIZES, *_COLOR_WORDS):
        low = pattern.sub(" ", low)
    return low
