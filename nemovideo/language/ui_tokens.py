"""How the agent's text is cut into words and what parts them, for the filter of screen talk."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal, TypeAlias

TokenKind: TypeAlias = Literal[
    "fence", "newline", "abbreviation", "ender", "item", "comma", "connector", "space", "text"
]

EMOJI: Final = r"[\u2600-\u27bf\u2b50\U0001f300-\U0001faff]\ufe0f?"
STOPS: Final = ".!?…。！？；～~:：\n"
ABBREVIATIONS: Final = ("e.g.", "i.e.", "etc.)", "approx.", "vs.")
CONNECTORS: Final = frozenset({"and", "or", "then", "so", "but", "by", "that", "which"})


@cache
def token() -> re.Pattern[str]:
    return re.compile(
        r"(?P<fence>```)"
        r"|(?P<newline>\n)"
        rf"|(?P<abbreviation>(?i:{'|'.join(map(re.escape, ABBREVIATIONS))}))"
        r"|(?P<ender>[.!?…]{1,20}[)\"”’*_]{0,8}(?=\s|\Z)|(?:[。！？；]|[～~](?=[\u3400-\u9fff]))+[”’」』)）\"*]*"
        rf"|{EMOJI}(?=\s|\Z))"
        r"|(?P<item>(?:[(（]?\d{1,2}[)）]|\d\.(?=\s)|[①-⑳])[^\S\n]*)"
        r"|(?P<comma>(?:[,;]|:(?!\s*[\[<]?http|\s*\[))[*_]*(?=\s|\Z)"
        r"|(?:，|：(?!\s*[\[<]?http|\s*\[))[*_]*|——|[–—](?=\s|\Z))"
        r"|(?P<space>[^\S\n]+)"
        # Not between two things: "and the", "or 4K".
        r"|(?P<connector>(?:and|or|then|so|but)\b(?=\s)(?!\s+(?:a|an|the|its|no|some|off|drop|\d\w*)\b)"
        r"|by(?=\s+\w+ing\b)"
        r"|(?:that|which)(?=\s+(?:you\s+(?:can|could|may|might|will)|\w+s\s+(?:when|if|once)\s+you)\b)"
        r"|(?:或者|并且|並且|然后|然後)|(?:或|并|並|再)(?=[点點单單双雙拖打开開前进進查按选選用在把将將]"
        r"|切换|切換|刷新|预览|預覽|播放|下载|下載|保存|导出|匯出|告诉|告訴))"
        r"|(?P<text>https?://[^\s)）。，]{1,200}|[A-Za-z][A-Za-z'’-]{0,60}|[\s\S])"
    )


@cache
def marker() -> re.Pattern[str]:
    """A list, heading or quotation mark at the beginning of a line, with its spaces."""
    return re.compile(r"[ \t]{0,12}(?:(?:[-*+•>]|\d{1,3}[.)]|#{1,6})[ \t]{1,8}|\d{1,3}、)")


@cache
def marker_to_come() -> re.Pattern[str]:
    return re.compile(r"[ \t]{0,12}(?:[-*+•>#]{0,6}|\d{1,3}[.)、]?)[ \t]{0,8}\Z")


@cache
def item_to_come() -> re.Pattern[str]:
    return re.compile(r"(?:(?:[(（]\d{0,2}|\d{1,2})(?:[.)）][^\S\n]*)?|[①-⑳][^\S\n]*)\Z")
