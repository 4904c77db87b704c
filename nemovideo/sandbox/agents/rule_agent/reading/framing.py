"""What a clause wants of the frame: uploads that fill it, or that are seen whole."""

from __future__ import annotations

from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import ANY, Fit, Instruction
from nemovideo.sandbox.agents.rule_agent.reading.clip_selector import find_clips
from nemovideo.sandbox.agents.rule_agent.words.numbers import either
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message

_COVER: Final = either(
    "fill (?:up )?the (?:screen|frame|picture)|(?:no|without|remove|get rid of"
    "|instead of) (?:the )?(?:black )?(?:bars|borders|edges)",
    "[铺填充占]满|(?:去掉|去除|不要|没有)(?:上下|左右|两边)?的?黑[边框]",
)
_CONTAIN: Final = either(
    "show (?:all of|the whole|the entire|the full) (?:picture|photo|image|clip|frame)|(?:letterbox"
    "|don't crop|do not crop|without cropping)(?: it| them)?",
    "完整显示|不要裁[剪切]|显示完整",
)


def read_fit(clause: Message) -> Instruction | None:
    """Read "fill the screen" and "不要黑边"; an upload that is only now named is placed so."""
    if clause.named():
        return None
    selector = find_clips(clause)
    # "The whole picture" is no photo among the clips.
    meant = ANY if selector.kind else selector
    if _COVER.search(clause.low):
        return Fit("cover", meant)
    return Fit("contain", meant) if _CONTAIN.search(clause.low) else None
